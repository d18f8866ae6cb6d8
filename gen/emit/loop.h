/* SPDX-License-Identifier: MIT */
/* The struct step of a program, and its loop over time. */
#ifndef WEIR_EMIT_LOOP_H
#define WEIR_EMIT_LOOP_H

#include "emit/emitter.h"

void emit_step(struct emitter *e);
void emit_run(struct emitter *e);
const char *emit_run_name(struct emitter *e); /* of the function that runs the program */

#endif
