#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# operators.sh BIN EVERY: every test of ONNX itself that Debian packs, for whatever operator, or every so-manyth. Those
# of the operators that the importer knows pass; all others are refused with one sentence. None differs, and none
# crashes.
. "$(dirname "$0")/../shell.sh"
bin=$1 every=$2
data=/usr/share/libonnx-testdata/data

[[ -d $data ]] || skip "ONNX's own tests are not here (Debian: libonnx-testdata)."
passed=0
refused=0
folders=("$data"/{node,simple,pytorch-operator,pytorch-converted}/test_*)
for ((i = 0; i < ${#folders[@]}; i += every)); do
    folder=${folders[i]} status=0
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
least=209
[[ $every -eq 1 ]] || least=$((least * 9 / 10 / every)) # not to the last one
[[ $passed -ge $least ]] || fail "only $passed tests pass; $least did."
echo "$passed of ONNX's tests pass, $refused are refused"
