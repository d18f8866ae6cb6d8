/* SPDX-License-Identifier: MIT */
/* weir-gen --check: the derivatives of a cell against differences of the cell itself. */
#ifndef WEIR_CHECK_H
#define WEIR_CHECK_H

#include "cell/graph.h"
#include "common/failure.h"
#include "common/text.h"

/* The greatest relative error that passes, and the greatest size that is checked. */
#define CHECK_TOLERANCE 1e-6
enum { CHECK_SIZE_MAX = 128 };

enum check_result {
    CHECK_PASSED,
    CHECK_FAILED, /* a derivative is wrong, or could not be told: the failure says which */
    CHECK_TOO_LARGE /* the cell cannot be trained: the failure says why */
};

/* Checks a graph as the parser made it, with known sizes, which is changed on the way. Writes a
 * line for each derivative and one for the worst to `out`. */
enum check_result check_gradient(struct graph *graph, struct text *out, struct failure *failure);

#endif
