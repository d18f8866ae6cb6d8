/* SPDX-License-Identifier: MIT */
/* The register tiles of a stage. */
#ifndef WEIR_EMIT_TILES_H
#define WEIR_EMIT_TILES_H

#include "emit/emitter.h"

/* How a batch is cut for them: usually into even parts of at most plan.rows rows. The gradient of x
 * has the rows of all steps, so that nearly all are of plan.rows rows however they are cut, and
 * functions for every smaller number are text alone: what is left is cut by powers of two. */
bool tiles_halve(const struct emitter *e);
bool tiles_have_rows(const struct emitter *e, size_t rows); /* where they do */

/* Whether any number of rows from `least` to `most`, cut into even parts of at most `greatest`, has
 * a part of `part` rows. */
bool part_occurs(size_t part, size_t greatest, size_t least, size_t most);

/* Emits the tiles, and the functions that pick one. */
void emit_tiles(struct emitter *e, const struct stage *stage);

#endif
