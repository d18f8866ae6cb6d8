#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_flags.sh BUILD COMPILERS EMULATOR: a model that weir-gen --deploy writes gives its bits whatever flags
# it is compiled with, as C and C++, by each of COMPILERS: they are those of the program that it is part of.
. "$(dirname "$0")/../shell.sh"
. "$(dirname "$0")/deployed.sh"
build=$1 compilers=$2 emulator=${3:-}
make_scratch

$emulator "$build/bin/make_weights" "$scratch/raw" 140 5
"${WEIR_GEN:-$build/bin/weir-gen}" --deploy gru --name net --input 3 --hidden 5 --from "$scratch/raw" --out "$scratch/net"

count=0 first=
check() { # COMPILER FLAG...
    local compiler=$1 words=("${@:2}") language=() machine under=($emulator)
    machine=$("$compiler" -dumpmachine | cut -d- -f1)
    [[ $compiler != *++ ]] || language=(-x c++ -std=gnu++17)
    compile_deployed "$scratch/net" "$compiler" "${language[@]}" "${words[@]}"
    # Linked with fast maths, too, which has gcc set the mode of the program.
    "$compiler" "${words[@]}" "$scratch"/net/*.o -lm -o "$scratch/test"
    echo "== $*"
    if [[ $machine != "$(uname -m)" && -z $emulator ]]; then
        command -v "qemu-$machine" >/dev/null || {
            echo "not run for $machine: there is no qemu-$machine"
            return
        }
        under=("qemu-$machine" -L "/usr/$machine-linux-gnu")
    fi
    "${under[@]}" "$scratch/test" || fail "the self-test failed: $*"
    count=$((count + 1))
}

# Products in double precision are rounded before anything is added, too.
exact() { # COMPILER FLAG...
    local bits
    "$1" -std=gnu11 -I "$root/kernels" "${@:2}" "$root/tests/deploy/exact.c" -lm -o "$scratch/exact"
    bits=$("$scratch/exact")
    [[ ${first:=$bits} == "$bits" ]] || fail "$* gives $bits, expected $first."
}

for compiler in $compilers; do
    command -v "$compiler" >/dev/null || continue
    native=()
    [[ $("$compiler" -dumpmachine) != "$(uname -m)"* ]] || native=(-march=native)
    check "$compiler" -O3 "${native[@]}"
    check "$compiler" -Ofast
    check "$compiler" -O2 -ffast-math "${native[@]}"
    [[ $compiler != *++ && ${#native[@]} -gt 0 ]] || continue
    exact "$compiler" -O2
    exact "$compiler" -O3 -ffp-contract=fast "${native[@]}"
done
[[ $count -gt 0 ]] || fail "nothing was run."
echo "$count builds, all of them right"
