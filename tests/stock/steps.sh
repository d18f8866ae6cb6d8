#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# steps.sh WEIR_STEPS: it says in one line what a step takes, and refuses what it cannot run in one sentence.
. "$(dirname "$0")/../shell.sh"
steps=$(realpath "$1")
make_scratch
cd "$scratch"
small=(--input 3 --units 5 --window 4 --batch 6 --steps 3)

"$steps" "${small[@]}" --cell gru --slices 4 --layers 2 >out 2>err || fail "$(<err)"
[[ $(wc -l <out) -eq 1 && ! -s err ]] || fail "expected one line: $(<out) $(<err)"
grep -qE '^gru 3x5 T4 B6, 2 layers, 4 slices, 1 processes: [0-9.]+ ms a step .*0.000 MB sent' out || fail "$(<out)"

refuses() { # SENTENCE ARGUMENT...
    local status=0
    "$steps" "${@:2}" >out 2>err || status=$?
    [[ $status -eq 2 && $(wc -l <err) -eq 1 && $(<err) == "weir-steps: $1"* ]] || fail "${*:2}: $status, $(<err)"
}
refuses "'--bogus' is no option" --bogus
refuses "--units '0': expected" --units 0
refuses "config.slices is 7: a batch of max_B=6" "${small[@]}" --slices 7
refuses "" "${small[@]}" --cell none
"$steps" --help >out || fail "--help"
[[ $(grep -c '^  --' out) -eq 12 ]] || fail "--help does not name all options: $(<out)"
echo "weir-steps says what a step takes"
