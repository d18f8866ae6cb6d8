#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_growth.sh WEIR_GEN: the gradient of a cell takes a small multiple of the operations of the cell,
# however many these are: of cells of 5 to 1000 multiplications, in one expression and in chains, those of
# the step backward are counted, and kernels with --train are made. What passes a limit is refused with
# the place of the cell and that limit.
. "$(dirname "$0")/../shell.sh"
weir_gen=$(realpath "$1")
make_scratch
cd "$scratch"

head=$'cell a\ninput x\nstate h\na0 = tanh(W@x + U@h)\n'

times() { # COUNT FACTOR: with every # in it as a number, below 50
    awk -v count="$1" -v factor="$2" 'BEGIN {
        for (i = 0; i < count; i++) { f = factor; gsub(/#/, i % 50, f); printf "*%s", f } }'
}

expression() { # COUNT FACTOR: one product, on a line
    echo "${head}h' = a0$(times "$1" "$2")"
}

chain() { # COUNT FACTOR: a name for every fifth product
    local i
    printf '%s' "$head"
    for ((i = 1; i <= $1 / 5; i++)); do
        echo "a$i = a$((i - 1))$(times 5 "${2//@/a$((i - 1))}")"
    done
    echo "h' = a$((i - 1))"
}

products() { # COUNT: learned matrices, each with its own factor
    awk -v count="$1" 'BEGIN {
        printf "cell a\ninput x\nstate h\na0 = W0@x\n"
        for (i = 1; i <= count; i++) printf "a%d = a%d*tanh(W%d@x)\n", i, i - 1, i
        printf "h'"'"' = a%d\n", count }'
}

operations() { # of what --dump printed
    grep -v '^#' | grep -oE "[-+*/(]" | wc -l
}

cells=0
most=0
grows() { # NAME: the cell NAME.cell, whose gradient is at most 5 times as long
    local forward backward
    forward=$("$weir_gen" --dump "$1.cell" | operations)
    backward=$("$weir_gen" --dump --backward "$1.cell" | operations)
    [[ $backward -le $((5 * forward + 20)) ]] ||
        fail "$1: $backward operations backward, for $forward forward; expected at most 5 times as many."
    "$weir_gen" --cell "$1.cell" --input 2 --hidden 8 --isa scalar --train -o "$1.c" ||
        fail "$1: there is no kernel with --train."
    [[ $1 == *1000 ]] || "$weir_gen" --check "$1.cell" --input 2 --hidden 2 >check || fail "$1: $(tail -n 1 check)"
    cells=$((cells + 1))
    most=$((100 * backward / forward > most ? 100 * backward / forward : most))
}

for count in 5 35 200 1000; do
    [[ $count -gt 200 ]] || expression "$count" h >expression_$count.cell
    [[ $count -gt 35 ]] || expression "$count" "sigmoid(h + v#)" >gates_$count.cell
    chain "$count" h >chain_$count.cell
    chain "$count" "(h + v#)" >sums_$count.cell
    chain "$count" "sigmoid(@ + v#)" >gate_chain_$count.cell
    [[ $count -gt 35 ]] || products "$count" >products_$count.cell
done
for cell in *.cell; do
    grows "${cell%.cell}"
done

# What is refused, and by which words. Nothing else is written.
refused() { # SENTENCE ARGUMENT...
    local sentence=$1 status=0
    shift
    "$weir_gen" "$@" >out 2>err || status=$?
    [[ $status -eq 2 && ! -s out && $(wc -l <err) -eq 3 && $(head -n 1 err) == "$sentence" ]] ||
        fail "weir-gen $*: expected status 2 and '$sentence', got $status and: $(head -c 2000 err)"
}

kernel=(--input 2 --hidden 8 --isa scalar)
products 80 >many.cell
saved="many.cell:1:6: the cell 'a' is too large to be trained: it has more than 64 sums of products to save \
for its gradient; expected fewer products, or more of them added together at once"
refused "$saved" --dump --backward many.cell
refused "$saved" --check many.cell
refused "$saved" --cell many.cell "${kernel[@]}" --train
{
    awk 'BEGIN { printf "cell a\ninput x\nstate h\n"
        for (i = 1; i <= 20; i++) printf "a%d[H] = W%d@%s\n", i, i, (i > 1 ? "a" (i - 1) : "x"); print "h'"'"' = a20" }'
} >deep.cell
refused "deep.cell:1:6: the cell 'a' is too large for one kernel: it has more than 16 stages, in each of which \
products wait for those before; expected fewer products of values that come from products" \
    --cell deep.cell "${kernel[@]}"
echo "$cells cells: gradients take at most $((most / 100)).$((most % 100)) times their operations; 2 too large ones are named as such"
