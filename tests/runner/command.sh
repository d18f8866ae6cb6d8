#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# command.sh BIN: the command line of weir-run: its help, its refusals, each of its actions, and what
# they write.
. "$(dirname "$0")/../shell.sh"
bin=$1
data=/usr/share/libonnx-testdata/data/node/test_gru_defaults
[[ -d $data ]] || skip "ONNX's own tests are not here (Debian: libonnx-testdata)."
make_scratch
model=$data/model.onnx
set=$data/test_data_set_0
inputs=(--input "$set/input_0.pb" --input "$set/input_1.pb" --input "$set/input_2.pb")

# Ends with a status; what it printed is in $output.
expect() { # STATUS ARGUMENT...
    local wanted=$1 status=0
    shift
    output=$("$bin/weir-run" "$@" 2>&1) || status=$?
    [[ $status -eq $wanted ]] || fail "weir-run $*: status $status, expected $wanted: $output"
}

# Is refused with one sentence that says this.
refuse() { # TEXT ARGUMENT...
    local text=$1
    shift
    expect 2 "$@"
    [[ $output == *"$text"* && $output != *$'\n'* ]] || fail "weir-run $*: it said: $output"
}

expect 0 --help
[[ $output == *"--inspect"* && $output == *"--stream"* ]] || fail "the help says little: $output"
refuse "the model is missing"
refuse "more than one model" "$model" "$model" --inspect
refuse "one of --inspect, --data, --input and --time is wanted" "$model"
refuse "one of --inspect, --data, --input and --time is wanted" "$model" --inspect --time
refuse "--stream goes with --input" "$model" --stream --time
refuse "--carry goes with --stream" "$model" "${inputs[@]}" --carry a=b
refuse "is not a number" "$model" --data "$set" --tolerance x
refuse "the model has 3 inputs, and 1 are given; expected one --input for each of 'X', 'W', 'R'" "$model" \
    --input "$set/input_0.pb"
# The file, and both shapes; of a stream, of what a call takes.
refuse "$set/input_1.pb: the input 'X' is to be of shape [1][3][2], and is of shape [1][15][2]" "$model" \
    --input "$set/input_1.pb" --input "$set/input_1.pb" --input "$set/input_2.pb"
refuse "$set/input_0.pb: the input 'X' is to be of shape [1][3][2], and is of shape [3][2] in every call" "$model" \
    --stream "${inputs[@]}"
mkdir "$scratch/swapped"
ln -s "$set/input_0.pb" "$set/input_1.pb" "$scratch/swapped"
ln -s "$set/input_1.pb" "$scratch/swapped/input_2.pb"
refuse "swapped/input_2.pb: the input 'R' is to be of shape [1][15][5], and is of shape [1][15][2]" "$model" \
    --data "$scratch/swapped"
ln -sf "$set/input_2.pb" "$scratch/swapped"
ln -s "$set/input_0.pb" "$scratch/swapped/output_0.pb"
expect 1 "$model" --plain --data "$scratch/swapped"
[[ $output == "Y_h "*" is float32[1][3][5], expected float32[1][3][2]" ]] || fail "of another shape it says: $output"
refuse "cannot be read" "$scratch/none.onnx" --inspect
refuse "cannot be read" "$model" --data "$scratch"
refuse "is no .npy file" "$model" --input "$model" --input "$model" --input "$model"
refuse "cannot be pinned" "$model" --time --cpu 1000000
refuse "'--frobnicate' is no option" "$model" --frobnicate
refuse "'--cpu' is no option of it, or lacks its value" "$model" --time --cpu
# What a command does not use is refused, not left out.
refuse "--tolerance goes with --data, not with --inspect" "$model" --inspect --tolerance 1
refuse "--cpu goes with --time, not with --data" "$model" --data "$set" --cpu 0
refuse "--cpu goes with --time, not with --input" "$model" "${inputs[@]}" --cpu 0
refuse "--output goes with --input, not with --time" "$model" "${inputs[@]}" --time --output "$scratch/Y.npy"
refuse "--output goes with --input, not with --inspect" "$model" --inspect --output "$scratch/Y.npy"
refuse "--stream goes with --input, not with --data" "$model" --data "$set" --stream
refuse "--plain goes with --data, not with --inspect" "$model" --inspect --plain
refuse "--carry goes with --input, not with --inspect" "$model" --inspect --carry a=b

