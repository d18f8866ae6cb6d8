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

/* Words in quotes, without what would end them or be replaced within. */
void chart_quote(const char *text, FILE *script);

/* Draws by the file `plot`, which leaves gnuplot's output where it is, to `path`, which ends in
 * .svg or .png and is there whole or as it was before; gives the script up. What gnuplot says of
 * itself is on stderr. */
bool chart_end(FILE *script, const char *plot, const char *path, struct failure *failure);

#endif
