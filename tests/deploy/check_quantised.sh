#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_quantised.sh BUILD CC FORM...: models of DynamicQuantizeLSTM, in these forms of test_quantised, deployed: C11 and
# C++17 without a warning for every compiler here, the bits of weir-run on every ISA that is here, whatever --type says,
# in tables, in a file and packed; weights that are no larger than those of the model; and what is hostile is refused.
. "$(dirname "$0")/../shell.sh"
. "$(dirname "$0")/deployed.sh"
build=$1 cc=$2
shift 2
weir_gen=$build/bin/weir-gen
make_scratch

declare -A standards=()
prepare() { # COMPILER LANGUAGE STANDARD
    mkdir -p "$scratch/$1"
    standards[$1]="-x $2 -std=$3 -O0 -ffp-contract=off -include $scratch/$1/intrinsics.h"
    read_intrinsics "$scratch/$1" "$2" "$1" -std="$3" -O0 -ffp-contract=off
}

deploy() { # FORM OPTION...: of models, into out, by COMPILER, with its self-test
    local model=$models/$1.onnx under=() machine
    shift
    rm -rf "$out"
    "$weir_gen" --model "$model" --name net --out "$out" "$@" 2>"$scratch/notes"
    grep -q 'whose weights stay the bytes that they are' "$scratch/notes" || fail "it is not told that bytes stay."
    read -ra flags <<<"${standards[$compiler]}"
    compile_deployed "$out" "$compiler" "${flags[@]}"
    [[ $compiler != *-mingw32-* ]] || return 0 # programs for Windows do not run here
    machine=$("$compiler" -dumpmachine | cut -d- -f1)
    if [[ $machine != "$(uname -m)" ]]; then
        command -v "qemu-$machine" >/dev/null || return 0
        under=("qemu-$machine" -L "/usr/$machine-linux-gnu")
    fi
    "$compiler" "$out"/*.o -lm -o "$scratch/test"
    "${under[@]}" "$scratch/test" "${weights[@]}" >"$scratch/log" || fail "the self-test failed: $(cat "$scratch/log")"
}

compare() { # FORM TOLERANCE: what is deployed with what weir-run gives
    compile_run "$out" sequence "$cc" "$scratch/run"
    "$scratch/run" "$models/$1.npy" "$models/$1.y.npy" 6 6 "$2" >"$scratch/log" ||
        fail "form $1 deployed is not what weir-run gives: $(cat "$scratch/log")"
}

models=$scratch/one
mkdir "$scratch/one" "$scratch/two"
"$build/bin/test_quantised" "$scratch/one" 1
"$build/bin/test_quantised" "$scratch/two" 2
out=$scratch/out compiler=$cc weights=()
prepare "$cc" c c11

for form; do
    "$build/bin/weir-run" --plain "$models/$form.onnx" --input "$models/$form.npy" --output "$models/$form.y.npy" 2>"$scratch/notes"
    deploy "$form"
    # A product is summed in another order there.
    if [[ $form == 7 ]]; then compare $form 1e-5; else compare "$form" 0; fi
    echo "form $form: the bits of weir-run"
done

# What the self-test expects of an output, and what a file has, as bits.
expected_bits() { # OUTPUT
    sed -n "/ y$1_given\[\]/,/};/p" "$out/test/net_test.c" | grep -o '0x[0-9a-f]\{8\}u' | tr -d xu | cut -c2-
}
file_bits() { # FILE.npy
    od -An -v -tx4 -w4 -j $((10 + $(od -An -tu2 -j8 -N2 "$1"))) "$1" | tr -d ' '
}

# A batch of two is no chain, and all outputs are.
models=$scratch/two
for form; do
    [[ $form != 7 ]] || continue
    mkdir "$models/$form"
    cp "$models/$form.pb" "$models/$form/input_0.pb"
    for kind in pb npy; do
        "$build/bin/weir-run" --plain "$models/$form.onnx" --input "$models/$form.npy" \
            --output="$models/$form/output_"{0,1,2}.$kind 2>"$scratch/notes"
    done
    deploy "$form" --data "$models/$form" --type bf16
    for output in 0 1 2; do
        cmp <(expected_bits $output) <(file_bits "$models/$form/output_$output.npy") ||
            fail "form $form of a batch of two: output $output is not what weir-run gives."
    done
    echo "form $form, a batch of two: the bits of weir-run"
done
models=$scratch/one

# Whatever --type says of other layers, nodes that came as bytes stay so; and so with --keep. With zero points.
deploy 2 --type bf16 --keep Y
compare 2 0
weights=("$scratch/weights")
deploy 2 --weights "${weights[0]}"
bytes=$(stat -c %s "${weights[0]}") # 2,992 weights, 272 scales and zero points, and 204 floats
[[ $bytes -eq $((32 + 2992 + 272 * 5 + 204 * 4)) ]] || fail "the weights take $bytes bytes."
weights=()
for isa in scalar avx2; do
    deploy 2 --isa $isa
    deploy 7 --isa $isa --type f16
done
# Of all three widths.
deploy 7 --type bf16
grep -q '1496 of them, in matrices, as bytes with a scale and a zero point a row (u8)' "$out/README.md" &&
    grep -q ' 51 of them, in matrices, as bfloat16 (bf16), ' "$out/README.md" || fail "README.md does not say what is stored."
deploy 7 --type i8

refused "its W_scale has 0 at 0, and must be finite and above 0" --model "$models/scale.onnx"
refused "its R_zero_point is of type int8, and must be of uint8 as its R is" --model "$models/zero.onnx"
refused "--keep 'b' is no layer" --model "$models/2.onnx" --type i8 --keep b
echo "the rest is refused"

: "${COMPILERS:?set it to a list of compilers}"
for compiler in $COMPILERS; do
    command -v "$compiler" >/dev/null && [[ $compiler != "$cc" ]] || continue
    if [[ $compiler == *++ ]]; then prepare "$compiler" c++ c++17; else prepare "$compiler" c c11; fi
    deploy 7 --type bf16
    echo "$compiler: right"
done
