#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_spills.sh WEIR_GEN ISA COMPILER: the inner loops of kernels, as COMPILER makes them, hold
# nothing but what the tile needs: a fused multiply-add for every vector of weights and row, a
# broadcast for every row, aligned loads of weights; no store, and nothing of the stack. At the end a
# tile that is far too large must be found to spill. COMPILER is a list of words.
. "$(dirname "$0")/../shell.sh"
weir_gen=$1
isa=$2
compiler=$3
command -v "${compiler%% *}" >/dev/null || skip "${compiler%% *} is not here."
# A compiler for several machines may lack this one, or its headers.
echo '#include <math.h>' | $compiler -x c -S - -o /dev/null 2>/dev/null ||
    skip "$compiler compiles nothing for $isa here."
make_scratch

neon=0
[[ $isa != neon ]] || neon=1

# Writes the loops of one kernel to $scratch/loops; false if something is wrong with one of them.
look_at() { # ARGUMENT...
    "$weir_gen" "$@" --isa "$isa" -o "$scratch/kernel.c"
    $compiler -std=c17 -O2 -fPIC -fvisibility=hidden -I"$root/kernels" -S "$scratch/kernel.c" \
        -o "$scratch/kernel.s" || fail "$compiler does not compile a kernel for $isa."
    awk -v neon=$neon -f "$root/tests/kernels/check_spills.awk" "$scratch/kernel.c" "$scratch/kernel.s" \
        >"$scratch/loops"
}

# Does the same, and counts.
check() { # ARGUMENT...
    kernels=$((kernels + 1))
    look_at "$@" || bad=$((bad + 1))
    cat "$scratch/loops"
    loops=$((loops + $(grep -c ' fma ' "$scratch/loops")))
}

bad=0
loops=0
kernels=0
for cell in lstm gru; do
    for size in 33x20 64x64 512x512; do
        echo "$cell $size"
        check --cell $cell --input ${size%x*} --hidden ${size#*x} --train
    done
    for type in bf16 f16 i8; do
        echo "$cell $type"
        check --cell $cell --input 512 --hidden 512 --type $type
    done
done
check --cell lstm --input 512 --hidden 512 --type u8
check --product
[[ $bad -eq 0 ]] || fail "$bad of $kernels kernels for $isa have inner loops that do more than they should."

! look_at --cell lstm --input 33 --hidden 80 --plan hoist=0,rows=8,batch_vectors=4,sums=0 ||
    fail "tiles of 128 accumulators pass: the check sees nothing."
grep -q '^FAILED tile_8x4: spills' "$scratch/loops" ||
    fail "no spill is seen in tiles of 128 accumulators, only: $(grep -m 3 FAILED "$scratch/loops")"
echo "$loops inner loops without spills; tiles of 128 accumulators are seen to spill"
