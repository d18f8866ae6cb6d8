#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# operators.sh BIN EVERY FOLDER: every test of ONNX itself that Debian packs, for whatever operator, or every so-manyth.
# Those of the operators that the importer knows pass; all others are refused with one sentence, for a reason that is
# listed here. None differs, and none crashes. Many are of opset 1 or 6: as their operators mean the same in opset 7 they
# are run as that, from FOLDER.
. "$(dirname "$0")/../shell.sh"
bin=$1 every=$2 copies=$3
data=/usr/share/libonnx-testdata/data

[[ -d $data ]] || skip "ONNX's own tests are not here (Debian: libonnx-testdata)."
mkdir -p "$copies"

# Why a test may be refused: what stands in the sentence.
reasons=(
    'this operator is not supported'
    'sequences are not supported'
    'a Scan of opset 8'
    'of type string' 'cast to string' 'of type uint64' # element types that no tensor here has
    'to be of type bfloat16, and is of type uint16'     # these tests keep bfloat16 as that
    'it is to train'
    "its mode 'linear'" "its mode 'cubic'" "its mode 'tf_crop"
    'it does not say of which opset' "operators of the domain 'ai.onnx.preview.training'"
    "the tensor '' holds"                               # a sequence, read as a tensor
    'the shape of its slope'                            # one a channel, before opset 7
)
# Tests whose tolerance is another, as their outputs are sums of hundreds; and windows, where what is expected was
# computed with 3.1415 for pi.
declare -A tolerance=([stft_with_window]=1e-3 [nllloss_NCd1d2_reduction_sum_expanded]=1e-4
    [nllloss_NCd1d2d3d4d5_mean_weight_expanded]=1e-4)
for window in blackman hamming hann; do
    tolerance[${window}window_expanded]=1e-4
    tolerance[${window}window_symmetric_expanded]=1e-4
done
# What is expected of this one is bfloat16 in the clothes of uint16.
declare -A skipped=([cast_FLOAT_to_BFLOAT16]=1)

is_listed() {
    local reason
    for reason in "${reasons[@]}"; do
        [[ $1 == *"$reason"* ]] && return 0
    done
    return 1
}

passed=0
refused=0
folders=("$data"/{node,simple,pytorch-operator,pytorch-converted}/test_*)
# The last two bytes of each model: where those are a version, it is all that the file says of opsets.
mapfile -t ends < <(tail -qc 2 "${folders[@]/%//model.onnx}" | od -An -v -w2 -tx1)
for ((i = 0; i < ${#folders[@]}; i += every)); do
    folder=${folders[i]} status=0
    name=${folder##*/test_} model=$folder/model.onnx
    [[ ${skipped[$name]-} ]] && continue
    if [[ ${ends[i]} == *' 10 0'[1-6] ]]; then
        head -c -1 "$model" >"$copies/model.onnx"
        printf '\7' >>"$copies/model.onnx"
        model=$copies/model.onnx
    fi
    output=$("$bin/weir-run" --plain "$model" --data "$folder/test_data_set_0" \
        ${tolerance[$name]:+--tolerance ${tolerance[$name]}} 2>&1) || status=$?
    case $status in
    0) passed=$((passed + 1)) ;;
    2)
        output=$(grep -v 'which are computed in float32' <<<"$output")
        [[ $output == "weir-run: "* && $output != *$'\n'* ]] ||
            fail "$name is not refused with one sentence: $output"
        is_listed "$output" || fail "$name is refused for a reason that is not listed: $output"
        refused=$((refused + 1))
        ;;
    *) fail "$name ends with status $status: $output" ;;
    esac
done
least=770
[[ $every -eq 1 ]] || least=$((least * 9 / 10 / every)) # not to the last one
[[ $passed -ge $least ]] || fail "only $passed tests pass; $least did."
echo "$passed of ONNX's tests pass, $refused are refused"
