#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Sees to it that what a script needs is there: on Debian and its kin it installs what is missing,
# elsewhere it names what is missing and how it is called there. Usage: setup.sh GROUP..., with the
# groups of the table. Without what is in the groups `extra`, `all`, `charts` and `peers`, some tests,
# charts and contenders are left out; anything else that stays missing is an error. It builds nothing.
set -euo pipefail

# A probe is command:NAME; file:PATH; python:NAME, a module of the system's own Python, whatever other
# stands first in PATH; header:NAME or library:NAME, for the C compiler; arm64:NAME, a library for the
# AArch64 cross compiler; or clang:FLAG, something that clang must be able to link with. `-` means that it
# is not to be had there, or comes with something else. (Of libraries, headers tell little: both
# architectures find those that are the same for all.)
table() {
    cat <<'END'
#group  probe                          Debian                  Fedora                     Arch                     Homebrew
build   command:cmake                  cmake                   cmake                      cmake                    cmake
build   command:ninja                  ninja-build             ninja-build                ninja                    ninja
build   command:cc                     gcc                     gcc                        gcc                      gcc
build   library:c                      libc6-dev               glibc-devel                glibc                    -
build   library:sleef                  libsleef-dev            sleef-devel                sleef                    sleef
build   library:hwloc                  libhwloc-dev            hwloc-devel                hwloc                    hwloc
build   library:protobuf-c             libprotobuf-c-dev       protobuf-c-devel           protobuf-c               protobuf-c
build   command:protoc-c               protobuf-c-compiler     protobuf-c-compiler        protobuf-c               protobuf-c
build   library:cjson                  libcjson-dev            cjson-devel                cjson                    cjson
bench   command:c++                    g++                     gcc-c++                    gcc                      gcc
bench   library:benchmark              libbenchmark-dev        google-benchmark-devel     benchmark                google-benchmark
charts  command:gnuplot                gnuplot-nox             gnuplot-minimal            gnuplot                  gnuplot
peers   library:dnnl                   libdnnl-dev             onednn-devel               onednn                   onednn
peers   library:openblas               libopenblas-dev         openblas-devel             openblas                 openblas
tests   command:pkg-config             pkg-config              pkgconf-pkg-config         pkgconf                  pkgconf
extra   header:simde/x86/avx512.h      libsimde-dev            simde-devel                simde                    simde
extra   command:clang-format-14        clang-format-14         clang-tools-extra          clang14                  clang-format
extra   command:qemu-x86_64            qemu-user               qemu-user                  qemu-user                -
extra   file:/usr/share/libonnx-testdata libonnx-testdata        -                          -                        -
extra   command:mpicc                  libopenmpi-dev          openmpi-devel              openmpi                  open-mpi
extra   command:mpirun                 openmpi-bin             openmpi                    openmpi                  open-mpi
extra   command:ip                     iproute2                iproute                  iproute2                 -
clang   command:clang                  clang                   clang                      clang                    llvm
clang   command:clang++                clang                   clang                      clang                    llvm
clang   clang:-fsanitize=fuzzer        libclang-rt-dev         compiler-rt                compiler-rt              llvm
all     command:musl-gcc               musl-tools              musl-gcc                   musl                     -
all     command:x86_64-w64-mingw32-gcc gcc-mingw-w64-x86-64    mingw64-gcc                mingw-w64-gcc            mingw-w64
all     python:torch                   python3-torch           python3-torch              python-pytorch           -
all     python:onnx                    python3-onnx            python3-onnx               -                        -
all     command:node                   nodejs                  nodejs                     nodejs                   node
all     command:chromium               chromium                -                          chromium                 -
all     command:chromedriver           chromium-driver         chromedriver               -                        -
all     file:/usr/share/benchmark/compare.py libbenchmark-tools -                         -                        -
all     python:scipy                   python3-scipy           python3-scipy              python-scipy             -
neon    command:aarch64-linux-gnu-gcc  gcc-aarch64-linux-gnu   gcc-aarch64-linux-gnu      aarch64-linux-gnu-gcc    -
neon    command:aarch64-linux-gnu-g++  g++-aarch64-linux-gnu   gcc-c++-aarch64-linux-gnu  aarch64-linux-gnu-gcc    -
neon    arm64:c                        libc6-dev-arm64-cross   sysroot-aarch64-fc-glibc   aarch64-linux-gnu-glibc  -
neon    arm64:sleef                    libsleef-dev:arm64      -                          -                        -
neon    arm64:hwloc                    libhwloc-dev:arm64      -                          -                        -
neon    arm64:protobuf-c               libprotobuf-c-dev:arm64 -                          -                        -
neon    arm64:cjson                    libcjson-dev:arm64      -                          -                        -
neon    arm64:benchmark                libbenchmark-dev:arm64  -                          -                        -
neon    command:qemu-aarch64           qemu-user               qemu-user                  qemu-user                -
END
}

