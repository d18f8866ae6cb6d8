#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_format.sh GENERATED: every C and C++ file of the source tree, and every tenth kernel as it
# comes out of weir-gen, are exactly as clang-format 14 writes them.
. "$(dirname "$0")/../shell.sh"
generated=$1

formatter=$(command -v clang-format-14 || command -v clang-format || true)
[[ -n $formatter ]] || skip "clang-format is not here; this needs version 14."
"$formatter" --version | holds 'version 14\.' ||
    skip "this needs version 14, and here is $("$formatter" --version)."

# What is new and not ignored counts too; a tree without git holds little but its own files.
list_sources() {
    git ls-files --cached --others --exclude-standard 2>/dev/null ||
        find . -path './build*' -prune -o -type f -print
}

cd "$root"
mapfile -t sources < <(list_sources | grep -E '\.(c|h|cc)$' | while read -r file; do
    [[ ! -e $file ]] || echo "$file"
done)
mapfile -t kernels < <(find "$generated/kernels" -name '*.c' | sort | awk 'NR % 10 == 1')
[[ ${#sources[@]} -gt 0 && ${#kernels[@]} -gt 0 ]] || fail "found no sources or no kernels."

make_scratch
if ! "$formatter" --style=file:.clang-format --dry-run -Werror "${sources[@]}" "${kernels[@]}" \
    2>"$scratch/errors"; then
    head -n 30 "$scratch/errors" >&2
    echo "Not formatted:" >&2
    sed -n 's/^\([^:]*\):[0-9]*:[0-9]*: error: .*/\1/p' "$scratch/errors" | uniq >&2
    fail "run clang-format -i on the files above, or mend what generates them."
fi
echo "${#sources[@]} sources and ${#kernels[@]} kernels are formatted"
