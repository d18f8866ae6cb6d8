#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_bench.sh BIN: weir-bench runs and trains small layers with every contender that this build
# has, and what comes out of them agrees: Weir's kernels to the bit, plain C loops and other libraries
# to a tolerance. How long it took is not looked at. What is wrong on its command line, or is of no use to
# the run, gets one sentence and 2; what it draws and writes is there whole, or it says that it is not.
. "$(dirname "$0")/../shell.sh"
bench=$(realpath "$1/weir-bench")

make_scratch
cd "$scratch"
cat >"$scratch/shapes" <<'END'
lstm  lstm      3  20  4  5
gru   gru       3  20  4  5
rnn   rnn_tanh  3  20  4  5
own   lstm      2  64  3  7
one   gru       1  1   1  1
END
peers=()
[[ ! -e $(dirname "$bench")/weir-peer-onednn.so ]] || peers=(--peers)

for train in "" --train; do
    run=("$bench" --shapes "$scratch/shapes" ${train:+"$train"} "${peers[@]}")
    "${run[@]}" --list >"$scratch/wanted" 2>"$scratch/errors" || {
        cat "$scratch/errors" >&2
        fail "weir-bench $train --list"
    }
    "${run[@]}" --benchmark_repetitions=1 --benchmark_min_time=0.0001 --out "$scratch/out" \
        >"$scratch/table" 2>"$scratch/errors" || {
        cat "$scratch/table" "$scratch/errors" >&2
        fail "weir-bench $train"
    }
    wanted=$(wc -l <"$scratch/wanted")
    timed=$(grep -c '"aggregate_name":[[:space:]]*"median"' "$scratch/out.json" || true)
    [[ $wanted -gt 0 && $timed -eq $wanted ]] || {
        grep 'left out' "$scratch/table" >&2 || true
        fail "weir-bench $train timed $timed of $wanted contenders"
    }
    echo "weir-bench $train: $timed contenders agree"
done

# ---- The command line ----

refused() { # SENTENCE ARGUMENT...: the last line on stderr, or its beginning before a *
    local status=0 wanted="weir-bench: $1"
    "$bench" --shapes shapes "${@:2}" >table 2>errors || status=$?
    [[ $status -eq 2 && ! -s table && $(tail -n 1 errors) == $wanted ]] ||
        fail "weir-bench ${*:2}: expected 2 and $wanted; found $status and $(cat table errors)"
}
for option in "--out x" "--longest 3" "--cpu 0" "--benchmark_repetitions 3" "--benchmark_min_time=1" \
    "--benchmark_format=json" "--benchmark_out=x"; do
    read -ra words <<<"$option"
    refused "${option%%[ =]*} is of no use with --list" --list "${words[@]}"
done
refused "'--tra' is no option; --help lists them" --tra
refused "'lstm' is no option; --help lists them" lstm
refused "--threads '0': expected a whole number from 1 to 65535" --threads 0
refused "--longest '0x10': expected a number from 0 to 1000000" --longest 0x10
refused "--out needs a value: *" --out
refused "--out 'a?!touch oh?': it has a control character, *" --out $'a\n!touch oh\n'
refused "--list 'yes': expected true, false or no value" --list=yes
refused "--benchmark_filter lstm: expected --benchmark_filter=REGEX in one word" \
    --benchmark_filter lstm
refused "--benchmark_format, * expected one of the words*" --benchmark_format=nix
refused "'--benchmark_nix=1' is no option or has no such value*" --benchmark_nix=1
refused "--cpu 65535: there is no such core*" --cpu 65535
refused "shapes/x.json could not be written: *" --out shapes/x
"$bench" --help >table 2>errors && [[ ! -s errors ]] || fail "--help: $(<errors)"
for option in shapes train cpu out threads own peers longest list help benchmark_repetitions \
    benchmark_filter benchmark_format benchmark_min_time; do
    grep -qE -e "--$option\b" table || fail "--help does not name --$option"
done
"$bench" --shapes shapes --benchmark_list_tests=true >table || fail "--benchmark_list_tests=true"
"$bench" --shapes shapes --list | cmp - table || fail "--list and --benchmark_list_tests differ"

# The scripts say what they do at once, without anything but the shell.
mkdir shell
ln -s "$(command -v cat)" shell/cat
for script in "run --peers --help" "run -h" "plans --help"; do
    read -ra words <<<"$script"
    PATH=$scratch/shell "$BASH" "$root/bench/${words[0]}" "${words[@]:1}" >table 2>errors &&
        grep -q "^Usage: bench/${words[0]} " table || fail "bench/$script: $(<errors)"
done

# ---- A full disk, and a gnuplot that fails ----

one=("$bench" --shapes shapes --benchmark_filter='^one/baseline' --benchmark_repetitions=1
    --benchmark_min_time=0.0001)
ln -s /dev/full full.json
! "${one[@]}" --out full >table 2>errors || fail "a full disk is not told of"
[[ $(tail -n 1 errors) == *" could not be written: No space left on device" ]] ||
    fail "a full disk: $(<errors)"
mkdir fake
printf '#!/bin/sh\necho "<svg></svg>"\nexit 1\n' >fake/gnuplot
chmod +x fake/gnuplot
PATH=$scratch/fake:$PATH "${one[@]}" --out bad >table 2>errors || fail "a chart: $(<errors)"
grep -q "^weir-bench: bad-roofline.svg could not be drawn: " errors && [[ ! -e bad-roofline.svg ]] ||
    fail "a gnuplot that fails: $(<errors)"
if command -v gnuplot >command; then
    grep -q '</svg>' out-roofline.svg || fail "there is no whole chart"
    ln -s /dev/full full-roofline.svg
    rm full.json
    "${one[@]}" --out full >table 2>errors || fail "a chart on a full disk: $(<errors)"
    grep -q "^weir-bench: .* could not be written: No space left" errors ||
        fail "a chart on a full disk: $(<errors)"
fi
echo "what is wrong, cut or of no use gets a sentence"
