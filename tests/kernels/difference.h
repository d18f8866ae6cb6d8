/* SPDX-License-Identifier: MIT */
/* Derivatives of the loss of a whole sequence by quotients of differences, in float64, of whatever
 * reference is linked (reference.h). They are good to 1e-8 of the gradients' scale. */
#ifndef WEIR_TESTS_DIFFERENCE_H
#define WEIR_TESTS_DIFFERENCE_H

#include "kernels/precise.h"

struct difference {
    struct precise *inputs;
    struct precise_outcome base, moved;
};

void difference_create(struct difference *difference, struct precise *inputs);
void difference_destroy(struct difference *difference);

/* The derivative of sum(d_y * y) + sum(d_final * final) by one of the inputs' numbers. False where
 * the function has a kink within the least step, or bends too much. `scale` is that of gradients.
 */
bool difference_by(struct difference *difference, double *number, double scale, double *derivative);

/* Whether a kink is so near to the inputs that float32 may be on its other side. */
bool difference_near_kink(struct difference *difference, uint64_t seed);

#endif
