/* SPDX-License-Identifier: MIT */
/* Backpropagation through time by hand, in float64, for lstm and both forms of the GRU: derived on
 * paper from the formulas of the papers, and sharing no code with the generator. */
#ifndef WEIR_TESTS_BACKWARD_REFERENCE_H
#define WEIR_TESTS_BACKWARD_REFERENCE_H

#include "kernels/precise.h"

bool backward_reference_has(const char *cell);

/* The gradients of sum(d_y * y) + sum(d_final * final), d_y and d_final the problem's, by all
 * inputs: added to *gradients, which begins blank. False where the cell has none. */
bool backward_reference(const struct precise *inputs, struct precise *gradients);

#endif
