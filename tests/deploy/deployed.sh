# SPDX-License-Identifier: MIT
# What the tests of deployed directories share. Sourced after shell.sh.

# Compiles every file of a directory to an object beside it, with the flags that its README.md names.
compile_deployed() { # DIR COMPILER FLAG...
    local folder=$1 source flags
    shift
    rm -f "$folder"/*.o
    for source in "$folder"/*.c; do
        flags=()
        if [[ $("$1" -dumpmachine) == x86_64* ]]; then
            case $source in
            *_avx2.c) flags=(-mavx2 -mfma) ;;
            *_avx512.c) flags=(-mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma) ;;
            esac
        fi
        "$@" -O2 -ffp-contract=off -fno-math-errno -Wall -Wextra -Werror -pedantic "${flags[@]}" \
            -c "$source" -o "${source%.c}.o" || fail "$* does not take $(basename "$source")."
    done
}
