/* SPDX-License-Identifier: MIT */
/* One line an epoch in Keras's manner, alive on a terminal, written once elsewhere. */
#ifndef STOCK_PROGRESS_H
#define STOCK_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* What is known of an epoch, so far or in the end. */
struct figures {
    double loss, accuracy, val_loss, val_accuracy; /* NaN: not known, not shown */
};

struct progress {
    FILE *file;
    bool is_live;
    size_t steps, begun; /* of the epoch; where this run of it began */
    double started, shown; /* seconds */
};

void progress_begin(struct progress *progress, FILE *file, size_t epoch, size_t epochs,
                    size_t steps, size_t step);
void progress_show(struct progress *progress, size_t step, const struct figures *figures);
void progress_end(struct progress *progress, const struct figures *figures);
void progress_break(struct progress *progress); /* the line is left as it is */

#endif
