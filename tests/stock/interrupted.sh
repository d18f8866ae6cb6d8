#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# interrupted.sh WEIR_STOCK: SIGINT and SIGTERM save a checkpoint and end with 130; what is taken up
# from it ends with the bits of a training that was never stopped.
. "$(dirname "$0")/common.sh"

# Many steps an epoch, and a checkpoint only after each: what is saved within one, the signal saved.
training=("${small[@]}" --days 4000 --units 20 --epochs 5 --batch 1)
run "${training[@]}" --weights whole.safetensors --plot whole >out 2>err || fail "$(<err)"

# Sends a signal some time after the first checkpoint; sets `status`.
interrupt() { # SIGNAL
    local tries
    rm -f state
    "$stock" "${training[@]}" --checkpoint state >out 2>err &
    child=$!
    for ((tries = 0; tries < 1000; tries++)); do
        [[ ! -e state ]] || break
        sleep 0.01
    done
    sleep "0.0$((attempt * 2))" # past the writing of it
    kill -"$1" $child
    status=0
    wait $child || status=$?
    [[ $status -eq 130 ]] || fail "SIG$1: ended with $status instead of 130: $(<err)"
    grep -qx "weir-stock: stopped; the same command with --resume goes on from state" err ||
        fail "SIG$1: $(<err)"
}

resume() { # SIGNAL
    run "${training[@]}" --checkpoint state --resume --weights pieces.safetensors --plot pieces \
        >out 2>err || fail "$(<err)"
    grep -q '^Goes on from state: ' out || fail "SIG$1: it did not go on: $(head -c 1000 out)"
    same whole.safetensors pieces.safetensors "SIG$1: other weights"
    same whole.csv pieces.csv "SIG$1: another history"
}

for signal in INT TERM; do
    # The end of an epoch may be met by chance, but not each time.
    for attempt in {1..5}; do
        interrupt $signal
        # Without --resume the file is left alone.
        cp state copy
        expect 2 "state exists: go on from it with --resume, or remove it" "${training[@]}" \
            --checkpoint state
        same state copy "a checkpoint was overwritten"
        resume $signal
        ! grep -qE 'epochs and [1-9][0-9]* steps are done' out || break
        [[ $attempt -lt 5 ]] || fail "SIG$signal saved nothing of an epoch that was under way"
    done
done

# Without a checkpoint it says that nothing was saved.
"$stock" "${small[@]}" --epochs 100000 >out 2>err &
child=$!
sleep 0.3
kill -INT $child
status=0
wait $child || status=$?
[[ $status -eq 130 ]] || fail "without --checkpoint: ended with $status: $(<err)"
grep -qx "weir-stock: stopped; nothing was saved, without --checkpoint" err || fail "$(<err)"
verdict "SIGINT and SIGTERM save, end with 130, and lead to the same bits"
