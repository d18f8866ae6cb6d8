#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_variant_build.sh BIN CMAKE CC: a build holds a kernel once more for each microarchitecture that a file has a
# plan of it for, with the same bits; a row that does not fit is said and gives none; WEIR_ONLY and the filters of tests
# speak of ISAs by whole words, and take variants with their kernels; the CPU's own is preferred.
. "$(dirname "$0")/../shell.sh"
bin=$(realpath "$1")
cmake=$2
export CC=$3
make_scratch
cd "$scratch"
unset WEIR_ISA WEIR_KERNEL
tune() { "$bin/weir-tune" --input 2 --hidden 64 --isa scalar --anyway --seconds 0.1 --out measured "$@" 2>err || fail "$(<err)"; }
tune --cell rnn_tanh
tune --cell rnn_relu
sed -E "s/gain=.*/gain=1.2 1.1 1.3 vectors=1,rows=3,hoist=8/; s/^cpu .*/cpu AuthenticAMD 25 1 1/" measured >zen3.tune
sed -E 's/^cpu .*/cpu AuthenticAMD 25 17 1/; 7s/program=.{16}/program=0123456789abcdef/' zen3.tune >zen4.tune

configure() { # OPTION...
    "$cmake" -S "$root" -B build -DCMAKE_C_COMPILER="$CC" -DWEIR_BENCH=OFF -DWEIR_TESTS=ON -DWEIR_SIMDE=OFF \
        -DWEIR_GEN="$bin/weir-gen" -DWEIR_BUILD_ISAS=scalar -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON "$@" >said 2>&1
}
refused() { # SENTENCE VARIANTS
    ! configure "-DWEIR_VARIANTS=$2" || fail "$2 is taken"
    [[ $(tr -s ' \n' ' ' <said) == *"$1"* ]] || fail "$2: $(<said)"
}
variants() { # those that the build lists
    sed -n 's/^WEIR_KERNEL(\(.*\))$/\1/p' build/generated/variants.inc | sort | xargs
}
kernels() { # those that weir-info lists
    build/bin/weir-info --kernels | sort | xargs
}

refused "There is no file $PWD/nothing.tune: give WEIR_VARIANTS the full path" "$PWD/nothing.tune"
refused "/measured is called after no microarchitecture" "$PWD/measured"

# ---- What a build holds ----

# `__scalar$` is a whole word, and takes the kernels with their variants.
configure "-DWEIR_VARIANTS=$PWD/zen3.tune;$PWD/zen4.tune" '-DWEIR_ONLY=^rnn_(tanh|relu)_f32_i2_h64__scalar$' || fail "$(<said)"
[[ $(variants) == "rnn_relu_f32_i2_h64__scalar_zen3 rnn_relu_f32_i2_h64__scalar_zen4 \
rnn_tanh_f32_i2_h64__scalar_zen3 rnn_tanh_f32_i2_h64__scalar_zen4" ]] || fail "listed: $(variants)"
"$cmake" --build build --target weir-info check_kernels >said 2>&1 || fail "$(tail -n 40 said)"
# weir-tune writes rows in the order in which they were measured: the second is rnn_relu's.
sentence="zen4.tune:7: the row of rnn_relu_f32_i2_h64 on scalar gives no variant: it was measured with another cell"
[[ $(grep -c "$sentence" said) -eq 1 && $(grep -c 'gives no variant' said) -eq 1 ]] || fail "$(<said)"
[[ $(kernels) == "rnn_relu_f32_i2_h64__scalar rnn_relu_f32_i2_h64__scalar_zen3 rnn_tanh_f32_i2_h64__scalar \
rnn_tanh_f32_i2_h64__scalar_zen3 rnn_tanh_f32_i2_h64__scalar_zen4" ]] || fail "in the build: $(kernels)"

# ---- The same bits, by whole words ----

checked() { # FILTER COUNT
    build/bin/check_kernels 1 "$1" 2 >said || fail "$1: $(<said)"
    [[ $(grep -oE '[0-9]+ kernels' said | head -n 1) == "$2 kernels" ]] || fail "$1 takes not $2 kernels: $(<said)"
}
checked 'rnn_*' 5
checked '*__scalar' 5
checked '*__scalar_zen3' 2
checked '*_tanh_*__scalar' 3

# ---- Which is preferred ----

tuned() { # WORDS COMMAND...: what weir-info says of it
    local words=$1
    shift
    "$@" build/bin/weir-info >said 2>&1 || fail "$(<said)"
    [[ $(sed -n '/^Tuned /,/^Kernels/p' said | grep -v '^Kernels' | tr -s ' \n' ' ') == "Tuned $words " ]] ||
        fail "$*: expected: $words; found: $(<said)"
}
zen3="rnn_relu_f32_i2_h64__scalar_zen3 rnn_tanh_f32_i2_h64__scalar_zen3"
case $(build/bin/weir-info | sed -nE 's/^Tuned .*for ([a-z0-9]+), which.*/\1/p') in
zen3) tuned "for zen3, which this CPU is, and so preferred: $zen3; 1 for other CPUs" env ;;
zen4) tuned "for zen4, which this CPU is, and so preferred: rnn_tanh_f32_i2_h64__scalar_zen4; 2 for other CPUs" env ;;
esac
if command -v qemu-x86_64 >/dev/null; then
    tuned "for zen3, which this CPU is, and so preferred: $zen3; 1 for other CPUs" qemu-x86_64 -cpu EPYC-Milan
    tuned "no kernel for haswell, which this CPU is; 3 for other CPUs" qemu-x86_64 -cpu Haswell
    tuned "no kernel for this CPU, whose microarchitecture is not one that Weir knows; 3 for other CPUs" \
        qemu-x86_64 -cpu Nehalem
fi

# ---- Without ----

configure -DWEIR_VARIANTS= || fail "$(<said)"
[[ -z $(variants) ]] || fail "there are variants: $(variants)"
# A kernel that the user's own file has a row of has no variants.
cp measured mine
configure "-DWEIR_VARIANTS=$PWD/zen3.tune" "-DWEIR_TUNING=$PWD/mine" || fail "$(<said)"
[[ -z $(variants) ]] || fail "there are variants of what the user tuned: $(variants)"
echo "variants in a build: $(kernels)"
