/* SPDX-License-Identifier: MIT */
/* One table of a comparison; see compare_page.h. */
#include "compare_page.h"

#include "order.h"
#include "ranks.h"
#include "table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double significant = 0.05;

/* A cell's numbers: in order, and in the order of the rounds no more. */
struct series {
    double *values;
    size_t count; /* 0: there are none */
    struct middle middle;
};

struct drawing {
    const struct grid *grid;
    const struct measure *measure;
    struct table table;
    struct counts *counts;
    struct compare_verdict *verdict; /* NULL: these are no times */
    double logs[COLUMNS_MAX]; /* sums over lines that have every column */
    size_t whole_lines, lines;
};

/* ---- Words ---- */

enum { WORD = 24 };

static const char *number_word(char word[WORD], double number)
{
    int digits = 0; /* behind the point: three of a number, however small */
    for (double scaled = number; scaled < 99.95 && digits < 12; scaled *= 10)
        digits++;
    snprintf(word, WORD, "%.*f", digits, number);
    return word;
}

static void value_add(struct table *table, const struct series *series)
{
    char word[WORD], width[WORD] = "?";
    const double percent = 100 * order_half_width(&series->middle);
    if (isfinite(percent))
        snprintf(width, sizeof width, "%.*f", percent < 9.95 ? 1 : 0, percent);
    table_add(table, "%s +-%4s %%", number_word(word, series->middle.median), width);
}

static void change_add(struct table *table, double change, double p, size_t a, size_t b)
{
    char word[WORD] = "~", chance[WORD] = "p<0.001", others[WORD] = "";
    if (p < significant)
        snprintf(word, sizeof word, "%+.1f %%", 100 * change);
    if (p >= 0.001)
        snprintf(chance, sizeof chance, "p=%.3f", p);
    if (a != b)
        snprintf(others, sizeof others, "+%zu", b);
    table_add(table, "%s", word);
    table_add(table, "%s n=%zu%s", chance, a, others);
}

/* ---- Lines ---- */

static bool series_take(struct drawing *drawing, const struct cell *cell, struct series *series)
{
    *series = (struct series){0};
    if (!cell->result)
        return true;
    series->values = malloc((cell->row->round_count + 1) * sizeof *series->values);
    if (!series->values)
        return false;
    series->count = measure_take(drawing->measure, cell, series->values);
    if (series->count == 0)
        return true;
    order_sort(series->values, series->count);
    series->middle = order_middle(series->values, series->count);
    return true;
}

static void series_count(struct counts *counts, const struct series *series)
{
    counts->without_interval += !isfinite(series->middle.most);
    if (counts->least_rounds == 0 || series->count < counts->least_rounds)
        counts->least_rounds = series->count;
}

static void worst_take(struct compare_verdict *verdict, double change, const char *name)
{
    if (!verdict || change <= verdict->worst)
        return;
    verdict->worst = change;
    snprintf(verdict->worst_name, sizeof verdict->worst_name, "%.*s",
             (int)sizeof verdict->worst_name - 1, name);
}

static bool pair_add(struct drawing *drawing, const struct series *first,
                     const struct series *other, const char *name)
{
    struct counts *counts = drawing->counts;
    const struct ranks_verdict ranks =
        ranks_compare(first->values, first->count, other->values, other->count);
    const double change = other->middle.median / first->middle.median - 1;
    if (isnan(ranks.p))
        return false;
    change_add(&drawing->table, change, ranks.p, first->count, other->count);
    counts->tested++;
    counts->exact += ranks.is_exact;
    counts->testable += ranks_least(first->count, other->count) < significant;
    counts->significant += ranks.p < significant;
    if (ranks.p < significant)
        worst_take(drawing->verdict, change, name);
    return true;
}

/* A line whose first cell has no number of this measure, or no other has, is not there. */
static bool line_add(struct drawing *drawing, const struct line *line)
{
    struct series series[COLUMNS_MAX] = {0};
    const size_t columns = drawing->grid->column_count;
    size_t filled = 0;
    bool good = true;
    for (size_t c = 0; c < columns && good; c++) {
        good = series_take(drawing, &line->cells[c], &series[c]);
        filled += series[c].count > 0;
    }
    const bool is_there = good && series[0].count > 0 && filled > 1;
    if (is_there)
        table_add(&drawing->table, "%s", line->name);
    for (size_t c = 0; c < columns && is_there && good; c++) {
        if (series[c].count == 0) {
            for (size_t blank = 0; blank < 3; blank++)
                table_add(&drawing->table, "%s", "");
            continue;
        }
        series_count(drawing->counts, &series[c]);
        value_add(&drawing->table, &series[c]);
        good = c == 0 || pair_add(drawing, &series[0], &series[c], line->name);
        if (filled == columns)
            drawing->logs[c] += log(series[c].middle.median);
    }
    drawing->lines += is_there;
    drawing->whole_lines += is_there && filled == columns;
    for (size_t c = 0; c < columns; c++)
        free(series[c].values);
    return good;
}

static void mean_add(struct drawing *drawing)
{
    char word[WORD];
    const double first = exp(drawing->logs[0] / (double)drawing->whole_lines);
    if (drawing->whole_lines < 2)
        return;
    table_add(&drawing->table, "geometric mean of %zu", drawing->whole_lines);
    for (size_t c = 0; c < drawing->grid->column_count; c++) {
        const double mean = exp(drawing->logs[c] / (double)drawing->whole_lines);
        table_add(&drawing->table, "%s%9s", number_word(word, mean), "");
        if (c == 0)
            continue;
        table_add(&drawing->table, "%+.1f %%", 100 * (mean / first - 1));
        table_add(&drawing->table, "%s", "");
    }
}

/* A column of names; the first one's values; of each other values, change, and p. */
static void heads_make(struct table *table, const char *const *columns, size_t count)
{
    char heads[3 * COLUMNS_MAX][TABLE_CELL] = {"<"};
    const char *pointers[3 * COLUMNS_MAX];
    size_t all = 1;
    for (size_t c = 0; c < count; c++) {
        snprintf(heads[all++], TABLE_CELL, ">%s", columns[c]);
        if (c == 0)
            continue;
        snprintf(heads[all++], TABLE_CELL, ">change");
        snprintf(heads[all++], TABLE_CELL, "<");
    }
    for (size_t k = 0; k < all; k++)
        pointers[k] = heads[k];
    table_start(table, pointers, all);
}

bool compare_table(const struct grid *grid, const struct measure *measure, const char *title,
                   const char *const *columns, FILE *file, struct counts *counts,
                   struct compare_verdict *verdict)
{
    struct drawing drawing = {
        .grid = grid, .measure = measure, .counts = counts, .verdict = verdict};
    bool good = true;
    heads_make(&drawing.table, columns, grid->column_count);
    for (size_t i = 0; i < grid->line_count && good; i++)
        good = line_add(&drawing, &grid->lines[i]);
    if (good && drawing.lines > 0) {
        mean_add(&drawing);
        fprintf(file, "%s\n\n", title);
        table_print(&drawing.table, file, false);
        fputc('\n', file);
    }
    good = good && !drawing.table.is_short_of_memory;
    table_free(&drawing.table);
    return good;
}
