#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# compiled.sh BIN SEED COUNT: what weir-run compiles gives what it interprets: so many random graphs of each kind
# (random_branches.c, random_graphs.c), models as exporters write them, and those of $WEIR_CASES, where that is set, by test_compiled.c; and
# what the command line says of it: compilers that are none, a cache that is none, or whose files are broken.
. "$(dirname "$0")/../shell.sh"
bin=$1 seed=$2 count=$3
make_scratch

mkdir "$scratch/branches" "$scratch/graphs"
"$bin/random_branches" "$seed" "$count" "$scratch/branches" >"$scratch/log" || fail "$(<"$scratch/log")"
"$bin/random_graphs" "$seed" "$count" "$scratch/graphs" >"$scratch/log" || fail "$(<"$scratch/log")"
models=("$scratch"/branches/*.onnx "$scratch"/graphs/*.onnx "$root"/tests/runner/cases/*/model.onnx)
[[ -z ${WEIR_CASES:-} ]] || models+=("$WEIR_CASES"/*/model.onnx)
"$bin/test_compiled" 70 "${models[@]}"

# ---- The command line ----

export XDG_CACHE_HOME=$scratch/cache
model=$root/tests/runner/cases/opset_23/model.onnx
data=$root/tests/runner/cases/opset_23/test_data_set_0
compiles="weir-run: the model is compiled for inputs of these shapes, which is done once"
interprets="weir-run: the model is interpreted, which takes longer: "

# Runs it, right, and says this on stderr, or nothing.
says() { # TEXT ARGUMENT...
    local text=$1
    shift
    "$bin/weir-run" "$@" >"$scratch/out" 2>"$scratch/error" || fail "weir-run $*: $(cat "$scratch/out" "$scratch/error")"
    if [[ $text ]]; then
        grep -qF -- "$text" "$scratch/error" && [[ $(wc -l <"$scratch/error") -eq 1 ]]
    else
        [[ ! -s $scratch/error ]]
    fi || fail "weir-run $* said: $(<"$scratch/error"), expected: $text"
}

says "" "$model" --data "$data" --plain
says "$compiles" "$model" --data "$data"
says "" "$model" --data "$data"
library=("$scratch"/cache/weir/*)
[[ ${#library[@]} -eq 1 && $library == *.so ]] || fail "in the cache there is: ${library[*]}"
echo garbage >"$library" # which is made anew (test_compile.c has all that can be wrong with it)
says "$compiles" "$model" --data "$data"
chmod o+w "$scratch/cache/weir"
says "${interprets}kernels are not loaded from $scratch/cache/weir, because others can write to it" "$model" --data "$data"
echo >"$scratch/file"
XDG_CACHE_HOME=$scratch/file says "${interprets}the folder $scratch/file/weir cannot be made" "$model" --data "$data"
XDG_CACHE_HOME=$scratch/new CC=/nonexistent says "${interprets}C has to be compiled for this, and the C compiler" \
    "$model" --data "$data"
status=0
CC=false XDG_CACHE_HOME=$scratch/new "$bin/weir-run" "$model" --data "$data" >"$scratch/out" 2>"$scratch/error" || status=$?
[[ $status -eq 0 && $(<"$scratch/error") == "$compiles"$'\n'"${interprets}the C compiler 'false' could not compile"* ]] ||
    fail "with a compiler that fails: $(<"$scratch/error")"

for variable in WEIR_ISA WEIR_KERNEL; do # what is not to be had is no reason to take something else
    status=0
    env $variable=nonsense XDG_CACHE_HOME="$scratch/new" "$bin/weir-run" "$model" --data "$data" >"$scratch/out" 2>"$scratch/error" || status=$?
    [[ $status -eq 2 && $(wc -l <"$scratch/error") -eq 1 ]] && grep -q "$variable=nonsense names no" "$scratch/error" ||
        fail "with $variable: status $status, $(<"$scratch/error")"
done

# What runs which way, and why.
export XDG_CACHE_HOME=$scratch/one
"$bin/weir-run" "$model" --inspect | holds -x "runs    as C that is compiled for the shapes of its inputs" ||
    fail "--inspect does not say that it is compiled."
"$bin/weir-run" "$model" --inspect --type f16 | holds "^runs    interpreted: --type" ||
    fail "--inspect with --type does not say that it is interpreted."
[[ ! -e $scratch/one ]] || fail "--inspect compiles."

# A stream, whose states are inputs and outputs.
npy() { # NAME SHAPE [TYPE], and on stdin its elements, floats unless said otherwise
    {
        printf "\x93NUMPY\x01\x00\x76\x00%-117s\n" "{'descr': '${3:-<f4}', 'fortran_order': False, 'shape': ($2,), }"
        cat
    } >"$scratch/$1.npy"
}
head -c 48 /dev/zero | npy x 4,1,3
head -c 16 /dev/zero | npy h 1,4
head -c 64 /dev/zero | npy each 4,1,4
says=$compiles
stream() { # STATE OPTION...: from a file of the state, both ways
    local state=$1 way
    shift
    for way in "" --plain; do
        says "$says" "$root/tests/runner/cases/decomposed_lstmcell/model.onnx" --stream "$@" \
            --input "$scratch/x.npy" --input "$scratch/$state.npy" --input "$scratch/$state.npy" \
            --output "$scratch/h1$way.npy" --output "$scratch/c1$way.npy" $way
        says=""
    done
    for state in h1 c1; do
        paste <(od -An -v -w4 -tf4 -j128 "$scratch/$state.npy") <(od -An -v -w4 -tf4 -j128 "$scratch/$state--plain.npy") |
            awk '{ off = $1 - $2; wrong += !(off < 1e-6 && off > -1e-6); moves += $1 != 0 }
                END { exit wrong || NR != 16 || !moves }' || fail "a stream gives other states $state."
    done
}
stream h --carry h1=h --carry c1=c0
stream each # call, whose states are given anew: the same C

# A state that is another one a call before: an = x + b, bn = a, y = a + b.
array='\x12\x0a\n\x08\x08\x01\x12\x04\n\x02\x08\x01' # a type: float [1]
printf '\x08\x08:{%b%b%bB\x04\n\x00\x10\x0d' \
    '\n\x0f\n\x01x\n\x01b\x12\x02an\x22\x03Add\n\x11\n\x01a\x12\x02bn\x22\x08Identity\n\x0e\n\x01a\n\x01b\x12\x01y\x22\x03Add' \
    "\x12\x01gZ\x0f\n\x01x${array}Z\x0f\n\x01a${array}Z\x0f\n\x01b$array" \
    'b\x03\n\x01yb\x04\n\x02anb\x04\n\x02bn' >"$scratch/delay.onnx"
printf '\x00\x00\x80\x3f\x00\x00\x00\x40\x00\x00\x40\x40\x00\x00\x80\x40' | npy x 4,1
head -c 4 /dev/zero | npy h 1
says "" "$scratch/delay.onnx" --plain --stream --carry an=a --carry bn=b \
    --input "$scratch/x.npy" --input "$scratch/h.npy" --input "$scratch/h.npy" \
    --output "$scratch/y.npy" --output "$scratch/an.npy" --output "$scratch/bn.npy"
delayed=$(for name in y an bn; do od -An -v -w16 -tf4 -j128 "$scratch/$name.npy"; done | xargs)
[[ $delayed == "0 1 3 6 1 2 4 6 0 1 2 4" ]] || fail "a state that is another one a call before gives: $delayed"

# An output of as many elements in every call, but in the second of another shape: y is x as s says.
printf '\x08\x08:>%b%b%bB\x04\n\x00\x10\x0d' '\n\x12\n\x01x\n\x01s\x12\x01y\x22\x07Reshape\x12\x01gZ\x0f\n\x01x' \
    '\x12\x0a\n\x08\x08\x01\x12\x04\n\x02\x08\x06Z\x0f\n\x01s\x12\x0a\n\x08\x08\x07\x12\x04\n\x02\x08\x02' \
    'b\x03\n\x01y' >"$scratch/turn.onnx"
"$bin/weir-run" "$scratch/turn.onnx" --inspect | holds "^runs    interpreted: .* cannot be deployed: its input 1 is no constant" ||
    fail "--inspect does not say why a model is interpreted."
head -c 48 /dev/zero | npy x 2,6
for shapes in '2 3' '3 2'; do
    for size in 2 3 $shapes; do
        printf "\x0$size\0\0\0\0\0\0\0"
    done | npy s 2,2 '<i8'
    status=0
    "$bin/weir-run" "$scratch/turn.onnx" --plain --stream --input "$scratch/x.npy" --input "$scratch/s.npy" \
        --output "$scratch/y.npy" 2>"$scratch/error" || status=$?
    if [[ $shapes == '2 3' ]]; then
        [[ $status -eq 0 ]] && grep -aq "'shape': (2,2,3,)" "$scratch/y.npy"
    else
        [[ $status -eq 2 ]] && grep -q "an output has another shape in call 1 than in the first" "$scratch/error"
    fi || fail "of calls of shapes 2 3 and $shapes: status $status, $(<"$scratch/error")"
done

echo "what is compiled gives what is interpreted"
