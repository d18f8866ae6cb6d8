/* SPDX-License-Identifier: MIT */
/* One grid as a table of one measure, and what is counted while it is printed. */
#ifndef BENCH_COMPARE_PAGE_H
#define BENCH_COMPARE_PAGE_H

#include "compare_measure.h"

/* Of all tables of a page, to be said below them. */
struct counts {
    size_t tested, significant, testable, exact;
    size_t without_interval; /* cells */
    size_t least_rounds;
};

/* False: memory has run out. `verdict` takes the worst change; NULL: these are no times. A grid
 * without a line of this measure prints nothing. */
bool compare_table(const struct grid *grid, const struct measure *measure, const char *title,
                   const char *const *columns, FILE *file, struct counts *counts,
                   struct compare_verdict *verdict);

#endif
