/* SPDX-License-Identifier: MIT */
/* One shape made concrete: weights, inputs, room for outputs, and the output that every contender
 * has to give; and for a shape that is trained the same of its gradients. The same numbers for
 * every contender, and in every run. */
#ifndef BENCH_WORKLOAD_H
#define BENCH_WORKLOAD_H

#include "shapes.h"
#include "weir.h"

#include <string.h>

/* What comes out of a layer. The gradients are of a loss whose gradient by y is given; NULL where
 * the shape is not trained. */
struct outcome {
    float *y; /* [T][B][output] */
    float *d_x; /* [T][B][I] */
    float **d_weight; /* one a weight, of its shape */
};

struct workload {
    const struct shape *shape;
    size_t T, B; /* B is the shape's; T may be cut short for a trial */
    weir_weight *weight; /* canonical, as weir.h takes them */
    weir_shape *extent; /* and their sizes */
    size_t weight_count;
    float *x; /* [T][B][I] */
    float *d_y; /* [T][B][output]; NULL: not trained */
    struct outcome got; /* what the contender at hand writes */
    struct outcome reference; /* by the kernel that Weir chooses for this layer itself */
    const char *reference_type; /* what its weights were stored as; NULL: it is not there yet */
    float *memory; /* all of the above that is floats */
};

/* All but the reference, which is contender_reference's. */
bool workload_create(struct workload *workload, const struct shape *shape, struct failure *failure);
void workload_destroy(struct workload *workload);

/* Spoils what the contender before has written. */
void workload_spoil(struct workload *workload);

/* Whether what was got is the reference: to a tolerance, for mathematical functions and the order
 * of sums differ (0: that of float32), or to the bit. Gradients are compared where T is the
 * shape's: a trial of fewer steps has others. */
bool workload_check(const struct workload *workload, bool to_the_bit, double tolerance,
                    struct failure *failure);

/* Which weight has that name; weight_count: none. Here, for peers, which are modules, use it too.
 */
static inline size_t workload_find(const struct workload *workload, const char *name)
{
    size_t w = 0;
    while (w < workload->weight_count && strcmp(workload->weight[w].name, name) != 0)
        w++;
    return w;
}

static inline const float *workload_weight(const struct workload *workload, const char *name)
{
    const size_t w = workload_find(workload, name);
    return w < workload->weight_count ? workload->weight[w].data : NULL;
}

#endif
