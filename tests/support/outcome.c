/* SPDX-License-Identifier: MIT */
/* Running a problem into guarded memory, and comparing two results bit by bit. */
#include "support/outcome.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A signalling NaN with a payload: no kernel stores it, and a sum that reads it is spoilt. */
enum { GUARD_BITS = 0x7fa5c3e1, GUARD_FLOATS = 64 };

static size_t y_floats(const struct outcome *outcome)
{
    return outcome->problem->T * outcome->problem->B * outcome->y_row;
}

static size_t state_floats(const struct problem *problem, size_t s)
{
    return problem->B * problem->states[s].rows;
}

void outcome_create(struct outcome *outcome, const struct problem *problem, size_t gap)
{
    *outcome = (struct outcome){.problem = problem, .width = problem->states[0].rows};
    outcome->y_row = outcome->width + gap;
    size_t floats = GUARD_FLOATS + y_floats(outcome) + GUARD_FLOATS;
    for (size_t s = 0; s < problem->state_count; ++s)
        floats += state_floats(problem, s) + GUARD_FLOATS;
    outcome->memory = allocate(floats * sizeof *outcome->memory);
    for (size_t n = 0; n < floats; ++n)
        outcome->memory[n] = float_from_bits(GUARD_BITS);
    outcome->y = outcome->memory + GUARD_FLOATS;
    float *next = outcome->y + y_floats(outcome) + GUARD_FLOATS;
    for (size_t s = 0; s < problem->state_count; ++s) {
        outcome->final[s] = next;
        next += state_floats(problem, s) + GUARD_FLOATS;
    }
}

void outcome_destroy(struct outcome *outcome)
{
    free(outcome->memory);
}

weir_layer *outcome_layer(const struct problem *problem, const char *kernel,
                          const struct weir_kernel *own, size_t max_batch)
{
    const weir_layer_config config = {.cell = problem->cell,
                                      .I = problem->I,
                                      .H = problem->H,
                                      .P = problem->P,
                                      .weights = problem->weights,
                                      .weight_count = problem->weight_count,
                                      .max_batch = max_batch,
                                      .kernel = kernel,
                                      .own = own};
    weir_layer *layer = NULL;
    weir_error error;
    if (weir_layer_create(&layer, &config, &error) == WEIR_OK)
        return layer;
    fprintf(stderr, "%s\n", error.message);
    return NULL;
}

/* Steps from..from+T of rows b..b+B. A pattern of zeros leaves initial states out, as zeros. */
static void run_part(struct outcome *outcome, weir_layer *layer, const size_t steps[2],
                     const size_t rows[2])
{
    const struct problem *problem = outcome->problem;
    const float *initial[PROBLEM_STATES_MAX];
    float *final[PROBLEM_STATES_MAX];
    const bool is_first = steps[0] == 0;
    for (size_t s = 0; s < problem->state_count; ++s) {
        const size_t offset = rows[0] * problem->states[s].rows;
        final[s] = outcome->final[s] + offset;
        initial[s] = is_first ? problem->initial[s] + offset : final[s];
    }
    const weir_sequence sequence = {
        .T = steps[1],
        .B = rows[1],
        .x = problem->x + (steps[0] * problem->B + rows[0]) * problem->I,
        .x_step = (ptrdiff_t)(problem->B * problem->I),
        .x_row = (ptrdiff_t)problem->I,
        .y = outcome->y + (steps[0] * problem->B + rows[0]) * outcome->y_row,
        .y_step = (ptrdiff_t)(problem->B * outcome->y_row),
        .y_row = (ptrdiff_t)outcome->y_row,
        .initial = is_first && problem->pattern == PATTERN_ZERO ? NULL : initial,
        .final = final,
    };
    weir_layer_forward(layer, &sequence);
}

void outcome_run(struct outcome *outcome, weir_layer *layer)
{
    run_part(outcome, layer, (size_t[]){0, outcome->problem->T},
             (size_t[]){0, outcome->problem->B});
}

void outcome_run_rows(struct outcome *outcome, weir_layer *layer)
{
    for (size_t b = 0; b < outcome->problem->B; ++b)
        run_part(outcome, layer, (size_t[]){0, outcome->problem->T}, (size_t[]){b, 1});
}

