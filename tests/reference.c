/* SPDX-License-Identifier: MIT */
/* The float64 reference's loops over time and batch, and the products and gates its cells share.
 * The cells are in reference_lstm.c, reference_gru.c and reference_rnn.c. */
#include "reference.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inputs.h"
#include "reference_step.h"

static const float *weight_named(const struct reference_run *run, const char *name)
{
    for (size_t n = 0; n < run->weight_count; ++n)
        if (strcmp(run->weights[n].name, name) == 0)
            return run->weights[n].data;
    fprintf(stderr, "the reference of %s wants a weight %s: give it\n", run->cell, name);
    exit(1);
}

double reference_product(const struct reference_step *step, const char *matrix, const double *v,
                         size_t columns, size_t unit)
{
    const float *row = weight_named(step->run, matrix) + unit * columns;
    double sum = 0;
    for (size_t k = 0; k < columns; ++k)
        sum += (double)row[k] * v[k];
    return sum;
}

double reference_vector(const struct reference_step *step, const char *vector, size_t unit)
{
    return (double)weight_named(step->run, vector)[unit];
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

static const struct reference_cell *cell_named(const char *name)
{
    static const struct {
        const struct reference_cell *cells;
        size_t count;
    } families[] = {{reference_lstm_cells, 5}, {reference_gru_cells, 3}, {reference_rnn_cells, 2}};
    for (size_t f = 0; f < sizeof families / sizeof *families; ++f)
        for (size_t n = 0; n < families[f].count; ++n)
            if (strcmp(families[f].cells[n].name, name) == 0)
                return &families[f].cells[n];
    return NULL;
}

bool reference_has(const char *cell)
{
    return cell_named(cell) != NULL;
}

/* Row b of a sequence, from its initial to its final states. */
static void run_row(const struct reference_run *run, const struct reference_cell *cell, size_t b,
                    double *memory)
{
    const size_t I = run->I, H = run->H, P = cell->has_projection ? run->P : H;
    double *x = memory, *h = x + I, *c = h + P, *h_next = c + H, *c_next = h_next + P;
    struct reference_step step = {.run = run, .I = I, .H = H, .P = P, .x = x, .h = h, .c = c};
    step.h_next = h_next;
    step.c_next = c_next;
    step.scratch = c_next + H;
    for (size_t k = 0; k < P; ++k)
        h[k] = (double)run->initial[0][b * P + k];
    for (size_t k = 0; k < H && cell->state_count > 1; ++k)
        c[k] = (double)run->initial[1][b * H + k];
    for (size_t t = 0; t < run->T; ++t) {
        for (size_t k = 0; k < I; ++k)
            x[k] = (double)run->x[(t * run->B + b) * I + k];
        cell->step(&step);
        memcpy(h, h_next, P * sizeof *h);
        memcpy(run->y + (t * run->B + b) * P, h, P * sizeof *h);
        if (cell->state_count > 1)
            memcpy(c, c_next, H * sizeof *c);
    }
    memcpy(run->final[0] + b * P, h, P * sizeof *h);
    if (cell->state_count > 1)
        memcpy(run->final[1] + b * H, c, H * sizeof *c);
}

bool reference_forward(const struct reference_run *run)
{
    const struct reference_cell *cell = cell_named(run->cell);
    if (cell == NULL)
        return false;
    double *memory = allocate((run->I + 3 * run->H + 2 * (run->H + run->P)) * sizeof *memory);
    for (size_t b = 0; b < run->B; ++b)
        run_row(run, cell, b, memory);
    free(memory);
    return true;
}
