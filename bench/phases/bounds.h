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
    const char *type; /* of weights */
    double passes; /* of a call over the weights of products ahead; 0: there are none */
    double read[WEIR_PHASE_UNITS + 1]; /* bytes of weights that phases of a kind read in a call */
};

struct bounds bounds_create(const struct calibration *calibration, const struct shape *shape,
                            const struct measured *measured, const struct contender *kernel);
struct bound bounds_phase(const struct bounds *bounds, const struct measured *measured,
                          const struct weir_phase *phase);

/* Seconds. */
double bound_seconds(const struct bound *bound);

#endif