void outcome_run_cuts(struct outcome *outcome, weir_layer *layer, const size_t *cuts, size_t count)
{
    const size_t T = outcome->problem->T, B = outcome->problem->B;
    size_t t = 0;
    for (size_t n = 0; n < count && t < T; ++n) {
        const size_t length = cuts[n] < T - t ? cuts[n] : T - t;
        run_part(outcome, layer, (size_t[]){t, length}, (size_t[]){0, B});
        t += length;
    }
    if (t < T)
        run_part(outcome, layer, (size_t[]){t, T - t}, (size_t[]){0, B});
}

/* Compares `count` floats; on a difference says where, by a name and indices of the given sizes. */
static bool rows_equal(const float *one, const float *other, size_t width, char *what, size_t size,
                       const char *name, const size_t at[2])
{
    if (memcmp(one, other, width * sizeof *one) == 0)
        return true;
    size_t k = 0;
    while (float_bits(one[k]) == float_bits(other[k]))
        ++k;
    char place[64];
    if (at[0] == SIZE_MAX)
        snprintf(place, sizeof place, "final %s[%zu][%zu]", name, at[1], k);
    else
        snprintf(place, sizeof place, "%s[%zu][%zu][%zu]", name, at[0], at[1], k);
    snprintf(what, size, "%s is %.9g (0x%08x), should be %.9g (0x%08x)", place, (double)one[k],
             (unsigned)float_bits(one[k]), (double)other[k], (unsigned)float_bits(other[k]));
    return false;
}

bool outcome_equal(const struct outcome *one, const struct outcome *other, char *what, size_t size)
{
    const struct problem *problem = one->problem;
    for (size_t t = 0; t < problem->T; ++t)
        for (size_t b = 0; b < problem->B; ++b) {
            const size_t row = t * problem->B + b;
            if (!rows_equal(one->y + row * one->y_row, other->y + row * other->y_row, one->width,
                            what, size, "y", (size_t[]){t, b}))
                return false;
        }
    for (size_t s = 0; s < problem->state_count; ++s)
        for (size_t b = 0; b < problem->B; ++b) {
            const size_t width = problem->states[s].rows;
            if (!rows_equal(one->final[s] + b * width, other->final[s] + b * width, width, what,
                            size, problem->states[s].name, (size_t[]){SIZE_MAX, b}))
                return false;
        }
    return true;
}

static bool guards_hold(const struct outcome *outcome, const float *from, size_t count, char *what,
                        size_t size)
{
    for (size_t n = 0; n < count; ++n)
        if (float_bits(from[n]) != GUARD_BITS) {
            const ptrdiff_t place = from + n - outcome->y;
            snprintf(what, size,
                     "a float at y[0][0][0] %+td, outside of every result, was overwritten by "
                     "%.9g (0x%08x)",
                     place, (double)from[n], (unsigned)float_bits(from[n]));
            return false;
        }
    return true;
}

bool outcome_guarded(const struct outcome *outcome, char *what, size_t size)
{
    const struct problem *problem = outcome->problem;
    if (!guards_hold(outcome, outcome->memory, GUARD_FLOATS, what, size))
        return false;
    for (size_t row = 0; row < problem->T * problem->B; ++row)
        if (!guards_hold(outcome, outcome->y + row * outcome->y_row + outcome->width,
                         outcome->y_row - outcome->width, what, size))
            return false;
    if (!guards_hold(outcome, outcome->y + y_floats(outcome), GUARD_FLOATS, what, size))
        return false;
    for (size_t s = 0; s < problem->state_count; ++s)
        if (!guards_hold(outcome, outcome->final[s] + state_floats(problem, s), GUARD_FLOATS, what,
                         size))
            return false;
    return true;
}

static uint64_t hash_floats(uint64_t hash, const float *values, size_t count)
{
    for (size_t n = 0; n < count; ++n)
        hash = hash_number(hash, float_bits(values[n]));
    return hash;
}

uint64_t outcome_hash(const struct outcome *outcome, uint64_t hash)
{
    const struct problem *problem = outcome->problem;
    for (size_t row = 0; row < problem->T * problem->B; ++row)
        hash = hash_floats(hash, outcome->y + row * outcome->y_row, outcome->width);
    for (size_t s = 0; s < problem->state_count; ++s)
        hash = hash_floats(hash, outcome->final[s], state_floats(problem, s));
    return hash;
}
