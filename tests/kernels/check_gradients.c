/* SPDX-License-Identifier: MIT */
/* check_gradients [--isa NAME] [seed [filter]]: the gradients of kernels against float64, at the
 * odd sizes: all of them against backpropagation by hand where there is one (backward_reference.h),
 * and a sample of each array against differences of whole sequences for every cell; the two
 * references against one another, too. Scalar kernels unless --isa says otherwise: check_backward
 * proves the others equal to them. Linked with odd_reference.c, the same of the odd cells. Exit
 * status 1: out of bounds; 2: wrong arguments; 77: nothing that matches runs here and trains. */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "kernels/backward_reference.h"
#include "kernels/difference.h"
#include "kernels/reference.h"
#include "support/pass.h"

/* The largest error allowed of a gradient, relative to the largest of its array, or to the scale
 * that floor_of gives where all of them are small. Each bound is the largest error over twenty
 * seeds, of the odd cells over seven (beside it, in units of 1e-7), doubled and rounded up. */
static const struct bound {
    const char *cell;
    double error;
    bool has_kinks;
} bounds[] = {
    {"rnn_tanh", 5e-6, false}, /* 24 */
    {"rnn_relu", 6e-6, true}, /* 26 */
    {"dense", 3e-6, false}, /* 11 */
    {"lstm", 4e-6, false}, /* 16 */
    {"lstm_peephole", 4e-6, false}, /* 19 */
    {"lstm_cifg", 4e-6, false}, /* 16 */
    {"lstm_projected", 3e-6, false}, /* 12 */
    {"lstm_gated_output", 3e-6, false}, /* 10 */
    {"gru", 3e-6, false}, /* 15 */
    {"gru_before", 3e-6, false}, /* 14 */
    {"gru_uncoupled", 3e-5, false}, /* 110: the recurrence is a bare product */
    {"odd_functions", 3e-6, true}, /* 10 */
    {"odd_elementwise", 3e-6, false}, /* 12 */
    {"odd_phases", 7e-6, false}, /* 32 */
    {"odd_gates", 3e-6, false}, /* 15 */
    {"odd_products", 3e-6, true}, /* 10 */
    {"odd_copies", 6e-6, false}, /* 26 */
    {"odd_sizes", 3e-6, false}, /* 11 */
    {"odd_constants", 5e-5, false}, /* 220: its sums are multiplied by up to 33*sqrt(33) */
    {"int", 5e-6, true}, /* 20 */
};

enum { BOUND_COUNT = sizeof bounds / sizeof *bounds };

/* What the two references may differ by. */
static const double reference_bound = 1e-8;

/* `louder`: inputs are doubled so often, so that gates close, but not beyond what differences see.
 * Only the references by hand follow the pattern that closes them for good. At zeros stand the
 * kinks of cells that have some: see check_kinks. The full list is for small sizes. */
static const struct shape {
    size_t T, B;
    enum pattern pattern, loss;
    int louder;
    bool by_hand_only, smooth_only, small_only;
} shapes[] = {
    {17, 5, PATTERN_NORMAL, PATTERN_NORMAL, 0, false, false, false},
    {2, 13, PATTERN_NORMAL, PATTERN_NORMAL, 0, false, false, false},
    {17, 1, PATTERN_NORMAL, PATTERN_NORMAL, 3, false, true, false},
    {17, 5, PATTERN_SATURATING, PATTERN_NORMAL, 0, true, false, false},
    {2, 13, PATTERN_SATURATING, PATTERN_SATURATING, 0, true, false, false},
    {1, 1, PATTERN_NORMAL, PATTERN_NORMAL, 0, false, false, false},
    {1, 5, PATTERN_NORMAL, PATTERN_NORMAL, 0, false, false, true},
    {1, 13, PATTERN_NORMAL, PATTERN_NORMAL, 0, false, false, true},
    {2, 1, PATTERN_NORMAL, PATTERN_NORMAL, 0, false, false, true},
    {2, 5, PATTERN_NORMAL, PATTERN_NORMAL, 0, false, false, true},
    {17, 13, PATTERN_NORMAL, PATTERN_NORMAL, 0, false, false, true},
    {17, 5, PATTERN_ONE_HOT, PATTERN_NORMAL, 0, false, false, true},
    {2, 5, PATTERN_ZERO, PATTERN_NORMAL, 0, false, true, true},
    {2, 5, PATTERN_DENORMAL, PATTERN_NORMAL, 0, false, true, true},
    {17, 5, PATTERN_NORMAL, PATTERN_ZERO, 0, false, false, true},
};

