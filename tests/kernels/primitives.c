/* SPDX-License-Identifier: MIT */
/* The functions of primitives.h by those of one ISA: PRIMITIVES is the name of the table,
 * PRIMITIVES_HEADER the header of maths. */
#include PRIMITIVES_HEADER
#include "quantise.h"

#include "kernels/primitives.h"

WEIR_ISA_BEGIN

static void bf16(const uint32_t *pairs, float *even, float *odd)
{
    const v_words words = v_load_words(pairs);
    v_store_first(even, v_bf16_even(words), V_LANES);
    v_store_first(odd, v_bf16_odd(words), V_LANES);
}

static void f16(const uint16_t *halves, float *to)
{
    v_store_first(to, v_f16(halves), V_LANES);
}

static void to_float(const int32_t *from, float *to)
{
    v_store_first(to, v_int_to_float(v_load_words(from)), V_LANES);
}

static void dot(int32_t *acc, const int8_t *weights, const int8_t *row, size_t quads)
{
    v_words sums = v_load_words(acc);
    for (size_t k = 0; k < quads; k++)
        sums =
            v_dot8(sums, v_load_words(weights + k * 4 * V_LANES), v_dot8_quad(row + WEIR_QUAD * k));
    memcpy(acc, &sums, sizeof sums);
}

static void dot_apart(int32_t *acc, const int8_t *weights, const int8_t *row)
{
    const v_words sums = v_dot8(v_load_words(acc), v_load_words(weights), v_load_quads(row));
    memcpy(acc, &sums, sizeof sums);
}

static void less(int32_t *acc, const int32_t *zeros, int32_t sum)
{
    const v_words left = v_less(v_load_words(acc), v_load_words(zeros), sum);
    memcpy(acc, &left, sizeof left);
}

static int32_t sum_bytes(const int8_t *row, size_t n, int32_t missing)
{
    return weir_sum_bytes(row, n, &(struct weir_quantised){.missing = missing});
}

static void quantise(const float *v, size_t n, int8_t *q, float *scale, int32_t *missing)
{
    struct weir_quantised row;
    weir_quantise_row(v, n, q, &row);
    *scale = row.scale;
    *missing = row.missing;
}

WEIR_ISA_END

const struct primitives PRIMITIVES = {V_LANES, WEIR_DOT_BIAS, WEIR_QUAD, bf16,
                                      f16,     to_float,      dot,       dot_apart,
                                      less,    sum_bytes,     quantise};