expect 0 "$model" --inspect
[[ $output == *"n  = tanh(Wn@x + Un@(r*h) + bn)"* ]] || fail "--inspect shows no cell: $output"
# A GRU that resets before the product, as PyTorch has none, in a file by PyTorch: the field is added, once more.
{ cat "$model" && printf '\x12\x07pytorch'; } >"$scratch/pytorch.onnx"
doubt="pytorch.onnx: the node 'Y_h' (GRU) has no linear_before_reset = 1, which every GRU of PyTorch has"
for words in --inspect "--data $set"; do
    # shellcheck disable=SC2086
    expect 0 "$scratch/pytorch.onnx" $words
    [[ $output == *"weir-run: "*"$doubt"* ]] || fail "$words does not doubt it: $output"
done
[[ $("$bin/weir-gen" --model "$scratch/pytorch.onnx" --out "$scratch/out" 2>&1) == "weir-gen: "*"$doubt"* ]] ||
    fail "weir-gen does not doubt it."
expect 0 "$model" --data "$set"
[[ $output != *"linear_before_reset"* ]] || fail "it is doubted without a reason: $output"
expect 1 "$model" --data "$set" --tolerance 0
[[ $output == *"too large"* ]] || fail "a difference is not told: $output"
# Of outputs around 1000, where a step of a float is 6e-5, 0.005 may be missing, and 0.02 not: y = x, by hand.
value='\x12\x0a\x0a\x08\x08\x01\x12\x04\x0a\x02\x08\x01' # a float
printf '%b' '\x08\x08\x42\x02\x10\x0d\x3a\x37' '\x0a\x10\x0a\x01x\x12\x01y\x22\x08Identity\x12\x01g' \
    "\\x5a\\x0f\\x0a\\x01x$value" "\\x62\\x0f\\x0a\\x01y$value" >"$scratch/large.onnx"
mkdir "$scratch/large"
for part in input_0 output_0; do
    printf '%b' '\x08\x01\x10\x01\x4a\x04\x00\x00\x7a\x44' >"$scratch/large/$part.pb"
done
expect 0 "$scratch/large.onnx" --plain --data "$scratch/large"
printf '%b' '\x08\x01\x10\x01\x4a\x04\x52\x00\x7a\x44' >"$scratch/large/output_0.pb"
expect 0 "$scratch/large.onnx" --plain --data "$scratch/large"
printf '%b' '\x08\x01\x10\x01\x4a\x04\x48\x01\x7a\x44' >"$scratch/large/output_0.pb"
expect 1 "$scratch/large.onnx" --plain --data "$scratch/large"
expect 0 "$model" "${inputs[@]}" --output "$scratch/Y.npy"
[[ $(head -c 6 "$scratch/Y.npy" | tail -c 5) == NUMPY ]] || fail "Y.npy is no .npy file."
grep -aq "'descr': '<f4', 'fortran_order': False, 'shape': (1,3,5,)" "$scratch/Y.npy" ||
    fail "the header of Y.npy is wrong."
# What was written can be read again, and gives the same.
expect 0 "$model" --input "$set/input_0.pb" --input "$set/input_1.pb" --input "$set/input_2.pb" \
    --output "$scratch/Z.npy"
cmp -s "$scratch/Y.npy" "$scratch/Z.npy" || fail "two runs differ."

# Times: so many calls, or what two seconds hold, or what there is when it is stopped; and how far it is.
expect 0 "$model" --plain --time --calls 30 "${inputs[@]}"
[[ $output =~ ^"30 calls on core "[0-9]+": median "[0-9.]+" us, p99 "[0-9.]+", p99.9 "[0-9.]+", largest "[0-9.]+$'\n  ' ]] ||
    fail "--calls 30 says: $output"
expect 0 "$model" --plain --time --calls 1
[[ $output == "1 call on core "* ]] || fail "--calls 1 says: $output"
for calls in 0 1.5 10000001 x; do
    refuse "--calls '$calls' is not a number that it can be" "$model" --time --calls "$calls"
done
# 10,000 calls of this one would take long.
expect 0 "${data%/*}/test_averagepool_3d_default/model.onnx" --plain --time
[[ $output =~ ^[0-9]+" calls of 10000, in 2 seconds, on core " ]] || fail "within two seconds it says: $output"
refuse "--calls goes with --time, not with --input" "$model" "${inputs[@]}" --calls 3
stopped() { # SECONDS: sends a signal after so long; false where it was not there yet to take it
    local status=0
    script -qec "'$bin/weir-run' '$model' --plain --time --calls 10000000 2>/dev/tty & echo \$! >'$scratch/id'; wait \$!" \
        "$scratch/screen" >/dev/null &
    sleep "$1"
    kill "$(<"$scratch/id")"
    wait $! || status=$?
    [[ $status -ne 143 ]] || return 1
    [[ $status -eq 130 ]] || fail "stopped, --time ends with $status: $(<"$scratch/screen")"
    grep -q " calls of 10000000, when stopped, on core [0-9]*: median " "$scratch/screen" ||
        fail "stopped, --time says: $(<"$scratch/screen")"
    grep -q $'\r[0-9]* of 10000000 calls, at most [0-9]*:[0-9][0-9] left' "$scratch/screen" ||
        fail "a terminal does not see how far it is: $(<"$scratch/screen")"
}
stopped 0.7 || stopped 3 || stopped 10 || fail "--time is not stopped by a signal."