enum { SHAPE_COUNT = sizeof shapes / sizeof *shapes, SMALL_H = 7, SAMPLE = 5 };

struct suite {
    const char *program, *isa, *filter;
    uint64_t seed;
    size_t kernels, untrained, not_here;
    size_t checks, failed, differences, at_kinks;
    double worst[BOUND_COUNT], worst_between;
};

/* The exact gradients of a problem, as far as they are known: NaN elsewhere. */
struct exact {
    struct precise gradients;
    double scale[1 + PROBLEM_STATES_MAX + PROBLEM_WEIGHTS_MAX]; /* by area, as in struct pass */
};

/* ---- What is exact ---- */

static double largest_of(const float *values, size_t count, double least)
{
    for (size_t n = 0; n < count; ++n)
        if (fabs((double)values[n]) > least)
            least = fabs((double)values[n]);
    return least;
}

/* The scale of an array whose gradients are small: what a delta may be, times what it is multiplied
 * by, which is x for matrices whose names begin with W in the cells that have large x. */
static double floor_of(const struct problem *problem, const char *area)
{
    double state = 1;
    for (size_t s = 0; s < problem->state_count; ++s)
        state = largest_of(problem->initial[s], problem->B * problem->states[s].rows, state);
    const size_t steps = problem->T * problem->B;
    const double delta = largest_of(problem->d_y, steps * problem->states[0].rows, 1);
    const double x = largest_of(problem->x, steps * problem->I, 1);
    return delta * state * (strncmp(area, "d_W", 3) == 0 ? x : 1);
}

static double *array_of(const struct precise *precise, const struct pass *pass, size_t area)
{
    if (area == 0)
        return precise->x;
    return area < pass->weights_at ? precise->initial[area - 1]
                                   : precise->weights[area - pass->weights_at];
}

static size_t size_of(const struct pass *pass, size_t area)
{
    return pass->gradients.area[area].rows * pass->gradients.area[area].width;
}

/* Differences by the first, the last and some other numbers of an array; where it is known by hand,
 * the two are compared. */
static void sample_array(struct suite *suite, const struct pass *pass, size_t area,
                         struct difference *difference, struct exact *exact)
{
    const size_t size = size_of(pass, area);
    double *numbers = array_of(difference->inputs, pass, area);
    double *known = array_of(&exact->gradients, pass, area);
    struct random random = {hash_number(HASH_START, area)};
    for (size_t n = 0; n < SAMPLE && n < size; ++n) {
        const size_t k = n == 0 ? 0 : n == 1 ? size - 1 : random_below(&random, size);
        double derivative;
        ++suite->differences;
        if (!difference_by(difference, &numbers[k], exact->scale[area], &derivative)) {
            ++suite->at_kinks;
            continue;
        }
        if (isnan(known[k])) {
            known[k] = derivative;
            continue;
        }
        const double error = fabs(known[k] - derivative) / exact->scale[area];
        ++suite->checks;
        suite->worst_between = error > suite->worst_between ? error : suite->worst_between;
        if (error <= reference_bound)
            continue;
        ++suite->failed;
        printf("FAILED %s, pattern %s, T=%zu, B=%zu, I=%zu, H=%zu: %s[%zu] by hand is %.17g, by "
               "differences %.17g\n",
               pass->problem->cell, pattern_name(pass->problem->pattern), pass->problem->T,
               pass->problem->B, pass->problem->I, pass->problem->H,
               pass->gradients.area[area].name, k, known[k], derivative);
    }
}

static void exact_create(struct suite *suite, struct exact *exact, const struct shape *shape,
                         const struct pass *pass, struct difference *difference)
{
    const struct problem *problem = pass->problem;
    precise_blank(&exact->gradients, problem);
    if (!backward_reference(difference->inputs, &exact->gradients))
        for (size_t n = 0; n < exact->gradients.count; ++n)
            exact->gradients.memory[n] = NAN;
    for (size_t area = 0; area < pass->gradients.count; ++area) {
        exact->scale[area] = floor_of(problem, pass->gradients.area[area].name);
        if (!shape->by_hand_only)
            sample_array(suite, pass, area, difference, exact);
        const double *known = array_of(&exact->gradients, pass, area);
        for (size_t k = 0; k < size_of(pass, area); ++k)
            if (fabs(known[k]) > exact->scale[area])
                exact->scale[area] = fabs(known[k]);
    }
}

