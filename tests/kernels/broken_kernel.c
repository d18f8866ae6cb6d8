/* SPDX-License-Identifier: MIT */
/* The ways to break a kernel: the good one runs, on inputs that were tampered with before or with
 * results that are tampered with after. */
#include "kernels/broken_kernel.h"

#include <stdlib.h>
#include <string.h>

#include "kernels/guarded_kernel.h"
#include "support/inputs.h"

/* kernel.h hands a forward function nothing of its own: hence one kernel at a time. */
static const struct weir_kernel *good;

static size_t extent(enum weir_extent which)
{
    const size_t sizes[] = {
        [WEIR_ONE] = 1, [WEIR_I] = good->I, [WEIR_H] = good->H, [WEIR_P] = good->P};
    return sizes[which];
}

static size_t round_up(size_t count, size_t unit)
{
    return (count + unit - 1) / unit * unit;
}

static float *output(const struct weir_run *run, size_t t, size_t b, size_t unit)
{
    return run->y + (ptrdiff_t)t * run->y_step + (ptrdiff_t)b * run->y_row + unit;
}

static size_t last_unit(void)
{
    return extent(good->states[0].size) - 1;
}

static void nudge(float *value)
{
    *value = float_from_bits(float_bits(*value) ^ 1);
}

/* A copy of x, dense, for breakages that change it. */
static float *copied_x(const struct weir_run *run, struct weir_run *changed)
{
    const size_t I = good->I;
    float *x = allocate(run->T * run->B * I * sizeof *x);
    for (size_t t = 0; t < run->T; ++t)
        for (size_t b = 0; b < run->B; ++b)
            memcpy(x + (t * run->B + b) * I,
                   run->x + (ptrdiff_t)t * run->x_step + (ptrdiff_t)b * run->x_row, I * sizeof *x);
    *changed = *run;
    changed->x = x;
    changed->x_step = (ptrdiff_t)(run->B * I);
    changed->x_row = (ptrdiff_t)I;
    return x;
}

static void whole(const struct weir_run *run)
{
    good->forward(run);
}

static void one_bit_off(const struct weir_run *run)
{
    good->forward(run);
    nudge(output(run, run->T - 1, run->B - 1, last_unit()));
}

static void one_bit_off_in_final_state(const struct weir_run *run)
{
    good->forward(run);
    const size_t last = good->state_count - 1;
    nudge(run->state[run->T % 2][last] + extent(good->states[last].size) - 1);
}

static void last_unit_left_out(const struct weir_run *run)
{
    float *before = allocate(run->T * run->B * sizeof *before);
    for (size_t t = 0; t < run->T; ++t)
        for (size_t b = 0; b < run->B; ++b)
            before[t * run->B + b] = *output(run, t, b, last_unit());
    good->forward(run);
    for (size_t t = 0; t < run->T; ++t)
        for (size_t b = 0; b < run->B; ++b)
            *output(run, t, b, last_unit()) = before[t * run->B + b];
    free(before);
}

static void sum_one_short(const struct weir_run *run)
{
    struct weir_run changed;
    float *x = copied_x(run, &changed);
    for (size_t row = 0; row < run->T * run->B; ++row)
        x[row * good->I + good->I - 1] = 0;
    good->forward(&changed);
    free(x);
}

/* Reverses the columns of W in a copy of the packed weights, and x with them: the same sum of
 * products, from the other end. */
static void sum_backwards(const struct weir_run *run)
{
    const size_t I = good->I;
    size_t floats = 0;
    for (size_t n = 0; n < good->region_count; ++n) {
        const struct weir_region *region = &good->regions[n];
        floats += round_up(round_up(extent(region->rows), good->lanes) * extent(region->cols) *
                               region->count,
                           WEIR_ROW);
    }
    float *weights = aligned_alloc(WEIR_ALIGN, floats * sizeof *weights);
    if (weights == NULL)
        exit(1);
    memcpy(weights, run->weights, floats * sizeof *weights);
    size_t at = 0;
    for (size_t n = 0; n < good->region_count; ++n) {
        const struct weir_region *region = &good->regions[n];
        const size_t cols = extent(region->cols), column = region->count * good->lanes;
        const size_t blocks = round_up(extent(region->rows), good->lanes) / good->lanes;
        for (size_t block = 0; block < blocks && region->cols == WEIR_I; ++block)
            for (size_t k = 0; k < cols; ++k)
                memcpy(weights + at + (block * cols + k) * column,
                       run->weights + at + (block * cols + cols - 1 - k) * column,
                       column * sizeof *weights);
        at += round_up(blocks * cols * column, WEIR_ROW);
    }
    struct weir_run changed;
    float *x = copied_x(run, &changed);
    for (float *row = x; row < x + run->T * run->B * I; row += I)
        for (size_t k = 0; k < I / 2; ++k) {
            const float kept = row[k];
            row[k] = row[I - 1 - k];
            row[I - 1 - k] = kept;
        }
    changed.weights = weights;
    good->forward(&changed);
    free(x);
    free(weights);
}

