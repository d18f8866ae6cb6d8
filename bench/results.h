/* SPDX-License-Identifier: MIT */
/* Files of results read back: JSON as weir-bench writes it, with its medians and circumstances, and
 * what else is in Google Benchmark's format. Nothing is believed that such a file says. */
#ifndef BENCH_RESULTS_H
#define BENCH_RESULTS_H

#include "common/failure.h"

#include <stddef.h>

struct cJSON;

/* A line of the circumstances, numbers as the file spells them. */
struct result_entry {
    const char *key, *text;
};

/* A contender at a shape: its median, and its rounds. Texts that the file does not have are "",
 * sizes 0, and other numbers NAN; a type is f32. */
struct result_row {
    const char *name; /* shape/contender[/threads:N][/train], as Google Benchmark calls it */
    const char *kind, *contender, *shape, *cell, *isa, *type;
    size_t I, H, P, T, B;
    size_t threads;
    bool train;
    double median, cpu, bound, forward, backward; /* microseconds a call */
    double spread, fraction, gflops, gbps, error, weights_bytes, times_baseline;
    const double *rounds; /* microseconds, in the order of the file */
    size_t round_count;
};

struct result {
    const char *path;
    struct result_entry *context;
    size_t context_count;
    struct result_row *rows; /* in the order of the file */
    size_t row_count;
    struct cJSON *json; /* what texts point into */
    char *texts; /* and numbers of the circumstances */
    double *times; /* what rounds point into */
};

/* False with a sentence that begins with the path; then there is nothing to free. */
bool result_read(struct result *result, const char *path, struct failure *failure);

/* The same of a text, which is called `path`; there is a NUL after it. */
bool result_parse(struct result *result, const char *path, const char *text, size_t size,
                  struct failure *failure);

/* results_json.c: the same of circumstances alone, for files of other kinds, which have no rows. */
bool result_open(struct result *result, const char *path, struct failure *failure);
bool result_parse_context(struct result *result, const char *path, const char *text, size_t size,
                          struct failure *failure);

void result_free(struct result *result);

/* A circumstance; NULL: there is none of that key. */
const char *result_context(const struct result *result, const char *key);

/* The same as a number; NAN: there is none. */
double result_context_number(const struct result *result, const char *key);

/* Whether a text of a file can be shown: not longer than that, and without control characters,
 * which a terminal would obey. */
bool result_is_plain(const char *text, size_t longest);

#endif
