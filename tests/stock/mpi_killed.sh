#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# mpi_killed.sh WEIR_STOCK MPIRUN KILLS [SEED]: one of several processes is killed at a moment that nobody chose; taken
# up again each time, by another number of them, a training ends with the weights of one that nobody disturbed.
. "$(dirname "$0")/mpi_common.sh"
kills_wanted=$3
RANDOM=${4:-1}
training=("${small[@]}" --slices 4 --epochs $((kills_wanted * 6 + 12)))
"$stock" "${training[@]}" --weights whole >out 2>err || fail "$(<err)"

complete() {
    ranks 3 "${training[@]}" --checkpoint state --resume --weights pieces >out 2>err || fail "$(<err)"
    same whole pieces "after $kills kills: other weights"
}

# When the checkpoint that is there was written, or nothing where there is none.
written() { stat -c %y state 2>/dev/null || :; }

# Every other kill comes at a moment by the clock, which may be before MPI has started; the others after another
# checkpoint, however long the machine takes to reach it.
kills=0 met=0
while [[ $kills -lt $kills_wanted ]]; do
    count=$((kills % 4 + 1)) before=$(written)
    "$mpirun" -n $count "$stock" --mpi "${training[@]}" --checkpoint state --every 5 --resume >out 2>err &
    parent=$!
    if ((kills % 2 == 0)); then
        while [[ $(written) == "$before" ]] && kill -0 $parent 2>/dev/null; do
            sleep 0.005
        done
    fi
    sleep "$(printf '0.%03d' $((RANDOM % 500)))"
    victims=()
    while [[ ${#victims[@]} -lt $count ]] && kill -0 $parent 2>/dev/null; do
        read -ra victims <"/proc/$parent/task/$parent/children" 2>/dev/null || :
        sleep 0.01
    done
    killed=false
    if [[ ${#victims[@]} -gt 0 ]] && kill -KILL "${victims[RANDOM % ${#victims[@]}]}" 2>/dev/null; then
        killed=true
    fi
    status=0
    wait $parent 2>/dev/null || status=$?
    if [[ $status -eq 0 ]]; then # it was done before
        complete
        rm -f state
    else
        $killed || fail "ended with $status, and nobody killed it: $(<err)"
        kills=$((kills + 1))
        [[ ! -e state ]] || met=$((met + 1))
    fi
done
complete
((met >= kills / 2)) || fail "only $met of $kills kills came after a checkpoint"
echo "$kills kills, $met of them after a checkpoint: the same bits"
