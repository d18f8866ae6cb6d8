/* SPDX-License-Identifier: MIT */
/* What was measured as Markdown, with one sentence first: bound by what. */
#ifndef BENCH_PHASES_PAGE_H
#define BENCH_PHASES_PAGE_H

#include "common/text.h"
#include "phases/bounds.h"

void page_add(struct text *page, const struct bounds *bounds, const struct measured *measured,
              size_t lanes);

/* What bench/explain goes on with, a line each: `fma` and the instructions a cycle of the ceiling;
 * `tile` or `units`, the function, its cycles a run or vector, columns, fused multiply-adds of all
 * columns, its part of the time, and how many runs or vectors follow one another. */
void page_facts(struct text *facts, const struct bounds *bounds, const struct measured *measured,
                size_t lanes);

#endif
