/* SPDX-License-Identifier: MIT */
/* What came out of a training: figures on the part held out, and the files they go to. */
#ifndef STOCK_OUTCOME_H
#define STOCK_OUTCOME_H

#include "stock/training.h"

struct outcome {
    char cell[CELL_NAME_MAX];
    size_t learned; /* numbers */
    size_t epochs, steps; /* that it was trained for */
    struct figures *history; /* [epochs] */
    struct figures last; /* of the last epoch */
    double loss, accuracy; /* on the part held out */
    size_t confusion[2][2]; /* [what happened][what was said]; of classes */
    size_t held_out; /* samples */
    double seconds, step_seconds; /* of this process; NaN: it had nothing to do */
};

bool outcome_make(struct outcome *outcome, struct training *training, const char *predictions,
                  struct failure *failure);
void outcome_destroy(struct outcome *outcome);

/* In words, beside the baseline. */
void outcome_print(FILE *file, const struct outcome *outcome, const struct task *task);

/* PREFIX.csv with the history of each, and PREFIX.svg and PREFIX.png drawn of it by gnuplot. A
 * missing gnuplot is said aloud and no failure. */
bool outcomes_plot(const struct outcome *outcomes, size_t count, const struct options *options,
                   const struct task *task, struct failure *failure);

/* A table in Markdown, and the command that leads to it. */
bool outcomes_report(const struct outcome *outcomes, size_t count, const struct options *options,
                     const struct task *task, int argc, char **argv, struct failure *failure);

#endif
