#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_call_cost.sh PROGRAM MOST: a step of a stream through weir.h, by PROGRAM, takes at most MOST instructions beside
# those of its tiles, in which are its sums and its elementwise work. Counted by callgrind.
. "$(dirname "$0")/../shell.sh"
most=$2
command -v valgrind >/dev/null && command -v callgrind_annotate >/dev/null || skip "valgrind is missing."
make_scratch
status=0
"$1" >"$scratch/said" || status=$?
[[ $status -ne 77 ]] || skip "$(<"$scratch/said")"
[[ $status -eq 0 ]] || fail "$(<"$scratch/said")"

# Which library a name is in is looked up by the first call of it: not what a step costs.
LD_BIND_NOW=1 valgrind --tool=callgrind --callgrind-out-file="$scratch/counts" --toggle-collect=weir_layer_forward "$1" \
    >"$scratch/said" 2>&1 || fail "callgrind: $(<"$scratch/said")"
callgrind_annotate --threshold=100 --show-percs=no "$scratch/counts" >"$scratch/page" || fail "callgrind_annotate"
read -r tiles rest < <(awk '$2 ~ /:/ && $1 ~ /^[0-9,]+$/ {
    gsub(",", "", $1)
    if ($2 ~ /:tile_/)
        tiles += $1
    else
        rest += $1
} END { print int(tiles / 1000), int(rest / 1000) }' "$scratch/page")
[[ $tiles -gt 500 && $rest -gt 0 ]] || fail "found no tiles, or nothing else, in: $(<"$scratch/page")"
[[ $rest -le $most ]] || fail "a call takes $rest instructions beside $tiles in tiles, expected at most $most:
$(grep -E '^ *[0-9,]+ +[^ ]*:' "$scratch/page")"
echo "a call takes $rest instructions beside $tiles in tiles"
