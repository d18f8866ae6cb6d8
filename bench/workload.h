/* SPDX-License-Identifier: MIT */
/* One shape made concrete: weights, inputs, room for outputs, and the output that every contender
 * has to give. The same numbers for every contender, and in every run. */
#ifndef BENCH_WORKLOAD_H
#define BENCH_WORKLOAD_H

#include "shapes.h"
#include "weir.h"

#include <string.h>

struct workload {
    const struct shape *shape;
    size_t T, B; /* B is the shape's; T may be cut short for a trial */
    weir_weight *weight; /* canonical, as weir.h takes them */
    weir_shape *extent; /* and their sizes */
    size_t weight_count;
    float *x; /* [T][B][I] */
    float *y; /* [T][B][output]: what the contender at hand writes */
    float *reference; /* [T][B][output]: by the kernel that Weir chooses for this layer itself */
    float *memory; /* all of the above that is floats */
};

bool workload_create(struct workload *workload, const struct shape *shape, struct failure *failure);
void workload_destroy(struct workload *workload);

/* The weights of that name, or NULL. Here, for peers, which are modules, use it too. */
static inline const float *workload_weight(const struct workload *workload, const char *name)
{
    for (size_t w = 0; w < workload->weight_count; w++)
        if (strcmp(workload->weight[w].name, name) == 0)
            return workload->weight[w].data;
    return NULL;
}

/* Whether y is the reference: to a tolerance, for mathematical functions differ, or to the bit. */
bool workload_check(const struct workload *workload, bool to_the_bit, struct failure *failure);

#endif
