/* SPDX-License-Identifier: MIT */
/* check_reference [--isa NAME] [seed [filter]]: kernels against the float64 reference, for every
 * cell that has one, up to 64 units, and size-generic kernels at the odd sizes. Scalar kernels
 * unless --isa says otherwise: check_kernels proves the others equal to them. Exit status 1: out of
 * bounds; 2: wrong arguments; 77: nothing that matches runs here. */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/reference.h"
#include "support/outcome.h"

/* The largest error allowed of an output or a final state. It is absolute while all that a batch
 * row has held stays within 1, as normal gates, h and n do; beyond that it is relative to the
 * largest finite magnitude the row has held, since a gate's error multiplies the state it gates.
 * One step's error is a gate's (3e-7 at most for the maths, and the rounding of a sum of up to 98
 * terms); 17 steps carry it on, most where the recurrence is a bare matrix product (rnn_*,
 * gru_uncoupled). Each bound is the largest error over sixty seeds (beside it, in units of 1e-7:
 * inline, sleef), doubled and rounded up. */
static const struct bound {
    const char *cell;
    double inline_error, sleef_error;
} bounds[] = {
    {"rnn_tanh", 2e-6, 2e-6}, /* 8.1, 7.5 */
    {"rnn_relu", 2e-6, 2e-6}, /* 8.3, 8.3 */
    {"lstm", 2e-6, 1e-6}, /* 5.4, 4.5 */
    {"lstm_peephole", 3e-6, 2e-6}, /* 11, 7.1 */
    {"lstm_cifg", 1e-6, 1e-6}, /* 3.8, 4.2 */
    {"lstm_projected", 1e-6, 1e-6}, /* 4.1, 3.8 */
    {"lstm_gated_output", 1e-6, 1e-6}, /* 3.7, 3.6 */
    {"gru", 2e-6, 2e-6}, /* 5.1, 5.8 */
    {"gru_before", 1e-6, 2e-6}, /* 4.6, 5.1 */
    {"gru_uncoupled", 7e-6, 2e-5}, /* 32, 53 */
    {"dense", 1e-6, 1e-6},
};

enum { BOUND_COUNT = sizeof bounds / sizeof *bounds };

/* Patterns whose exact results a float kernel approaches. A NaN must be one exactly where double
 * arithmetic makes one, and an infinity likewise with its sign. Left out, and compared by bits
 * alone: `huge`, as sums overflow in float that do not in double; and `inf-within`, as a closed
 * gate of Weir's is not quite 0 (within the 3e-7 that it promises), and leaves of an infinite state
 * an infinity where 0 would make a NaN. */
static const enum pattern patterns[] = {
    PATTERN_NORMAL,  PATTERN_SATURATING, PATTERN_ZERO,       PATTERN_DENORMAL,
    PATTERN_ONE_HOT, PATTERN_NAN,        PATTERN_NAN_WEIGHT, PATTERN_INF,
};

struct suite {
    const char *program, *isa, *filter;
    uint64_t seed;
    size_t kernels, unreferenced, not_here;
    size_t checks, failed;
    double worst[BOUND_COUNT][2];
};

/* The error of one value, relative to `scale`; infinite where one is finite and the other is not,
 * or a NaN is not the one that Weir promises. */
static double error_of(float value, double exact, double scale)
{
    if (isnan(exact))
        return float_bits(value) == 0x7fc00000u ? 0 : HUGE_VAL;
    if (isinf(exact))
        return (double)value == exact ? 0 : HUGE_VAL;
    return isfinite(value) ? fabs((double)value - exact) / scale : HUGE_VAL;
}

/* The worst value met, and the largest magnitude that its batch row has held so far. */
struct judged {
    double error, scale;
    char place[64];
    float value;
    double exact;
};

static double larger_finite(double scale, double value)
{
    return isfinite(value) && fabs(value) > scale ? fabs(value) : scale;
}

static void judge_row(struct judged *worst, const float *row, const double *exact, size_t width,
                      const char *place)
{
    for (size_t k = 0; k < width; ++k)
        worst->scale = larger_finite(worst->scale, exact[k]);
    for (size_t k = 0; k < width; ++k) {
        const double error = error_of(row[k], exact[k], worst->scale);
        if (error <= worst->error)
            continue;
        snprintf(worst->place, sizeof worst->place, "%s[%zu]", place, k);
        worst->error = error;
        worst->value = row[k];
        worst->exact = exact[k];
    }
}

static void judge_batch_row(struct judged *worst, const struct outcome *outcome,
                            const struct precise_outcome *exact, size_t b)
{
    const struct problem *problem = outcome->problem;
    const size_t width = outcome->width;
    char place[48];
    worst->scale = 1;
    for (size_t s = 0; s < problem->state_count; ++s)
        for (size_t k = 0; k < problem->states[s].rows; ++k)
            worst->scale = larger_finite(
                worst->scale, (double)problem->initial[s][b * problem->states[s].rows + k]);
    for (size_t t = 0; t < problem->T; ++t) {
        const size_t at = (t * problem->B + b) * width;
        snprintf(place, sizeof place, "y[%zu][%zu]", t, b);
        judge_row(worst, outcome->y + at, exact->y + at, width, place);
    }
    for (size_t s = 0; s < problem->state_count; ++s) {
        const size_t size = problem->states[s].rows;
        snprintf(place, sizeof place, "final %s[%zu]", problem->states[s].name, b);
        judge_row(worst, outcome->final[s] + b * size, exact->final[s] + b * size, size, place);
    }
}