# Weights of narrower types: what the model and each of its nodes loses by them, and what is kept.
refuse "--type 'f8' is none, expected f32, bf16, f16 or i8" "$model" --data "$set" --type f8
refuse "--keep goes with --type bf16, f16 or i8" "$model" --data "$set" --keep Y_h
refuse "--inspect and --data together want --type bf16, f16 or i8" "$model" --inspect --data "$set"
refuse "one of --inspect, --data, --input and --time is wanted" "$model" --data "$set" --time --type bf16
"$bin/make_model" stack "$scratch" # nodes a and c, and no output_0.pb
stack=$scratch/model.onnx
refuse "--keep 'b' is no recurrent node of the model, expected 'a', 'c'" "$stack" --inspect --type f16 --keep a,b
refuse "--keep '' is no recurrent node" "$stack" --inspect --type f16 --keep a,
expect 0 "$stack" --data "$scratch" --type bf16
[[ $output =~ ^'y '.*' 3 elements, from f32 to bf16: largest difference '[1-9].*', root mean square '[1-9][^$'\n']*$ ]] ||
    fail "--type with --data says: $output"
expect 0 "$stack" --data "$scratch" --type bf16 --tolerance 0.01
expect 1 "$stack" --data "$scratch" --type bf16 --tolerance 0
[[ $output == *"too large"* ]] || fail "a loss is not told: $output"
expect 0 "$stack" --data "$scratch" --type bf16 --keep a,c --tolerance 0
expect 0 "$stack" --inspect --data "$scratch" --type f16 --keep a
for text in "kernel lstm_f32_any__" "kernel lstm_f16_any__" $'\na  '*" stays f32"$'\n' $'\nc  '*" from f32 to f16: largest difference "[1-9] \
    "; of its matrices "[UW][ifog]" loses most, "*" of its root mean square"$'\n' "the node that loses most: c, its matrix "[UW] $'\ny  '*" 3 elements, from f32 to f16"; do
    [[ $output == *$text* ]] || fail "--inspect with --data does not say '$text': $output"
done
expect 0 "$stack" --data "$scratch" --type i8
[[ $output =~ ^'y '.*' from f32 to i8: largest difference 0.000'[1-9] ]] || fail "--type i8 says: $output"
expect 0 "$stack" --input "$scratch/x.npy" --output "$scratch/f32.npy"
expect 0 "$stack" --input "$scratch/x.npy" --output "$scratch/f16.npy" --type f16
! cmp -s "$scratch/f32.npy" "$scratch/f16.npy" || fail "--type changes nothing of --output."

# Outputs are there whole or not at all, wherever their paths lead.
refuse "no/Y.npy could not be written: No such file" "$model" "${inputs[@]}" --output "$scratch/no/Y.npy"
echo old >"$scratch/old.npy"
ln -s old.npy "$scratch/link.npy"
full() { # with a disk that is full, as far as the program is concerned
    (
        trap '' XFSZ
        ulimit -f 0
        "$bin/weir-run" "$model" "${inputs[@]}" --output "$scratch/link.npy"
    )
}
! output=$(full 2>&1) || fail "a full disk is not told of"
[[ $output == *"old.npy could not be written: File too large"* ]] || fail "of a full disk it said: $output"
[[ $(<"$scratch/old.npy") == old ]] || fail "the old file is gone."
expect 0 "$model" "${inputs[@]}" --output "$scratch/link.npy"
[[ -L $scratch/link.npy ]] && cmp -s "$scratch/old.npy" "$scratch/Y.npy" || fail "a link is not followed."
mkfifo "$scratch/pipe.npy"
cat "$scratch/pipe.npy" >"$scratch/through.npy" &
expect 0 "$model" "${inputs[@]}" --output "$scratch/pipe.npy"
wait
[[ -p $scratch/pipe.npy ]] && cmp -s "$scratch/through.npy" "$scratch/Y.npy" || fail "a pipe is not written to."
! ls "$scratch"/*.part 2>/dev/null || fail "parts of files are left."
# A pipe that nobody writes to is not waited for.
refuse "not a regular file" "$model" --input "$scratch/pipe.npy" --input "$scratch/pipe.npy" \
    --input "$scratch/pipe.npy"
echo "the command line holds"
