/* SPDX-License-Identifier: MIT */
/* check_backward_threads FILTER (a glob): a step of training on any kernel whose name matches gives
 * the same bits by any number of threads: those of a pool, and two or three of the test's own.
 * Where there is one core only, the pool is skipped aloud. */
#define _POSIX_C_SOURCE 200809L

#include <fnmatch.h>

#include "expect.h"
#include "kernels/split_kernel.h"
#include "pass.h"

enum { SKIPPED = 77 };

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

static void check_size(const struct weir_kernel *kernel, const size_t sizes[3], weir_pool *pool)
{
    static const size_t Ts[] = {1, 2, 17}, Bs[] = {1, 5, 13};
    const char *cell = weir_kernel_describe(kernel).cell;
    for (size_t t = 0; t < sizeof Ts / sizeof *Ts; t++)
        for (size_t b = 0; b < sizeof Bs / sizeof *Bs; b++) {
            struct problem problem;
            /* Of large layers the shortest and the most awkward will do. */
            if (sizes[1] >= 256 && !(Ts[t] == 2 && (Bs[b] == 1 || Bs[b] == 5)))
                continue;
            if (!EXPECT(problem_create(&problem, cell, sizes, Ts[t], Bs[b], PATTERN_NORMAL, 1),
                        "no problem for %s", cell))
                continue;
            problem_add_loss(&problem, PATTERN_NORMAL, 1);
            check_problem(kernel, &problem, pool);
            problem_destroy(&problem);
        }
}

static size_t check_kernels(const char *filter, weir_pool *pool)
{
    const struct weir_kernel *kernel;
    size_t kernels = 0, untrained = 0;
    for (size_t i = 0; (kernel = weir_kernel_at(i)); i++) {
        const weir_kernel_info info = weir_kernel_describe(kernel);
        if (!weir_kernel_runs_here(kernel) || fnmatch(filter, info.name, 0))
            continue;
        if (!kernel->training) {
            untrained++;
            continue;
        }
        kernels++;
        if (info.I)
            check_size(kernel, (size_t[]){info.I, info.H, info.P}, pool);
        for (size_t k = 0; k < ODD_SIZE_COUNT && !info.I; k++) {
            const size_t I = odd_sizes[k].I, H = odd_sizes[k].H;
            check_size(kernel, (size_t[]){I, H, usual_projection(info.cell, I, H)}, pool);
        }
    }
    printf("check_backward_threads: %zu kernels, %zu more do not train\n", kernels, untrained);
    return kernels;
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
    /* Kernels are asked for by name here: nothing outside may choose instead. */
    unsetenv("WEIR_ISA");
    unsetenv("WEIR_KERNEL");
    if (argc != 2) {
        fprintf(stderr, "wrong arguments: check_backward_threads FILTER\n");
        return 2;
    }
    weir_pool *pool = NULL;
    weir_error error = {0};
    const bool has_pool = weir_pool_create(&pool, 2, &error) == WEIR_OK;
    if (!has_pool)
        printf("check_backward_threads: SKIPPED: what needs two threads: %s\n", error.message);
    const size_t kernels = check_kernels(argv[1], pool);
    weir_pool_destroy(pool);
    if (kernels == 0) {
        printf("check_backward_threads: SKIPPED: no kernel that trains and runs here matches %s\n",
               argv[1]);
        return SKIPPED;
    }
    test_missing_barrier();
    const int verdict = expect_verdict("check_backward_threads");
    return verdict == EXIT_SUCCESS && !has_pool ? SKIPPED : verdict;
}
