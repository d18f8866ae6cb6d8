#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# neon_estimates.sh [WEIR_GEN]: the table of results/neon.md, anew: what llvm-mca makes of the inner loops
# of NEON kernels as gcc and clang compile them. Needs Debian's gcc-aarch64-linux-gnu, clang and llvm. Which
# tiles a shape is cut into, the plan decides: where it has changed, so must the list below.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
weir_gen=${1:-$root/build/bin/weir-gen}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Shape, units, tile, and which of its loops. The first of two is over the input, the other over the state.
loops() {
    cat <<'END'
S4  64   hoisted_1x2  1
S4  64   ahead_6x1    1
S8  512  tile_5x1     1
S8  512  tile_5x1     2
S8  512  tile_6x1     1
S8  512  tile_6x1     2
END
}

compile() { # COMPILER KERNEL
    local command=(clang --target=aarch64-linux-gnu)
    [[ $1 == clang ]] || command=(aarch64-linux-gnu-gcc)
    "${command[@]}" -std=c17 -O2 -fPIC -I"$root/kernels" -S "$2.c" -o "$2.$1.s"
}

extract() { # FUNCTION LOOP: the instructions of that innermost loop with an fmla, from standard input
    awk -v name="$1:" -v wanted="$2" '
        $1 == name { inside = 1 }
        /\.size/ { inside = 0 }
        /^\.?L/ { body = ""; next }
        inside && !/\.cfi|\.p2align/ { body = body $0 "\n" }
        inside && /^\tb\.?(ne|cc)/ { if (body ~ /fmla/ && ++n == wanted) printf "%s", body; body = "" }'
}

estimate() { # CPU FMAS: cycles an iteration, and FMAs a cycle, for the loop on standard input
    llvm-mca -mtriple=aarch64 -mcpu="$1" -iterations=1000 |
        awk -v fmas="$2" '/^Total Cycles/ { printf " %.1f | %.2f |", $3 / 1000, 1000 * fmas / $3 }'
}

for H in 64 512; do
    "$weir_gen" --cell lstm --input $H --hidden $H --isa neon -o "$scratch/$H.c"
    compile gcc "$scratch/$H"
    compile clang "$scratch/$H"
done
echo "| | tile | loop | compiler | FMAs | neoverse-n1: cycles | FMAs a cycle | tsv110: cycles | FMAs a cycle |"
echo "|---|---|---|---|---|---|---|---|---|"
while read -r shape H tile loop; do
    for compiler in gcc clang; do
        extract "$tile" "$loop" <"$scratch/$H.$compiler.s" >"$scratch/loop.s"
        fmas=$(grep -c fmla "$scratch/loop.s") || {
            echo "neon_estimates.sh: $compiler's code for $shape has no loop $loop in $tile." >&2
            exit 1
        }
        printf '| %s | `%s` | %s | %s | %s |' "$shape" "$tile" "$loop" $compiler "$fmas"
        for cpu in neoverse-n1 tsv110; do
            estimate $cpu "$fmas" <"$scratch/loop.s"
        done
        echo
    done
done < <(loops)
