/* SPDX-License-Identifier: MIT */
/* One step of training on a problem: forward_train, then backward, with every result between guard
 * zones and a workspace that begins as garbage, between guard zones too. What a pass should give is
 * decided by the checks. */
#ifndef WEIR_TESTS_PASS_H
#define WEIR_TESTS_PASS_H

#include "support/areas.h"
#include "support/inputs.h"

/* Results: gradients by x ([T*B][I]), by the initial states and by the weights, in this order; and
 * what forward_train gave, y and the final states. */
struct pass {
    const struct problem *problem;
    struct areas gradients, outcome;
    size_t weights_at; /* the first of the gradients by weights */
    const char *workspace_fault; /* what was written beside a workspace; NULL: nothing */
};

/* Which gradients are asked for, by their place among them. */
enum pass_wants { WANTS_ALL, WANTS_ODD, WANTS_EVEN, WANTS_NONE };
bool pass_wants_area(enum pass_wants wants, size_t n);

/* How a pass is asked for. All zero: on all of the problem, everything given and overwritten. */
struct pass_manner {
    enum pass_wants wants;
    bool without_y, without_final; /* NULL for d_y, or for the list of d_final */
    bool final_of_nulls; /* NULL for each array of that list */
    bool accumulate;
    bool reversed; /* sequences stand in memory last step first */
    uint32_t garbage; /* the bits that fill the workspace beforehand */
    size_t from_row, rows; /* a part of the batch, unless rows is 0 */
    size_t from_step, steps; /* a part of the sequence, unless steps is 0 */
    /* In place of the problem's, or of the pass's, for a part that is not the first or last. */
    const float *const *initial, *const *d_final;
    float *const *d_initial;
};

/* `gap` floats lie between the rows of y and of the gradient by x. */
void pass_create(struct pass *pass, const struct problem *problem, size_t gap);
void pass_destroy(struct pass *pass);
void pass_run(struct pass *pass, weir_layer *layer, const struct pass_manner *manner);

/* A layer to be trained for the problem's cell, sizes and weights, otherwise as *wishes say (NULL:
 * none); NULL, and why in *error, where none is to be had. */
weir_layer *pass_layer(const struct problem *problem, const weir_layer_config *wishes,
                       weir_error *error);

/* False, and where, when anything but results and workspace was written. */
bool pass_guarded(const struct pass *pass, char *what, size_t size);

#endif
