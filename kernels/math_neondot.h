/* SPDX-License-Identifier: MIT */
/* What kernels compute with on NEON with dot products of bytes: all of math_neon.h, but that
 * v_dot8 is one instruction. */
#ifndef WEIR_MATH_NEONDOT_H
#define WEIR_MATH_NEONDOT_H

#define WEIR_WITH_DOT
#include "math_neon.h"

#endif
