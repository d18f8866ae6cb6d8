/* SPDX-License-Identifier: MIT */
/* Charts, drawn by gnuplot: numbers in front of a plot, which is a file of plots/. */
#ifndef BENCH_CHART_H
#define BENCH_CHART_H

#include "common/failure.h"

#include <stdio.h>

/* Whether there is a gnuplot. */
bool chart_can_be_drawn(void);

/* What goes in front of the plot is written here; NULL where that cannot be. */
FILE *chart_begin(struct failure *failure);

/* Words in quotes, as they are; there is no control character in them. */
void chart_quote(const char *text, FILE *script);

/* The same of the path of a file with numbers, none of which gnuplot takes for a command. */
void chart_quote_path(const char *path, FILE *script);

/* Draws by the file `plot`, which leaves gnuplot's output where it is, to `path`, which ends in
 * .svg or .png and is there whole or as it was before; gives the script up. What gnuplot says of
 * itself is on stderr. */
bool chart_end(FILE *script, const char *plot, const char *path, struct failure *failure);

#endif
