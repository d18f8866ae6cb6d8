/* SPDX-License-Identifier: MIT */
/* What came out of a sweep: figures of each contender, tables of them for people, JSON for
 * programs. Everything is made of the samples; nothing is measured here. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "context.h"
#include "sweep.h"

#include <stdio.h>

/* Of one row, over its rounds. */
struct figures {
    double median, spread; /* seconds a call; half the interquartile range, as a fraction */
    double forward, backward; /* medians of its parts, where the shape is trained */
    double cpu_median;
    double flops, weight_bytes; /* a second */
    double fraction; /* of the bound */
    double times_baseline; /* 0: no baseline was timed */
};

struct figures figures_of(const struct sweep *sweep, const struct row *row);

/* The type of a row's weights. */
const char *report_type(const struct row *row);

/* The fastest row of that kind for the shape, with weights of that type (NULL: of any); NULL: none
 * was timed. */
const struct row *report_best(const struct sweep *sweep, const struct shape *shape,
                              const struct contender_kind *kind, const char *type);

/* The kinds beside Weir's own of which something was timed, each once; `only_peers`: those of other
 * libraries. */
size_t report_rivals(const struct sweep *sweep, bool only_peers,
                     const struct contender_kind **rivals, size_t most);

/* The tables, and below them what was left out and why. */
void report_print(const struct sweep *sweep, FILE *file, bool as_markdown);

/* Makes the folder of PREFIX, and tells whether the files could be written: to be asked before work
 * of minutes. */
bool report_try(const char *prefix, struct failure *failure);

/* Writes PREFIX.json and PREFIX.md, each whole or not at all. */
bool report_write(const struct sweep *sweep, const struct context *context, const char *prefix,
                  struct failure *failure);

/* report_json.c: Google Benchmark's JSON format, medians as aggregates. False: memory has run out.
 */
bool report_json(const struct sweep *sweep, const struct context *context, FILE *file);

/* report_charts.c: PREFIX-roofline.svg, PREFIX-ratios.svg when there are peers, and
 * PREFIX-errors.svg when types of weights were asked for, by gnuplot.
 * Says on stderr what it wrote, or why it did not: a chart is no reason to fail. */
void report_charts(const struct sweep *sweep, const struct context *context, const char *prefix);

#endif
