/* SPDX-License-Identifier: MIT */
/* The toy kernel, which watches how it is called, and the toy cell once more as plain loops. */
#include "api/toy_kernel.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "support/inputs.h"

struct toy_log toy_log;

/* ---- The tables ---- */

enum param { PARAM_W, PARAM_U, PARAM_B, PARAM_D, PARAM_R, PARAM_UNUSED };

static const struct weir_param params[TOY_WEIGHTS] = {
    [PARAM_W] = {"W", WEIR_H, WEIR_I},   [PARAM_U] = {"U", WEIR_H, WEIR_P},
    [PARAM_B] = {"b", WEIR_H, WEIR_ONE}, [PARAM_D] = {"d", WEIR_H, WEIR_ONE},
    [PARAM_R] = {"R", WEIR_P, WEIR_H},   [PARAM_UNUSED] = {"S", WEIR_H, WEIR_I},
};

static const struct weir_state states[TOY_STATES] = {{"h", WEIR_P}, {"m", WEIR_H}};
static const enum weir_extent values[] = {WEIR_H};

/* Two matrices interleaved (one of them not used), two vectors interleaved, two single ones. */
static const struct weir_region regions[] = {
    {WEIR_H, WEIR_I, 2, (const unsigned char[]){PARAM_UNUSED, PARAM_W}, NULL, 0, 0, WEIR_TYPE_F32},
    {WEIR_H, WEIR_ONE, 2, (const unsigned char[]){PARAM_D, PARAM_B}, NULL, 0, 0, WEIR_TYPE_F32},
    {WEIR_H, WEIR_P, 1, (const unsigned char[]){PARAM_U}, NULL, 0, 0, WEIR_TYPE_F32},
    {WEIR_P, WEIR_H, 1, (const unsigned char[]){PARAM_R}, NULL, 0, 0, WEIR_TYPE_F32},
};

/* One a slot; the kernel divides them out again. */
static const float slot_scales[] = {1.0f, 2.0f, -1.0f, 1.0f, 0.5f, 4.0f};

static void write_scales(size_t I, size_t H, size_t P, float *scale)
{
    (void)I, (void)H, (void)P;
    memcpy(scale, slot_scales, sizeof slot_scales);
}

static size_t padded(size_t size)
{
    return (size + WEIR_ROW - 1) / WEIR_ROW * WEIR_ROW;
}

static size_t count_hoist_floats(size_t B, size_t I, size_t H, size_t P)
{
    (void)I, (void)P;
    return B * padded(H);
}

/* ---- Running ---- */

static float wrap(float value)
{
    return fmodf(value, 16.0f);
}

static void demand(bool holds, const char *promise)
{
    if (!holds && !toy_log.fault)
        toy_log.fault = promise;
}

static bool is_aligned(const void *memory)
{
    return (uintptr_t)memory % WEIR_ALIGN == 0;
}

/* Where a region starts, and the element of one of its parameters. */
struct view {
    const float *start;
    size_t cols, count, slot;
    float scale;
};

static float view_at(const struct view *view, size_t row, size_t col)
{
    const size_t block = row / TOY_LANES, lane = row % TOY_LANES;
    return view->start[((block * view->cols + col) * view->count + view->slot) * TOY_LANES + lane] /
           view->scale;
}

/* Checks that the rows past the last one are zero. */
static size_t check_region(const struct view *view, size_t rows)
{
    const size_t blocks = (rows + TOY_LANES - 1) / TOY_LANES;
    for (size_t row = rows; row < blocks * TOY_LANES; row++)
        for (size_t col = 0; col < view->cols; col++)
            demand(view_at(view, row, col) == 0, "packed weights are zero past the last row");
    return padded(blocks * TOY_LANES * view->cols * view->count);
}

static float dot(const struct view *matrix, size_t row, const float *vector)
{
    float sum = 0;
    for (size_t k = 0; k < matrix->cols; k++)
        sum += view_at(matrix, row, k) * vector[k];
    return sum;
}

struct views {
    struct view W, d, b, U, R;
};

static struct views find_weights(const struct weir_run *run)
{
    struct views at;
    const float *next = run->weights;
    at.W = (struct view){next, run->I, 2, 1, slot_scales[1]};
    next += check_region(&at.W, run->H);
    at.d = (struct view){next, 1, 2, 0, slot_scales[2]};
    at.b = (struct view){next, 1, 2, 1, slot_scales[3]};
    next += check_region(&at.d, run->H);
    at.U = (struct view){next, run->P, 1, 0, slot_scales[4]};
    next += check_region(&at.U, run->H);
    at.R = (struct view){next, run->H, 1, 0, slot_scales[5]};
    check_region(&at.R, run->P);
    return at;
}

static void check_run(const struct weir_run *run)
{
    demand(run->T && run->B, "T and B are at least 1");
    demand(run->parts == 1 && run->part == 0, "one thread is part 0 of 1");
    demand(is_aligned(run->weights), "weights are aligned");
    demand(is_aligned(run->value[0]), "stored values are aligned");
    for (size_t s = 0; s < TOY_STATES; s++)
        demand(is_aligned(run->state[0][s]) && is_aligned(run->state[1][s]), "states are aligned");
    for (size_t b = 0; b < run->B; b++)
        for (size_t k = run->H; k < padded(run->H); k++)
            demand(run->state[0][1][b * padded(run->H) + k] == 0, "padding starts as zeros");
    toy_log.calls++;
    toy_log.rows += run->B;
    if (run->B > toy_log.largest_batch)
        toy_log.largest_batch = run->B;
}

