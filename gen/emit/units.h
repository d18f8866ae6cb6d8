/* SPDX-License-Identifier: MIT */
/* The elementwise work of a stage. */
#ifndef WEIR_EMIT_UNITS_H
#define WEIR_EMIT_UNITS_H

#include "emit/emitter.h"

/* As a function `units` over sums in memory; or in place, for one block whose sums are the
 * variables named. */
void emit_units(struct emitter *e, const struct stage *stage);
void emit_fused_units(struct emitter *e, const struct stage *stage, const char *block,
                      const char *const *accumulators);

#endif
