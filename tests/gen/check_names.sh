#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_names.sh WEIR_GEN COMPILER: a cell may call its values what it likes. One whose names look
# like those that the generator makes becomes C that compiles, in which every value has the name that
# the cell gives it, and parts of it are called after the whole name. So does one of more groups of sums
# than there are letters.
. "$(dirname "$0")/../shell.sh"
weir_gen=$1
compiler=$2
make_scratch

"$weir_gen" --cell "$root/tests/gen/check_cells/own_names.cell" --input 4 --hidden 8 --isa scalar \
    --train -o "$scratch/kernel.c"
"$compiler" -std=c17 -Wall -Wextra -Werror -fsyntax-only -I"$root/kernels" "$scratch/kernel.c" ||
    fail "own_names.cell becomes C that does not compile."
count=0
while read -r line; do
    grep -qF -- "$line" "$scratch/kernel.c" || fail "the kernel of own_names.cell lacks '$line'"
    count=$((count + 1))
done <<'END'
const float x_sum_ = sums[v * 1];
const float gate_in_arg_ = v_clamp(gate_in_sum_, 39.0f);
const float gate_arg_ = v_clamp(gate_part_, 39.0f);
const float a_exp_part_ = v_fma(e_, a_prev_, a_exp_sum_);
const float a_part_ = v_min(a_den_, x_sum_);
const float d_a_part_ = v_mul(d_a_, d_a_part_part_);
const float *d_state_of_twenty_four_ch1_prev_;
const float *d_state_of_twenty_four_ch2_prev_;
END

{
    printf "cell many\ninput x\nstate h\n"
    for gate in {1..36}; do echo "g$gate = tanh(W$gate@x + U$gate@h)"; done
    echo "h' = $(printf ' + g%d' {1..36} | cut -c4-)"
} >"$scratch/many.cell"
"$weir_gen" --cell "$scratch/many.cell" --input 4 --hidden 8 --isa scalar --plan sums=1,rows=2 -o "$scratch/many.c"
"$compiler" -std=c17 -Wall -Wextra -Werror -fsyntax-only -I"$root/kernels" "$scratch/many.c" ||
    fail "a cell of 36 gates becomes C that does not compile."
grep -q tile_2x1_p35 "$scratch/many.c" || fail "the sums of 36 gates are not in groups of one."

echo "own_names.cell: compiles, and $count lines are named as they should be"
