#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_streams.sh BUILD CC: a deployed stream as people use it (streams.c), packed when it is started and when it is
# written; two models of different versions of Weir in one program, beside headers that are called as Weir's are; what
# the files say of where they come from; and what a library of one shows of itself.
. "$(dirname "$0")/../shell.sh"
. "$(dirname "$0")/deployed.sh"
build=$1 cc=$2
here=$root/tests/deploy
weir_gen=${WEIR_GEN:-$build/bin/weir-gen}
make_scratch

# A name that wants to be something else to a compiler, a shell, CMake or Markdown.
hostile=$scratch/$'*\\\n#error "`$(x)` [[$%d??'
"$build/bin/make_weights" "$hostile" $((4 * 128 * (16 + 128 + 1))) 3
"$build/bin/make_weights" "$scratch/small" $((3 * 24 * (5 + 24 + 1) + 24)) 4

deploy() { # NAME OPTION...
    local name=$1
    shift
    "$weir_gen" --deploy "$@" --name "$name" --out "$scratch/$name"
}
"$build/bin/make_weights" "$scratch/short" $((4 * 20 * (3 + 20 + 1))) 5
deploy many lstm --input 16 --hidden 128 --from "$hostile"
deploy one lstm --input 3 --hidden 20 --from "$scratch/short" --isa scalar --no-test
deploy other gru --input 5 --hidden 24 --from "$scratch/small"

# ---- What is written ----

check_files() { # NAME FILE...: no others
    local name=$1 found
    shift
    found=$(cd "$scratch/$name" && find . -type f | sed 's|^\./||' | LC_ALL=C sort | tr '\n' ' ')
    [[ $found == "$* " ]] || fail "$name has the files $found"
    cmp -s "$root/LICENSE" "$scratch/$name/LICENSE" || fail "its LICENSE is not Weir's."
}
check_files one CMakeLists.txt LICENSE README.md include/one.h src/cpu_features.h src/float_mode.h src/kernel.h \
    src/math_scalar.h src/one.c src/one_internal.h src/one_many.c src/one_memory.h src/one_model.h src/one_saved.c \
    src/one_scalar.c src/one_weights.c src/strict.h
check_files many CMakeLists.txt LICENSE README.md include/many.h src/cpu_features.h src/float_mode.h src/halves.h \
    src/kernel.h src/many.c src/many_avx2.c src/many_avx512.c src/many_internal.h src/many_many.c \
    src/many_many_avx2.c src/many_many_avx512.c src/many_many_neon.c src/many_many_scalar.c src/many_memory.h \
    src/many_model.h src/many_neon.c src/many_saved.c src/many_scalar.c src/many_weights.c src/math_avx2.h src/math_avx512.h src/math_neon.h src/math_scalar.h \
    src/packing.h src/strict.h test/many_test.c
! grep -q one_test "$scratch/one/CMakeLists.txt" "$scratch/one/README.md" || fail "--no-test leaves something of a test."

version=$("$weir_gen" --version) sum=$(sha256sum <"$hostile")
told=0
for file in "$scratch"/many/{CMakeLists.txt,README.md,*/many*}; do
    for words in "by weir-gen $version," "weir-gen --deploy lstm --input 16 --hidden 128 --out many --name many --from" "${sum%% *} %2A%5C%0A%23error%20%22%60%24%28x%29%60%20%5B%5B%24%25d%3F%3F"; do
        tr -s '\n *#' ' ' <"$file" | holds -F -- "$(tr -s '\n *#' ' ' <<<"$words" | sed 's/ $//')" ||
            fail "$(basename "$file") does not say '$words'."
    done
    told=$((told + 1))
done
[[ $told -eq 19 ]] || fail "$told files of many were read, expected 19."
echo "$told files say their version, command and the SHA-256 of what they were made from"

# ---- What they are as libraries ----

