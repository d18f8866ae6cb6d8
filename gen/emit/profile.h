/* SPDX-License-Identifier: MIT */
/* Time stamps between the phases of a kernel: kernels/profile.h says what they count. Where the
 * emitter has no profile, these give empty texts. */
#ifndef WEIR_EMIT_PROFILE_H
#define WEIR_EMIT_PROFILE_H

#include "emit/tile.h"
#include "emit/units.h"

/* The phases that were met so far. */
struct profile {
    struct text rows; /* of the table */
    size_t count;
    /* The phase of each stage's elementwise work, by the rows in step; 0: not met yet. */
    size_t units[STAGES_MAX][UNITS_ROWS_MOST + 1];
};

/* The line with which a kernel begins and those with which it ends. */
void emit_profile_begin(struct emitter *e);
void emit_profile_end(struct emitter *e, const char *name);

/* A line: from here on the walk over blocks, or what is outside of the kernel. */
const char *emit_mark_walk(struct emitter *e, const char *indent);
const char *emit_mark_outside(struct emitter *e, const char *indent);

/* A line: from here on elementwise work on `amount` vectors, row by row. */
const char *emit_mark_units(struct emitter *e, const struct stage *stage, const char *indent,
                            const char *amount);

/* What stands before the call of the function that does it for so many rows in step. */
const char *emit_mark_rows(struct emitter *e, const struct stage *stage, size_t rows);

/* What stands before the call of a tile, and of the tail that has joined it, whose name this is. */
const char *emit_mark_tile(struct emitter *e, const struct tile *tile, const struct tile *joined,
                           const char *name);
/* The same of a stage of few rows (few.h). */
const char *emit_mark_few(struct emitter *e, const struct stage *stage, const char *name);

#endif
