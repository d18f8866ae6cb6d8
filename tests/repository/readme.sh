#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# readme.sh MARKER: runs what the README shows under the comment `<!-- test: MARKER -->`: the fenced
# block that follows it, or all of them, in order, where it is there more than once. Shell runs in a
# scratch copy of the source tree, C is compiled against the build and run. From the environment:
# WEIR_BUILD, and for C also CC, CFLAGS and EMULATOR.
. "$(dirname "$0")/../shell.sh"
marker=$1
: "${WEIR_BUILD:?set it to the build directory}"
make_scratch

# The first line names the language, the rest is the text.
awk -v marker="<!-- test: $marker -->" '
    $0 == marker { armed = 1; next }
    /^```/ && inside { inside = 0; next }
    /^```/ && armed { armed = 0; inside = 1; if (!blocks++) print substr($0, 4); next }
    inside { print }
    END { if (armed || inside) exit 3 }
' "$root/README.md" >"$scratch/block" ||
    fail "README.md: no complete fenced block follows <!-- test: $marker -->."
[[ -s $scratch/block ]] || fail "README.md has no line <!-- test: $marker -->."
language=$(head -n 1 "$scratch/block")
sed 1d "$scratch/block" >"$scratch/text"

case $language in
sh | bash)
    export WEIR_SOURCE=$scratch/weir PATH=$WEIR_BUILD/bin:$PATH
    mkdir "$WEIR_SOURCE"
    (cd "$root" && tar -c --exclude=./.git --exclude='./build*' .) | tar -x -C "$WEIR_SOURCE"
    status=0
    (cd "$WEIR_SOURCE" && bash -euxo pipefail "$scratch/text") || status=$?
    # A program of the build that cannot run here says so with 77.
    [[ $status -ne 77 ]] || skip "this machine cannot run what the README shows under $marker."
    [[ $status -eq 0 ]] || fail "README.md: what it says under $marker does not work."
    ;;
c)
    cp "$scratch/text" "$scratch/readme.c"
    libraries=(-lweir -lm)
    if grep -q weir_train.h "$scratch/readme.c"; then
        libraries=(-lweir_train "${libraries[@]}")
    fi
    # CC, CFLAGS and EMULATOR are lists of words.
    ${CC:-cc} -std=c17 -Wall -Wextra -Werror ${CFLAGS:-} -I"$root/runtime" -I"$root/runtime/train" \
        "$scratch/readme.c" -o "$scratch/readme" -L"$WEIR_BUILD/lib" -Wl,-rpath,"$WEIR_BUILD/lib" \
        "${libraries[@]}"
    (cd "$scratch" && ${EMULATOR:-} ./readme) || fail "README.md: the program under $marker fails."
    ;;
*)
    fail "README.md: the block under $marker is marked \`$language\`; it must be sh or c."
    ;;
esac
echo "README.md: $marker works"
