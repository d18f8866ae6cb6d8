/* SPDX-License-Identifier: MIT */
/* Learning curves: the numbers to a file, and gnuplot upon it by a script of plots/. See
 * outcome.h. */
#define _GNU_SOURCE
#include "script.h"
#include "stock/file.h"
#include "stock/outcome.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static void number_print(FILE *file, double value)
{
    if (isnan(value))
        fputc(',', file); /* an empty field: not known */
    else
        fprintf(file, ",%.9g", value);
}

static bool history_write(const struct outcome *outcomes, size_t count, const struct task *task,
                          const char *path, struct failure *failure)
{
    FILE *file = file_begin(path, failure);
    if (!file)
        return false;
    fputs("cell,epoch,step,loss,accuracy,val_loss,val_accuracy\n", file);
    for (size_t c = 0; c < count; c++)
        for (size_t epoch = 0; epoch < outcomes[c].epochs; epoch++) {
            const struct figures *figures = &outcomes[c].history[epoch];
            fprintf(file, "%s,%zu,%zu", outcomes[c].cell, epoch + 1, (epoch + 1) * task->steps);
            number_print(file, figures->loss);
            number_print(file, figures->accuracy);
            number_print(file, figures->val_loss);
            number_print(file, figures->val_accuracy);
            fputc('\n', file);
        }
    return file_end(file, path, failure);
}

struct chart {
    const struct outcome *outcomes;
    size_t count;
    const struct options *options;
    const struct task *task;
    const char *data; /* a path */
};

static bool chart_draw(const struct chart *chart, const char *terminal, const char *ending)
{
    const char *script = chart->task->classifies ? STOCK_SOURCE_DIR "/plots/prices.gp"
                                                 : STOCK_SOURCE_DIR "/plots/adding.gp";
    char *path = NULL, *unfinished = NULL;
    bool good = asprintf(&path, "%s.%s", chart->options->plot, ending) >= 0 &&
                asprintf(&unfinished, "%s.unfinished", path) >= 0;
    FILE *gnuplot = good ? popen("gnuplot -", "w") : NULL;
    good = gnuplot != NULL;
    if (good) {
        fprintf(gnuplot, "set terminal %s\nout = ", terminal);
        script_quote(unfinished, gnuplot);
        fputs("\ndata = ", gnuplot);
        script_quote(chart->data, gnuplot);
        fputs("\nsource = ", gnuplot);
        script_quote(chart->options->data, gnuplot);
        fputs("\ncells = \"", gnuplot);
        for (size_t c = 0; c < chart->count; c++)
            fprintf(gnuplot, "%s%s", c ? " " : "", chart->outcomes[c].cell);
        fprintf(gnuplot, "\"\nunits = %zu\nbaseline = %.9g\nT = %zu\n",
                (size_t)chart->options->units, task_baseline(chart->task, PART_VALIDATION),
                chart->task->T);
        good = script_copy(script, gnuplot);
        good = pclose(gnuplot) == 0 && good && rename(unfinished, path) == 0;
    }
    if (good)
        printf("Written: %s\n", path);
    free(path);
    free(unfinished);
    return good;
}

static bool charts_draw(const struct chart *chart, struct failure *failure)
{
    static const struct {
        const char *terminal, *ending;
    } kinds[] = {
        {"svg size 1000,460 font 'sans-serif,13' background 'white'", "svg"},
        {"pngcairo size 1000,460 font 'sans-serif,10' background 'white'", "png"},
    };
    /* A shell that finds no gnuplot closes the pipe. */
    signal(SIGPIPE, SIG_IGN);
    if (system("command -v gnuplot >/dev/null 2>&1")) {
        fprintf(stderr,
                "weir-stock: curves are left out: there is no gnuplot (Debian: gnuplot-nox); their "
                "numbers are in %s\n",
                chart->data);
        return true;
    }
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        if (!chart_draw(chart, kinds[k].terminal, kinds[k].ending))
            return fail(failure,
                        "%s.%s could not be drawn: gnuplot's own words stand above; the "
                        "numbers are in %s",
                        chart->options->plot, kinds[k].ending, chart->data);
    return true;
}

bool outcomes_plot(const struct outcome *outcomes, size_t count, const struct options *options,
                   const struct task *task, struct failure *failure)
{
    char *data = NULL;
    if (asprintf(&data, "%s.csv", options->plot) < 0)
        return fail(failure, "not enough memory for curves");
    const struct chart chart = {outcomes, count, options, task, data};
    bool good = history_write(outcomes, count, task, data, failure);
    if (good)
        printf("Written: %s\n", data);
    fflush(stdout);
    good = good && charts_draw(&chart, failure);
    free(data);
    return good;
}
