#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# threads.sh WEIR_STOCK: two threads give the bits of one, in slices too.
. "$(dirname "$0")/common.sh"
[[ $(nproc) -ge 2 ]] || skip "two threads need two cores, and here is one"
for how in "lstm 1" "lstm 3" "gru 1" "rnn_tanh 1"; do
    read -r cell slices <<<"$how"
    for threads in 1 2; do
        run "${small[@]}" --units 40 --epochs 2 --cell $cell --slices $slices --threads $threads \
            --weights $threads.safetensors >out 2>err || {
            grep -q hwloc err && skip "$(<err)"
            fail "$(<err)"
        }
    done
    same 1.safetensors 2.safetensors "$cell, $slices slices: two threads give other bits than one"
done
echo "two threads give the bits of one"