has_library() { # COMPILER NAME
    echo 'int main(void) { return 0; }' | "$1" -x c - -o /dev/null "-l$2" >/dev/null 2>&1
}

has_module() { # NAME
    local python=/usr/bin/python3
    [[ -x $python ]] || python=python3
    "$python" -c 'import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)' "$1" 2>/dev/null
}

is_there() { # PROBE
    local what=${1#*:}
    case $1 in
    command:*) command -v "$what" >/dev/null ;;
    python:*) has_module "$what" ;;
    file:*) [[ -e $what ]] ;;
    header:*) printf '#if !__has_include(<%s>)\n#error\n#endif\n' "$what" | cc -E - >/dev/null 2>&1 ;;
    library:*) has_library cc "$what" ;;
    arm64:*) has_library aarch64-linux-gnu-gcc "$what" ;;
    clang:*)
        echo 'int LLVMFuzzerTestOneInput(const void *, unsigned long);
              int LLVMFuzzerTestOneInput(const void *d, unsigned long n) { return d && n > 9; }' |
            clang "$what" -x c - -o /dev/null >/dev/null 2>&1
        ;;
    esac
}

# Sets `missing`: the rows of the groups asked for whose probe fails.
find_missing() { # GROUP...
    missing=()
    local group row
    while read -r row; do
        for group in "$@"; do
            if [[ $row == "$group "* ]] && ! is_there "$(awk '{ print $2 }' <<<"$row")"; then
                missing+=("$row")
            fi
        done
    done < <(table)
}

column_of_missing() { # COLUMN
    printf '%s\n' "${missing[@]}" | awk -v c="$1" '$c != "-" && !seen[$c]++ { print $c }'
}

name_missing() {
    echo "Missing here, with the names of their packages:" >&2
    { table | head -n 1 && printf '%s\n' "${missing[@]}"; } | sed 's/^#/ /' |
        awk '{ printf "  %-36s %-24s %-26s %-24s %s\n", $2, $3, $4, $5, $6 }' >&2
    if grep -qvE '^(extra|all|charts|peers) ' <<<"$(printf '%s\n' "${missing[@]}")"; then
        echo "Install them and run this again." >&2
        exit 1
    fi
    echo "Going on without what needs them." >&2
    exit 0
}

install_missing() {
    local packages as_root=() log
    mapfile -t packages < <(column_of_missing 3)
    if [[ $(id -u) -ne 0 ]]; then
        if ! command -v sudo >/dev/null || { ! sudo -n true 2>/dev/null && [[ ! -t 0 ]]; }; then
            echo "Installing ${packages[*]} needs root: run this as root, or with sudo set up." >&2
            name_missing
        fi
        as_root=(sudo)
    fi
    echo "Installing with apt-get: ${packages[*]}"
    log=$(mktemp)
    if [[ " ${packages[*]} " == *:arm64* ]]; then
        "${as_root[@]}" dpkg --add-architecture arm64
    fi
    if ! { "${as_root[@]}" apt-get update &&
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y --no-install-recommends "${packages[@]}"; } >"$log" 2>&1; then
        tail -n 30 "$log" >&2
        echo "apt-get could not install all of ${packages[*]}: see above." >&2
        rm -f "$log"
        exit 1
    fi
    rm -f "$log"
}

distribution=unknown
if [[ -r /etc/os-release ]]; then
    distribution=$(. /etc/os-release && echo " $ID ${ID_LIKE:-} ")
fi

find_missing "$@"
if [[ ${#missing[@]} -gt 0 ]]; then
    # Only Debian serves arm64 packages from where it serves all others.
    if [[ $distribution == " debian "* ]] ||
        { [[ $distribution == *" debian "* ]] && ! grep -q ':arm64$' <<<"$(column_of_missing 3)"; }; then
        install_missing
        find_missing "$@"
    fi
    if [[ ${#missing[@]} -gt 0 ]]; then
        name_missing
    fi
fi
