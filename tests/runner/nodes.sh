#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# nodes.sh BIN ISA [EMULATOR]...: the node tests of ONNX itself for RNN, LSTM and GRU, as Debian
# packs them, on one ISA. A node test is a model and a folder of inputs and expected outputs.
. "$(dirname "$0")/../shell.sh"
bin=$1 isa=$2
shift 2
data=/usr/share/libonnx-testdata/data/node

[[ -d $data ]] || skip "ONNX's own tests are not here (Debian: libonnx-testdata)."
count=0
for folder in "$data"/test_*{rnn,lstm,gru}*; do
    [[ -d $folder/test_data_set_0 ]] || fail "$folder has no test_data_set_0."
    status=0
    output=$(WEIR_ISA=$isa "$@" "$bin/weir-run" --plain "$folder/model.onnx" \
        --data "$folder/test_data_set_0" 2>&1) || status=$?
    if [[ $output == *"but this CPU has only"* ]]; then
        skip "$output"
    fi
    [[ $status -eq 0 ]] || fail "$(basename "$folder") on $isa: $output"
    count=$((count + 1))
done
[[ $count -ge 12 ]] || fail "found $count node tests, and there are 12 at least."
echo "$count node tests pass on $isa"
