#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_compare.sh BIN: bench/compare says of made-up runs what tests/bench/compare/ holds, by every --col; ends as
# --fail-above asks; and reads all results that are kept, or refuses them in a sentence, as it does whatever else it is given.
. "$(dirname "$0")/../shell.sh"
bin=$(realpath "$1")
here=$root/tests/bench/compare
make_scratch
mkdir -p "$scratch/weir/bench" "$scratch/weir/build"
cp "$root/bench/compare" "$scratch/weir/bench"
ln -s "$bin" "$scratch/weir/build/bin"
compare=$scratch/weir/bench/compare
cd "$scratch"

cat >rows <<'END'
small lstm_f32_i2_h64__scalar weir scalar f32 100
small lstm_f32_i2_h64__avx2 weir avx2 f32 8
small lstm_f32_i2_h64__avx512 weir avx512 f32 6
small lstm_f32_any__avx512 weir avx512 f32 7
small lstm_i8_i2_h64__avx512 weir avx512 i8 5
small lstm_i8_i2_h64__avx512vnni weir avx512 i8 3
small lstm_f32_i2_h64__avx512/threads:2 threads avx512 f32 4
small baseline baseline avx512 f32 90
small onednn_inference oneDNN avx512 f32 14
small onednn_training oneDNN avx512 f32 13
small onednn_u8s8 oneDNN avx512 i8 9
large gru_f32_i256_h256__avx2 weir avx2 f32 2000
large gru_f32_i256_h256__avx512 weir avx512 f32 1000
large onednn_inference oneDNN avx512 f32 1500
END
run() { # FILE VARIABLE=VALUE...: what is not given is usual
    local variables=() variable
    for variable in cpu="AMD EPYC" family="25 17 1" commit=aaaaaaaaaaaaaaaaaaaa rounds=9 seed=1 times=1 own=1 cap=none "${@:2}"; do
        variables+=(-v "$variable")
    done
    awk "${variables[@]}" -f "$here/run.awk" >"$1"
}
mkdir old new
run old/run.json <rows
grep -v training rows | run new/run.json commit=bbbbbbbbbbbbbbbbbbbb-dirty seed=2 own=1.04 rounds=12
run other.json family="26 2 1" seed=3 times=0.5 own=0.9 <rows
run five.json seed=5 rounds=5 <rows
run three.json seed=6 rounds=3 own=2 <rows
cp three.json old
run many.json seed=7 rounds=61 own=1.001 <rows
run more.json seed=9 rounds=30 <rows
grep 'avx2\|onednn' rows | sed 's/ avx512 / avx2 /' | run capped.json seed=8 cap=avx2
sed 's/"H": 64/"H": 65/' five.json >sizes.json
sed 's/"cpu[a-z_]*": "[^"]*", //g; s/"weir_commit": "[^"]*", //' five.json >nameless.json

# ---- What it says ----

golden() { # NAME ARGUMENT...
    "$compare" "${@:2}" >"$1.txt" 2>errors || fail "bench/compare ${*:2}: $(<errors)"
    [[ ! -s errors ]] || fail "bench/compare ${*:2}: $(<errors)"
    diff -u "$here/$1.txt" "$1.txt" >difference || fail "bench/compare ${*:2}:"$'\n'"$(<difference)"
}
golden files old/run.json new/run.json
golden three --filter '^small/l.*f32_i2' old/run.json new/run.json many.json
golden normal many.json more.json --filter "avx512|one"
golden few five.json three.json --filter small/lstm
golden cpu --col=cpu old/run.json other.json
golden other_files old/run.json other.json --filter '^large|avx512$'
golden isa --col isa old/run.json
golden isa_files --col isa capped.json old/run.json --filter 'avx|onednn'
golden type --col type old/run.json
golden kernel --col kernel old/run.json --filter avx512
golden commit --col commit old/run.json new/run.json other.json --filter __
golden sizes five.json sizes.json
golden nameless --col kernel nameless.json --filter 'avx2|one'
sed 's/"cell": "[a-z]*"/"cell": "lstm_f32_i2_h64_"/' five.json >cell.json # the half of a kernel's name
"$compare" --col kernel cell.json --filter '^small/.*avx' >table 2>errors || fail "a cell that is half of a kernel: $(<errors)"
echo "what it says is what tests/bench/compare holds"

