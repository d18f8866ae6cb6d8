#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_symbols.sh LIBRARY.SO [NM [HEADER]]: the shared library exports the functions of its header,
# which is runtime/weir.h or HEADER, a path in the tree: all of them and nothing else.
. "$(dirname "$0")/../shell.sh"
library=$1
nm=${2:-nm}
header=${3:-runtime/weir.h}
make_scratch

# The linker may add names that begin with an underscore.
"$nm" -D --defined-only "$library" | awk '{ print $NF }' | { grep -v '^_' || true; } |
    sort >"$scratch/exported"
# A declaration may break after its type; its name is what stands before the parenthesis.
tr '\n' ' ' <"$root/$header" | { grep -oE 'WEIR_API [^;(]*\(' || true; } |
    grep -v __attribute__ | grep -oE '[a-z_]+\($' | tr -d '(' | sort >"$scratch/declared"
[[ -s $scratch/declared ]] || fail "no WEIR_API declarations found in $header."
diff "$scratch/declared" "$scratch/exported" || fail "<: only in $header; >: only in $library."
echo "all $(wc -l <"$scratch/declared") functions of $header are exported, and nothing else"
