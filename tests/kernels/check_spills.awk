# SPDX-License-Identifier: MIT
# check_spills.awk -v neon=0|1 KERNEL.c KERNEL.s: reads from a generated kernel what the loops of its
# tiles should do, then looks at each innermost loop of the same functions in its assembly. A line a
# loop says what is in it; lines that begin with FAILED say what should not be. Which kernels, compilers
# and flags is decided by check_spills.sh.

function failed(what) {
    printf "FAILED %s: %s\n", name, what
    failures++
}

# ---- The C file: per tile, how many inputs (rows) and fused multiply-adds each loop has ----
# Of bytes, products of four columns stand for fused multiply-adds.

BEGIN { product = "^(vfmadd|fmla|vpmaddubsw|vpdpbusd|sdot|sadalp)" }
FNR == 1 { file++ }
file == 1 && /v_(bf16_even|f16|load_words)\(/ { narrow = 1 } # weights are loaded as words and converted
file == 1 && /v_bf16_odd\(/ { masks_most = 1 }

file == 1 && /^WEIR_TILE (tile|ahead|hoisted|wide)/ {
    name = $2
    sub(/\(.*/, "", name)
    tiles[name] = 1
}
file == 1 && /^}/ { name = "" }
file == 1 && name != "" && /^    for \(size_t (k = 0;|i = 0; i < steps)/ { inside = 1; rows = fmas = 0; trips = $8 + 0 }
file == 1 && inside && /= (_mm[0-9]+_set1_ps|vdupq_n_f32|v_dot8_quad)\(/ { rows++ }
file == 1 && inside && /fma|v_dot8\(/ { fmas++ }
file == 1 && inside && /^    }/ {
    inside = 0
    loops[name]++
    expected_rows[name, loops[name]] = rows
    expected_fmas[name, loops[name]] = fmas
    columns[name, loops[name]] = trips
    name_of_all++
}

# ---- The assembly ----

# A compiler may append to a name: tile_6x1.constprop.0.
file == 2 && /^[A-Za-z_][A-Za-z0-9_.]*:/ {
    name = $1
    sub(/[.:].*/, "", name)
    if (name in tiles)
        begin_function()
    else
        name = ""
}
file == 2 && /^[ \t]*\.set[ \t]/ { split($2, alias, ","); seen[alias[1]] = 1 } # the same code as another tile
file == 2 && name != "" { read_line($0) }
file == 2 && name != "" && /^[ \t]*\.size/ { end_function(); name = "" }

function begin_function() {
    lines = back_jumps = 0
    frame = 0
    split("", position)
    seen[name] = 1
}

function read_line(line,    words) {
    sub(/[ \t]+#.*|[ \t]*\/\/.*/, "", line)
    if (line ~ /^\.?L[A-Za-z0-9_]*:/) {
        sub(/:.*/, "", line)
        position[line] = lines + 1
        return
    }
    if (line !~ /^[ \t]+[a-z]/)
        return
    sub(/^[ \t]+/, "", line)
    text[++lines] = line
    # Both registers may serve as any other where there is no frame.
    if (line ~ /^movq?[ \t]+%rsp, *%rbp/ || line ~ /^(mov|add)[ \t]+x29, *sp/)
        frame = 1
    split(line, words, /[ \t]+|, */)
    target = words[line ~ /^(cbn?z|tbn?z)/ ? split(line, words, /[ \t]+|, */) : 2]
    if (line ~ /^(j|b|cb|tb)/ && target in position) {
        from[++back_jumps] = position[target]
        to[back_jumps] = lines
    }
}

function is_innermost(loop,    other) {
    for (other = 1; other <= back_jumps; other++)
        if (other != loop && from[other] >= from[loop] && to[other] <= to[loop])
            return 0
    return 1
}

# Branches of the work after the columns may stand apart, and jump back over some of it: that is no loop
# over columns, in which everything is multiplied and nothing divided.
function has_columns(loop,    i, multiplies) {
    for (i = from[loop]; i <= to[loop]; i++) {
        if (text[i] ~ /^(vdiv|fdiv)/)
            return 0
        multiplies += text[i] ~ product
    }
    return multiplies
}

function end_function(    loop, found) {
    for (loop = 1; loop <= back_jumps; loop++)
        if (is_innermost(loop) && has_columns(loop)) {
            found++
            check_loop(from[loop], to[loop])
        }
    if (found < loops[name] && !is_unrolled())
        failed(loops[name] " loops in C, " found + 0 " in assembly")
}

# Whether there are as many fused multiply-adds as all columns of all loops need: a compiler may write
# a short loop out.
function is_unrolled(    loop, i, needed, there) {
    for (loop = 1; loop <= loops[name]; loop++)
        needed += columns[name, loop] * expected_fmas[name, loop]
    for (i = 1; i <= lines; i++)
        there += text[i] ~ product
    return there >= needed
}

function check_loop(first, last,    i) {
    fma = weights = inputs = moves = others = masks = 0
    for (i = first; i <= last; i++)
        if (neon)
            count_neon(text[i])
        else
            count_x86(text[i])
    printf "    %-14s %2d fma  %2d weight loads  %2d broadcasts  %2d moves  %2d others\n", name, fma,
        weights, inputs, moves, others
    match_loop()
}

# A compiler may unroll: every count is a multiple of what one column needs. It may also name a weight
# vector in memory again for the next row (gcc does for two or three rows on x86). A row of bytes has one
# broadcast, or two where signs are kept apart. The deltas of a wide
# tile lie side by side, as do inputs of the columns of one word: clang loads several as one vector on NEON and multiplies
# by its lanes.
function match_loop(    loop, times, broadcasts) {
    for (loop = 1; loop <= loops[name]; loop++) {
        times = fma / expected_fmas[name, loop]
        broadcasts = times * expected_rows[name, loop]
        if (times >= 1 && times == int(times) && weights <= fma &&
            (inputs == broadcasts || (bytes && inputs == 2 * broadcasts) ||
             (neon && (narrow || name ~ /^wide/) && inputs < broadcasts)))
            return
    }
    failed("expected " expected_fmas[name, 1] " fma and " expected_rows[name, 1] \
           " broadcasts a column, and at most a weight load a fma; see the counts above")
}

# What may come from the stack after all. Tiles of the gradient of x fetch the next rows, a line at a time: once in
# sixteen columns gcc takes the address of one from there. With AVX2 the mask of odd columns of bfloat finds no register
# beside twelve accumulators, two weights and an input: once in two columns.
function is_allowed(mnemonic) {
    if (mnemonic ~ /^(vmovdqa|vmovap[sd]|vpand|vandps)/ && ++masks <= masks_most)
        return 1
    return mnemonic ~ /^lea/ || (mnemonic == "movq" && name ~ /^tile_input/)
}

# AT&T: the destination comes last. lea only computes.
function count_x86(line,    mnemonic, destination) {
    mnemonic = line
    sub(/[ \t].*/, "", mnemonic)
    destination = line
    gsub(/\([^)]*\)/, "(memory)", destination)
    sub(/.*[, \t]/, "", destination)
    if (mnemonic !~ /^(nop|lea|j|cmp|test|prefetch)/ && destination ~ /memory/)
        failed("stores in its inner loop: " line)
    if ((line ~ /[(,]%rsp[,)]/ || (frame && line ~ /[(,]%rbp[,)]/)) && !is_allowed(mnemonic))
        failed("spills in its inner loop: " line)
    if (mnemonic ~ /^call/)
        failed("calls in its inner loop: " line)
    if (mnemonic ~ /^vmov(u|dqu)/ && !narrow)
        failed("has an unaligned load in its inner loop: " line)
    if (mnemonic ~ /^(vpmaddubsw|vpdpbusd)/)
        bytes = 1
    if (mnemonic ~ product) {
        fma++
        if (line ~ /{1to/)
            inputs++
        else if (line ~ /\(/)
            weights++
    } else if (mnemonic ~ /^vinsertf/) {
        weights-- # halves of one vector are converted by themselves
    } else if (mnemonic ~ /^(vbroadcastss|vpbroadcastd)/) {
        inputs++
    } else if (mnemonic ~ /^vmov[au]p[sd]/ || (narrow && mnemonic ~ /^v(movdq[au]|pxor|pslld|pand|andps|cvtph2ps)/)) {
        if (line ~ /{1to/)
            inputs++
        else if (line ~ /\(/)
            weights++
        else
            moves++
    } else {
        others++
    }
}

# An input is loaded and spread (ld1r), or loaded into a lane by which fmla multiplies.
function count_neon(line,    mnemonic) {
    mnemonic = line
    sub(/[ \t].*/, "", mnemonic)
    if (mnemonic ~ /^st/)
        failed("stores in its inner loop: " line)
    if (line ~ /\[sp[],]/ || (frame && line ~ /\[x29[],]/))
        failed("spills in its inner loop: " line)
    if (mnemonic ~ /^blr?$/)
        failed("calls in its inner loop: " line)
    if (mnemonic ~ product)
        fma++
    else if (mnemonic == "ld1r" || (mnemonic ~ /^ldu?r$/ && line ~ /[ \t]s[0-9]/))
        inputs++
    else if (mnemonic ~ /^ldu?r$/ && line ~ /[ \t]q[0-9]/)
        weights++
    else if (mnemonic ~ /^ldn?p$/ && line ~ /[ \t]q[0-9]/)
        weights += 2
    else if (mnemonic == "ld1")
        weights += gsub(/v[0-9]+\.4s/, "", line)
    else if (mnemonic ~ /^(mov|orr|dup)$/ && line ~ /[ \t]v[0-9]/)
        moves++
    else
        others++
}

END {
    for (name in tiles)
        if (!(name in seen))
            failed("is not in the assembly")
    if (!name_of_all)
        print "FAILED: no tile with a loop was found in the C file"
    exit failures > 0 || !name_of_all
}
