#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_bench.sh BIN CC: weir-bench runs and trains small layers with every contender that this build
# has, and what comes out of them agrees: Weir's kernels to the bit, plain C loops and other libraries
# to a tolerance, those with narrower weights among themselves. How long it took is not looked at. What is wrong on its command line, or is of no use to
# the run, gets one sentence and 2; what it draws and writes is there whole, or it says that it is not.
. "$(dirname "$0")/../shell.sh"
bench=$(realpath "$1/weir-bench")

make_scratch
cd "$scratch"
cat >"$scratch/shapes" <<'END'
lstm  lstm      3  20  4  5
gru   gru       3  20  4  5
rnn   rnn_tanh  3  20  4  5
own   lstm      2  64  3  7
one   gru       1  1   1  1
END
peers=()
[[ ! -e $(dirname "$bench")/weir-peer-onednn.so ]] || peers=(--peers)

for train in "" --train; do
    run=("$bench" --shapes "$scratch/shapes" ${train:+"$train"} "${peers[@]}")
    "${run[@]}" --list >"$scratch/wanted" 2>"$scratch/errors" || {
        cat "$scratch/errors" >&2
        fail "weir-bench $train --list"
    }
    "${run[@]}" --benchmark_repetitions=1 --benchmark_min_time=0.0001 --out "$scratch/out" \
        >"$scratch/table" 2>"$scratch/errors" || {
        cat "$scratch/table" "$scratch/errors" >&2
        fail "weir-bench $train"
    }
    wanted=$(wc -l <"$scratch/wanted")
    timed=$(grep -c '"aggregate_name":[[:space:]]*"median"' "$scratch/out.json" || true)
    [[ $wanted -gt 0 && $timed -eq $wanted ]] || {
        grep 'left out' "$scratch/table" >&2 || true
        fail "weir-bench $train timed $timed of $wanted contenders"
    }
    echo "weir-bench $train: $timed contenders agree"
done

# ---- Types of weights ----

# What a median in the JSON file says under that key, a line each: bare numbers and words.
medians() { # KEY FILE
    tr -d '\t" ' <"$2" | awk -F: -v key="$1" '
        $1 == "aggregate_name" { median = $2 == "median," }
        median && $1 == key { sub(/,$/, "", $2); print $2 }'
}

# Of cells that every build for tests has kernels of each type of.
cat >typed_shapes <<'END'
lstm   lstm        3  20  4  5
own    lstm        2  64  3  7
gru    gru_before  3  20  4  5
one    gru_before  1  1   1  1
END
typed=("$bench" --shapes typed_shapes --types f32,bf16,f16,i8)
"${typed[@]}" --list >wanted || fail "weir-bench --types --list"
! "$bench" --shapes typed_shapes --list | holds f16 || fail "weir-bench runs f16 unasked"
! "$bench" --shapes typed_shapes --types bf16 --list | holds -E '_f(16|32)_' || fail "--types bf16 runs others"
"${typed[@]}" --benchmark_repetitions=1 --benchmark_min_time=0.0001 --out typed >table 2>errors ||
    fail "weir-bench --types: $(cat table errors)"
paste -d' ' <(medians contender typed.json) <(medians cell typed.json) <(medians I typed.json) \
    <(medians H typed.json) <(medians type typed.json) <(medians weights_bytes typed.json) \
    <(medians error typed.json) >rows
