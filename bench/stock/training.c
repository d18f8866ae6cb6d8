/* SPDX-License-Identifier: MIT */
/* Epochs and steps; see training.h. */
#define _GNU_SOURCE
#include "stock/training.h"

#include "clock.h"
#include "common/ending.h"
#include "mpi/cluster.h"

#include <math.h>
#include <stdlib.h>

/* ---- Making ---- */

static bool model_make(struct training *training, weir_pool *pool, struct failure *failure)
{
    const struct options *options = training->options;
    const weir_model_layer layer = {.cell = training->cell,
                                    .H = options->units,
                                    .P = options->projection,
                                    .dropout = (float)options->dropout};
    weir_exchange exchange;
    if (options->cluster)
        options->cluster->share(&exchange, options->slices, weir_nodes_join, &end_asked);
    const weir_model_config config = {
        .I = FEATURES,
        .layers = &layer,
        .layer_count = 1,
        .head = "dense",
        .outputs = 1,
        .loss = training->task->loss,
        .optimiser = {.method = WEIR_ADAM, .rate = options->rate},
        .clip = options->clip,
        .seed = options->seed,
        .max_T = training->task->T,
        .max_B = training->task->batch,
        .pool = pool,
        .isa = options->isa,
        .slices = options->slices,
        .exchange = options->cluster ? &exchange : NULL,
    };
    weir_error error;
    if (weir_model_create(&training->model, &config, &error))
        return fail(failure, "%s", error.message);
    return true;
}

bool training_create(struct training *training, const struct options *options,
                     const struct task *task, const char *cell, weir_pool *pool,
                     struct failure *failure)
{
    *training = (struct training){.options = options, .task = task, .cell = cell};
    training->x = calloc(task->T * task->batch, FEATURES * sizeof *training->x);
    training->targets = calloc(task->batch, sizeof *training->targets);
    training->outputs = calloc(task->batch, sizeof *training->outputs);
    training->order = calloc(task->count[PART_TRAIN], sizeof *training->order);
    training->history = calloc(options->epochs, sizeof *training->history);
    const bool has_memory = training->x && training->targets && training->outputs &&
                            training->order && training->history;
    if (has_memory ? model_make(training, pool, failure)
                   : fail(failure, "not enough memory to train with"))
        return true;
    training_destroy(training);
    return false;
}

void training_destroy(struct training *training)
{
    if (training->model)
        weir_model_destroy(training->model);
    free(training->x);
    free(training->targets);
    free(training->outputs);
    free(training->order);
    free(training->history);
    *training = (struct training){0};
}

/* ---- Measuring ---- */

static weir_batch batch_of(const struct training *training, size_t B)
{
    return (weir_batch){
        .T = training->task->T, .B = B, .x = training->x, .targets = training->targets};
}

static size_t right_count(const struct training *training, size_t B)
{
    size_t right = 0;
    for (size_t row = 0; row < B; row++)
        right += (training->outputs[row] > 0) == (training->targets[row] > 0.5f);
    return right;
}

bool training_measure(struct training *training, enum part part, double *loss, double *accuracy,
                      float *all, struct failure *failure)
{
    const struct task *task = training->task;
    const size_t count = task->count[part];
    double loss_sum = 0, right = 0;
    for (size_t first = 0, B; first < count; first += B) {
        B = count - first < task->batch ? count - first : task->batch;
        task_part(task, part, first, B, training->x, training->targets);
        const weir_batch batch = batch_of(training, B);
        weir_error error;
        if (weir_model_forward(training->model, &batch, training->outputs, &error))
            return fail(failure, "%s", error.message);
        right += (double)right_count(training, B);
        loss_sum += (double)B *
                    weir_loss_value(task->loss, B, 1, training->outputs, training->targets, NULL);
        for (size_t row = 0; all && row < B; row++)
            all[first + row] = training->outputs[row];
    }
    *loss = count ? loss_sum / (double)count : NAN;
    *accuracy = count && task->classifies ? right / (double)count : NAN;
    return true;
}

