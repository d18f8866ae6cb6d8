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
