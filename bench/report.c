/* SPDX-License-Identifier: MIT */
/* Figures and tables of a sweep, and the files they are kept in; see report.h. */
#define _GNU_SOURCE
#include "report.h"

#include "clock.h"
#include "common/files.h"
#include "common/text.h"
#include "order.h"
#include "packing.h"
#include "table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- Figures ---- */

/* Between two neighbours in proportion, as R and NumPy do by default. */
static double quantile(const double *sorted, size_t count, double q)
{
    const double at = q * (double)(count - 1);
    const size_t below = (size_t)at;
    const size_t above = below + 1 < count ? below + 1 : below;
    return sorted[below] + (at - (double)below) * (sorted[above] - sorted[below]);
}

enum { ROUNDS_MAX = 1000 };

static const struct row *row_of_kind(const struct sweep *sweep, const struct shape *shape,
                                     const struct contender_kind *kind, size_t *from)
{
    for (; *from < sweep->row_count; ++*from) {
        const struct row *row = &sweep->rows[*from];
        if (row->shape == shape && row->contender.kind == kind && row->sample_count > 0) {
            ++*from;
            return row;
        }
    }
    return NULL;
}

/* What a figure is made of: one number of each round. */
typedef double part(const struct sample *sample);

static double part_real(const struct sample *sample)
{
    return sample->real;
}

static double part_cpu(const struct sample *sample)
{
    return sample->cpu;
}

static double part_forward(const struct sample *sample)
{
    return sample->forward;
}

static double part_backward(const struct sample *sample)
{
    return sample->real - sample->forward;
}

static double quantile_of(const struct row *row, part *of, double q)
{
    double sorted[ROUNDS_MAX];
    for (size_t i = 0; i < row->sample_count; i++)
        sorted[i] = of(&row->samples[i]);
    order_sort(sorted, row->sample_count);
    return quantile(sorted, row->sample_count, q);
}

static double median_of(const struct row *row)
{
    return quantile_of(row, part_real, 0.5);
}

const char *report_type(const struct row *row)
{
    return row->contender.type ? row->contender.type : weir_type_name(WEIR_TYPE_F32);
}

const struct row *report_best(const struct sweep *sweep, const struct shape *shape,
                              const struct contender_kind *kind, const char *type)
{
    const struct row *best = NULL, *row;
    for (size_t from = 0; (row = row_of_kind(sweep, shape, kind, &from)) != NULL;) {
        const bool is_of_type = !type || strcmp(report_type(row), type) == 0;
        if (is_of_type && (!best || median_of(row) < median_of(best)))
            best = row;
    }
    return best;
}

struct figures figures_of(const struct sweep *sweep, const struct row *row)
{
    struct figures figures = {0};
    const struct shape *shape = row->shape;
    if (row->sample_count == 0)
        return figures;
    figures.median = median_of(row);
    figures.cpu_median = quantile_of(row, part_cpu, 0.5);
    figures.spread = (quantile_of(row, part_real, 0.75) - quantile_of(row, part_real, 0.25)) / 2 /
                     figures.median;
    if (shape->train) {
        figures.forward = quantile_of(row, part_forward, 0.5);
        figures.backward = quantile_of(row, part_backward, 0.5);
    }
    figures.flops = shape->flop / figures.median;
    figures.weight_bytes = shape_walk(shape, row->contender.type) / figures.median;
    figures.fraction = row->bound / figures.median;
    const struct row *baseline = report_best(sweep, shape, &contender_baseline, NULL);
    figures.times_baseline = baseline ? median_of(baseline) / figures.median : 0;
    return figures;
}

/* ---- Tables ---- */

static void shape_name(char *text, size_t size, const struct shape *shape)
{
    char projection[32] = "";
    if (shape->P)
        snprintf(projection, sizeof projection, "x%zu", shape->P);
    snprintf(text, size, "%s: %s %zux%zu%s T%zu B%zu", shape->name, shape->cell, shape->I, shape->H,
             projection, shape->T, shape->B);
}

/* Three digits that count, never an exponent. */
static void number(char text[32], double value)
{
    snprintf(text, 32, "%.*f", value < 9.995 ? 2 : value < 99.95 ? 1 : 0, value);
}

/* A quotient, or a dash where there is none. */
static void times(char text[32], double value)
{
    if (value > 0)
        number(text, value);
    else
        snprintf(text, 32, "-");
}

