/* SPDX-License-Identifier: MIT */
/* Medians and their intervals; see order.h. */
#include "order.h"

#include <math.h>
#include <stdlib.h>

static const double narrow = 0.01;

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void order_sort(double *numbers, size_t count)
{
    qsort(numbers, count, sizeof *numbers, compare);
}

/* How many of the smallest and of the largest the interval leaves out, and one more: the most for
 * which a fair coin shows heads so rarely in so many throws in at most 2.5 % of cases. 0: there are
 * too few for an interval. */
static size_t left_out(size_t count)
{
    double chance = (double)count * log(0.5), sum = exp(chance); /* by its logarithm: it is tiny */
    size_t k = 0;
    while (sum <= 0.025) {
        k++;
        chance += log((double)(count - k + 1) / (double)k);
        sum += exp(chance);
    }
    return k;
}

struct middle order_middle(const double *sorted, size_t count)
{
    const size_t half = count / 2, out = left_out(count);
    const double median = count % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    if (out == 0)
        return (struct middle){median, -INFINITY, INFINITY};
    return (struct middle){median, sorted[out - 1], sorted[count - out]};
}

double order_half_width(const struct middle *middle)
{
    return fmax(middle->median - middle->least, middle->most - middle->median) / middle->median;
}

bool order_is_narrow(const struct middle *middle)
{
    return order_half_width(middle) <= narrow;
}
