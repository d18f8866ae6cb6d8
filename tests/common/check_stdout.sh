#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_stdout.sh BIN: what a program says on stdout gets out, or it ends with another status than 0 and a sentence:
# every program of the build, whatever it is asked to print, where the disk is full and where stdout is closed.
. "$(dirname "$0")/../shell.sh"
bin=$1
[[ -c /dev/full ]] || skip "there is no /dev/full here."
model=/usr/share/libonnx-testdata/data/node/test_gru_defaults/model.onnx
make_scratch

# A program and its arguments.
cat >"$scratch/commands" <<END
weir-gen --list
weir-gen --dump lstm
weir-gen --dump --backward lstm
weir-gen --check rnn_tanh
weir-gen --version
weir-gen --help
weir-gen --cell lstm --input 2 --hidden 3 --isa scalar
weir-gen --product --isa scalar
weir-info
weir-info --kernels
weir-info --version
weir-info --help
weir-run --help
weir-run $model --inspect
weir-bench --help
weir-bench --list
weir-tune --help
weir-phases --help
weir-stock --help
weir-stock --data adding --units 3 --epochs 1 --steps 2
weir-steps --help
weir-steps --input 2 --units 3 --window 2 --batch 1 --steps 1
weir-compare --help
weir-compare $root/results/2026-11-24-amd-epyc.json --col isa --filter avx
weir-report --help
weir-report $root/results/2026-11-24-amd-epyc-torch.json --out $scratch
END

silenced() { # WHERE STATUS COMMAND...: after it ended
    [[ $2 -eq 1 || $2 -eq 2 ]] || fail "${*:3} $1: status $2."
    [[ $(wc -l <"$scratch/err") -eq 1 && $(<"$scratch/err") == "$3: stdout could not be written"* ]] ||
        fail "${*:3} $1 said: $(<"$scratch/err")"
}

count=0
while read -ra command; do
    [[ -x $bin/${command[0]} && ("${command[*]}" != *.onnx* || -r $model) ]] || continue
    status=0
    "$bin/${command[0]}" "${command[@]:1}" >/dev/full 2>"$scratch/err" || status=$?
    silenced "on a full disk" $status "${command[@]}"
    status=0
    "$bin/${command[0]}" "${command[@]:1}" >&- 2>"$scratch/err" || status=$?
    silenced "with stdout closed" $status "${command[@]}"
    count=$((count + 1))
done <"$scratch/commands"
for program in "$bin"/weir-*; do
    [[ $program == *.so ]] || grep -q "^$(basename "$program") " "$scratch/commands" ||
        fail "$(basename "$program") is not tested here."
done
echo "$count commands say that stdout could not be written"
