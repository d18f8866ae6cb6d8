/* SPDX-License-Identifier: MIT */
/* A table of what came out, in Markdown; see outcome.h. */
#include "common/files.h"
#include "stock/outcome.h"
#include "stock/summary.h"
#include "weir.h"

#include <math.h>
#include <string.h>

static void command_print(FILE *file, int argc, char **argv)
{
    fputs("    weir-stock", file);
    for (int k = 1; k < argc; k++)
        fprintf(file, " %s", argv[k]);
    fputs("\n\n", file);
}

static void day_print(FILE *file, const struct prices *prices, size_t day)
{
    const long date = prices->date[day];
    if (date)
        fprintf(file, " %04ld-%02ld-%02ld |", date / 10000, date / 100 % 100, date % 100);
    else
        fprintf(file, " day %zu |", day);
}

static void parts_print(FILE *file, const struct task *task)
{
    static const char *const names[PARTS] = {"training", "validation", "test"};
    fputs("| part | days | from | to |\n|---|---:|---|---|\n", file);
    for (enum part part = PART_TRAIN; part < PARTS; part++) {
        const size_t first = task->series.first[part] + 1, count = task->count[part];
        if (count == 0)
            continue;
        fprintf(file, "| %s | %s |", names[part], grouped(count).text);
        day_print(file, &task->prices, first);
        day_print(file, &task->prices, first + count - 1);
        fputc('\n', file);
    }
    fputc('\n', file);
}

static void classes_table(FILE *file, const struct outcome *outcomes, size_t count,
                          const struct task *task)
{
    const double baseline = task_baseline(task, task_held_out(task));
    const size_t held_out = outcomes[0].held_out;
    fputs("| cell | learned numbers | epochs | loss | accuracy | val. loss | val. accuracy | test "
          "loss | **test accuracy** | said rise, right / wrong | ms a step |\n"
          "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n",
          file);
    for (size_t c = 0; c < count; c++) {
        const struct outcome *o = &outcomes[c];
        fprintf(file,
                "| %s | %s | %zu | %.4f | %.4f | %.4f | %.4f | %.4f | **%.4f** | %zu / %zu | %.2f "
                "|\n",
                o->cell, grouped(o->learned).text, o->epochs, o->last.loss, o->last.accuracy,
                o->last.val_loss, o->last.val_accuracy, o->loss, o->accuracy, o->confusion[1][1],
                o->confusion[0][1], 1e3 * o->step_seconds);
    }
    fprintf(
        file,
        "\nAlways saying what is more frequent in the training part is right on **%.4f** of the "
        "%s days\nheld out; two standard errors of that are %.4f.\n",
        baseline, grouped(held_out).text, 2 * sqrt(baseline * (1 - baseline) / (double)held_out));
}

static void additions_table(FILE *file, const struct outcome *outcomes, size_t count,
                            const struct task *task)
{
    fputs("| cell | learned numbers | steps | val. loss | **test loss** | seconds | ms a step |\n"
          "|---|---:|---:|---:|---:|---:|---:|\n",
          file);
    for (size_t c = 0; c < count; c++) {
        const struct outcome *o = &outcomes[c];
        fprintf(file, "| %s | %s | %s | %.5f | **%.5f** | %.0f | %.2f |\n", o->cell,
                grouped(o->learned).text, grouped(o->steps).text, o->last.val_loss, o->loss,
                o->seconds, 1e3 * o->step_seconds);
    }
    fprintf(
        file,
        "\nLosses are mean squared errors. Always saying 1 has %.4f, and below 0.01 the problem "
        "counts as solved.\n",
        task_baseline(task, task_held_out(task)));
}

bool outcomes_report(const struct outcome *outcomes, size_t count, const struct options *options,
                     const struct task *task, int argc, char **argv, struct failure *failure)
{
    struct file_output output;
    const char *isa = options->isa;
    if (!file_begin(&output, options->report, failure))
        return false;
    FILE *file = output.stream;
    if (!isa && weir_isa_level(&isa, NULL))
        isa = "unknown";
    isa = weir_isa_base(isa) ? weir_isa_base(isa) : isa;
    fprintf(file, "# %s, %zu units\n\n", task->classifies ? "Will it rise?" : "The adding problem",
            (size_t)options->units);
    command_print(file, argc, argv);
    fprintf(file, "ISA: %s; threads: %zu.\n\n", isa, (size_t)options->threads);
    if (task->classifies)
        parts_print(file, task);
    (task->classifies ? classes_table : additions_table)(file, outcomes, count, task);
    if (options->plot) {
        const char *slash = strrchr(options->plot, '/');
        fprintf(file, "\n![Curves](%s.svg)\n", slash ? slash + 1 : options->plot);
    }
    return file_end(&output, false, failure);
}
