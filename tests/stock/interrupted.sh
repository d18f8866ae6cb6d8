#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# interrupted.sh WEIR_STOCK: SIGINT and SIGTERM save a checkpoint and end with 130; what is taken up
# from it ends with the bits of a training that was never stopped.
. "$(dirname "$0")/common.sh"

# Sends a signal as soon as there is a first checkpoint; sets `status`.
interrupt() { # SIGNAL
    local tries
    "$stock" "${training[@]}" --checkpoint state --every 1 >out 2>err &
    child=$!
    for ((tries = 0; tries < 1000; tries++)); do
        [[ ! -e state ]] || break
        sleep 0.01
    done
    kill -"$1" $child
    status=0
    wait $child || status=$?
}

training=("${small[@]}" --epochs 40)
run "${training[@]}" --weights whole.safetensors --plot whole >out 2>err || fail "$(<err)"
for signal in INT TERM; do
    rm -f state
    interrupt $signal
    [[ $status -eq 130 ]] || fail "SIG$signal: ended with $status instead of 130: $(<err)"
    grep -qx "weir-stock: stopped; the same command with --resume goes on from state" err ||
        fail "SIG$signal: $(<err)"
    # Without --resume the file is left alone.
    cp state copy
    expect 2 "state exists: go on from it with --resume, or remove it" "${training[@]}" \
        --checkpoint state
    same state copy "a checkpoint was overwritten"
    run "${training[@]}" --checkpoint state --resume --weights pieces.safetensors --plot pieces \
        >out 2>err || fail "$(<err)"
    grep -q '^Goes on from state: ' out || fail "SIG$signal: it did not go on: $(head -c 1000 out)"
    same whole.safetensors pieces.safetensors "SIG$signal: other weights"
    same whole.csv pieces.csv "SIG$signal: another history"
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
