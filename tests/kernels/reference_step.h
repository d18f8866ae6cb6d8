/* SPDX-License-Identifier: MIT */
/* Between the files of the float64 reference: one time step of one row of a cell, and the few
 * functions that all cells are written with. Only reference*.c includes it. */
#ifndef WEIR_TESTS_REFERENCE_STEP_H
#define WEIR_TESTS_REFERENCE_STEP_H

#include "kernels/reference.h"

/* One row before and after one step. Cells without a second state leave c and c_next alone. */
struct reference_step {
    const struct precise *inputs;
    size_t I, H, P;
    const double *x, *h, *c;
    double *h_next, *c_next;
    double *scratch; /* [H], for what a cell's second product is taken of */
};

struct reference_cell {
    const char *name;
    size_t state_count;
    bool has_projection; /* then the first state has size P, else H */
    void (*step)(const struct reference_step *step);
};

extern const struct reference_cell reference_lstm_cells[5];
extern const struct reference_cell reference_gru_cells[3];
extern const struct reference_cell reference_rnn_cells[3];

/* NULL where there is none. */
const struct reference_cell *reference_cell_named(const char *name);

/* Row `unit` of the matrix of that name, times v[columns]. */
double reference_product(const struct reference_step *step, const char *matrix, const double *v,
                         size_t columns, size_t unit);
double reference_vector(const struct reference_step *step, const char *vector, size_t unit);

/* W@x + U@h + b, as nearly every gate begins. */
double reference_gate(const struct reference_step *step, const char *w, const char *u,
                      const char *b, size_t unit);

double reference_sigmoid(double z);

#endif
