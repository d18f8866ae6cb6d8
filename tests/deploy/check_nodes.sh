#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_nodes.sh BUILD CC: models of single operators as graphs that weir-gen deploys (lower_nodes.c): those of make_lowered.c,
# all of which are, and every test of ONNX itself that Debian packs. What is deployed gives what is expected, and as C the
# same bits; all else is refused in one sentence.
. "$(dirname "$0")/../shell.sh"
build=$1 cc=$2
data=/usr/share/libonnx-testdata/data
least=996

make_scratch

deploy() { # NAME FOLDER...: a program of them runs, and $scratch/NAME.log says which were refused
    local name=$1
    shift
    "$build/bin/lower_nodes" "$scratch/$name.c" "$@" >"$scratch/$name.log" || fail "$(<"$scratch/$name.log")"
    "$cc" -std=c11 -O0 -w -I "$root/kernels" "$scratch/$name.c" -lm -o "$scratch/$name" || fail "the C of $name does not compile."
    "$scratch/$name" || fail "as C they give other bits: $name."
}

mkdir "$scratch/made"
"$build/bin/make_lowered" "$root/tests/deploy/lowered.txt" "$scratch/made" || fail "weir-run does not run a model."
deploy own "$scratch"/made/*
[[ $(wc -l <"$scratch/own.log") -eq 1 ]] || fail "not all are deployed: $(<"$scratch/own.log")"
cat "$scratch/own.log"

# A model of very many nodes: those of a chain become few steps; where each result is used twice, there would be too many.
varint() { # NUMBER: as protobuf has it, in escapes
    local rest=$1
    while ((rest > 127)); do
        printf '\\x%x' $((rest % 128 + 128))
        rest=$((rest / 128))
    done
    printf '\\x%x' "$rest"
}
chain() { # NAME OPERATOR INPUTS: a model of 16,000 such nodes, one after the other
    LC_ALL=C awk -v op="$2" -v inputs="$3" '
        function field(tag, text) { return sprintf("%c%c%s", tag, length(text), text) }
        BEGIN {
            for (i = 0; i < 16000; i++) {
                from = field(10, i ? "t" i : "x")
                printf "%s", field(10, from (inputs == 2 ? from : "") field(18, i < 15999 ? "t" (i + 1) : "y") field(34, op))
            }
        }' >"$scratch/nodes"
    local type='\x12\x0e\n\x0c\x08\x01\x12\x08\n\x02\x08\x01\n\x02\x08\x04' # float [1,4]
    local ends="\x12\x01gZ\x13\n\x01x${type}b\x13\n\x01y$type"
    local size=$(($(wc -c <"$scratch/nodes") + $(printf "$ends" | wc -c)))
    { printf "\x08\x08:$(varint $size)"; cat "$scratch/nodes"; printf "$ends"; printf 'B\x04\n\x00\x10\x0d'; } >"$scratch/$1.onnx"
}
chain once Abs 1
"$build/bin/weir-gen" --model "$scratch/once.onnx" --name once --isa scalar --out "$scratch/once" ||
    fail "a chain of very many nodes is not deployed."
chain twice Add 2
status=0
"$build/bin/weir-gen" --model "$scratch/twice.onnx" --name twice --isa scalar --out "$scratch/twice" 2>"$scratch/error" || status=$?
[[ $status -eq 2 && $(<"$scratch/error") == *"cannot be deployed: a call would have more than 6144 steps" ]] ||
    fail "very many steps end with $status: $(<"$scratch/error")"

[[ -d $data ]] || skip "ONNX's own tests are not here (Debian: libonnx-testdata)."
deploy onnx "$data"/{node,simple,pytorch-operator,pytorch-converted}/test_*
read -r passed rest < <(tail -n 1 "$scratch/onnx.log")
head -n -1 "$scratch/onnx.log" | sed 's/^[^:]*: //; s/.*cannot be deployed: //; s/'\''[^'\'']*'\''/X/g; s/[0-9]\+/N/g' |
    sort | uniq -c | sort -rn
[[ $passed -ge $least ]] || fail "only $passed are deployed; $least were."
echo "$passed $rest"
