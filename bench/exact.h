/* SPDX-License-Identifier: MIT */
/* What a layer would put out if nothing were rounded: its cell in float64, with weights as they
 * were given. */
#ifndef BENCH_EXACT_H
#define BENCH_EXACT_H

#include "workload.h"

struct exact {
    double *y; /* [T][rows][output]; NULL: not there */
    size_t rows; /* of the batch: its first ones */
};

bool exact_create(struct exact *exact, const struct workload *workload, struct failure *failure);
void exact_free(struct exact *exact);

/* The largest difference from what the contender at hand has written: a NaN where it has any. */
double exact_error(const struct exact *exact, const struct workload *workload);

#endif
