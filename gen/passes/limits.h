/* SPDX-License-Identifier: MIT */
/* How a cell is refused that is too large: by the one limit that it passes. */
#ifndef WEIR_LIMITS_H
#define WEIR_LIMITS_H

#include "cell/graph.h"
#include "common/failure.h"

/* Fails because the graph, which is that of a cell or of a part of its gradient, passes a limit.
 * `trains`: it is of the gradient, without which the cell may do. */
bool fail_limit(struct failure *failure, const struct graph *graph, bool trains);

#endif
