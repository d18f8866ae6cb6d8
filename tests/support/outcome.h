/* SPDX-License-Identifier: MIT */
/* What running a problem gave: outputs and final states, lying between guard zones, and the ways of
 * getting there (at once, row by row, cut into calls). Two outcomes are compared bit by bit. What
 * is worth comparing is decided by the checks. */
#ifndef WEIR_TESTS_OUTCOME_H
#define WEIR_TESTS_OUTCOME_H

#include "support/inputs.h"

struct outcome {
    const struct problem *problem;
    size_t width, y_row; /* floats of an output row, and from one to the next */
    float *y;
    float *final[PROBLEM_STATES_MAX];
    float *memory; /* all of it, guards included */
};

/* `gap` floats between the rows of y are guarded too. Everything starts as guards: what a run
 * leaves unwritten is never equal to a result. */
void outcome_create(struct outcome *outcome, const struct problem *problem, size_t gap);
void outcome_destroy(struct outcome *outcome);

/* A layer for the problem's cell, sizes and weights: NULL and a sentence on stderr where none is to
 * be had. */
weir_layer *outcome_layer(const struct problem *problem, const char *kernel,
                          const struct weir_kernel *own, size_t max_batch);

/* One call; B calls of one row each; calls of cuts[0], cuts[1], ... steps, states carried from one
 * to the next in place. Steps past the last cut run in a last call. */
void outcome_run(struct outcome *outcome, weir_layer *layer);
void outcome_run_rows(struct outcome *outcome, weir_layer *layer);
void outcome_run_cuts(struct outcome *outcome, weir_layer *layer, const size_t *cuts, size_t count);

/* True and nothing, or false and what differs first, with both values and their bits. */
bool outcome_equal(const struct outcome *one, const struct outcome *other, char *what, size_t size);

/* False, and where, when anything outside of y and the final states was written. */
bool outcome_guarded(const struct outcome *outcome, char *what, size_t size);

/* Of all bits of y and the final states, in a fixed order. */
uint64_t outcome_hash(const struct outcome *outcome, uint64_t hash);

#endif
