#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_flags.sh WEIR_GEN CHECK_PLANS ISA COMPILERS [EMULATOR]: no flag changes a kernel's bits. Kernels are
# compiled by each of COMPILERS as a program may compile all that it holds, and put beside those of the
# library by CHECK_PLANS, with numbers of every kind. EMULATOR is a list of words.
# shellcheck disable=SC2086
. "$(dirname "$0")/../shell.sh"
weir_gen=$1
check_plans=$2
isa=$3
compilers=$4
emulator=${5:-}
status=0
$emulator "$check_plans" "$isa" || status=$?
[[ $status -ne 77 ]] || skip "this CPU has no $isa."
[[ $status -eq 0 ]] || fail "$check_plans does not run."
make_scratch

# Sets of flags. Without -std compilers may fuse across statements; what is linked with fast maths would set the mode
# of the whole program, so that is not.
flags() { # COMPILER
    local native=-march=native
    [[ $1 != *aarch64* ]] || native=
    cat <<END
-O3 $native
-Ofast $native
-O2 -ffast-math
-O2 -ffp-contract=fast $native
END
}

number=0
# Products that are added to, and sums whose NaN goes straight to the output; weights that are converted.
for cell in gru "dense --train" "dense --type bf16" "dense --type f16"; do
    "$weir_gen" --cell $cell --input 17 --hidden 15 --isa "$isa" -o "$scratch/kernel.c"
    symbol=$(sed -n 's/^const struct weir_kernel \(.*\) = {$/\1/p' "$scratch/kernel.c")
    for compiler in $compilers; do
        command -v "$compiler" >/dev/null || continue
        while read -r set; do
            number=$((number + 1))
            $compiler $set -Wall -Wextra -Werror -fPIC -I"$root/kernels" -c "$scratch/kernel.c" \
                -o "$scratch/$number.o" || fail "$compiler $set: it does not compile."
            $compiler -shared "$scratch/$number.o" -o "$scratch/$number.so" -lm
            echo "$scratch/$number.so $symbol" >>"$scratch/list"
            echo "$number: $symbol by $compiler $set"
        done < <(flags "$compiler")
    done
done
# A product that a cell adds to is fused by the generator, and so by no compiler any more, but for those inside of the
# functions of maths: what keeps them from it is seen by itself.
cat >"$scratch/rounded.c" <<'END'
#include "math_scalar.h"
int main(void)
{
    volatile float a = 1 + 0x1p-12f, product = a * a, less = -1;
    return v_mul(a, a) + less != product + less;
}
END
for compiler in $compilers; do
    [[ $isa == scalar ]] && command -v "$compiler" >/dev/null || continue
    while read -r set; do
        $compiler $set -I"$root/kernels" "$scratch/rounded.c" -o "$scratch/rounded" -lm
        $emulator "$scratch/rounded" || fail "$compiler $set fuses a product with what is added."
    done < <(flags "$compiler")
done
[[ $number -gt 0 ]] || skip "none of $compilers is here."
$emulator "$check_plans" "$isa" "$scratch/list"
