#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# options.sh WEIR_STOCK: --help names every option, and whatever is wrong on a command line gets one
# sentence and status 2, before anything is trained or written.
. "$(dirname "$0")/common.sh"

# ---- Help ----

run --help >help 2>err || fail "--help ended with $?"
[[ ! -s err ]] || fail "--help writes to stderr: $(<err)"
for flag in data cells cell units projection dropout window threshold days test validation batch \
    slices epochs steps rate clip until seed checkpoint every resume weights predictions plot report \
    threads mpi isa help; do
    grep -qE -e "^  --$flag " help || complain "--help does not name --$flag"
done
[[ $(grep -c '^  --' help) -eq 30 ]] || complain "--help names options that this test does not know"
while read -r line; do
    [[ ${#line} -le 100 ]] || complain "a line of --help is ${#line} long: $line"
done <help

# ---- Numbers ----

for value in 0 -1 1.5 4097 1e9 nan inf 0x10 "" " 8" "8 " 8a eight +; do
    expect 2 "--units*" --units "$value"
done
expect 2 "--units '0': expected a whole number from 1 to 4096" --units 0
expect 2 "--units '1.5': expected a whole number from 1 to 4096" --units=1.5
expect 2 "--dropout '1': expected a number from 0 to 0.99" --dropout 1
expect 2 "--rate '0': expected a number from 1e-09 to 10" --rate 0
expect 2 "--epochs '0': expected*" --epochs 0
expect 2 "--batch '5000': expected*" --batch 5000
expect 2 "--slices '0': expected*" --slices 0
expect 2 "--slices 33: a batch has only 32 samples (--batch)" --slices 33
expect 2 "--test '0.95': expected*" --test 0.95
expect 2 "--validation '-0.1': expected*" --validation -0.1
expect 2 "--seed '9007199254740994': expected*" --seed 9007199254740994
expect 2 "--threads '-1': expected*" --threads -1

# ---- Options that are not, lack a value, or contradict one another ----

expect 2 "'--bogus' is no option; --help lists them" --bogus
expect 2 "'lstm' is no option; --help lists them" lstm
expect 2 "'--unit' is no option; --help lists them" --unit 3
expect 2 "'' is no option; --help lists them" ""
expect 2 "--units needs a value: units of the cell" --units
expect 2 "--plot needs a value:*" --plot=
expect 2 "--resume '1': expected true, false or no value" --resume=1
expect 2 "--cell and --cells are the same: give one of them" --cell gru --cells lstm
expect 2 "--resume needs --checkpoint FILE" --resume
expect 2 "--every needs --checkpoint FILE" --every 3
expect 2 "--every needs --checkpoint FILE" --every 0
expect 2 "--until is of no use with --validation 0: there is no loss to look at" --until 0.1 \
    --validation 0
expect 2 "--predictions is of no use with --test 0 --validation 0: nothing is held out" \
    --predictions p.csv --test 0 --validation 0
expect 2 "--threshold is of no use with --data adding" --data adding --threshold 1
expect 2 "--days is of no use with --data sp500" --days 9
expect 2 "--steps is of no use with --data synthetic" --data synthetic --steps 9
expect 2 "--window 1: an addition needs at least two steps" --data adding --window 1

# ---- Cells, ISAs, threads ----

expect 2 "there is no cell 'nix' in this build; there are: *lstm*" --cell nix
expect 2 "--cells 'lstm,,gru': expected names with single commas between them" --cells lstm,,gru
expect 2 "--cells 'lstm,': expected*" --cells lstm,
expect 2 "--cells names lstm twice" --cells lstm,gru,lstm
expect 2 "nowhere.cell cannot be read: No such file or directory; give a cell file, or the name of a cell" \
    --cell nowhere.cell
sed 's/tanh/relu/' "$root/kernels/cells/lstm.cell" >mine.cell
expect 2 "mine.cell: there are no kernels of this cell in this build; make them with cmake -B build \
-DWEIR_CELLS=$scratch/mine.cell and build again" --cell mine.cell
expect 2 "*sse9*" "${small[@]}" --isa sse9
expect 2 "*4 threads*" "${small[@]}" --threads 1024
[[ $bad -eq 0 || $(ls) ]] || fail "nothing is here"
for file in *; do
    [[ $file =~ ^(help|out|err|mine.cell)$ ]] || complain "$file was written by a wrong command"
done

# ---- The very text of a cell of this build is that cell ----

cp "$root/kernels/cells/gru.cell" copy.cell
run "${small[@]}" --epochs 1 --cell copy.cell --weights file.safetensors >out || fail "copy.cell"
run "${small[@]}" --epochs 1 --cell gru --weights name.safetensors >out || fail "gru"
same file.safetensors name.safetensors "a cell by its file is not the cell by its name"
verdict "what is wrong on a command line gets one sentence"
