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

/* False: there is nothing to draw. */
typedef bool chart_data(const struct sweep *sweep, FILE *file);

static double seconds_of(const struct sweep *sweep, const struct row *row)
{
    return figures_of(sweep, row).median;
}

/* ---- Ratios ---- */

/* A peer with weights of one type: bars of one colour. */
struct bars {
    const struct contender_kind *peer;
    const char *type;
};

/* NAN: there are not two of that type. */
static double ratio_of(const struct sweep *sweep, const struct shape *shape,
                       const struct bars *bars)
{
    const struct row *mine = report_best(sweep, shape, &contender_weir, bars->type);
    const struct row *theirs = report_best(sweep, shape, bars->peer, bars->type);
    return mine && theirs ? seconds_of(sweep, theirs) / seconds_of(sweep, mine) : NAN;
}

/* Those with any bar. */
static size_t bars_list(const struct sweep *sweep,
                        struct bars bars[PEERS_MAX * WEIR_TYPES_OF_FLOATS])
{
    const struct contender_kind *peers[PEERS_MAX];
    const size_t peer_count = report_rivals(sweep, true, peers, PEERS_MAX);
    size_t count = 0;
    for (size_t p = 0; p < peer_count; p++)
        for (int type = 0; type < WEIR_TYPES_OF_FLOATS; type++) {
            const struct bars here = {peers[p], weir_type_name((enum weir_type)type)};
            bool has_any = false;
            for (size_t r = 0; r < sweep->row_count; r++)
                has_any = has_any || !isnan(ratio_of(sweep, sweep->rows[r].shape, &here));
            if (has_any)
                bars[count++] = here;
        }
    return count;
}

static bool ratios_data(const struct sweep *sweep, FILE *file)
{
    struct bars bars[PEERS_MAX * WEIR_TYPES_OF_FLOATS];
    const size_t count = bars_list(sweep, bars);
    const struct shape *last = NULL;
    double least = 1;
    fputs("$ratios << END\nshape", file);
    for (size_t i = 0; i < count; i++)
        fprintf(file, sweep->options->types ? " \"%s %s\"" : " %s", bars[i].peer->name,
                bars[i].type);
    fputc('\n', file);
    for (size_t r = 0; r < sweep->row_count; r++) {
        const struct shape *shape = sweep->rows[r].shape;
        if (shape == last)
            continue;
        last = shape;
        fputs(shape->name, file);
        for (size_t i = 0; i < count; i++) {
            const double ratio = ratio_of(sweep, shape, &bars[i]);
            least = fmin(least, ratio);
            fprintf(file, isnan(ratio) ? " NaN" : " %.4g", ratio);
        }
        fputc('\n', file);
    }
    fprintf(file, "END\nbars = %zu\nleast = %.4g\n", count, least);
    return count > 0;
}

/* ---- Roofline ---- */

static void point_print(const struct sweep *sweep, const struct row *row, FILE *file)
{
    const struct figures figures = figures_of(sweep, row);
    fprintf(file, "%s %.4g %.4g\n", row->contender.isa, figures.flops / figures.weight_bytes,
            1e-9 * figures.flops);
}

/* Products of bytes are no fused multiply-adds, and not under their ceilings. */
static bool has_ceiling(const struct row *row)
{
    return !weir_is_bytes(weir_type_named(report_type(row)));
}

