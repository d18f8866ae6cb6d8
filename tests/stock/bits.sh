#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# bits.sh WEIR_STOCK ISA: a training on this ISA ends with the same weights as on scalar C, to the
# bit, on both tasks and for cells with one gate and with several.
. "$(dirname "$0")/common.sh"
isa=$2
run "${small[@]}" --isa "$isa" --epochs 1 >out 2>err || {
    grep -q "this CPU has only" err && skip "this CPU has no $isa: $(<err)"
    fail "$(<err)"
}

trained() { # FILE ARGUMENT...
    run "${@:2}" --weights "$1" >out 2>err || fail "weir-stock ${*:2}: $(<err)"
}

compare() { # WHAT ARGUMENT...
    trained here.safetensors "${@:2}" --isa "$isa"
    trained scalar.safetensors "${@:2}" --isa scalar
    same here.safetensors scalar.safetensors "$1: other bits on $isa than on scalar"
    trained other.safetensors "${@:2}" --isa "$isa" --seed 6
    ! cmp -s here.safetensors other.safetensors || fail "$1: the seed changes nothing"
}

for cell in lstm gru rnn_tanh; do
    compare "prices, $cell" "${small[@]}" --cell $cell
done
compare "prices, lstm, 64 units" "${small[@]}" --units 64 --epochs 1
compare "additions" --data adding --window 12 --units 17 --steps 15 --epochs 2 --cell gru
echo "the same bits on $isa as on scalar"
