/* SPDX-License-Identifier: MIT */
/* A register tile: a few vectors of units of a few batch rows, all their accumulators in named
 * variables, straight-line code inside a loop over the columns of a region. */
#ifndef WEIR_TILE_H
#define WEIR_TILE_H

#include "emit/emitter.h"

/* A plain tile walks every region; an ahead tile only that of the input, and writes products; a
 * hoisted tile starts from those products. */
enum kind { PLAIN, AHEAD, HOISTED };

struct tile {
    const struct stage *stage; /* in a tail: with shared vectors for sums */
    const struct stage *true_stage;
    const struct tail *tail; /* NULL: whole vectors of units */
    enum kind kind;
    size_t rows, vectors;
    bool whole; /* holds the sums of all groups: few rows have registers enough */
    size_t group; /* of the sums, where it does not */
    size_t column; /* how far past k its columns are */
    const struct blend *blend; /* what it computes ahead beside (blend.h); NULL: nothing */
    size_t first; /* what the vectors are counted from: a tail may join whole vectors */
    size_t width; /* vectors of units that leave their sums in memory together */
    bool fused; /* goes on with the elementwise work; otherwise leaves sums in memory */
    const char *base[SUMS_MAX]; /* the name of each accumulator */
};

/* Whether the tile walks the columns of a region. */
bool tile_walks(const struct emitter *e, const struct tile *tile, const struct region *region);

/* Whether any of the tile's sums has a product of the input. */
bool tile_has_products(const struct emitter *e, const struct tile *tile);

/* Whether region r is walked in the loop of the region `leader`. */
bool tile_follows(const struct emitter *e, const struct tile *tile, size_t leader, size_t r);

/* A region as it is outside the tail. */
const struct region *tile_true_region(const struct tile *tile, const struct region *region);

/* The variable of an accumulator, and the pointer to a row of an operand. */
const char *tile_accumulator(struct emitter *e, const struct tile *tile, size_t sum, size_t vector,
                             size_t row);
const char *tile_row_pointer(struct emitter *e, const char *operand, size_t row);

/* Emits a tile, and the tail that has joined it (NULL: none), as a function of this name. */
void emit_tile(struct emitter *e, struct tile *tile, struct tile *joined, const char *name);

#endif
