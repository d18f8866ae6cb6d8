#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_opened.sh BUILD CC: models whose steps are open (opened.txt, see make_lowered.c), deployed with --steps: the calls of
# their self-tests give the bits that they give where the number of steps is part of the shape, and it is right.
. "$(dirname "$0")/../shell.sh"
. "$(dirname "$0")/deployed.sh"
build=$1 cc=$2
make_scratch

given() { # DIR CALL: what one of the self-test's calls is given, and must give
    sed -n "/_$2\[\] = {/,/^};/{s/_$2//;p}" "$1/test/net_test.c"
}
deploy() { # DIR OPTION...
    "$build/bin/weir-gen" --model "$folder/model.onnx" --name net --isa scalar --type "$type" --out "$@" ||
        fail "$(basename "$folder") is not deployed: ${*:2}"
}

"$build/bin/make_lowered" "$root/tests/deploy/opened.txt" "$scratch" || fail "weir-run does not run the models."
for folder in "$scratch"/*; do
    for type in f32 i8; do
        deploy "$folder/$type" --steps 5
        grep -q "steps: of time, 1 to 5" "$folder/$type/include/net.h" || fail "$(basename "$folder") is not open."
        for call in 5,given 4,of_less 1,of_one; do
            steps=${call%,*}
            [[ $(given "$folder/$type" "${call#*,}") ]] || continue # one step as all others
            deploy "$folder/$type.$steps" --shape "x=$steps,1,8"
            diff <(given "$folder/$type" "${call#*,}") <(given "$folder/$type.$steps" given) >"$scratch/diff" ||
                fail "$(basename "$folder") as $type gives other bits for $steps steps: $(head -4 "$scratch/diff")"
        done
        compile_deployed "$folder/$type" "$cc" -std=c11 -O0
        "$cc" "$folder/$type"/*.o -lm -o "$folder/program"
        "$folder/program" >"$folder/log" || fail "a self-test fails: $(cat "$folder/log")"
    done
done
grep -qF "y0: the output d, as [steps][steps][8]" "$scratch/1/f32/include/net.h" || fail "the header has other sizes."