/* ---- A kernel's gradients ---- */

static void judge_array(struct suite *suite, const char *kernel, const struct pass *pass,
                        const struct exact *exact, size_t area, size_t bound)
{
    const struct problem *problem = pass->problem;
    const float *found = pass->gradients.area[area].data;
    const double *known = array_of(&exact->gradients, pass, area);
    for (size_t k = 0; k < size_of(pass, area); ++k) {
        if (isnan(known[k]))
            continue;
        double error = fabs((double)found[k] - known[k]) / exact->scale[area];
        if (isnan(error))
            error = HUGE_VAL;
        ++suite->checks;
        suite->worst[bound] = error > suite->worst[bound] ? error : suite->worst[bound];
        if (error <= bounds[bound].error)
            continue;
        if (++suite->failed > 40)
            return;
        printf("FAILED %s: %s[%zu] is %.9g (0x%08x), float64 says %.17g: error %.3g, allowed %.3g\n"
               "    pattern %s, T=%zu, B=%zu, I=%zu, H=%zu, P=%zu; repeat with: %s --isa %s %llu "
               "'%s'\n",
               kernel, pass->gradients.area[area].name, k, (double)found[k],
               (unsigned)float_bits(found[k]), known[k], error, bounds[bound].error,
               pattern_name(problem->pattern), problem->T, problem->B, problem->I, problem->H,
               problem->P, suite->program, suite->isa, (unsigned long long)suite->seed, kernel);
        return;
    }
}

static bool is_subject(const struct suite *suite, const struct weir_kernel *kernel,
                       const char *cell, const size_t sizes[3])
{
    const weir_kernel_info info = weir_kernel_describe(kernel);
    return strcmp(info.cell, cell) == 0 && strcmp(info.isa, suite->isa) == 0 &&
           kernel_is_named(&info, suite->filter) &&
           (info.I == 0 || (info.I == sizes[0] && info.H == sizes[1] && info.P == sizes[2])) &&
           weir_kernel_runs_here(kernel) && kernel->training != NULL;
}

static void check_kernels(struct suite *suite, struct pass *pass, const struct exact *exact,
                          size_t bound)
{
    const struct problem *problem = pass->problem;
    const size_t sizes[] = {problem->I, problem->H, problem->P};
    for (size_t n = 0; weir_kernel_at(n) != NULL; ++n) {
        if (!is_subject(suite, weir_kernel_at(n), problem->cell, sizes))
            continue;
        const char *name = weir_kernel_describe(weir_kernel_at(n)).name;
        weir_error error;
        weir_layer *layer = pass_layer(problem, &(weir_layer_config){.kernel = name}, &error);
        if (layer == NULL) {
            ++suite->failed;
            printf("FAILED %s: %s\n", name, error.message);
            continue;
        }
        pass_run(pass, layer, &(struct pass_manner){.garbage = 0});
        for (size_t area = 0; area < pass->gradients.count; ++area)
            judge_array(suite, name, pass, exact, area, bound);
        weir_layer_destroy(layer);
    }
}

/* ---- Problems ---- */

/* A problem of this shape that has no kink within reach of a float's error. */
static bool make_problem(const struct suite *suite, struct problem *problem,
                         const struct shape *shape, const size_t sizes[3], size_t bound)
{
    for (uint64_t attempt = 0; attempt < 100; ++attempt) {
        const uint64_t seed = suite->seed + (attempt << 32);
        if (!problem_create(problem, bounds[bound].cell, sizes, shape->T, shape->B, shape->pattern,
                            seed))
            return false;
        problem_add_loss(problem, shape->loss, seed);
        for (size_t n = 0; n < shape->T * shape->B * problem->I; ++n)
            problem->x[n] = ldexpf(problem->x[n], shape->louder);
        if (!bounds[bound].has_kinks)
            return true;
        struct precise inputs;
        struct difference difference;
        precise_create(&inputs, problem);
        difference_create(&difference, &inputs);
        const bool is_near = difference_near_kink(&difference, seed);
        difference_destroy(&difference);
        precise_destroy(&inputs);
        if (!is_near)
            return true;
        problem_destroy(problem);
    }
    return false;
}

