/* SPDX-License-Identifier: MIT */
/* check_odd_cells [seed]: the scalar kernels of tests/odd_cells/, specialised and size-generic, in
 * both forms of the maths, against float64 (odd_reference.c). check_odd_kernels proves the other
 * ISAs equal to them. Exit status 1: out of bounds; 2: wrong arguments. */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/odd_reference.h"
#include "support/outcome.h"

/* Patterns whose exact results a float kernel approaches; the others are compared by bits alone. So
 * is `saturating` where a large input itself reaches a state beside gates: an intermediate result
 * may then overflow (see gen/passes/lower.c). */
static const enum pattern patterns[] = {
    PATTERN_NORMAL,  PATTERN_SATURATING, PATTERN_ZERO,       PATTERN_DENORMAL,
    PATTERN_ONE_HOT, PATTERN_NAN,        PATTERN_NAN_WEIGHT, PATTERN_INF,
};

struct suite {
    uint64_t seed;
    size_t checks, failed;
    double worst; /* of the cell at hand */
};

/* One row of the batch, as float64 has it. */
struct exact {
    double prev[PROBLEM_STATES_MAX][ODD_SIZE_MAX], next[PROBLEM_STATES_MAX][ODD_SIZE_MAX];
    double largest; /* magnitude that the row has held, at least 1 */
};

static void note_largest(struct exact *exact, const struct problem *problem)
{
    for (size_t s = 0; s < problem->state_count; ++s)
        for (size_t k = 0; k < problem->states[s].rows; ++k)
            if (isfinite(exact->prev[s][k]) && fabs(exact->prev[s][k]) > exact->largest)
                exact->largest = fabs(exact->prev[s][k]);
}

static void exact_begin(struct exact *exact, const struct problem *problem, size_t b)
{
    *exact = (struct exact){.largest = 1};
    for (size_t s = 0; s < problem->state_count; ++s)
        for (size_t k = 0; k < problem->states[s].rows; ++k)
            exact->prev[s][k] = (double)problem->initial[s][b * problem->states[s].rows + k];
    note_largest(exact, problem);
}

static void exact_step(struct exact *exact, const struct precise *inputs, size_t t, size_t b,
                       const struct odd_cell *cell)
{
    const struct problem *problem = inputs->problem;
    const struct odd_step step = {.inputs = inputs,
                                  .I = problem->I,
                                  .H = problem->H,
                                  .P = problem->P,
                                  .x = inputs->x + (t * problem->B + b) * problem->I,
                                  .prev = exact->prev,
                                  .next = exact->next};
    cell->step(&step);
    memcpy(exact->prev, exact->next, sizeof exact->prev);
    note_largest(exact, problem);
}

/* The error relative to the largest magnitude that the row has held; infinite where one is finite
 * and the other is not, or a NaN is not the one that Weir promises. */
static double error_of(float value, double exact, double largest)
{
    if (isnan(exact))
        return float_bits(value) == 0x7fc00000u ? 0 : HUGE_VAL;
    if (isinf(exact))
        return (double)value == exact ? 0 : HUGE_VAL;
    return isfinite(value) ? fabs((double)value - exact) / largest : HUGE_VAL;
}

static void judge(struct suite *suite, const struct weir_kernel *kernel,
                  const struct problem *problem, const struct odd_cell *cell, const char *place,
                  size_t k, float value, const double *exact, double largest)
{
    const double error = error_of(value, exact[k], largest);
    ++suite->checks;
    suite->worst = error > suite->worst ? error : suite->worst;
    if (error <= cell->bound)
        return;
    if (++suite->failed <= 20)
        printf(
            "FAILED %s, pattern %s, T=%zu, B=%zu, I=%zu, H=%zu: %s[%zu] is %.9g (0x%08x), float64 "
            "says %.17g; repeat with: check_odd_cells %llu\n",
            weir_kernel_describe(kernel).name, pattern_name(problem->pattern), problem->T,
            problem->B, problem->I, problem->H, place, k, (double)value,
            (unsigned)float_bits(value), exact[k], (unsigned long long)suite->seed);
}

