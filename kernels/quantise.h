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

/* No program, as that divides by zero, where the quads of an ISA take more than WEIR_QUAD_MOST. */
enum { WEIR_QUAD_FITS = 1 / ((int)WEIR_QUAD <= (int)WEIR_QUAD_MOST) };

WEIR_ISA_BEGIN

/* The bytes that n activations take in memory. */
static inline size_t weir_quads(size_t n)
{
    return weir_bytes(n) * WEIR_QUAD / 4;
}

/* The bytes of n zeros from the activation `done` on, which is the first of a vector. */
static inline void weir_store_zeros(int8_t *q, size_t done, size_t n)
{
    memset(q + done * WEIR_QUAD / 4, WEIR_DOT_BIAS, weir_quads(n) - done * WEIR_QUAD / 4);
}

/* With m the largest magnitude among v[0] to v[n - 1]: q[k] is the integer nearest to
 * v[k] * (127 / m), of two as near the even one, and the scale is m / 127. m below 2^-96 counts as
 * 0, far above where 127 / m would overflow: all are 0, and the scale is. Where there is an
 * infinity or a NaN all are 0 and the scale is NaN, so that every sum of the row becomes one.
 * |v[k]| * (127 / m) is at most 127 * (1 + 2^-23), so that nothing is beyond 127 when it has been
 * rounded. q has WEIR_DOT_BIAS added, zeros up to a multiple of WEIR_BYTES_ROW too, to which it is
 * written; v is read no further than n. */
static inline void weir_quantise_row(const float *v, size_t n, int8_t *q,
                                     struct weir_quantised *row)
{
    enum { LEAST = (127 - 96) << 23, INFINITE = 0x7f800000 };
    const size_t whole = n - n % V_LANES;
    v_words greatest = v_words_zero(), missing = v_words_zero();
    for (size_t k = 0; k < whole; k += V_LANES)
        greatest = v_greatest(greatest, v_load_any(v + k));
    if (whole < n)
        greatest = v_greatest(greatest, v_load_first(v + whole, n - whole));
    const int32_t bits = v_highest(greatest);
    if (bits < LEAST || bits >= INFINITE) {
        const uint32_t scale = bits < LEAST ? 0 : 0x7fc00000u;
        memcpy(&row->scale, &scale, sizeof scale);
        row->missing = 0;
        weir_store_zeros(q, 0, n);
        return;
    }
    float m;
    memcpy(&m, &bits, sizeof m);
    const float factor = 127.0f / m;
    row->scale = m / 127.0f;
    for (size_t k = 0; k < whole; k += V_LANES)
        missing = v_store_bytes(q + k * WEIR_QUAD / 4, v_load_any(v + k), factor, missing);
    if (whole < n)
        missing = v_store_bytes(q + whole * WEIR_QUAD / 4, v_load_first(v + whole, n - whole),
                                factor, missing);
    row->missing = v_sum(missing);
    weir_store_zeros(q, whole < n ? whole + V_LANES : n, n);
}

/* The sum of the n bytes of a row that weir_quantise_row wrote. */
static inline int32_t weir_sum_bytes(const int8_t *q, size_t n, const struct weir_quantised *row)
{
    static const int8_t ones[4] = {1, 1, 1, 1};
    const v_words weights = v_every_word(ones);
    v_words sum = v_words_zero();
    for (size_t word = 0; word < weir_bytes(n) / 4; word += V_LANES)
        sum = v_dot8(sum, weights, v_load_quads(q + WEIR_QUAD * word));
    return v_sum(sum) + row->missing - WEIR_DOT_BIAS * (int32_t)weir_bytes(n);
}

/* What a sum of products with a row of bytes begins with: `correction` is -128 times the sum of all
 * weights. */
static inline v_words v_dot8_start(const void *correction, const struct weir_quantised *row)
{
    return WEIR_DOT_BIAS != 0 ? v_load_words(correction) : v_every_word(&row->missing);
}

WEIR_ISA_END

#endif
