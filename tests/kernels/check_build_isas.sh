#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_build_isas.sh CMAKE COMPILER: a build holds the ISAs that WEIR_BUILD_ISAS asks for, no other, and
# what it cannot hold is an error in one sentence. For x86-64. A row of the table: settings, and the
# ISAs of the kernels, or what CMake must say.
. "$(dirname "$0")/../shell.sh"
cmake=$1
compiler=$2
make_scratch

native="scalar"
runs() { # FLAG...
    local flag
    for flag in "$@"; do
        grep -qwE "flags[[:space:]]*:.* $flag" /proc/cpuinfo || return 1
    done
}
[[ -r /proc/cpuinfo ]] || skip "there is no /proc/cpuinfo to compare with."
if runs avx2 fma f16c; then
    native="avx2 $native"
    if runs avx512f avx512bw avx512dq avx512vl; then
        native="avx2 avx512 scalar"
    fi
fi

count=0
while IFS='|' read -r settings isas complaint; do
    status=0
    # shellcheck disable=SC2086
    "$cmake" -S "$root" -B "$scratch/build" -DCMAKE_C_COMPILER="$compiler" -DWEIR_BENCH=OFF \
        "-DWEIR_ONLY=^(dense|rnn_tanh)_f32_any__[a-z0-9]*$" $settings >"$scratch/said" 2>&1 || status=$?
    if [[ -z $complaint ]]; then
        [[ $status -eq 0 ]] || { cat "$scratch/said"; fail "$settings: CMake ended with status $status."; }
        built=$(sed -n 's/^WEIR_KERNEL(.*__\(.*\))$/\1/p' "$scratch/build/generated/kernels.inc" | sort -u | xargs)
        [[ $built == "$isas" ]] || fail "$settings: the build holds kernels for $built, not for $isas."
    else
        # CMake breaks lines where it likes.
        [[ $status -ne 0 ]] && tr -s ' \n' ' ' <"$scratch/said" | holds -F "$complaint" || {
            cat "$scratch/said"
            fail "$settings: CMake should fail and say: $complaint"
        }
    fi
    count=$((count + 1))
done <<END
-DWEIR_TESTS=OFF|avx2 avx512 scalar|
-DWEIR_BUILD_ISAS=native|$native|
-DWEIR_BUILD_ISAS=avx2;avx2|avx2|
-DWEIR_BUILD_ISAS=avx2;scalar|avx2 scalar|
-DWEIR_BUILD_ISAS=all|avx2 avx512 scalar|
-DWEIR_BUILD_ISAS=avx512vnni;scalar|avx512 scalar|
-DWEIR_BUILD_ISAS=avx3||WEIR_BUILD_ISAS: there is no ISA avx3 for this architecture; name some of scalar, avx2, avx2vnni, avx512, avx512vnni, or all, or native.
-DWEIR_BUILD_ISAS=scalar;neon||WEIR_BUILD_ISAS: there is no ISA neon for this architecture
-DWEIR_BUILD_ISAS=||WEIR_BUILD_ISAS=: a build needs an ISA
-DWEIR_BUILD_ISAS=avx2 -DWEIR_TESTS=ON||the tests need scalar, with which they compare: add it, or configure with -DWEIR_TESTS=OFF.
-DWEIR_BUILD_ISAS=all -DWEIR_SIMDE=perhaps||WEIR_SIMDE=perhaps says nothing: it is AUTO, ON or OFF.
END
echo "$count settings of WEIR_BUILD_ISAS and WEIR_SIMDE"
