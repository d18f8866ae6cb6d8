# SPDX-License-Identifier: MIT
# A pairwise covering array. Of each field a line, its name and its values; printed is a line a case, a value
# for each field in their order, so that any value of a field meets any value of any other field in some case.
# Greedy, after Cohen et al. 1997 (AETG), without its chance: the same fields give the same cases. At the
# end what was printed is counted anew, and a pair that is in no case is an error.

{
    values[NR] = NF - 1
    for (v = 2; v <= NF; v++)
        value[NR, v - 1] = $v
}

# The pair of value a of field f and value b of field g, whichever of them comes first.
function pair(f, a, g, b) {
    return f < g ? f SUBSEP a SUBSEP g SUBSEP b : g SUBSEP b SUBSEP f SUBSEP a
}

# How many pairs that are still open value v of field f would close in this case.
function gain(f, v,    g, sum) {
    for (g = 1; g <= NR; g++)
        if (chosen[g] && (pair(f, v, g, chosen[g]) in open))
            sum++
    return sum + 0
}

# The value that closes most; of equal ones that which was chosen least.
function choose(f,    v, most, best) {
    most = -1
    for (v = 1; v <= values[f]; v++)
        if (gain(f, v) > most || (gain(f, v) == most && used[f, v] < used[f, best])) {
            most = gain(f, v)
            best = v
        }
    return best
}

# Begins a case with the first pair that is open.
function begin_case(    f, g, a, b) {
    delete chosen
    for (f = 1; f < NR; f++)
        for (a = 1; a <= values[f]; a++)
            for (g = f + 1; g <= NR; g++)
                for (b = 1; b <= values[g]; b++)
                    if (pair(f, a, g, b) in open) {
                        chosen[f] = a
                        chosen[g] = b
                        return
                    }
}

function end_case(    f, g, text) {
    for (f = 1; f <= NR; f++) {
        text = text (f > 1 ? " " : "") value[f, chosen[f]]
        used[f, chosen[f]]++
        for (g = f + 1; g <= NR; g++)
            if (pair(f, chosen[f], g, chosen[g]) in open) {
                delete open[pair(f, chosen[f], g, chosen[g])]
                left--
            }
    }
    cases[++count] = text
    print text
}

function check_pairs(    n, f, g, a, b, parts) {
    for (n = 1; n <= count; n++) {
        split(cases[n], parts)
        for (f = 1; f <= NR; f++)
            for (g = f + 1; g <= NR; g++)
                seen[f, parts[f], g, parts[g]]
    }
    for (f = 1; f < NR; f++)
        for (g = f + 1; g <= NR; g++)
            for (a = 1; a <= values[f]; a++)
                for (b = 1; b <= values[g]; b++)
                    if (!((f, value[f, a], g, value[g, b]) in seen)) {
                        print "covering.awk: a pair is in no case" >"/dev/stderr"
                        exit 1
                    }
}

END {
    for (f = 1; f < NR; f++)
        for (g = f + 1; g <= NR; g++)
            for (a = 1; a <= values[f]; a++)
                for (b = 1; b <= values[g]; b++) {
                    open[pair(f, a, g, b)]
                    left++
                }
    while (left > 0) {
        begin_case()
        for (f = 1; f <= NR; f++)
            if (!chosen[f])
                chosen[f] = choose(f)
        end_case()
    }
    check_pairs()
}
