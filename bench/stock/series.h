/* SPDX-License-Identifier: MIT */
/* Closing prices as samples: features and labels of days, the parts they are divided into, and
 * windows. */
#ifndef STOCK_SERIES_H
#define STOCK_SERIES_H

#include "common/failure.h"
#include "sp500.h"

#include <stdint.h>

enum part { PART_TRAIN, PART_VALIDATION, PART_TEST, PARTS };
enum { FEATURES = 2 };

/* Day k of a series is day k + 1 of its prices: what happened on it is known from the day before,
 * whether it is followed by a rise from the day after. Parts follow one another in time. */
struct series {
    size_t days;
    float (*x)[FEATURES]; /* relative change, change of price: standardised */
    float *label; /* 1 where the next close is higher by more than the threshold, or 0 */
    size_t first[PARTS], count[PARTS]; /* days of each part */
    double mean[FEATURES], deviation[FEATURES]; /* of the training part: of raw features */
};

/* Fractions are of all days (test), and of those not in the test (validation). The threshold is in
 * percent. False with a sentence when there are too few days. */
bool series_create(struct series *series, const struct prices *prices, double threshold,
                   double validation, double test, struct failure *failure);
void series_destroy(struct series *series);

/* The tutorial's prices: every day a fair coin chooses between uniform 10 .. 20 and 15 .. 25. */
bool prices_make_up(struct prices *prices, size_t days, uint64_t seed, struct failure *failure);

/* A sequence of any length as T steps, as Keras's pad_sequences(padding='post', truncating='pre')
 * has it: the last T of more, zeros after fewer. Steps are `step` floats apart in `to`. */
void sequence_pad(const float *from, size_t length, size_t width, size_t T, float *to, size_t step);

/* The sample of day `index` of a part: all days of that part up to and with this one, padded. No
 * part's samples reach into another. */
void series_window(const struct series *series, enum part part, size_t index, size_t T, float *to,
                   size_t step);

#endif
