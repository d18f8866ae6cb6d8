/* SPDX-License-Identifier: MIT */
/* check_forward_threads FILTER [SHAPES] (a glob; of how many shapes at most): a layer on any kernel
 * whose name matches gives the same bits by any number of threads: those of a pool, and two or
 * three of the test's own. Where there is one core only, the pool is skipped aloud. */
#include "kernels/split_kernel.h"
#include "kernels/threads.h"
#include "support/expect.h"

static void check_problem(const struct weir_kernel *kernel, const struct problem *problem,
                          weir_pool *pool)
{
    const char *name = weir_kernel_describe(kernel).name;
    struct outcome alone;
    weir_layer *layer = threads_layer(problem, name, NULL);
    if (!EXPECT(layer, "%s: no layer", name))
        return;
    outcome_create(&alone, problem, 0);
    outcome_run(&alone, layer);
    weir_layer_destroy(layer);
    if (pool)
        threads_expect_same(&alone, threads_layer(problem, name, pool), name, "of a pool",
                            weir_pool_threads(pool));
    for (size_t parts = 2; parts <= 3; parts++) {
        struct weir_kernel split;
        split_kernel_make(&split, kernel, parts, true);
        threads_expect_same(&alone, outcome_layer(problem, NULL, &split, 0), name, "of its own",
                            parts);
    }
    outcome_destroy(&alone);
}

int main(int argc, char **argv)
{
    static const struct thread_proof proof = {.program = "check_forward_threads",
                                              .check = check_problem};
    return threads_main(&proof, argc, argv);
}
