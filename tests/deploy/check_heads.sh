#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_heads.sh BUILD CC MODELS: of so many random models of a recurrent layer and a head (make_head.c), weir-gen --model
# makes one cell, which gives the bits of the two deployed apart (heads.c); and so does weir-run, which compiles them, and of
# some, with weights of fewer bits, runs one cell. What can be no part of a cell stays a layer.
. "$(dirname "$0")/../shell.sh"
. "$(dirname "$0")/deployed.sh"
build=$1 cc=$2 models=$3
weir_gen=$build/bin/weir-gen
make_scratch

layers() { # DIR: how many
    grep -c '^| [0-9]' "$1/README.md"
}

flags=(-O0 -Wall -Wextra -Werror -std=c11 -ffp-contract=off)
read_intrinsics "$scratch" c "$cc" "${flags[@]}"

check() { # SEED TYPE
    local seed=$1 type=$2 folder=$scratch/$1-$2 name sizes headers
    mkdir "$folder"
    read -ra sizes < <("$build/bin/make_head" "$seed" "$folder")
    for name in whole layer head; do
        "$weir_gen" --model "$folder/$name.onnx" --name "$name" --out "$folder/$name" --no-test --type "$type"
    done
    "$weir_gen" --model "$folder/whole.onnx" --name many --steps 20 --isa avx2,neon --out "$folder/many" --no-test \
        --type "$type"
    [[ $(layers "$folder/whole") -eq 1 ]] || fail "$seed: the head is a layer of its own."
    headers=(-include "$scratch/intrinsics.h")
    for name in whole layer head many; do
        headers+=(-include "$folder/$name/include/$name.h")
    done
    "$cc" "${flags[@]}" "${sizes[@]}" "${headers[@]}" "$root/tests/deploy/heads.c" \
        "$folder"/{whole,layer,head,many}/src/*.c -lm -o "$folder/heads"
    "$build/bin/weir-run" "$folder/whole.onnx" --input "$folder/x.pb" --output "$folder/y.npy" --type "$type"
    "$folder/heads" "$folder"/{x.pb,y.npy} || fail "$seed (${sizes[*]}) with $type: wrong bits."
}
narrow=(i8 bf16 f16)
for ((seed = 1; seed <= models; seed++)); do
    check "$seed" f32
    [[ $((seed % 3)) -ne 2 ]] || check "$seed" "${narrow[seed / 3 % 3]}"
done

# ---- What is added ----

make() { # KIND
    mkdir -p "$scratch/$1"
    "$build/bin/make_chain" "$1" "$scratch/$1"
}
folds() { # KIND NODES: so many nodes are part of a cell in weir-run
    local found
    found=$("$build/bin/weir-run" "$scratch/$1/model.onnx" --inspect | grep -c "in the cell of the node before") || true
    [[ $found -eq $2 ]] || fail "of $1 weir-run has $found nodes in a cell, expected $2."
}
for kind in head_skip:1:6 head_moved:1:5 head_both:2:0 head_last:2:0 head_two:2:3 head_three:2:3; do
    IFS=: read -r name layers nodes <<<"$kind"
    folder=$scratch/$name
    make "$name"
    folds "$name" "$nodes"
    "$build/bin/weir-run" --plain "$folder/model.onnx" --input "$folder/input_0.pb" --output "$folder/output_0.pb"
    "$weir_gen" --model "$folder/model.onnx" --name net --out "$folder/net" --data "$folder" --steps 5 ||
        fail "$name is not deployed."
    [[ $(layers "$folder/net") -eq $layers ]] || fail "$name has $(layers "$folder/net") layers."
done
for name in skip_other skip_wide skip_turned; do # which no head takes, but a graph does
    folder=$scratch/$name
    make "$name"
    folds "$name" 3 # all but what is added
    "$build/bin/weir-run" --plain "$folder/model.onnx" --input "$folder/input_0.pb" --output "$folder/output_0.pb"
    "$weir_gen" --model "$folder/model.onnx" --name net --out "$folder/net" --data "$folder" || fail "$name is not deployed."
    grep -q '_ARENA' "$folder/net/include/net.h" || fail "$name is deployed as a chain."
done
