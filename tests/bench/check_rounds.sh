#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_rounds.sh BIN: weir-bench makes as many --rounds as it is told, or as intervals need.
. "$(dirname "$0")/../shell.sh"
bin=$(realpath "$1")
make_scratch
cd "$scratch"
echo 'one gru 1 1 1 1' >shapes
bench() {
    "$bin/weir-bench" --shapes shapes --benchmark_filter='i1_h1__scalar|baseline|any__scalar$' --benchmark_min_time=0.0001 "$@"
}
refused() { # SENTENCE ARGUMENT...
    local status=0
    bench "${@:2}" >table 2>errors || status=$?
    [[ $status -eq 2 && ! -s table && $(tail -n 1 errors) == "weir-bench: $1" ]] ||
        fail "weir-bench ${*:2}: expected 2 and '$1'; found $status and $(cat table errors)"
}
refused "--rounds 'many': expected auto or a whole number from 1 to 1000" --rounds many
refused "--rounds '0': expected auto or a whole number from 1 to 1000" --rounds=0
refused "--benchmark_repetitions is of no use with --rounds" --rounds 3 --benchmark_repetitions 3
refused "--benchmark_out is of no use with --rounds auto" --rounds auto --benchmark_out=x
refused "--benchmark_format is of no use with --rounds auto" --rounds auto --benchmark_format=json
refused "--rounds is of no use with --list" --list --rounds 3

bench --rounds auto --out auto >table 2>errors || fail "weir-bench --rounds auto: $(cat table errors)"
counts=$(grep -A 8 '"_median\|_median"' auto.json | sed -n 's/.*"repetitions":[^0-9]*\([0-9]*\).*/\1/p' | sort -u)
[[ $counts =~ ^[0-9]+$ && $counts -ge 9 && $counts -le 61 ]] || fail "--rounds auto made these numbers of rounds: $counts"
grep -q "^median of $counts rounds;" table || fail "--rounds auto: $(<table)"
bench --rounds 3 >table 2>errors && grep -q '^median of 3 rounds;' table || fail "weir-bench --rounds 3: $(cat table errors)"
echo "weir-bench makes $counts rounds"
