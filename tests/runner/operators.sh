#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# operators.sh BIN: every test of ONNX itself that Debian packs, for whatever operator. Those of the
# operators that the importer knows pass; all others are refused with one sentence. None differs,
# and none crashes.
. "$(dirname "$0")/../shell.sh"
bin=$1
data=/usr/share/libonnx-testdata/data

[[ -d $data ]] || skip "ONNX's own tests are not here (Debian: libonnx-testdata)."
passed=0
refused=0
for folder in "$data"/{node,simple,pytorch-operator,pytorch-converted}/test_*; do
    status=0
    output=$("$bin/weir-run" "$folder/model.onnx" --data "$folder/test_data_set_0" 2>&1) || status=$?
    case $status in
    0) passed=$((passed + 1)) ;;
    2)
        output=$(grep -v 'which are computed in float32' <<<"$output")
        [[ $output == "weir-run: "* && $output != *$'\n'* ]] ||
            fail "$(basename "$folder") is not refused with one sentence: $output"
        refused=$((refused + 1))
        ;;
    *) fail "$(basename "$folder") ends with status $status: $output" ;;
    esac
done
[[ $passed -ge 209 ]] || fail "only $passed tests pass; 209 did."
echo "$passed of ONNX's tests pass, $refused are refused"
