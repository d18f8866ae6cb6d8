/* SPDX-License-Identifier: MIT */
/* Between the files of the backward reference: one time step of one row, from its end to its
 * beginning. Only backward_reference*.c includes it. */
#ifndef WEIR_TESTS_BACKWARD_STEP_H
#define WEIR_TESTS_BACKWARD_STEP_H

#include "kernels/backward_reference.h"
#include "kernels/reference_step.h"

/* forward has x, h and c as they were before the step. Cells without c leave c's alone. */
struct backward_step {
    const struct reference_step *forward;
    struct precise *gradients;
    const double *d_h_next, *d_c_next; /* given */
    double *d_h, *d_c, *d_x; /* added to; they begin as zeros */
};

struct backward_cell {
    const char *name;
    void (*step)(const struct backward_step *step);
};

extern const struct backward_cell backward_lstm_cells[1];
extern const struct backward_cell backward_gru_cells[2];

enum { BACKWARD_SIZE_MAX = 64 };

/* Of z = M v, given d_z: d_v += M^T d_z, and the gradient by M += d_z v^T. */
void backward_product(const struct backward_step *step, const char *matrix, const double *d_z,
                      const double *v, double *d_v);
void backward_vector(const struct backward_step *step, const char *vector, const double *d_z);

/* Of z = W x + U h + b. */
void backward_gate(const struct backward_step *step, const char *w, const char *u, const char *b,
                   const double *d_z);

#endif
