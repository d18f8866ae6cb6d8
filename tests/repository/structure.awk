# SPDX-License-Identifier: MIT
# structure.awk RULES FILES INCLUDES: see check_structure.sh. INCLUDES has lines `file:line:#include "name"`.

function folder_of(file) {
    return match(file, /\/[^\/]*$/) ? substr(file, 1, RSTART - 1) : "."
}

function complain(sentence) {
    print sentence
    bad++
}

# The file that is meant: from the root of the including file's part of the house, then from the others; of the
# public header weir_train.h the folder is not named. "": none, or a generated one.
function resolve(file, name,    part, n, k) {
    part = file
    sub(/\/.*/, "", part)
    n = split(part " kernels gen runtime runtime/train bench tests", roots, " ")
    for (k = 1; k <= n; k++)
        if ((roots[k] "/" name) in there && (roots[k] != "runtime/train" || name == "weir_train.h"))
            return roots[k] "/" name
    return ""
}

# Whether a folder may include another, by the rules.
function may(from, to,    n, k, list) {
    if (from == to)
        return 1
    n = split(allowed[from], list, " ")
    for (k = 1; k <= n; k++)
        if (may(list[k], to))
            return 1
    return 0
}

# Depth first over `edges`, which hold names separated by blanks; told once a circle.
function visit(node, edges, state, path,    n, k, list) {
    state[node] = 1
    n = split(edges[node], list, " ")
    for (k = 1; k <= n; k++)
        if (state[list[k]] == 1)
            complain("a circle: " path " " node " " list[k])
        else if (!state[list[k]])
            visit(list[k], edges, state, path " " node)
    state[node] = 2
}

FNR == 1 { part++ }
part == 1 && $1 == "folder" {
    allowed[$2] = ""
    for (k = 3; k <= NF; k++)
        allowed[$2] = allowed[$2] " " $k
}
part == 1 && $1 == "top" {
    for (k = 2; k <= NF; k++)
        top[$k] = 1
}
part == 2 {
    there[$0] = 1
    name = $0
    sub(/\/.*/, "", name)
    if (!(name in top) && !told[name]++)
        complain("the top level holds " name ", which tests/repository/structure.txt does not name")
}
part == 3 {
    split($0, place, ":")
    match($0, /"[^"]+"/)
    name = substr($0, RSTART + 1, RLENGTH - 2)
    file = place[1]
    target = resolve(file, name)
    if (target == "") {
        if (name !~ /\.inc$|^onnx\.pb-c\.h$|^bench_commit\.h$/)
            complain(file ":" place[2] ": \"" name "\" is no file, seen from gen/, kernels/, runtime/, bench/ or tests/: name its folder")
        next
    }
    count++
    from = folder_of(file)
    to = folder_of(target)
    if (!(from in allowed))
        complain(file ": tests/repository/structure.txt has no row for " from "/")
    else if (!may(from, to))
        complain(file ":" place[2] ": " from "/ may not include " to "/")
    if (file != target)
        files[file] = files[file] " " target
    if (from != to && !edge[from, to]++)
        folders[from] = folders[from] " " to
}
END {
    for (node in files)
        if (!seen_file[node])
            visit(node, files, seen_file, "")
    for (node in folders)
        if (!seen_folder[node])
            visit(node, folders, seen_folder, "")
    if (!bad)
        print count " includes go one way"
    exit bad > 0
}
