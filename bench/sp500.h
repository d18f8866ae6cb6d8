/* SPDX-License-Identifier: MIT */
/* Daily closing prices as the input of a recurrent layer: the one workload here that is not made
 * up. The file is read strictly, for it may be anybody's. */
#ifndef BENCH_SP500_H
#define BENCH_SP500_H

#include "common/failure.h"

#include <stddef.h>

/* What a model sees of one day: its return in percent, and by how much that return differs from
 * the day before's. */
enum { PRICES_INPUTS = 2 };

struct prices {
    double *close; /* [days], oldest first */
    long *date; /* [days]: 20200417 */
    size_t days;
};

/* Reads "date,close" and one line a day, in the order of the dates. False with a sentence that
 * names file and line. */
bool prices_read(struct prices *prices, const char *path, struct failure *failure);
void prices_free(struct prices *prices);

/* How many windows of T days there are; 0 when there are too few days for one. */
size_t prices_windows(const struct prices *prices, size_t T);

/* Writes the last `windows` of them as x[T][windows][PRICES_INPUTS]. */
void prices_fill(const struct prices *prices, size_t T, size_t windows, float *x);

#endif
