#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_model.sh onnx|torch BUILD CC [PYTHON]: weir-gen --model. What it writes of ONNX models gives
# what weir-run gives, bit by bit where there are recurrent layers only; and of those that PyTorch
# exports, what PyTorch gives. What it cannot deploy gets one sentence, and 2.
. "$(dirname "$0")/../shell.sh"
. "$(dirname "$0")/deployed.sh"
where=$1 build=$2 cc=$3 python=${4:-}
here=$root/tests/deploy
weir_gen=$build/bin/weir-gen
make_scratch

# Deploys FOLDER/model.onnx, builds it, and runs it on FOLDER/x.npy: FOLDER HOW STEPS TOLERANCE.
check() {
    local folder=$1 how=$2 steps=$3 tolerance=$4 options=() out=$1/out
    [[ $how == stream ]] || options+=(--steps "$steps")
    [[ ! -e $folder/output_0.pb ]] || options+=(--data "$folder")
    "$weir_gen" --model "$folder/model.onnx" --name net --out "$out" "${options[@]}"
    compile_deployed "$out" "$cc" -std=c11 -O2
    "$cc" "$out"/*.o -lm -o "$folder/test"
    "$folder/test" || fail "the self-test of $(basename "$folder") failed."
    compile_run "$out" "$how" "$cc" "$folder/run"
    "$folder/run" "$folder/x.npy" "$folder/y.npy" "$steps" 7 "$tolerance" ||
        fail "$(basename "$folder") is not as it should be."
}

if [[ $where == torch ]]; then
    "$python" "$here/export_torch.py" "$scratch" || exit $?
    check "$scratch/stream" stream 9 1e-6
    for name in both last final relu; do
        check "$scratch/$name" sequence 9 1e-6
    done
    exit 0
fi

for kind in lengths reverse final stack stored_halves; do
    mkdir "$scratch/$kind"
    "$build/bin/make_model" "$kind" "$scratch/$kind"
    inputs=(--input "$scratch/$kind/x.npy")
    how=sequence tolerance=0
    [[ $kind != lengths ]] || { inputs+=(--input "$scratch/$kind/lengths.npy") how=lengths; }
    [[ $kind != stack ]] || tolerance=1e-6
    for format in y.npy output_0.pb; do
        "$build/bin/weir-run" --plain "$scratch/$kind/model.onnx" "${inputs[@]}" \
            --output "$scratch/$kind/$format"
    done
    check "$scratch/$kind" "$how" 9 "$tolerance"
done

# float16 throughout: what is deployed gives float32, of which weir-run's output is the nearest float16.
halves=$scratch/all_halves
mkdir "$halves"
"$build/bin/make_model" all_halves "$halves"
"$build/bin/weir-run" --plain "$halves/model.onnx" --input "$halves/x.npy" --output "$halves/output_0.pb" 2>"$scratch/note"
grep -q 'has values of float16 or bfloat16' "$scratch/note" || fail "of float16 it is not told"
"$weir_gen" --model "$halves/model.onnx" --data "$halves" --steps 9 --name net --out "$halves/out"
# The highest byte of the last float16: another sign.
printf '\xb0' | dd of="$halves/output_0.pb" bs=1 conv=notrunc status=none \
    seek=$(($(stat -c %s "$halves/output_0.pb") - 1))
refused "off by" --model "$halves/model.onnx" --data "$halves" --steps 9

mkdir "$scratch/exponential" "$scratch/rounded"
"$build/bin/make_model" exponential "$scratch/exponential"
"$build/bin/make_model" rounded "$scratch/rounded"
exponential=$scratch/exponential/model.onnx
refused "is not declared, and may be one of 16 bits" --model "$scratch/rounded/model.onnx"
refused "is no recurrent node of the model" --model "$exponential" --node other
stack=$scratch/stack/model.onnx
# Its nodes have no names, so that those of their outputs stand for them.
refused "does not take what the node before it" --model "$stack" --node c,a
refused "--node is empty" --model "$stack" --node ""
refused "--data is for whole models" \
    --model "$stack" --node a --data "$scratch/stack" --steps 9
refused "expected --steps" --model "$stack" --node a
status=0
"$weir_gen" --model "$exponential" 2>"$scratch/error" || status=$?
[[ $status -eq 2 && $(wc -l <"$scratch/error") -eq 1 ]] && grep -qF -- "--out is missing" "$scratch/error" ||
    fail "without --out it ended with $status: $(<"$scratch/error")"
refused "cannot be read" --model "$scratch/nothing.onnx"
refused "--name 'Net'" --model "$exponential" --name Net
# Files as a cache of Hugging Face has them: links, from the folder of the model to where the bytes are.
mkdir -p "$scratch/cache/blobs" "$scratch/cache/snapshots/1"
"$build/bin/make_model" beside "$scratch/cache/blobs"
ln -s ../../blobs/model.onnx ../../blobs/model.onnx_data "$scratch/cache/snapshots/1"
linked=$scratch/cache/snapshots/1/model.onnx
"$weir_gen" --model "$linked" --out "$scratch/linked" --links
"$weir_gen" --model "$scratch/cache/blobs/model.onnx" --out "$scratch/there"
diff -r -I 'weir-gen --model' "$scratch/linked/src" "$scratch/there/src" || fail "by links other weights are read."
"$build/bin/weir-run" "$linked" --links --input "$scratch/cache/blobs/x.npy" --output "$scratch/linked.npy"
"$build/bin/weir-run" "$scratch/cache/blobs/model.onnx" --input "$scratch/cache/blobs/x.npy" --output "$scratch/there.npy"
cmp "$scratch/linked.npy" "$scratch/there.npy" || fail "by links other weights are read."
link="'model.onnx_data' is a symbolic link, which is followed where --links says so"
refused "$link" --model "$linked"
! "$build/bin/weir-run" "$linked" --inspect 2>"$scratch/error" && grep -qF "$link" "$scratch/error" ||
    fail "weir-run follows a link: $(<"$scratch/error")"
# What is at the end of it is a regular file, whatever --links says; and no path leads out.
ln -sf /dev/zero "$scratch/cache/snapshots/1/model.onnx_data"
refused "model.onnx_data is not a regular file" --model "$linked" --links
ln -sf none "$scratch/cache/snapshots/1/model.onnx_data"
refused "model.onnx_data cannot be read: No such file" --model "$linked" --links
sed 's|model.onnx_data|../x.onnx_data0|g' "$scratch/cache/blobs/model.onnx" >"$scratch/up.onnx"
refused "only files beside the model are read" --model "$scratch/up.onnx" --links
# A file may have any name, of which one in C is made. Another word than the name itself is said.
named() { # FILE NAME
    cp "$scratch/final/model.onnx" "$scratch/$1"
    "$weir_gen" --model "$scratch/$1" --out "$scratch/named" --isa scalar --no-test >"$scratch/said"
    [[ -f $scratch/named/include/$2.h ]] || fail "$1 becomes $(ls "$scratch/named/include"), expected $2."
    local said="names in C begin with $2; --name says another"
    [[ ${1%%.*} != "$2" ]] || said=
    [[ $(<"$scratch/said") == "$said" ]] || fail "of $1 it is said: $(<"$scratch/said")"
    rm -r "$scratch/named"
}
named net.onnx net
named 2stage-denoiser.v2.onnx model_2stagedenoiser
named A_voice_activity_detector_of_16_kHz.onnx a_voice_activity_detecto
named 1_voice_activity_detector_of_16_kHz.onnx model_1_voice_activity_d
named _net.onnx model__net
named time.onnx model_time
named weir_net.onnx model_weir_net
named '§.onnx' model
refused "--steps '0'" --model "$exponential" --steps 0
refused "--isa sse" --model "$exponential" --isa avx2,sse
cp "$scratch/reverse/input_0.pb" "$scratch/lengths/output_0.pb"
refused "the output has 54 floats, where the model gives 180" \
    --model "$scratch/lengths/model.onnx" --data "$scratch/lengths"
# The highest byte of the last float.
printf '\x7e' | dd of="$scratch/final/output_0.pb" bs=1 conv=notrunc status=none \
    seek=$(($(stat -c %s "$scratch/final/output_0.pb") - 1))
refused "off by" --model "$scratch/final/model.onnx" --data "$scratch/final"
rm "$scratch/final/output_0.pb"
refused "output_0.pb cannot be read" \
    --model "$scratch/final/model.onnx" --data "$scratch/final"
head -c 200 "$exponential" >"$scratch/short.onnx"
refused "short.onnx" --model "$scratch/short.onnx"
echo "the rest is refused"
