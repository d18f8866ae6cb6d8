/* SPDX-License-Identifier: MIT */
/* Running a program as it stands, one unit after another, in float32: slow, and with the bits of
 * every kernel that is emitted from it. This is how weir-gen knows what a model should compute. */
#ifndef WEIR_INTERPRET_H
#define WEIR_INTERPRET_H

#include "packing.h"
#include "passes/program.h"

struct interpretation;

/* Of a program whose sizes are known, and whose maths is inline; params by index, as in a cell
 * file: floats, or all matrices bytes, which the program's type then is. Floats of matrices are
 * rounded to the program's type, or, where it is `exact`, taken as they are. States begin as zeros.
 */
struct interpretation *interpret_create(const struct program *program,
                                        const struct weir_numbers *params, bool exact);
void interpret_free(struct interpretation *interpretation);

/* A state, to be read or set between steps; one step. y may be NULL. */
float *interpret_state(struct interpretation *interpretation, size_t state);
void interpret_step(struct interpretation *interpretation, const float *x, float *y);

#endif
