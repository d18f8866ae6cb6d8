#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_rules.sh COMPILER GENERATED: weir-gen --check can fail. The generator is compiled with one
# wrong rule of differentiation at a time, and with one wrong step of the derivation: each time the
# check of a cell that needs it ends with status 1 and a sentence. As it stands, they all pass.
# shellcheck disable=SC2086
. "$(dirname "$0")/../shell.sh"
compiler=$1
generated=$(realpath "$2")
make_scratch

# What is altered | how, for sed | a cell that shows it.
cat >"$scratch/mistakes" <<'END'
cell/ops.def|/^OP(SIGMOID/s/y - y\*y/y - y/|lstm
cell/ops.def|/^OP(TANH/s/d\*(1 - /d*(2 - /|rnn_tanh
cell/ops.def|/^OP(DIV/s/"-(d/"(d/|sizes
cell/ops.def|/^OP(DIV/s,"d/b","d/a",|sizes
cell/ops.def|/^OP(MUL/s/"d\*b", "d\*a"/"d*a", "d*b"/|lstm
cell/ops.def|/^OP(ADD/s/"d", "d"/"d", NULL/|gru
cell/ops.def|/^OP(SUB/s/"-d"/"d"/|gru
cell/ops.def|/^OP(NEG/s/"-d"/"d"/|elementwise
cell/ops.def|/^OP(WHERE/s/b <= c/b >= c/|rnn_relu
cell/ops.def|/^OP(WHERE/s/"_where(d, b, c)"/"_where(d, c, b)"/|elementwise
cell/ops.def|/^OP(MAX/s/"d - _where(d, b, a)", "_where(d, b, a)"/"_where(d, b, a)", "d - _where(d, b, a)"/|rnn_relu
cell/ops.def|/^OP(MIN/s/"d - _where(d, b, a)"/"_where(d, b, a)"/|elementwise
cell/ops.def|/^OP(ABS/s/ - _where/ + _where/|elementwise
cell/ops.def|/^OP(EXP,/s/"d\*y"/"d*a"/|sizes
cell/ops.def|/^OP(LOG1P/s/1 + a)"/2 + a)"/|elementwise
passes/derive.c|s/OP_STATE ? GIVEN_PREV : GIVEN_NEXT/OP_STATE ? GIVEN_NEXT : GIVEN_NEXT/|gru
passes/derive.c|s/gain(r, operand, graph_product(.*/;/|lstm
END

cell_file() { # NAME
    find "$root/kernels/cells" "$root/tests/gen/check_cells" -name "$1.cell"
}

compile() { # SOURCE...
    local source
    for source in "$@"; do
        $compiler -std=c17 -I. -I"$root/kernels" -I"$generated" -c "$source" \
            -o "${source%.c}.o" || fail "$source does not compile."
    done
    $compiler ./*.o ./*/*.o ../common/*.o -lm -o weir-gen || fail "weir-gen does not link."
}

cp -r "$root/gen" "$root/kernels/common" "$scratch"
cd "$scratch/gen"
# Without the importer, and what needs it, as gen/deploy/CMakeLists.txt says.
importing=$(sed -n 's/^weir_gen_onnx_sources(\(.*\))$/\1/p' deploy/CMakeLists.txt)
[[ -n $importing ]] || fail "gen/deploy/CMakeLists.txt does not say what needs the importer."
rm -r onnx formats deploy/graph
(cd deploy && rm $importing)
mapfile -t sources < <(find . ../common -name '*.c')
compile "${sources[@]}"
while IFS='|' read -r file mistake cell; do
    ./weir-gen --check "$(cell_file "$cell")" >out 2>&1 || fail "$cell: $(cat out)"
done <"$scratch/mistakes"

count=0
while IFS='|' read -r file mistake cell; do
    sed "$mistake" "$root/gen/$file" >"$file"
    ! cmp -s "$file" "$root/gen/$file" || fail "$file: nothing is altered by $mistake"
    # Beside derive.c, what reads more of an operation than its name.
    compile ./passes/derive.c ./cell/graph.c
    status=0
    ./weir-gen --check "$(cell_file "$cell")" >out 2>err || status=$?
    [[ $status -eq 1 ]] && grep -q "^weir-gen: the gradient of '.*' is wrong" err ||
        fail "$file, $mistake: the check of $cell ends with status $status: $(cat out err)"
    cp "$root/gen/$file" "$file"
    count=$((count + 1))
done <"$scratch/mistakes"
echo "$count mistakes are caught"
