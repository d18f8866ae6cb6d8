# SPDX-License-Identifier: MIT
# What tests/run says at its end: the slowest tests, and for every ISA and type of kernel how it was proved.
# Of each preset come preset=NAME, the build's isas.inc and kernels.inc, the names of the tests that are run by
# SIMDe, and CTest's report. An ISA is proved where a test passed that said `proved: ISA TYPE` (check_hashes); a
# test that was skipped proves nothing. With every=true, an ISA that is not is status 1.

FNR == 1 { inside = "" }

/^WEIR_ISA\(/ {
    split($0, quoted, "\"")
    if (!known[quoted[2]]++)
        isas[++isa_count] = quoted[2]
}

# It goes beyond an ISA by an instruction for bytes, and has no kernels of other types.
/^WEIR_BUNDLE\(/ {
    split($0, quoted, "\"")
    if (!known[quoted[2]]++)
        bundles[++bundle_count] = quoted[2]
}

/^WEIR_KERNEL\(/ && match($0, /_[a-z0-9]+_(any|i[0-9]+_h[0-9]+)/) {
    type = substr($0, RSTART + 1)
    sub(/_.*/, "", type)
    if (!known_type[type]++)
        types[++type_count] = type
}

FILENAME ~ /simde_tests\.txt$/ { by_simde[preset, $1] = 1 }

function attribute(name) {
    match($0, " " name "=\"[^\"]*\"")
    return substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4)
}

/<testcase / {
    inside = attribute("name")
    has_passed = attribute("status") == "run"
    tests[++test_count] = sprintf("%8.1f s  %s, %s", attribute("time"), inside, preset)
}

inside != "" && has_passed && match($0, /proved: [a-z0-9_]+ [a-z0-9]+$/) {
    split(substr($0, RSTART), word, " ")
    way = "natively"
    if ((preset, inside) in by_simde)
        way = "by SIMDe"
    else if (preset == "neon")
        way = "by qemu"
    if (!proof[word[2], word[3], way]++)
        ways[word[2], word[3]] = ways[word[2], word[3]] (ways[word[2], word[3]] == "" ? "" : ", ") way
}

/<\/testcase>/ { inside = "" }

# The largest first, ten of them.
function print_slowest(    n, k, best) {
    print "The slowest tests:"
    for (k = 1; k <= 10 && k <= test_count; k++) {
        best = 0
        for (n = 1; n <= test_count; n++)
            if (tests[n] != "" && (best == 0 || tests[n] + 0 > tests[best] + 0))
                best = n
        print tests[best]
        tests[best] = ""
    }
}

function print_proof(isa, type,    how) {
    how = ways[isa, type]
    lacking += how == ""
    printf "  %-8s %-5s %s\n", isa, type, how == "" ? "not" : how
}

function print_proofs(    i, t) {
    print "How each ISA was proved equal to the others:"
    for (i = 1; i <= isa_count; i++)
        for (t = 1; t <= type_count; t++)
            print_proof(isas[i], types[t])
    for (i = 1; i <= bundle_count; i++) {
        print_proof(bundles[i], "i8")
        if (known_type["u8"])
            print_proof(bundles[i], "u8")
    }
    if (lacking && every == "true")
        print "An ISA is not proved, as it should be by all presets together: that is a failure."
    else if (lacking)
        print "Of what is not proved here, tests/run --all proves all."
}

END {
    print_slowest()
    print ""
    print_proofs()
    print ""
    exit lacking > 0 && every == "true"
}
