/* SPDX-License-Identifier: MIT */
/* All of one program. */
#ifndef WEIR_EMIT_PROGRAM_H
#define WEIR_EMIT_PROGRAM_H

#include "emit/emitter.h"

/* Emits the functions of the emitter's program. */
void emit_program(struct emitter *e);

#endif
