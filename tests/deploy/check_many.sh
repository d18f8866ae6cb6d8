#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_many.sh BUILD CC: of deployed models of each kind, many streams in one call, and states that are saved (many.c). Who
# has no use for these has nothing of them in a program.
. "$(dirname "$0")/../shell.sh"
. "$(dirname "$0")/deployed.sh"
build=$1 cc=$2
weir_gen=${WEIR_GEN:-$build/bin/weir-gen}
make_scratch
cd "$scratch"

deploy() { # NAME SEED COUNT OPTION...: weights of that seed
    local name=$1
    "$build/bin/make_weights" "$name.weights" "$3" "$2"
    "$weir_gen" --deploy "${@:4}" --name "$name" --from "$name.weights" --out "$name"
}

flags=(-O0 -Wall -Wextra -Werror -std=c17 -D_GNU_SOURCE)
read_intrinsics . c "$cc" "${flags[@]}"

check() { # NAME STEPS FLAG...
    local name=$1 steps=$2
    "$cc" "${flags[@]}" -include ./intrinsics.h -I "$name/include" -I "$root/tests" -DMODEL="$name" \
        -DHEADER="\"$name.h\"" -DINPUTS="${name^^}_INPUTS" -DOUTPUTS="${name^^}_OUTPUTS" -DSTATES="${name^^}_STATES" \
        -DGIVEN_STEPS="$steps" "${@:3}" "$root/tests/deploy/many.c" "$name"/src/*.c -lm -o program
    ./program >said || fail "$name: $(head -n 20 said)"
    echo "$name: $(<said)"
}

# The same cell twice, with other weights.
deploy plain 1 $((4 * 48 * (19 + 48 + 1))) lstm --input 19 --hidden 48
deploy other 2 $((4 * 48 * (19 + 48 + 1))) lstm --input 19 --hidden 48
grep -q 'Up to 16 are' plain/include/plain.h || fail "streams of plain are not computed together."
check plain 1 -DANOTHER=other -include other/include/other.h other/src/*.c
deploy narrow 3 $((4 * 69 * (61 + 69 + 1))) lstm --input 61 --hidden 69 --isa scalar,avx2,avx512vnni,neon --type i8 # with tails
check narrow 1
deploy values 4 $((3 * 53 * (13 + 53 + 1))) gru_before --input 13 --hidden 53 --isa scalar # that stages keep
check values 1 -DPACKED
deploy values8 4 $((3 * 85 * (50 + 85 + 1))) gru_before --input 50 --hidden 85 --isa scalar,avx2,neon --type i8
check values8 1
deploy projected 5 $((4 * 53 * (13 + 21 + 1) + 21 * 53)) lstm_projected --input 13 --hidden 53 --projection 21 --isa scalar
check projected 1 -DPACKED
"$build/bin/make_deep" .
"$weir_gen" --model model.onnx --name deep --out deep --isa scalar,avx512,neon
[[ $(grep -c '^| [0-9]' deep/README.md) -gt 2 ]] && grep -q softmax deep/README.md || fail "deep is not what it should be."
check deep 1
for name in narrow values values8 projected deep; do
    [[ -e $name/src/${name}_many_scalar.c ]] || fail "streams of $name are not computed together."
done
# One after another: weights that are near in any case, and streams too large for a stack.
deploy small 6 $((4 * 20 * (3 + 20 + 1))) lstm --input 3 --hidden 20 --isa scalar
deploy wide 6 $((2 * (6300 + 2 + 1))) rnn_tanh --input 6300 --hidden 2 --isa scalar
for name in small wide; do
    grep -q 'one after another' "$name/include/$name.h" || fail "streams of $name are computed together."
    check "$name" 1 -DPACKED
done
deploy whole 7 $((4 * 9 * (3 + 9 + 1))) lstm --input 3 --hidden 9 --steps 6 --isa scalar
check whole 6 -DPACKED -DSEQUENCE
deploy ended 8 $((2 * (3 * 9 * (3 + 9 + 1) + 9))) gru --input 3 --hidden 9 --isa scalar --steps 6 --lengths --bidirectional
check ended 6 -DPACKED -DLENGTHS

# Of a program that makes a step, nothing of the rest comes from the library.
compile_deployed plain "$cc" -std=c11 -O0
ar rc libplain.a plain/plain{,_*}.o
printf '#include "plain.h"\nint main(void) { plain_step(0, 0, 0, 0); return 0; }\n' >one.c
"$cc" -I plain/include one.c libplain.a -lm -o one
! nm one | grep -E 'many|saved' || fail "a program with one stream has something of many."
