#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_tune.sh BIN CC: weir-tune as its users call it. It finds plans for small kernels, which have the bits of the
# build's, keeps rows of others, goes on with --resume, and keeps what it has when it is stopped; a file of
# another processor, version, compiler or set of fields, one that is cut, and hostile text get one sentence each.
. "$(dirname "$0")/../shell.sh"
tune=$(realpath "$1/weir-tune")
export CC=$2 TMPDIR
make_scratch
cd "$scratch"
TMPDIR=$scratch/tmp
mkdir tmp
# The first core that may be used, so that none looks for the quietest.
core=$(sed -n 's/^Cpus_allowed_list:[^0-9]*\([0-9]*\).*/\1/p' /proc/self/status)
small=(--cell lstm --input 17 --hidden 15 --batch 3 --steps 4 --anyway --seconds 0.5 --cpu "$core")
checks=0

# Status, and that the last line on stderr is, or begins with, a sentence.
expect() { # STATUS SENTENCE ARGUMENT...
    local status=0 wanted=$1 sentence=$2
    shift 2
    "$tune" "$@" >out 2>err || status=$?
    [[ $status -eq $wanted ]] || fail "weir-tune $*: ended with $status instead of $wanted: $(<err)"
    [[ $(tail -n 1 err) == "$sentence"* ]] || fail "weir-tune $*: expected: $sentence; found: $(<err)"
    [[ -z $(ls tmp) ]] || fail "weir-tune $*: left $(ls tmp)"
    checks=$((checks + 1))
}

# ---- The command line ----

expect 2 "weir-tune: expected --shapes FILE or --cell NAME"
expect 2 "weir-tune: expected --shapes FILE or --cell NAME" --cell lstm --shapes x
expect 2 "weir-tune: --input is of no use with --shapes" --shapes x --input 3
expect 2 "weir-tune: --resume needs --out FILE" --cell lstm --resume
expect 2 "weir-tune: --isa sse: expected one that runs here" --cell lstm --isa sse
WEIR_KERNEL=lstm_f32_any__scalar expect 2 "weir-tune: WEIR_KERNEL is set, but weir-tune runs kernels" --cell lstm
expect 2 "weir-tune: command line:1: " --cell nothing --anyway
expect 2 "weir-tune: nowhere/file could not be written" "${small[@]}" --out nowhere/file
[[ $("$tune" --help) == *"order statistics"* ]] || fail "--help does not say how it decides"

# ---- A run, and going on ----

expect 0 "lstm_f32_i17_h15 on " "${small[@]}" --isa scalar --out file
grep -qE '^kernel lstm_f32_i17_h15 scalar forward T=4 B=3 program=[0-9a-f]{16} gain=' file || fail "$(<file)"
[[ $(tail -n 1 file) == "end 1" ]] || fail "$(<file)"
cp file first
expect 0 "lstm_f32_i17_h15 on scalar: its row is there" "${small[@]}" --isa scalar --out file --resume
cmp file first || fail "--resume changed what is there"
expect 0 "gru_f32_i17_h15 on scalar: " "${small[@]}" --isa scalar --cell gru --train --out file --resume
grep -qFx "$(sed -n 6p first)" file || fail "the row of another kernel went: $(<file)"
[[ $(tail -n 1 file) == "end 2" ]] || fail "$(<file)"

# ---- A compiler that is none, or wrong ----

CC=/nonexistent expect 2 "weir-tune: C has to be compiled for this, and the C compiler '/nonexistent' cannot be started" \
    "${small[@]}"
cat >wrong <<END
#!/usr/bin/env bash
for word in "\$@"; do
    [[ \$word != *.c ]] || sed -i 's/1\.0f/1.5f/' "\$word"
done
exec $CC "\$@"
END
chmod +x wrong
CC=$PWD/wrong expect 1 "weir-tune: lstm_f32_i17_h15 on scalar by plan vectors=" "${small[@]}" --isa scalar
[[ $(<err) == *": it gives "*" for "*" as y["* ]] || fail "wrong bits: $(<err)"

# ---- What does not fit, and what is no such file ----