static void check_row(struct suite *suite, const struct weir_kernel *kernel,
                      const struct outcome *outcome, const struct precise *inputs,
                      const struct odd_cell *cell, size_t b)
{
    const struct problem *problem = outcome->problem;
    struct exact exact;
    exact_begin(&exact, problem, b);
    for (size_t t = 0; t < problem->T; ++t) {
        const float *y = outcome->y + (t * problem->B + b) * outcome->y_row;
        exact_step(&exact, inputs, t, b, cell);
        for (size_t k = 0; k < outcome->width; ++k)
            judge(suite, kernel, problem, cell, "y", k, y[k], exact.prev[0], exact.largest);
    }
    for (size_t s = 0; s < problem->state_count; ++s)
        for (size_t k = 0; k < problem->states[s].rows; ++k)
            judge(suite, kernel, problem, cell, problem->states[s].name, k,
                  outcome->final[s][b * problem->states[s].rows + k], exact.prev[s], exact.largest);
}

static void check_size(struct suite *suite, const struct weir_kernel *kernel,
                       const struct odd_cell *cell, const size_t sizes[3])
{
    static const size_t shapes[][2] = {{17, 5}, {1, 2}, {2, 13}};
    const weir_kernel_info info = weir_kernel_describe(kernel);
    for (size_t p = 0; p < sizeof patterns / sizeof *patterns; ++p)
        for (size_t n = 0; n < sizeof shapes / sizeof *shapes; ++n) {
            struct problem problem;
            struct precise inputs;
            struct outcome outcome;
            if (patterns[p] == PATTERN_SATURATING && cell->is_unbounded)
                continue;
            if (!problem_create(&problem, cell->name, sizes, shapes[n][0], shapes[n][1],
                                patterns[p], suite->seed)) {
                ++suite->failed;
                return;
            }
            problem_fit(&problem, info.type);
            weir_layer *layer = outcome_layer(&problem, info.name, NULL, 0);
            suite->failed += layer == NULL;
            outcome_create(&outcome, &problem, 0);
            precise_create(&inputs, &problem);
            precise_round(&inputs, info.type);
            if (layer)
                outcome_run(&outcome, layer);
            for (size_t b = 0; b < problem.B && layer; ++b)
                check_row(suite, kernel, &outcome, &inputs, cell, b);
            precise_destroy(&inputs);
            outcome_destroy(&outcome);
            weir_layer_destroy(layer);
            problem_destroy(&problem);
        }
}

static void check_kernel(struct suite *suite, const struct weir_kernel *kernel,
                         const struct odd_cell *cell)
{
    const weir_kernel_info info = weir_kernel_describe(kernel);
    /* Products of bytes the reference of these cells does not know. */
    if (type_is_bytes(info.type) || strcmp(info.cell, cell->name) != 0 ||
        strcmp(info.isa, "scalar") != 0 || !weir_kernel_runs_here(kernel))
        return;
    if (info.I > 0)
        check_size(suite, kernel, cell, (size_t[]){info.I, info.H, info.P});
    for (size_t odd = 0; odd < ODD_SIZE_COUNT && info.I == 0; ++odd) {
        const size_t I = odd_sizes[odd].I, H = odd_sizes[odd].H;
        check_size(suite, kernel, cell, (size_t[]){I, H, usual_projection(info.cell, I, H)});
    }
}

int main(int argc, char **argv)
{
    /* Kernels are asked for by name here: nothing outside may choose instead. */
    unsetenv("WEIR_ISA");
    unsetenv("WEIR_KERNEL");
    struct suite suite = {.seed = 1};
    char *end = NULL;
    errno = 0;
    if (argc > 1)
        suite.seed = strtoull(argv[1], &end, 0);
    if (argc > 2 || errno != 0 || (argc > 1 && (end == argv[1] || *end != '\0'))) {
        fprintf(stderr, "wrong arguments: check_odd_cells [seed]\n");
        return 2;
    }
    for (size_t c = 0; c < odd_cell_count; ++c) {
        const size_t before = suite.checks;
        suite.worst = 0;
        for (size_t n = 0; weir_kernel_at(n) != NULL; ++n)
            check_kernel(&suite, weir_kernel_at(n), &odd_cells[c]);
        printf("%-16s %8zu values, largest error %.2g, allowed %.2g\n", odd_cells[c].name,
               suite.checks - before, suite.worst, odd_cells[c].bound);
        suite.failed += suite.checks == before;
    }
    printf("%zu values of odd cells, %zu failed\n", suite.checks, suite.failed);
    return suite.failed > 0;
}
