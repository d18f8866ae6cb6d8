# SPDX-License-Identifier: MIT
# Cross compiling for AArch64 on Debian: the compiler is gcc-aarch64-linux-gnu, libraries are
# Debian's own arm64 packages (multiarch), and programs run under qemu-aarch64. Only weir-gen is
# built for the host: see gen/CMakeLists.txt.
#
# qemu gets no -L: with the cross compiler's ld.so and the C library of the arm64 packages, which
# differ in version, programs hang when they create a thread.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64)
set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig)
