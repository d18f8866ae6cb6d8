/* SPDX-License-Identifier: MIT */
/* How a program ends. */
#ifndef WEIR_ENDING_H
#define WEIR_ENDING_H

/* What a program that would end with this status ends with: where not all that it wrote to stdout
 * has got out, with a sentence on stderr and not with 0. */
int end_program(const char *name, int status);

#endif
