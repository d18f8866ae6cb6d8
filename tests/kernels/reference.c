/* SPDX-License-Identifier: MIT */
/* The float64 reference's loops over time and batch, and the products and gates its cells share.
 * The cells are in reference_lstm.c, reference_gru.c and reference_rnn.c. */
#include "kernels/reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/reference_step.h"
#include "support/inputs.h"

/* What becomes bytes: the scale of all, and how many numbers there are. */
struct bytes {
    const double *values;
    size_t count;
    double scale, factor; /* 0: all are zeros */
};

/* By the definition: m / 127, and nearest integers, in float where it says so. */
static struct bytes bytes_of(const double *values, size_t count, bool divides)
{
    struct bytes bytes = {values, count, 0, 0};
    float most = 0;
    for (size_t k = 0; k < count; ++k) {
        if (!isfinite(values[k]))
            bytes.scale = NAN;
        most = fmaxf(most, fabsf((float)values[k]));
    }
    if (isnan(bytes.scale) || most < ldexpf(1, -96))
        return bytes;
    bytes.scale = (double)(most / 127);
    bytes.factor = divides ? bytes.scale : (double)(127 / most);
    return bytes;
}

static double byte_at(const struct bytes *bytes, size_t k, bool divides)
{
    if (bytes->factor == 0)
        return 0;
    const float value = (float)bytes->values[k], factor = (float)bytes->factor;
    const double exact = (double)(divides ? value / factor : value * factor);
    return fmax(-127, fmin(127, rint(exact)));
}

/* Integers, and then both scales; that of the row is given where it is of integers. */
static double product_of_bytes(const double *row, const double *given, const double *v,
                               size_t columns)
{
    const struct bytes weights = bytes_of(row, columns, true), inputs = bytes_of(v, columns, false);
    double sum = 0;
    for (size_t k = 0; k < columns; ++k)
        sum += (given ? row[k] : byte_at(&weights, k, true)) * byte_at(&inputs, k, false);
    return sum * ((given ? *given : weights.scale) * inputs.scale);
}

double reference_product(const struct reference_step *step, const char *matrix, const double *v,
                         size_t columns, size_t unit)
{
    const double *row = precise_weight(step->inputs, matrix, NULL) + unit * columns;
    const double *scales = precise_scales(step->inputs, matrix);
    double sum = 0;
    if (step->inputs->bytes)
        return product_of_bytes(row, scales ? scales + unit : NULL, v, columns);
    for (size_t k = 0; k < columns; ++k)
        sum += row[k] * v[k];
    return sum;
}

double reference_vector(const struct reference_step *step, const char *vector, size_t unit)
{
    return precise_weight(step->inputs, vector, NULL)[unit];
}

double reference_gate(const struct reference_step *step, const char *w, const char *u,
                      const char *b, size_t unit)
{
    return reference_product(step, w, step->x, step->I, unit) +
           reference_product(step, u, step->h, step->P, unit) + reference_vector(step, b, unit);
}

double reference_sigmoid(double z)
{
    return 1 / (1 + exp(-z));
}

const struct reference_cell *reference_cell_named(const char *name)
{
    static const struct {
        const struct reference_cell *cells;
        size_t count;
    } families[] = {{reference_lstm_cells, 5}, {reference_gru_cells, 3}, {reference_rnn_cells, 3}};
    for (size_t f = 0; f < sizeof families / sizeof *families; ++f)
        for (size_t n = 0; n < families[f].count; ++n)
            if (strcmp(families[f].cells[n].name, name) == 0)
                return &families[f].cells[n];
    return NULL;
}

bool reference_has(const char *cell)
{
    return reference_cell_named(cell) != NULL;
}

/* Row b of a sequence, from its initial to its final states. */
static void run_row(const struct precise *inputs, const struct reference_cell *cell, size_t b,
                    const struct precise_outcome *outcome, double *memory)
{
    const struct problem *problem = inputs->problem;
    const size_t H = problem->H, P = cell->has_projection ? problem->P : H;
    const size_t sizes[] = {P, H};
    double *h = memory, *c = h + P, *h_next = c + H, *c_next = h_next + P;
    struct reference_step step = {.inputs = inputs, .I = problem->I, .H = H, .P = P};
    step.h = h;
    step.c = c;
    step.h_next = h_next;
    step.c_next = c_next;
    step.scratch = c_next + H;
    double *state[] = {h, c}, *next[] = {h_next, c_next};
    for (size_t s = 0; s < cell->state_count; ++s)
        memcpy(state[s], inputs->initial[s] + b * sizes[s], sizes[s] * sizeof *h);
    for (size_t t = 0; t < problem->T; ++t) {
        step.x = inputs->x + (t * problem->B + b) * problem->I;
        cell->step(&step);
        for (size_t s = 0; s < cell->state_count; ++s)
            memcpy(state[s], next[s], sizes[s] * sizeof *h);
        memcpy(outcome->y + (t * problem->B + b) * P, h, P * sizeof *h);
    }
    for (size_t s = 0; s < cell->state_count; ++s)
        memcpy(outcome->final[s] + b * sizes[s], state[s], sizes[s] * sizeof *h);
}

bool reference_forward(const struct precise *inputs, const struct precise_outcome *outcome)
{
    const struct problem *problem = inputs->problem;
    const struct reference_cell *cell = reference_cell_named(problem->cell);
    if (cell == NULL)
        return false;
    double *memory = allocate((5 * problem->H + 2 * problem->P) * sizeof *memory);
    for (size_t b = 0; b < problem->B; ++b)
        run_row(inputs, cell, b, outcome, memory);
    free(memory);
    return true;
}