/* The fastest kernel of a shape that has a ceiling. */
static const struct row *fastest_below(const struct sweep *sweep, const struct shape *shape)
{
    const struct row *fastest = NULL;
    for (int type = 0; type < WEIR_TYPES_OF_FLOATS; type++) {
        const struct row *row =
            report_best(sweep, shape, &contender_weir, weir_type_name((enum weir_type)type));
        if (row && has_ceiling(row) &&
            (!fastest || seconds_of(sweep, row) < seconds_of(sweep, fastest)))
            fastest = row;
    }
    return fastest;
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
        const struct row *row = fastest_below(sweep, sweep->rows[r].shape);
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

static bool roofline_data(const struct sweep *sweep, FILE *file)
{
    const struct calibration *calibration = sweep->calibration;
    fputs("$points << END\n", file);
    for (size_t r = 0; r < sweep->row_count; r++)
        if (sweep->rows[r].contender.kind == &contender_weir && sweep->rows[r].sample_count > 0 &&
            has_ceiling(&sweep->rows[r]))
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
    return true;
}

/* ---- Errors ---- */

/* A point, where the error is known and has a logarithm. */
static bool error_print(const struct sweep *sweep, const struct row *row, bool is_peer, FILE *file)
{
    if (!row || !(row->error > 0) || isinf(row->error))
        return false;
    fprintf(file, "%s %.4g %.4g %d\n", report_type(row), 1e6 * seconds_of(sweep, row), row->error,
            is_peer);
    return true;
}

/* For each type of weights the fastest kernel of a shape, and the fastest of its peers. False: no
 * error is known. */
static bool errors_print(const struct sweep *sweep, const struct shape *shape, FILE *file)
{
    const struct contender_kind *peers[PEERS_MAX];
    const size_t count = report_rivals(sweep, true, peers, PEERS_MAX);
    bool has_any = false;
    for (int t = 0; t < WEIR_TYPES_OF_FLOATS; t++) {
        const char *type = weir_type_name((enum weir_type)t);
        const struct row *fastest = NULL;
        has_any |=
            error_print(sweep, report_best(sweep, shape, &contender_weir, type), false, file);
        for (size_t p = 0; p < count; p++) {
            const struct row *row = report_best(sweep, shape, peers[p], type);
            if (row && (!fastest || seconds_of(sweep, row) < seconds_of(sweep, fastest)))
                fastest = row;
        }
        has_any |= error_print(sweep, fastest, true, file);
    }
    return has_any;
}

static bool errors_data(const struct sweep *sweep, FILE *file)
{
    struct text shapes = {0};
    const struct contender_kind *peer;
    const struct shape *last = NULL;
    fputs("$errors << END\n", file);
    for (size_t r = 0; r < sweep->row_count; r++) {
        const struct shape *shape = sweep->rows[r].shape;
        if (shape != last && errors_print(sweep, shape, file)) {
            fputs("\n\n", file); /* ends a data set */
            text_add(&shapes, " %s", shape->name);
        }
        last = shape;
    }
    fprintf(file, "END\nshapes = \"%s\"\ntypes = \"", shapes.length ? shapes.chars : "");
    for (int t = 0; t < WEIR_TYPES_OF_FLOATS; t++)
        fprintf(file, "%s%s", t ? " " : "", weir_type_name((enum weir_type)t));
    fprintf(file, "\"\npeers = %d\n", report_rivals(sweep, true, &peer, 1) > 0);
    const bool has_any = shapes.length > 0;
    text_free(&shapes);
    return has_any;
}

/* ---- Drawing ---- */

/* Charts are no reason to fail. */
static void chart_draw(const struct sweep *sweep, const struct context *context, const char *prefix,
                       const char *name, chart_data *data)
{
    struct failure failure;
    bool has_any = false;
    char *plot = text_format("%s/plots/%s.gp", BENCH_SOURCE_DIR, name);
    char *path = text_format("%s-%s.svg", prefix, name);
    FILE *script = chart_begin(&failure);
    if (script) {
        fputs("circumstances = ", script);
        chart_quote(context_find(context, "cpu"), script);
        fprintf(script, " . \", %.10s%s\"\n", context_find(context, "date"),
                sweep->options->train ? ", forward and backward" : "");
        has_any = data(sweep, script);
    }
    if (script && !has_any)
        fclose(script);
    else if (script && chart_end(script, plot, path, &failure))
        fprintf(stderr, "Written: %s\n", path);
    else
        fprintf(stderr, "weir-bench: %s\n", failure.sentence);
    free(plot);
    free(path);
}

void report_charts(const struct sweep *sweep, const struct context *context, const char *prefix)
{
    if (!chart_can_be_drawn()) {
        fputs("weir-bench: charts are left out: there is no gnuplot (Debian: gnuplot-nox)\n",
              stderr);
        return;
    }
    chart_draw(sweep, context, prefix, "roofline", roofline_data);
    chart_draw(sweep, context, prefix, "ratios", ratios_data);
    if (sweep->options->types)
        chart_draw(sweep, context, prefix, "errors", errors_data);
}
