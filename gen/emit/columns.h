/* SPDX-License-Identifier: MIT */
/* The loop of a tile over the columns of an operand. */
#ifndef WEIR_COLUMNS_H
#define WEIR_COLUMNS_H

#include "emit/tile.h"

/* Whether one pointer leads to the panels of all vectors, at distances that are known: several rows
 * and several vectors want more pointers than there are registers. */
bool tile_has_one_pointer(const struct emitter *e, const struct tile *tile,
                          const struct region *region);

/* The words of one block of a region of known columns. */
size_t tile_panel_words(const struct emitter *e, const struct region *region);

/* All columns of the regions that are walked with the region `leader`, by a tile and the tail that
 * has joined it (NULL: none). */
void emit_columns(struct emitter *e, const struct tile *tile, const struct tile *joined,
                  size_t leader);

/* One of them, which the tile says, how far past k it is; of words that hold one. */
void emit_tile_column(struct emitter *e, const struct tile *tile, size_t leader);

#endif
