/* SPDX-License-Identifier: MIT */
/* The gradient of a cell: from the graph of one step forward to graphs that go backward. Only the
 * elementwise part is derived, by the rules of ops.def; products are structural: for z = W@v the
 * gradient of v gains W^T@d_z, and that of W gains d_z v^T. */
#ifndef WEIR_DERIVE_H
#define WEIR_DERIVE_H

#include "cell/graph.h"
#include "common/failure.h"

enum { OUTERS_MAX = 200 };

/* The gradient of a parameter gains, summed over time and batch, delta times operand^T; a vector's
 * gains delta itself. */
struct outer {
    int param, delta; /* delta: one of step->outputs */
    bool is_vector;
    enum given_kind kind; /* of the operand: GIVEN_PREV, GIVEN_NEXT, GIVEN_VALUE or GIVEN_INPUT */
    int index; /* of the state, or of the saved value */
};

struct derivation {
    /* One step backward: a cell whose input is the gradient of the output, whose states are the
     * gradients of the states, and whose outputs are the deltas: gradients by sums, learned vectors
     * and x. Matrices are transposed. What the step forward computed is given. */
    struct graph *step;
    /* The gradient of x from deltas, as a cell with one state and no input; NULL: it is 0. */
    struct graph *input;
    struct outer outers[OUTERS_MAX];
    size_t outer_count;
};

/* The derivation of a graph in which sums were found (pass_sums). Values that it needs become the
 * graph's saved ones: sums, and what has a name where there is room for all of that; the rest is
 * computed again. step and input are as the parser leaves graphs: before any pass. Where the cell
 * is too large to be trained: NULL. */
struct derivation *derive(struct graph *forward, struct failure *failure);

/* Frees what is left: graphs that were taken over are set to NULL by who took them. */
void derivation_free(struct derivation *derivation);

#endif
