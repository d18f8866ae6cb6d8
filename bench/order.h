/* SPDX-License-Identifier: MIT */
/* What numbers that were measured in rounds say when they are put in order: their median, and an
 * interval that holds the true one. The interval is that of order statistics (the sign test turned
 * round): it supposes nothing of how the noise is distributed, but that rounds do not hang
 * together, and misses the true median in at most 5 % of cases. */
#ifndef BENCH_ORDER_H
#define BENCH_ORDER_H

#include <stdbool.h>
#include <stddef.h>

/* Below, one that is disturbed is an end of the interval, or there is none. */
enum { ROUNDS_FEW = 9 };

struct middle {
    double median, least, most; /* without an interval the last two are infinite */
};

void order_sort(double *numbers, size_t count);
struct middle order_middle(const double *sorted, size_t count);

/* The larger half of the interval, as a fraction of the median; infinite without one. */
double order_half_width(const struct middle *middle);

/* With --rounds auto there are ROUNDS_FEW, and then more until every interval is this narrow, or
 * until a shape has had so many or so many seconds. */
enum { ROUNDS_AUTO_MAX = 61, ROUNDS_AUTO_SECONDS = 60 };
bool order_is_narrow(const struct middle *middle);

#endif
