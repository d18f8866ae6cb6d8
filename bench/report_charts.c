/* SPDX-License-Identifier: MIT */
/* Charts of a sweep: the numbers that go in front of the files of plots/. See report.h. */
#include "report.h"

#include "chart.h"
#include "common/text.h"
#include "packing.h"
#include "peers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef void chart_data(const struct sweep *sweep, FILE *file);

static double seconds_of(const struct sweep *sweep, const struct row *row)
{
    return figures_of(sweep, row).median;
}

/* ---- Ratios ---- */

static void ratios_data(const struct sweep *sweep, FILE *file)
{
    const struct contender_kind *peers[PEERS_MAX];
    const size_t count = report_rivals(sweep, true, peers, PEERS_MAX);
    const struct shape *last = NULL;
    double least = 1;
    fputs("$ratios << END\nshape", file);
    for (size_t i = 0; i < count; i++)
        fprintf(file, " %s", peers[i]->name);
    fputc('\n', file);
    for (size_t r = 0; r < sweep->row_count; r++) {
        const struct shape *shape = sweep->rows[r].shape;
        const struct row *mine =
            report_best(sweep, shape, &contender_weir, weir_type_name(WEIR_TYPE_F32));
        if (shape == last || !mine)
            continue;
        last = shape;
        fputs(shape->name, file);
        for (size_t i = 0; i < count; i++) {
            const struct row *theirs = report_best(sweep, shape, peers[i], NULL);
            const double ratio = theirs ? seconds_of(sweep, theirs) / seconds_of(sweep, mine) : NAN;
            least = fmin(least, ratio);
            fprintf(file, theirs ? " %.4g" : " NaN", ratio);
        }
        fputc('\n', file);
    }
    fprintf(file, "END\npeers = %zu\nleast = %.4g\n", count, least);
}

/* ---- Roofline ---- */

static void point_print(const struct sweep *sweep, const struct row *row, FILE *file)
{
    const struct figures figures = figures_of(sweep, row);
    fprintf(file, "%s %.4g %.4g\n", row->contender.isa, figures.flops / figures.weight_bytes,
            1e-9 * figures.flops);
}

/* The fastest kernel of a shape, and where its label stands. */
struct best {
    const char *shape;
    double x, y, label_x, label_y;
};

static int by_column(const void *a, const void *b)
{
    const struct best *left = a, *right = b;
    return left->x != right->x ? (left->x > right->x) - (left->x < right->x)
                               : (left->y < right->y) - (left->y > right->y);
}

static int by_height(const void *a, const void *b)
{
    const struct best *left = a, *right = b;
    return (left->y < right->y) - (left->y > right->y);
}

/* Points that stand close to one vertical have their labels in a column to its right, from the top
 * down, as far from one another as a line of text is high. */
static void labels_place(struct best *best, size_t count)
{
    const double close = 1.5, beside = 1.15, line = 1.15;
    qsort(best, count, sizeof *best, by_column);
    for (size_t first = 0, end; first < count; first = end) {
        for (end = first; end < count && best[end].x < close * best[first].x; end++)
            ;
        const double label_x = beside * best[end - 1].x;
        qsort(best + first, end - first, sizeof *best, by_height);
        for (size_t i = first; i < end; i++) {
            best[i].label_x = label_x;
            best[i].label_y = i > first ? fmin(best[i].y, best[i - 1].label_y / line) : best[i].y;
        }
    }
}

/* Prints the fastest kernels as points and labels; returns the largest x. */
static double best_print(const struct sweep *sweep, FILE *file)
{
    struct best *best = calloc(sweep->row_count + 1, sizeof *best);
    const struct shape *last = NULL;
    size_t count = 0;
    double widest = 0;
    for (size_t r = 0; best && r < sweep->row_count; r++) {
        const struct row *row = report_best(sweep, sweep->rows[r].shape, &contender_weir, NULL);
        if (row && row->shape != last) {
            const struct figures figures = figures_of(sweep, row);
            best[count++] = (struct best){.shape = row->shape->name,
                                          .x = figures.flops / figures.weight_bytes,
                                          .y = 1e-9 * figures.flops};
        }
        last = sweep->rows[r].shape;
    }
    if (count > 0)
        labels_place(best, count);
    fputs("$best << END\n", file);
    for (size_t i = 0; i < count; i++) {
        widest = fmax(widest, best[i].x);
        fprintf(file, "%.4g %.4g %.4g %.4g %s\n", best[i].x, best[i].y, best[i].label_x,
                best[i].label_y, best[i].shape);
    }
    fputs("END\n", file);
    free(best);
    return widest;
}

