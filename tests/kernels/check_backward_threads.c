/* SPDX-License-Identifier: MIT */
/* check_backward_threads FILTER [SHAPES] (a glob; of how many shapes at most): a step of training
 * on any kernel whose name matches gives the same bits by any number of threads: those of a pool,
 * and two or three of the test's own. Where there is one core only, the pool is skipped aloud. */
#include "kernels/split_kernel.h"
#include "kernels/threads.h"
#include "support/expect.h"
#include "support/pass.h"

/* Runs a layer, which it destroys, and compares. */
static void expect_same(const struct pass *alone, const weir_layer_config *wishes, const char *name,
                        const char *how, size_t threads)
{
    const struct problem *problem = alone->problem;
    struct pass pass;
    char what[256] = "";
    weir_error error = {0};
    weir_layer *layer = pass_layer(problem, wishes, &error);
    if (!EXPECT(layer, "%s, %zu threads %s: %s", name, threads, how, error.message))
        return;
    pass_create(&pass, problem, 0);
    for (int run = 0; run < 2; run++)
        pass_run(&pass, layer, &(struct pass_manner){.garbage = 0x7fa5b00b});
    EXPECT(areas_equal(&pass.gradients, &alone->gradients, what, sizeof what) &&
               areas_equal(&pass.outcome, &alone->outcome, what, sizeof what) &&
               pass_guarded(&pass, what, sizeof what),
           "%s, %zu threads %s, I=%zu H=%zu T=%zu B=%zu: %s", name, threads, how, problem->I,
           problem->H, problem->T, problem->B, what);
    pass_destroy(&pass);
    weir_layer_destroy(layer);
}

static void check_problem(const struct weir_kernel *kernel, const struct problem *problem,
                          weir_pool *pool)
{
    const weir_layer_config lone = {.kernel = weir_kernel_describe(kernel).name};
    weir_layer_config pooled = lone;
    struct pass alone;
    weir_error error = {0};
    weir_layer *layer = pass_layer(problem, &lone, &error);
    if (!EXPECT(layer, "%s: %s", lone.kernel, error.message))
        return;
    pass_create(&alone, problem, 0);
    pass_run(&alone, layer, &(struct pass_manner){.garbage = 0});
    weir_layer_destroy(layer);
    pooled.pool = pool;
    if (pool)
        expect_same(&alone, &pooled, lone.kernel, "of a pool", weir_pool_threads(pool));
    for (size_t parts = 2; parts <= 3; parts++) {
        struct weir_kernel split;
        split_kernel_make(&split, kernel, parts, true);
        expect_same(&alone, &(weir_layer_config){.own = &split}, lone.kernel, "of its own", parts);
    }
    pass_destroy(&alone);
}

static bool trains(const struct weir_kernel *kernel)
{
    return kernel->training != NULL;
}

/* That the comparisons above can fail. */
static void test_missing_barrier(void)
{
    const size_t sizes[3] = {20, 33, 0};
    struct problem problem;
    struct pass alone, broken;
    weir_error error = {0};
    char what[256];
    if (!EXPECT(problem_create(&problem, "lstm", sizes, 17, 5, PATTERN_NORMAL, 2), "no problem"))
        return;
    problem_add_loss(&problem, PATTERN_NORMAL, 2);
    weir_layer *layer = pass_layer(&problem, NULL, &error);
    if (EXPECT(layer, "%s", error.message)) {
        struct weir_kernel split;
        split_kernel_make(&split, weir_layer_kernel(layer), 2, false);
        weir_layer *other = pass_layer(&problem, &(weir_layer_config){.own = &split}, &error);
        pass_create(&alone, &problem, 0);
        pass_create(&broken, &problem, 0);
        pass_run(&alone, layer, &(struct pass_manner){.garbage = 0});
        pass_run(&broken, other, &(struct pass_manner){.garbage = 0});
        EXPECT(!areas_equal(&alone.gradients, &broken.gradients, what, sizeof what),
               "nothing is missed without a barrier");
        pass_destroy(&alone);
        pass_destroy(&broken);
        weir_layer_destroy(other);
        weir_layer_destroy(layer);
    }
    problem_destroy(&problem);
}

int main(int argc, char **argv)
{
    static const struct thread_proof proof = {.program = "check_backward_threads",
                                              .applies = trains,
                                              .check = check_problem,
                                              .self_test = test_missing_barrier};
    return threads_main(&proof, argc, argv);
}
