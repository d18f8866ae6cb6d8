/* SPDX-License-Identifier: MIT */
/* The cells of kernels/cells/ once more, by hand, in float64: what the float32 kernels are held to.
 * Each formula is typed from the paper's form in the cell file and shares no code with the
 * generator. Overflow, NaN and infinities do what double arithmetic makes of them. */
#ifndef WEIR_TESTS_REFERENCE_H
#define WEIR_TESTS_REFERENCE_H

#include "weir.h"

/* x[T][B][I], y[T][B][output] and one [B][size] array a state, all dense. The first state is the
 * output. Weights by name, as weir_layer_create takes them. */
struct reference_run {
    const char *cell;
    size_t T, B, I, H, P;
    const weir_weight *weights;
    size_t weight_count;
    const float *x;
    const float *const *initial;
    double *y;
    double *const *final;
};

bool reference_has(const char *cell);

/* False where no reference of the cell exists. */
bool reference_forward(const struct reference_run *run);

#endif
