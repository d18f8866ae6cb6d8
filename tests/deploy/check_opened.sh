#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_opened.sh BUILD CC: models whose steps are open (opened.txt, see make_lowered.c), deployed with --steps: a call of
# all of them gives the bits that it gives where their number is part of the shape, and the self-test is right.
. "$(dirname "$0")/../shell.sh"
. "$(dirname "$0")/deployed.sh"
build=$1 cc=$2
make_scratch

given() { # DIR: what a call of all steps is given, and must give
    sed -n '/_given\[\] = {/,/^};/p' "$1/test/net_test.c"
}
deploy() { # DIR OPTION...
    "$build/bin/weir-gen" --model "$folder/model.onnx" --name net --isa scalar --type "$type" --out "$@" ||
        fail "$(basename "$folder") is not deployed: ${*:2}"
}

"$build/bin/make_lowered" "$root/tests/deploy/opened.txt" "$scratch" || fail "weir-run does not run the models."
for folder in "$scratch"/*; do
    for type in f32 i8; do
        deploy "$folder/$type" --steps 5
        deploy "$folder/$type.all" --shape x=5,1,8
        grep -q "steps: of time, 1 to 5" "$folder/$type/include/net.h" || fail "$(basename "$folder") is not open."
        diff <(given "$folder/$type") <(given "$folder/$type.all") >"$scratch/diff" ||
            fail "$(basename "$folder") as $type gives other bits with --steps: $(head -4 "$scratch/diff")"
        compile_deployed "$folder/$type" "$cc" -std=c11 -O0
        "$cc" "$folder/$type"/*.o -lm -o "$folder/program"
        "$folder/program" >"$folder/log" || fail "a self-test fails: $(cat "$folder/log")"
    done
done
grep -qF "y0: the output d, as [steps][steps][8]" "$scratch/1/f32/include/net.h" || fail "the header has other sizes."
