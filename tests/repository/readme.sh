#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# readme.sh MARKER: runs what README.md or a file of docs/ shows under the comment `<!-- test: MARKER -->`:
# the fenced block that follows it, or all of them, in order, where the file has it more than once. Shell
# runs in a scratch copy of the source tree whose build/ is the build, C is compiled against the build and
# run. From the environment: WEIR_BUILD, and for C also CC, CFLAGS and EMULATOR.
. "$(dirname "$0")/../shell.sh"
marker=$1
: "${WEIR_BUILD:?set it to the build directory}"
make_scratch
cd "$root"
mapfile -t found < <(grep -lxF -- "<!-- test: $marker -->" README.md docs/*.md)
[[ ${#found[@]} -eq 1 ]] ||
    fail "the line <!-- test: $marker --> is to be in one document, and is in ${#found[@]}: ${found[*]}"
document=${found[0]}

# The first line names the language, the rest is the text.
awk -v marker="<!-- test: $marker -->" '
    $0 == marker { armed = 1; next }
    /^```/ && inside { inside = 0; next }
    /^```/ && armed { armed = 0; inside = 1; if (!blocks++) print substr($0, 4); next }
    inside { print }
    END { if (armed || inside) exit 3 }
' "$document" >"$scratch/block" ||
    fail "$document: no complete fenced block follows <!-- test: $marker -->."
language=$(head -n 1 "$scratch/block")
sed 1d "$scratch/block" >"$scratch/text"

case $language in
sh | bash)
    export PATH=$WEIR_BUILD/bin:$PATH XDG_CACHE_HOME=$scratch/cache
    mkdir "$scratch/weir"
    tar -c --exclude=./.git --exclude='./build*' . | tar -x -C "$scratch/weir"
    ln -s "$WEIR_BUILD" "$scratch/weir/build"
    status=0
    (cd "$scratch/weir" && bash -euxo pipefail "$scratch/text") || status=$?
    # A program of the build that cannot run here says so with 77.
    [[ $status -ne 77 ]] || skip "this machine cannot run what $document shows under $marker."
    [[ $status -eq 0 ]] || fail "$document: what it says under $marker does not work."
    ;;
c)
    cp "$scratch/text" "$scratch/program.c"
    libraries=(-lweir -lm)
    if grep -q weir_train.h "$scratch/program.c"; then
        libraries=(-lweir_train "${libraries[@]}")
    fi
    # CC, CFLAGS and EMULATOR are lists of words.
    ${CC:-cc} -std=c17 -Wall -Wextra -Werror ${CFLAGS:-} -Iruntime -Iruntime/train \
        "$scratch/program.c" -o "$scratch/program" -L"$WEIR_BUILD/lib" -Wl,-rpath,"$WEIR_BUILD/lib" \
        "${libraries[@]}"
    (cd "$scratch" && ${EMULATOR:-} ./program) || fail "$document: the program under $marker fails."
    ;;
*)
    fail "$document: the block under $marker is marked \`$language\`; it must be sh or c."
    ;;
esac
echo "$document: $marker works"
