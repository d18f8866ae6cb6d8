/* SPDX-License-Identifier: MIT */
/* How a program ends. */
#ifndef WEIR_ENDING_H
#define WEIR_ENDING_H

#include <signal.h>

/* From now on SIGINT and SIGTERM ask the program to end, which this says then; the second of a kind
 * ends it at once. */
extern volatile sig_atomic_t end_asked;
void end_when_asked(void);

/* What a program that would end with this status ends with: where not all that it wrote to stdout
 * has got out, with a sentence on stderr and not with 0. */
int end_program(const char *name, int status);

#endif
