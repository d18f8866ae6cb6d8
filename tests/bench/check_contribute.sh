#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_contribute.sh BIN: bench/contribute on one small shape, in a tree of its own whose bench/run neither installs nor
# builds; what it measures goes to results/ if the machine was quiet, and into the page.
. "$(dirname "$0")/../shell.sh"
bin=$(cd "$1" && pwd)
make_scratch
mkdir -p "$scratch/tree/bench/shapes" "$scratch/tree/build" "$scratch/tree/results/local"
cd "$scratch/tree"
ln -s "$bin" build/bin
cp "$root/bench/contribute" "$root/bench/report" bench/
echo "tiny lstm 2 64 4 1" >bench/shapes/standard.txt
cat >bench/run <<'END_OF_RUN'
#!/usr/bin/env bash
# --peers --shapes FILE --out PREFIX: measures once. What is not quiet here is this test's business.
[[ $# -eq 5 && $1 == --peers ]] || exit 2
[[ -s kept.json ]] || build/bin/weir-bench "${@:2:2}" --out kept --benchmark_min_time=0.001 --benchmark_repetitions=2 \
    --benchmark_filter='i2_h64__(scalar|avx2|neon)$' >table || exit
cp kept.json "$5.json"
grep -v 'NOT QUIET' kept.md >"$5.md"
[[ -z ${LOUD-} ]] || echo "- NOT QUIET: by a test" >>"$5.md"
END_OF_RUN
chmod +x bench/run

[[ $(bench/contribute --name x --help) == "Usage: bench/contribute "* ]] || fail "--help"
refused() { # STATUS WORDS ARGUMENT...
    local status=$1 words=$2 found=0
    shift 2
    bench/contribute "$@" >out 2>errors || found=$?
    [[ $found -eq $status && $(grep -c ^ <errors) -eq 1 ]] && grep -q "^bench/contribute: .*$words" errors ||
        fail "contribute $*: status $found, $(<errors)"
}
refused 2 "lacks what it takes" --name
refused 2 "cannot be read" --shapes nowhere.txt
refused 2 "cannot be read" --shapes=nowhere.txt
refused 2 "expected a-z" --name ../x
refused 2 "lacks what it takes" --name=
refused 2 "out is not for this" --out=x

bench/contribute --anyway --name 2026-01-01-one-standard >out 2>errors || fail "$(cat out errors)"
for file in results/2026-01-01-one-standard.json results/2026-01-01-one-standard.md results/index.html; do
    [[ -s $file ]] && grep -q "git add.* $file" out || fail "$file is not there, or not what is to be sent: $(<out)"
done
grep -q 'lstm 2x64' results/index.html && grep -q "2026-01-01-one-standard</summary>" results/index.html ||
    fail "the page does not have what was measured."
refused 2 "there is a results/2026-01-01-one-standard.json" --name 2026-01-01-one-standard

# A core that others had is refused, and taken with --anyway. That others are quiet before, this says itself.
sed -i 's/used=$(others)/used=0/' bench/contribute
export LOUD=1
refused 1 "others had the core" --name two
[[ ! -e results/two.json && -s results/local/two.json ]] || fail "what was not quiet went to results/."
bench/contribute --anyway --name two >out || fail "--anyway does not take it."
[[ -s results/two.json ]] || fail "--anyway wrote nothing."
sed -i 's/used=0/used=50/' bench/contribute
refused 1 "that is not quiet" --name three
[[ $(ls bench/shapes) == standard.txt && ! -e results/three.json ]] || fail "it measured all the same."
echo "bench/contribute: one shape from the run to the page"
