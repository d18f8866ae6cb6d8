/* SPDX-License-Identifier: MIT */
/* Where everything lies in the memory of a deployed model and in that of a state, in floats. It is
 * decided here alone: what is deployed has it as tables. */
#ifndef WEIR_DEPLOY_LAYOUT_H
#define WEIR_DEPLOY_LAYOUT_H

#include "kernel.h"
#include "plan/variants.h"

/* LAYOUT_TURNS_MAX: the passes of a chain, a state of which has a bit for each. */
enum { LAYOUT_TURNS_MAX = 64 };
enum { LAYOUT_LAYERS_MAX = 256, LAYOUT_PASSES_MAX = 2 * LAYOUT_LAYERS_MAX };
enum { LAYOUT_FORMS_MAX = WEIR_ISA_COUNT * (1 + VARIANTS_MAX) };

#define LAYOUT_NONE SIZE_MAX

struct deployment;

/* A state begins with a row of its own, in which are its hash and which rows are in use. Then come
 * the initial states as they are given, each state's row in use or the other one, and their
 * counterparts; so far it goes on from call to call, and is the same for every ISA. What follows is
 * room to work in, which passes share. A model's own row stands before its packed weights. */
struct layout {
    /* From the end of the model's own row on, where the weights of a pass begin; and after those of
     * the last one, the initial states. */
    size_t packed[LAYOUT_FORMS_MAX][LAYOUT_PASSES_MAX + 1]; /* by form */
    size_t model; /* all of it, for the form that takes most; 0: it is part of the program */
    size_t initial, initial_count; /* in a state; how many are given */
    size_t place[LAYOUT_PASSES_MAX][WEIR_STATES_MAX]; /* among those; LAYOUT_NONE: none is */
    size_t row[LAYOUT_PASSES_MAX][WEIR_STATES_MAX], turn; /* of a state; from it to the other one */
    size_t kept; /* what goes on from call to call */
    size_t carried, arena; /* of a schedule: where what it keeps is, and what it works in */
    size_t value[LAYOUT_PASSES_MAX][WEIR_VALUES_MAX], products;
    size_t bytes[LAYOUT_PASSES_MAX]; /* after the values: operands of weights that are bytes */
    size_t room[LAYOUT_LAYERS_MAX]; /* for the outputs of a layer; LAYOUT_NONE: they go to y */
    size_t state; /* all of it */
    /* Streams that are computed together, on the stack: how many at most, 0: none are. For each the
     * widest input or output of a layer, the states of a pass, what passes work in, from where on
     * in a state, and all that it takes. */
    size_t together, wide, rows, work, work_at, lot;
};

/* Of a deployment whose kernels are made. */
void layout_find(const struct deployment *d, struct layout *layout);

#endif
