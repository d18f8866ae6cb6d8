#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_symbols.sh LIBRARY.SO NM HEADER TEST: the shared library exports the functions of its header, a path in the
# tree: all of them and nothing else. TEST, a path too, calls each of them with arguments that are wrong.
. "$(dirname "$0")/../shell.sh"
library=$1
nm=$2
header=$3
test=$4
make_scratch

# The linker may add names that begin with an underscore.
"$nm" -D --defined-only "$library" | awk '{ print $NF }' | { grep -v '^_' || true; } |
    sort >"$scratch/exported"
# A declaration may break after its type; its name is what stands before the parenthesis.
tr '\n' ' ' <"$root/$header" | { grep -oE 'WEIR_API [^;(]*\(' || true; } |
    grep -v __attribute__ | grep -oE '[a-z_]+\($' | tr -d '(' | sort >"$scratch/declared"
[[ -s $scratch/declared ]] || fail "no WEIR_API declarations found in $header."
diff "$scratch/declared" "$scratch/exported" || fail "<: only in $header; >: only in $library."
while read -r name; do
    grep -qw "$name" "$root/$test" || fail "$test does not call $name."
done <"$scratch/declared"
echo "all $(wc -l <"$scratch/declared") functions of $header are exported, and nothing else"
