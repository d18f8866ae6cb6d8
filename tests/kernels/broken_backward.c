/* SPDX-License-Identifier: MIT */
/* The ways to break the training of a kernel: the good passes run, and their results are tampered
 * with after; or the table of the products that make up the weights' gradients is. */
#include "kernels/broken_backward.h"

#include <string.h>

#include "support/inputs.h"

/* kernel.h hands a pass nothing of its own: hence one kernel at a time. */
static const struct weir_kernel *good;

enum { OUTERS_MAX = 128 };

static void nudge(float *value)
{
    *value = float_from_bits(float_bits(*value) ^ 1);
}

static float *value_at(const struct weir_run *run, size_t value, size_t step)
{
    return run->value[value] + (ptrdiff_t)step * run->tape->value_step[value];
}

/* Backward's step 0 is the last of the sequence, T - 1 the first. */
static void delta_off(const struct weir_run *run)
{
    good->training->backward->run(run);
    nudge(value_at(run, 0, run->T - 1));
}

static void delta_lost(const struct weir_run *run)
{
    good->training->backward->run(run);
    *value_at(run, good->training->delta_count - 1, 0) = 0;
}

static void deltas_negated(const struct weir_run *run)
{
    good->training->backward->run(run);
    for (size_t v = 0; v < good->training->delta_count; ++v)
        for (size_t t = 0; t < run->T; ++t)
            *value_at(run, v, t) *= -1;
}

static void first_step_left_out(const struct weir_run *run)
{
    struct weir_run shorter = *run;
    shorter.T = run->T - 1;
    if (shorter.T > 0)
        good->training->backward->run(&shorter);
    else
        good->training->backward->run(run);
}

static float *d_x(const struct weir_run *run, size_t t, size_t b)
{
    return run->y + (ptrdiff_t)t * run->y_step + (ptrdiff_t)b * run->y_row;
}

static void input_off(const struct weir_run *run)
{
    good->training->input->run(run);
    nudge(d_x(run, 0, 0));
}

static void second_row_off(const struct weir_run *run)
{
    good->training->input->run(run);
    if (run->B > 1)
        nudge(d_x(run, 0, 1));
}

static void written_beside(const struct weir_run *run)
{
    good->training->input->run(run);
    d_x(run, run->T - 1, run->B - 1)[good->I] = 0;
}

static void other_nan(const struct weir_run *run)
{
    good->training->input->run(run);
    for (size_t t = 0; t < run->T; ++t)
        for (size_t b = 0; b < run->B; ++b)
            for (size_t i = 0; i < good->I; ++i)
                if (d_x(run, t, b)[i] != d_x(run, t, b)[i])
                    d_x(run, t, b)[i] = float_from_bits(0xffc00000u);
}

static void forward_off_when_taped(const struct weir_run *run)
{
    good->forward(run);
    if (run->tape != NULL)
        nudge(run->y);
}

static void saved_off(const struct weir_run *run)
{
    good->forward(run);
    if (run->tape != NULL)
        nudge(value_at(run, good->value_count, 0));
}

static void next_for_previous(struct weir_outer *outers, size_t count)
{
    for (size_t n = 0; n < count; ++n)
        if (outers[n].operand.source == WEIR_PREV)
            outers[n].operand.source = WEIR_NEXT;
}

static void deltas_swapped(struct weir_outer *outers, size_t count)
{
    for (size_t n = 1; n < count; ++n)
        if (outers[n].delta != outers[0].delta) {
            const unsigned kept = outers[n].delta;
            outers[n].delta = outers[0].delta;
            outers[0].delta = kept;
            return;
        }
}

static void one_twice(struct weir_outer *outers, size_t count)
{
    outers[count - 1] = outers[0];
}

const struct backward_breakage backward_breakages[] = {
    {.what = "nothing broken"},
    {.what = "one delta off by its last bit",
     .caught_by = {[CHECK_SCALAR] = true},
     .backward = delta_off},
    {.what = "one delta lost", .caught_by = {[CHECK_SCALAR] = true}, .backward = delta_lost},
    {.what = "deltas negated", .caught_by = {[CHECK_SCALAR] = true}, .backward = deltas_negated},
    {.what = "the first step left out",
     .caught_by = {[CHECK_SCALAR] = true},
     .backward = first_step_left_out},
    {.what = "a gradient by x off by its last bit",
     .caught_by = {[CHECK_SCALAR] = true},
     .input = input_off},
    {.what = "the second row off",
     .caught_by = {[CHECK_SCALAR] = true, [CHECK_ROWS] = true},
     .input = second_row_off},
    {.what = "a float written beside the gradient by x",
     .caught_by = {[CHECK_OUTSIDE] = true},
     .input = written_beside},
    {.what = "another NaN than 0x7fc00000",
     .caught_by = {[CHECK_SCALAR] = true},
     .input = other_nan},
    {.what = "an output of forward_train off by its last bit",
     .caught_by = {[CHECK_FORWARD] = true},
     .forward = forward_off_when_taped},
    {.what = "a saved value off by its last bit",
     .caught_by = {[CHECK_SCALAR] = true},
     .forward = saved_off},
    {.what = "states after a step taken for those before",
     .caught_by = {[CHECK_SCALAR] = true},
     .outers = next_for_previous},
    {.what = "two deltas swapped", .caught_by = {[CHECK_SCALAR] = true}, .outers = deltas_swapped},
    {.what = "one weight's gradient twice, another's never",
     .caught_by = {[CHECK_SCALAR] = true},
     .outers = one_twice},
};

const size_t backward_breakage_count = sizeof backward_breakages / sizeof *backward_breakages;

void broken_backward_make(struct weir_kernel *broken, const struct weir_kernel *kernel,
                          const struct backward_breakage *breakage)
{
    static struct weir_training training;
    static struct weir_pass backward, input;
    static struct weir_outer outers[OUTERS_MAX];
    good = kernel;
    *broken = *kernel;
    training = *kernel->training;
    memcpy(outers, training.outers, training.outer_count * sizeof *outers);
    training.outers = outers;
    backward = *training.backward;
    input = *training.input;
    training.backward = &backward;
    training.input = &input;
    broken->training = &training;
    if (breakage->forward != NULL)
        broken->forward = breakage->forward;
    if (breakage->backward != NULL)
        backward.run = breakage->backward;
    if (breakage->input != NULL)
        input.run = breakage->input;
    if (breakage->outers != NULL)
        breakage->outers(outers, training.outer_count);
}
