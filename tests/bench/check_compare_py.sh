#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_compare_py.sh BIN PYTHON: Google Benchmark's own compare.py (Debian's libbenchmark-tools) reads the files of
# weir-bench, those that are kept and not large, and finds in rounds what bench/compare does: SciPy's Mann-Whitney U has the same p.
. "$(dirname "$0")/../shell.sh"
bin=$(realpath "$1")
python=$2
compare_py=/usr/share/benchmark/compare.py
here=$root/tests/bench/compare
[[ -e $compare_py ]] || skip "there is no $compare_py (Debian: libbenchmark-tools)."
"$python" -c 'import scipy.stats' 2>/dev/null || skip "$python has no SciPy (Debian: python3-scipy)."
make_scratch
cd "$scratch"

# 8 rounds, of which both have an exact p, and 30, of which both have that of the normal distribution.
for rounds in 8 30; do
    for seed in 1 2; do
        for shift in 0 1 2 3 4 5 6 7; do
            echo "small k$shift weir avx2 f32 $((1000 + shift * (seed - 1)))e-3"
        done | awk -v cpu=C -v family=1 -v commit=a -v rounds=$rounds -v seed=$seed -v times=1 -v own=1 -v cap=none \
            -f "$here/run.awk" >$seed.json
    done
    "$python" "$compare_py" --no-color -a benchmarks 1.json 2.json >theirs 2>errors || fail "compare.py: $(<errors)"
    "$bin/weir-compare" 1.json 2.json >ours 2>errors || fail "weir-compare: $(<errors)"
    # Theirs: small/k1_pvalue, of the time and of the processor's, a sentence. It has four digits, ours three.
    join <(awk '/_pvalue/ { sub(/_pvalue/, "", $1); print $1, $2 }' theirs | sort) \
        <(sed -n "s/^\(small[^ ]*\) .* p\([=<][0-9.]*\) n=$rounds\$/\1 \2/p" ours | sort) >both
    [[ $(wc -l <both) -eq 8 ]] || fail "there are not eight of both: $(cat theirs ours)"
    awk '{
            ours = substr($3, 2)
            apart = ours - $2
            if (substr($3, 1, 1) == "<" ? $2 > 0.00105 : apart > 0.00056 || apart < -0.00056)
                exit 1
        }' both || fail "compare.py and weir-compare have another p of $rounds rounds: $(<both)"
    cat both
done

echo 'one gru 1 1 1 1' >shapes
"$bin/weir-bench" --shapes shapes --benchmark_filter=baseline --benchmark_min_time=0.0001 --out auto >table 2>errors ||
    fail "weir-bench: $(<errors)"
# But those of whole models, and large ones: each of its steps looks at all entries.
mapfile -t files < <(find "$root/results" auto.json -maxdepth 1 -name '*.json' -size -300k -exec grep -l '"benchmarks"' {} +)
# Each with itself, by one process, as SciPy takes its time to begin.
"$python" - "${files[@]}" >theirs 2>errors <<'END' || fail "compare.py: $(tail -n 3 theirs errors)"
import sys
sys.path.insert(0, "/usr/share/benchmark")
import compare
for file in sys.argv[1:]:
    print(file, flush=True)
    sys.argv = ["compare.py", "--no-color", "benchmarks", file, file]
    compare.main()
END
[[ $(grep -c '^OVERALL_GEOMEAN  *[+]0[.]0000  *[+]0[.]0000 ' theirs) -eq ${#files[@]} ]] || fail "compare.py: $(<theirs)"
echo "compare.py reads ${#files[@]} files, and has the p of weir-compare"
