#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_words.sh WEIR_GEN CMAKE CC: a model may have any name that begins names in C. What is deployed has no
# name that is the model's alone, nor one that becomes, with any model's name before it, a keyword, a macro, or a
# name of the headers that it includes or of its own; and models called like targets of CMake, words of C,
# headers of the system and what Weir writes are one project, in which all build and pass their tests, and
# are C++17, too.
. "$(dirname "$0")/../shell.sh"
weir_gen=$(realpath "$1")
cmake=$2
cc=$3
cxx=$(cxx_beside "$cc")
make_scratch
cd "$scratch"

printf "cell a\ninput x\nstate h\nh' = tanh(W@x + U@h + b)\n" >a.cell
head -c 72 /dev/zero >weights
deploy() { # NAME DIRECTORY OPTION...
    local name=$1 out=$2
    shift 2
    "$weir_gen" --deploy a.cell --name "$name" --input 2 --hidden 3 --from weights --out "$out" "$@"
}

without_comments() {
    awk '{
        for (kept = ""; $0 != ""; inside = !inside) {
            at = index($0, inside ? "*/" : "/*")
            if (!inside) kept = kept " " (at ? substr($0, 1, at - 1) : $0)
            if (!at) break
            $0 = substr($0, at + 2)
        }
        print kept
    }'
}

# ---- Endings ----

# Of a model called `zzz`: the names of functions and tables, static ones too, and all in capitals.
for options in "" "--lengths --steps 4" "--steps 4 --weights file"; do
    deploy zzz zzz $options || fail "--deploy with $options"
    for source in zzz/src/zzz{,_scalar}.c zzz/test/zzz_test.c; do
        "$cc" -O0 -w -c "$source" -o object.o || fail "$source"
        nm object.o | awk '{ print $NF }' >>found
    done
    cat zzz/*/*.[ch] | without_comments | sed 's/"[^"]*"//g' | grep -oE '\<[A-Z][A-Za-z0-9_]*' >>found
done
sort -u found >own
grep -xiE zzz own && fail "a model's name stands alone."
sed -n 's/^\(zzz\|ZZZ\)_/_/p' own >endings
[[ $(wc -l <endings) -gt 20 ]] || fail "found few names that begin with the model's."

# What such a name may be by accident: what the included headers and the files themselves have. weir_ begins no
# model's name.
headers='stddef stdint string math stdlib stdio stdbool limits float errno assert ctype locale signal fenv'
for header in $headers; do
    echo "#include <$header.h>"
done >all.h
{
    grep -viE '^(zzz|weir)_' own
    "$cc" -std=gnu17 -D_GNU_SOURCE -E -P all.h | grep -oE '[A-Za-z_][A-Za-z0-9_]*'
    "$cc" -std=gnu17 -D_GNU_SOURCE -dM -E all.h | awk '{ print $2 }' | cut -d'(' -f1
} | sort -u | grep '^[A-Za-z]' >others
awk 'NR == FNR { ending[$0]; next }
    { for (e in ending) if (length($0) > length(e) && substr($0, length($0) - length(e) + 1) == e) print }' \
    endings others >same
[[ ! -s same ]] || fail "a model may be called so that its names are these: $(xargs <same)"

# ---- One project ----

# All are configured; those are built that have most of their own in the way.
models='m test run all clean install package help rebuild_cache weights kernel_a lc fp int class linux endian'
built='m test run lc endian'
printf 'cmake_minimum_required(VERSION 3.13)\nproject(every C)\nenable_testing()\n' >CMakeLists.txt
for model in $models; do
    deploy "$model" "of_$model" --isa scalar
    echo "add_subdirectory(of_$model)" >>CMakeLists.txt
done
for model in $built; do
    [[ -z $cxx ]] || "$cxx" -std=c++17 -x c++ -Wall -Wextra -Werror -pedantic -fsyntax-only -include all.h "of_$model/src/$model.c" \
        2>errors || fail "$model as C++: $(head -n 12 errors)"
done
"$cmake" -S . -B build -DCMAKE_C_COMPILER="$cc" >log 2>&1 || fail "$(tail -n 20 log)"
# shellcheck disable=SC2086
"$cmake" --build build --parallel 2 --target ${built// /_test }_test >log 2>&1 || fail "$(tail -n 20 log)"
(cd build && ctest -R "^(${built// /|})$") >log 2>&1 || fail "$(tail -n 20 log)"
grep -q "100% tests passed, 0 tests failed out of $(wc -w <<<"$built")" log || fail "$(tail -n 5 log)"

# What is no name for a model, by a sentence.
for model in weir weir_kernel weir_; do
    ! deploy "$model" refused 2>errors || fail "a model may be called $model."
    grep -q "^weir-gen: --name '$model' begins names as Weir's own do" errors || fail "of $model: $(cat errors)"
done
echo "$(wc -l <endings) endings of names collide with none of $(wc -l <others); $(wc -w <<<"$models") models are one project"
