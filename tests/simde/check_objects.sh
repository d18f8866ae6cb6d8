#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_objects.sh OBJDUMP FOLDER NATIVE: the objects that FOLDER/objects.txt lists, AVX-512 kernels
# compiled through SIMDe, hold no instruction of AVX-512, which the object NATIVE is seen to hold; and
# every intrinsic of the kernels generated in FOLDER is one that check_shim checks.
. "$(dirname "$0")/../shell.sh"
objdump=$1
folder=$2
native=$3
here=$root/tests/simde
command -v "$objdump" >/dev/null || skip "$objdump is not here."
make_scratch

# Prefix 62 begins what AVX-512 adds, whatever the length of its vectors, but for moves of masks. A line
# without a mnemonic, after a second tab, goes on with the bytes of the one before.
avx512_in() { # OBJECT...
    "$objdump" -d "$@" >"$scratch/code" || fail "$objdump cannot read $*."
    grep -E $':[ \t]+((26|2e|36|3e|64|65|67) )*62( [0-9a-f]{2})* *\t|%zmm|%k[0-7]' "$scratch/code" >"$scratch/found" || true
}

mapfile -t objects <"$folder/objects.txt"
[[ ${#objects[@]} -gt 1 ]] || fail "$folder/objects.txt lists no kernels."
avx512_in "$native"
found=$(wc -l <"$scratch/found")
[[ $found -gt 0 ]] || fail "no instruction of AVX-512 is seen in $native, which is made of them."
avx512_in "${objects[@]}"
[[ ! -s $scratch/found ]] || {
    head -n 5 "$scratch/found" >&2
    fail "objects compiled through SIMDe hold instructions of AVX-512."
}

intrinsics() { # FILE...
    grep -ohE '_mm512_[a-z0-9_]+\(' "$@" | sort -u
}
unchecked=$(comm -23 <(intrinsics "$folder"/*__avx512.c "$root/kernels/math_avx512.h") \
    <(intrinsics "$here/calls.def" "$here/calls.h"))
[[ -z $unchecked ]] || fail "tests/simde/calls.def has no row for" $unchecked

echo "${#objects[@]} objects without AVX-512 ($found of its instructions are seen in $native)"
