/* SPDX-License-Identifier: MIT */
/* Whether two series of rounds differ by more than chance: Mann and Whitney's U (Wilcoxon's rank
 * sum), which asks only which number is the larger and supposes nothing of how noise is
 * distributed. */
#ifndef BENCH_RANKS_H
#define BENCH_RANKS_H

#include <stdbool.h>
#include <stddef.h>

/* Up to so many rounds in all p is exact, also where some are equal; and up to so many more where
 * those of one series are few. */
enum { RANKS_EXACT_MAX = 40, RANKS_FEW = 9, RANKS_EXACT_FEW_MAX = 70 };

struct ranks_verdict {
    double p; /* two-sided: how often chance alone separates them at least so far */
    bool is_exact; /* every way to deal the ranks counted; else the normal distribution */
};

/* Each of at least one number. */
struct ranks_verdict ranks_compare(const double *a, size_t a_count, const double *b,
                                   size_t b_count);

/* The least p that so many rounds can have, all different. */
double ranks_least(size_t a_count, size_t b_count);

#endif
