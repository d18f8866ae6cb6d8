#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_blanks.sh CMAKE WEIR_GEN...: the build reads a cell's name and whether it has a projection from its file, as
# weir-gen does, whatever blanks stand between the words.
. "$(dirname "$0")/../shell.sh"
cmake=$1
gen=("${@:2}")
make_scratch
cat >"$scratch/read.cmake" <<'END'
include(${ROOT}/cmake/Cells.cmake)
weir_read_cell(${FILE})
message("${name} ${has_projection}")
END

expect_read() { # FILE WHAT
    local said
    "${gen[@]}" --dump "$1" >/dev/null || fail "weir-gen does not take $1."
    said=$("$cmake" "-DROOT=$root" "-DFILE=$1" -P "$scratch/read.cmake" 2>&1)
    [[ $said == "$2" ]] || fail "of $(cat -A "$1") CMake says '$said', not '$2'."
}

count=0
for blank in '' ' ' '   ' '\t' '\r' ' \t\r '; do
    between=${blank:-' '}
    for cell in "lstm_projected ON" "lstm OFF"; do
        # Blanks around every sign and word of the declarations, a comment behind them; lines end with \r or not.
        for end in '' '\r'; do
            sed -E -e "/^(cell|input|state)/{s/([a-zA-Z_]+|[][,])/$blank\1$blank/g;s/ +/$between/g;s/\$/# [P]/}" \
                -e "s/\$/$end/" "$root/kernels/cells/${cell% *}.cell" >"$scratch/a.cell"
            expect_read "$scratch/a.cell" "$cell"
            count=$((count + 1))
        done
    done
done
echo "CMake reads $count files as weir-gen does"
