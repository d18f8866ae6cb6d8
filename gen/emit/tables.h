/* SPDX-License-Identifier: MIT */
/* What a kernel says of its programs, and of itself. */
#ifndef WEIR_EMIT_TABLES_H
#define WEIR_EMIT_TABLES_H

#include "emit/emitter.h"

void emit_packing(struct emitter *e); /* how weights are packed: regions and their scales */
void emit_pass_tables(struct emitter *e); /* that, and the values of a program */
void emit_tables(struct emitter *e, const char *name); /* with the emitter of the forward program */

#endif
