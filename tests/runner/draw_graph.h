/* SPDX-License-Identifier: MIT */
/* A random graph while it is drawn: its nodes are written, and what they give is computed in double
 * precision at the same time. */
#ifndef TESTS_DRAW_GRAPH_H
#define TESTS_DRAW_GRAPH_H

#include "onnx/constants.h"
#include "runner/graph64.h"

/* What an axis is, so that most nodes can be such as models have; few are anything that is valid.
 */
enum tag { TAG_TIME, TAG_BATCH, TAG_DIRECTION, TAG_UNIT, TAG_ONE };

struct drawing {
    struct random random;
    struct writer *writer;
    struct given given;
    int64_t opset;
    size_t T, B, nodes; /* nodes: how many there are */
    bool time_open, batch_open, only_forward, wild;
    struct tensor64 value; /* what the last node gives */
    enum tag tags[AXES_MAX];
    char *name, *x; /* of it, and of the model's input */
    char *final; /* the final state of the last recurrent node, or NULL */
    const float *final_values;
    size_t final_dims[3];
    size_t length; /* of the sequence */
    char *lengths; /* the input that says so, or NULL */
    bool after_product, after_layer; /* the last node is a product; some node is a layer */
    bool after_recurrent; /* some node tells which axis is time */
};

size_t draw_below(struct drawing *d, size_t bound);
bool draw_one_in(struct drawing *d, size_t n);
const float *draw_floats(struct drawing *d, size_t count, float scale);

/* Constants in the graph, by name. */
char *draw_constant(struct drawing *d, const float *values, size_t rank, const size_t *dims);
char *draw_list(struct drawing *d, const int64_t *values, size_t count);
char *draw_scalar(struct drawing *d, int64_t value);

/* A node from inputs (two at most that are not NULL) to a name that is returned. */
Onnx__Node *draw_node(struct drawing *d, const char *op, char *first, char *second, char **output);

/* The next node, of a kind that the value may have; false: it may not. */
typedef bool draw_action(struct drawing *d);

draw_action draw_recurrent, draw_transpose, draw_squeeze, draw_unsqueeze, draw_reshape, draw_gather,
    draw_slice, draw_matmul, draw_gemm, draw_add, draw_function, draw_softmax;

#endif
