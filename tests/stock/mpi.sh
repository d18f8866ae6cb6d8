#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# mpi.sh WEIR_STOCK MPIRUN few|all: any number of processes, which share slices unevenly or have none, on other ISAs, with
# threads or after a stop, end with the weights and the history of one. What they do not agree on is said once.
. "$(dirname "$0")/mpi_common.sh"
all=false
[[ $3 != all ]] || all=true
counts=(3)
! $all || counts=(1 2 3 4 7)
training=("${small[@]}" --slices 5 --epochs 2)
"$stock" "${training[@]}" --weights alone --predictions alone.csv --plot alone >out 2>err || fail "$(<err)"
for count in "${counts[@]}"; do
    ranks $count "${training[@]}" --weights shared --predictions shared.csv --plot shared >out 2>err ||
        fail "$count processes: $(<err)"
    same alone shared "$count processes: other weights"
    same alone.csv shared.csv "$count processes: other predictions or another history"
    [[ $(grep -c '^Written: shared$' out) -eq 1 ]] || fail "$count processes: not one of them speaks: $(<out)"
done
# More of them than slices, and one on scalar C.
training+=(--slices 2)
"$stock" "${training[@]}" --weights alone >out 2>err || fail "$(<err)"
"$mpirun" -n 3 "$stock" --mpi "${training[@]}" --weights shared : \
    -n 1 -x WEIR_ISA=scalar "$stock" --mpi "${training[@]}" --weights shared >out 2>err || fail "$(<err)"
same alone shared "4 processes with 2 slices, one on scalar C: other weights"

# The other task, and several cells.
adding=(--data adding --window 9 --units 9 --steps 12 --epochs 2 --slices 6 --batch 16 --cells gru,rnn_tanh)
"$stock" "${adding[@]}" --weights alone >out 2>err || fail "$(<err)"
ranks 3 "${adding[@]}" --weights shared >out 2>err || fail "$(<err)"
for cell in gru rnn_tanh; do
    same alone-$cell shared-$cell "additions, $cell: other weights"
done

# ---- Checkpoints ----

ranks 3 "${training[@]}" --epochs 1 --checkpoint state >out 2>err || fail "$(<err)"
ranks 2 "${training[@]}" --weights shared --checkpoint state --resume >out 2>err || fail "$(<err)"
same alone shared "3 processes, and then 2: other weights"
grep -q '^Goes on from state: 1 epochs' out || fail "it does not go on: $(<out)"

# ---- What is refused: one sentence, whoever has it ----

refuses() { # STATUS SENTENCE MPIRUN'S ARGUMENT...
    local status=0
    timeout 120 "$mpirun" "${@:3}" >out 2>err </dev/null || status=$?
    [[ $status -eq $1 ]] || complain "$*: ended with $status: $(<err)"
    [[ $(grep -c '^weir-stock: ' err) -eq 1 ]] || complain "$*: not one sentence: $(<err)"
    grep -qF -- "weir-stock: $2" err || complain "$*: expected $2: $(<err)"
}
refuses 2 "'--bogus' is no option" -n 3 "$stock" --mpi --bogus
refuses 2 "rank 1 was given other options or data than rank 0" \
    -n 1 "$stock" --mpi "${training[@]}" : -n 1 "$stock" --mpi "${training[@]}" --seed 7
refuses 2 "there is no cell 'none'" -n 2 "$stock" --mpi "${training[@]}" : -n 1 "$stock" --mpi --cell none
steps=$(dirname "$stock")/weir-steps status=0
timeout 20 "$mpirun" -n 1 "$steps" --mpi --units 3 : -n 1 "$steps" --mpi --units 4 >out 2>err || status=$?
[[ $status -eq 2 && $(grep '^weir-' err) == "weir-steps: rank 1 was given other options than rank 0" ]] ||
    complain "weir-steps of two models: ended with $status: $(<err)"
if $all; then
    head -c 1000 state >cut
    refuses 2 "cut" -n 2 "$stock" --mpi "${training[@]}" --checkpoint cut --resume
    refuses 2 "nowhere.csv cannot be read" -n 2 "$stock" --mpi --data nowhere.csv
    refuses 2 "state exists: go on from it with --resume" -n 3 "$stock" --mpi "${training[@]}" --checkpoint state
    refuses 2 "rank 2 was given other options or data than rank 0" \
        -n 2 "$stock" --mpi "${training[@]}" : -n 1 "$stock" --mpi "${training[@]}" --epochs 9
fi
verdict "any number of processes give the bits of one"
