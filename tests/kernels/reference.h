/* SPDX-License-Identifier: MIT */
/* The cells of kernels/cells/ once more, by hand, in float64: what the float32 kernels are held to.
 * Each formula is typed from the paper's form in the cell file and shares no code with the
 * generator. Overflow, NaN and infinities do what double arithmetic makes of them. */
#ifndef WEIR_TESTS_REFERENCE_H
#define WEIR_TESTS_REFERENCE_H

#include "kernels/precise.h"

bool reference_has(const char *cell);

/* False where no reference of the cell exists. */
bool reference_forward(const struct precise *inputs, const struct precise_outcome *outcome);

#endif
