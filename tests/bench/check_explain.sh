#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_explain.sh BIN CC: bench/explain writes a page with every section, whose phases hold all of the time and all of the
# work; without the tools that are somebody else's it says so; and what makes no sense gets one sentence.
. "$(dirname "$0")/../shell.sh"
bin=$(realpath "$1")
export CC=$2
[[ -x $bin/weir-phases ]] || skip "this build has no weir-phases."
isa=
for each in neon avx2; do
    "$bin/weir-info" | holds "^ISAs.*$each yes" && isa=$each
done
[[ -n $isa ]] || skip "this CPU has neither AVX2 nor NEON."
make_scratch
mkdir -p "$scratch/weir/bench" "$scratch/weir/build"
cp "$root/bench/explain" "$scratch/weir/bench"
ln -s "$root/kernels" "$scratch/weir/kernels"
ln -s "$bin" "$scratch/weir/build/bin"
explain=$scratch/weir/bench/explain
cd "$scratch"

has() { # PAGE TEXT...
    local text
    for text in "${@:2}"; do
        grep -qF -- "$text" "$1" || fail "the page of $1 lacks: $text; it is:"$'\n'"$(<"$1")"
    done
}
column() { # PAGE NUMBER PATTERN: the sum of that column over the rows of phases that have the pattern
    sed -n '/^## Phases/,/^One after/p' "$1" | grep -- "$3" | cut -d '|' -f "$2" | awk '{ sum += $1 } END { print sum + 0 }'
}
near() { # WHAT FOUND LEAST MOST
    awk -v found="$2" -v least="$3" -v most="$4" 'BEGIN { exit !(found >= least && found <= most) }' ||
        fail "$1: $2, expected $3 to $4"
}

# A page: its sections; phases that add up to the call; the work of an LSTM's matrices.
check_page() { # PAGE FUNCTION KFLOP COMMAND...
    "${@:4}" --out "$1" >out 2>errors || fail "${*:4}: $(<errors)"
    [[ ! -s out ]] || fail "--out writes to stdout as well: $(<out)"
    has "$1" "- CPU: " "- plan: \`" "**Bound by** " "## Ceilings of this core" "| loads from L1 |" "## Phases of a call" \
        "A time stamp waits" "## Inner loops as compiled" "## Instructions of a call" "\`$2\`" "elementwise work: \`units"
    read -r phases whole < <(sed -n 's/^One after another the phases take \([0-9.]*\) us.*\*\*\([0-9.]*\) us.*/\1 \2/p' "$1")
    near "$1: us of all phases to those of the call" "$(awk "BEGIN { print $phases / $whole }")" 0.6 1.8
    near "$1: us of the phases' rows" "$(awk "BEGIN { print $(column "$1" 9 '^| ') - $phases }")" -0.1 0.1
    ! grep -F "| none |" "$1" || fail "$1: a function of the kernel has no loops, or is not found"
    near "$1: kFLOP in tiles" "$(column "$1" 4 'sums\|ahead')" "$3" "$3"
}

check_page one tile_1x2 338 "$explain" lstm 2 64 10 1 $isa --plan vectors=2,rows=4,sums=0,hoist=0
has one "vectors=2,rows=4,"
! command -v objdump >/dev/null || has one "The loop of \`tile_1x2\`:" "| \`tile_1x2\`, "
# Sanitizers and valgrind do not go together.
! command -v valgrind >/dev/null || ldd "$bin/weir-phases" | holds 'lib[a-z]*san' || has one "| all | "

# Without the tools of others; several rows, by a tile for products ahead and one for the rest; bytes of weights, which are
# those that lie there: 40 for a row of 32 columns, as 8 stand before them, and where rows are few 128, for up to 64 columns.
mkdir tools
cp -s /usr/bin/* tools/ 2>/dev/null || true
rm -f tools/objdump tools/*-objdump tools/llvm-mca* tools/valgrind
check_page many hoisted_3x1 786 env PATH="$PWD/tools" "$explain" lstm 32 32 16 3 $isa --type i8 \
    --plan sums=0,rows=3,batch_vectors=1,hoist=12,fused=0
has many "objdump is missing" "valgrind is missing" "\`ahead_3x1\`"
near "KB of weights in tiles" "$(column many 5 'sums\|ahead')" 163.8 163.9
few=$("$bin/weir-gen" --cell gru --input 2 --hidden 3 --isa $isa --type i8 --profile |
    sed -n 's/.* \.kind = WEIR_PHASE_SUMS.* \.weights = \([0-9]*\),.*/\1/p')
near "bytes of few rows of weights" "$few" 2304 2304

refused() { # SENTENCE ARGUMENT...
    local status=0
    "$explain" "${@:2}" >out 2>errors || status=$?
    [[ $status -eq 2 && ! -s out && $(<errors) == $1 ]] ||
        fail "bench/explain ${*:2}: expected 2 and $1; found $status and $(cat out errors)"
}
refused "bench/explain: 0 arguments, expected CELL I H T B ISA; *"
refused "bench/explain: 7 arguments, *" lstm 2 64 10 1 $isa more
refused "bench/explain: '--plans' is no option; *" lstm 2 64 10 1 $isa --plans x
refused "bench/explain: --plan lacks what it takes; *" lstm 2 64 10 1 $isa --plan
refused "weir-gen: --type i4, expected *" lstm 2 64 10 1 $isa --type i4
refused "bench/explain: T is '1 0', expected a number from 1 to 65535." lstm 2 64 "1 0" 1 $isa
refused "bench/explain: B is '0', *" lstm 2 64 10 0 $isa
refused "weir-gen: --isa sse, expected *" lstm 2 64 10 1 sse
refused "weir-gen: --plan: 'speed=9' is not a field and its value, *" lstm 2 64 10 1 $isa --plan speed=9
CC=/nonexistent refused "*bench/explain: the C compiler '/nonexistent' does not compile the kernel." lstm 2 64 10 1 $isa
refused "bench/explain: nowhere/page cannot be written." lstm 2 64 1 1 $isa --out nowhere/page
"$explain" --help | holds '^Usage: bench/explain' || fail "--help"
echo "bench/explain: two pages on $isa"
