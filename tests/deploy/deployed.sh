# SPDX-License-Identifier: MIT
# What the tests of deployed directories share. Sourced after shell.sh.

# Compiles every file of a directory to an object in it, with the flags that its README.md names;
# by `weir_gen`, which the test sets.
compile_deployed() { # DIR COMPILER FLAG...
    local folder=$1 source isa flags
    shift
    rm -f "$folder"/*.o
    for source in "$folder"/{src,test}/*.c; do
        [[ -e $source ]] || continue
        isa=scalar
        if [[ $source =~ _(avx2|avx512)\.c$ && $("$1" -dumpmachine) == x86_64* ]]; then
            isa=${BASH_REMATCH[1]}
        fi
        flags=$("$weir_gen" --flags "$isa") || fail "there are no flags for $isa."
        read -ra flags <<<"$flags"
        "$@" "${flags[@]}" -Wall -Wextra -Werror -pedantic -I "$folder/include" -c "$source" \
            -o "$folder/$(basename "$source" .c).o" ||
            fail "$* does not take $(basename "$source")."
    done
}
