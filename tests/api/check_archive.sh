#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_archive.sh LIBRARY.A [NM]: whoever links the static library meets no names of functions and
# data but those that begin with weir_, those of kernels too: a fail() or a gru_f32_any__scalar() of his own is in
# nobody's way.
. "$(dirname "$0")/../shell.sh"
library=$1
nm=${2:-nm}
make_scratch

"$nm" -g --defined-only "$library" | awk 'NF == 3 { print $3 }' | sort >"$scratch/names"
[[ $(grep -c '^weir_' "$scratch/names") -gt 20 ]] || fail "found few names in $library."
# The compiler may add names that begin with an underscore.
if grep -vE '^(weir_|_)' "$scratch/names"; then
    fail "the names above are in everybody's way."
fi
echo "all $(wc -l <"$scratch/names") names begin as they should"
