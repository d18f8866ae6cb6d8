/* SPDX-License-Identifier: MIT */
/* The part held out: figures, words, and predictions; see outcome.h. */
#include "stock/outcome.h"

#include "common/files.h"
#include "stock/summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* An addition counts as learned below this mean squared error. */
static const double solved_below = 0.01;

/* ---- Making ---- */

static void confusion_count(struct outcome *outcome, const struct task *task, enum part part,
                            const float *outputs)
{
    const float *label = task->series.label + task->series.first[part];
    for (size_t k = 0; k < task->count[part]; k++)
        outcome->confusion[label[k] > 0.5f][outputs[k] > 0]++;
}

static void days_print(FILE *file, const struct task *task, enum part part, const float *outputs)
{
    fputs("day,date,close,next_close,probability,said,rose\n", file);
    for (size_t k = 0; k < task->count[part]; k++) {
        const size_t day = task->series.first[part] + k;
        const double *close = task->prices.close + day + 1;
        const long date = task->prices.date[day + 1];
        float probability;
        weir_loss_predict(task->loss, 1, 1, outputs + k, &probability);
        fprintf(file, "%zu,", day + 1);
        if (date)
            fprintf(file, "%04ld-%02ld-%02ld", date / 10000, date / 100 % 100, date % 100);
        fprintf(file, ",%.10g,%.10g,%.9g,%d,%d\n", close[0], close[1], (double)probability,
                outputs[k] > 0, task->series.label[day] > 0.5f);
    }
}

static void additions_print(FILE *file, struct training *training, enum part part,
                            const float *outputs)
{
    fputs("sample,sum,predicted\n", file);
    for (size_t k = 0; k < training->task->count[part]; k++) {
        task_part(training->task, part, k, 1, training->x, training->targets);
        fprintf(file, "%zu,%.9g,%.9g\n", k, (double)training->targets[0], (double)outputs[k]);
    }
}

static bool predictions_write(struct training *training, enum part part, const float *outputs,
                              const char *path, struct failure *failure)
{
    struct file_output output;
    if (!file_begin(&output, path, failure))
        return false;
    if (training->task->classifies)
        days_print(output.stream, training->task, part, outputs);
    else
        additions_print(output.stream, training, part, outputs);
    return file_end(&output, false, failure);
}

static bool held_out_measure(struct outcome *outcome, struct training *training, float *outputs,
                             const char *predictions, struct failure *failure)
{
    const enum part part = task_held_out(training->task);
    if (!training_measure(training, part, &outcome->loss, &outcome->accuracy, outputs, failure))
        return false;
    outcome->held_out = training->task->count[part];
    if (training->task->classifies)
        confusion_count(outcome, training->task, part, outputs);
    return !predictions || predictions_write(training, part, outputs, predictions, failure);
}

bool outcome_make(struct outcome *outcome, struct training *training, const char *predictions,
                  struct failure *failure)
{
    const size_t epochs = training->epoch;
    *outcome = (struct outcome){.epochs = epochs, .steps = epochs * training->task->steps};
    snprintf(outcome->cell, sizeof outcome->cell, "%s", training->cell);
    outcome->seconds = training->seconds;
    outcome->step_seconds =
        training->steps_here ? training->seconds / (double)training->steps_here : NAN;
    outcome->history = malloc((epochs + 1) * sizeof *outcome->history);
    float *outputs =
        calloc(training->task->count[task_held_out(training->task)] + 1, sizeof *outputs);
    bool good = outcome->history && outputs;
    if (!good) {
        fail(failure, "not enough memory for what came out");
    } else {
        memcpy(outcome->history, training->history, epochs * sizeof *outcome->history);
        outcome->last = outcome->history[epochs - 1];
        good = summary_count(training->options, training->cell, &outcome->learned, failure) &&
               held_out_measure(outcome, training, outputs, predictions, failure);
    }
    free(outputs);
    if (!good)
        outcome_destroy(outcome);
    return good;
}

void outcome_destroy(struct outcome *outcome)
{
    free(outcome->history);
    *outcome = (struct outcome){0};
}

/* ---- In words ---- */

static void classes_print(FILE *file, const struct outcome *outcome, const struct task *task)
{
    static const char *const rose[] = {"no rise", "rise"};
    const double baseline = task_baseline(task, task_held_out(task)),
                 gain = outcome->accuracy - baseline;
    /* Of an accuracy that is the baseline's in truth, two standard errors. */
    const double chance = 2 * sqrt(baseline * (1 - baseline) / (double)outcome->held_out);
    fprintf(file, "  loss: %.4f - accuracy: %.4f - of always saying the same: %.4f\n",
            outcome->loss, outcome->accuracy, baseline);
    if (fabs(gain) <= chance)
        fprintf(file,
                "  No better and no worse than always saying the same: the difference, %+.4f, is\n"
                "  within two standard errors, %.4f.\n",
                gain, chance);
    else
        fprintf(file, "  %s than always saying the same, by %+.4f; two standard errors are %.4f.\n",
                gain > 0 ? "Better" : "Worse", gain, chance);
    fprintf(file, "  %-18s %12s %12s\n", "", "said no rise", "said rise");
    for (int happened = 0; happened < 2; happened++)
        fprintf(file, "  %-9s happened %12zu %12zu\n", rose[happened],
                outcome->confusion[happened][0], outcome->confusion[happened][1]);
}

void outcome_print(FILE *file, const struct outcome *outcome, const struct task *task)
{
    const bool is_test = task_held_out(task) == PART_TEST;
    if (outcome->held_out == 0) {
        fputs(
            "Nothing was held out (--test 0 --validation 0): nothing is known of how good it is\n",
            file);
        return;
    }
    fprintf(file, "%s, %s samples, %s:\n", outcome->cell, grouped(outcome->held_out).text,
            is_test ? "held out to the end" : "of the validation, as none were held out");
    if (task->classifies)
        classes_print(file, outcome, task);
    else
        fprintf(file, "  loss: %.5f - of always saying 1: %.4f - %s (%g)\n", outcome->loss,
                task_baseline(task, task_held_out(task)),
                outcome->loss < solved_below ? "solved, being below" : "not solved, being above",
                solved_below);
}
