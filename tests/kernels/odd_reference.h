/* SPDX-License-Identifier: MIT */
/* The cells of tests/odd_cells/ once more, by hand, in float64. Nothing here knows the generator.
 * odd_reference.c also defines what reference.h and backward_reference.h declare, for these cells.
 */
#ifndef WEIR_TESTS_ODD_REFERENCE_H
#define WEIR_TESTS_ODD_REFERENCE_H

#include "kernels/precise.h"

enum { ODD_SIZE_MAX = 64 };

/* One time step of one row: states before and after it in the order of their declaration. */
struct odd_step {
    const struct precise *inputs;
    size_t I, H, P;
    const double *x;
    double (*prev)[ODD_SIZE_MAX], (*next)[ODD_SIZE_MAX];
};

struct odd_cell {
    const char *name;
    void (*step)(const struct odd_step *step);
    double bound; /* the largest error allowed; see check_odd_cells.c */
    bool is_unbounded; /* the input itself reaches a state, beside gates */
};

extern const struct odd_cell odd_cells[];
extern const size_t odd_cell_count;

#endif