spoil() { # SENTENCE SED
    sed "$2" first >spoiled
    ! cmp -s first spoiled || fail "$2 spoils nothing"
    cp spoiled before
    expect 2 "weir-tune: $1" "${small[@]}" --isa scalar --out spoiled
    [[ $(grep -vc '^$' err) -le 2 ]] || fail "more than a sentence: $(<err)"
    cmp spoiled before || fail "$2: the file was changed"
}
spoil "spoiled is not used: it was measured on another processor, Other 1 2 3, and this is " 's/^cpu .*/cpu Other 1 2 3/'
spoil "spoiled is not used: it was measured with Weir 9.9.9, and this is " 's/^version .*/version 9.9.9/'
spoil "spoiled is not used: plans had other fields" 's/^fields .*/fields 0123456789abcdef/'
spoil "spoiled was measured with another compiler, tcc 1" 's/^compiler .*/compiler tcc 1/'
spoil "spoiled:1: 'weir-tuning 2', expected 'weir-tuning 1'" '1s/1/2/'
spoil "spoiled:3: 'processor', expected 'cpu'" '3s/.*/processor/'
spoil "spoiled:5: 'x', expected 16 hexadecimal digits" 's/^fields .*/fields x/'
spoil "spoiled:7: the file ends here, expected a whole line" '$d'
spoil "spoiled:7: 'end 2', expected 'end 1' after as many rows" '$s/1/2/'
spoil "spoiled:8: there is more after 'end 1'" '$a more'
spoil "spoiled:7: a second row of lstm_f32_i17_h15 on scalar" 6p
spoil "spoiled:6: byte 0x1b in column 6" '6s/l/\x1b/'
spoil "spoiled:6: byte 0x00 in column 6" '6s/l/\x00/'
for hostile in 's/T=4/T=0/' 's/T=4/T=-4/' 's/T=4/T=99999999999999999999/' 's/B=3/B=3x/' 's/gain=[0-9]/gain=-1/' \
    's/gain=[^ ]*/gain=nan/' 's/gain=[^ ]*/gain=0/' 's/gain=[^ ]*/gain=1.2.3/' 's/program=./program=/' \
    's/scalar/sse/' 's/forward/sideways/' 's/kernel l/kernel %n%s\/..\/l/' 's/[^ ]*$/rows=1;rm/' 's/$/ more/' \
    's/ [^ ]*$//' 's/lstm/ls tm/' 's/^kernel/endless/'; do
    if [[ $hostile == */endless/ ]]; then
        spoil "spoiled:6: 'endless lstm_f32_i17_h15" "6$hostile"
    else
        spoil "spoiled:6: '" "6$hostile"
    fi
done
head -c "$(($(stat -c %s first) - 20))" first >spoiled
expect 2 "weir-tune: spoiled:6: the file ends here" "${small[@]}" --isa scalar --out spoiled
head -c 2000000 /dev/zero >spoiled
expect 2 "weir-tune: spoiled is larger than" "${small[@]}" --isa scalar --out spoiled
printf '' >spoiled
expect 2 "weir-tune: spoiled:1: the file ends here" "${small[@]}" --isa scalar --out spoiled

# ---- Stopped ----

for size in {1..40}; do echo "s$size rnn_tanh $size 3 4 1"; done >shapes
for signal in INT TERM; do
    rm -f stopped
    "$tune" --shapes shapes --isa scalar --anyway --seconds 0.3 --cpu "$core" --out stopped >out 2>err &
    child=$!
    for ((tries = 0; tries < 1000; tries++)); do
        [[ ! -e stopped ]] || break
        sleep 0.01
    done
    kill -$signal $child
    status=0
    wait $child || status=$?
    [[ $status -eq 130 ]] || fail "SIG$signal: ended with $status instead of 130: $(<err)"
    [[ $(tail -n 1 err) == "weir-tune: stopped; the same command with --resume goes on with stopped" ]] ||
        fail "SIG$signal: $(<err)"
    rows=$(grep -c '^kernel ' stopped)
    [[ $rows -ge 1 && $rows -lt 40 && $(tail -n 1 stopped) == "end $rows" ]] || fail "SIG$signal: $(<stopped)"
done
[[ -z $(ls tmp) ]] || fail "left $(ls tmp)"
echo "$checks refusals and runs, $rows kernels before the last signal"
