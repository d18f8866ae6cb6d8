/* SPDX-License-Identifier: MIT */
/* Features, labels and windows of a series of prices; see series.h. */
#include "stock/series.h"

#include "stock/draws.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of the day after close[0]. */
static double feature(const double *close, int f)
{
    return f == 0 ? close[1] / close[0] - 1 : close[1] - close[0];
}

/* From the training part alone: what comes after it must not be known to it. */
static void scale_measure(struct series *series, const double *close, int f)
{
    const size_t days = series->count[PART_TRAIN];
    double sum = 0, squares = 0;
    for (size_t k = 0; k < days; k++)
        sum += feature(close + k, f);
    series->mean[f] = sum / (double)days;
    for (size_t k = 0; k < days; k++) {
        const double apart = feature(close + k, f) - series->mean[f];
        squares += apart * apart;
    }
    const double deviation = sqrt(squares / (double)days);
    /* Prices that never change have none, and features of 0. */
    series->deviation[f] = deviation > 0 ? deviation : 1;
}

static void parts_divide(struct series *series, double validation, double test)
{
    const size_t tested = (size_t)((double)series->days * test);
    const size_t validated = (size_t)((double)(series->days - tested) * validation);
    series->count[PART_TRAIN] = series->days - tested - validated;
    series->count[PART_VALIDATION] = validated;
    series->count[PART_TEST] = tested;
    for (enum part part = PART_VALIDATION; part < PARTS; part++)
        series->first[part] = series->first[part - 1] + series->count[part - 1];
}

bool series_create(struct series *series, const struct prices *prices, double threshold,
                   double validation, double test, struct failure *failure)
{
    *series = (struct series){0};
    if (prices->days < 3)
        return fail(failure,
                    "%zu days of prices: at least 3 are needed, to have one day with a "
                    "change before it and after it",
                    prices->days);
    series->days = prices->days - 2;
    series->x = malloc(series->days * sizeof *series->x);
    series->label = malloc(series->days * sizeof *series->label);
    if (!series->x || !series->label) {
        series_destroy(series);
        return fail(failure, "not enough memory for %zu days", series->days);
    }
    const double *close = prices->close;
    parts_divide(series, validation, test);
    for (int f = 0; f < FEATURES; f++)
        scale_measure(series, close, f);
    for (size_t k = 0; k < series->days; k++) {
        for (int f = 0; f < FEATURES; f++)
            series->x[k][f] =
                (float)((feature(close + k, f) - series->mean[f]) / series->deviation[f]);
        series->label[k] = 100 * feature(close + k + 1, 0) > threshold;
    }
    return true;
}

void series_destroy(struct series *series)
{
    free(series->x);
    free(series->label);
    *series = (struct series){0};
}

bool prices_make_up(struct prices *prices, size_t days, uint64_t seed, struct failure *failure)
{
    *prices = (struct prices){.days = days,
                              .close = malloc(days * sizeof *prices->close),
                              .date = calloc(days, sizeof *prices->date)};
    if (!prices->close || !prices->date) {
        prices_free(prices);
        return fail(failure, "not enough memory for %zu days", days);
    }
    for (size_t day = 0; day < days; day++) {
        uint32_t words[4];
        weir_random_block(seed, STREAM_PRICES, day, words);
        prices->close[day] = (words[0] & 1 ? 15 : 10) + 10 * (double)draw_uniform(words[1]);
    }
    return true;
}

void sequence_pad(const float *from, size_t length, size_t width, size_t T, float *to, size_t step)
{
    const size_t kept = length < T ? length : T;
    from += (length - kept) * width;
    for (size_t t = 0; t < T; t++)
        for (size_t k = 0; k < width; k++)
            to[t * step + k] = t < kept ? from[t * width + k] : 0;
}

void series_window(const struct series *series, enum part part, size_t index, size_t T, float *to,
                   size_t step)
{
    sequence_pad(series->x[series->first[part]], index + 1, FEATURES, T, to, step);
}
