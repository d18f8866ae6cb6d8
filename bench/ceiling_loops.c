/* SPDX-License-Identifier: MIT */
/* Fused multiply-adds from registers, and loads, as fast as one ISA can. Compiled once an ISA with
 *     CEILING_NAME   the table to define, ceiling_loops_avx2
 *     CEILING_ISA    whose ceilings these are, "avx2"
 *     CEILING_NEEDS  the ISA that it is compiled for, "avx2"
 *     CEILING_LANES  floats in a vector
 * with contraction allowed, so that a*b + c is one instruction where the ISA has it, and with the
 * compiler's own vectorising off, so that lanes are as many as said. */
#include "ceiling_loops.h"

#if CEILING_LANES > 1
typedef float vector __attribute__((vector_size(CEILING_LANES * sizeof(float))));
#else
typedef float vector;
#endif

/* Named, not an array: an array would live in memory. Twelve chains cover 4 cycles of latency on
 * three pipes, and leave room in AVX2's sixteen registers. */
#define EACH(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11)
enum { CHAINS = 12, UNROLL = 4 };

#define DECLARE(n) vector sum##n = start + (float)n;
#define MULTIPLY_ADD(n) sum##n = sum##n * factor + addend;
#define LOAD_ADD(n) sum##n += p[n];
#define COLLECT(n) +sum##n

static float collapse(vector all)
{
#if CEILING_LANES > 1
    float sum = 0;
    for (int lane = 0; lane < CEILING_LANES; lane++)
        sum += all[lane];
    return sum;
#else
    return all;
#endif
}

/* The values settle at 1 and stay normal. Factor and addend are read from memory that might change,
 * for else the compiler could compute some of it beforehand. */
static float fma_rounds(size_t rounds)
{
    static volatile float half = 0.5f;
    const vector start = (vector){0} + half, factor = start, addend = start;
    EACH(DECLARE)
    for (size_t round = 0; round < rounds; round++) {
        EACH(MULTIPLY_ADD)
        EACH(MULTIPLY_ADD)
        EACH(MULTIPLY_ADD)
        EACH(MULTIPLY_ADD)
    }
    return collapse((vector){0} EACH(COLLECT));
}

static float load_passes(const float *data, size_t floats, size_t passes)
{
    const vector start = (vector){0};
    const vector *end = (const vector *)(data + floats);
    EACH(DECLARE)
    for (size_t pass = 0; pass < passes; pass++) {
        for (const vector *p = (const vector *)data; p < end; p += CHAINS) {
            EACH(LOAD_ADD)
        }
        /* What was loaded may have changed: load it again. */
        __asm__ volatile("" ::: "memory");
    }
    return collapse((vector){0} EACH(COLLECT));
}

const struct ceiling_loops CEILING_NAME = {
    .isa = CEILING_ISA,
    .needs = CEILING_NEEDS,
    .flop = 2.0 * CHAINS * UNROLL * CEILING_LANES,
    .stride = (size_t)CHAINS * CEILING_LANES,
    .fma = fma_rounds,
    .load = load_passes,
};