static void row_add(struct table *table, const struct sweep *sweep, const struct row *row,
                    const char *shape)
{
    const struct figures figures = figures_of(sweep, row);
    const char *type = row->contender.type;
    char micros[32], forward[32], backward[32], flops[32], bytes[32], weights[32], speed[32];
    number(micros, 1e6 * figures.median);
    number(forward, 1e6 * figures.forward);
    number(backward, 1e6 * figures.backward);
    number(flops, 1e-9 * figures.flops);
    number(bytes,
           1e-3 * (shape_recurrent_bytes(row->shape, type) + shape_input_bytes(row->shape, type)));
    number(weights, 1e-9 * figures.weight_bytes);
    times(speed, figures.times_baseline);
    table_add(table, "%s", shape);
    table_add(table, "%s", row->contender.name);
    if (sweep->options->types)
        table_add(table, "%s", report_type(row));
    table_add(table, "%s", micros);
    table_add(table, "%.0f %%", 100 * figures.spread);
    if (row->shape->train) {
        table_add(table, "%s", forward);
        table_add(table, "%s", backward);
    }
    table_add(table, "%s", flops);
    if (sweep->options->types)
        table_add(table, "%s", bytes);
    table_add(table, "%s", weights);
    table_add(table, "%.2f", figures.fraction);
    if (sweep->options->types)
        table_add(table, "%.1e", row->error);
    table_add(table, "%s", speed);
}

static const struct row *next_slower(const struct sweep *sweep, size_t first, size_t end,
                                     const struct row *than)
{
    const struct row *next = NULL;
    const double past = than ? median_of(than) : -1;
    for (size_t r = first; r < end; r++) {
        const struct row *row = &sweep->rows[r];
        if (row->sample_count == 0 || row == than)
            continue;
        const double median = median_of(row);
        /* Of two equal ones, the later in the list counts as the slower. */
        const bool is_after = median > past || (median == past && than && row > than);
        if (is_after && (!next || median < median_of(next)))
            next = row;
    }
    return next;
}

