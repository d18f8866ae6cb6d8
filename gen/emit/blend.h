/* SPDX-License-Identifier: MIT */
/* Blended tiles: beside the recurrent products of one row, a part of W@x of steps to come. The
 * former wait for the cache, the latter for multiplications: together they take as long as the
 * longer. */
#ifndef WEIR_EMIT_BLEND_H
#define WEIR_EMIT_BLEND_H

#include "emit/tile.h"

/* What a blended tile computes ahead: sums `first` to `first + count` of a region of the input. */
struct blend {
    const struct region *region, *beside; /* the first whose columns the tile walks */
    size_t first, count;
    size_t turns; /* that it takes to go through all columns of the input */
};

/* The steps of a chunk (plan.blend of them) in which a stage computes its part of the next chunk's
 * products; 0: it computes none so. */
size_t blend_turns(const struct emitter *e, const struct stage *stage);

bool emit_blends(const struct emitter *e); /* whether any stage does */

/* Emits the blended tiles of a stage, and the function that picks one. */
void emit_blended(struct emitter *e, const struct stage *stage);

/* Emits the loop over the recurrent columns of a blended tile, `leader` being its region. */
void emit_blended_columns(struct emitter *e, const struct tile *tile, size_t leader);

#endif
