#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# killed.sh WEIR_STOCK [SEED]: killed twenty times at moments that nobody chose, and taken up again
# each time, a training ends with the weights and the history of one that nobody disturbed.
. "$(dirname "$0")/common.sh"
RANDOM=${2:-1}
kills_wanted=20

# Long enough, with its checkpoints, for a kill to meet it at work on any machine.
epochs=2
while :; do
    training=("${small[@]}" --epochs $epochs)
    rm -f state
    started=$(date +%s%N)
    run "${training[@]}" --checkpoint state --every 4 --weights whole.safetensors >out 2>err ||
        fail "$(<err)"
    took=$((($(date +%s%N) - started) / 1000000))
    [[ $took -lt 600 && $epochs -lt 3000 ]] || break
    epochs=$((epochs * 2))
done
rm -f state
run "${training[@]}" --weights whole.safetensors --plot whole >out 2>err || fail "$(<err)"

complete() {
    run "${training[@]}" --checkpoint state --every 4 --resume --weights pieces.safetensors \
        --plot pieces >out 2>err || fail "$(<err)"
    same whole.safetensors pieces.safetensors "after $kills kills: other weights"
    same whole.csv pieces.csv "after $kills kills: another history"
}

# When the checkpoint that is there was written, or nothing where there is none.
written() { stat -c %y state 2>/dev/null || :; }

# Every other kill comes at a moment by the clock, which may be before the program reads or writes
# anything; the others come after another checkpoint, however long the machine takes to reach it.
range=$((took / 4 + 1))
kills=0 met=0
while [[ $kills -lt $kills_wanted ]]; do
    before=$(written)
    "$stock" "${training[@]}" --checkpoint state --every 4 --resume >out 2>err &
    child=$!
    if ((kills % 2)); then
        while [[ $(written) == "$before" ]] && kill -0 $child 2>/dev/null; do
            sleep 0.005
        done
    fi
    sleep "$(printf '0.%03d' $((RANDOM % (range < 999 ? range : 999))))"
    if kill -KILL $child 2>/dev/null; then
        kills=$((kills + 1))
        [[ ! -e state ]] || met=$((met + 1))
    fi
    status=0
    wait $child 2>/dev/null || status=$?
    [[ $status -eq 137 || $status -eq 0 ]] || fail "ended with $status after a kill: $(<err)"
    if [[ $status -eq 0 ]]; then # it was done before
        complete
        rm -f state
    fi
done
complete
((met >= kills_wanted / 2)) || fail "only $met of $kills kills came after a checkpoint"
echo "$kills kills, $met of them after a checkpoint: the same bits (a whole run takes $took ms)"
