/* SPDX-License-Identifier: MIT */
/* The walk over the blocks and rows of a stage. */
#ifndef WEIR_EMIT_WALK_H
#define WEIR_EMIT_WALK_H

#include "emit/emitter.h"

/* Emits the walk, and that of the products computed ahead. */
void emit_walk(struct emitter *e, const struct stage *stage);

#endif
