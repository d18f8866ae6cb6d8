#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_chains.sh BUILD CC [WEIR_GEN]: models in which axes, states or lengths are easily taken for others
# (make_chain.c): weir-gen --model deploys what gives what weir-run gives, or says in one sentence why not.
. "$(dirname "$0")/../shell.sh"
build=$1 cc=$2 weir_gen=${3:-$1/bin/weir-gen}
make_scratch
failures=0

wrong() {
    echo "FAILED: $*" >&2
    failures=$((failures + 1))
}

make() { # KIND
    mkdir -p "$scratch/$1"
    "$build/bin/make_chain" "$1" "$scratch/$1"
}

# Deployed, with what weir-run gives as what it must give: KIND OPTION...
deploys() {
    local folder=$scratch/$1 kind=$1 inputs=() file
    make "$1"
    shift
    for file in "$folder"/input_*.pb; do
        inputs+=(--input "$file")
    done
    "$build/bin/weir-run" --plain "$folder/model.onnx" "${inputs[@]}" --output "$folder/output_0.pb"
    "$weir_gen" --model "$folder/model.onnx" --name net --out "$folder/net" --data "$folder" "$@" ||
        wrong "$kind is not deployed."
}

refused() { # KIND SENTENCE OPTION...
    local kind=$1 sentence=$2 status=0
    shift 2
    make "$kind"
    "$weir_gen" --model "$scratch/$kind/model.onnx" --name net --out "$scratch/$kind/net" "$@" \
        >"$scratch/out" 2>"$scratch/error" || status=$?
    if [[ $status -ne 2 || $(wc -l <"$scratch/error") -ne 1 ]] || ! grep -qF -- "$sentence" "$scratch/error"; then
        wrong "$kind ended with $status, expected 2 and '$sentence': $(cat "$scratch/error")"
    fi
}

deploys initial
deploys layout
deploys layout_squeeze
refused layout "the model reads whole sequences" --steps 2
deploys bias
deploys gemm_bias
deploys gemm_added
refused two_lengths "its sequence_lens is computed by the model" --steps 5
refused computed_length "its sequence_lens is computed by the model" --steps 5
deploys cast_length
deploys constant_length
refused steps "axis 0 of 'x'"
deploys steps --steps 5
deploys shape_start --steps 5
deploys mask
deploys padded
refused rows "axis 0 of 'x'"
deploys rows --steps 5
refused padded "--steps: no open axis of the model's inputs is known to be time" --steps 9
refused padded "--batch: no open axis of the model's inputs is known to count batches" --batch 9
refused padded "--shape 'nosuch=1,2' is of no input of the model" --shape nosuch=1,2
refused padded "--carry names an output or an input that the model has not" --carry y=nosuch
refused deep "axis 0 of 'x'"
deploys deep --steps 5 --isa scalar
refused memory "more memory than is allowed"
deploys batch
refused allow_zero "its shape is none that"
deploys aside
deploys keras
deploys torch

# Where states start is what inputs of the model say, and the header tells which, by names that are safe.
deploys starts --steps 5 --isa scalar
net=$scratch/starts/net
for line in "h[5] of layer 0: the model's input h%2A/%0A%23error%5C" \
    "h[5] of layer 1, forwards: the model's input h1" "h[5] of layer 1, backwards: the model's input h1"; do
    grep -qxF " *     $line" "$net/include/net.h" || wrong "the header of starts lacks '$line'."
done
"$cc" -O0 -Wall -Wextra -Werror -ffp-contract=off -I "$net/include" "$net"/{src,test}/*.c -lm -o "$scratch/main" &&
    "$scratch/main" || wrong "starts is not what weir-run gives."
printf '\x41' | dd of="$scratch/starts/input_2.pb" bs=1 conv=notrunc status=none \
    seek=$(($(stat -c %s "$scratch/starts/input_2.pb") - 1))
"$weir_gen" --model "$scratch/starts/model.onnx" --name net --out "$net" --data "$scratch/starts" --steps 5 \
    2>/dev/null && wrong "starts may start anywhere."

# What holds for one number of steps, or one length, asks for it.
calls() { # KIND CALL...: returns 0 where it begins with 0, else 1
    local kind=$1 call
    shift
    {
        echo '#include "net.h"'
        echo '#include <stdlib.h>'
        echo 'int main(void) { static float x[99], y[99]; void *state = aligned_alloc(64, NET_STATE_SIZE); int wrong = 0;'
        echo 'if (net_model_init(NULL, NULL) || net_state_init(NULL, state, NULL)) return 1;'
        for call in "$@"; do
            echo "wrong |= net_step(NULL, state, ${call#* }, x, y) != ${call%% *};"
        done
        echo 'free(state); return wrong; }'
    } >"$scratch/main.c"
    "$cc" -O0 -w -I "$scratch/$kind/net/include" "$scratch/main.c" \
        "$scratch/$kind"/net/src/net{,_scalar,_weights}.c -lm -o "$scratch/main" &&
        "$scratch/main" || wrong "$kind takes calls of other sizes."
}
deploys steps --steps 5 --isa scalar
calls steps '0 5' '1 4' '1 6'
deploys constant_length --isa scalar
calls constant_length '0 5, 3' '0 4, 3' '1 5, 5' '1 5, 2' '1 2, 2'

[[ $failures -eq 0 ]] || exit 1