/* The columns of row_add. */
static void kernels_start(struct table *table, const struct options *options)
{
    enum { ALWAYS, TRAINED, TYPED };
    static const struct {
        const char *head;
        int when;
    } columns[] = {
        {"<shape", ALWAYS},        {"<kernel", ALWAYS},   {"<type", TYPED},
        {">us/call", ALWAYS},      {">+-", ALWAYS},       {">forward", TRAINED},
        {">backward", TRAINED},    {">GFLOP/s", ALWAYS},  {">weights KB", TYPED},
        {">weights GB/s", ALWAYS}, {">fraction", ALWAYS}, {">error", TYPED},
        {">x baseline", ALWAYS},
    };
    const bool is_there[] = {
        [ALWAYS] = true, [TRAINED] = options->train, [TYPED] = options->types != NULL};
    const char *heads[TABLE_COLUMNS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        if (is_there[columns[i].when])
            heads[count++] = columns[i].head;
    table_start(table, heads, count);
}

/* Every contender, the fastest of a shape first. */
static void kernels_print(const struct sweep *sweep, FILE *file, bool as_markdown)
{
    struct table table;
    kernels_start(&table, sweep->options);
    for (size_t first = 0, end; first < sweep->row_count; first = end) {
        for (end = first; end < sweep->row_count; end++)
            if (sweep->rows[end].shape != sweep->rows[first].shape)
                break;
        char name[TABLE_CELL];
        shape_name(name, sizeof name, sweep->rows[first].shape);
        for (const struct row *row = NULL; (row = next_slower(sweep, first, end, row)) != NULL;) {
            row_add(&table, sweep, row, name);
            name[0] = 0;
        }
    }
    table_print(&table, file, as_markdown);
    table_free(&table);
}

enum { RIVALS_MAX = (TABLE_COLUMNS_MAX - 4) / 2 };

size_t report_rivals(const struct sweep *sweep, bool only_peers,
                     const struct contender_kind **rivals, size_t most)
{
    size_t count = 0;
    for (size_t r = 0; r < sweep->row_count; r++) {
        const struct contender_kind *kind = sweep->rows[r].contender.kind;
        bool is_new = (only_peers ? kind->version != NULL : kind != &contender_weir) &&
                      sweep->rows[r].sample_count > 0;
        for (size_t i = 0; i < count; i++)
            is_new = is_new && rivals[i] != kind;
        if (is_new && count < most)
            rivals[count++] = kind;
    }
    return count;
}

/* Whom Weir's best kernel is compared with: the fastest of a kind with weights of the kernel's own
 * type, or the fastest of those of which all are float32. */
struct rival {
    const struct contender_kind *kind;
    bool is_alike;
};

/* Whether anything of the kind was timed that has a type, or that has none. */
static bool kind_was_timed(const struct sweep *sweep, const struct contender_kind *kind,
                           bool has_type)
{
    for (size_t r = 0; r < sweep->row_count; r++) {
        const struct row *row = &sweep->rows[r];
        if (row->contender.kind == kind && row->sample_count > 0 &&
            (row->contender.type != NULL) == has_type)
            return true;
    }
    return false;
}

static size_t rivals_list(const struct sweep *sweep, struct rival rivals[RIVALS_MAX])
{
    const struct contender_kind *kinds[RIVALS_MAX];
    const size_t kind_count = report_rivals(sweep, false, kinds, RIVALS_MAX);
    size_t count = 0;
    for (size_t k = 0; k < kind_count; k++)
        for (int is_alike = 1; is_alike >= 0; is_alike--)
            if (count < RIVALS_MAX && kind_was_timed(sweep, kinds[k], is_alike))
                rivals[count++] = (struct rival){kinds[k], is_alike};
    return count;
}

static void best_add(struct table *table, const struct sweep *sweep, const struct row *best,
                     const struct rival *rivals, size_t rival_count)
{
    const double mine = median_of(best);
    char text[TABLE_CELL];
    shape_name(text, sizeof text, best->shape);
    table_add(table, "%s", text);
    table_add(table, "%s", best->contender.name);
    number(text, 1e6 * mine);
    table_add(table, "%s", text);
    table_add(table, "%.2f", best->bound / mine);
    for (size_t i = 0; i < rival_count; i++) {
        const char *type = rivals[i].is_alike ? report_type(best) : weir_type_name(WEIR_TYPE_F32);
        const struct row *rival = report_best(sweep, best->shape, rivals[i].kind, type);
        times(text, rival ? 1e6 * median_of(rival) : 0);
        table_add(table, "%s", text);
        const double quotient = rival ? median_of(rival) / mine : 0;
        times(text, rival && rivals[i].kind == &contender_threads ? 1 / quotient : quotient);
        table_add(table, "%s", text);
    }
}

/* One line a shape and type of weights: Weir's best kernel, the best of each other kind, and how
 * many times faster. */
static void best_print(const struct sweep *sweep, FILE *file, bool as_markdown)
{
    struct rival rivals[RIVALS_MAX];
    const size_t rival_count = rivals_list(sweep, rivals);
    char heads_text[TABLE_COLUMNS_MAX][TABLE_CELL] = {"<shape", "<Weir's best kernel", ">us/call",
                                                      ">fraction"};
    const char *heads[TABLE_COLUMNS_MAX];
    for (size_t i = 0; i < rival_count; i++) {
        const bool is_other = sweep->options->types && !rivals[i].is_alike;
        snprintf(heads_text[4 + 2 * i], TABLE_CELL, ">%s%s us", rivals[i].kind->name,
                 is_other ? " f32" : "");
        snprintf(heads_text[5 + 2 * i], TABLE_CELL,
                 rivals[i].kind == &contender_threads ? ">x one thread" : ">times faster");
    }
    for (size_t i = 0; i < TABLE_COLUMNS_MAX; i++)
        heads[i] = heads_text[i];
    struct table table;
    table_start(&table, heads, 4 + 2 * rival_count);
    const struct shape *last = NULL;
    bool is_empty = true;
    for (size_t r = 0; r < sweep->row_count; r++) {
        const struct shape *shape = sweep->rows[r].shape;
        for (int type = 0; shape != last && type < WEIR_TYPES_OF_FLOATS; type++) {
            const struct row *best =
                report_best(sweep, shape, &contender_weir, weir_type_name((enum weir_type)type));
            if (best)
                best_add(&table, sweep, best, rivals, rival_count);
            is_empty = is_empty && !best;
        }
        last = shape;
    }
    if (!is_empty) {
        table_print(&table, file, as_markdown);
        fputs("\n", file);
    }
    table_free(&table);
}

static bool is_same_note(const struct row *a, const struct row *b)
{
    return b->fate == ROW_LEFT_OUT && strcmp(a->contender.name, b->contender.name) == 0 &&
           strcmp(a->why.sentence, b->why.sentence) == 0;
}

/* What is the same for several shapes is said once. */
static void left_out_print(const struct sweep *sweep, const struct row *row, FILE *file,
                           const char *item)
{
    size_t others = 0;
    for (const struct row *other = sweep->rows; other < sweep->rows + sweep->row_count; other++) {
        const bool is_same = other != row && is_same_note(row, other);
        if (is_same && other < row)
            return;
        others += is_same;
    }
    fprintf(file, "%sleft out: %s", item, row->name);
    if (others > 0)
        fprintf(file, " and %zu more", others);
    fprintf(file, ": %s\n", row->why.sentence);
}

/* How many rounds there were, but for what was timed only once. */
static const char *rounds_word(char word[64], const struct sweep *sweep)
{
    size_t least = SIZE_MAX, most = 0;
    for (const struct row *row = sweep->rows; row < sweep->rows + sweep->row_count; row++) {
        if (row->sample_count == 0 || row->fate == ROW_ONCE)
            continue;
        least = row->sample_count < least ? row->sample_count : least;
        most = row->sample_count > most ? row->sample_count : most;
    }
    if (least < most)
        snprintf(word, 64, "%zu to %zu", least, most);
    else
        snprintf(word, 64, "%zu", most > 0 ? most : (size_t)sweep->options->rounds);
    return word;
}

static void notes_print(const struct sweep *sweep, FILE *file, bool as_markdown)
{
    const char *item = as_markdown ? "- " : "";
    char rounds[64];
    if (!clock_was_quiet(sweep->seconds, sweep->cpu_seconds))
        fprintf(file,
                "%sNOT QUIET: others had this core for %.0f %% of the time, so these times are too "
                "long; run it again on a quiet machine\n",
                item, 100 * clock_waited(sweep->seconds, sweep->cpu_seconds));
    for (size_t r = 0; r < sweep->row_count; r++) {
        const struct row *row = &sweep->rows[r];
        if (row->fate == ROW_WRONG)
            fprintf(file, "%sWRONG: %s %s\n", item, row->name, row->why.sentence);
        else if (row->fate == ROW_LEFT_OUT)
            left_out_print(sweep, row, file, item);
        else if (row->fate == ROW_ONCE && row->sample_count < sweep->options->rounds)
            fprintf(file, "%sin %zu of %s rounds: %s: %s\n", item, row->sample_count,
                    rounds_word(rounds, sweep), row->name, row->why.sentence);
    }
}

void report_print(const struct sweep *sweep, FILE *file, bool as_markdown)
{
    char rounds[64];
    kernels_print(sweep, file, as_markdown);
    fputs("\n", file);
    best_print(sweep, file, as_markdown);
    fprintf(file,
            "us/call: microseconds for one call (all T steps of all B rows) on one core, or as "
            "many as /threads says,\nmedian of %s rounds; +-: half the interquartile range; "
            "fraction: of the least time that the measured\nceilings of one core allow.\n%s%s\n",
            rounds_word(rounds, sweep),
            sweep->options->types
                ? "weights KB: thousands of bytes of weights; error: the largest difference of an "
                  "output from float64 with weights\nthat are not rounded. Beside a kernel stand "
                  "others with weights of its type, and those of f32.\n"
                : "",
            sweep->options->train
                ? "A call is forward and backward, to the gradients by inputs and weights; its "
                  "matrix work is three times\nthat of forward alone.\n"
                : "");
    notes_print(sweep, file, as_markdown);
}

/* ---- Files ---- */

static bool markdown(const struct sweep *sweep, const struct context *context, FILE *file)
{
    fprintf(file, "# weir-bench on %s, %.10s\n\n", context_find(context, "cpu"),
            context_find(context, "date"));
    report_print(sweep, file, true);
    fputs("\n## Circumstances\n\n", file);
    for (size_t i = 0; i < context->count; i++)
        fprintf(file, "- %s: %s\n", context->at[i].key, context->at[i].value);
    return true;
}

/* The folders of a path, as far as they are missing. */
static bool folders_make(const char *path, struct failure *failure)
{
    char *folder = text_format("%s", path);
    bool good = true;
    for (char *slash = strchr(folder + 1, '/'); good && slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (mkdir(folder, 0777) && errno != EEXIST)
            good = fail(failure, "%s: cannot be made (%s); choose another --out", folder,
                        strerror(errno));
        *slash = '/';
    }
    free(folder);
    return good;
}

bool report_try(const char *prefix, struct failure *failure)
{
    char *path = text_format("%s.json", prefix);
    const bool good = folders_make(prefix, failure) && file_try(path, failure);
    free(path);
    return good;
}

typedef bool report_part(const struct sweep *sweep, const struct context *context, FILE *file);

static bool part_write(const struct sweep *sweep, const struct context *context, const char *prefix,
                       const char *suffix, report_part *part, struct failure *failure)
{
    struct file_output output;
    char *path = text_format("%s%s", prefix, suffix);
    bool good = file_begin(&output, path, failure);
    if (good && part(sweep, context, output.stream)) {
        good = file_end(&output, false, failure);
    } else if (good) {
        file_abandon(&output);
        good = fail_memory(failure);
    }
    free(path);
    return good;
}

bool report_write(const struct sweep *sweep, const struct context *context, const char *prefix,
                  struct failure *failure)
{
    return part_write(sweep, context, prefix, ".json", report_json, failure) &&
           part_write(sweep, context, prefix, ".md", markdown, failure);
}
