/* SPDX-License-Identifier: MIT */
/* A cell printed as maths. */
#ifndef WEIR_DUMP_H
#define WEIR_DUMP_H

#include "cell/graph.h"
#include "common/failure.h"
#include "common/text.h"

/* The graph as it was read: folded, with functions written out, one line a named value. */
void dump_graph(const struct graph *graph, struct text *out);

/* The same, then its gradient: one step backward, the gradient of the input, and what the gradients
 * of all that is learned are made of. The graph is changed on the way. False where the cell is too
 * large to be trained. */
bool dump_gradient(struct graph *graph, struct text *out, struct failure *failure);

#endif
