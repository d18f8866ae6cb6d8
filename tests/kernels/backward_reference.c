/* SPDX-License-Identifier: MIT */
/* The loops of the backward reference over rows and, in reverse, over time; and the products that
 * its cells share. */
#include "kernels/backward_reference.h"

#include <stdlib.h>
#include <string.h>

#include "kernels/backward_step.h"

void backward_product(const struct backward_step *step, const char *matrix, const double *d_z,
                      const double *v, double *d_v)
{
    size_t cols;
    const double *M = precise_weight(step->forward->inputs, matrix, &cols);
    double *d_M = precise_weight(step->gradients, matrix, NULL);
    for (size_t r = 0; r < step->forward->H; ++r)
        for (size_t k = 0; k < cols; ++k) {
            d_v[k] += M[r * cols + k] * d_z[r];
            d_M[r * cols + k] += d_z[r] * v[k];
        }
}

void backward_vector(const struct backward_step *step, const char *vector, const double *d_z)
{
    double *d_v = precise_weight(step->gradients, vector, NULL);
    for (size_t r = 0; r < step->forward->H; ++r)
        d_v[r] += d_z[r];
}

void backward_gate(const struct backward_step *step, const char *w, const char *u, const char *b,
                   const double *d_z)
{
    backward_product(step, w, d_z, step->forward->x, step->d_x);
    backward_product(step, u, d_z, step->forward->h, step->d_h);
    backward_vector(step, b, d_z);
}

static const struct backward_cell *cell_named(const char *name)
{
    static const struct backward_cell *const cells[] = {
        &backward_lstm_cells[0], &backward_gru_cells[0], &backward_gru_cells[1]};
    for (size_t n = 0; n < sizeof cells / sizeof *cells; ++n)
        if (strcmp(cells[n]->name, name) == 0)
            return cells[n];
    return NULL;
}

bool backward_reference_has(const char *cell)
{
    return cell_named(cell) != NULL;
}

/* One row's states before every step, and after the last: h [T + 1][H], then c [T + 1][H]. */
static double *run_forward(const struct precise *inputs, size_t b)
{
    const struct problem *problem = inputs->problem;
    const struct reference_cell *cell = reference_cell_named(problem->cell);
    const size_t T = problem->T, H = problem->H;
    double *h = allocate((2 * (T + 1) + 1) * H * sizeof *h), *c = h + (T + 1) * H;
    struct reference_step step = {.inputs = inputs, .I = problem->I, .H = H, .P = H};
    step.scratch = c + (T + 1) * H;
    memcpy(h, inputs->initial[0] + b * H, H * sizeof *h);
    if (problem->state_count > 1)
        memcpy(c, inputs->initial[1] + b * H, H * sizeof *c);
    for (size_t t = 0; t < T; ++t) {
        step.x = inputs->x + (t * problem->B + b) * problem->I;
        step.h = h + t * H;
        step.c = c + t * H;
        step.h_next = h + (t + 1) * H;
        step.c_next = c + (t + 1) * H;
        cell->step(&step);
    }
    return h;
}

static void run_row(const struct precise *inputs, const struct backward_cell *cell, size_t b,
                    struct precise *gradients)
{
    const struct problem *problem = inputs->problem;
    const size_t T = problem->T, H = problem->H;
    double *h = run_forward(inputs, b), *c = h + (T + 1) * H;
    double d_next[2][BACKWARD_SIZE_MAX], d_prev[2][BACKWARD_SIZE_MAX];
    struct reference_step forward = {.inputs = inputs, .I = problem->I, .H = H, .P = H};
    struct backward_step step = {&forward,  gradients, d_next[0], d_next[1],
                                 d_prev[0], d_prev[1], NULL};
    for (size_t s = 0; s < problem->state_count; ++s)
        for (size_t k = 0; k < H; ++k)
            d_next[s][k] = (double)problem->d_final[s][b * H + k];
    for (size_t t = T; t-- > 0;) {
        forward.x = inputs->x + (t * problem->B + b) * problem->I;
        forward.h = h + t * H;
        forward.c = c + t * H;
        step.d_x = gradients->x + (t * problem->B + b) * problem->I;
        for (size_t k = 0; k < H; ++k)
            d_next[0][k] += (double)problem->d_y[(t * problem->B + b) * H + k];
        memset(d_prev, 0, sizeof d_prev);
        cell->step(&step);
        memcpy(d_next, d_prev, sizeof d_next);
    }
    for (size_t s = 0; s < problem->state_count; ++s)
        memcpy(gradients->initial[s] + b * H, d_next[s], H * sizeof *h);
    free(h);
}

bool backward_reference(const struct precise *inputs, struct precise *gradients)
{
    const struct backward_cell *cell = cell_named(inputs->problem->cell);
    for (size_t b = 0; b < inputs->problem->B && cell != NULL; ++b)
        run_row(inputs, cell, b, gradients);
    return cell != NULL;
}
