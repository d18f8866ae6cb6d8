/* SPDX-License-Identifier: MIT */
/* The register tiles of a stage. */
#ifndef WEIR_EMIT_TILES_H
#define WEIR_EMIT_TILES_H

#include "emit/emitter.h"

/* The shape of a tile: its vectors of units, of which the last is the tail where TAIL_SHAPE is
 * added. */
enum { TAIL_SHAPE = 10, SHAPES = 20 };

/* Emits the tiles, and the functions that pick one. */
void emit_tiles(struct emitter *e, const struct stage *stage);

#endif
