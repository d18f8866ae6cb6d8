/* SPDX-License-Identifier: MIT */
/* A stage whose products have few rows (program.h). */
#ifndef WEIR_FEW_ROWS_H
#define WEIR_FEW_ROWS_H

#include "emit/emitter.h"

/* Emits the function that multiplies one row, for every stage of the program; nothing where no
 * stage needs it. */
void emit_row_product(struct emitter *e);

/* Emits the walk of a stage as it is with few rows; nothing where it never has few. Its name, in a
 * kernel where that is not the walk of the stage: it is called with run and s. */
void emit_few_stage(struct emitter *e, const struct stage *stage);
const char *emit_few_name(struct emitter *e, const struct stage *stage);

/* The words of a row of weights that lies by itself. */
const char *emit_few_words(struct emitter *e, const struct region *region);

#endif
