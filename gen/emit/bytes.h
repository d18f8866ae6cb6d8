/* SPDX-License-Identifier: MIT */
/* Products with weights of 8 bits. What they multiply becomes bytes first, a row at a time with a
 * scale of its own (kernels/quantise.h); products of bytes are added as integers, exactly, and go
 * to their sum with both scales when a region has been walked. */
#ifndef WEIR_EMIT_BYTES_H
#define WEIR_EMIT_BYTES_H

#include "emit/tile.h"

/* Whether the program has such weights. */
bool emit_has_bytes(const struct emitter *e);

/* The fields of struct step, and the functions that fill what they lead to. */
void emit_bytes_fields(struct emitter *e);
void emit_bytes_functions(struct emitter *e);

/* Where the bytes of each operand are, from some memory on; that of a part. */
void emit_bytes_pointers(struct emitter *e, const char *memory);
const char *emit_part_bytes(struct emitter *e);

/* The floats of it that one row takes, where sizes are known. */
size_t emit_row_bytes(const struct emitter *e);

/* The floats that each part needs, as the body of kernel.byte_floats. */
void emit_byte_floats(struct emitter *e);

/* The lines that make bytes of what a stage multiplies, for all rows of the batch: but of what an
 * earlier one has made them of, and of the input where it is computed ahead. Those that do that,
 * for `m` rows of the input. */
const char *emit_stage_bytes(struct emitter *e, const struct stage *stage);
const char *emit_input_bytes(struct emitter *e, const struct stage *stage);

/* The row of an operand, as bytes; what belongs to them (struct weir_quantised), and of that the
 * scale. `row` is an expression. */
const char *emit_bytes_row(struct emitter *e, int operand, const char *row);
const char *emit_bytes_of_row(struct emitter *e, int operand, const char *row);
const char *emit_bytes_scale(struct emitter *e, int operand, const char *row);

/* The sum of products of bytes that goes to a slot of region r. */
const char *bytes_accumulator(struct emitter *e, const struct tile *tile, size_t r, size_t slot,
                              size_t vector, size_t row);

/* Declares them before region r is walked, and adds them to their sums after. */
void emit_bytes_before(struct emitter *e, const struct tile *tile, size_t r);
void emit_bytes_after(struct emitter *e, const struct tile *tile, size_t r);

#endif
