#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_rounds.sh BIN: weir-bench makes as many --rounds as it is told, or as intervals need, and compares them --against
# those of a file.
. "$(dirname "$0")/../shell.sh"
bin=$(realpath "$1")
make_scratch
cd "$scratch"
cat >other.json <<'END'
{"context": {}, "benchmarks": [{"name": "other/a", "real_time": 1}]}
END

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
refused "--benchmark_format is of no use with --against" --against other.json --benchmark_format=json
refused "--rounds is of no use with --list" --list --rounds 3
refused "--against is of no use with --list" --list --against other.json
refused "--against other.json: it holds nothing of what would run (see --list)" --against other.json
refused "nix.json cannot be read: No such file or directory" --against nix.json

bench --rounds auto --out auto >table 2>errors || fail "weir-bench --rounds auto: $(cat table errors)"
counts=$(grep -A 8 '"_median\|_median"' auto.json | sed -n 's/.*"repetitions":[^0-9]*\([0-9]*\).*/\1/p' | sort -u)
[[ $counts =~ ^[0-9]+$ && $counts -ge 9 && $counts -le 61 ]] || fail "--rounds auto made these numbers of rounds: $counts"
grep -q "^median of $counts rounds;" table || fail "--rounds auto: $(<table)"
"$bin/weir-compare" auto.json --col kernel >table
if [[ $counts -lt 61 ]] && grep -oE '[+]- *[0-9?.]+ %' table | holds -vE ' (0[.][0-9]|1[.]0) %'; then
    fail "--rounds auto stopped after $counts rounds, with intervals that are wide: $(<table)"
fi
bench --rounds 3 --against auto.json >table 2>errors || fail "weir-bench --against: $(cat table errors)"
grep -qE "^one/baseline  .* p[=<][0-9.]+ n=$counts[+]3\$" table && grep -q "^FEW ROUNDS: 3 " table ||
    fail "weir-bench --against: $(<table)"
echo "weir-bench makes $counts rounds, and compares"
