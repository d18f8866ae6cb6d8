/* SPDX-License-Identifier: MIT */
/* The values of a graph in double precision, for known sizes: what the cell means, as plainly as it
 * can be computed. Kernels share nothing with it but the graph. */
#ifndef WEIR_EVALUATE_H
#define WEIR_EVALUATE_H

#include "cell/graph.h"

#include <stdint.h>

/* One run of a graph. Where its leaves are is set by the caller, its values are those of the last
 * evaluation. */
struct evaluation {
    const struct graph *graph;
    bool transposed; /* matrices are stored as [columns][rows] */
    const double *param[PARAMS_MAX]; /* [rows][columns], and [rows] */
    const double *input, *state[WEIR_STATES_MAX], *given[WEIR_GIVEN_MAX];
    int *uses;
    double *values; /* of every node, `stride` apart */
    size_t stride;
};

/* An evaluation of a graph whose sizes are all known. */
struct evaluation evaluation_create(const struct graph *graph);
void evaluation_free(struct evaluation *evaluation);

/* Computes every value. The result tells on which side of each kink (of min, max, abs and _where)
 * it was: equal for two evaluations that took the same sides. */
uint64_t evaluate(struct evaluation *evaluation);

const double *evaluation_value(const struct evaluation *evaluation, int node);
size_t evaluation_extent(const struct graph *graph, int extent);

#endif
