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

static void dot(int32_t *acc, const int8_t *weights, const int8_t *activations, size_t quads)
{
    v_words sums = v_load_words(acc);
    for (size_t k = 0; k < quads; k++)
        sums =
            v_dot8(sums, v_load_words(weights + k * 4 * V_LANES), v_dot8_quad(activations + 4 * k));
    memcpy(acc, &sums, sizeof sums);
}

static void quantise(const float *v, size_t n, int8_t *q, float *scale)
{
    weir_quantise_row(v, n, q, scale);
}

WEIR_ISA_END

const struct primitives PRIMITIVES = {V_LANES, WEIR_DOT_BIAS, bf16, f16, to_float, dot, quantise};