check_symbols() { # NAME
    local name=$1 shown expected
    shown=$(readelf -sW "$scratch/$name"/*.o |
        awk '$5 == "GLOBAL" && $6 == "DEFAULT" && $7 != "UND" && $8 != "main" { print $8 }' | sort | tr '\n' ' ')
    expected=$(printf "${name}_%s " isa model_init model_size reset saved_size state_get state_init state_set state_size step step_many)
    [[ $shown == "$expected" ]] || fail "$name shows the symbols $shown"
    echo "a library shows $expected"
}
for name in many one; do
    compile_deployed "$scratch/$name" "$cc" -std=c11 -trigraphs
    check_symbols "$name"
done
section=$(nm "$scratch/one/one_weights.o" | awk '/one_packed/ { print $2 }')
[[ $section == R ]] || fail "packed weights lie in section $section, which is not read-only."

# ---- Streams ----

streams() { # NAME FLAG...
    local name=$1
    shift
    [[ ! -e $scratch/$name/${name}_test.o ]] || mv "$scratch/$name/${name}_test.o" "$scratch"
    "$cc" -std=c17 -D_GNU_SOURCE -Wall -Wextra -Werror -O1 -I "$scratch/$name/include" -I "$root/tests" \
        -DMODEL="$name" -DHEADER="\"$name.h\"" -DINPUTS="${name^^}_INPUTS" -DOUTPUTS="${name^^}_OUTPUTS" \
        -DSTATES="${name^^}_STATES" -DKEPT="${name^^}_KEPT_SIZE" "$@" "$here/streams.c" "$scratch/$name"/*.o \
        -lm -pthread -o "$scratch/streams"
    "$scratch/streams" || fail "$name breaks a promise."
}
streams many
streams one -DPACKED

# Packed when it is written for an ISA with vectors, and so with tails of 20 units.
for isa in avx2 avx512 neon; do
    deploy "$isa" lstm --input 3 --hidden 20 --from "$scratch/short" --isa "$isa"
    compile_deployed "$scratch/$isa" "$cc" -std=c11
    "$cc" "$scratch/$isa"/*.o -lm -o "$scratch/packed"
    said=$("$scratch/packed") || [[ $said == "$isa: this CPU has none of the ISAs that this model was written for" ]] ||
        fail "packed for $isa: $said"
    echo "packed when it was written: $said"
done

# Under ThreadSanitizer, where the compiler has it: on what two threads do at the same time, it would tell.
if echo 'int main(void) { return 0; }' | "$cc" -x c - -fsanitize=thread -o "$scratch/tsan" 2>/dev/null &&
    "$scratch/tsan" 2>/dev/null; then
    compile_deployed "$scratch/other" "$cc" -std=c11 -fsanitize=thread
    streams other -fsanitize=thread
else
    echo "not under ThreadSanitizer: $cc has none here"
fi

# ---- Two in one program ----

# Another version of Weir: a run and a region are laid out otherwise, constants have other values.
sed -i -e 's/^struct weir_run {/&\n    double added[3];/' -e 's/^struct weir_region {/&\n    long added;/' \
    -e '/^    WEIR_SCALAR,$/d' -e 's/^    WEIR_AVX2,$/&\n    WEIR_SCALAR,/' \
    "$scratch/other/src/kernel.h"
sed -i -e '/^    {"scalar", 0, WEIR_SCALAR},$/d' -e 's/^    {"avx2vnni", /    {"scalar", 0, WEIR_SCALAR},\n&/' \
    "$scratch/other/src/cpu_features.h"
sed -i 's/^    {\(WEIR_[HPI], WEIR\)/    {0, \1/' "$scratch"/other/src/other_*.c
grep -q '^    double added' "$scratch/other/src/kernel.h" && grep -q '^    {0, WEIR' "$scratch/other/src/other_scalar.c" ||
    fail "the other version is the same."
mkdir "$scratch/mine"
for header in kernel packing cpu_features math_scalar float_mode strict many_internal; do
    echo "enum { mine_$header = 1 };" >"$scratch/mine/$header.h"
done
compile_deployed "$scratch/other" "$cc" -std=c11 -I "$scratch/mine"
check_symbols other
mv "$scratch/other/other_test.o" "$scratch"
for name in many other; do
    objcopy --redefine-sym "main=${name}_main" "$scratch/${name}_test.o"
done
cat >"$scratch/two.c" <<'EOF'
#include "many.h"
#include "other.h"
#include "kernel.h"
#include "packing.h"
#include "cpu_features.h"
int many_main(int count, char **arguments);
int other_main(int count, char **arguments);
int main(int count, char **arguments)
{
    return many_main(count, arguments) || other_main(count, arguments) ||
           mine_kernel + mine_packing + mine_cpu_features != 3;
}
EOF
"$cc" -std=c11 -Wall -Wextra -Werror -I "$scratch/many/include" -I "$scratch/other/include" -I "$scratch/mine" \
    "$scratch/two.c" "$scratch"/{many,other}/*.o \
    "$scratch"/{many,other}_test.o -lm -o "$scratch/two"
"$scratch/two" || fail "two models in one program are not what they are alone."
