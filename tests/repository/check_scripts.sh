#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# No script asks by `| grep -q`: see `holds` in tests/shell.sh.
. "$(dirname "$0")/../shell.sh"
cd "$root"

mapfile -t scripts < <(grep -rlE --exclude-dir='build*' --exclude-dir=.git '^#!.*sh$|set -euo pipefail' . | sort)
[[ ${#scripts[@]} -gt 10 ]] || fail "found no scripts."
if grep -nE '^[^#]*[^|][|] *grep +-[A-Za-z]*q' "${scripts[@]}"; then
    fail "where grep -q ends early, pipefail takes the pipe above for a failure: expected 'holds', or grep -q <<<"
fi
echo "${#scripts[@]} scripts"
