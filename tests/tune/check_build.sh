#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_build.sh BIN CMAKE CC: a build with WEIR_TUNING makes the kernels that the file has a row of by the plans that
# were measured, and all others as usual; a file that is not there is an error.
. "$(dirname "$0")/../shell.sh"
bin=$(realpath "$1")
cmake=$2
export CC=$3
make_scratch
cd "$scratch"
"$bin/weir-tune" --cell rnn_tanh --input 2 --hidden 64 --isa scalar --anyway --seconds 0.1 --out measured 2>err ||
    fail "$(<err)"
sed -E '6s/[^ ]*$/vectors=1,rows=3,hoist=8/' measured >file

configure() { # FILE
    "$cmake" -S "$root" -B build -DCMAKE_C_COMPILER="$CC" -DWEIR_BENCH=OFF -DWEIR_TESTS=OFF -DWEIR_GEN="$bin/weir-gen" \
        -DWEIR_BUILD_ISAS=scalar "-DWEIR_ONLY=^rnn_tanh_f32_(any|i2_h64)__" -DWEIR_TUNING="$1" >said 2>&1
}

! configure "$PWD/nothing" || fail "a file that is not there is taken"
[[ $(tr -s ' \n' ' ' <said) == *"There is no file $PWD/nothing: give WEIR_TUNING the full path"* ]] ||
    fail "a file that is not there: $(<said)"
configure "$PWD/file" || fail "$(<said)"
"$cmake" --build build --target weir_kernels_scalar >said 2>&1 || fail "$(<said)"
kernels=build/generated/kernels
grep -q 'rows=3,.*hoist=8,' $kernels/scalar/rnn_tanh_f32_i2_h64.c || fail "the kernel has not the plan of its row"
for other in scalar/rnn_tanh_f32_any scalar_sleef/rnn_tanh_f32_i2_h64 scalar_sleef/rnn_tanh_f32_any; do
    ! grep -q 'hoist=8,' $kernels/$other.c || fail "$other has the plan of another kernel"
done
# A row that fits no more is told by the build, which goes on without it.
sed -i 's/^cpu .*/cpu Other 1 2 3/' file
"$cmake" --build build --target weir_kernels_scalar >said 2>&1 || fail "$(<said)"
[[ $(grep -c 'file is not used: it was measured on another processor, Other 1 2 3' said) -eq 1 ]] || fail "$(<said)"
! grep -q 'hoist=8,' $kernels/scalar/rnn_tanh_f32_i2_h64.c || fail "a row of another processor was used"
echo "a build by the plans of a file, and by one that does not fit"
