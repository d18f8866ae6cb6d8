/* SPDX-License-Identifier: MIT */
/* Files that mean harm, one function each. */
#ifndef TESTS_HOSTILE_H
#define TESTS_HOSTILE_H

#include "onnx/writer.h"

struct hostile {
    const char *name;
    const char *sentence; /* what stands in the sentence by which it is refused */
    unsigned char *(*make)(struct writer *writer, size_t *size); /* the caller frees it */
};

extern const struct hostile hostiles[]; /* the last one has no name */

/* A node that means harm. Its inputs are words: "x", floats [1][1][8] which the model takes, "-"
 * for one that is left out, a whole number, or a list of them in brackets; its attributes are words
 * such as axis=2, pads=[1,1], mode:wrap. */
struct hostile_node {
    const char *op;
    int64_t opset;
    const char *inputs, *attributes, *sentence;
};

extern const struct hostile_node hostile_nodes[]; /* the last one has no op */
unsigned char *hostile_node_make(struct writer *writer, const struct hostile_node *node,
                                 size_t *size);

/* A model that is none of these. */
unsigned char *hostile_valid(struct writer *writer, size_t *size);

/* Puts what external data refers to beside the models. */
void hostile_prepare(const char *folder);

#endif