[[ $(wc -l <rows) -eq $(wc -l <wanted) ]] || fail "--types timed $(wc -l <rows) of $(wc -l <wanted)"
# A row of a matrix takes four bytes a weight, two in pairs, or one in fours after eight more; where there are fewer than
# four rows, floats in sixteens, or bytes in 64s after 64 more. Vectors always take four bytes a number. Rounded to 7, 8,
# 11 or 24 bits, weights make errors of that size. A kernel of each type must be there for each of the four shapes.
awk '
    function up(n, unit) { return int((n + unit - 1) / unit) * unit }
    function row(type, H, cols) {
        if (H < 4)
            return type == "i8" ? 64 + up(cols, 64) : 4 * up(cols, 16)
        return type == "i8" ? 8 + up(cols, 4) : type == "f32" ? 4 * cols : 2 * up(cols, 2)
    }
    BEGIN {
        gates["lstm"] = vectors["lstm"] = 4; gates["gru_before"] = vectors["gru_before"] = 3
        least["f32"] = 1e-9; most["f32"] = 2e-6; least["f16"] = 3e-6; most["f16"] = 1e-3
        least["bf16"] = 3e-5; most["bf16"] = 8e-3; least["i8"] = 1e-4; most["i8"] = 2e-2
    }
    {
        name = $1; cell = $2; I = $3; H = $4; type = $5
        bytes = gates[cell] * H * (row(type, H, I) + row(type, H, H)) + 4 * vectors[cell] * H
        named = name ~ /_bf16_/ ? "bf16" : name ~ /_f16_/ ? "f16" : name ~ /_i8_/ ? "i8" : "f32"
        is_one = H == 1 # of one unit an error may be anything below
        if (type != named || $6 != bytes || !($7 <= most[type]) || (!is_one && $7 < least[type])) {
            print "expected " named " and " bytes " bytes: " $0
            exit 1
        }
        seen[cell, H, type] = 1
    }
    END {
        for (key in seen)
            kinds++
        if (kinds != 16) {
            print kinds " types and shapes of 16"
            exit 1
        }
    }' rows >wrong || fail "--types: $(<wrong)"
grep -q '^| shape | kernel | type | .* | weights KB | .* | error |' typed.md || fail "--types: typed.md has no types"
# A kernel from a file is held to one of its own type.
"$(dirname "$bench")/weir-gen" --cell lstm --input 3 --hidden 20 --isa scalar --type bf16 --plan 'rows=1' -o kernel.c
cc=$2
"$cc" -std=c17 -O2 -fPIC -shared -I"$root/kernels" kernel.c -o lstm_bf16_i3_h20__scalar.other.so -lm
"$bench" --shapes shapes --own lstm_bf16_i3_h20__scalar.other.so --benchmark_filter='[.]other$' \
    --benchmark_repetitions=1 --benchmark_min_time=0.0001 >table 2>errors || fail "--own: $(cat table errors)"
