/* SPDX-License-Identifier: MIT */
/* check_order: products of fewer than four rows are added in the order that docs/design.md promises
 * for them, and those of four rows and more in the order of all others: both written down here once
 * more, in plain C, and compared bit by bit with every kernel of two cells that are little but
 * sums. Exit status 1: a bit differs. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "halves.h"
#include "support/expect.h"
#include "support/outcome.h"

enum { STEPS = 3, BATCH = 5, PARTIAL_SUMS = 16, FEW_ROWS = 4, ROWS_MOST = 5 };

/* ---- The order ---- */

static float add_few(float sum, const float *w, const float *v, size_t cols)
{
    float partial[PARTIAL_SUMS] = {0};
    for (size_t first = 0; first < cols; first += PARTIAL_SUMS)
        for (size_t j = 0; j < PARTIAL_SUMS; ++j) {
            const bool is_there = first + j < cols;
            partial[j] =
                fmaf(is_there ? w[first + j] : 0.0f, is_there ? v[first + j] : 0.0f, partial[j]);
        }
    static const size_t halves[] = {8, 4, 2, 1};
    for (size_t n = 0; n < sizeof halves / sizeof *halves; ++n)
        for (size_t j = 0; j < halves[n]; ++j)
            partial[j] += partial[j + halves[n]];
    return sum + partial[0];
}

static float add_many(float sum, const float *w, const float *v, size_t cols)
{
    for (size_t k = 0; k < cols; ++k)
        sum = fmaf(w[k], v[k], sum);
    return sum;
}

static float add_product(float sum, const float *w, const float *v, size_t rows, size_t row,
                         size_t cols)
{
    return (rows < FEW_ROWS ? add_few : add_many)(sum, w + row * cols, v, cols);
}

/* ---- Two cells ---- */

static const float *weight(const struct problem *problem, const char *name)
{
    size_t n = 0;
    while (strcmp(problem->weights[n].name, name) != 0)
        ++n;
    return problem->weights[n].data;
}

static void step_dense(const struct problem *problem, const float *x, const float *prev, float *y)
{
    (void)prev;
    for (size_t row = 0; row < problem->H; ++row)
        y[row] = add_product(weight(problem, "b")[row], weight(problem, "W"), x, problem->H, row,
                             problem->I);
}

static void step_relu(const struct problem *problem, const float *x, const float *prev, float *y)
{
    for (size_t row = 0; row < problem->H; ++row) {
        float sum = weight(problem, "b")[row];
        sum = add_product(sum, weight(problem, "W"), x, problem->H, row, problem->I);
        sum = add_product(sum, weight(problem, "U"), prev, problem->H, row, problem->H);
        y[row] = 0 > sum ? 0 : sum;
    }
}

static const struct cell {
    const char *name;
    void (*step)(const struct problem *problem, const float *x, const float *prev, float *y);
} cells[] = {{"dense", step_dense}, {"rnn_relu", step_relu}};

enum { CELL_COUNT = sizeof cells / sizeof *cells };

/* ---- Kernels ---- */

static void check_outputs(const struct outcome *outcome, const struct cell *cell,
                          const char *kernel)
{
    const struct problem *problem = outcome->problem;
    for (size_t b = 0; b < BATCH; ++b) {
        float state[2][ROWS_MOST];
        memcpy(state[0], problem->initial[0] + b * problem->H, sizeof(float) * problem->H);
        for (size_t t = 0; t < STEPS; ++t) {
            float *next = state[(t + 1) % 2];
            cell->step(problem, problem->x + (t * BATCH + b) * problem->I, state[t % 2], next);
            for (size_t row = 0; row < problem->H; ++row) {
                const float got = outcome->y[(t * BATCH + b) * outcome->y_row + row];
                const uint32_t bits = isnan(next[row]) ? 0x7fc00000u : float_bits(next[row]);
                EXPECT(float_bits(got) == bits,
                       "%s, I=%zu, H=%zu, pattern %s, t=%zu, b=%zu, row %zu: %a, not %a", kernel,
                       problem->I, problem->H, pattern_name(problem->pattern), t, b, row,
                       (double)got, (double)next[row]);
            }
        }
    }
}

/* Every product underflows to -0, and vectors are -0: whether columns past the end count shows. */
static void underflow(struct problem *problem)
{
    for (size_t n = 0; n < problem->weight_count; ++n)
        for (size_t i = 0; i < problem->shapes[n].rows * problem->shapes[n].cols; ++i)
            problem->values[n][i] = problem->shapes[n].cols > 1 ? -0x1p-100f : -0.0f;
    for (size_t i = 0; i < STEPS * BATCH * problem->I; ++i)
        problem->x[i] = 0x1p-100f;
}

/* To weights as a type of 16 bits has them: the order of sums is that of float32. */
static void narrow(struct problem *problem, const char *type)
{
    const bool is_half = strcmp(type, "f16") == 0;
    problem_fit(problem, type);
    for (size_t n = 0; n < problem->weight_count && strcmp(type, "f32") != 0; ++n)
        for (size_t i = 0; i < problem->shapes[n].rows * problem->shapes[n].cols; ++i) {
            float *weight = &problem->values[n][i];
            if (weight_is_matrix(&problem->shapes[n]))
                *weight = is_half ? half_widen(half_narrow(*weight))
                                  : bfloat_widen(bfloat_narrow(*weight));
        }
}

/* The pattern past the last is that. */
static void check_size(const weir_kernel_info *info, const struct cell *cell, size_t I, size_t H)
{
    for (int pattern = 0; pattern <= PATTERN_COUNT; ++pattern) {
        struct problem problem;
        struct outcome outcome;
        if (!EXPECT(problem_create(&problem, cell->name, (const size_t[]){I, H, 0}, STEPS, BATCH,
                                   (enum pattern)(pattern % PATTERN_COUNT), 1),
                    "%s", "no problem"))
            continue;
        if (pattern == PATTERN_COUNT)
            underflow(&problem);
        narrow(&problem, info->type);
        weir_layer *layer = outcome_layer(&problem, info->name, NULL, 0);
        outcome_create(&outcome, &problem, 0);
        if (EXPECT(layer != NULL, "%s", "no layer")) {
            outcome_run(&outcome, layer);
            check_outputs(&outcome, cell, info->name);
        }
        weir_layer_destroy(layer);
        outcome_destroy(&outcome);
        problem_destroy(&problem);
    }
}

static void check_kernel(const weir_kernel_info *info, const struct cell *cell)
{
    static const size_t columns[] = {1, 2, 15, 16, 17, 31, 32, 33, 64};
    for (size_t n = 0; n < sizeof columns / sizeof *columns; ++n)
        for (size_t rows = 1; rows <= ROWS_MOST; ++rows)
            if (info->I == 0)
                check_size(info, cell, columns[n], rows);
    if (info->I > 0 && info->H <= ROWS_MOST)
        check_size(info, cell, info->I, info->H);
}

int main(void)
{
    size_t kernels = 0;
    for (size_t n = 0; weir_kernel_at(n) != NULL; ++n) {
        const weir_kernel_info info = weir_kernel_describe(weir_kernel_at(n));
        for (size_t c = 0; c < CELL_COUNT && weir_kernel_runs_here(weir_kernel_at(n)); ++c)
            if (strcmp(info.cell, cells[c].name) == 0 && !type_is_bytes(info.type)) {
                check_kernel(&info, &cells[c]);
                ++kernels;
            }
    }
    printf("%zu kernels\n", kernels);
    return expect_verdict("check_order");
}
