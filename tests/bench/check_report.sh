#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_report.sh BIN: bench/report's program makes one page, the same of the same files, and results/index.html is what
# it makes of all that is kept; what files say is text in it and nothing else, and what is no file of results is refused
# with one sentence.
. "$(dirname "$0")/../shell.sh"
export LC_ALL=C
report=$1/weir-report
make_scratch

[[ $(bash "$root/bench/report" --help) == "Usage: bench/report FILE... --out FOLDER"* ]] || fail "bench/report --help"
"$report" --help | holds '^weir-report FILE... --out FOLDER' || fail "weir-report --help"

# ---- What is kept ----

mkdir "$scratch/results"
cp "$root"/results/*.json "$scratch/results/"
"$report" "$scratch"/results/*.json --out "$scratch/results" >"$scratch/said" || fail "the files of results/ make no page."
cmp "$scratch/results/index.html" "$root/results/index.html" ||
    fail "results/index.html is not what its files make; LC_ALL=C bench/report results/*.json --out results"
[[ $(wc -c <"$root/results/index.html") -lt 600000 ]] || fail "results/index.html has become large."
for file in "$root"/results/*.json; do
    grep -qF " $(basename "$file" .json)</summary>" "$root/results/index.html" || fail "$file is not in the page."
done
! grep -nE '(src|href)="[^#"][^"]*"' "$root/results/index.html" | grep -vE 'href="[^/"]*\.json"' ||
    fail "the page wants more than itself."

# ---- What is said of others ----

# A file with a median of a kernel and of a library, both called as given.
file_of() { # NAME
    printf '{"context": {"cpu": "%s", "date": "%s"}, "benchmarks": [' "$1" "$1"
    for kind in weir "$1"; do
        printf '{"name": "m", "run_name": "%s/%s", "run_type": "aggregate", "aggregate_name": "median", "real_time": 5, ' "$1" "$kind"
        printf '"time_unit": "us", "kind": "%s", "contender": "%s", "shape": "%s", "cell": "%s", "isa": "%s", ' "$kind" "$1" "$1" "$1" "$1"
        printf '"type": "%s", "error": 1e-3, "GFLOP/s": 1, "weights_GB/s": 1, "fraction_of_ceiling": 0.5, "I": 1, "H": 1, "T": 1, "B": 1}%s' \
            "$1" "$([[ $kind == weir ]] && echo ,)"
    done
    echo ']}'
}
name='</title></script><script>alert(1)</script><b onclick=\"x\">&amp;'"'@STYLE@%%s"
file_of "$name" >"$scratch/<b>&.json"
"$report" "$scratch/<b>&.json" --out "$scratch" >"$scratch/said" || fail "names with signs of HTML are refused."
[[ $(grep -c '<script>' "$scratch/index.html") -eq 1 ]] || fail "a name becomes a script."
! grep -qE '<b onclick|<b>&|&amp;amp;amp;' "$scratch/index.html" || fail "a name becomes an element."
grep -qF '&lt;/title&gt;&lt;/script&gt;&lt;script&gt;alert(1)' "$scratch/index.html" || fail "the name is not there as it was."
file_of "$(printf 'a\xff\xc3\xa4\xed\xa0\x80b')" >"$scratch/bytes.json"
"$report" "$scratch/bytes.json" --out "$scratch" >"$scratch/said" || fail "bytes that are no UTF-8 are refused."
iconv -f UTF-8 -t UTF-8 "$scratch/index.html" >"$scratch/again" && cmp -s "$scratch/again" "$scratch/index.html" ||
    fail "the page is no UTF-8."

# A model that Node hides has no ratio.
echo '{"context": {}, "models": [{"name": "m", "runtime": [2], "around": [3], "run": [1], "deployed": [4]}]}' >"$scratch/hidden.json"
"$report" "$scratch/hidden.json" --out "$scratch" >"$scratch/said" || fail "a model that Node hides is refused."
[[ $(grep -o '<b>[^<]*</b></td>' "$scratch/index.html" | sort -u) == "<b>-</b></td>" ]] || fail "a model that Node hides has a ratio."

# ---- What is refused ----

refused() { # WHAT ARGUMENT...
    local what=$1 status=0
    shift
    "$report" "$@" >"$scratch/out" 2>"$scratch/errors" || status=$?
    [[ $status -eq 2 && ! -s $scratch/out && $(wc -l <"$scratch/errors") -eq 1 ]] &&
        grep -qE "^weir-report: .*$what" "$scratch/errors" || fail "$*: status $status, $(<"$scratch/errors")"
}
page=$(<"$scratch/index.html")
echo '{"context": {}, "benchmarks": [{"name": "a", "real_time": -1}]}' >"$scratch/wrong.json"
echo '{"context": {}}' >"$scratch/other.json"
head -c 3000 "$root/results/2026-11-24-amd-epyc.json" >"$scratch/cut.json"
refused "expected files of results" --out "$scratch"
refused "expected --out FOLDER" "$scratch/bytes.json"
refused "--out needs a folder" "$scratch/bytes.json" --out
refused "'--page' is no option" --page
refused "nowhere.json" "$scratch/nowhere.json" --out "$scratch"
refused "wrong.json: .*expected a time" "$scratch/bytes.json" "$scratch/wrong.json" --out "$scratch"
refused "other.json: .*benchmarks" "$scratch/other.json" --out "$scratch"
refused "cut.json: .*JSON" "$scratch/cut.json" --out "$scratch"
refused "a second file called bytes" "$scratch/bytes.json" "$scratch/bytes.json" --out "$scratch"
refused "index.html" "$scratch/bytes.json" --out "$scratch/no/where"
[[ $(<"$scratch/index.html") == "$page" ]] || fail "a page that could not be made is not as it was."
echo "weir-report: the page of $(ls "$root"/results/*.json | wc -l) files, and what is refused"
