#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# resume.sh WEIR_STOCK: a checkpoint goes on with the options and data it was made with and with no
# others; more epochs, another ISA and other files are fine. What is damaged is refused.
. "$(dirname "$0")/common.sh"
run "${small[@]}" --checkpoint state >out 2>err || fail "$(<err)"
cp state kept

differs() { # OPTION VALUE THEN NOW
    expect 2 "state: $1 was $3 when it was made and is $4 now; go on with the same, or begin another" \
        "${small[@]}" --checkpoint state --resume "$1" "$2"
}
differs --units 7 6 7
differs --window 8 7 8
differs --batch 16 32 16
differs --slices 2 1 2
differs --seed 6 5 6
differs --rate 0.5 0.001 0.5
differs --clip 2 0 2
differs --threshold 1 0.15 1
differs --days 601 600 601
expect 2 "state: cell was lstm when it was made and is gru now*" "${small[@]}" --checkpoint state \
    --resume --cell gru
expect 2 "state: has 3 epochs already; --epochs 2 is too few" "${small[@]}" --checkpoint state \
    --resume --epochs 2
same state kept "a checkpoint that was refused was changed"

# Prices that changed under the same name.
{
    echo date,close
    for day in {10..28}; do echo "2020-01-$day,$((day * 7 % 11 + 10))"; done
} >prices.csv
file=(--data prices.csv --units 3 --epochs 1 --checkpoint other)
run "${file[@]}" >out 2>err || fail "$(<err)"
sed -i 's/^2020-01-20,.*/2020-01-20,99/' prices.csv
expect 2 "other: the fingerprint of the prices was *" "${file[@]}" --resume

# A checkpoint from before there were slices is one of one slice.
LC_ALL=C sed 's/"--slices"/"--others"/' state >old
cmp -s old state && fail "a checkpoint does not name its slices"
run "${small[@]}" --checkpoint old --resume >out 2>err || complain "an old checkpoint: $(<err)"
expect 2 "old: --slices was 1 when it was made and is 2 now*" "${small[@]}" --checkpoint old \
    --resume --slices 2

# More epochs from where it was are what they would have been.
run "${small[@]}" --epochs 5 --weights whole >out 2>err || fail "$(<err)"
run "${small[@]}" --epochs 5 --weights pieces --checkpoint state --resume --isa scalar >out 2>err ||
    fail "$(<err)"
same whole pieces "two epochs more are not what five are"

# Damage.
for bytes in 0 1 8 100 1000 $(($(stat -c %s kept) - 1)); do
    head -c "$bytes" kept >state
    expect 2 "*state*" "${small[@]}" --checkpoint state --resume
done
run "${small[@]}" --weights state >out 2>err || fail "$(<err)"
expect 2 "state: does not say what *" "${small[@]}" --checkpoint state --resume

# Several cells have a file each.
run "${small[@]}" --epochs 1 --cells gru,rnn_tanh --checkpoint many.ckpt --weights dir.d/w >out 2>err &&
    fail "weights were written to a folder that is not there"
mkdir dir.d
run "${small[@]}" --epochs 1 --cells gru,rnn_tanh --checkpoint many.ckpt --resume --weights dir.d/w \
    --predictions p.csv >out 2>err || fail "$(<err)"
for file in many-gru.ckpt many-rnn_tanh.ckpt dir.d/w-gru dir.d/w-rnn_tanh p-gru.csv p-rnn_tanh.csv; do
    [[ -s $file ]] || complain "there is no $file"
done
verdict "checkpoints go on with what they were made with"
