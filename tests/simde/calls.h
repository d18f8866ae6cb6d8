/* SPDX-License-Identifier: MIT */
/* The calls of calls.def behind plain pointers, compiled twice: through SIMDe, and for AVX-512. */
#ifndef WEIR_TESTS_SIMDE_CALLS_H
#define WEIR_TESTS_SIMDE_CALLS_H

#include <stdint.h>

/* Sixteen lanes and as many after them. */
union vector {
    _Alignas(64) float lanes[32];
    uint32_t bits[32];
};

struct operands {
    union vector a, b, c;
    uint16_t mask;
};

struct calls {
    /* One a row of calls.def, in its order: `to` is aligned to 64 bytes, and has 32 floats. */
    void (*const *rows)(const struct operands *in, float *to);
    /* A masked load and a masked store: the lanes of the mask are copied, and no other touched. */
    void (*copy)(float *to, const float *from, uint16_t mask);
};

extern const struct calls simde_calls, native_calls;

/* The lanes from n on of a and b beside one another. */
#define WINDOW(n)                                                                                  \
    BITS(alignr_##n, _mm512_castsi512_ps(_mm512_alignr_epi32(WORDS(b), WORDS(a), n)),              \
         i + n < 16 ? in->a.bits[i + n] : in->b.bits[i + n - 16])

#endif
