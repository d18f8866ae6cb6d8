#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_deploy.sh MODEL BUILD CC TYPE [EMULATOR]: a model that weir-gen --deploy writes, taken to an empty
# directory, is C11 and C++17 without a warning for every compiler here, names nothing without its
# prefix, allocates nothing, passes its self-test wherever it can run, and, by CC, has the bits of
# libweir. What templates give is laid out as clang-format 14 does it.
. "$(dirname "$0")/../shell.sh"
. "$(dirname "$0")/deployed.sh"
model=$1 build=$2 cc=$3 type=$4 emulator=${5:-}
here=$root/tests/deploy
weir_gen=${WEIR_GEN:-$build/bin/weir-gen}

# What is deployed: the cell, its sizes, how it is called, and its weights in their order.
deploy=() defines=() count=0 cell='' I=0 H=0 P=0 directions=1 names=''
case $model in
bigru)
    cell=gru I=7 H=20 directions=2 count=3400 names='Wz Uz bz Wr Ur br Wn bn Un un'
    deploy=(--bidirectional --lengths --steps 40) defines=(-DLENGTHS)
    ;;
projected)
    cell=lstm_projected I=5 H=33 P=17 count=3597
    names='Wi Ui bi Wf Uf bf Wg Ug bg Wo Uo bo R'
    deploy=(--projection 17)
    ;;
own)
    cell=own I=4 H=21 count=1197 names='Wf Uf bf Wn Un bn Ws bs'
    deploy=(--steps 64) defines=(-DSEQUENCE)
    ;;
small)
    cell=lstm I=2 H=64 count=17152 names='Wi Ui bi Wf Uf bf Wg Ug bg Wo Uo bo'
    ;;
esac

make_scratch
out=$scratch/$model raw=$scratch/raw file=()
$emulator "$build/bin/make_weights" "$raw" "$count" 5
source=$cell
if [[ $model == own ]]; then
    source=$here/own.cell
    file=("$scratch/weights")
    deploy+=(--weights "${file[0]}")
    defines+=(-DFROM_FILE)
fi
write_model() { # NAME DIR
    "$weir_gen" --deploy "$source" --name "$1" --input $I --hidden $H "${deploy[@]}" \
        --from "$raw" --out "$2" --type "$type"
}
write_model "$model" "$out"
[[ $(wc -l <"$out/include/$model.h") -lt 100 ]] || fail "the header has 100 lines or more."
grep -rl "$root\|$scratch" "$out" && fail "the files above name a path of this machine."

# Lines are as long as the model's name makes them: the templates are laid out for one of five letters.
# Tables of bits and ISAs, which no template has, are wider.
check_layout() {
    local formatter folder=$scratch/layout
    formatter=$(command -v clang-format-14 || command -v clang-format || true)
    if [[ -z $formatter ]] || ! "$formatter" --version | holds 'version 14\.'; then
        echo "the layout is not checked: clang-format 14 is not here"
        return
    fi
    write_model alone "$folder"
    sed -i '/^static const unsigned/,/^$/d; /^static const char \*const names/,/^$/d' "$folder/test/alone_test.c"
    "$formatter" --style="file:$root/.clang-format" --dry-run -Werror \
        "$folder"/{src/alone{,_many,_saved}.c,src/alone_{internal,memory}.h,include/alone.h,test/alone_test.c} ||
        fail "the templates of the files above are not laid out as clang-format does it."
}
check_layout

# What compilers and linkers add.
linker='__stack_chk_fail|_GLOBAL_OFFSET_TABLE_'

