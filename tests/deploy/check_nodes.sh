#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_nodes.sh BUILD CC: models of single operators as graphs that weir-gen deploys (lower_nodes.c): those of make_lowered.c,
# all of which are, and every test of ONNX itself that Debian packs. What is deployed gives what is expected, and as C the
# same bits; all else is refused in one sentence.
. "$(dirname "$0")/../shell.sh"
build=$1 cc=$2
data=/usr/share/libonnx-testdata/data
least=792

make_scratch

deploy() { # NAME FOLDER...: a program of them runs, and $scratch/NAME.log says which were refused
    local name=$1
    shift
    "$build/bin/lower_nodes" "$scratch/$name.c" "$@" >"$scratch/$name.log" || fail "$(<"$scratch/$name.log")"
    "$cc" -std=c11 -O1 -w -I "$root/kernels" "$scratch/$name.c" -lm -o "$scratch/$name" || fail "the C of $name does not compile."
    "$scratch/$name" || fail "as C they give other bits: $name."
}

mkdir "$scratch/made"
"$build/bin/make_lowered" "$root/tests/deploy/lowered.txt" "$scratch/made" || fail "weir-run does not run a model."
deploy own "$scratch"/made/*
[[ $(wc -l <"$scratch/own.log") -eq 1 ]] || fail "not all are deployed: $(<"$scratch/own.log")"
cat "$scratch/own.log"

[[ -d $data ]] || skip "ONNX's own tests are not here (Debian: libonnx-testdata)."
deploy onnx "$data"/{node,simple,pytorch-operator,pytorch-converted}/test_*
read -r passed rest < <(tail -n 1 "$scratch/onnx.log")
head -n -1 "$scratch/onnx.log" | sed 's/^[^:]*: //; s/.*cannot be deployed: //; s/'\''[^'\'']*'\''/X/g; s/[0-9]\+/N/g' |
    sort | uniq -c | sort -rn
[[ $passed -ge $least ]] || fail "only $passed are deployed; $least were."
echo "$passed $rest"
