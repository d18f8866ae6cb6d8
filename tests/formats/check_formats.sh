#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_formats.sh BUILD CC FORMAT MODELS DEPLOYED: of so many random models of a format (make_format.c) weir-run gives what
# float64 gives, and so many of them are deployed and give the same, a step at a time (stream.c) and all at once.
. "$(dirname "$0")/../shell.sh"
build=$1 cc=$2 format=$3 models=$4 deployed=$5
make_scratch

graphs=0
build_c() { # FOLDER OPTION...: the deployed model, with a main
    local folder=$1
    shift
    "$cc" -O0 -Wall -Wextra -Werror -ffp-contract=off -I "$folder/net/include" "$folder"/net/src/*.c "$@" -lm \
        -o "$folder/main"
}
deploy() { # FOLDER FILE INPUTS OUTPUTS STEPS
    local folder=$1 model=(--model "$1/$2" --name net --out "$1/net" --isa scalar) options=()
    "$build/bin/weir-run" "$folder/$2" --input "$folder/input_0.pb" --output "$folder/output_0.pb"
    "$build/bin/weir-run" "$folder/$2" --input "$folder/input_0.pb" --output "$folder/y.npy"
    "$build/bin/weir-gen" "${model[@]}" >"$folder/said" 2>&1 || fail "$format $seed: $(cat "$folder/said")"
    if grep -q NET_ARENA "$folder/net/include/net.h"; then
        options=(-DNET_IS_GRAPH)
        graphs=$((graphs + 1))
    fi
    build_c "$folder" "${options[@]}" -DINPUTS="$3" -DOUTPUTS="$4" -include "$folder/net/include/net.h" \
        "$root/tests/formats/stream.c"
    "$folder/main" "$folder"/{x.f32,y.npy} >"$folder/said" || fail "$format $seed, a step at a time: $(cat "$folder/said")"
    rm -r "$folder/net"
    [[ -z ${options[*]} ]] || model+=(--steps "$5")
    "$build/bin/weir-gen" "${model[@]}" --data "$folder" >"$folder/said" 2>&1 ||
        fail "$format $seed, all steps at once: $(cat "$folder/said")"
    build_c "$folder" "$folder"/net/test/*.c
    "$folder/main" >"$folder/said" || fail "$format $seed, all steps at once: $(cat "$folder/said")"
}

for ((seed = 1; seed <= models; seed++)); do
    folder=$scratch/$seed
    mkdir "$folder"
    read -r file inputs outputs steps < <("$build/bin/make_format" "$format" "$seed" "$folder")
    "$build/bin/weir-run" "$folder/$file" --data "$folder" >"$folder/said" 2>&1 ||
        fail "$format $seed is not what float64 gives: $(cat "$folder/said")"
    [[ $seed -gt $deployed ]] || deploy "$folder" "$file" "$inputs" "$outputs" "$steps"
done
echo "$models models of $format; $deployed of them were deployed, $graphs as graphs"
