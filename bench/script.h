/* SPDX-License-Identifier: MIT */
/* Scripts for gnuplot: what is written in front of one, and the script itself. */
#ifndef BENCH_SCRIPT_H
#define BENCH_SCRIPT_H

#include <stdbool.h>
#include <stdio.h>

/* Words in quotes, without what would end them or be replaced within. */
void script_quote(const char *text, FILE *file);

/* Copies a script; false where it cannot be read. */
bool script_copy(const char *name, FILE *file);

#endif
