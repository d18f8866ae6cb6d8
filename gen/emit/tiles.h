/* SPDX-License-Identifier: MIT */
/* The register tiles of a stage. */
#ifndef WEIR_EMIT_TILES_H
#define WEIR_EMIT_TILES_H

#include "emit/emitter.h"

/* Emits the tiles, and the functions that pick one. */
void emit_tiles(struct emitter *e, const struct stage *stage);

#endif
