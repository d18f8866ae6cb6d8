#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_documents.sh BUILD CTEST: what documents say can be found. README.md has at most 200 lines; every
# relative link and every path of the tree in README.md, CONTRIBUTING.md, NEWS.md and docs/ leads
# somewhere; every test that they name exists; every block of shell or C is run by a test.
. "$(dirname "$0")/../shell.sh"
build=$1 ctest=$2
here=$root/tests/repository
cd "$root"
documents=(README.md CONTRIBUTING.md NEWS.md docs/*.md)
faults=0

tell() {
    echo "$*" >&2
    faults=$((faults + 1))
}

# What stands in backticks outside of blocks, one a line: a file of many words counts by its first.
quoted() { # DOCUMENT
    awk '/^```/ { inside = !inside } !inside' "$1" | grep -o '`[^`]*`' | tr -d '`'
}

check_links() { # DOCUMENT
    local target
    while read -r target; do
        [[ -e $(dirname "$1")/$target ]] || tell "$1: its link to $target leads nowhere."
    done < <(grep -o '](\([^)#]*\)' "$1" | sed 's/^](//' | grep -v '^[a-z]*:' | grep .)
}

# A path is a word that begins with a folder of the top level; <isa> and the like stand for anything.
# What is measured or built here is not in the tree.
check_paths() { # DOCUMENT
    local path
    while read -r path; do
        compgen -G "$path" >/dev/null || tell "$1: there is no $path."
    done < <(quoted "$1" | sed 's/[ :].*//; s/<[^>]*>/*/g; s/\.\[ch\]$/.c/' |
        grep -E '^(gen|kernels|runtime|bench|tests|docs|cmake|results)/[][A-Za-z0-9_./*+-]*$' |
        grep -v '^results/local/')
}

# The folders of a tree that is drawn by indentation, two blanks a level.
check_tree() { # DOCUMENT
    local path
    while read -r path; do
        [[ -d $path ]] || tell "$1: the tree that it draws has $path, which is no folder."
    done < <(awk '/^## The tree/ { on = 1; next } /^## / { on = 0 }
        on && match($0, /^ +[a-z_]+\/ /) {
            match($0, /[^ ]/)
            level = (RSTART - 5) / 2
            folder[level] = $1
            path = ""
            for (i = 0; i <= level; i++)
                path = path folder[i]
            print path
        }' "$1")
}

# Tests that exist here; and those that only some configuration has, with X where CMake puts something.
tests() {
    "$ctest" --test-dir "$build" -N | sed -n 's/^ *Test *#[0-9]*: //p'
    grep -rhoE '^ *weir_(test|fuzzer)\([^ ]+' tests --include=CMakeLists.txt |
        sed -E 's/\$\{[^}]*\}/X/g; s/ *weir_fuzzer\(/fuzz./; s/ *weir_test\(//'
    grep -oE '^ *weir_document_test\([a-z]+ [a-z-]+' "$here/CMakeLists.txt" | sed 's/.*(//; s/ /./'
}

# A test is what promises are held by, or a word with a dot that begins as the name of a test.
check_tests() { # DOCUMENT
    local name known
    while read -r name; do
        for known in "${all_tests[@]}"; do
            [[ $known != $name ]] || continue 2
        done
        tell "$1: there is no test $name."
    done < <({
        awk -F'|' '/^## Promises/ { on = 1; next } /^## / { on = 0 } on && NF == 5 { print $4 }' "$1" |
            grep -o '`[^`]*`' | tr -d '`'
        quoted "$1" | grep -E "^($areas)\.[a-z0-9_.*-]+\$" | grep -vE '\.(c|h|cc|md|inc|def|cell|sh|txt|svg)$'
    } | sort -u)
}

check_blocks() { # DOCUMENT
    awk '/^<!-- test: / { marked = 1; next } /^```/ && inside { inside = 0; marked = 0; next }
        /^```/ { inside = 1; if (/^```(sh|bash|c)$/ && !marked) print NR }' "$1" |
        while read -r line; do echo "$1:$line: no test runs this block." >&2; done
    sed -n 's/^<!-- test: \(.*\) -->$/\1/p' "$1" | sort -u | while read -r marker; do
        grep -qE "(^|[ (])$marker([ )]|\$)" "$here/CMakeLists.txt" ||
            echo "$1: nothing runs the test $marker." >&2
    done
}

lines=$(wc -l <README.md)
[[ $lines -le 200 ]] || tell "README.md has $lines lines, expected at most 200."
mapfile -t all_tests < <(tests | sort -u)
areas=$(printf '%s\n' "${all_tests[@]}" | sed -n 's/^\([a-z_]*\)\..*/\1/p' | sort -u | paste -sd'|')
for document in "${documents[@]}"; do
    check_links "$document"
    check_paths "$document"
    check_tree "$document"
    check_tests "$document"
    blocks=$(check_blocks "$document" 2>&1)
    [[ -z $blocks ]] || tell "$blocks"
done
[[ $faults -eq 0 ]] || fail "$faults statements of the documents are wrong: see above."
echo "${#documents[@]} documents name what there is; README.md has $lines lines"
