#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_integers.sh BUILD CC: models of whole numbers and quantised ones (tests/runner/test_integers.c) are deployed with
# what they give as their self-tests, which pass: as C, and some as C++ with flags that allow other arithmetic. A type of
# weights that is asked for leaves alone what multiplies whole numbers.
. "$(dirname "$0")/../shell.sh"
. "$(dirname "$0")/deployed.sh"
build=$1 cc=$2
make_scratch

"$build/bin/test_integers" 7 3 "$scratch" >"$scratch/log" || fail "$(<"$scratch/log")"
deploy() { # INDEX OPTION...
    "$build/bin/weir-gen" --model "$scratch/$1.onnx" --name "m$1" --data "$scratch/$1" --out "$scratch/m$1" "${@:2}" ||
        fail "model $1 is not deployed."
}
check() { # INDEX COMPILER FLAG...
    local folder=$scratch/m$1
    rm -f "$folder"/*.o
    for source in "$folder"/src/m"$1"{,_scalar,_weights}.c "$folder"/test/*.c; do
        "${@:2}" -Wall -Wextra -Werror -pedantic -c "$source" -o "$folder/$(basename "$source" .c).o" ||
            fail "${*:2} does not take $(basename "$source")."
    done
    "$2" "$folder"/*.o -lm -o "$folder/test/run"
    "$folder/test/run" >"$scratch/log" || fail "model $1 by ${*:2}: $(<"$scratch/log")"
}

count=0
for model in "$scratch"/*.onnx; do
    name=$(basename "$model" .onnx)
    deploy "$name" --isa scalar --type i8
    count=$((count + 1))
done
[[ $count -eq 17 ]] || fail "there are $count models."
for ((i = 0; i < count; i++)); do
    check "$i" "$cc" -std=c11 -O0
done
for compiler in g++ clang++; do
    for i in 3 4 13; do # products, what is quantised as it runs, and scales
        ! command -v "$compiler" >/dev/null || check "$i" "$compiler" -x c++ -std=c++17 -Ofast
    done
done
grep -q 'const uint8_t \*x[0-9]*, .*int8_t \*y[0-9]*' "$scratch"/m13/include/m13.h ||
    fail "what is called has other types than the model has."
echo "$count models are right"
