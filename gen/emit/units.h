/* SPDX-License-Identifier: MIT */
/* The elementwise work of a stage. */
#ifndef WEIR_EMIT_UNITS_H
#define WEIR_EMIT_UNITS_H

#include "emit/emitter.h"

/* As a function `units` over sums in memory. */
void emit_units(struct emitter *e, const struct stage *stage);

/* In place, for some blocks whose sums are the variables named. */
struct fused_block {
    const char *block; /* an expression */
    const char *sums[SUMS_MAX];
};
void emit_fused_units(struct emitter *e, const struct stage *stage,
                      const struct fused_block *blocks, size_t count);

#endif
