#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_plans.sh WEIR_GEN CHECK_PLANS ISA pairs|values COMPILER [EMULATOR]: a plan changes no result.
# Kernels of four cells, at six sizes, three with products of few rows, and at any, are generated with plans of all their passes, compiled, and
# put beside those of the library by CHECK_PLANS. Any two values of any two fields, of one pass or of two, of
# cell and size, meet in one of them; with `values`, each value is in one. Of kernels with weights of
# 16 bits, which have one pass, each value is in one.
# COMPILER and EMULATOR are lists of words.
# shellcheck disable=SC2086
. "$(dirname "$0")/../shell.sh"
weir_gen=$1
check_plans=$2
isa=$3
how=$4
compiler=$5
emulator=${6:-}
status=0
$emulator "$check_plans" "$isa" || status=$?
[[ $status -ne 77 ]] || skip "this CPU has no $isa."
[[ $status -eq 0 ]] || fail "$check_plans does not run."
make_scratch

# The fields of a plan, and values of each.
cat >"$scratch/plan" <<'END'
vectors 1 2 4
rows 1 3 6
batch_vectors 1 2
sums 0 1 2
hoist 0 5 24
hoist_batch 1 4
blend 0 3 8
fused 0 1
abreast 1 2 4
tails 0 1
prefetch 0 1 4
fetch_rows 0 1
serpentine 0 1
END
# What they are called in weir-gen --plan, pass by pass, in the order in which kernels list theirs.
for pass in backward. input. ''; do
    sed "s/^/$pass/" "$scratch/plan"
done >"$scratch/fields"

# Cases of a file of fields, a line each: type, cell, size, and the values of the fields.
cases_of() { # pairs|values FIELDS TYPES CELLS SIZES
    {
        echo "type $3"
        echo "cell $4"
        echo "size $5"
        cat "$2"
    } | awk -f "$root/tests/kernels/covering.awk" >"$scratch/all" || fail "no cases can be made."
    if [[ $1 == values ]]; then # those that bring one
        awk '{ new = 0
               for (f = 1; f <= NF; f++) new += !seen[f, $f]++ }
             new' "$scratch/all"
    else
        cat "$scratch/all"
    fi | sort
}
cases_of "$how" "$scratch/fields" f32 "lstm gru gru_before lstm_projected" \
    "33x20x12 17x15x12 40x64x12 17x3x2 33x1x1 16x20x3 anyxanyxany" >"$scratch/cases"
cases_of values "$scratch/plan" "bf16 f16 i8" "gru_before lstm_projected" "17x15x12 17x3x2 anyxanyxany" >>"$scratch/cases"

# The intrinsics are read once: they take longer than most kernels.
flags="-std=c17 -O2 -fPIC -I$root/kernels"
$compiler $flags -x c-header "$root/kernels/math_$isa.h" -o "$scratch/math_$isa.h.gch" ||
    fail "$compiler does not compile kernels/math_$isa.h."

# The plans that a kernel says it has: of backward, by input, forward, in this order.
plans_of() { # FILE
    sed -n '/^ *\.plan = /,/,$/p' "$1" | grep -oE '[a-z_]+=[0-9]+'
}

number=0
while read -r type cell size values; do
    fields=$scratch/fields
    [[ $type == f32 ]] || fields=$scratch/plan
    cut -d ' ' -f 1 "$fields" | paste -d = - <(tr ' ' '\n' <<<"$values") >"$scratch/wanted"
    plan=$(paste -s -d , "$scratch/wanted")
    IFS=x read -r input hidden projection <<<"$size"
    arguments=(--cell "$cell" --input "$input" --hidden "$hidden" --isa "$isa" --plan "$plan")
    if [[ $type == f32 ]]; then
        arguments+=(--train)
    else
        arguments+=(--type "$type")
    fi
    [[ $cell != *projected ]] || arguments+=(--projection "$projection")
    "$weir_gen" "${arguments[@]}" -o "$scratch/kernel.c"
    symbol=$(sed -n 's/^const struct weir_kernel \(.*\) = {$/\1/p' "$scratch/kernel.c")
    [[ -n $symbol ]] || fail "weir-gen ${arguments[*]} gives no kernel."
    plans_of "$scratch/kernel.c" | cmp -s - <(sed 's/.*\.//' "$scratch/wanted") ||
        fail "weir-gen ${arguments[*]} gives a kernel of other plans: $(plans_of "$scratch/kernel.c")"
    number=$((number + 1))
    $compiler $flags -I"$scratch" -include "math_$isa.h" -shared "$scratch/kernel.c" \
        -o "$scratch/$number.so" -lm || fail "weir-gen ${arguments[*]}: it does not compile."
    echo "$scratch/$number.so $symbol" >>"$scratch/list"
done <"$scratch/cases"
$emulator "$check_plans" "$isa" "$scratch/list"
