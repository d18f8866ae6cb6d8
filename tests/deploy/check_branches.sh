#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_branches.sh BUILD CC SEED COUNT: so many random graphs with branches (tests/runner/random_branches.c). weir-gen --model
# deploys most of them, with the inputs and outputs of weir-run as their self-test, and what it refuses gets one sentence; the
# self-tests of all are compiled into one program and pass, and no arena is more than 1.25 times what is alive at once.
# Some models as exporters write them are among them; of one of these a state is carried from call to call.
. "$(dirname "$0")/../shell.sh"
. "$(dirname "$0")/deployed.sh"
build=$1 cc=$2 seed=$3 count=$4
least=$((count * 70 / 100)) # are deployed
make_scratch

keep_and_fail() { # WORD...
    [[ -z ${KEEP:-} ]] || cp -r "$scratch" "$KEEP"
    fail "$@"
}

WEIR_ISA=scalar "$build/bin/random_branches" "$seed" "$count" "$scratch" ||
    fail "weir-run cannot run what it was drawn with."
deployed=() refused=0
for ((i = 0; i < count; i++)); do
    status=0
    "$build/bin/weir-gen" --model "$scratch/$i.onnx" --name "g$i" --isa scalar --batch 1 --data "$scratch/$i" \
        --out "$scratch/g$i" 2>"$scratch/error" || status=$?
    if [[ $status -eq 2 && $(wc -l <"$scratch/error") -eq 1 ]] && grep -q 'cannot be deployed' "$scratch/error"; then
        refused=$((refused + 1))
        cat "$scratch/error" >>"$scratch/refusals"
    elif [[ $status -eq 0 ]] && ! grep -v 'whose weights stay the bytes that they are' "$scratch/error"; then
        deployed+=("g$i")
    else
        cat "$scratch/error" >&2
        keep_and_fail "$i.onnx: weir-gen --model ends with $status."
    fi
done

# Models as exporters write them, with what ONNX Runtime gives.
drawn=${#deployed[@]}
while read -r name options; do
    read -ra words <<<"$options"
    "$build/bin/weir-gen" --model "$root/tests/runner/cases/$name/model.onnx" --name "$name" --isa scalar "${words[@]}" \
        --data "$root/tests/runner/cases/$name/test_data_set_0" --out "$scratch/$name" || fail "$name is not deployed."
    deployed+=("$name")
done <<'END'
batchnorm_after
decomposed_lstmcell
embedding_gru_lm
f16_all
qdq_matmul
f16_weights_cast
keras_bilstm_concat --batch 2
keras_reverse_sequence
loop_cell
lstm_layernorm
opset_23
split_weights_nodes
END

for name in "${deployed[@]}"; do
    read -r arena alive < <(sed -n 's/.*_ARENA = \([0-9]*\), .*_ALIVE = \([0-9]*\).*/\1 \2/p' \
        "$scratch/$name/include/$name.h")
    [[ $((4 * arena)) -le $((5 * alive)) ]] ||
        keep_and_fail "$name: an arena of $arena bytes, where $alive are alive at once."
    printf '#include "%s"\n' "$scratch/$name/src/$name"{,_scalar,_weights}.c >"$scratch/$name.c"
    printf '#define main %s_main\n#include "%s"\n' "$name" "$scratch/$name/test/${name}_test.c" \
        >"$scratch/${name}_test.c"
done
write_program "$scratch/all.c" "${deployed[@]}"
(cd "$scratch" && printf '%s.c\n' "${deployed[@]}" "${deployed[@]/%/_test}" all |
    xargs -n 25 -P 2 "$cc" -std=c11 -O0 -w -c) || fail "what is deployed does not compile."
# A state that is carried is what the caller hands on otherwise.
"$build/bin/weir-gen" --model "$root/tests/runner/cases/decomposed_lstmcell/model.onnx" --name carried --isa scalar \
    --carry h1=h --carry c1=c0 --out "$scratch/carried" || fail "a model whose states are carried is not deployed."
"$build/bin/weir-gen" --model "$root/tests/runner/cases/keras_bilstm_concat/model.onnx" --name single --isa scalar \
    --batch 1 --out "$scratch/single" || fail "a batch of one is not deployed."
tr -s '#\n ' ' ' <"$scratch/carried/CMakeLists.txt" | holds -e '--carry h1=h --carry c1=c0' ||
    fail "the command is not told as it was given."
headers=()
for name in carried single decomposed_lstmcell keras_bilstm_concat; do
    printf '#include "%s"\n' "$scratch/$name/src/$name"{,_scalar,_weights,_many,_saved}.c >"$scratch/$name.c"
    headers+=(-include "$name/include/$name.h")
done
(cd "$scratch" && "$cc" -std=c11 -O0 -w -c carried.c single.c &&
    "$cc" -std=c11 "${headers[@]}" "$root/tests/deploy/carried.c" \
        {carried,single,decomposed_lstmcell,keras_bilstm_concat}.o -lm -o carry && ./carry) ||
    keep_and_fail "what is carried is not what is handed on."

objects=("${deployed[@]/#/$scratch/}")
"$cc" "$scratch/all.o" "${objects[@]/%/.o}" "${objects[@]/%/_test.o}" -lm -o "$scratch/program"
"$scratch/program" >"$scratch/log" || {
    grep WRONG "$scratch/log"
    keep_and_fail "deployed models are wrong."
}

echo "${#deployed[@]} deployed, $refused refused:"
[[ $refused -eq 0 ]] || sed -e 's/.*cannot be deployed: //; s/[0-9]\+/N/g' "$scratch/refusals" | sort | uniq -c | sort -rn
[[ $drawn -ge $least ]] || fail "fewer than $least are deployed."
