#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_shipped.sh WEIR_GEN: every row of kernels/tuning/ gives a variant, of a size that the build has. One that does
# not, since its program, the fields of plans or the chosen plan has changed, is measured anew, or dropped.
. "$(dirname "$0")/../shell.sh"
gen=$1
make_scratch
rows=0
for file in "$root"/kernels/tuning/*.tune; do
    while read -r _ stem isa trains _; do
        [[ $stem =~ ^([a-z_0-9]+)_f32_i([0-9]+)_h([0-9]+)(_p([0-9]+))?$ ]] || fail "$file: $stem is of no size"
        cell=${BASH_REMATCH[1]} input=${BASH_REMATCH[2]} hidden=${BASH_REMATCH[3]} projection=${BASH_REMATCH[5]}
        grep -qE "^SIZE\(($cell|\*), $input, $hidden, (0|$projection)[,)]" "$root/kernels/sizes.def" ||
            fail "$file: the build has no $stem"
        options=(--cell "$cell" --input "$input" --hidden "$hidden" --isa "$isa")
        [[ -z $projection ]] || options+=(--projection "$projection")
        [[ $trains != train ]] || options+=(--train)
        "$gen" "${options[@]}" --variant "$file" -o "$scratch/kernel.c" 2>"$scratch/err" || fail "$(<"$scratch/err")"
        [[ ! -s $scratch/err ]] || fail "$(<"$scratch/err")"
        rows=$((rows + 1))
    done < <(grep '^kernel ' "$file")
done
[[ $rows -gt 0 ]] || fail "there is no row in kernels/tuning/"
echo "$rows shipped plans, each of which gives a variant"
