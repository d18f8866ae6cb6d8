#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_words.sh WEIR_GEN CC: a cell, its input, states, values and learned vectors may have any name. Cells
# that are full of words that mean something elsewhere (every keyword of C and C++, every macro and function of
# the headers of C that are here, every name that Weir's own headers, templates and kernels have) become C11,
# C17 with GNU's extensions, and where they are deployed C++17, without a warning, with all those headers
# included before.
. "$(dirname "$0")/../shell.sh"
weir_gen=$(realpath "$1")
cc=$2
cxx=$(cxx_beside "$cc")
make_scratch
cd "$scratch"

# ---- Words ----

# C23 and C++23, with what they say otherwise, and what GNU adds; complex.h is not there, whose I is a size of kernel.h.
cat >keywords <<'END'
alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t char32_t class compl
concept const consteval constexpr constinit const_cast continue contract_assert co_await co_return co_yield decltype
default delete do double dynamic_cast else enum explicit export extern false final float for friend fortran goto if
import inline int long module mutable namespace new noexcept not not_eq nullptr operator or or_eq override private
protected public register reinterpret_cast restrict return short signed sizeof static static_assert static_cast
struct switch synchronized template this thread_local throw true try typedef typeid typename typeof typeof_unqual
union unsigned using virtual void volatile wchar_t while xor xor_eq atomic_cancel reflexpr requires
linux unix i386 arm sun mips vax near far huge interrupt main defined include define undef pragma
END
headers='assert ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg stdbool
    stddef stdint stdio stdlib string threads time uchar wchar wctype unistd pthread sys/wait sys/auxv sys/mman'
for header in $headers; do
    printf '#if __has_include(<%s.h>)\n#include <%s.h>\n#endif\n' "$header" "$header"
done >all.h
identifiers() {
    grep -oE '[A-Za-z_][A-Za-z0-9_]*' "$@" | sort -u
}
{
    tr ' ' '\n' <keywords
    "$cc" -std=gnu17 -D_GNU_SOURCE -dM -E all.h | awk '{ print $2 }' | cut -d'(' -f1
    [[ -z $cxx ]] || "$cxx" -std=gnu++17 -dM -E -x c++ all.h | awk '{ print $2 }' | cut -d'(' -f1
} >first
"$weir_gen" --cell lstm --input 2 --hidden 3 --isa scalar --train >kernel
{
    cat "$root"/kernels/*.h "$root"/kernels/templates/*/*.in kernel | identifiers -
    "$cc" -std=gnu17 -E -P all.h | identifiers -
} >second
# In lower case, as values are; a matrix has a capital. Those of ours, and the rest, once each.
own="^(cell|input|state|[IHP]|$("$weir_gen" --list | sed -n 's/^Operations: //p; s/^  \([a-z_]*\) *(.*/\1/p' |
    tr -s ' ' '\n' | grep '^[a-z]' | paste -sd'|'))\$"
cat first second | awk 'length($0) <= 24 && !seen[$0]++' | grep -vE "$own" | tee all |
    grep '^[a-z]' >words
grep '^[A-Z]' all >matrices
[[ $(wc -l <words) -gt 1000 && $(wc -l <matrices) -gt 500 ]] || fail "there are few words here."
first=$(sort -u first | grep -vE "$own" | grep -cE '^[a-z].{0,23}$')

# ---- Cells ----

# A cell: its number; how many sums, learned vectors and other values it has. Its sums and states are the words
# that come next to those of the cell before it, and so are, out of all others, its vectors and values.
make_cell() { # NUMBER SUMS VECTORS VALUES
    awk -v number="$1" -v sums="$2" -v vectors="$3" -v values="$4" '
        FILENAME == "matrices" { matrix[matrices++] = $0; next }
        { word[count++] = $0 }
        function next_word() { return rest[at++ % left] }
        function by_x() { return matrix[(32 * number + m++ % 16) % matrices] }
        function by_h() { return matrix[(32 * number + 16 + k++ % 16) % matrices] }
        END {
            for (i = 0; i < count; i++) {
                place = (i - sums * number) % count
                if (place < 0) place += count
                if (place < sums) sum[place] = word[i]
                else if (place < sums + 8) s[place - sums] = word[i]
                else rest[left++] = word[i]
            }
            at = (vectors + values) * number
            x = next_word()
            print "cell", sum[0]
            print "input", x
            for (i = 0; i < 8; i++) printf "%s %s", i ? "," : "state", s[i]
            print ""
            for (i = 0; i < sums; i++) printf "%s = tanh(%s@%s + %s@%s)\n", sum[i], by_x(), x, by_h(), s[i % 8]
            value = s[0]
            for (i = 0; i < 4; i++) {
                z = next_word()
                printf "%s = %s", z, value
                for (j = 0; j < sums / 4; j++) printf " + %s@%s", by_h(), sum[i * sums / 4 + j]
                print ""
                value = z
            }
            for (i = 0; i < vectors; i++) vector[i] = next_word()
            for (i = 0; i < values; i++) {
                v = next_word()
                printf "%s = sigmoid(%s)*%s + %s\n", v, value, i % 3 ? s[i % 8] : sum[i % sums], vector[i % vectors]
                value = v
            }
            for (i = 0; i < 8; i++) printf "%s\47 = %s*%s\n", s[i], value, sum[i]
        }' matrices words >"$1.cell"
}

compiles() { # COMPILER... FILE
    "$@" -Wall -Wextra -Werror -fsyntax-only -I"$root/kernels" -include all.h 2>errors ||
        fail "$(tail -n 1 <<<"$*"): $(head -n 12 errors)"
}

# Every word once as a vector or another value, and every keyword and macro as a sum.
sums=60 vectors=100 values=230
by=C++17
[[ -n $cxx ]] || by='not C++17, of which there is no compiler'
cells=$((($(wc -l <words) + vectors + values - 1) / (vectors + values)))
[[ $((cells * sums)) -ge $first ]] || fail "$cells cells are too few."
head -c $((4 * (16 * 3 * 5 + 16 * 5 * 5 + 100 * 5))) /dev/zero >weights
for ((number = 0; number < cells; number++)); do
    make_cell $number $sums $vectors $values
    "$weir_gen" --deploy $number.cell --input 3 --hidden 5 --from weights --name any --out out --isa scalar ||
        fail "$number.cell is not deployed."
    compiles "$cc" -std=c11 -pedantic out/src/any_scalar.c
    compiles "$cc" -std=gnu17 -D_GNU_SOURCE out/src/any_scalar.c
    [[ -z $cxx ]] || compiles "$cxx" -std=c++17 -pedantic -x c++ out/src/any_scalar.c
done
# The gradient has names of its own; its cells are smaller.
for ((number = 0; number < cells / 3; number++)); do
    make_cell $number 32 24 16
    "$weir_gen" --cell $number.cell --input any --hidden any --isa scalar --train -o kernel.c ||
        fail "$number.cell becomes no kernel."
    compiles "$cc" -std=gnu17 -D_GNU_SOURCE kernel.c
done
echo "$(wc -l <words) words, of which $first are keywords and macros, in $cells cells: C11, C17 and $by"
