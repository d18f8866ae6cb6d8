/* SPDX-License-Identifier: MIT */
/* A row of activations as bytes, for products with weights of 8 bits. Included after the header of
 * an ISA's maths, of whose functions it is made: exact on every ISA, so that the bytes and their
 * scale depend on nothing but the row. */
#ifndef WEIR_QUANTISE_H
#define WEIR_QUANTISE_H

#include "kernel.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The bytes of a row of n. */
static inline size_t weir_bytes(size_t n)
{
    return (n + WEIR_BYTES_ROW - 1) / WEIR_BYTES_ROW * WEIR_BYTES_ROW;
}

WEIR_ISA_BEGIN

/* With m the largest magnitude among v[0] to v[n - 1]: q[k] is the integer nearest to
 * v[k] * (127 / m), of two as near the even one, and *scale is m / 127. m below 2^-96 counts as 0,
 * far above where 127 / m would overflow: all are 0, and *scale is. Where there is an infinity or a
 * NaN all are 0 and *scale is NaN, so that every sum of the row becomes one. |v[k]| * (127 / m) is
 * at most 127 * (1 + 2^-23), so that nothing is beyond 127 when it has been rounded. q has
 * WEIR_DOT_BIAS added, zeros up to a multiple of WEIR_BYTES_ROW too, to which it is written; v is
 * read no further than n. */
static inline void weir_quantise_row(const float *v, size_t n, int8_t *q, float *scale)
{
    enum { LEAST = (127 - 96) << 23, INFINITE = 0x7f800000 };
    const size_t whole = n - n % V_LANES;
    size_t done = 0;
    v_words greatest = v_words_zero();
    for (size_t k = 0; k < whole; k += V_LANES)
        greatest = v_greatest(greatest, v_load_any(v + k));
    if (whole < n)
        greatest = v_greatest(greatest, v_load_first(v + whole, n - whole));
    const int32_t bits = v_highest(greatest);
    *scale = 0;
    if (bits >= INFINITE) {
        const uint32_t nan = 0x7fc00000u;
        memcpy(scale, &nan, sizeof nan);
    } else if (bits >= LEAST) {
        float m;
        memcpy(&m, &bits, sizeof m);
        const float factor = 127.0f / m;
        *scale = m / 127.0f;
        for (; done < whole; done += V_LANES)
            v_store_bytes(q + done, v_load_any(v + done), factor);
        if (whole < n) {
            v_store_bytes(q + done, v_load_first(v + whole, n - whole), factor);
            done += V_LANES;
        }
    }
    memset(q + done, WEIR_DOT_BIAS, weir_bytes(n) - done);
}

/* What a sum of products of bytes begins with: at `correction` -128 times the sum of all weights.
 */
static inline v_words v_dot8_start(const void *correction)
{
    return WEIR_DOT_BIAS ? v_load_words(correction) : v_words_zero();
}

WEIR_ISA_END

#endif
