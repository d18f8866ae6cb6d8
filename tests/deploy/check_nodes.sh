#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_nodes.sh BUILD CC: every test of ONNX itself that Debian packs, as a graph that weir-gen deploys (lower_nodes.c): it
# gives what is expected, and as C the same bits, or is refused in one sentence. So many are not refused, and none for a
# reason that is about the program and not the model.
. "$(dirname "$0")/../shell.sh"
build=$1 cc=$2
data=/usr/share/libonnx-testdata/data
least=711

[[ -d $data ]] || skip "ONNX's own tests are not here (Debian: libonnx-testdata)."
make_scratch
"$build/bin/lower_nodes" "$scratch/nodes.c" "$data"/{node,simple,pytorch-operator,pytorch-converted}/test_* \
    >"$scratch/log" || fail "$(<"$scratch/log")"
"$cc" -std=c11 -O1 -w -I "$root/kernels" "$scratch/nodes.c" -lm -o "$scratch/nodes" || fail "the C does not compile."
"$scratch/nodes" || fail "as C they give other bits."
read -r passed rest < <(tail -n 1 "$scratch/log")
head -n -1 "$scratch/log" | sed 's/^[^:]*: //; s/.*cannot be deployed: //; s/'\''[^'\'']*'\''/X/g; s/[0-9]\+/N/g' |
    sort | uniq -c | sort -rn
[[ $passed -ge $least ]] || fail "only $passed are deployed; $least were."
echo "$passed $rest"
