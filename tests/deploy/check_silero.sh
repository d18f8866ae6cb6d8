#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_silero.sh BUILD CC FOLDER: what weir-gen writes of the recurrent parts of the voice-activity
# models (tests/runner/silero.sh) gives what ONNX Runtime does within 1e-4, over ten seconds of sound, and
# says how large it is and how long a step takes, in turns with ONNX Runtime, on one core. With weights of 8 bits it gives
# the bits that weir-run does, on every ISA.
. "$(dirname "$0")/../shell.sh"
. "$(dirname "$0")/deployed.sh"
build=$1 cc=$2 folder=$3
weir_gen=$build/bin/weir-gen
here=$root/tests/deploy
. "$root/tests/runner/silero_models.sh"
make_scratch
pin=()
! command -v taskset >/dev/null || pin=(taskset -c "$(taskset -cp $$ | sed 's/.*[:,-] *//')")

median() {
    sort -g | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'
}

# The bytes that a column of `size` counts: 1 is code and constants.
bytes() { # OBJECT
    size "$1" | awk 'NR == 2 { print $1 }'
}

check() { # NAME FRESH CONTEXT NODE...
    local name=$1 fresh=$2 context=$3 steps time long round best
    local out=$scratch/$name/out
    shift 3
    mkdir "$scratch/$name"
    "$build/bin/cut_model" "$models/silero_vad_$name.onnx" "$scratch/$name" "$@"
    "$weir_gen" --model "$models/silero_vad_$name.onnx" --name vad --out "$out" \
        --node "$(IFS=,; echo "$*")"
    compile_deployed "$out" "$cc" -std=c11 -O2
    rm "$out/vad_test.o"
    "$cc" -std=c17 -O2 -I "$out/include" -I "$root/tests" -DMODEL=vad -DHEADER='"vad.h"' -DINPUTS=VAD_INPUTS \
        -DOUTPUTS=VAD_OUTPUTS "$here/run_deployed.c" "$out"/*.o -lm -o "$scratch/$name/run"
    for round in 1 2 3; do
        "${pin[@]}" node "$here/silero.mjs" "$scratch/$name" "$fresh" "$context" \
            >"$scratch/$name/said" || fail "ONNX Runtime does not run the parts of $name."
        read -r steps time long <"$scratch/$name/said"
        echo "$steps" >"$scratch/$name/steps"
        echo "$time" >>"$scratch/$name/theirs"
        echo "$long" >>"$scratch/$name/long"
        "${pin[@]}" "$scratch/$name/run" "$scratch/$name/x.npy" "$scratch/$name/y.npy" "$steps" 0 \
            1e-4 >"$scratch/$name/said" || {
            cat "$scratch/$name/said"
            fail "what is deployed of $name differs from ONNX Runtime's."
        }
        best=$(sed -n '1s/:.*//p' "$scratch/$name/said") # the one that is chosen here
        sed -n "s/^$best: a step takes \(.*\) us/\1/p" "$scratch/$name/said" | head -n 1 \
            >>"$scratch/$name/ours"
    done
    grep floats "$scratch/$name/said" | sed "s/^/$name, /"
    echo "$name: $best has $(bytes "$out/vad_$best.o") bytes of .text, the dispatcher" \
        "$(bytes "$out/vad.o"), the weights $(bytes "$out/vad_weights.o")"
    echo "$name: $steps steps of $(median <"$scratch/$name/ours") us each; by ONNX Runtime" \
        "$(median <"$scratch/$name/theirs") us, in calls of 100 steps $(median <"$scratch/$name/long") us"
}

check_narrow() { # NAME TYPE NODE...: after check
    local folder=$scratch/$1 out=$scratch/$1/$2 type=$2 inputs=() node best
    local name=$1
    shift 2
    for node; do
        inputs+=(--input "$folder/zeros.npy" --input "$folder/zeros.npy")
    done
    "$build/bin/weir-run" "$folder/recurrent.onnx" --type "$type" --input "$folder/x.npy" "${inputs[@]}" \
        --output "$folder/$type.npy"
    "$weir_gen" --model "$models/silero_vad_$name.onnx" --name vad --out "$out" --node "$(IFS=,; echo "$*")" --type "$type"
    compile_deployed "$out" "$cc" -std=c11 -O2
    "$cc" "$out"/*.o -lm -o "$folder/test"
    "$folder/test" || fail "the self-test of $name with $type failed."
    rm "$out/vad_test.o"
    "$cc" -std=c17 -O2 -I "$out/include" -I "$root/tests" -DMODEL=vad -DHEADER='"vad.h"' -DINPUTS=VAD_INPUTS \
        -DOUTPUTS=VAD_OUTPUTS "$here/run_deployed.c" "$out"/*.o -lm -o "$folder/run"
    "$folder/run" "$folder/x.npy" "$folder/$type.npy" "$(<"$folder/steps")" 0 0 >"$folder/said" ||
        fail "what is deployed of $name with $type is not what weir-run gives: $(cat "$folder/said")"
    best=$(sed -n '1s/:.*//p' "$folder/said")
    echo "$name with $type: the weights have $(bytes "$out/vad_weights.o") bytes; on $best" \
        "$(sed -n "s/^$best: //p" "$folder/said" | sed -n 2p)"
}

check legacy 1536 0 LSTM_245 LSTM_315
check v5 512 64 If_0_then_branch__Inline_0__/decoder/rnn/LSTM
check_narrow v5 i8 If_0_then_branch__Inline_0__/decoder/rnn/LSTM
