#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_edges.sh BUILD CC: graphs at the edges of what becomes a schedule (make_edges.c). weir-gen --model deploys what
# gives what weir-run gives, or says in one sentence why not.
. "$(dirname "$0")/../shell.sh"
build=$1 cc=$2
make_scratch

make() { # KIND
    mkdir "$scratch/$1"
    "$build/bin/make_edges" "$1" "$scratch/$1"
}

deploys() { # KIND: with what weir-run gives as what it must give
    local folder=$scratch/$1
    make "$1"
    "$build/bin/weir-run" --plain "$folder/model.onnx" --input "$folder/input_0.pb" --output "$folder/output_0.pb"
    "$build/bin/weir-gen" --model "$folder/model.onnx" --name net --out "$folder/net" --data "$folder" --isa scalar ||
        fail "$1 is not deployed."
    "$cc" -O0 -Wall -Wextra -Werror -ffp-contract=off -I "$folder/net/include" "$folder"/net/{src,test}/*.c -lm \
        -o "$folder/main" && "$folder/main" || fail "$1 is not what weir-run gives."
}

refused() { # KIND SENTENCE OPTION...
    local kind=$1 sentence=$2 status=0
    shift 2
    "$build/bin/weir-gen" --model "$scratch/$kind/model.onnx" --name net --out "$scratch/$kind/net" "$@" \
        >"$scratch/out" 2>"$scratch/error" || status=$?
    if [[ $status -ne 2 || $(wc -l <"$scratch/error") -ne 1 ]] || ! grep -qF -- "$sentence" "$scratch/error"; then
        fail "$kind ended with $status, expected 2 and '$sentence': $(cat "$scratch/error")"
    fi
}

deploys long_loop
deploys parts
make float_axes
refused float_axes "its axes are no constant whole numbers"

make far
refused far "its input with its pads has more elements than a call can have"

# As many elements are not the same axes.
make turned
refused turned "'h1' and 'h' have different shapes" --carry h1=h
refused turned "input_0.pb is [3][2] of type float32, where the model has [2][3] of floats" --data "$scratch/turned"

make unsqueezed
refused unsqueezed "--steps: no open axis of the model's inputs is known to be time" --steps 4
"$build/bin/weir-gen" --model "$scratch/unsqueezed/model.onnx" --name net --isa scalar --batch 4 \
    --out "$scratch/unsqueezed/net" || fail "unsqueezed is not deployed."

# What is carried is found once, whatever number of steps there is.
make carried
"$build/bin/weir-gen" --model "$scratch/carried/model.onnx" --name net --isa scalar --steps 4 --carry auto \
    --out "$scratch/carried/net" >"$scratch/said" || fail "carried is not deployed."
[[ $(<"$scratch/said") == k_out=k_in ]] || fail "--carry auto says '$(<"$scratch/said")'."

# An open axis that is called a batch is one unless it is said, by --batch or by the shape of another input, and an axis of
# the same name has the same size.
deployed_as() { # KIND INPUT SHAPE OPTION...
    local folder=$scratch/$1
    "$build/bin/weir-gen" --model "$folder/model.onnx" --name net --isa scalar --out "$folder/net" "${@:4}" ||
        fail "$1 is not deployed: ${*:4}"
    grep -F "the input $2," "$folder/net/include/net.h" | holds -F " as $3" || fail "$2 of $1 is not $3: ${*:4}"
    rm -r "$folder/net"
}
make named
refused named "axes of the model's inputs are open: axis 0 of 'h' (width), axis 0 of 'u' (width); expected"
deployed_as named u "[5][1]" --shape h=5,1
deployed_as named u "[5][4]" --shape h=5,4
deployed_as named u "[3][4]" --shape u=3,4
deployed_as named u "[3][4]" --shape "u=3,4" --shape x=4,3
deployed_as named u "[7][2]" --batch 2 --shape h=7,2
refused named "--shape of 'h' has a batch of 3, and --batch says 2" --batch 2 --shape h=7,3
make masked
deployed_as masked m "[1][steps]" --steps 6

# Infinities are what they are, and no measure of other numbers.
deploys infinite
make finite
cp "$scratch/infinite/output_0.pb" "$scratch/finite"
refused finite "the output 'y' is off by inf" --data "$scratch/finite"
