/* SPDX-License-Identifier: MIT */
/* A model of make_chain while it is written, by one of its kinds. */
#ifndef TESTS_MAKE_CHAIN_H
#define TESTS_MAKE_CHAIN_H

#include "deploy/parts.h"

enum { T = 5, I = 3, H = 5 };

struct chain {
    struct writer *writer;
    size_t rank, dims[3]; /* of the input x */
    unsigned open; /* axes of it whose size is not declared, as bits */
    bool has_length; /* a second input */
    char *start[2]; /* more inputs, where the states of the first layer and of both ways of the
                     * second one start; or NULL */
};

struct chain_kind {
    const char *name; /* NULL: the end */
    void (*write)(struct chain *chain);
};

extern const struct chain_kind chain_heads[];

/* A GRU without biases. more: what gives its lengths and where its states start. Empty names are
 * left out. */
Onnx__Node *chain_gru(struct chain *chain, char *x, size_t directions, size_t inputs,
                      char *const more[2], char *y, char *y_h);
extern char *const chain_none[2];

/* The first layer of most, in [T][1][H]. */
void chain_layer(struct chain *chain, char *to);

#endif
