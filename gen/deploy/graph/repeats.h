/* SPDX-License-Identifier: MIT */
/* A Loop or Scan while it becomes a repetition. */
#ifndef WEIR_DEPLOY_REPEATS_H
#define WEIR_DEPLOY_REPEATS_H

#include "deploy/graph/lower.h"

struct repetition {
    const onnx_node *node;
    const onnx_repeat *repeat;
    const onnx_graph *body;
    size_t first, number; /* of the states among inputs; its own in the schedule */
    int64_t most; /* steps */
    bool is_open; /* the model says how many when it runs */
    bool may_end; /* and whether there is any */
    bool decides; /* each step whether there is another */
    bool is_known; /* there are `most` */
    struct view *states; /* buffer -1: it is what it begins with */
    struct view holds, trips, index; /* single numbers; or there is none */
};

/* How many steps a Loop has whose condition depends on nothing but constants and the number of the
 * step: found by computing that. counts.c. */
bool lower_count_steps(struct lowering *l, const struct repetition *r, int64_t *count);

#endif
