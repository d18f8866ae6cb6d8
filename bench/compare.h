/* SPDX-License-Identifier: MIT */
/* Results set beside one another: medians with their intervals, by how much they differ, and
 * whether that is more than chance. What has another CPU is held to its own bounds and peers, and
 * never silently compared by time. */
#ifndef BENCH_COMPARE_H
#define BENCH_COMPARE_H

#include "results.h"

#include <stdbool.h>
#include <stdio.h>

/* What the columns are. */
enum compare_by { BY_FILE, BY_CPU, BY_ISA, BY_TYPE, BY_KERNEL, BY_COMMIT, BY_COUNT };

extern const char *const compare_by_name[BY_COUNT];

struct comparison {
    const struct result *results;
    size_t count;
    const char *filter; /* an extended regular expression that names match; NULL: all */
    enum compare_by by;
};

/* What came out, for who wants to act on it. */
struct compare_verdict {
    size_t testable; /* pairs that have rounds enough to differ significantly */
    bool has_other_cpus; /* somewhere times of different CPUs, or of unknown ones, stand side by
                            side */
    double worst; /* the largest increase of time that is significant: 0.03 is 3 %; or 0 */
    char worst_name[256]; /* whose that is */
};

/* Prints tables. False with a sentence: there is nothing to compare. */
bool compare_print(const struct comparison *comparison, FILE *file, struct compare_verdict *verdict,
                   struct failure *failure);

#endif