static void check_shape(struct suite *suite, const struct shape *shape, const size_t sizes[3],
                        size_t bound)
{
    struct problem problem;
    struct pass pass;
    struct precise inputs;
    struct difference difference;
    struct exact exact;
    if (!make_problem(suite, &problem, shape, sizes, bound)) {
        ++suite->failed;
        printf("FAILED %s, T=%zu, B=%zu, I=%zu, H=%zu: no problem without a kink\n",
               bounds[bound].cell, shape->T, shape->B, sizes[0], sizes[1]);
        return;
    }
    pass_create(&pass, &problem, 0);
    precise_create(&inputs, &problem);
    difference_create(&difference, &inputs);
    exact_create(suite, &exact, shape, &pass, &difference);
    check_kernels(suite, &pass, &exact, bound);
    precise_destroy(&exact.gradients);
    difference_destroy(&difference);
    precise_destroy(&inputs);
    pass_destroy(&pass);
    problem_destroy(&problem);
}

static void check_cell(struct suite *suite, size_t bound)
{
    const char *cell = bounds[bound].cell;
    for (size_t odd = 0; odd < ODD_SIZE_COUNT; ++odd) {
        const size_t I = odd_sizes[odd].I, H = odd_sizes[odd].H;
        const size_t sizes[] = {I, H, usual_projection(cell, I, H)};
        bool has_subject = false;
        for (size_t n = 0; weir_kernel_at(n) != NULL; ++n)
            has_subject = has_subject || is_subject(suite, weir_kernel_at(n), cell, sizes);
        for (size_t n = 0; n < SHAPE_COUNT && has_subject; ++n)
            if (!(shapes[n].by_hand_only && !backward_reference_has(cell)) &&
                !(shapes[n].smooth_only && bounds[bound].has_kinks) &&
                !(shapes[n].small_only && H > SMALL_H))
                check_shape(suite, &shapes[n], sizes, bound);
    }
}

/* ---- The whole ---- */

static void count_kernels(struct suite *suite)
{
    for (size_t n = 0; weir_kernel_at(n) != NULL; ++n) {
        const weir_kernel_info info = weir_kernel_describe(weir_kernel_at(n));
        if (!kernel_is_named(&info, suite->filter) || strcmp(info.isa, suite->isa) != 0)
            continue;
        ++suite->kernels;
        if (!weir_kernel_runs_here(weir_kernel_at(n)))
            ++suite->not_here;
        else
            suite->untrained += weir_kernel_at(n)->training == NULL;
    }
}

static int report(const struct suite *suite)
{
    if (suite->kernels == 0) {
        fprintf(stderr, "no %s kernel matches '%s': weir-info lists their names\n", suite->isa,
                suite->filter);
        return 2;
    }
    for (size_t n = 0; n < BOUND_COUNT; ++n)
        if (reference_has(bounds[n].cell))
            printf("%-20s largest error %8.2g, allowed %8.2g\n", bounds[n].cell, suite->worst[n],
                   bounds[n].error);
    printf("between references   largest error %8.2g, allowed %8.2g\n", suite->worst_between,
           reference_bound);
    printf("%s, seed %llu: %zu checks, %zu failed; %zu of %zu differences at a kink; %zu kernels "
           "do not train, %zu that this CPU cannot run are skipped\n",
           suite->isa, (unsigned long long)suite->seed, suite->checks, suite->failed,
           suite->at_kinks, suite->differences, suite->untrained, suite->not_here);
    if (suite->checks == 0 && suite->failed == 0)
        return 77;
    if (suite->at_kinks * 100 > suite->differences) {
        printf("FAILED: more than one difference in a hundred tells nothing\n");
        return 1;
    }
    return suite->failed > 0;
}

int main(int argc, char **argv)
{
    /* Kernels are asked for by name here: nothing outside may choose instead. */
    unsetenv("WEIR_ISA");
    unsetenv("WEIR_KERNEL");
    struct suite suite = {.program = argv[0], .isa = "scalar", .filter = "*", .seed = 1};
    int next = 1;
    if (argc > 2 && strcmp(argv[1], "--isa") == 0) {
        suite.isa = argv[2];
        next = 3;
    }
    char *end = NULL;
    errno = 0;
    if (argc > next)
        suite.seed = strtoull(argv[next], &end, 0);
    if (argc > next + 2 || errno != 0 || (argc > next && (end == argv[next] || *end != '\0'))) {
        fprintf(stderr, "wrong arguments: check_gradients [--isa NAME] [seed [filter]]\n");
        return 2;
    }
    if (argc > next + 1)
        suite.filter = argv[next + 1];
    count_kernels(&suite);
    for (size_t n = 0; n < BOUND_COUNT; ++n)
        if (reference_has(bounds[n].cell))
            check_cell(&suite, n);
    return report(&suite);
}
