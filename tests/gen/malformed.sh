#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# malformed.sh WEIR_GEN: every cell file of tests/gen/malformed/, and some that are too large or too
# binary to be kept and are made here, is refused with status 2 and exactly the error that
# tests/gen/malformed/expected.txt has for it: place, sentence, the line, and a caret under the column.
# Nothing crashes, hangs or is written, and no sanitizer has anything to say. Cells that are only
# odd are read.
. "$(dirname "$0")/../shell.sh"
weir_gen=$(realpath "$1")
table=$root/tests/gen/malformed/expected.txt
make_scratch
cp "$root"/tests/gen/malformed/*.cell "$scratch"
cd "$scratch"

# ---- Files that are made here ----

repeat() { # TEXT TIMES
    awk -v text="$1" -v times="$2" 'BEGIN { for (; times > 0; times--) printf "%s", text }'
}

numbered() { # LINE TIMES: with every # as a number, from 1
    local i
    for ((i = 1; i <= $2; i++)); do
        echo "${1//\#/$i}"
    done
}

sum_of() { # TIMES
    echo "h' = 0$(numbered '+a#' "$1" | tr -d '\n')"
}

cell() { # FILE: a cell around the lines on standard input
    { printf 'cell a\ninput x\nstate h\n' && cat; } >"$1.cell"
}

make_binary() {
    printf 'cell a\0\ninput x\n' >nul_in_line.cell
    printf 'cell a\ninput x\nstate h\n%s\0' "h' = tanh(W@x)" >nul_at_end.cell
    head -c 1000000 /dev/zero >nothing_but_nul.cell
    printf '\177ELF\2\1\1\0\0\0' >executable.cell
    printf '\377\376c\0e\0l\0l\0 \0a\0\n\0' >utf16.cell
    printf 'cell a\r\ninput x\r\nstate h\r\nh'"'"' = tanh(W@y)\r\n' >crlf.cell
    printf 'cell a\rinput x\rstate h\r' >cr_only.cell
    printf 'cell\ta\ninput\tx\nstate\th\nh'"'"'\t=\ttanh(W@x;\n' >tabs.cell
}

make_long() {
    cell line_of_a_megabyte <<<"h' = tanh(W@x)$(repeat ' + 1' 250000)"
    cell line_of_1001_characters <<<"# $(repeat . 999)"
    cell name_of_a_thousand_letters <<<"h' = $(repeat b 900)*tanh(W@x)"
    cell spaces_before <<<"$(repeat ' ' 900)h = tanh(W@x)"
    repeat '# nothing\n' 500000 >file_of_5_megabytes.cell
    cell deep_parentheses <<<"h' = $(repeat '(' 200)W@x$(repeat ')' 200)"
    cell deep_minus <<<"h' = $(repeat '-' 200)W@x"
    cell deep_calls <<<"h' = $(repeat 'tanh(' 150)W@x$(repeat ')' 150)"
    cell deep_functions <<<"h' = $(repeat 'elu(' 58)W@x$(repeat ')' 58)"
    cell deep_matrices <<<"h' = $(repeat 'U@' 150)h + W@x"
    cell many_terms <<<"h' = (W@x)*($(repeat H+ 100)H)"
}

make_many() {
    { numbered "a# = W@x + #" 501 && echo "h' = a1"; } | cell too_many_values
    { numbered "a# = A#@x" 201 && echo "h' = a1"; } | cell too_many_matrices
    { numbered "a# = x*(b + #.5)*(b + #.25)*(b + #.75)*(b + #.125)*(b + #.375)" 490 &&
        echo "h' = W@x"; } | cell too_many_operations
    { numbered "a# = tanh(A#@x + b#)" 65 && sum_of 65; } | cell too_many_sums
    { numbered "a# = tanh(A@(x*(b + #)) + B@(x*(b - #)))" 33 && sum_of 33; } | cell too_many_stored_values
    { echo "a1 = tanh(W@x)" &&
        for i in {2..17}; do echo "a$i = tanh(A@a$((i - 1)))"; done && echo "h' = a17"; } |
        cell too_many_stages
}

# ---- What is expected ----

bad=0
complain() { # FILE WHAT
    echo "$1: $2"
    bad=$((bad + 1))
}

# The caret stands under the column of the line as it is shown.
points_at() { # FILE LINE COLUMN
    local shown caret byte
    shown=$(sed -n 2p err | cut -c5-)
    caret=$(sed -n '3s/\^$//p' err | cut -c5-)
    byte=$(sed -n "$2p" "$1" | cut -b"$3" | tr -d '\0')
    [[ $(sed -n '3p' err) == "    $caret^" && $caret =~ ^\ *$ ]] || return 1
    [[ ! $byte =~ [!-~] || ${shown:${#caret}:1} == "$byte" ]]
}

refused() { # FILE PLACE SENTENCE ARGUMENT...
    local file=$1 place=$2 sentence=$3 status=0
    shift 3
    timeout 60 "$weir_gen" "$@" >out 2>err </dev/null || status=$?
    if [[ $status -ne 2 ]]; then
        complain "$file" "weir-gen $* ended with status $status instead of 2: $(head -c 2000 err)"
    elif [[ $(head -n 1 err) != "$file:$place: $sentence" ]]; then
        complain "$file" "expected $file:$place: $sentence"
        head -c 2000 err
    elif [[ $(wc -l <err) -ne 3 ]] || ! LC_ALL=C points_at "$file" "${place%:*}" "${place#*:}"; then
        complain "$file" "expected the line and a caret after the sentence: $(head -c 2000 err)"
    elif [[ -s out ]]; then
        complain "$file" "something was written although the file was refused"
    fi
}

# A row: file | line:column | sentence, or `kernel:` and the sentence where the text can be read and
# only a kernel cannot be made of it.
check_table() {
    local file place sentence size
    while IFS='|' read -r file place sentence; do
        [[ $file != '#'* ]] || continue
        [[ -e $file.cell ]] || fail "$table has a row for $file.cell, which is not there."
        count=$((count + 1))
        echo "$file.cell" >>rows
        if [[ $sentence == kernel:* ]]; then
            "$weir_gen" --dump "$file.cell" >out 2>err || complain "$file" "it should be readable"
        else
            refused "$file.cell" "$place" "$sentence" --dump "$file.cell"
        fi
        for size in 3 any; do
            refused "$file.cell" "$place" "${sentence#kernel:}" \
                --cell "$file.cell" --input $size --hidden $size --isa scalar
        done
    done <"$table"
}

# ---- What is odd and right ----

accepted() { # NAME TEXT
    printf '%b' "$2" >odd
    if ! "$weir_gen" --cell odd --input 3 --hidden 5 --isa scalar >out 2>err; then
        complain "$1" "should be read: $(head -c 2000 err)"
    fi
}

check_odd() {
    local head="cell a\ninput x\nstate h\n" longest
    longest=$(repeat n 24)
    accepted "lines that end in CR LF" "cell a\r\ninput x\r\nstate h\r\nh' = tanh(W@x)\r\n"
    accepted "a last line that does not end" "${head}h' = tanh(W@x)"
    accepted "tabs and spaces" "\tcell\ta \ninput  x\n state\th\t\n\n\nh'\t=tanh( W@ x )  \n"
    accepted "comments everywhere" "# a\n#\ncell a # b\ninput x#\nstate h # ' ( \0377\nh' = W@x # c"
    accepted "a line of 1000 characters" "${head}h' = tanh(W@x) #$(repeat . 984)\n"
    accepted "a name of 24 letters" "${head}$longest = W@x\nh' = $longest\n"
    accepted "a nest of 57" "${head}h' = $(repeat '(' 57)W@x$(repeat ')' 57)\n"
    accepted "an input that is not used" "${head}h' = tanh(U@h)\n"
    accepted "words of C" "cell int\ninput for\nstate if\nif' = tanh(W@for + U@if)\n"
}

make_binary
make_long
make_many
count=0
check_table
for file in *.cell; do
    grep -qxF "$file" rows || complain "$file" "there is no row for it in $table"
done
[[ $count -ge 40 ]] || fail "only $count malformed cells: the corpus should have at least 40."
check_odd
[[ $bad -eq 0 ]] || fail "$bad things went wrong on $count malformed cells."
echo "$count malformed cells are refused, each with its place and sentence"
