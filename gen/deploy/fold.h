/* SPDX-License-Identifier: MIT */
/* Heads in a graph of any kind, for what runs models node by node: which nodes after a recurrent
 * one are part of its cell, by the rules of chains (product.h). Rows may run together here. */
#ifndef WEIR_DEPLOY_FOLD_H
#define WEIR_DEPLOY_FOLD_H

#include "deploy/chain.h"

/* The head of a recurrent node; value -1: it has none. */
struct fold {
    onnx_pass pass; /* the node's only one, with the head in its cell */
    size_t outputs; /* of the head, which are the cell's first state */
    bool has_projection; /* they are the cell's P; else they are as many as its inputs */
    int value; /* which they are, in place of Y */
    struct axes axes; /* of that value: AXIS_TIME, AXIS_BATCH, and units last */
};

/* Those of a model's recurrent nodes, by their index, in its memory; `inside` has a place for every
 * value. Where a node of a head gives it, and so need not run, that becomes the head's fold; else
 * it stays as it is. */
bool fold_find(const onnx_model *onnx, struct fold *folds, const struct fold **inside,
               struct failure *failure);

#endif
