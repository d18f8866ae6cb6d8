#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# silero.sh BIN FOLDER: the voice-activity models inside npm's package @ricky0123/vad-web (one with
# two LSTMs of 64 inside of branches, one with an LSTM of 128 whose weights the graph assembles), run
# whole over ten seconds of sound, equal what ONNX Runtime computes within 1e-4. The packages are
# fetched into FOLDER once. Says how large the models are, and how long a call takes, too.
. "$(dirname "$0")/../shell.sh"
bin=$1 folder=$2
here=$root/tests/runner

. "$here/silero_models.sh"
make_scratch
node "$here/silero.mjs" "$models" "$scratch" || fail "ONNX Runtime does not run the models."

# The states are carried from call to call by the caller, as the models want it.
run_model() { # NAME CARRY... -- INPUT... -- OUTPUT...
    local name=$1 part=0 model arguments=() one=() word
    shift
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
    "$bin/weir-run" "$model" --stream "${arguments[@]}" || fail "$name does not run."
    part=0
    for word in "$@"; do
        [[ $word != -- ]] || part=$((part + 1))
        if [[ $part -eq 2 && $word != -- ]]; then
            node "$here/silero.mjs" --compare "$scratch" "${name}_$word" ||
                fail "$name: $word differs from ONNX Runtime's."
        fi
    done
    "$bin/weir-run" "$model" --time "${one[@]}" | head -n 1 || fail "$name cannot be timed."
    echo "$name: $("$bin/weir-run" "$model" --inspect | head -n 1 | sed 's/.*, //')"
}

run_model legacy hn=h cn=c -- input sr h c -- output hn cn
run_model v5 stateN=state -- input state sr -- output stateN
