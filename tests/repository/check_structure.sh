#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The house: the top level holds what it should and no more; every #include of a file of Weir names the folder
# and goes the one way that tests/repository/structure.txt allows; no header and no folder comes back to itself.
. "$(dirname "$0")/../shell.sh"
cd "$root"
rules=$root/tests/repository/structure.txt

# What is new and not ignored counts too; a tree without git holds little but its own files.
list_files() {
    git ls-files --cached --others --exclude-standard 2>/dev/null ||
        find . -path './build*' -prune -o -path ./results/local -prune -o -type f -printf '%P\n'
}
make_scratch
list_files | sort -u | while read -r file; do
    [[ ! -e $file ]] || echo "$file"
done >"$scratch/files"
grep -E '\.(c|h|cc|def)$' "$scratch/files" | grep -v '^kernels/sample/' >"$scratch/sources"
[[ $(wc -l <"$scratch/sources") -gt 100 ]] || fail "found hardly any sources."
tr '\n' '\0' <"$scratch/sources" | xargs -0 grep -nHE '^ *# *include "' >"$scratch/includes" || true
awk -f "$root/tests/repository/structure.awk" "$rules" "$scratch/files" "$scratch/includes" >"$scratch/said" || {
    cat "$scratch/said" >&2
    fail "includes go the ways of tests/repository/structure.txt: change the code, or say there why."
}
cat "$scratch/said"
