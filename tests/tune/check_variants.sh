#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_variants.sh BIN CC: weir-gen makes kernels by the plans of another CPU under a name of their own, and deploys
# them beside the usual ones, chosen by CPUID; a row that does not fit is said and gives no kernel, a file that is none
# or is called otherwise is refused in a sentence.
. "$(dirname "$0")/../shell.sh"
bin=$(realpath "$1")
export CC=$2
make_scratch
cd "$scratch"
kernel=(--cell lstm --input 6 --hidden 10 --isa scalar)
plan=vectors=1,rows=2,hoist=8
"$bin/weir-tune" "${kernel[@]}" --anyway --seconds 0.1 --out measured 2>err || fail "$(<err)"
# As if it had been measured elsewhere, by an older Weir with other fields and another compiler.
sed -E "6s/gain=.*/gain=1.2000 1.1000 1.3000 $plan/; s/^version .*/version 0.0.1/; s/^compiler .*/compiler tcc 1/
    s/^fields .*/fields 0123456789abcdef/; s/^cpu .*/cpu AuthenticAMD 25 1 1, caches 32K 32K 512K 32768K/" \
    measured >zen3.tune
sed 's/^cpu .*/cpu AuthenticAMD 25 17 1/; s/rows=2/rows=3/' zen3.tune >zen4.tune
checks=0

# ---- A kernel ----

"$bin/weir-gen" "${kernel[@]}" --variant zen3.tune -o variant.c 2>err
[[ ! -s err ]] || fail "something is said of a row that fits: $(<err)"
grep -q '^    \.name = "lstm_f32_i6_h10__scalar_zen3",$' variant.c || fail "the kernel is not called after zen3"
"$bin/weir-gen" "${kernel[@]}" --plan $plan -o wanted.c
for file in variant wanted; do # but for the command, the name and what it is for
    sed -i '/^#include/,$!d; s/__scalar_zen3/__scalar/; /\.tuned_for = "zen3",/d' $file.c
done
cmp wanted.c variant.c || fail "the kernel has not the plan of the row"

# ---- A row that does not fit ----

no_kernel() { # SENTENCE SED ARGUMENT...: it is said in a line, and what is written compiles and holds no kernel
    mkdir -p spoiled
    sed -E "$2" zen3.tune >spoiled/zen3.tune
    "$bin/weir-gen" "${kernel[@]}" "${@:3}" --variant spoiled/zen3.tune -o none.c 2>err || fail "$2: $(<err)"
    [[ $(wc -l <err) -eq 1 && $(<err) == "$1"* ]] || fail "expected: $1; found: $(<err)"
    $CC -std=c17 -Wall -Wextra -Werror -I"$root/kernels" -c none.c -o none.o || fail "$2: it does not compile"
    ! grep -q forward none.c || fail "$2: there is a kernel"
    checks=$((checks + 1))
}
row="spoiled/zen3.tune:6: the row of lstm_f32_i6_h10 on scalar gives no variant: "
no_kernel "${row}it was measured with another cell of that name, or before that changed" '6s/program=.{16}/program=0123456789abcdef/'
no_kernel "${row}its gain is not above 3 %" '6s/ 1\.1000/ 1.0300/'
no_kernel "${row}its plan is the chosen one" '6s/[^ ]*$/chosen/'
no_kernel "${row}its plan is the chosen one" '6s/[^ ]*$/serpentine=1/'
no_kernel "${row}--plan: 'speed=3' is not a field and its value" '6s/vectors=1/speed=3/'
no_kernel "${row}--plan: 'hoist=9999' is not a field and its value" '6s/hoist=8/hoist=9999/'
no_kernel "spoiled/zen3.tune has no row of gru_f32_i6_h10 on scalar" '' --cell gru
no_kernel "spoiled/zen3.tune has no row of lstm_f32_i6_h10 on scalar" '' --math sleef
grep -q 'weir_lstm_f32_i6_h10__scalar_sleef_zen3 = ' none.c || fail "a name with sleef: $(<none.c)"

# ---- A file that is no such ----

