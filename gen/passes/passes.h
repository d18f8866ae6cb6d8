/* SPDX-License-Identifier: MIT */
/* What is done to the graph of a cell between reading it and emitting it, in this order. Each pass
 * is deterministic and does not depend on the ISA: that is why every ISA computes the same bits. */
#ifndef WEIR_PASSES_H
#define WEIR_PASSES_H

#include "cell/graph.h"

/* Gathers products and learned vectors that are added together into sums, one accumulator each. */
void pass_sums(struct graph *graph);

/* stage[n]: the phase in which each reachable node is computed; -1 for the others. A phase is:
 * products whose operands are ready, then elementwise work on the results. What is marked stored,
 * is named (if `named`), an output or a next state is computed as soon as it can be, everything
 * else as late as it can, unless graph->soon. */
void pass_stages(const struct graph *graph, bool named, int *stage);

/* Sets graph->soon where more values would have to be kept in memory than there is room for, and
 * fewer if all were computed as soon as they can be. */
void pass_soon(struct graph *graph);

/* Replaces sigmoid and tanh by exponentials over common denominators, or where it `divides` by
 * exponentials and a division each; see lower.c. Where it `folds`, factors of sums become scales of
 * the weights; else they are multiplications behind the sums. */
void pass_lower(struct graph *graph, enum weir_math math, bool divides, bool folds);

/* Makes a product and the sum or difference it goes into one fused multiply-add. */
void pass_contract(struct graph *graph);

#endif
