#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_types.sh BUILD CC TYPE...: what weir-gen --model writes with weights of each type gives, on every ISA, the bits
# that weir-run gives with it: of recurrent layers that run both ways over sequences of a length, and where layers stay
# float32 (of heads in their cells: check_heads.sh); it is smaller; and what cannot be is told.
. "$(dirname "$0")/../shell.sh"
. "$(dirname "$0")/deployed.sh"
build=$1 cc=$2
shift 2
weir_gen=$build/bin/weir-gen
make_scratch

flags=(-std=c11 -O0 -ffp-contract=off)
read_intrinsics "$scratch" c "$cc" "${flags[@]}" -Wall -Wextra -Werror -pedantic
flags+=(-include "$scratch/intrinsics.h")

run_types() { # FOLDER OPTION...: weir-run with weights of the type
    local folder=$1 inputs=(--input "$1/x.npy")
    shift
    [[ ! -e $folder/lengths.npy ]] || inputs+=(--input "$folder/lengths.npy")
    "$build/bin/weir-run" "$folder/model.onnx" "${inputs[@]}" --output "$folder/y.npy" --type "$type" "$@"
}

check() { # FOLDER HOW TOLERANCE OPTION...: deploys it, and runs it on x.npy
    local folder=$1 how=$2 tolerance=$3 out=$1/out weights=()
    shift 3
    rm -rf "$out"
    "$weir_gen" --model "$folder/model.onnx" --name net --out "$out" --type "$type" --isa "$isas" "$@"
    [[ ! -e $folder/net.weights ]] || weights=("$folder/net.weights")
    compile_deployed "$out" "$cc" "${flags[@]}"
    "$cc" "$out"/*.o -lm -o "$folder/test"
    "$folder/test" "${weights[@]}" || fail "the self-test of $(basename "$folder") with $type failed."
    [[ $how != none ]] || return 0
    compile_run "$out" "$how" "$cc" "$folder/run"
    "$folder/run" "$folder/x.npy" "$folder/y.npy" 9 7 "$tolerance" ||
        fail "$(basename "$folder") with $type is not what weir-run gives."
}

for kind in lengths stack; do
    mkdir "$scratch/$kind"
    "$build/bin/make_model" "$kind" "$scratch/$kind"
done
stack=$scratch/stack
"$build/bin/weir-run" --plain "$stack/model.onnx" --input "$stack/x.npy" --output "$stack/output_0.pb" # float32

for type; do
    isas=scalar,avx2,avx512,neon
    [[ $type != i8 ]] || isas=scalar,avx2,avx2vnni,avx512vnni,neon,neondot
    run_types "$scratch/lengths"
    check "$scratch/lengths" lengths 0 --steps 9
    # A dense layer that is part of no cell weir-run computes in float32, in another order.
    run_types "$stack" --keep a
    check "$stack" sequence 1e-6 --keep a,e --data "$stack"
    grep -q "\`, $type |" "$stack/out/README.md" || fail "README.md does not say $type."
    # In a file; and packed when it is written.
    check "$stack" none 0 --weights "$stack/net.weights"
    bytes=$(stat -c %s "$stack/net.weights")
    rm "$stack/net.weights"
    case $type in
    i8) most=7000 ;; # of 16,000: one third of it are vectors and scales of rows of ten
    *) most=9000 ;;
    esac
    [[ $bytes -lt $most ]] || fail "the weights of $type take $bytes bytes."
    isas=scalar
    check "$stack" none 0
    isas=avx2
    check "$stack" none 0
    echo "$type: $bytes bytes of weights"
done

# ---- What cannot be ----

model=$stack/model.onnx
refused "--type f8, expected f32, bf16, f16 or i8" --model "$model" --type f8
refused "--type u8, expected f32, bf16, f16 or i8" --model "$model" --type u8
refused "--keep is for weights of fewer bits, expected --type as well" --model "$model" --keep a
refused "--keep 'b' is no layer of the model by itself, expected 'a', 'c', 'e'" --model "$model" --type i8 --keep a,b
refused "--keep '' is no layer" --model "$model" --type i8 --keep ""
refused "--isa avx512vnni: only weights of i8 gain" --model "$model" --type bf16 --isa avx512vnni
printf '\0\xf0\x7f\x47%0.s' 1 2 3 >"$scratch/large" # 65520, and not finite
printf '\0\0\x80\x7f%0.s' 1 2 3 >"$scratch/infinite"
printf 'cell tiny\ninput x\nstate h\n\nh'"'"' = tanh(W@x + U@h + b)\n' >"$scratch/tiny.cell"
tiny=(--deploy "$scratch/tiny.cell" --input 1 --hidden 1)
refused "the weight W of layer 0 has 65520 in row 0, column 0, which f16 does not hold, expected another --type" \
    "${tiny[@]}" --from "$scratch/large" --type f16
refused "W has inf in row 0, column 0" "${tiny[@]}" --from "$scratch/infinite" --type i8
"$weir_gen" "${tiny[@]}" --from "$scratch/large" --type i8 --out "$scratch/tiny" --isa scalar
echo "the rest is refused"