refused() { # SENTENCE FILE [ARGUMENT]...
    local status=0
    "$bin/weir-gen" "${kernel[@]}" --variant "$2" "${@:3}" >out 2>err || status=$?
    [[ $status -eq 2 && ! -s out && $(wc -l <err) -eq 1 && $(<err) == "weir-gen: $1"* ]] ||
        fail "$2: ended with $status, and $(<err); expected: $1"
    checks=$((checks + 1))
}
spoil() { # SENTENCE SED
    sed -E "$2" zen3.tune >spoiled/zen3.tune
    ! cmp -s zen3.tune spoiled/zen3.tune || fail "$2 spoils nothing"
    refused "$1" spoiled/zen3.tune
}
spoil "spoiled/zen3.tune: it was measured on a processor, GenuineIntel 6 1 1, whose microarchitecture" 's/^cpu .*/cpu GenuineIntel 6 1 1/'
spoil "spoiled/zen3.tune: it was measured on a processor, AuthenticAMD 99999999999999999999 1, whose" 's/^cpu .*/cpu AuthenticAMD 99999999999999999999 1/'
spoil "spoiled/zen3.tune: it was measured on a processor that is zen5, expected it to be called zen5.tune" 's/AMD 25/AMD 26/'
spoil "spoiled/zen3.tune:3: byte 0x1b in column 5" '3s/A/\x1b/'
spoil "spoiled/zen3.tune:6: '" '6s/program=./program=/'
spoil "spoiled/zen3.tune:6: '" '6s/[^ ]*$/rows=1;rm/'
spoil "spoiled/zen3.tune:7: the file ends here" '$d'
cp zen3.tune other.tune
cp zen3.tune zen3
refused "other.tune: it was measured on a processor that is zen3, expected it to be called zen3.tune" other.tune
refused "zen3: it was measured on a processor that is zen3, expected it to be called zen3.tune" zen3
refused "nothing.tune" nothing.tune
refused "--variant is empty" ""
refused "--variant: there are two files of zen3" zen3.tune,./zen3.tune
refused "--variant names several files" zen3.tune,zen4.tune
refused "--tuning is for the usual kernel and --variant for another one" zen3.tune --tuning zen3.tune

# ---- What stands alone ----

deploy() { # ARGUMENT...
    rm -rf cell
    "$bin/weir-gen" --deploy lstm --input 6 --hidden 10 --from weights --out cell --name net "$@" 2>err || fail "$(<err)"
}
printf '<>=;\n%.0s' {1..544} >weights # floats from 0.003 to 0.18
deploy --isa scalar,neon --steps 9
cp -r cell usual
deploy --isa scalar,neon --steps 9 --variant zen3.tune,zen4.tune
[[ ! -s err && -e cell/src/net_scalar_zen3.c && -e cell/src/net_scalar_zen4.c ]] || fail "$(ls cell/src) $(<err)"
grep -q "rows=3,.*hoist=8," cell/src/net_scalar_zen4.c || fail "a variant has not the plan of its row"
cmp <(sed '/^#include/,$!d' cell/src/net_scalar.c) <(sed '/^#include/,$!d' usual/src/net_scalar.c) ||
    fail "the usual kernel is another one"
expected=$(grep -A 30 '^static const unsigned expected' usual/test/net_test.c)
[[ $(grep -A 30 '^static const unsigned expected' cell/test/net_test.c) == "$expected" ]] || fail "other results are expected"
cat >chosen.c <<'END'
#include "cell/include/net.h"
#include <stdio.h>
#include <string.h>
_Alignas(64) static char model[NET_MODEL_SIZE];
int main(void)
{
    static const char *const names[] = {"scalar", "scalar_zen3", "scalar_zen4"};
    for (int i = 0; i < 3; i++)
        if (net_model_init(model, names[i]) || strcmp(net_isa(model), names[i]))
            return 1;
    if (!net_model_init(model, "zen3") || !net_model_init(model, "scalar_zen5") || net_model_init(model, NULL))
        return 2;
    puts(net_isa(model));
}
END
$CC -std=c11 -Wall -Wextra -Werror chosen.c cell/src/*.c -lm -o chosen
$CC -std=c11 -Wall -Wextra -Werror cell/test/net_test.c cell/src/*.c -lm -o net_test
./net_test >said || fail "$(<said)"
[[ $(grep -c ': right$' said) -eq 3 ]] || fail "not each was right: $(<said)"
here=$("$bin/weir-info" | sed -nE 's/^Tuned .*for (zen3|zen4), which this CPU is.*/_\1/p')
[[ $(./chosen) == "scalar$here" ]] || fail "$(./chosen) was chosen, not scalar$here"
if command -v qemu-x86_64 >/dev/null; then
    while read -r cpu name; do
        [[ $(qemu-x86_64 -cpu "$cpu" ./chosen 2>err) == "$name" ]] || fail "$cpu: $name was not chosen: $(<err)"
    done <<<'EPYC-Milan scalar_zen3
EPYC-Rome scalar
Haswell scalar'
fi
# A stream hoists nothing: a variant by that alone is none.
sed -E '6s/[^ ]*$/hoist=8/' zen3.tune >spoiled/zen3.tune
deploy --isa scalar --variant spoiled/zen3.tune
[[ ! -e cell/src/net_scalar_zen3.c && ! -e cell/src/microarchitecture.h ]] || fail "a variant that is none: $(ls cell/src)"
deploy --isa scalar --variant zen3.tune
[[ -e cell/src/net_scalar_zen3.c ]] || fail "a stream has no variant: $(ls cell/src)"
# A row that does not fit is said, and there is none.
sed -E '6s/program=.{16}/program=0123456789abcdef/' zen3.tune >spoiled/zen3.tune
deploy --isa scalar --variant spoiled/zen3.tune
[[ $(wc -l <err) -eq 1 && $(<err) == "$row"* ]] || fail "$(<err)"
[[ ! -e cell/src/net_scalar_zen3.c ]] || fail "there is a variant"
echo "$checks files and rows that do not fit are told"
