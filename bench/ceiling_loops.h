/* SPDX-License-Identifier: MIT */
/* The loops whose speed is an ISA's ceiling. ceiling_loops.c is compiled once an ISA, each time
 * with that ISA's flags, and gives one of these; calibrate.c runs them. */
#ifndef BENCH_CEILING_LOOPS_H
#define BENCH_CEILING_LOOPS_H

#include <stddef.h>

struct ceiling_loops {
    const char *isa; /* whose ceilings these are */
    const char *needs; /* the ISA that the code is compiled for: it must not run without */
    double flop; /* of one round of fma */
    size_t stride; /* floats: what `load` takes at a time */
    /* Both return something that depends on all they did, so that they have to do it. */
    float (*fma)(size_t rounds);
    float (*load)(const float *data, size_t floats, size_t passes);
};

extern const struct ceiling_loops ceiling_loops_scalar, ceiling_loops_scalar_fma,
    ceiling_loops_avx2, ceiling_loops_avx512, ceiling_loops_neon;

#endif
