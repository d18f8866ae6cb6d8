/* SPDX-License-Identifier: MIT */
/* Samples of both tasks; see task.h. */
#include "stock/task.h"

#include "common/hash.h"
#include "stock/draws.h"

#include <string.h>

/* ---- The adding problem ---- */

/* Hochreiter & Schmidhuber, "Long short-term memory", Neural Computation 9, 1997, in the form of
 * Le, Jaitly & Hinton, arXiv:1504.00941: T uniform numbers, two of them marked; the target is the
 * sum of these two. Additions that are looked at after each epoch and at the end are as many as
 * these. */
enum { ADDITIONS_VALIDATION = 500, ADDITIONS_TEST = 2000 };

static float addition_write(const struct task *task, enum part part, uint64_t index, float *to,
                            size_t step)
{
    const uint64_t blocks = (task->T + 3) / 4 + 1, stream = STREAM_ADDING + part;
    uint32_t words[4];
    weir_random_block(task->seed, stream, index * blocks, words);
    const size_t one = words[0] % task->T, apart = 1 + words[1] % (task->T - 1);
    const size_t other = (one + apart) % task->T;
    for (size_t t = 0; t < task->T; t++) {
        if (t % 4 == 0)
            weir_random_block(task->seed, stream, index * blocks + 1 + t / 4, words);
        to[t * step] = draw_uniform(words[t % 4]);
        to[t * step + 1] = t == one || t == other;
    }
    return to[one * step] + to[other * step];
}

/* ---- Both ---- */

static float sample_write(const struct task *task, enum part part, uint64_t index, float *to,
                          size_t step)
{
    if (!task->classifies)
        return addition_write(task, part, index, to, step);
    series_window(&task->series, part, index, task->T, to, step);
    return task->series.label[task->series.first[part] + index];
}

void task_part(const struct task *task, enum part part, size_t first, size_t B, float *x,
               float *targets)
{
    for (size_t row = 0; row < B; row++)
        targets[row] = sample_write(task, part, first + row, x + row * FEATURES, B * FEATURES);
}

void task_order(const struct task *task, uint64_t epoch, size_t *order)
{
    weir_random_shuffle(task->seed, STREAM_ORDER + epoch, order, task->count[PART_TRAIN]);
}

size_t task_batch(const struct task *task, uint64_t epoch, size_t step, const size_t *order,
                  float *x, float *targets)
{
    const size_t first = step * task->batch, left = task->count[PART_TRAIN] - first;
    const size_t B = left < task->batch ? left : task->batch;
    for (size_t row = 0; row < B; row++) {
        /* Every addition is a new one, and needs no order. */
        const uint64_t index =
            task->classifies ? order[first + row] : epoch * task->count[PART_TRAIN] + first + row;
        targets[row] = sample_write(task, PART_TRAIN, index, x + row * FEATURES, B * FEATURES);
    }
    return B;
}

enum part task_held_out(const struct task *task)
{
    return task->count[PART_TEST] ? PART_TEST : PART_VALIDATION;
}

static double rises(const struct series *series, enum part part)
{
    double sum = 0;
    for (size_t k = 0; k < series->count[part]; k++)
        sum += series->label[series->first[part] + k];
    return series->count[part] ? sum / (double)series->count[part] : 0;
}

double task_baseline(const struct task *task, enum part part)
{
    if (!task->classifies)
        return 1.0 / 6; /* the variance of the sum of two uniform numbers */
    const double rose = rises(&task->series, part);
    return rises(&task->series, PART_TRAIN) > 0.5 ? rose : 1 - rose;
}

/* ---- Making ---- */

/* A hash of the closes: a checkpoint goes on with the data it was made with. */
static uint64_t fingerprint_of(const struct prices *prices)
{
    return hash_bytes(HASH_START, prices->close, prices->days * sizeof *prices->close);
}

static bool prices_get(struct task *task, const struct options *options, struct failure *failure)
{
    if (options->source == DATA_SYNTHETIC)
        return prices_make_up(&task->prices, options->days, options->seed, failure);
    return prices_read(&task->prices, options->source == DATA_SP500 ? STOCK_SP500 : options->data,
                       failure);
}

static bool windows_make(struct task *task, const struct options *options, struct failure *failure)
{
    if (!prices_get(task, options, failure))
        return false;
    if (!series_create(&task->series, &task->prices, options->threshold, options->validation,
                       options->test, failure))
        return fail(failure, "%s: %s", options->data, failure->sentence);
    task->fingerprint = fingerprint_of(&task->prices);
    memcpy(task->count, task->series.count, sizeof task->count);
    return true;
}

bool task_create(struct task *task, const struct options *options, struct failure *failure)
{
    *task = (struct task){.T = options->window,
                          .batch = options->batch,
                          .seed = options->seed,
                          .classifies = options->source != DATA_ADDING};
    task->loss = task->classifies ? WEIR_LOSS_BCE : WEIR_LOSS_MSE;
    task->count[PART_TRAIN] = options->steps * options->batch;
    task->count[PART_VALIDATION] = ADDITIONS_VALIDATION;
    task->count[PART_TEST] = ADDITIONS_TEST;
    if (task->classifies && !windows_make(task, options, failure)) {
        task_destroy(task);
        return false;
    }
    task->steps = (task->count[PART_TRAIN] + task->batch - 1) / task->batch;
    return true;
}

void task_destroy(struct task *task)
{
    prices_free(&task->prices);
    series_destroy(&task->series);
}
