/* SPDX-License-Identifier: MIT */
/* A kernel written by hand, for what the runtime does around a kernel: packing with scales, padded
 * states, stored values, hoisted products, slices. Its cell computes with small whole numbers, so
 * that every order of summation gives the same floats:
 *
 *     cell toy, input x, state h[P], m[H]
 *     m' = wrap(m + b + d + W@x + U@h)
 *     h' = wrap(R@m')                         wrap(v): the remainder of v by 16
 *
 * It uses every feature of kernel.h that a generated kernel may use. */
#ifndef WEIR_TESTS_TOY_KERNEL_H
#define WEIR_TESTS_TOY_KERNEL_H

#include "kernel.h"
#include "weir.h"

extern const struct weir_kernel toy_kernel;

/* What the kernel was called with, since the test last zeroed it. */
struct toy_log {
    size_t calls, rows, largest_batch;
    const char *fault; /* a promise of kernel.h that the caller broke; NULL: none */
};
extern struct toy_log toy_log;

enum { TOY_WEIGHTS = 6, TOY_STATES = 2, TOY_LANES = 4 };

/* A problem for the toy cell and its solution by plain loops over the canonical weights: dense
 * x[T][B][I], y[T][B][P], states [B][P] and [B][H]. */
struct toy_problem {
    size_t T, B, I, H, P;
    weir_weight weights[TOY_WEIGHTS];
    float *x, *y, *initial[TOY_STATES], *final[TOY_STATES];
};

/* `from_zeros`: the initial states are zero. */
struct toy_problem toy_problem_create(size_t T, size_t B, size_t I, size_t H, size_t P,
                                      bool from_zeros);
void toy_problem_destroy(struct toy_problem *problem);

/* A layer for it, run by the toy kernel. */
weir_layer_config toy_config(const struct toy_problem *problem);

#endif