static struct figures figures_of(const struct training *training)
{
    const double seen = training->seen;
    return (struct figures){
        .loss = seen > 0 ? training->loss_sum / seen : NAN,
        .accuracy = seen > 0 && training->task->classifies ? training->right / seen : NAN,
        .val_loss = NAN,
        .val_accuracy = NAN};
}

/* ---- Running ---- */

static bool step_run(struct training *training, struct failure *failure)
{
    const struct task *task = training->task;
    const size_t B = task_batch(task, training->epoch, training->step, training->order, training->x,
                                training->targets);
    const weir_batch batch = batch_of(training, B);
    weir_error error;
    double loss;
    /* How often the model is right, before this step and without dropout. */
    if (task->classifies) {
        if (weir_model_forward(training->model, &batch, training->outputs, &error))
            return fail(failure, "%s", error.message);
        training->right += (double)right_count(training, B);
    }
    if (weir_model_train(training->model, &batch, &loss, &error))
        return fail(failure, "%s", error.message);
    training->loss_sum += (double)B * loss;
    training->seen += (double)B;
    training->step++;
    training->steps_here++;
    return isfinite(loss) ||
           fail(failure,
                "the loss is no longer finite at step %zu of epoch %zu: a smaller --rate, "
                "or --clip, may help",
                (size_t)training->step, (size_t)training->epoch + 1);
}

static bool epoch_end(struct training *training, struct figures *figures, struct failure *failure)
{
    *figures = figures_of(training);
    if (!training_measure(training, PART_VALIDATION, &figures->val_loss, &figures->val_accuracy,
                          NULL, failure))
        return false;
    training->history[training->epoch++] = *figures;
    training->step = 0;
    training->loss_sum = training->right = training->seen = 0;
    return true;
}

static enum training_end epoch_run(struct training *training, const char *checkpoint,
                                   const volatile sig_atomic_t *stop, FILE *file,
                                   struct failure *failure)
{
    const struct options *options = training->options;
    const size_t steps = training->task->steps;
    struct progress progress;
    if (training->task->classifies)
        task_order(training->task, training->epoch, training->order);
    progress_begin(&progress, file, training->epoch + 1, options->epochs, steps, training->step);
    while (training->step < steps && !*stop) {
        if (!step_run(training, failure))
            return progress_break(&progress), TRAINING_FAILED;
        const struct figures figures = figures_of(training);
        progress_show(&progress, training->step, &figures);
        const bool is_due = checkpoint && options->every && training->step % options->every == 0;
        if (is_due && !checkpoint_save(training, checkpoint, failure))
            return progress_break(&progress), TRAINING_FAILED;
    }
    struct figures figures;
    if (*stop)
        progress_break(&progress);
    else if (!epoch_end(training, &figures, failure))
        return TRAINING_FAILED;
    else
        progress_end(&progress, &figures);
    if (checkpoint && !checkpoint_save(training, checkpoint, failure))
        return TRAINING_FAILED;
    return *stop ? TRAINING_STOPPED : TRAINING_DONE;
}

static bool is_good_enough(const struct training *training)
{
    const double until = training->options->until;
    return until > 0 && training->epoch > 0 &&
           training->history[training->epoch - 1].val_loss < until;
}

enum training_end training_run(struct training *training, const char *checkpoint,
                               const volatile sig_atomic_t *stop, FILE *file,
                               struct failure *failure)
{
    enum training_end end = TRAINING_DONE;
    const double started = clock_seconds();
    while (end == TRAINING_DONE && training->epoch < training->options->epochs &&
           !is_good_enough(training))
        end = epoch_run(training, checkpoint, stop, file, failure);
    training->seconds += clock_seconds() - started;
    if (end == TRAINING_DONE && is_good_enough(training))
        fprintf(file, "The validation's loss is below %g: done after %zu epochs.\n",
                training->options->until, (size_t)training->epoch);
    return end;
}
