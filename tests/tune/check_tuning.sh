#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_tuning.sh BIN CC: weir-gen takes measured plans from a file that is named, for a kernel, a deployed cell and a
# model; weir-run from that of its user; what does not fit is said in one line and changes nothing.
. "$(dirname "$0")/../shell.sh"
bin=$(realpath "$1")
export CC=$2
make_scratch
cd "$scratch"
kernel=(--cell lstm --input 6 --hidden 10 --isa scalar)
plan=vectors=1,rows=2,hoist=8
"$bin/weir-tune" "${kernel[@]}" --train --anyway --seconds 0.1 --out measured 2>err || fail "$(<err)"
sed -E "6s/[^ ]*\$/$plan,backward.rows=3/" measured >file
checks=0

# What is generated without its first comment, which tells the command.
generate() { # OUT ARGUMENT...
    local out=$1
    shift
    "$bin/weir-gen" "$@" -o "$out" 2>err || fail "weir-gen $*: $(<err)"
    sed -i '/^#include/,$!d' "$out"
}

# ---- What fits ----

generate usual "${kernel[@]}"
generate wanted "${kernel[@]}" --plan $plan
generate tuned "${kernel[@]}" --tuning file
[[ ! -s err ]] || fail "something is said of a row that fits: $(<err)"
cmp wanted tuned || fail "the kernel has not the plan of the row"
! cmp -s usual tuned || fail "the plan of the row is the usual one"
generate wanted "${kernel[@]}" --train --plan $plan,backward.rows=3
generate tuned "${kernel[@]}" --train --tuning file
cmp wanted tuned || fail "the kernel with --train has not the plans of the row"
generate wanted "${kernel[@]}" --plan $plan,rows=3
generate tuned "${kernel[@]}" --tuning file --plan rows=3
cmp wanted tuned || fail "--plan does not override the row"
generate tuned "${kernel[@]}" --tuning measured
cmp usual tuned || fail "the row 'chosen' changes the plan"
for other in "--cell gru" "--input 7" "--math sleef"; do
    generate usual2 "${kernel[@]}" $other
    generate tuned "${kernel[@]}" $other --tuning file
    cmp usual2 tuned || fail "the row is used for $other"
    [[ ! -s err ]] || fail "$other: $(<err)"
done

# ---- What stands alone ----

head -c 2720 /dev/zero >weights
"$bin/weir-gen" --deploy lstm --input 6 --hidden 10 --isa scalar --from weights --steps 9 --out cell --name net \
    --tuning file
grep -q "rows=2,.*hoist=8," cell/src/*.[ch] || fail "--deploy has not the plan of the row"
if [[ -x $bin/make_model ]]; then
    mkdir model
    "$bin/make_model" reverse model
    "$bin/weir-gen" --model model/model.onnx --isa scalar --steps 9 --out model/c --name net --tuning file
    grep -q "rows=2,.*hoist=8," model/c/src/*.[ch] || fail "--model has not the plan of the row"
fi

# ---- What does not ----

refuse() { # SENTENCE SED
    sed -E "$2" file >spoiled
    ! cmp -s file spoiled || fail "$2 spoils nothing"
    generate tuned "${kernel[@]}" --tuning spoiled
    [[ $(wc -l <err) -eq 1 && $(<err) == "$1"* ]] || fail "expected: $1; found: $(<err)"
    cmp usual tuned || fail "$2: the row was used"
    "$bin/weir-gen" --deploy lstm --input 6 --hidden 10 --isa scalar --from weights --steps 9 --out cell --name net \
        --tuning spoiled 2>err || fail "$(<err)"
    [[ $(wc -l <err) -eq 1 && $(<err) == "$1"* ]] || fail "--deploy: expected: $1; found: $(<err)"
    checks=$((checks + 1))
}
row="spoiled:6: the row of lstm_f32_i6_h10 on scalar is not used: "
refuse "spoiled is not used: it was measured on another processor, Other 1 2 3, and this is " 's/^cpu .*/cpu Other 1 2 3/'
refuse "spoiled is not used: it was measured with Weir 9.9.9, and this is " 's/^version .*/version 9.9.9/'
refuse "spoiled is not used: plans had other fields" 's/^fields .*/fields 0123456789abcdef/'
refuse "${row}it was measured with another cell of that name" '6s/program=.{16}/program=0123456789abcdef/'
refuse "${row}--plan: 'speed=3' is not a field and its value" '6s/vectors=1/speed=3/'
refuse "${row}--plan: 'hoist=9999' is not a field and its value" '6s/hoist=8/hoist=9999/'

for spoil in '$d' '6s/T=/t=/' '1s/1/2/' '6s/l/\x1b/'; do
    sed "$spoil" file >spoiled
    status=0
    "$bin/weir-gen" "${kernel[@]}" --tuning spoiled >out 2>err || status=$?
    [[ $status -eq 2 && ! -s out && $(wc -l <err) -eq 1 && $(<err) == "weir-gen: spoiled:"[0-9]* ]] ||
        fail "$spoil: ended with $status, and $(<err)"
    checks=$((checks + 1))
done
# ---- weir-run ----

if [[ -x $bin/make_model && -x $bin/weir-run ]]; then
    export XDG_CONFIG_HOME=$scratch/config XDG_CACHE_HOME=$scratch/cache WEIR_ISA=scalar
    mine=$XDG_CONFIG_HOME/weir/tuning
    mkdir -p config/weir cache
    go() { # SENTENCE: what is said of the file; kernels are compiled where it has one that is used
        rm -rf cache/weir
        "$bin/weir-run" --plain model/model.onnx --input model/x.npy --output model/y.npy 2>err || fail "weir-run: $(<err)"
        [[ $(<err) == "$1"* && $(wc -l <err) -eq $((${#1} > 0)) ]] || fail "weir-run: expected: $1; found: $(<err)"
        cmp model/y.npy model/usual.npy || fail "weir-run: other bits"
        checks=$((checks + 1))
    }
    "$bin/weir-run" --plain model/model.onnx --input model/x.npy --output model/usual.npy
    [[ ! -e cache/weir ]] || rm -r cache/weir
    cp file "$mine"
    go "weir-run: kernels with measured plans from $mine: 1"
    [[ $(find cache -name '*.so' | wc -l) -eq 1 ]] || fail "weir-run compiled $(ls cache/weir)"
    sed 's/^cpu .*/cpu Other 1 2 3/' file >"$mine"
    go "weir-run: $mine is not used: it was measured on another processor, Other 1 2 3, and this is "
    sed 's/program=.\{16\}/program=0123456789abcdef/; s/ scalar / avx2 /' file >"$mine"
    go ""
    echo nonsense >"$mine"
    go "weir-run: $mine:1: 'nonsense', expected 'weir-tuning 1': it is no file of weir-tune; it is not used"
    cp measured "$mine"
    go ""
fi
echo "$checks files that do not fit are told"
