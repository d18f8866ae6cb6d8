#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_undecided.sh WEIR_GEN...: a size that nothing in a cell decides is warned of, once, by every command that
# reads the cell, and is what a declaration says where there is one. No cell that we have warns.
. "$(dirname "$0")/../shell.sh"
gen=("$@")
make_scratch
cd "$scratch"

# A cell with these lines, in a.cell; what weir-gen says of it, in `said`; its learned parameters, in `learned`.
read_cell() { # LINE...
    { printf 'cell a\ninput x\nstate h[P], c\n' && printf '%s\n' "$@"; } >a.cell
    "${gen[@]}" --dump a.cell >dump 2>warnings || fail "weir-gen does not take $(cat a.cell)"
    said=$(grep -c 'a.cell:.*warning' warnings || true)
    learned=$(sed -n 's/^#   //p' dump | tr '\n' ' ')
}

expect() { # WARNINGS LEARNED LINE...
    read_cell "${@:3}"
    [[ $said == "$1" ]] || fail "weir-gen warns $said times, not $1, of $(cat a.cell warnings)"
    [[ $learned == "$2 " ]] || fail "the parameters are '$learned', not '$2', of $(cat a.cell)"
    # What is dumped is the same cell.
    [[ $1 != 0 ]] && return
    cp dump a.cell
    "${gen[@]}" --dump a.cell 2>&1 | cmp - dump || fail "the dump of a cell is another one: $(cat dump)"
}

ends=("c' = c + Q@h" "h' = R@m + S@c")
expect 1 'A[H][I] Q[H][P] R[P][H] S[P][H]' 'm = A@x' "${ends[@]}"
grep -q "^a.cell:4:5: warning: nothing says how many rows the matrix 'A' has" warnings || fail "$(cat warnings)"
for size in I H P; do
    expect 0 "A[$size][I] Q[H][P] R[P][$size] S[P][H]" "m[$size] = A@x" "${ends[@]}"
    expect 0 "A[$size][I] B[$size][$size] b[$size] Q[H][P] R[P][$size] S[P][H]" \
        'k = A@x' "m[$size] = tanh(B@k + b)*k" "${ends[@]}"
    expect 0 "b[$size] Q[H][P] B[P][$size] S[P][H]" "v[$size] = b" "c' = c + Q@h" "h' = B@(v*v) + S@c"
    expect 0 "A[$size][I] Q[H][P] R[P][$size] S[P][H]" 'k = A@x' "m[$size] = k" "${ends[@]}"
done
# Each that is of another size, once; the rows of what nobody names have no name to declare.
expect 2 'A[H][I] B[H][H] Q[H][P] R[P][H] S[P][H]' 'k = A@x' 'm = B@(k*k)' "${ends[@]}"
expect 1 'A[H][I] B[H][H] Q[H][P] R[P][H] S[P][H]' 'k = A@x' 'm = k*k + B@k' "${ends[@]}"
expect 1 'Q[H][P] B[P][H] b[H] S[P][H]' "c' = c + Q@h" "h' = B@(tanh(2*b)) + S@c"
grep -q "nothing says how long the vector 'b' is" warnings || fail "$(cat warnings)"

# By every command that reads a cell.
read_cell 'm = A@x' "${ends[@]}"
sizes=(--input 2 --hidden 3 --projection 2)
for command in "--dump --backward a.cell" "--check a.cell" "--cell a.cell ${sizes[*]} --isa scalar" \
    "--cell a.cell --input any --hidden any --projection any --isa scalar" \
    "--deploy a.cell ${sizes[*]} --from weights --out out"; do
    head -c 400 /dev/zero >weights
    read -ra words <<<"$command"
    "${gen[@]}" "${words[@]}" 2>warnings >/dev/null || true
    [[ $(grep -c warning warnings) == 1 ]] || fail "weir-gen $command says: $(cat warnings)"
done
for cell in "$root"/kernels/cells/*.cell "$root"/tests/kernels/odd_cells/*.cell; do
    "${gen[@]}" --dump "$cell" 2>&1 >/dev/null | grep . && fail "weir-gen --dump $cell warns"
done
echo "undecided sizes are told, and decided by a declaration"
