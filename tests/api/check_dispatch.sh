#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_dispatch.sh BIN LEVEL [EMULATOR [OPTION]...]: on the CPU that the emulator plays, or on this
# one, weir-info chooses LEVEL, kernels give the right bits, and an ISA that is not to be had is an
# error that lists what is. LEVEL `here` is what the flags of this machine's CPU call for.
. "$(dirname "$0")/../shell.sh"
bin=$1
level=$2
shift 2
emulator=("$@")
make_scratch
unset WEIR_ISA WEIR_KERNEL WEIR_VERBOSE

if [[ ${#emulator[@]} -gt 0 ]]; then
    command -v "${emulator[0]}" >/dev/null || skip "${emulator[0]} is not here."
fi

has_flags() {
    local flag
    for flag in "$@"; do
        grep -qwE "(flags|Features)[[:space:]]*:.* $flag" /proc/cpuinfo || return 1
    done
}

if [[ $level == here ]]; then
    case "${emulator[*]:-$(uname -m)}" in
    *aarch64*cortex-a53*) level=neon ;;
    *qemu-aarch64*) level=neondot ;; # the CPU that it plays unasked has all that it knows
    *aarch64* | *arm64*)
        level=neon
        ! has_flags asimddp || level=neondot
        ;;
    *)
        [[ -r /proc/cpuinfo ]] || skip "there is no /proc/cpuinfo to compare with."
        level=scalar
        while read -r isa flags; do
            # shellcheck disable=SC2086
            ! has_flags $flags || level=$isa
        done <<'END'
avx2 avx2 fma f16c
avx2vnni avx2 fma f16c avx_vnni
avx512 avx2 fma f16c avx512f avx512bw avx512dq avx512vl
avx512vnni avx2 fma f16c avx512f avx512bw avx512dq avx512vl avx512_vnni
END
        ;;
    esac
fi

# Runs a program of the build; sets `status`, and leaves what it says in $scratch/out and err.
run() { # [NAME=VALUE]... PROGRAM [ARGUMENT]...
    local settings=()
    while [[ $1 == *=* ]]; do
        settings+=("$1")
        shift
    done
    status=0
    env "${settings[@]}" "${emulator[@]}" "$bin/$1" "${@:2}" >"$scratch/out" 2>"$scratch/err" ||
        status=$?
}

expect_level() { # LEVEL WHEN
    [[ $status -eq 0 ]] && grep -q "^Level *$1:" "$scratch/out" || {
        cat "$scratch/out" "$scratch/err" >&2
        fail "weir-info should choose $1 $2 (its status is $status)."
    }
}

# An error, in one sentence, that names what was asked for and the level that is there instead.
expect_refusal() { # ISA
    [[ $status -eq 2 && ! -s $scratch/out ]] && grep -q "$1" "$scratch/err" &&
        grep -q "$level" "$scratch/err" && grep -q scalar "$scratch/err" || {
        cat "$scratch/out" "$scratch/err" >&2
        fail "WEIR_ISA=$1 should be an error with status 2 that lists what is there, not $status."
    }
}

run weir-info
expect_level "$level" "on this CPU"
isas=$(sed -n 's/^ISAs *//p' "$scratch/out" | tr -d ,)
[[ -n $isas ]] || fail "weir-info lists no ISAs."
while read -r isa runs; do
    run WEIR_ISA="$isa" weir-info
    if [[ $runs == yes ]]; then
        expect_level "$isa" "with WEIR_ISA=$isa"
    else
        expect_refusal "$isa"
    fi
done < <(xargs -n 2 <<<"$isas")
run WEIR_ISA=nonsense weir-info
expect_refusal nonsense

run check_hashes "$root/tests/hashes.txt"
[[ $status -eq 0 ]] || {
    tail -n 20 "$scratch/out" "$scratch/err" >&2
    fail "check_hashes ended with status $status."
}
echo "level $level; ISAs: $isas"
tail -n 1 "$scratch/out"
