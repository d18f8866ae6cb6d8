#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_heads.sh BUILD CC MODELS: of so many random models of a recurrent layer and a head (make_head.c), weir-gen --model
# makes one cell, which gives what weir-run gives and the bits of the two deployed apart (heads.c). What can be no part
# of a cell stays a layer.
. "$(dirname "$0")/../shell.sh"
build=$1 cc=$2 models=$3
weir_gen=$build/bin/weir-gen
make_scratch

layers() { # DIR: how many
    grep -c '^| [0-9]' "$1/README.md"
}

for ((seed = 1; seed <= models; seed++)); do
    folder=$scratch/$seed
    mkdir "$folder"
    read -ra sizes < <("$build/bin/make_head" "$seed" "$folder")
    for name in whole layer head; do
        "$weir_gen" --model "$folder/$name.onnx" --name "$name" --out "$folder/$name" --no-test
    done
    "$weir_gen" --model "$folder/whole.onnx" --name many --steps 20 --isa avx2,neon --out "$folder/many" --no-test
    [[ $(layers "$folder/whole") -eq 1 ]] || fail "$seed: the head is a layer of its own."
    headers=()
    for name in whole layer head many; do
        headers+=(-include "$folder/$name/include/$name.h")
    done
    "$cc" -O0 -Wall -Wextra -Werror -std=c11 -ffp-contract=off "${sizes[@]}" "${headers[@]}" "$root/tests/deploy/heads.c" \
        "$folder"/{whole,layer,head,many}/src/*.c -lm -o "$folder/heads"
    "$folder/heads" || fail "$seed (${sizes[*]}): wrong bits."
done

# ---- What is added ----

make() { # KIND
    mkdir -p "$scratch/$1"
    "$build/bin/make_chain" "$1" "$scratch/$1"
}
for kind in head_skip:1 head_moved:1 head_both:2 head_last:2 head_two:2 head_three:2; do
    name=${kind%:*} folder=$scratch/${kind%:*}
    make "$name"
    "$build/bin/weir-run" "$folder/model.onnx" --input "$folder/input_0.pb" --output "$folder/output_0.pb"
    "$weir_gen" --model "$folder/model.onnx" --name net --out "$folder/net" --data "$folder" --steps 5 ||
        fail "$name is not deployed."
    [[ $(layers "$folder/net") -eq ${kind#*:} ]] || fail "$name has $(layers "$folder/net") layers."
done
for kind in "skip_other:the input of the recurrent node before it" "skip_wide:another shape than the product" \
    "skip_turned:another shape than the product"; do
    name=${kind%%:*}
    make "$name"
    "$weir_gen" --model "$scratch/$name/model.onnx" --name net --out "$scratch/net" --steps 5 2>"$scratch/error" &&
        fail "$name is deployed."
    [[ $(wc -l <"$scratch/error") -eq 1 ]] && grep -qF "${kind#*:}" "$scratch/error" || fail "$name: $(cat "$scratch/error")"
done
