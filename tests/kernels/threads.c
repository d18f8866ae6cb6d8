/* SPDX-License-Identifier: MIT */
/* Kernels put to problems by several threads; see threads.h. */
#define _POSIX_C_SOURCE 200809L
#include "kernels/threads.h"

#include <string.h>

#include "support/expect.h"

enum { SKIPPED = 77 };

/* In the order in which they tell something: parts of unequal work first. */
static const struct {
    size_t T, B;
} shapes[] = {{2, 5}, {17, 13}, {1, 1}, {2, 1}, {17, 2}, {17, 1},
              {1, 2}, {17, 5},  {2, 2}, {1, 5}, {2, 13}, {1, 13}};

enum { SHAPE_COUNT = sizeof shapes / sizeof *shapes };

weir_layer *threads_layer(const struct problem *problem, const char *kernel, weir_pool *pool)
{
    const weir_layer_config config = {.cell = problem->cell,
                                      .I = problem->I,
                                      .H = problem->H,
                                      .P = problem->P,
                                      .weights = problem->weights,
                                      .weight_count = problem->weight_count,
                                      .kernel = kernel,
                                      .pool = pool,
                                      .threads = weir_pool_threads(pool)};
    weir_layer *layer = NULL;
    weir_error error;
    if (weir_layer_create(&layer, &config, &error) != WEIR_OK)
        fprintf(stderr, "%s\n", error.message);
    return layer;
}

void threads_expect_same(const struct outcome *expected, weir_layer *layer, const char *name,
                         const char *how, size_t threads)
{
    const struct problem *problem = expected->problem;
    struct outcome outcome;
    char what[256] = "";
    if (!EXPECT(layer, "%s, %zu threads %s: no layer", name, threads, how))
        return;
    outcome_create(&outcome, problem, 0);
    outcome_run(&outcome, layer);
    EXPECT(outcome_equal(&outcome, expected, what, sizeof what) &&
               outcome_guarded(&outcome, what, sizeof what),
           "%s, %zu threads %s, I=%zu H=%zu T=%zu B=%zu: %s", name, threads, how, problem->I,
           problem->H, problem->T, problem->B, what);
    outcome_destroy(&outcome);
    weir_layer_destroy(layer);
}

static void check_size(const struct thread_proof *proof, const struct weir_kernel *kernel,
                       const size_t sizes[3], size_t shape_count, weir_pool *pool)
{
    const char *cell = weir_kernel_describe(kernel).cell;
    for (size_t n = 0; n < shape_count; n++) {
        const size_t T = shapes[n].T, B = shapes[n].B;
        struct problem problem;
        /* Of large layers the shortest and the most awkward will do. */
        if (sizes[1] >= 256 && !(T == 2 && (B == 1 || B == 5)))
            continue;
        if (!EXPECT(problem_create(&problem, cell, sizes, T, B, PATTERN_NORMAL, 1),
                    "no problem for %s", cell))
            continue;
        problem_add_loss(&problem, PATTERN_NORMAL, 1); /* which forward does not look at */
        proof->check(kernel, &problem, pool);
        problem_destroy(&problem);
    }
}

static size_t check_kernels(const struct thread_proof *proof, const char *filter,
                            size_t shape_count, weir_pool *pool)
{
    const struct weir_kernel *kernel;
    size_t kernels = 0;
    for (size_t i = 0; (kernel = weir_kernel_at(i)); i++) {
        const weir_kernel_info info = weir_kernel_describe(kernel);
        if (!weir_kernel_runs_here(kernel) || !kernel_is_named(&info, filter) ||
            (proof->applies && !proof->applies(kernel)))
            continue;
        kernels++;
        if (info.I)
            check_size(proof, kernel, (size_t[]){info.I, info.H, info.P}, shape_count, pool);
        for (size_t k = 0; k < ODD_SIZE_COUNT && !info.I; k++) {
            const size_t I = odd_sizes[k].I, H = odd_sizes[k].H;
            check_size(proof, kernel, (size_t[]){I, H, usual_projection(info.cell, I, H)},
                       shape_count, pool);
        }
    }
    printf("%s: %zu kernels: %zu claims, %zu of them false\n", proof->program, kernels,
           expect_claims, expect_failures);
    return kernels;
}

int threads_main(const struct thread_proof *proof, int argc, char **argv)
{
    /* Kernels are asked for by name here: nothing outside may choose instead. */
    unsetenv("WEIR_ISA");
    unsetenv("WEIR_KERNEL");
    const size_t shape_count = argc == 3 ? strtoul(argv[2], NULL, 10) : SHAPE_COUNT;
    if (argc < 2 || argc > 3 || shape_count == 0 || shape_count > SHAPE_COUNT) {
        fprintf(stderr, "wrong arguments: %s FILTER [number of shapes, 1 to %d]\n", proof->program,
                SHAPE_COUNT);
        return 2;
    }
    weir_pool *pool = NULL;
    weir_error error = {0};
    const bool has_pool = weir_pool_create(&pool, 2, &error) == WEIR_OK;
    if (!has_pool)
        printf("%s: SKIPPED: what needs two threads: %s\n", proof->program, error.message);
    const size_t kernels = check_kernels(proof, argv[1], shape_count, pool);
    weir_pool_destroy(pool);
    if (kernels == 0) {
        printf("%s: SKIPPED: no kernel of this build that runs here matches %s\n", proof->program,
               argv[1]);
        return SKIPPED;
    }
    if (proof->self_test)
        proof->self_test();
    const int verdict = expect_verdict(proof->program);
    return verdict == EXIT_SUCCESS && !has_pool ? SKIPPED : verdict;
}
