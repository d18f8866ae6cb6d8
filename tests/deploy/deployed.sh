# SPDX-License-Identifier: MIT
# What the tests of deployed directories share. Sourced after shell.sh.

# Compiles every file of a directory to an object in it: any flags do.
compile_deployed() { # DIR COMPILER FLAG...
    local folder=$1 source
    shift
    rm -f "$folder"/*.o
    for source in "$folder"/{src,test}/*.c; do
        [[ -e $source ]] || continue
        "$@" -Wall -Wextra -Werror -pedantic -c "$source" -o "$folder/$(basename "$source" .c).o" ||
            fail "$* does not take $(basename "$source")."
    done
}

# The intrinsics, FOLDER/intrinsics.h, read once: that takes longer than what is deployed.
read_intrinsics() { # FOLDER LANGUAGE COMPILER FLAG...
    printf '#if defined(__x86_64__)\n#include <immintrin.h>\n#elif defined(__aarch64__)\n#include <arm_neon.h>\n#endif\n' \
        >"$1/intrinsics.h"
    "${@:3}" -x "$2-header" "$1/intrinsics.h" -o "$1/intrinsics.h.gch"
}

# A program of many self-tests, of which each has NAME_main in place of main.
write_program() { # FILE NAME...
    local file=$1
    shift
    {
        printf 'int %s_main(int, char **);\n' "$@"
        printf 'int main(int count, char **arguments)\n{\n    int wrong = count < 1;\n'
        printf '    wrong += %s_main(1, arguments);\n' "$@"
        printf '    return wrong != 0;\n}\n'
    } >"$file"
}
