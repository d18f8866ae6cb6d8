#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_run.sh: tests/run says how it is used, and what it does not know, at once; and what it says at its
# end of the tests that it ran (tests/repository/summary.awk) follows from their reports alone.
. "$(dirname "$0")/../shell.sh"
make_scratch

[[ $(timeout 10 bash "$root/tests/run" nonsense --help) == Usage:* ]] || fail "tests/run --help says nothing."
status=0
timeout 10 bash "$root/tests/run" --all nonsense >"$scratch/out" 2>"$scratch/error" || status=$?
[[ $status -eq 2 && ! -s $scratch/out && $(wc -l <"$scratch/error") -eq 1 ]] ||
    fail "tests/run nonsense ends with status $status."

# Three ISAs, one of which is run by SIMDe, and one that is only skipped; and a bundle.
cat >"$scratch/isas.inc" <<'END'
WEIR_ISA("scalar")
WEIR_ISA("avx2")
WEIR_BUNDLE("avx2vnni")
WEIR_ISA("avx512")
END
echo "WEIR_KERNEL(lstm_projected_f32_i2_h64_p32__avx2)" >"$scratch/kernels.inc"
echo "simde.hashes" >"$scratch/simde_tests.txt"
cat >"$scratch/tests.xml" <<'END'
	<testcase name="hashes" classname="hashes" time="1.5" status="run">
		<system-out>proved: scalar f32
</system-out>
	</testcase>
	<testcase name="skipped" classname="skipped" time="0.1" status="notrun">
		<skipped message="SKIP_RETURN_CODE=77"/>
		<system-out>proved: avx2 f32
</system-out>
	</testcase>
	<testcase name="simde.hashes" classname="simde.hashes" time="12.25" status="run">
		<system-out>12 hashes
proved: avx512 f32
proved: avx2vnni i8
</system-out>
	</testcase>
END
summarise() { # EVERY
    (cd "$scratch" && awk -v every="$1" -f "$root/tests/repository/summary.awk" preset=default isas.inc \
        kernels.inc ./simde_tests.txt tests.xml) >"$scratch/out"
}
expect() { # LINE
    grep -qxF "$1" "$scratch/out" || fail "the summary lacks '$1': $(<"$scratch/out")"
}
summarise false || fail "what tests/run proves in part is taken for a failure."
! summarise true || fail "an ISA that is not proved is no failure."
expect "  scalar   f32   natively"
expect "  avx2     f32   not"
expect "  avx512   f32   by SIMDe"
expect "  avx2vnni i8    by SIMDe"
[[ $(sed -n 2p "$scratch/out") == *"12.2 s  simde.hashes, default" ]] ||
    fail "the slowest test does not stand first: $(<"$scratch/out")"
sed -i 's/"notrun"/"run"/' "$scratch/tests.xml"
! grep -q every "$scratch/out" || fail "flags of every ISA are taken for an ISA: $(<"$scratch/out")"
summarise true || fail "what is proved is taken for a failure: $(<"$scratch/out")"

# What the other presets leave out by a label, the default one runs.
awk '/"testPresets"/ { tests = 1 } tests && /"name": "default"/ { here = 1 } here && /"filter"/ { found = 1 }
    here && /^    }/ { exit } END { exit !here || found }' "$root/CMakePresets.json" ||
    fail "the test preset default of CMakePresets.json leaves tests out."
echo "tests/run says what it should"
