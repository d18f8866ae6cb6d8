/* SPDX-License-Identifier: MIT */
/* What the core's ceilings allow for each phase of a kernel. */
#ifndef BENCH_PHASES_BOUNDS_H
#define BENCH_PHASES_BOUNDS_H

#include "calibrate.h"
#include "phases/measure.h"

/* Of one call. */
struct bound {
    double flop, weights, others; /* bytes */
    double arithmetic, reading; /* seconds */
    const char *level; /* the farthest that weights come from; NULL: none are read */
};

struct bounds {
    const struct calibration *calibration;
    const struct ceilings *ceilings;
    const struct shape *shape;
    double passes; /* of a call over the weights of products ahead; 0: there are none */
    double read[WEIR_PHASE_UNITS + 1]; /* bytes of weights that phases of a kind read in a call */
};

/* `plan` is the kernel's own word of it. */
struct bounds bounds_create(const struct calibration *calibration, const char *isa,
                            const struct shape *shape, const struct measured *measured,
                            const char *plan);
struct bound bounds_phase(const struct bounds *bounds, const struct measured *measured,
                          const struct weir_phase *phase);

/* Seconds. */
double bound_seconds(const struct bound *bound);

#endif
