/* SPDX-License-Identifier: MIT */
/* What kernels compute with on AVX2 with AVX-VNNI: all of math_avx2.h, but that
 * v_dot8 is one instruction. */
#ifndef WEIR_MATH_AVX2VNNI_H
#define WEIR_MATH_AVX2VNNI_H

#define WEIR_WITH_VNNI
#include "math_avx2.h"

#endif