static void second_row_off(const struct weir_run *run)
{
    good->forward(run);
    if (run->B > 1)
        nudge(output(run, 0, 1, 0));
}

static void second_step_off(const struct weir_run *run)
{
    good->forward(run);
    if (run->T > 1)
        nudge(output(run, 1, 0, 0));
}

static void written_beside_y(const struct weir_run *run)
{
    good->forward(run);
    *output(run, run->T - 1, run->B - 1, last_unit() + 1) = 0;
}

static void written_beside_state(const struct weir_run *run)
{
    good->forward(run);
    if (guarded_kernel_lends())
        run->state[0][0][run->B * round_up(extent(good->states[0].size), WEIR_ROW)] = 0;
}

static void padding_read(const struct weir_run *run)
{
    const float *beside = run->state[0][0] + extent(good->states[0].size);
    const bool is_nan = beside[0] != beside[0];
    good->forward(run);
    if (is_nan)
        nudge(output(run, 0, 0, 0));
}

static void other_nan(const struct weir_run *run)
{
    good->forward(run);
    for (size_t t = 0; t < run->T; ++t)
        for (size_t b = 0; b < run->B; ++b)
            for (size_t unit = 0; unit <= last_unit(); ++unit) {
                float *value = output(run, t, b, unit);
                if (*value != *value)
                    *value = float_from_bits(0xffc00000u);
            }
}

static void nan_lost(const struct weir_run *run)
{
    good->forward(run);
    for (size_t t = 0; t < run->T; ++t)
        for (size_t b = 0; b < run->B; ++b)
            for (size_t unit = 0; unit <= last_unit(); ++unit) {
                float *value = output(run, t, b, unit);
                if (*value != *value)
                    *value = 0;
            }
}

const struct breakage breakages[] = {
    {"nothing broken", {0}, whole, false},
    {"one output off by its last bit", {[CHECK_SCALAR] = true}, one_bit_off, false},
    {"a final state off by its last bit",
     {[CHECK_SCALAR] = true},
     one_bit_off_in_final_state,
     false},
    {"the last unit left out", {[CHECK_SCALAR] = true}, last_unit_left_out, false},
    {"a sum one term short", {[CHECK_SCALAR] = true}, sum_one_short, false},
    {"a sum from its other end", {[CHECK_SCALAR] = true}, sum_backwards, false},
    {"two gates swapped", {[CHECK_SCALAR] = true}, whole, true},
    {"the second row off", {[CHECK_SCALAR] = true, [CHECK_ROWS] = true}, second_row_off, false},
    {"the second step off", {[CHECK_SCALAR] = true, [CHECK_CUTS] = true}, second_step_off, false},
    {"a float written beside y", {[CHECK_OUTSIDE] = true}, written_beside_y, false},
    {"a float written beside a state", {[CHECK_OUTSIDE] = true}, written_beside_state, false},
    {"padding read", {[CHECK_OUTSIDE] = true}, padding_read, false},
    {"another NaN than 0x7fc00000", {[CHECK_SCALAR] = true}, other_nan, false},
    {"NaN lost", {[CHECK_SCALAR] = true}, nan_lost, false},
};

const size_t breakage_count = sizeof breakages / sizeof *breakages;

/* The first two parameters of one shape change names, so that each is packed in the other's place.
 */
static const struct weir_param *swapped_params(const struct weir_kernel *kernel)
{
    static struct weir_param params[PROBLEM_WEIGHTS_MAX];
    memcpy(params, kernel->params, kernel->param_count * sizeof *params);
    for (size_t n = 1; n < kernel->param_count; ++n)
        if (params[n].rows == params[0].rows && params[n].cols == params[0].cols) {
            const char *name = params[n].name;
            params[n].name = params[0].name;
            params[0].name = name;
            break;
        }
    return params;
}

void broken_kernel_make(struct weir_kernel *broken, const struct weir_kernel *kernel,
                        const struct breakage *breakage)
{
    good = kernel;
    *broken = *kernel;
    broken->forward = breakage->forward;
    if (breakage->swaps_gates)
        broken->params = swapped_params(kernel);
}
