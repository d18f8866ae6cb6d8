/* SPDX-License-Identifier: MIT */
/* The elementwise work of a stage. */
#ifndef WEIR_EMIT_UNITS_H
#define WEIR_EMIT_UNITS_H

#include "emit/emitter.h"

enum { UNITS_ROWS_MOST = 4 }; /* rows whose work is done in step, as plan.abreast */

/* The function that does the work of so many rows, over sums in memory. */
const char *emit_units_name(struct emitter *e, const struct stage *stage, size_t rows);

/* As such functions, and where there are several, `units`, which picks one of them. */
void emit_units(struct emitter *e, const struct stage *stage);

/* In place, for some blocks whose sums are the variables named. */
struct fused_block {
    const char *block; /* an expression */
    const char *sums[SUMS_MAX];
};
void emit_fused_units(struct emitter *e, const struct stage *stage,
                      const struct fused_block *blocks, size_t count);

#endif
