/* SPDX-License-Identifier: MIT */
/* What kernels compute with on AVX-512 with its VNNI: all of math_avx512.h, but that
 * v_dot8 is one instruction. */
#ifndef WEIR_MATH_AVX512VNNI_H
#define WEIR_MATH_AVX512VNNI_H

#define WEIR_WITH_VNNI
#include "math_avx512.h"

#endif
