#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_formats.sh BUILD CC FORMAT MODELS DEPLOYED: of so many random models of a format (make_format.c) weir-run gives what
# float64 gives, and so many of them are deployed and give the same bits as weir-run.
. "$(dirname "$0")/../shell.sh"
build=$1 cc=$2 format=$3 models=$4 deployed=$5
make_scratch

# What of a format no chain can be: it is said in one sentence, and what says so is counted.
refused=0
deploy() { # FOLDER FILE
    "$build/bin/weir-run" "$1/$2" --input "$1/input_0.pb" --output "$1/output_0.pb"
    if ! "$build/bin/weir-gen" --model "$1/$2" --name net --out "$1/net" --data "$1" --isa scalar 2>"$1/error"; then
        [[ $format =~ rtneural|guitarml && $(wc -l <"$1/error") -eq 1 ]] || fail "$2 of $1: $(cat "$1/error")"
        refused=$((refused + 1))
        return
    fi
    "$cc" -O0 -Wall -Wextra -Werror -ffp-contract=off -I "$1/net/include" "$1"/net/{src,test}/*.c -lm -o "$1/main"
    "$1/main" >"$1/said" || fail "deployed, $format $seed is not what weir-run gives: $(cat "$1/said")"
}

for ((seed = 1; seed <= models; seed++)); do
    folder=$scratch/$seed
    mkdir "$folder"
    file=$("$build/bin/make_format" "$format" "$seed" "$folder")
    "$build/bin/weir-run" "$folder/$file" --data "$folder" >"$folder/said" 2>&1 ||
        fail "$format $seed is not what float64 gives: $(cat "$folder/said")"
    [[ $seed -gt $deployed ]] || deploy "$folder" "$file"
done
echo "$models models of $format; of $deployed, $((deployed - refused)) were deployed"
