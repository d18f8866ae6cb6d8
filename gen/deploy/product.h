/* SPDX-License-Identifier: MIT */
/* A product with a constant matrix, and what is around it, while a chain is read. It is a layer of
 * its own, or the head of the recurrent layer before it: then one cell computes both. */
#ifndef WEIR_DEPLOY_PRODUCT_H
#define WEIR_DEPLOY_PRODUCT_H

#include "deploy/chain.h"

/* Whether the layer's input is added to it, and where. */
enum skip { SKIP_NONE, SKIP_BEFORE, SKIP_AFTER }; /* the function after it */

struct product {
    float *matrix, *bias; /* NULL: there is none */
    const char *before, *after; /* functions, or NULL */
    enum skip skip;
    size_t inputs, outputs;
    const char *recurrent; /* the cell whose head it is; NULL: it is a layer of its own */
    size_t params; /* those of that cell */
};

/* The layer that the product is, or is part of. */
bool product_begin(struct chain *chain, struct product *product);

/* Writes the cell of the chain's product. */
bool product_write(struct chain *chain);

/* Adds a value that is no constant: the input of the layer whose head the product is. */
bool product_skip(struct chain *chain, int value);

#endif
