/* SPDX-License-Identifier: MIT */
/* What is to be learned: samples with targets, in three parts. Either windows of a series of prices
 * and whether a rise follows, or additions. */
#ifndef STOCK_TASK_H
#define STOCK_TASK_H

#include "stock/options.h"
#include "stock/series.h"
#include "weir_train.h"

struct task {
    size_t T, batch;
    uint64_t seed;
    size_t count[PARTS]; /* samples of each part; in training, of one epoch */
    size_t steps; /* batches of an epoch */
    bool classifies; /* targets are 0 or 1, and outputs logits; or both are numbers */
    weir_loss loss;
    struct prices prices; /* none for additions */
    struct series series;
    uint64_t fingerprint; /* of the prices */
};

bool task_create(struct task *task, const struct options *options, struct failure *failure);
void task_destroy(struct task *task);

/* Samples first .. first + B of validation or test, as x[T][B][FEATURES] and targets[B]. */
void task_part(const struct task *task, enum part part, size_t first, size_t B, float *x,
               float *targets);

/* The batch of a step of an epoch of training; returns its B. `order` is for epoch, from
 * task_order: [count[PART_TRAIN]]. */
void task_order(const struct task *task, uint64_t epoch, size_t *order);
size_t task_batch(const struct task *task, uint64_t epoch, size_t step, const size_t *order,
                  float *x, float *targets);

/* What one gets by always saying the same: what is more frequent in the training part, or that an
 * addition gives 1. The accuracy on a part, or the loss. */
double task_baseline(const struct task *task, enum part part);

/* The part that is held out to the end; the validation's where no test was wanted. */
enum part task_held_out(const struct task *task);

#endif
