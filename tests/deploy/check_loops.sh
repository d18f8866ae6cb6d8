#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_loops.sh BUILD CC: Loops and Scans whose bodies are no cells (tests/runner/loops.c, and a node test of ONNX's where
# those are here) are deployed as loops, give what their nodes give, and have the same bits on every ISA here; those whose
# shapes are known when they run are refused, with the sentence that the row has.
. "$(dirname "$0")/../shell.sh"
. "$(dirname "$0")/deployed.sh"
build=$1 cc=$2 weir_gen=$1/bin/weir-gen
make_scratch

"$build/bin/make_spelled" "$scratch" loops >"$scratch/list" || fail "weir-run cannot run the loops."
deployed=()
deploy() { # NAME MODEL DATA
    "$weir_gen" --model "$2" --name "$1" --data "$3" --out "$scratch/$1" >"$scratch/said" 2>&1 && [[ ! -s $scratch/said ]] ||
        fail "$2 is not deployed: $(cat "$scratch/said")"
    printf '#define main %s_main\n#include "%s"\n' "$1" "$scratch/$1/test/${1}_test.c" >"$scratch/$1/src/${1}_test.c"
    deployed+=("$1")
}
while read -r row sentence; do
    if [[ $sentence ]]; then
        refused "$sentence" --model "$scratch/$row.onnx" --name net
        continue
    fi
    deploy "s$row" "$scratch/$row.onnx" "$scratch/$row"
    grep -q 'for (int64_t n[0-9]* = 0' "$scratch/s$row/src/s${row}_steps.h" || fail "$row.onnx is deployed without a loop."
done <"$scratch/list"
node=/usr/share/libonnx-testdata/data/node/test_scan9_sum
[[ ! -d $node ]] || deploy s_node "$node/model.onnx" "$node/test_data_set_0"

write_program "$scratch/all.c" "${deployed[@]}"
flags=(-std=c11 -O0 -Wall -Wextra -Werror)
read_intrinsics "$scratch" c "$cc" "${flags[@]}"
(cd "$scratch" && printf '%s\n' s*/src/*.c | sed 's|^\(s[0-9_a-z]*\)/.*|-I\1/include & -o &.o|' |
    xargs -n 4 -P 2 "$cc" "${flags[@]}" -include "$scratch/intrinsics.h" -c) || fail "what is deployed does not compile."
"$cc" -std=c11 "$scratch/all.c" "$scratch"/s*/src/*.o -lm -o "$scratch/program"
"$scratch/program" >"$scratch/log" || fail "a self-test fails: $(cat "$scratch/log")"
echo "${#deployed[@]} models with loops have the same bits in $(wc -l <"$scratch/log") self-tests"
