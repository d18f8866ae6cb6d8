#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Configures and builds one preset and shows how far it is; the whole output is shown only where
# something fails. Usage: build.sh PRESET [option of cmake]...
set -euo pipefail
cd "$(dirname "$0")/.."

preset=$1
log=$(mktemp)
trap 'rm -f "$log"' EXIT

echo "$preset: configuring"
seconds=$SECONDS
if ! cmake --preset "$@" >"$log" 2>&1; then
    cat "$log" >&2
    echo "$preset: could not be configured: see above." >&2
    exit 1
fi
grep -e 'left out' "$log" || true
echo "$preset: configured in $((SECONDS - seconds)) s"

echo "$preset: building"
seconds=$SECONDS
# A line for every tenth of the way.
progress='match($0, /^\[[0-9]+\/[0-9]+\]/) {
    split(substr($0, 2, RLENGTH - 2), step, "/")
    tenth = int(10 * step[1] / step[2])
    if (tenth > last) { last = tenth; printf "%s: built %d%%\n", preset, 10 * tenth; fflush() }
}'
if ! cmake --build --preset "$preset" --parallel "$(getconf _NPROCESSORS_ONLN)" 2>&1 |
    tee "$log" | awk -v preset="$preset" "$progress"; then
    grep -A 40 '^FAILED' "$log" | head -n 120 >&2 || tail -n 40 "$log" >&2
    echo "$preset: could not be built: see above." >&2
    exit 1
fi
echo "$preset: built in $((SECONDS - seconds)) s"
