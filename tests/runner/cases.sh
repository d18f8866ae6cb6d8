#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# cases.sh BIN: models as exporters write them, each with an input and what ONNX Runtime 1.30 gives for it. Small ones,
# with weights that were drawn: cells taken apart into Gemm and Split, normalisation and embeddings around recurrent
# nodes, two directions as Keras has them, quantised and half weights.
. "$(dirname "$0")/../shell.sh"
bin=$1
count=0

for folder in "$root"/tests/runner/cases/*/; do
    output=$("$bin/weir-run" --plain "$folder/model.onnx" --data "$folder/test_data_set_0" 2>&1) ||
        fail "$(basename "$folder"): $output"
    count=$((count + 1))
done
[[ $count -ge 12 ]] || fail "found $count cases, and there are 12."
echo "$count cases pass"
