/* SPDX-License-Identifier: MIT */
/* Learning curves: the numbers to a file, and charts of it by a file of plots/. See outcome.h. */
#include "chart.h"
#include "common/files.h"
#include "common/text.h"
#include "stock/outcome.h"

#include <math.h>
#include <stdlib.h>

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
    struct file_output output;
    if (!file_begin(&output, path, failure))
        return false;
    FILE *file = output.stream;
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
    return file_end(&output, false, failure);
}

struct chart {
    const struct outcome *outcomes;
    size_t count;
    const struct options *options;
    const struct task *task;
    const char *data; /* a path */
};

static bool chart_draw(const struct chart *chart, const char *terminal, const char *ending,
                       struct failure *failure)
{
    const char *plot = chart->task->classifies ? STOCK_SOURCE_DIR "/plots/prices.gp"
                                               : STOCK_SOURCE_DIR "/plots/adding.gp";
    FILE *script = chart_begin(failure);
    if (!script)
        return false;
    fprintf(script, "set terminal %s\ndata = ", terminal);
    chart_quote_path(chart->data, script);
    fputs("\nsource = ", script);
    chart_quote(chart->options->data, script);
    fputs("\ncells = \"", script);
    for (size_t c = 0; c < chart->count; c++)
        fprintf(script, "%s%s", c ? " " : "", chart->outcomes[c].cell);
    fprintf(script, "\"\nunits = %zu\nbaseline = %.9g\nT = %zu\n", (size_t)chart->options->units,
            task_baseline(chart->task, PART_VALIDATION), chart->task->T);
    char *path = text_format("%s.%s", chart->options->plot, ending);
    const bool good = chart_end(script, plot, path, failure);
    if (good)
        printf("Written: %s\n", path);
    fflush(stdout);
    free(path);
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
    if (!chart_can_be_drawn()) {
        fprintf(stderr,
                "weir-stock: curves are left out: there is no gnuplot (Debian: gnuplot-nox); their "
                "numbers are in %s\n",
                chart->data);
        return true;
    }
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        if (!chart_draw(chart, kinds[k].terminal, kinds[k].ending, failure))
            return fail(failure, "%s; the numbers are in %s", failure->sentence, chart->data);
    return true;
}

bool outcomes_plot(const struct outcome *outcomes, size_t count, const struct options *options,
                   const struct task *task, struct failure *failure)
{
    char *data = text_format("%s.csv", options->plot);
    const struct chart chart = {outcomes, count, options, task, data};
    bool good = history_write(outcomes, count, task, data, failure);
    if (good)
        printf("Written: %s\n", data);
    fflush(stdout);
    good = good && charts_draw(&chart, failure);
    free(data);
    return good;
}