static void roofline_data(const struct sweep *sweep, FILE *file)
{
    const struct calibration *calibration = sweep->calibration;
    fputs("$points << END\n", file);
    for (size_t r = 0; r < sweep->row_count; r++)
        if (sweep->rows[r].contender.kind == &contender_weir && sweep->rows[r].sample_count > 0)
            point_print(sweep, &sweep->rows[r], file);
    fputs("END\n", file);
    const double widest = best_print(sweep, file);
    fprintf(file, "isas = \"");
    for (size_t i = 0; i < calibration->count; i++)
        fprintf(file, "%s%s", i ? " " : "", calibration->at[i].isa);
    fprintf(file, "\"\narray peak[%zu]\n", calibration->count);
    for (size_t i = 0; i < calibration->count; i++)
        fprintf(file, "peak[%zu] = %.4g\n", i + 1, 1e-9 * calibration->at[i].fma);
    const struct ceilings *best = calibration_find(calibration, NULL);
    fprintf(file, "levels = \"");
    for (size_t level = 0; level < MEMORY_LEVELS; level++)
        if (best->load[level])
            fprintf(file, "%s ", memory_level_name[level]);
    fprintf(file, "\"\narray load[%d]\n", MEMORY_LEVELS);
    for (size_t level = 0, n = 0; level < MEMORY_LEVELS; level++)
        if (best->load[level])
            fprintf(file, "load[%zu] = %.4g\n", ++n, 1e-9 * best->load[level]);
    fprintf(file, "highest = %.4g\nwidest = %.4g\n", 1e-9 * best->fma, widest);
}

/* ---- Errors ---- */

/* The fastest kernel of a shape for each type of weights, as far as its error is known and has a
 * logarithm: a block a shape. False: there is none. */
static bool errors_print(const struct sweep *sweep, FILE *file)
{
    const struct shape *last = NULL;
    bool has_any = false;
    for (size_t r = 0; r < sweep->row_count; r++) {
        const struct shape *shape = sweep->rows[r].shape;
        for (int t = 0; shape != last && t < WEIR_TYPE_COUNT; t++) {
            const char *type = weir_type_name((enum weir_type)t);
            const struct row *row = report_best(sweep, shape, &contender_weir, type);
            if (!row || !(row->error > 0) || isinf(row->error))
                continue;
            fprintf(file, "%s %.4g %.4g %s\n", type, 1e6 * seconds_of(sweep, row), row->error,
                    shape->name);
            has_any = true;
        }
        if (shape != last)
            fputc('\n', file);
        last = shape;
    }
    return has_any;
}

static void errors_data(const struct sweep *sweep, FILE *file)
{
    fputs("$errors << END\n", file);
    const bool has_any = errors_print(sweep, file);
    fputs("END\ntypes = \"", file);
    for (int t = 0; t < WEIR_TYPE_COUNT; t++)
        fprintf(file, "%s%s", t ? " " : "", weir_type_name((enum weir_type)t));
    fprintf(file, "\"\nany = %d\n", has_any);
}

/* ---- Drawing ---- */

/* Charts are no reason to fail. */
static void chart_draw(const struct sweep *sweep, const struct context *context, const char *prefix,
                       const char *name, chart_data *data)
{
    struct failure failure;
    char *plot = text_format("%s/plots/%s.gp", BENCH_SOURCE_DIR, name);
    char *path = text_format("%s-%s.svg", prefix, name);
    FILE *script = chart_begin(&failure);
    if (script) {
        fputs("circumstances = ", script);
        chart_quote(context_find(context, "cpu"), script);
        fprintf(script, " . \", %.10s%s\"\n", context_find(context, "date"),
                sweep->options->train ? ", forward and backward" : "");
        data(sweep, script);
    }
    if (script && chart_end(script, plot, path, &failure))
        fprintf(stderr, "Written: %s\n", path);
    else
        fprintf(stderr, "weir-bench: %s\n", failure.sentence);
    free(plot);
    free(path);
}

void report_charts(const struct sweep *sweep, const struct context *context, const char *prefix)
{
    const struct contender_kind *peers[PEERS_MAX];
    if (!chart_can_be_drawn()) {
        fputs("weir-bench: charts are left out: there is no gnuplot (Debian: gnuplot-nox)\n",
              stderr);
        return;
    }
    chart_draw(sweep, context, prefix, "roofline", roofline_data);
    if (report_rivals(sweep, true, peers, PEERS_MAX) > 0 &&
        options_want_type(sweep->options, weir_type_name(WEIR_TYPE_F32)))
        chart_draw(sweep, context, prefix, "ratios", ratios_data);
    if (sweep->options->types)
        chart_draw(sweep, context, prefix, "errors", errors_data);
}