# ---- Google Benchmark's own file, and what is kept ----

sed '/"aggregate"/d; s/"repetitions": 5/"repetitions": 1/; s/"repetition_index": [0-9]/"repetition_index": 0/; s/0},$/0},/' five.json |
    sed -z 's/,\n *\]/\n]/; s/,\n\n/\n/g' >own.json
"$compare" five.json own.json >table 2>errors || fail "Google Benchmark's own file: $(<errors)"
grep -q '^small/baseline .* ~ *p=1.000 n=5$' table || fail "Google Benchmark's own file: $(<table)"
kept=("$root"/results/*.json)
for file in "${kept[@]}"; do
    for words in "--col isa --filter avx" "--col kernel --filter /torch"; do
        read -ra words <<<"$words"
        status=0
        timeout 20 "$compare" "$file" "${kept[0]}" "${words[@]}" >table 2>errors || status=$?
        [[ $status -eq 0 && ! -s errors && -s table ]] || [[ $status -eq 2 && ! -s table && $(wc -l <errors) -eq 1 ]] ||
            fail "$file, ${words[*]}: $status and $(<errors)"
    done
done

# ---- Statuses ----

ends() { # STATUS SENTENCE ARGUMENT...: the one line on stderr, or its beginning before a *
    local status=0 wanted="${2:+weir-compare: $2}"
    timeout 20 "$compare" "${@:3}" >table 2>errors || status=$?
    [[ $status -eq $1 && $(<errors) == $wanted && $(wc -l <errors) -le 1 ]] ||
        fail "bench/compare ${*:3}: expected $1 and '$wanted'; found $status and '$(head -c 1000 errors)'"
}
ends 0 "" old/run.json new/run.json --fail-above 5%
ends 1 "large/gru_f32_i256_h256__avx512 takes 4.4 % longer, more than the 3.5 % of --fail-above" old/run.json new/run.json --fail-above 3.5%
ends 0 "" new/run.json old/run.json --fail-above 0%
ends 0 "" five.json old/run.json --fail-above 1%
ends 2 "--fail-above is of no use with times of different CPUs*" old/run.json other.json --fail-above 3%
ends 2 "--fail-above is of no use with times of different CPUs*" five.json nameless.json --fail-above 3%
cp nameless.json old
ends 2 "--fail-above is of no use with times of different CPUs*" nameless.json old/nameless.json --fail-above 3%
ends 2 "--fail-above is of no use with so few rounds*" three.json ./old/three.json --fail-above 3%
for text in 3 % -3% 0x3% nan% 1e9% 3%%; do
    ends 2 "--fail-above '$text': expected per cent *" old/run.json new/run.json --fail-above "$text"
done
ends 2 "--col 'cpus': expected cpu, isa, type, kernel or commit" old/run.json --col cpus
ends 2 "--filter '[' is no extended regular expression" old/run.json new/run.json --filter '['
ends 2 "no benchmark of the files matches --filter 'nix'" old/run.json new/run.json --filter nix
ends 2 "there is nothing to compare: expected two columns, found avx512 alone" old/run.json --col isa --filter 'avx512$'
ends 2 "there is nothing to compare: expected two columns, found old/run.json alone" old/run.json old/run.json
ends 2 "there is nothing to compare: no two columns of --col type *" old/run.json --col type --filter '/lstm_f32_any|large/one|i8.*vnni'
ends 2 "there is nothing to compare: the files have no benchmark in common; *" nameless.json "$root/results/2026-11-24-amd-epyc-torch.json"
ends 2 "there are more than 7 columns: f32_sized__scalar, *; choose by --filter" old/run.json --col kernel
ends 2 "there is nothing to compare: shapes of one name, as of small/*, have other sizes" five.json sizes.json --filter small
ends 2 "1 files, expected 2 or more; *" old/run.json
ends 2 "0 files, expected 1 or more; *" --col isa
ends 2 "'--nix' is no option; --help lists them" old/run.json --nix new/run.json
ends 2 "--fail-above needs a value: *" old/run.json new/run.json --fail-above
ends 2 "'old/run.json' is no option; --help lists them" $(printf 'old/run.json %.0s' {1..17})
"$compare" --help >table && grep -q -e '^bench/compare \[option\]' table || fail "--help: $(<table)"
mkdir -p bare/bench
cp "$compare" bare/bench
! bare/bench/compare --help >table 2>errors && [[ $(<errors) == "bench/compare: there is no build/bin/weir-compare: "* ]] ||
    fail "bench/compare without a build: $(<errors)"

# ---- What is no file of results ----

hostile() { # SENTENCE: of the file x.json; nothing is read that another file could hide
    ends 2 "$1" old/run.json x.json
    ends 2 "$1" x.json --col isa
}
sentence='x.json: expected JSON as weir-bench --out writes it, and it is none'
for part in 1 100 3000 7000; do
    head -c $part five.json >x.json
    hostile "$sentence"
done
sed 's/"real_time": [0-9.]*/"real_time": NaN/' five.json >x.json
hostile "$sentence"
sed '5s/"real_time": [0-9.]*/"real_time": 1e999/' five.json >x.json
hostile "x.json: entry 1 of benchmarks: 'real_time' is no number"
sed '5s/"real_time": [0-9.]*/"real_time": 1e300/' five.json >x.json
hostile "x.json: entry 1 of benchmarks: 'real_time' is 1e+300; expected a time"
sed 's/"time_unit": "us"/"time_unit": "fortnight"/' five.json >x.json
hostile "x.json: entry * of benchmarks: the time_unit 'fortnight'; expected *"
sed '5s/"name": "[^"]*", "run_name": "[^"]*", //' five.json >x.json
hostile "x.json: entry 1 of benchmarks: it has no 'name'"
sed 's/"real_time": [0-9.]*, //' five.json >x.json
hostile "x.json: entry * of benchmarks: * has no time above 0"
sed 's/"benchmarks"/"bench"/' five.json >x.json
hostile "x.json: expected a list 'benchmarks', *"
sed '5s/small/\\u001b[2Jsmall/g' five.json >x.json
hostile "x.json: entry 1 of benchmarks: 'name' has more than 255 characters, or control characters"
{ head -n -2 five.json && echo , && sed '1,3d' five.json; } >x.json # two files in one
hostile "x.json: entry * of benchmarks: a second median of *"
sed 's/"cpu":/"cpu": "Z80", "cpu":/' five.json >x.json
hostile "x.json: its JSON has the key 'cpu' twice in an object"
{ printf '{"context": '; head -c 1000000 /dev/zero | tr '\0' '['; } >x.json
hostile "x.json: its JSON is nested more than *"
limit=1000000 # KB, unless a sanitizer needs more room than there is
(ulimit -v $limit && "$compare" --help >/dev/null) 2>/dev/null || limit=unlimited
{ printf '{"context": {}, "benchmarks": [0' && head -c 40000000 /dev/zero | tr '\0' ,; } >x.json
(ulimit -v $limit && hostile "x.json: its JSON has * values, too many *") || exit 1
truncate -s 100M x.json
(ulimit -v $limit && hostile "x.json is larger than *") || exit 1
rm x.json
hostile "x.json *"
mkdir x.json
hostile "x.json *"
echo "what is no file of results gets a sentence"
