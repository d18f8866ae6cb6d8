#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_sample.sh WEIR_GEN FILE: the command in the header of a checked-in kernel makes exactly that
# file again.
. "$(dirname "$0")/../shell.sh"
weir_gen=$1
sample=$2
make_scratch

# The command may be wrapped: it goes from "Generated: weir-gen" to the full stop.
arguments=$(head -n 12 "$sample" | tr '\n' ' ' | sed 's/ \* / /g' |
    sed -n 's/.*Generated: weir-gen \(--[^.]*\)\. .*/\1/p')
[[ -n $arguments ]] || fail "$sample: its header names no command of weir-gen."
"$weir_gen" $arguments -o "$scratch/kernel.c"
diff -u "$sample" "$scratch/kernel.c" ||
    fail "$sample is not what weir-gen makes now: look at the difference; if it is meant, run" \
        "weir-gen $arguments -o ${sample#"$root/"}"
echo "weir-gen $arguments: as checked in"