echo "kernels of each type agree with those of their type"
# What other libraries have in these types is right, and what they have not is not run as something else.
if [[ ${#peers[@]} -gt 0 ]]; then
    for isa in "" avx2; do
        WEIR_ISA=$isa "$bench" --shapes shapes --types bf16,f16,i8 --peers --benchmark_filter=/onednn_ --benchmark_repetitions=1 \
            --benchmark_min_time=0.0001 >table 2>errors || fail "WEIR_ISA=$isa, --types --peers: $(cat table errors)"
        grep -q onednn_inference table || fail "there is no float32 beside other types: $(<table)"
        ! grep '^left out: ' table | grep -v ': is not offered by oneDNN [0-9.]* here$' >wrong ||
            fail "WEIR_ISA=$isa: $(<wrong)"
    done
fi

# ---- The command line ----

refused() { # SENTENCE ARGUMENT...: the last line on stderr, or its beginning before a *
    local status=0 wanted="weir-bench: $1"
    "$bench" --shapes shapes "${@:2}" >table 2>errors || status=$?
    [[ $status -eq 2 && ! -s table && $(tail -n 1 errors) == $wanted ]] ||
        fail "weir-bench ${*:2}: expected 2 and $wanted; found $status and $(cat table errors)"
}
for option in "--out x" "--longest 3" "--cpu 0" "--benchmark_repetitions 3" "--benchmark_min_time=1" \
    "--benchmark_format=json" "--benchmark_out=x"; do
    read -ra words <<<"$option"
    refused "${option%%[ =]*} is of no use with --list" --list "${words[@]}"
done
refused "'--tra' is no option; --help lists them" --tra
refused "'lstm' is no option; --help lists them" lstm
refused "--threads '0': expected a whole number from 1 to 65535" --threads 0
refused "--longest '0x10': expected a number from 0 to 1000000" --longest 0x10
refused "--out needs a value: *" --out
refused "--types 'f32,bf8': expected some of f32,bf16,f16,i8" --types f32,bf8
refused "--types 'f16,': expected some of f32,bf16,f16,i8" --types f16,
refused "--types is of no use with --train: f32 alone is trained" --types f32 --train
refused "--out 'a?!touch oh?': it has a control character, *" --out $'a\n!touch oh\n'
refused "--list 'yes': expected true, false or no value" --list=yes
refused "--benchmark_filter lstm: expected --benchmark_filter=REGEX in one word" \
    --benchmark_filter lstm
refused "--benchmark_format, * expected one of the words*" --benchmark_format=nix
refused "'--benchmark_nix=1' is no option or has no such value*" --benchmark_nix=1
refused "--cpu 65535: there is no such core*" --cpu 65535
refused "shapes/x.json could not be written: *" --out shapes/x
"$bench" --help >table 2>errors && [[ ! -s errors ]] || fail "--help: $(<errors)"
for option in shapes train cpu out against rounds threads own types peers longest list help benchmark_repetitions \
    benchmark_filter benchmark_format benchmark_min_time; do
    grep -qE -e "--$option\b" table || fail "--help does not name --$option"
done
"$bench" --shapes shapes --benchmark_list_tests=true >table || fail "--benchmark_list_tests=true"
"$bench" --shapes shapes --list | cmp - table || fail "--list and --benchmark_list_tests differ"

# Every file of shapes that is here; of DeepBench, all that it has.
for file in "$root"/bench/shapes/*.txt; do
    "$bench" --shapes "$file" --list >table 2>errors && [[ -s table ]] || fail "$file: $(<errors)"
done
"$bench" --shapes "$root/bench/shapes/deepbench.txt" --list >table
[[ $(sed 's/-.*//' <(cut -d/ -f1 table | sort -u) | uniq -c | tr -s ' \n' ' ') == " 3 device 69 server 52 train " ]] ||
    fail "bench/shapes/deepbench.txt lacks problems of DeepBench."

# The scripts say what they do at once, without anything but the shell.
mkdir shell
ln -s "$(command -v cat)" shell/cat
for script in "run --peers --help" "run -h" "plans --help" "report x --help" "contribute -h"; do
    read -ra words <<<"$script"
    PATH=$scratch/shell "$BASH" "$root/bench/${words[0]}" "${words[@]:1}" >table 2>errors &&
        grep -q "^Usage: bench/${words[0]} " table || fail "bench/$script: $(<errors)"
done

# ONNX Runtime is not needed to say what it has not.
if command -v node >command; then
    while IFS='|' read -r type sentence; do
        ! node "$root/bench/peers/ort.mjs" --type "$type" >table 2>errors && [[ $(<errors) == "ort.mjs: --type $sentence" ]] ||
            fail "ort.mjs --type $type: expected $sentence; found $(cat table errors)"
    done <<'END'
bf16|bf16: ONNX Runtime has no recurrent layers with such weights on CPUs, but f32 and i8
f16|f16: ONNX Runtime has no recurrent layers with such weights on CPUs, but f32 and i8
toString|'toString': expected f32 or i8
END
    mkdir models
    node "$root/bench/peers/ort_models.mjs" --help >table 2>errors && grep -q "^ort_models.mjs --models DIR," table ||
        fail "ort_models.mjs --help: $(<errors)"
    while IFS='|' read -r words sentence; do
        read -ra words <<<"$words"
        ! node "$root/bench/peers/ort_models.mjs" "${words[@]}" >table 2>errors &&
            [[ $(<errors) == "ort_models.mjs: $sentence" ]] ||
            fail "ort_models.mjs ${words[*]}: expected $sentence; found $(cat table errors)"
    done <<'END'
--list models|--models is missing, expected the directory that the files of the list are in
--models|unknown or incomplete argument '--models'; --help tells what there is
--models models --rounds 0|--rounds and --cpu are numbers
END
    # What could not be had, and what weir-run says of a model, is in the table's file; with a runtime of its own, and a
    # build whose programs say this.
    mkdir -p runtime/onnxruntime-node models_fake/bin
    cat >runtime/onnxruntime-node/index.js <<'END'
class Tensor { constructor(type, data, dims) { Object.assign(this, {type, data, dims}); } }
const session = {inputMetadata: [{name: 'x', type: 'float32', shape: [1]}], release() {},
                 run: async () => ({y: {dims: [1], data: Float32Array.of(0)}})};
module.exports = {Tensor, env: {versions: {}}, InferenceSession: {create: async path => {
    if (path === 'models/none.onnx')
        throw new Error('no such model');
    return session;
}}};
END
    printf '#!/bin/sh\ncase "$2" in --time) echo "3 calls: median 2.50 us, p99 3.00";; --data) %s;; esac\n' \
        'echo "weir-run: the model is interpreted, which takes longer: it is odd" >&2' >models_fake/bin/weir-run
    printf '#!/bin/sh\necho "y is off"\necho "weir-gen: a notice" >&2\nexit 1\n' >models_fake/bin/weir-gen
    chmod +x models_fake/bin/*
    printf 'none none.onnx x\none one.onnx x\n' >models.txt
    status=0
    NODE_PATH=$PWD/runtime node "$root/bench/peers/ort_models.mjs" --models models --list models.txt --build models_fake \
        --rounds 1 --cpu 0 --out models/out >table 2>errors || status=$?
    [[ $status -eq 1 ]] && grep -qE '^one .* 2\.5 ' table ||
        fail "ort_models.mjs ends with $status where models are left out: $(cat table errors)"
    for sentence in "left out: none: no such model" "left out: one, deployed: y is off" \
        "one, weir-run: the model is interpreted, which takes longer: it is odd"; do
        grep -qxF -- "- $sentence" models/out.md && grep -qxF "$sentence" errors ||
            fail "ort_models.mjs does not say '$sentence': $(cat errors models/out.md)"
    done
fi

# ---- A full disk, and a gnuplot that fails ----

one=("$bench" --shapes shapes --benchmark_filter='^one/baseline' --benchmark_repetitions=1
    --benchmark_min_time=0.0001)
ln -s /dev/full full.json
! "${one[@]}" --out full >table 2>errors || fail "a full disk is not told of"
[[ $(tail -n 1 errors) == *" could not be written: No space left on device" ]] ||
    fail "a full disk: $(<errors)"
mkdir fake
printf '#!/bin/sh\necho "<svg></svg>"\nexit 1\n' >fake/gnuplot
chmod +x fake/gnuplot
PATH=$scratch/fake:$PATH "${one[@]}" --out bad >table 2>errors || fail "a chart: $(<errors)"
grep -q "^weir-bench: bad-roofline.svg could not be drawn: " errors && [[ ! -e bad-roofline.svg ]] ||
    fail "a gnuplot that fails: $(<errors)"
if command -v gnuplot >command; then
    grep -q '</svg>' out-roofline.svg || fail "there is no whole chart"
    [[ ! -e out-errors.svg ]] || fail "errors are drawn unasked"
    for word in f32 bf16 f16 i8 lstm own gru; do
        grep -q ">$word<" typed-errors.svg || fail "typed-errors.svg does not name $word"
    done
    ln -s /dev/full full-roofline.svg
    rm full.json
    "${one[@]}" --out full >table 2>errors || fail "a chart on a full disk: $(<errors)"
    grep -q "^weir-bench: .* could not be written: No space left" errors ||
        fail "a chart on a full disk: $(<errors)"
fi
echo "what is wrong, cut or of no use gets a sentence"
