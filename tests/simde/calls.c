/* SPDX-License-Identifier: MIT */
/* The calls of calls.def: those of AVX-512 itself where this is compiled for it, SIMDe's and the
 * shim's elsewhere. */
#include "simde/calls.h"

#include <immintrin.h>
#include <string.h>

#define WORDS(v) _mm512_castps_si512(v)
#define NUMBERS BITS
#define BITS(name, call, plain)                                                                    \
    MEMORY(name, const __m512 result = call; memcpy(to, &result, sizeof result), plain)
#define MASK(name, call, plain)                                                                    \
    MEMORY(name, const uint32_t lanes = call;                                                      \
           for (int i = 0; i < 16; i++) to[i] = (float)(lanes >> i & 1), plain)
#define MEMORY(name, call, plain)                                                                  \
    static void call_##name(const struct operands *in, float *to)                                  \
    {                                                                                              \
        const __mmask16 mask = in->mask;                                                           \
        __m512 a, b, c;                                                                            \
        memcpy(&a, &in->a, sizeof a);                                                              \
        memcpy(&b, &in->b, sizeof b);                                                              \
        memcpy(&c, &in->c, sizeof c);                                                              \
        (void)a, (void)b, (void)c, (void)mask;                                                     \
        call;                                                                                      \
    }
#include "simde/calls.def"
#undef BITS
#undef MASK
#undef MEMORY

#define BITS(name, call, plain) call_##name,
#define MASK(name, call, plain) call_##name,
#define MEMORY(name, call, plain) call_##name,
static void (*const rows[])(const struct operands *in, float *to) = {
#include "simde/calls.def"
};

static void copy(float *to, const float *from, uint16_t mask)
{
    _mm512_mask_storeu_ps(to, mask, _mm512_maskz_loadu_ps(mask, from));
}

#ifdef __AVX512F__
const struct calls native_calls = {rows, copy};
#else
const struct calls simde_calls = {rows, copy};
#endif
