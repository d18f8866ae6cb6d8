/* SPDX-License-Identifier: MIT */
/* A training: a model, how far it has come, and what was seen on the way; run, saved, taken up
 * again. Whatever it does next follows from the options and from what a checkpoint holds. */
#ifndef STOCK_TRAINING_H
#define STOCK_TRAINING_H

#include "stock/options.h"
#include "stock/progress.h"
#include "stock/task.h"
#include "weir_train.h"

#include <signal.h>

struct training {
    const struct options *options;
    const struct task *task;
    const char *cell;
    weir_model *model;
    float *x, *targets, *outputs; /* of one batch */
    size_t *order; /* of the samples in this epoch */
    uint64_t epoch, step; /* that come next */
    double loss_sum, right, seen; /* over this epoch's samples so far */
    struct figures *history; /* [epoch], of options->epochs */
    double seconds; /* that this process has spent in epochs */
    uint64_t steps_here; /* and how many steps were done in them */
};

enum training_end { TRAINING_DONE, TRAINING_STOPPED, TRAINING_FAILED };

bool training_create(struct training *training, const struct options *options,
                     const struct task *task, const char *cell, weir_pool *pool,
                     struct failure *failure);
void training_destroy(struct training *training);

/* Trains until the last epoch, or until a loss that is good enough, or until *stop; saves to the
 * checkpoint, if that is not NULL, on the way. */
enum training_end training_run(struct training *training, const char *checkpoint,
                               const volatile sig_atomic_t *stop, FILE *file,
                               struct failure *failure);

/* The loss over a part, and how often it was right (NaN for numbers). Outputs, one a sample, go to
 * `all` where it is not NULL. */
bool training_measure(struct training *training, enum part part, double *loss, double *accuracy,
                      float *all, struct failure *failure);

/* checkpoint.c. Takes one up where it is there and that is wanted; one of other options or data is
 * refused with a sentence. */
bool checkpoint_save(const struct training *training, const char *path, struct failure *failure);
bool checkpoint_take_up(struct training *training, const char *path, bool *is_there,
                        struct failure *failure);

#endif
