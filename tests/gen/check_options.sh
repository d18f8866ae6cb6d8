#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_options.sh WEIR_GEN: what weir-gen says to a command line. A row of the table: arguments,
# status, and what it must print on one line (to stdout where the status is 0, else to stderr).
# shellcheck disable=SC2086
. "$(dirname "$0")/../shell.sh"
weir_gen=$(realpath "$1")
make_scratch
cd "$scratch"

head=$'cell a\ninput x\nstate h\n'
{
    echo "$head"
    for i in {1..65}; do echo "a$i = tanh(A$i@x + b$i)"; done
    echo "h' = 0$(for i in {1..65}; do printf '+a%d' "$i"; done)"
} >large.cell
echo "${head}h' = tanh(U@h)" >deaf.cell
echo "${head}h' = exp(exp(exp(3 + W@x)))" >steep.cell
cp "$root"/kernels/cells/*.cell .
echo >short
head -c 288 /dev/zero >exact

count=0
bad=0
while IFS='|' read -r arguments expected line; do
    status=0
    timeout 60 "$weir_gen" $arguments >out 2>err </dev/null || status=$?
    said=err
    [[ $expected -ne 0 ]] || said=out
    if [[ $status -ne $expected ]] || ! grep -qF -- "$line" $said; then
        echo "weir-gen $arguments: expected status $expected and '$line', got status $status and:"
        head -c 2000 $said
        bad=$((bad + 1))
    fi
    count=$((count + 1))
done <<'END'
--dump lstm.cell|0|h' = o*tanh(c')
--dump=lstm.cell|0|h' = o*tanh(c')
--dump lstm.cell --backward|0|dUi = delta_i h_prev^T
--dump --backward lstm.cell|0|dbi = delta_i
--backward --dump lstm.cell|0|d_x = Wo^T@delta_o + Wg^T@delta_g + Wf^T@delta_f + Wi^T@delta_i
--dump --backward gru.cell|0|t1 = Un@h + un
--dump --backward gru.cell|0|d_z = d_h_all*h_prev - d_h_all*n
--dump --backward lstm_projected.cell|0|dR = d_h_all m^T
--dump --backward large.cell|2|large.cell:1:6: the cell 'a' is too large to be trained: it has more than 64 sums of products to save for its gradient; expected fewer products, or more of them added together at once
--check large.cell|2|large.cell:1:6: the cell 'a' is too large to be trained: it has more than 64 sums of products to save for its gradient; expected fewer products, or more of them added together at once
--check steep.cell|1|weir-gen: the cell 'a' cannot be checked: in 100 draws, differences were never exact, for kinks (of min, max, abs and what is made of them) or for values that grow or bend too much
--check lstm_projected.cell --input 5 --projection 3|0|Worst: 
--check lstm.cell --projection 3|2|weir-gen: the cell 'lstm' has no state of size P, expected no --projection
--check lstm.cell --input 129|2|weir-gen: --input '129' is not a size to check a gradient for, expected 1 to 128
--check lstm.cell --hidden any|2|weir-gen: --hidden 'any' is not a size to check a gradient for, expected 1 to 128
--check lstm.cell --hidden 99999999999999999999|2|weir-gen: --hidden '99999999999999999999' is not a size to check a gradient for, expected 1 to 128
--check|2|weir-gen: --check lacks a cell, expected the name of a built-in one or a file
--dump|2|weir-gen: --dump lacks a cell, expected the name of a built-in one or a file
--backward|2|weir-gen: expected --cell, --product, --dump, --check, --deploy, --model or --list; weir-gen --help tells how to call it
--check lstm.cell --backward|2|weir-gen: --backward is for --dump, not for --check
--check lstm.cell gru.cell|2|weir-gen: unexpected argument 'gru.cell'; weir-gen --help tells how to call it
lstm|2|weir-gen: unexpected argument 'lstm'; weir-gen --help tells how to call it
--cell lstm.cell --input any --hidden any --isa scalar --profile|2|weir-gen: --profile is for a kernel of known sizes, not for 'any'
--deploy lstm.cell --input 2 --hidden 3 --from short --out d --profile|2|weir-gen: --profile is for --cell, not for --deploy
--cell lstm.cell --input 3 --hidden any --isa scalar|2|weir-gen: --input and --hidden are both sizes or both 'any'
--cell lstm.cell --input 0 --hidden 1 --isa scalar|2|weir-gen: --input '0' is not a size, expected 1 to 1048576 or 'any'
--cell lstm.cell --input 3 --isa scalar|2|weir-gen: --hidden is missing, expected a size or 'any'
--cell lstm_projected.cell --input 3 --hidden 3 --isa scalar|2|weir-gen: the cell 'lstm_projected' has a state of size P, expected --projection as well
--check lstm.cell --node a|2|weir-gen: --node is for --model, not for --check
--dump lstm.cell --no-test|2|weir-gen: --no-test is for --deploy or --model, not for --dump
--dump lstm.cell --steps 4|2|weir-gen: --steps is for --deploy or --model, not for --dump
--deploy lstm.cell --input 2 --hidden 3 --data .|2|weir-gen: --data is for --model, not for --deploy
--deploy lstm.cell --input 2 --hidden 3|2|weir-gen: --out is missing, expected the directory to write
--deploy lstm.cell --input 2 --hidden any --out d|2|weir-gen: --input and --hidden are both sizes or both 'any'
--deploy lstm.cell --input 2 --hidden 3 --out d|2|weir-gen: --from is missing, expected a file of float32
--deploy lstm.cell --input 2 --hidden 3 --out d --from short|2|weir-gen: --from short is shorter than the 288 bytes that the cell takes with these sizes and directions
--deploy lstm.cell --input 2 --hidden 3 --out d --name weir_vad|2|weir-gen: --name 'weir_vad' begins names as Weir's own do, expected one that does not begin with weir_
--deploy lstm.cell --input 2 --hidden 3 --out d --name kernel|2|weir-gen: --name 'kernel' would hide another header kernel.h, expected another name
--deploy lstm.cell --input 2 --hidden 3 --out d --name string|2|weir-gen: --name 'string' would hide another header string.h, expected another name
--deploy lstm.cell --input 2 --hidden 3 --out d --name hash|2|weir-gen: --name 'hash' would hide another header hash.h, expected another name
--deploy lstm.cell --input 2 --hidden 3 --out d --name math_avx2|2|weir-gen: --name 'math_avx2' would hide another header math_avx2.h, expected another name
--deploy lstm.cell --input 2 --hidden 3 --out d --from none|2|weir-gen: --from none cannot be read: No such file or directory
--deploy lstm.cell --input 2 --hidden 3 --out d --bidirectional|2|weir-gen: backwards takes a whole sequence a call, expected --steps with the most there are
--deploy lstm.cell --input 2 --hidden 3 --out none/d --from exact|2|weir-gen: --out none/d cannot be made: No such file or directory
--version|0|0.
--version lstm|2|weir-gen: unexpected argument 'lstm'; weir-gen --help tells how to call it
--help|0|  --train               with what training needs: saved values, backward, gradients (--cell)
--cell lstm.cell --input 3 --hidden 4 --isa scalar --train --plan backward.rows=2,input.vectors=2|0|weir-gen --cell lstm.cell
--cell lstm.cell --input 3 --hidden 4 --isa scalar --plan backward.rows=2|2|weir-gen: --plan: 'backward.rows=2' is of a pass of training, expected --train as well
--cell lstm.cell --input 3 --hidden 4 --isa scalar --plan rows=2,input.rows=2|2|weir-gen: --plan: 'input.rows=2' is of a pass of training, expected --train as well
--cell deaf.cell --input 3 --hidden 4 --isa scalar --train --plan input.rows=2|2|weir-gen: --plan: 'input.rows=2' is of a pass that this kernel does not have, since the gradient of the cell's input is 0
--cell lstm.cell --input 3 --hidden 4 --isa scalar --plan backwards.rows=2|2|weir-gen: --plan: 'backwards.rows=2' is not a field and its value, expected vectors (1 to 8), 
--cell lstm.cell --input 3 --hidden 4 --isa nonsense|2|weir-gen: --isa nonsense, expected scalar, avx2, avx512 or neon
--cell lstm.cell --input 3 --hidden 4 --isa scalar --math none|2|weir-gen: --math none, expected inline or sleef
--cell lstm.cell --input 3 --hidden 4 --isa scalar --lengths|2|weir-gen: --lengths is for --deploy, not for --cell
--deploy lstm.cell --input 2 --hidden 3 --out d --from exact --plan rows=2|2|weir-gen: --plan is for --cell, not for --deploy
--deploy lstm.cell --input 2 --hidden 3 --out d --from exact --math sleef|2|weir-gen: --math is for --cell, not for --deploy
--deploy lstm.cell --input 2 --hidden 3 --out d --from exact --train|2|weir-gen: --train is for --cell, not for --deploy
--deploy lstm.cell --input 2 --hidden 3 --out d --from exact -o f|2|weir-gen: -o is for --cell or --product, not for --deploy
--deploy lstm.cell --input 2 --hidden 3 --out d --steps 4 --reverse --bidirectional|2|weir-gen: --reverse is one way and --bidirectional both, expected one of them
--deploy lstm.cell --input 2 --hidden 3 --out d --from exact --isa scalar,none|2|weir-gen: --isa none, expected scalar, avx2, avx512 or neon, or several with commas between
--deploy lstm.cell --input 2 --hidden 3 --out d --from large.cell|2|weir-gen: --from large.cell is longer than the 288 bytes that the cell takes with these sizes and directions
--deploy lstm.cell --input 2 --hidden 3 --out d --from exact --steps 0|2|weir-gen: --steps '0' is not a number of time steps, expected 1 to 1048576
--model none.onnx --out d --input 3|2|weir-gen: --input is for --cell, --check or --deploy, not for --model
--model none.onnx --out d --lengths|2|weir-gen: --lengths is for --deploy, not for --model
--dump lstm.cell --isa nonsense|2|weir-gen: --isa is for --cell, --product, --deploy or --model, not for --dump
--dump lstm.cell -o f|2|weir-gen: -o is for --cell or --product, not for --dump
--check lstm.cell --train|2|weir-gen: --train is for --cell, not for --check
--product --isa scalar --plan rows=2|2|weir-gen: --plan is for --cell, not for --product
--cell lstm.cell --input 3 --hidden 4 --isa avx512vnni|2|weir-gen: --isa avx512vnni: only weights of i8 gain from what it has beyond avx512, name that
--deploy lstm.cell --input 2 --hidden 3 --out d --from exact --isa scalar,neondot|2|weir-gen: --isa neondot: only weights of i8 gain from what it has beyond neon, name that
--product|2|weir-gen: --isa is missing, expected scalar, avx2, avx512 or neon
--list --isa x|2|weir-gen: --isa is for --cell, --product, --deploy or --model, not for --list
--list lstm|2|weir-gen: unexpected argument 'lstm'; weir-gen --help tells how to call it
--list --dump lstm.cell|2|weir-gen: --list and --dump are two commands, expected one
--dump --cell lstm.cell|2|weir-gen: --dump and --cell are two commands, expected one
--cell lstm.cell --product --isa scalar|2|weir-gen: --cell and --product are two commands, expected one
--dump lstm.cell -o|2|weir-gen: -o lacks what it takes; weir-gen --help tells how to call it
--dump lstm.cell --nothing|2|weir-gen: unexpected option '--nothing'; weir-gen --help tells how to call it
--dump lstm.cell --backward=1|2|weir-gen: unexpected option '--backward=1'; weir-gen --help tells how to call it
--dump none.cell|2|weir-gen: 'none.cell' is neither a built-in cell (weir-gen --list shows them) nor a file that can be read: No such file or directory
--dump .|2|weir-gen: . cannot be read: Is a directory
--cell lstm.cell --input 3 --hidden 4 --isa scalar -o none/f|2|weir-gen: none/f could not be written: No such file or directory
END
[[ $bad -eq 0 ]] || fail "$bad of $count command lines."
echo "$count command lines are answered as they should be"
