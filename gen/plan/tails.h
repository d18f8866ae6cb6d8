/* SPDX-License-Identifier: MIT */
/* The tail of a stage: the units past its last whole vector. Padded like the others, they would
 * cost as much as a whole vector of units; so their sums share vectors instead: with 4 units left
 * on 16 lanes, four gates make one vector, not four. Each lane still computes one
 * sum in its usual order. */
#ifndef WEIR_TAILS_H
#define WEIR_TAILS_H

#include "passes/program.h"

struct tail {
    /* The stage as its tiles see it: a sum is a vector that several sums share, and a slot of a
     * region one vector of weights. */
    struct stage stage;
    size_t units;
    size_t at[SUMS_MAX]; /* of each sum of the true stage: its first lane in all shared vectors */
    unsigned short slot_at[REGIONS_MAX][SLOTS_MAX]; /* of each true slot: its first in a column */
    size_t width[REGIONS_MAX]; /* floats of a column; 0: laid out as elsewhere */
};

/* The tail of a stage, of `units` < lanes units, which the caller frees; NULL where there is none
 * or nothing is gained. */
struct tail *tail_create(const struct stage *stage, size_t lanes, size_t units);

#endif
