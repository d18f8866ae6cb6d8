/* SPDX-License-Identifier: MIT */
/* What check_forward_threads and check_backward_threads share: the kernels whose names match, the
 * problems they are put to, a pool of two threads where there are two cores; and a comparison that
 * test_pool makes, too. */
#ifndef WEIR_TESTS_THREADS_H
#define WEIR_TESTS_THREADS_H

#include "support/outcome.h"

/* A layer on a kernel by name (NULL: the library's choice) and a pool (NULL: none); or NULL, having
 * said why. */
weir_layer *threads_layer(const struct problem *problem, const char *kernel, weir_pool *pool);

/* Runs a layer forward, destroys it, and expects the bits of `expected`. */
void threads_expect_same(const struct outcome *expected, weir_layer *layer, const char *name,
                         const char *how, size_t threads);

struct thread_proof {
    const char *program;
    bool (*applies)(const struct weir_kernel *kernel); /* NULL: to all */
    /* Puts a kernel to a problem: alone, by the pool if there is one, by threads of the test's own.
     */
    void (*check)(const struct weir_kernel *kernel, const struct problem *problem, weir_pool *pool);
    void (*self_test)(void); /* that the comparison can fail; NULL: seen elsewhere */
};

/* PROGRAM FILTER [SHAPES]: a glob, and how many shapes of problem at most: what main returns. */
int threads_main(const struct thread_proof *proof, int argc, char **argv);

#endif
