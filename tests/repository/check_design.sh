#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_design.sh WEIR_GEN: what docs/design.md shows of its cell is what weir-gen makes of it: the maths
# of the step forward and backward, the plans, and the tile in C. What stands between those it cannot print.
. "$(dirname "$0")/../shell.sh"
weir_gen=$(realpath "$1")
document=$root/docs/design.md
make_scratch
cd "$scratch"

# The indented lines below a heading.
shown() { # HEADING
    awk -v heading="### $1" 'index($0, "#") == 1 { on = index($0, heading) == 1 } on' "$document" |
        sed -n 's/^    //p; /^$/p' | cat -s
}

expect() { # WHAT TEXT IN
    [[ -n $2 ]] || fail "docs/design.md: found no $1."
    [[ $3 == *"$2"* ]] || {
        diff <(echo "$2") <(echo "$3") | grep '^<' >&2 || true
        fail "docs/design.md: its $1 is not what weir-gen makes."
    }
}

kernel() { # ISA
    "$weir_gen" --cell mgu.cell --input 2 --hidden 64 --isa "$1"
}

awk '/^## The way of a cell/ { on = 1 } /^###/ { exit } on' "$document" | sed -n 's/^    //p' >mgu.cell
dump=$("$weir_gen" --dump --backward mgu.cell | cat -s)
expect "list of what is learned" "$(shown Graph | sed '/^$/d')" "$dump"
expect "step backward" "$(shown Gradient | sed '/./,$!d')" "$dump"
expect "tile" "$(awk '/^```$/ { on = !on; next } on' "$document")" "$(kernel avx2)"
while read -r isa plan; do
    made=$(kernel "$isa" | sed -n '/^ *\.plan = /,/,$/p' | sed 's/^[^"]*"//; s/",*$//' | tr -d '\n')
    expect "plan for $isa" "$plan" "$made"
done < <(shown Plan | grep .)
echo "docs/design.md shows what weir-gen makes"
