/* SPDX-License-Identifier: MIT */
/* Drawing a graph of random_branches.c: what nodes are made of, and kinds of nodes in other files.
 */
#ifndef TESTS_DRAW_BRANCHES_H
#define TESTS_DRAW_BRANCHES_H

#include "onnx/constants.h"
#include "support/inputs.h"

enum { POOL = 40, RANK = 4 };

/* A value that there is: its name and shape. */
struct made {
    char *name;
    size_t rank, dims[ONNX_RANK_MAX];
};

struct drawing {
    struct random random;
    struct writer *writer;
    struct given given;
    struct made pool[POOL];
    size_t pool_count;
    Onnx__Node *last;
};

size_t draw_below(struct drawing *d, size_t bound);

/* Constants; a node with one output; their names. */
char *draw_constant(struct drawing *d, size_t rank, const size_t *dims, float scale);
char *draw_list(struct drawing *d, const int64_t *values, size_t count);
char *draw_node(struct drawing *d, const char *op, char *a, char *b, char *c);

/* One of the same shape, which may be itself. */
const struct made *draw_like(struct drawing *d, const struct made *like);

/* A kind of nodes: the name of what one gives, or NULL. */
typedef char *draw(struct drawing *d, const struct made *x);

draw draw_power, draw_mean, draw_chosen, draw_top, draw_scattered, draw_one_hot, draw_einsum,
    draw_spectrum, draw_planes, draw_log_sum, draw_left, draw_computed; /* draw_values.c */

#endif
