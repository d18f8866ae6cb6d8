# SPDX-License-Identifier: MIT
# What the tests of weir-stock share: a training that takes less than a second, and sentences that
# are expected. Sourced, with the program as the first argument.
. "$(dirname "${BASH_SOURCE[0]}")/../shell.sh"
stock=$(realpath "$1")
make_scratch
cd "$scratch"
bad=0

run() { # ARGUMENT...
    ${EMULATOR:-} "$stock" "$@"
}

# Made-up prices, few units, every kind of randomness.
small=(--data synthetic --days 600 --seed 5 --units 6 --window 7 --dropout 0.3 --epochs 3)

complain() { # WHAT
    echo "$*"
    bad=$((bad + 1))
}

# Status, and the only line on stderr, or its beginning before a *.
expect() { # STATUS SENTENCE ARGUMENT...
    local status=0 wanted=$1 sentence="weir-stock: $2"
    shift 2
    run "$@" >out 2>err </dev/null || status=$?
    if [[ $status -ne $wanted ]]; then
        complain "weir-stock $*: ended with $status instead of $wanted: $(head -c 1000 err)"
    elif [[ $(wc -l <err) -ne 1 || $(<err) != $sentence ]]; then
        complain "weir-stock $*: expected: $sentence; found: $(head -c 1000 err)"
    fi
}

verdict() { # WHAT HOLDS
    [[ $bad -eq 0 ]] || fail "$bad things are wrong"
    echo "$*"
}

same() { # FILE FILE WHAT
    cmp "$1" "$2" || fail "$3"
}
