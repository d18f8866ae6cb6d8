#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_hostile.sh BIN FLIPS: models that mean harm, or of which bytes are changed (make_hostile.c):
# weir-gen --model refuses them with one sentence and 2, or, of the latter, takes some.
. "$(dirname "$0")/../shell.sh"
bin=$1
make_scratch
mkdir "$scratch/models"
"$bin/make_hostile" "$scratch/models" "$2"

taken=0 refused=0
for model in "$scratch"/models/*.onnx; do
    name=$(basename "$model" .onnx) status=0
    timeout 60 "$bin/weir-gen" --model "$model" --name net --isa scalar \
        --out "$scratch/$name" >"$scratch/out" 2>"$scratch/error" || status=$?
    if [[ $status -eq 2 && $(wc -l <"$scratch/error") -eq 1 && ! -e $scratch/$name ]] &&
        grep -q '^weir-gen: ' "$scratch/error"; then
        refused=$((refused + 1))
        [[ $name != flip_none ]] || fail "the valid model: $(cat "$scratch/error")"
    elif [[ $status -eq 0 && ! -s $scratch/error && $name == flip_* ]]; then
        taken=$((taken + 1))
        rm -r "${scratch:?}/$name"
    else
        cat "$scratch/error" >&2
        fail "$name: weir-gen --model ends with $status."
    fi
done
echo "$refused refused, $taken taken"
