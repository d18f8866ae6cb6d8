#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_bench.sh BIN: weir-bench runs and trains small layers with every contender that this build
# has, and what comes out of them agrees: Weir's kernels to the bit, plain C loops and other libraries
# to a tolerance. How long it took is not looked at.
. "$(dirname "$0")/../shell.sh"
bench=$1/weir-bench

make_scratch
cat >"$scratch/shapes" <<'END'
lstm  lstm      3  20  4  5
gru   gru       3  20  4  5
rnn   rnn_tanh  3  20  4  5
own   lstm      2  64  3  7
one   gru       1  1   1  1
END
peers=()
[[ ! -e $1/weir-peer-onednn.so ]] || peers=(--peers)

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
    timed=$(grep -c '"aggregate_name": "median"' "$scratch/out.json" || true)
    [[ $wanted -gt 0 && $timed -eq $wanted ]] || {
        grep 'left out' "$scratch/table" >&2 || true
        fail "weir-bench $train timed $timed of $wanted contenders"
    }
    echo "weir-bench $train: $timed contenders agree"
done