/* One step of one row. Padding is overwritten with rubbish, as kernel.h allows. */
static void step(const struct weir_run *run, const struct views *at, size_t t, size_t b)
{
    const size_t h_row = padded(run->P), m_row = padded(run->H);
    const float *x = run->x + (ptrdiff_t)t * run->x_step + (ptrdiff_t)b * run->x_row;
    float *y = run->y + (ptrdiff_t)t * run->y_step + (ptrdiff_t)b * run->y_row;
    const float *h = run->state[t % 2][0] + b * h_row, *m = run->state[t % 2][1] + b * m_row;
    float *h_next = run->state[(t + 1) % 2][0] + b * h_row;
    float *m_next = run->state[(t + 1) % 2][1] + b * m_row;
    float *product = run->products + b * m_row, *value = run->value[0] + b * m_row;
    for (size_t k = 0; k < m_row; k++)
        product[k] = k < run->H ? dot(&at->W, k, x) : NAN;
    for (size_t k = 0; k < m_row; k++)
        value[k] = k < run->H ? wrap(m[k] + view_at(&at->b, k, 0) + view_at(&at->d, k, 0) +
                                     product[k] + dot(&at->U, k, h))
                              : NAN;
    memcpy(m_next, value, m_row * sizeof *value);
    for (size_t k = 0; k < h_row; k++)
        h_next[k] = k < run->P ? wrap(dot(&at->R, k, value)) : NAN;
    memcpy(y, h_next, run->P * sizeof *y);
}

static void forward(const struct weir_run *run)
{
    check_run(run);
    const struct views at = find_weights(run);
    for (size_t t = 0; t < run->T; t++)
        for (size_t b = 0; b < run->B; b++)
            step(run, &at, t, b);
}

const struct weir_kernel toy_kernel = {
    .name = "toy_f32_any__scalar",
    .contract = WEIR_CONTRACT,
    .cell = "toy",
    .plan = "",
    .isa = WEIR_SCALAR,
    .math = WEIR_INLINE,
    .lanes = TOY_LANES,
    .params = params,
    .param_count = TOY_WEIGHTS,
    .states = states,
    .state_count = TOY_STATES,
    .values = values,
    .value_count = 1,
    .regions = regions,
    .region_count = sizeof regions / sizeof *regions,
    .scales = write_scales,
    .hoist_floats = count_hoist_floats,
    .forward = forward,
};

/* ---- The same cell as plain loops ---- */

static float *make_numbers(struct random *random, size_t count, size_t bound)
{
    float *numbers = allocate(count * sizeof *numbers);
    for (size_t k = 0; k < count; k++)
        numbers[k] = (float)random_below(random, 2 * bound + 1) - (float)bound;
    return numbers;
}

static float plain_dot(const float *row, const float *vector, size_t count)
{
    float sum = 0;
    for (size_t k = 0; k < count; k++)
        sum += row[k] * vector[k];
    return sum;
}

static void plain_step(struct toy_problem *problem, size_t t, size_t b)
{
    const size_t I = problem->I, H = problem->H, P = problem->P;
    const float *weights[TOY_WEIGHTS];
    for (size_t k = 0; k < TOY_WEIGHTS; k++)
        weights[k] = problem->weights[k].data;
    const float *x = problem->x + (t * problem->B + b) * I;
    float *y = problem->y + (t * problem->B + b) * P;
    float *h = problem->final[0] + b * P, *m = problem->final[1] + b * H;
    for (size_t k = 0; k < H; k++)
        m[k] = wrap(m[k] + weights[PARAM_B][k] + weights[PARAM_D][k] +
                    plain_dot(weights[PARAM_W] + k * I, x, I) +
                    plain_dot(weights[PARAM_U] + k * P, h, P));
    for (size_t k = 0; k < P; k++)
        y[k] = wrap(plain_dot(weights[PARAM_R] + k * H, m, H));
    memcpy(h, y, P * sizeof *h);
}

struct toy_problem toy_problem_create(size_t T, size_t B, size_t I, size_t H, size_t P,
                                      bool from_zeros)
{
    struct random random = {T + 10 * B + 100 * I + 1000 * H + 10000 * P};
    struct toy_problem problem = {.T = T, .B = B, .I = I, .H = H, .P = P};
    const size_t extents[] = {[WEIR_ONE] = 1, [WEIR_I] = I, [WEIR_H] = H, [WEIR_P] = P};
    for (size_t k = 0; k < TOY_WEIGHTS; k++)
        problem.weights[k] = (weir_weight){
            .name = params[k].name,
            .data = make_numbers(&random, extents[params[k].rows] * extents[params[k].cols], 2)};
    problem.x = make_numbers(&random, T * B * I, 5);
    problem.y = make_numbers(&random, T * B * P, 0);
    for (size_t s = 0; s < TOY_STATES; s++) {
        const size_t floats = B * extents[states[s].size];
        problem.initial[s] = make_numbers(&random, floats, from_zeros ? 0 : 9);
        problem.final[s] = allocate(floats * sizeof *problem.final[s]);
        memcpy(problem.final[s], problem.initial[s], floats * sizeof *problem.final[s]);
    }
    for (size_t t = 0; t < T; t++)
        for (size_t b = 0; b < B; b++)
            plain_step(&problem, t, b);
    return problem;
}

void toy_problem_destroy(struct toy_problem *problem)
{
    for (size_t k = 0; k < TOY_WEIGHTS; k++)
        free((void *)problem->weights[k].data);
    for (size_t s = 0; s < TOY_STATES; s++) {
        free(problem->initial[s]);
        free(problem->final[s]);
    }
    free(problem->x);
    free(problem->y);
}

weir_layer_config toy_config(const struct toy_problem *problem)
{
    return (weir_layer_config){.cell = toy_kernel.cell,
                               .I = problem->I,
                               .H = problem->H,
                               .P = problem->P,
                               .weights = problem->weights,
                               .weight_count = TOY_WEIGHTS,
                               .own = &toy_kernel};
}
