/* SPDX-License-Identifier: MIT */
/* The progress of an epoch; see progress.h. */
#define _GNU_SOURCE
#include "stock/progress.h"

#include "clock.h"

#include <math.h>
#include <unistd.h>

enum { BAR = 30 };

/* A terminal is written to no more often than this. */
static const double pause_seconds = 0.1;

static void bar_print(FILE *file, size_t step, size_t steps)
{
    const int done = (int)(BAR * step / steps);
    fputc('[', file);
    for (int k = 0; k < BAR; k++)
        fputc(k < done ? '=' : k == done ? '>' : '.', file);
    fputc(']', file);
}

static void figures_print(FILE *file, const struct figures *figures)
{
    const struct {
        const char *name;
        double value;
    } list[] = {{"loss", figures->loss},
                {"accuracy", figures->accuracy},
                {"val_loss", figures->val_loss},
                {"val_accuracy", figures->val_accuracy}};
    for (size_t k = 0; k < sizeof list / sizeof *list; k++)
        if (!isnan(list[k].value))
            fprintf(file, " - %s: %.4f", list[k].name, list[k].value);
}

static void duration_print(FILE *file, double seconds)
{
    if (seconds < 60)
        fprintf(file, "%.0fs", seconds);
    else
        fprintf(file, "%d:%02d", (int)seconds / 60, (int)seconds % 60);
}

void progress_begin(struct progress *progress, FILE *file, size_t epoch, size_t epochs,
                    size_t steps, size_t step)
{
    *progress = (struct progress){.file = file,
                                  .is_live = isatty(fileno(file)),
                                  .steps = steps,
                                  .begun = step,
                                  .started = clock_seconds()};
    fprintf(file, "Epoch %zu/%zu\n", epoch, epochs);
}

static void head_print(const struct progress *progress, size_t step)
{
    if (progress->is_live)
        fputs("\r\033[K", progress->file);
    fprintf(progress->file, "%zu/%zu ", step, progress->steps);
    bar_print(progress->file, step, progress->steps);
}

void progress_show(struct progress *progress, size_t step, const struct figures *figures)
{
    const double now = clock_seconds();
    if (!progress->is_live || now - progress->shown < pause_seconds)
        return;
    progress->shown = now;
    const double taken = now - progress->started;
    head_print(progress, step);
    fputs(" - ETA: ", progress->file);
    duration_print(progress->file,
                   taken * (double)(progress->steps - step) / (double)(step - progress->begun));
    figures_print(progress->file, figures);
    fflush(progress->file);
}

void progress_end(struct progress *progress, const struct figures *figures)
{
    const double taken = clock_seconds() - progress->started;
    const size_t steps = progress->steps - progress->begun;
    head_print(progress, progress->steps);
    fputs(" - ", progress->file);
    duration_print(progress->file, taken);
    if (steps > 0)
        fprintf(progress->file, " %.3gms/step", 1e3 * taken / (double)steps);
    figures_print(progress->file, figures);
    fputc('\n', progress->file);
    fflush(progress->file);
}

void progress_break(struct progress *progress)
{
    if (progress->is_live)
        fputc('\n', progress->file);
}
