#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_random.sh BUILD CC MODELS COMPILED: of so many random models (tests/runner/random_models.c), over all
# attributes that recurrent nodes have, weir-gen --model deploys those that can be, with the model's own
# input and output, and refuses all others with one of the sentences below. The first COMPILED are compiled and run.
. "$(dirname "$0")/../shell.sh"
build=$1 cc=$2 models=$3 compiled=$4
least=$((models / 10)) # of them are deployed
make_scratch

refusals=(
    'its weights are computed from inputs'
    'its batch is'
    'the chain does not end in a layer that is an output of the model'
    'are not floats of one sequence'
    'its sequence_lens is computed by the model'
    'its sequences end at different steps'
    'the model reads whole sequences'
)
mkdir "$scratch/models"
WEIR_ISA=scalar "$build/bin/random_models" 1 "$models" "$scratch/models" | tail -n 1
deployed=0 refused=0
for model in "$scratch"/models/*.onnx; do
    status=0
    "$build/bin/weir-gen" --model "$model" --name net --steps 8 \
        --data "${model%.onnx}" --out "$scratch/out" 2>"$scratch/error" || status=$?
    if [[ $status -eq 2 && $(wc -l <"$scratch/error") -eq 1 ]] &&
        grep -qF "$(printf '%s\n' "${refusals[@]}")" "$scratch/error"; then
        refused=$((refused + 1))
        continue
    fi
    [[ $status -eq 0 && ! -s $scratch/error ]] || {
        cat "$scratch/error"
        fail "$(basename "$model"): weir-gen --model ends with $status."
    }
    deployed=$((deployed + 1))
    if [[ $deployed -le $compiled ]]; then
        mv "$scratch/out" "$scratch/$deployed"
        cmake -S "$scratch/$deployed" -B "$scratch/$deployed/build" -DCMAKE_C_COMPILER="$cc" \
            >"$scratch/log" 2>&1 && cmake --build "$scratch/$deployed/build" >"$scratch/log" 2>&1 || {
            cat "$scratch/log"
            fail "$(basename "$model"): what is deployed cannot be built."
        }
        "$scratch/$deployed/build/net_test" || fail "$(basename "$model"): wrong bits."
    fi
done
echo "$deployed deployed, $refused refused"
[[ $deployed -ge $least ]] || fail "fewer than $least are deployed."
