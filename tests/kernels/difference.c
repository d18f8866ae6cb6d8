/* SPDX-License-Identifier: MIT */
/* Central differences with one step of Richardson's extrapolation, and the finding of kinks. */
#include "kernels/difference.h"

#include <math.h>

#include "kernels/reference.h"

void difference_create(struct difference *difference, struct precise *inputs)
{
    difference->inputs = inputs;
    precise_outcome_create(&difference->base, inputs->problem);
    precise_outcome_create(&difference->moved, inputs->problem);
    reference_forward(inputs, &difference->base);
}

void difference_destroy(struct difference *difference)
{
    precise_outcome_destroy(&difference->base);
    precise_outcome_destroy(&difference->moved);
}

static double weighted(const float *d, const double *moved, const double *base, size_t count)
{
    double sum = 0;
    for (size_t n = 0; n < count; ++n)
        sum += (double)d[n] * (moved[n] - base[n]);
    return sum;
}

/* The loss of the inputs as they stand, less that of the inputs as they were: a small number, in
 * which less is lost than in the loss itself. */
static double loss(struct difference *difference)
{
    const struct problem *problem = difference->inputs->problem;
    const struct precise_outcome *moved = &difference->moved, *base = &difference->base;
    reference_forward(difference->inputs, moved);
    double sum = weighted(problem->d_y, moved->y, base->y,
                          problem->T * problem->B * problem->states[0].rows);
    for (size_t s = 0; s < problem->state_count; ++s)
        sum += weighted(problem->d_final[s], moved->final[s], base->final[s],
                        problem->B * problem->states[s].rows);
    return sum;
}

static double quotient(struct difference *difference, double *number, double step)
{
    const double kept = *number;
    *number = kept + step;
    const double above = loss(difference);
    *number = kept - step;
    const double below = loss(difference);
    *number = kept;
    return (above - below) / (2 * step);
}

/* Steps are powers of two, which numbers of float32 take exactly. On a smooth stretch the quotients
 * of a step and of half of it differ by the square of the step; by more, and there is a kink
 * between, or a third derivative that asks for smaller steps. */
bool difference_by(struct difference *difference, double *number, double scale, double *derivative)
{
    static const int log2_steps[] = {-13, -17, -21};
    for (size_t n = 0; n < sizeof log2_steps / sizeof *log2_steps; ++n) {
        const double step = ldexp(1, log2_steps[n]);
        const double near = quotient(difference, number, step);
        const double far = quotient(difference, number, 2 * step);
        *derivative = (4 * near - far) / 3;
        if (fabs(near - far) <= 1e-6 * scale)
            return true;
    }
    return false;
}

static void move_all(struct precise *inputs, uint64_t seed, double by)
{
    struct random random = {seed};
    for (size_t n = 0; n < inputs->count; ++n)
        inputs->memory[n] += random_next(&random) >> 63 ? by : -by;
}

/* Everything is moved a little, forth and back: on a smooth stretch the outputs in the middle are
 * the mean of those at both ends, but for the square of the way. */
bool difference_near_kink(struct difference *difference, uint64_t seed)
{
    const struct problem *problem = difference->inputs->problem;
    const size_t count = problem->T * problem->B * problem->states[0].rows;
    const double reach = ldexp(1, -16);
    struct precise_outcome other;
    precise_outcome_create(&other, problem);
    move_all(difference->inputs, seed, reach);
    reference_forward(difference->inputs, &difference->moved);
    move_all(difference->inputs, seed, -2 * reach);
    reference_forward(difference->inputs, &other);
    move_all(difference->inputs, seed, reach);
    bool is_near = false;
    for (size_t n = 0; n < count && !is_near; ++n)
        is_near = fabs(difference->moved.y[n] + other.y[n] - 2 * difference->base.y[n]) >
                  reach / 256 * (1 + fabs(difference->base.y[n]));
    precise_outcome_destroy(&other);
    return is_near;
}
