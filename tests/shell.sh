# SPDX-License-Identifier: MIT
# What the tests written in shell share: how they end, and a directory of their own. Sourced.
set -euo pipefail
export XDG_CONFIG_HOME=/nonexistent # plans that were measured here are no matter of a test's
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# For what cannot be tested here; CTest counts it.
skip() {
    echo "SKIPPED: $*"
    exit 77
}

# grep -q, of all that comes. By itself grep ends where it finds something, and then what writes to it may end by a signal,
# as which pipefail counts the whole: something that is there would seem not to be.
holds() { # OPTION... PATTERN
    local text
    text=$(cat)
    grep -q "$@" <<<"$text"
}

# Makes an empty directory that goes away with the test; sets `scratch`.
make_scratch() {
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
}

# The C++ compiler that comes with a C compiler; nothing where it is not here.
cxx_beside() { # CC
    command -v "$(sed -E 's/clang(-[0-9]+)?$/clang++\1/; s/gcc(-[0-9]+)?$/g++\1/; s/cc$/c++/' <<<"$1")" || true
}
