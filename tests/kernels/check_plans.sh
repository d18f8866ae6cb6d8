#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_plans.sh WEIR_GEN CHECK_PLANS ISA COMPILER FLAGS [EMULATOR]: a plan changes no result. Kernels
# of four cells and three sizes are generated with plans from a grid, compiled and put beside those of
# the library by CHECK_PLANS: every deviation of one field from the default plan, and a fixed sample of
# the combinations of all fields; a few for size-generic kernels too. Of two cells, kernels that train
# have the deviations in all their passes. COMPILER, FLAGS and EMULATOR are
# lists of words.
# shellcheck disable=SC2086
. "$(dirname "$0")/../shell.sh"
weir_gen=$1
check_plans=$2
isa=$3
compiler=$4
flags=$5
emulator=${6:-}
status=0
$emulator "$check_plans" "$isa" || status=$?
[[ $status -ne 77 ]] || skip "this CPU has no $isa."
[[ $status -eq 0 ]] || fail "$check_plans does not run."
make_scratch

# A line a kernel: cell, input, hidden and projection ("-": none), plan.
list_kernels() {
    awk '
        function random_below(bound) { # Park and Miller 1988: exact in double precision
            state = state * 16807 % 2147483647
            return int(state / 2147483647 * bound)
        }
        function emit(cell, size, plan) {
            split(sizes[size], extent)
            print cells[cell], extent[1], extent[2], cells[cell] ~ /projected/ ? extent[3] : "-", plan
        }
        { field[NR] = $1; values[NR] = NF - 1; for (i = 2; i <= NF; i++) value[NR, i - 2] = $i }
        END {
            split("lstm gru gru_before lstm_projected", cells)
            split("33 20 12,17 15 12,40 64 12", sizes, ",")
            sizes[4] = "any any any"
            state = 1
            for (n = 0; n < 60; n++) {
                plan = ""
                for (f = 1; f <= NR; f++)
                    plan = plan "," field[f] "=" value[f, random_below(values[f])]
                emit(n % 4 + 1, int(n / 4) % 3 + 1, substr(plan, 2))
                if (n < 12)
                    emit(n % 4 + 1, 4, substr(plan, 2))
            }
            for (cell = 1; cell <= 4; cell++)
                for (f = 1; f <= NR; f++)
                    for (i = 0; i < values[f]; i++)
                        emit(cell, (turn++) % 3 + 1, field[f] "=" value[f, i])
            for (cell = 1; cell <= 3; cell += 2)
                for (f = 1; f <= NR; f++)
                    for (i = 0; i < values[f]; i++) {
                        plan = field[f] "=" value[f, i]
                        emit(cell, (turn++) % 4 + 1, plan ",backward." plan ",input." plan)
                    }
        }' <<'GRID' | sort
vectors 1 2 4
rows 1 3 6
batch_vectors 1 2
hoist 0 5 24
hoist_batch 1 4
fused 0 1
tails 0 1
prefetch 0 1 4
fetch_rows 0 1
serpentine 0 1
GRID
}

# The intrinsics are read once: they take longer than most kernels.
flags="-std=c17 $flags -fPIC -I$root/kernels"
$compiler $flags -x c-header "$root/kernels/math_$isa.h" -o "$scratch/math_$isa.h.gch" ||
    fail "$compiler does not compile kernels/math_$isa.h."

# Most fields have their default value in some row of the grid, and many kernels are alike.
number=0
while read -r cell input hidden projection plan; do
    arguments=(--cell "$cell" --input "$input" --hidden "$hidden" --isa "$isa" --plan "$plan")
    [[ $projection == - ]] || arguments+=(--projection "$projection")
    [[ $plan != *backward.* ]] || arguments+=(--train)
    "$weir_gen" "${arguments[@]}" -o "$scratch/kernel.c"
    symbol=$(sed -n 's/^const struct weir_kernel \(.*\) = {$/\1/p' "$scratch/kernel.c")
    effective=$(sed -n '/^ *\.plan = /,/,$/p' "$scratch/kernel.c" | grep -o '[a-z_]*=[0-9]*' |
        paste -s -d , -)
    [[ $plan != *backward.* ]] || effective+=,trains
    [[ -n $symbol && ",$effective," == *",${plan%%,*},"* ]] ||
        fail "weir-gen ${arguments[*]} gives a kernel whose plan is '$effective'."
    ! grep -qxF "$symbol $effective" "$scratch/known" 2>/dev/null || continue
    echo "$symbol $effective" >>"$scratch/known"
    number=$((number + 1))
    $compiler $flags -I"$scratch" -include "math_$isa.h" -shared "$scratch/kernel.c" \
        -o "$scratch/$number.so" -lm || fail "weir-gen ${arguments[*]}: it does not compile."
    echo "$scratch/$number.so $symbol" >>"$scratch/list"
done < <(list_kernels)
[[ $number -ge 80 ]] || fail "only $number different kernels were made of the grid."
$emulator "$check_plans" "$isa" "$scratch/list"
