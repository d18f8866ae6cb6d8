/* SPDX-License-Identifier: MIT */
/* Softmax of a few floats, in one order and with the exponential of the scalar kernels: the same
 * bits wherever it is compiled. */
#ifndef WEIR_SOFTMAX_H
#define WEIR_SOFTMAX_H

#include "math_scalar.h"

/* In place; any NaN becomes the one that outputs have. */
static inline void weir_softmax(float *x, size_t count)
{
    float greatest = x[0], sum = 0;
    for (size_t i = 1; i < count; i++)
        greatest = x[i] > greatest ? x[i] : greatest;
    for (size_t i = 0; i < count; i++)
        sum += x[i] = v_exp(x[i] - greatest);
    for (size_t i = 0; i < count; i++) {
        x[i] /= sum;
        x[i] = isnan(x[i]) ? NAN : x[i];
    }
}

#endif
