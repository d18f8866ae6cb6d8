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

# run_deployed.c with what is compiled in DIR, without its self-test; HOW is what it takes: stream, sequence or lengths.
compile_run() { # DIR HOW CC PROGRAM
    rm "$1/net_test.o"
    "$3" -std=c17 -Wall -Wextra -Werror -I "$1/include" -I "$root/tests" -DMODEL=net -DHEADER='"net.h"' -D"${2^^}" \
        -DINPUTS=NET_INPUTS -DOUTPUTS=NET_OUTPUTS "$root/tests/deploy/run_deployed.c" "$1"/*.o -lm -o "$4"
}

# $weir_gen ends with one sentence, which has this in it, and writes nothing.
refused() { # SENTENCE ARGUMENT...
    local sentence=$1 status=0
    shift
    # What ends with a sentence leaves its memory to the system.
    "$weir_gen" "$@" --out "$scratch/none" >"$scratch/said" 2>"$scratch/error" || status=$?
    [[ $status -eq 2 && $(wc -l <"$scratch/error") -eq 1 ]] && grep -qF -- "$sentence" "$scratch/error" ||
        fail "weir-gen $* ended with $status and '$(cat "$scratch/error")'; expected 2, and '$sentence'."
    [[ ! -e $scratch/none ]] || fail "weir-gen $* wrote something."
}
