/* SPDX-License-Identifier: MIT */
/* A problem in float64, which is what references compute with: the same numbers, each free to be
 * moved by less than a float can. Also a place for their results. Nothing here computes any. */
#ifndef WEIR_TESTS_PRECISE_H
#define WEIR_TESTS_PRECISE_H

#include "support/inputs.h"

enum { PRECISE_PLACES = 256 };

/* Inputs, or gradients by them: weights by name, x[T][B][I], [B][size] a state, all dense. */
struct precise {
    bool bytes; /* products are those of bytes; of matrices that were given as such weights are
                 * whole numbers, and scales those of their rows */
    double *scales[PROBLEM_WEIGHTS_MAX]; /* NULL: it was given as floats */
    const struct problem *problem;
    double *weights[PROBLEM_WEIGHTS_MAX];
    double *x;
    double *initial[PROBLEM_STATES_MAX];
    double *memory; /* all of them, one after the other */
    size_t count;
    size_t *places; /* where names were found last: see precise_weight */
};

/* precise_create copies the problem's numbers; precise_blank makes zeros of the same layout. */
void precise_create(struct precise *precise, const struct problem *problem);
void precise_blank(struct precise *precise, const struct problem *problem);
/* Has weights as a type has them: matrices are rounded to nearest even to bf16 or f16; with i8 and
 * u8 their products are those of bytes (reference_product). */
void precise_round(struct precise *precise, const char *type);

void precise_destroy(struct precise *precise);

/* The weight of that name: a reference that asks for one that the cell does not have ends the test.
 * *cols, unless NULL: its columns. */
double *precise_weight(const struct precise *precise, const char *name, size_t *cols);
/* The scales of its rows; NULL: it was not given as bytes. */
const double *precise_scales(const struct precise *precise, const char *name);

/* What a reference makes of inputs, laid out as an outcome: y[T][B][output], [B][size] a state. */
struct precise_outcome {
    double *y;
    double *final[PROBLEM_STATES_MAX];
};

void precise_outcome_create(struct precise_outcome *outcome, const struct problem *problem);
void precise_outcome_destroy(struct precise_outcome *outcome);

#endif
