#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_spelled.sh BUILD CC: models whose nodes spell out cells (tests/runner/spelled.c) are deployed with these cells as
# kernels, whose self-tests have the same bits on every ISA here; their outputs agree with what the nodes give. What is
# no cell is deployed as nodes, or refused with one sentence.
. "$(dirname "$0")/../shell.sh"
. "$(dirname "$0")/deployed.sh"
build=$1 cc=$2
make_scratch

"$build/bin/make_spelled" "$scratch" >"$scratch/list" || fail "weir-run cannot run what is spelled out."
deployed=() kernels=0
while read -r row cells must options; do
    read -ra words <<<"$options"
    status=0
    "$build/bin/weir-gen" --model "$scratch/$row.onnx" --name "s$row" "${words[@]}" --data "$scratch/$row" \
        --out "$scratch/s$row" 2>"$scratch/error" || status=$?
    if [[ $status -eq 2 && $((cells * must)) -eq 0 && $(wc -l <"$scratch/error") -eq 1 ]] &&
        grep -q 'cannot be deployed' "$scratch/error"; then
        continue
    fi
    [[ $status -eq 0 && ! -s $scratch/error ]] || fail "$row.onnx: weir-gen --model ends with $status: $(cat "$scratch/error")"
    found=$(cat "$scratch/s$row/src/"*_scalar.c | grep -c '^/\* onnx_cell_') || true
    [[ $((cells * must)) -gt 0 ]] || continue
    [[ $found -ge 1 ]] || fail "$row.onnx spells out a cell, which is no kernel." # two may share one
    deployed+=("s$row")
    kernels=$((kernels + cells))
done <"$scratch/list"

# Two steps of one LSTM, of 3 inputs and 4 units: 128 numbers, and what says which file it is.
"$build/bin/weir-gen" --model "$scratch/2.onnx" --name once --weights "$scratch/once.weights" --out "$scratch/once"
[[ $(stat -c %s "$scratch/once.weights") -lt 700 ]] || fail "weights of two steps are stored twice."

for name in "${deployed[@]}"; do
    printf '#define main %s_main\n#include "%s"\n' "$name" "$scratch/$name/test/${name}_test.c" \
        >"$scratch/$name/src/${name}_test.c"
done
write_program "$scratch/all.c" "${deployed[@]}"
(cd "$scratch" && printf '%s\n' s*/src/*.c | sed 's|^\(s[0-9]*\)/.*|-I\1/include & -o &.o|' |
    xargs -n 4 -P 2 "$cc" -std=c11 -O0 -w -c) || fail "what is deployed does not compile."
"$cc" -std=c11 "$scratch/all.c" "$scratch"/s*/src/*.o -lm -o "$scratch/program"
"$scratch/program" >"$scratch/log" || fail "a self-test fails: $(cat "$scratch/log")"
[[ $kernels -ge 15 ]] || fail "only $kernels cells are deployed; 15 were."
echo "$kernels cells are deployed, with the same bits in $(wc -l <"$scratch/log") self-tests"
