#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_open.sh BUILD CC SEED COUNT: so many random graphs whose steps are open (tests/runner/random_open.c), deployed with --steps: each
# gives for every number of steps up to that what weir-run gives (check_open.c), as its self-test does.
. "$(dirname "$0")/../shell.sh"
. "$(dirname "$0")/deployed.sh"
build=$1 cc=$2 seed=$3 count=$4
steps=6 # OPEN_STEPS
make_scratch

"$build/bin/random_open" "$seed" "$count" "$scratch" || fail "weir-run cannot run what was drawn."
names=()
: >"$scratch/open.h"
: >"$scratch/open.inc"
for ((i = 0; i < count; i++)); do
    name=g$i
    "$build/bin/weir-gen" --model "$scratch/$name.onnx" --name "$name" --isa scalar --steps $steps --batch 1 \
        --out "$scratch/$name" 2>"$scratch/error" || {
        [[ $(wc -l <"$scratch/error") -eq 1 ]] || fail "$(cat "$scratch/error")"
        cat "$scratch/error"
        continue
    }
    names+=("$name")
    echo "#include \"$name/include/$name.h\"" >>"$scratch/open.h"
    echo "OPEN($name, ${name^^})" >>"$scratch/open.inc"
    printf '#include "%s"\n' "$scratch/$name/src/$name"{,_scalar,_weights}.c >"$scratch/$name.c"
    printf '#define main %s_main\n#include "%s"\n' "$name" "$scratch/$name/test/${name}_test.c" \
        >"$scratch/${name}_test.c"
done
write_program "$scratch/all.c" "${names[@]}"
cd "$scratch"
printf '%s.c\n' "${names[@]}" "${names[@]/%/_test}" all | xargs -n 25 -P 2 "$cc" -std=c11 -O0 -w -c ||
    fail "what is deployed does not compile."
"$cc" -std=c11 -Wall -Wextra -Werror -I "$root/tests" -I . -include open.h "$root/tests/deploy/check_open.c" "${names[@]/%/.o}" \
    -lm -o open
"$cc" all.o "${names[@]/%/.o}" "${names[@]/%/_test.o}" -lm -o tests
./tests >log || {
    grep WRONG log
    fail "self-tests are wrong."
}
[[ -z ${KEEP:-} ]] || cp -r "$scratch" "$KEEP"
./open "$scratch" || fail "deployed models are wrong."
echo "${#names[@]} of $count are deployed"
[[ $((10 * ${#names[@]})) -ge $((8 * count)) ]] || fail "too few are deployed."
