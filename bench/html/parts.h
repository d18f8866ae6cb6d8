/* SPDX-License-Identifier: MIT */
/* The parts of the page, each HTML that stands by itself. */
#ifndef BENCH_HTML_PARTS_H
#define BENCH_HTML_PARTS_H

#include "html/html.h"
#include "html/site.h"

/* board.c: how often each machine is ahead, the filters, and the table of problems by machines. */
void part_summary(struct text *page, const struct site *site);
void part_filters(struct text *page, const struct site *site);
void part_board(struct text *page, const struct site *site);

/* roofline.c: a chart a machine. errors.c: one a run that has types of weights. */
void part_rooflines(struct text *page, const struct site *site);
void part_errors(struct text *page, const struct site *site);

/* others.c: what tuned kernels gain, whole models, and the circumstances of each run; `folder` is
 * where the page goes: files that are there are linked to. */
void part_tuned(struct text *page, const struct site *site);
void part_models(struct text *page, const struct site *site);
void part_runs(struct text *page, const struct site *site, const char *folder);

/* "lstm 2x64, T 10, B 1", and the names that files give it. */
void problem_text(struct text *page, const struct problem *problem);
void problem_names(struct text *page, const struct problem *problem);

/* A link to the circumstances of a run. */
void run_link(struct text *page, const struct site *site, const struct run *run);

#endif
