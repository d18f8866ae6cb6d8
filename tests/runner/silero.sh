#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# silero.sh BIN FOLDER: the voice-activity models inside npm's package @ricky0123/vad-web (one with
# two LSTMs of 64 inside of branches, one with an LSTM of 128 whose weights the graph assembles), run
# whole over ten seconds of sound, equal what ONNX Runtime computes within 1e-4; with weights of
# bf16, f16 and i8 the probability of speech does within 0.01, 0.002 and 0.03, but for i8 in the
# second, where it does within 0.05, and with its LSTM in --keep is that of float32. The packages are
# fetched into FOLDER once. Says how large the models are, and how long a call takes, too.
. "$(dirname "$0")/../shell.sh"
bin=$1 folder=$2
here=$root/tests/runner

. "$here/silero_models.sh"
make_scratch
node "$here/silero.mjs" "$models" "$scratch" || fail "ONNX Runtime does not run the models."

# The states are carried from call to call by the caller, as the models want it.
run_model() { # NAME I8-TOLERANCE KEPT CARRY... -- INPUT... -- OUTPUT...
    local name=$1 i8=$2 kept=$3 part=0 model arguments=() one=() word type tolerance
    shift 3
    model=$models/silero_vad_$name.onnx
    for word in "$@"; do
        case $part:$word in
        *:--) part=$((part + 1)) ;;
        0:*) arguments+=(--carry "$word") ;;
        1:*)
            arguments+=(--input "$scratch/${name}_$word.npy")
            if [[ -e $scratch/${name}_one_$word.npy ]]; then
                word=one_$word
            fi
            one+=(--input "$scratch/${name}_$word.npy")
            ;;
        2:*) arguments+=(--output "$scratch/${name}_$word.npy") ;;
        esac
    done
    for way in "" --plain; do
        "$bin/weir-run" "$model" --stream "${arguments[@]}" $way || fail "$name does not run."
        part=0
        for word in "$@"; do
            [[ $word != -- ]] || part=$((part + 1))
            if [[ $part -eq 2 && $word != -- ]]; then
                node "$here/silero.mjs" --compare "$scratch" "${name}_$word" ||
                    fail "$name: $word differs from ONNX Runtime's, $way."
            fi
        done
    done
    for word in "bf16 0.01" "f16 0.002" "i8 $i8"; do
        read -r type tolerance <<<"$word"
        "$bin/weir-run" "$model" --plain --stream --type "$type" "${arguments[@]/%_output.npy/_output_$type.npy}" ||
            fail "$name does not run with $type."
        node "$here/silero.mjs" --compare "$scratch" "${name}_output" "${name}_output_$type" "$tolerance" ||
            fail "$name with $type: the probability is off by more than $tolerance."
    done
    if [[ $kept ]]; then
        "$bin/weir-run" "$model" --plain --stream --type i8 --keep "$kept" "${arguments[@]/%_output.npy/_kept.npy}" ||
            fail "$name does not run with a node in --keep."
        cmp -s "$scratch/${name}_kept.npy" "$scratch/${name}_output.npy" || fail "$name: --keep keeps nothing."
    fi
    "$bin/weir-run" "$model" --time "${one[@]}" | sed -n 1p || fail "$name cannot be timed."
    echo "$name: $("$bin/weir-run" "$model" --inspect | head -n 1 | sed 's/.*, //')"
}

run_model legacy 0.03 "" hn=h cn=c -- input sr h c -- output hn cn
run_model v5 0.05 If_0_then_branch__Inline_0__/decoder/rnn/LSTM stateN=state -- input state sr -- output stateN
