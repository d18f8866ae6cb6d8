#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_graphs.sh BUILD CC SEED COUNT: so many random graphs (tests/runner/random_graphs.c). weir-gen --model deploys most of them,
# and what it refuses gets one sentence; what is deployed is compiled, many models to a program, and gives what weir-run
# and double precision give (check_graphs.c).
. "$(dirname "$0")/../shell.sh"
build=$1 cc=$2 seed=$3 count=$4
least=$((count * 70 / 100)) # are deployed
together=50 # models in a program
make_scratch

"$build/bin/random_graphs" "$seed" "$count" "$scratch" || fail "weir-run is wrong."
deployed=() refused=0
for ((i = 0; i < count; i++)); do
    model=$scratch/g$i status=0
    read -ra options <"$model.options" || true
    "$build/bin/weir-gen" --model "$model.onnx" --isa scalar --out "$model" "${options[@]}" 2>"$scratch/error" ||
        status=$?
    if [[ $status -eq 2 && $(wc -l <"$scratch/error") -eq 1 ]]; then
        refused=$((refused + 1))
        cat "$scratch/error" >>"$scratch/refusals"
    elif [[ $status -eq 0 && ! -s $scratch/error ]]; then
        deployed+=("g$i")
    else
        cat "$scratch/error" >&2
        fail "g$i.onnx: weir-gen --model ends with $status."
    fi
done

# A file a model, which is all of it: that takes half the time of its files one by one.
for name in "${deployed[@]}"; do
    printf '#include "%s"\n' "$scratch/$name/src/$name"{,_scalar,_weights}.c >"$scratch/$name.c"
done
(cd "$scratch" && printf '%s.c\n' "${deployed[@]}" |
    xargs -n 25 -P 2 "$cc" -O0 -w -c) || fail "what is deployed does not compile."

left=0
for ((first = 0; first < ${#deployed[@]}; first += together)); do
    names=("${deployed[@]:first:together}")
    : >"$scratch/graphs.h"
    : >"$scratch/graphs.inc"
    for name in "${names[@]}"; do
        header=$scratch/$name/include/$name.h how=STREAM
        grep -q 'size_t steps' "$header" && how=SEQUENCE
        grep -q 'size_t length' "$header" && how=LENGTHS
        grep -q '_ARENA = ' "$header" && how=GRAPH
        if grep -q 'x1' "$header"; then # a graph of two inputs, which graph_run.h has no place for
            left=$((left + 1))
            continue
        fi
        # Without a recurrent node nothing tells time: an open axis is a batch, of which a call has one.
        given=$(od -An -td8 -j8 -N8 "$scratch/$name.run")
        if [[ $how == GRAPH ]] && ! grep -rq 'run_kernel(call, &work)' "$scratch/$name/src" &&
            ! grep -q "x0: the input .*, $((given)) as" "$header"; then
            left=$((left + 1))
            continue
        fi
        echo "#include \"$header\"" >>"$scratch/graphs.h"
        if [[ $how == GRAPH ]] && grep -q 'size_t steps' "$header"; then
            how=OPEN
            printf 'static inline int %s_all(const void *m, void *s, const float *x, float *y)\n' "$name" \
                >>"$scratch/graphs.h"
            echo "{ return ${name}_step(m, s, ${name^^}_STEPS, x, y); }" >>"$scratch/graphs.h"
        fi
        echo "$how($name, ${name^^})" >>"$scratch/graphs.inc"
    done
    objects=("${names[@]/#/$scratch/}")
    "$cc" -std=c11 -I "$root/tests" -I "$scratch" -include "$scratch/graphs.h" \
        "$root/tests/deploy/check_graphs.c" "${objects[@]/%/.o}" -lm -o "$scratch/program"
    "$scratch/program" "$scratch" || {
        [[ -z ${KEEP:-} ]] || cp -r "$scratch" "$KEEP"
        fail "deployed models are wrong."
    }
done

echo "${#deployed[@]} deployed, $refused refused:"
[[ $refused -eq 0 ]] || sed -e 's/.*cannot be deployed: //; s/; --node NAME takes.*//; s/[0-9]\+/N/g' \
    "$scratch/refusals" | sort | uniq -c | sort -rn
[[ ${#deployed[@]} -ge $least ]] || fail "fewer than $least are deployed."
[[ $((20 * left)) -le $count ]] || fail "$left of them are not compared."
