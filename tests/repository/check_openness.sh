#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The language is open: neither the generator nor the runtime, nor their build, knows a cell by
# name. weir.h and weir_train.h may name cells, as examples in their comments; models that people bring
# say what they want by their own format's names, which gen/onnx, gen/formats and runtime/run read.
. "$(dirname "$0")/../shell.sh"
cd "$root"

names=()
for file in kernels/cells/*.cell; do
    names+=(-e "$(basename "$file" .cell)")
done
[[ ${#names[@]} -gt 2 ]] || fail "found no cells."

mapfile -t files < <(find gen runtime cmake kernels/CMakeLists.txt \
    -path gen/onnx -prune -o -path gen/formats -prune -o -path runtime/run -prune -o -type f ! -name 'weir*.h' -print)
if grep -niwF "${names[@]}" "${files[@]}"; then
    fail "the files above name a cell; what they do must follow from the cell's text."
fi
echo "${#files[@]} files name none of $((${#names[@]} / 2)) cells"