static void check_problem(struct suite *suite, const weir_kernel_info *info,
                          const struct problem *problem, size_t bound)
{
    const bool sleef = strcmp(info->math, "sleef") == 0;
    /* A last bit of r*h may make another byte of it, which weighs as much as a weight's last bit.
     */
    const bool flips = type_is_bytes(info->type) && strcmp(info->cell, "gru_before") == 0;
    const double allowed = flips   ? 4e-3
                           : sleef ? bounds[bound].sleef_error
                                   : bounds[bound].inline_error;
    ++suite->checks;
    weir_layer *layer = outcome_layer(problem, info->name, NULL, 0);
    if (layer == NULL) {
        ++suite->failed;
        return;
    }
    struct outcome outcome;
    struct precise inputs;
    struct precise_outcome exact;
    outcome_create(&outcome, problem, 0);
    outcome_run(&outcome, layer);
    precise_create(&inputs, problem);
    precise_round(&inputs, info->type);
    precise_outcome_create(&exact, problem);
    reference_forward(&inputs, &exact);
    struct judged worst = {0};
    for (size_t b = 0; b < problem->B; ++b)
        judge_batch_row(&worst, &outcome, &exact, b);
    if (worst.error > suite->worst[bound][sleef])
        suite->worst[bound][sleef] = worst.error;
    if (worst.error > allowed) {
        ++suite->failed;
        printf("FAILED %s: %s is %.9g (0x%08x), float64 says %.17g: error %.3g, allowed %.3g\n"
               "    pattern %s, T=%zu, B=%zu, I=%zu, H=%zu, P=%zu, seed %llu; repeat with: "
               "%s --isa %s %llu '%s'\n",
               info->name, worst.place, (double)worst.value, (unsigned)float_bits(worst.value),
               worst.exact, worst.error, allowed, pattern_name(problem->pattern), problem->T,
               problem->B, problem->I, problem->H, problem->P, (unsigned long long)suite->seed,
               suite->program, info->isa, (unsigned long long)suite->seed, info->name);
    }
    precise_outcome_destroy(&exact);
    precise_destroy(&inputs);
    outcome_destroy(&outcome);
    weir_layer_destroy(layer);
}

static void check_size(struct suite *suite, const weir_kernel_info *info, const size_t sizes[3],
                       size_t bound)
{
    static const struct {
        size_t T, B;
    } shapes[] = {{17, 5}, {17, 1}, {2, 13}};
    /* A last bit of a state may make another byte of it, so that steps go apart: one at a time. */
    const bool bytes = type_is_bytes(info->type);
    for (size_t p = 0; p < sizeof patterns / sizeof *patterns; ++p)
        for (size_t n = 0; n < sizeof shapes / sizeof *shapes; ++n) {
            struct problem problem;
            const size_t T = bytes ? 1 : shapes[n].T;
            if (!problem_create(&problem, info->cell, sizes, T, shapes[n].B, patterns[p],
                                suite->seed)) {
                ++suite->failed;
                return;
            }
            problem_fit(&problem, info->type);
            check_problem(suite, info, &problem, bound);
            problem_destroy(&problem);
        }
}

static void check_kernel(struct suite *suite, const struct weir_kernel *kernel)
{
    const weir_kernel_info info = weir_kernel_describe(kernel);
    if (!kernel_is_named(&info, suite->filter) || strcmp(info.isa, suite->isa) != 0 || info.H > 64)
        return;
    ++suite->kernels;
    size_t bound = 0;
    while (bound < BOUND_COUNT && strcmp(bounds[bound].cell, info.cell) != 0)
        ++bound;
    if (bound == BOUND_COUNT || !reference_has(info.cell)) {
        ++suite->unreferenced;
        return;
    }
    if (!weir_kernel_runs_here(kernel)) {
        ++suite->not_here;
        return;
    }
    if (info.I > 0)
        check_size(suite, &info, (size_t[]){info.I, info.H, info.P}, bound);
    for (size_t odd = 0; odd < ODD_SIZE_COUNT && info.I == 0; ++odd) {
        const size_t I = odd_sizes[odd].I, H = odd_sizes[odd].H;
        check_size(suite, &info, (size_t[]){I, H, usual_projection(info.cell, I, H)}, bound);
    }
}

static int report(const struct suite *suite)
{
    if (suite->kernels == 0) {
        fprintf(stderr,
                "no %s kernel of at most 64 units matches '%s': weir-info lists their names\n",
                suite->isa, suite->filter);
        return 2;
    }
    printf("%-20s %23s %23s\n", "largest error", "inline (allowed)", "sleef (allowed)");
    for (size_t n = 0; n < BOUND_COUNT; ++n)
        printf("%-20s %12.2g (%8.1g) %12.2g (%8.1g)\n", bounds[n].cell, suite->worst[n][0],
               bounds[n].inline_error, suite->worst[n][1], bounds[n].sleef_error);
    printf("%s, seed %llu: %zu checks, %zu failed, %zu kernels skipped (%zu of cells without a "
           "reference, %zu that this CPU cannot run)\n",
           suite->isa, (unsigned long long)suite->seed, suite->checks, suite->failed,
           suite->unreferenced + suite->not_here, suite->unreferenced, suite->not_here);
    if (suite->checks == 0 && suite->failed == 0)
        return 77;
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
        fprintf(stderr, "wrong arguments: check_reference [--isa NAME] [seed [filter]]\n");
        return 2;
    }
    if (argc > next + 1)
        suite.filter = argv[next + 1];
    for (size_t n = 0; weir_kernel_at(n) != NULL; ++n)
        check_kernel(&suite, weir_kernel_at(n));
    return report(&suite);
}
