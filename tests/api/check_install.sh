#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_install.sh BUILD cmake|pkg-config shared|static: installs a build into an empty directory,
# moves it, and builds and runs a program against it from there, as a stranger would: by
# find_package or by pkg-config. From the environment: CC, CFLAGS, EMULATOR and TOOLCHAIN.
. "$(dirname "$0")/../shell.sh"
build=$1
how=$2
library=$3
consumer=$root/tests/api/consumer
make_scratch
unset WEIR_ISA WEIR_KERNEL WEIR_VERBOSE

# Runs a command; its output is of interest only when it fails.
try() {
    "$@" >"$scratch/log" 2>&1 || {
        tail -n 30 "$scratch/log" >&2
        fail "$*"
    }
}

try cmake --install "$build" --prefix "$scratch/first"
prefix=$scratch/moved
mv "$scratch/first" "$prefix"
libraries=$(dirname "$(find "$prefix" -name libweir.a)")
with_train=
[[ ! -e $libraries/libweir_train.a ]] || with_train=yes

case $how in
cmake)
    target=weir::weir
    [[ $library == shared ]] || target=weir::weir_static
    try cmake -G Ninja -S "$consumer" -B "$scratch/build" "-DCMAKE_PREFIX_PATH=$prefix" \
        "-DCMAKE_TOOLCHAIN_FILE=${TOOLCHAIN:-}" "-DLIBRARY=$target"
    try cmake --build "$scratch/build"
    program=$scratch/build/consumer
    ;;
pkg-config)
    command -v pkg-config >/dev/null || skip "pkg-config is not here."
    export PKG_CONFIG_PATH=$libraries/pkgconfig
    options=(--cflags --libs)
    if [[ $library == static ]]; then
        options+=(--static)
        rm "$libraries"/libweir*.so*
    fi
    program=$scratch/consumer
    for part in "" ${with_train:+_train}; do
        try pkg-config "${options[@]}" "weir$part"
        # CC, CFLAGS and what pkg-config says are lists of words.
        try ${CC:-cc} -std=c17 ${CFLAGS:-} "$consumer/consumer$part.c" -o "$program$part" \
            $(pkg-config "${options[@]}" "weir$part") "-Wl,-rpath,$libraries"
    done
    ;;
*) fail "\`$how\` is neither cmake nor pkg-config." ;;
esac

if [[ $library == shared ]]; then
    readelf -d "$program" | holds 'NEEDED.*libweir\.so' || fail "$program does not use libweir.so"
else
    ! readelf -d "$program" | holds 'NEEDED.*libweir' || fail "$program needs a shared libweir"
fi
try ${EMULATOR:-} "$program"
cat "$scratch/log"
if [[ $with_train ]]; then
    try ${EMULATOR:-} "${program}_train"
    cat "$scratch/log"
fi
try ${EMULATOR:-} "$prefix/bin/weir-info"
grep -q '^Level ' "$scratch/log" || fail "the installed weir-info does not tell the level"
echo "an installed and moved tree works by $how, $library"