# The names that the objects of the model, but not its test, give to others and take from them.
check_names() {
    local objects=() object other
    for object in "$out"/*.o; do
        [[ $object == *_test.o ]] || objects+=("$object")
    done
    other=$(nm -g --defined-only "${objects[@]}" | awk 'NF == 3 { print $3 }' |
        grep -v "^${model}_" || true)
    [[ -z $other ]] || fail "names without the prefix ${model}_: $other"
    # Tables with addresses are data until they are relocated; nothing else is.
    other=$(nm "${objects[@]}" |
        awk 'NF == 3 && $2 ~ /[dDbBcC]/ && $3 !~ /^\$|_kernels_|_isas|_passes|_layers|_packings|regions_/')
    [[ -z $other ]] || fail "memory that all states would share: $other"
    other=$(nm -u "${objects[@]}" | awk 'NF == 2 { print $2 }' | sort -u |
        grep -vxE "${model}_.*|memset|memcpy|memmove|memcmp|strcmp|fmaf|getauxval|$linker" || true)
    [[ -z $other ]] || fail "it calls what is not asked for: $other"
}

check_text() { # of each ISA alone, with what all of them need
    local shared own object most=65536
    [[ $type == f32 ]] || most=81920
    shared=$(size "$out/$model.o" | awk 'NR == 2 { print $1 }')
    for object in "$out/${model}"_{,many_}{scalar,avx2*,avx512*,neon*}.o; do
        [[ -e $object ]] || continue
        own=$(size "$object" | awk 'NR == 2 { print $1 }')
        [[ $((shared + own)) -lt $most ]] || fail "$(basename "$object"): $own + $shared bytes."
        echo "$machine: $(basename "$object") and $model.o: $((shared + own)) bytes of .text"
    done
}

run() { # COMPILER...: links and runs the self-test, where programs for `machine` can run
    local under=()
    "$@" "$out"/*.o -lm -o "$scratch/test"
    if [[ $machine != "$(uname -m)" ]]; then
        if [[ -n $emulator ]]; then
            under=($emulator)
        elif command -v "qemu-$machine" >/dev/null; then
            under=("qemu-$machine" -L "/usr/$machine-linux-gnu")
        else
            echo "not run for $machine: there is no qemu-$machine"
            return
        fi
    fi
    "${under[@]}" "$scratch/test" "${file[@]}" --time >"$scratch/said" || fail "the self-test failed ($*)."
    cat "$scratch/said"
    [[ $(grep -c ' on [a-z0-9]*: right$' "$scratch/said") -eq $(grep -c ' on [a-z0-9]*: [0-9.]* us a call$' "$scratch/said") ]] ||
        fail "the self-test has no time for each ISA ($*)."
}

# The self-test on older machines: only what they have is chosen, and only that can be asked for.
check_dispatch() {
    local cpu found
    [[ $machine == x86_64 ]] && command -v qemu-x86_64 >/dev/null || return 0
    for cpu in Nehalem Haswell; do
        found=$(qemu-x86_64 -cpu $cpu "$scratch/test" "${file[@]}" 2>"$scratch/errors" | tr '\n' ' ')
        case $cpu:$found in
        "Nehalem:$model on scalar: right " | \
            "Haswell:$model on scalar: right $model on avx2: right ") ;;
        *) fail "on a $cpu: '$found' $(cat "$scratch/errors")" ;;
        esac
        echo "$cpu: $found"
    done
}

compilers=0
# Which ones to try is said by the environment.
: "${COMPILERS:?set it to a list of compilers}"
for compiler in $COMPILERS; do
    command -v "$compiler" >/dev/null || continue
    machine=$("$compiler" -dumpmachine | cut -d- -f1)
    standard=(-std=c11)
    [[ $compiler != *++ ]] || standard=(-x c++ -std=c++17)
    echo "== $compiler ${standard[*]}"
    compile_deployed "$out" "$compiler" "${standard[@]}" -O2
    compilers=$((compilers + 1))
    if [[ $compiler == *-mingw32-* ]]; then
        echo "compiled alone: programs for Windows do not run here"
        continue
    fi
    check_names
    check_text
    run "$compiler"
    check_dispatch
done
[[ $compilers -gt 0 ]] || fail "there is no compiler here."

# Against libweir, by the compiler that made it: as it is there, where that was the last one.
[[ $compiler == "$cc" ]] || compile_deployed "$out" "$cc" -std=c11 -O2
rm "$out/${model}_test.o"
own=()
if [[ $model == own ]]; then
    "$weir_gen" --cell "$source" --input $I --hidden $H --isa scalar --type "$type" -o "$scratch/own_kernel.c"
    own=("$scratch/own_kernel.c" -DOWN=weir_own_${type}_i${I}_h${H}__scalar)
fi
quoted=$(sed 's/[A-Za-z]*/"&"/g; s/ /,/g' <<<"$names")
"$cc" -std=c17 -O2 -Wall -Wextra -Werror ${CFLAGS:-} -I "$out/include" -I "$root/tests" \
    -I "$root/runtime" -I "$root/kernels" -DMODEL="$model" -DSTATES="${model^^}_STATES" -DHEADER="\"$model.h\"" \
    -DCELL="\"$cell\"" -DTYPE="\"$type\"" -DSIZE_I=$I -DSIZE_H=$H -DSIZE_P=$P -DDIRECTIONS=$directions \
    -DNAMES="$quoted" \
    "${defines[@]}" "$here/compare.c" "${own[@]}" "$out"/*.o -L "$build/lib" -lweir -lm \
    -Wl,-rpath,"$build/lib" -o "$scratch/compare"
$emulator "$scratch/compare" "$raw" "${file[@]}"
