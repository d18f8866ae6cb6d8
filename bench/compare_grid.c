/* SPDX-License-Identifier: MIT */
/* Sorts contenders into grids; see compare_grid.h. Grids, lines and columns stand in the order in
 * which files name them. */
#define _GNU_SOURCE
#include "compare_grid.h"

#include "common/text.h"

#include <regex.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A contender, and where it goes. */
struct entry {
    struct cell cell;
    struct place place;
    size_t grid, column;
    size_t line; /* the first entry of it */
    size_t index;
};

struct making {
    struct entry *entries;
    size_t count;
    struct grids *grids;
    struct failure *failure;
};

/* ---- Which there are ---- */

static bool filter_compile(regex_t *filter, const char *text, struct failure *failure)
{
    return regcomp(filter, text, REG_EXTENDED | REG_NOSUB) == 0 ||
           fail(failure, "--filter '%s' is no extended regular expression", text);
}

static bool entries_list(struct making *making, const struct comparison *comparison)
{
    regex_t filter;
    size_t most = 0;
    for (size_t r = 0; r < comparison->count; r++)
        most += comparison->results[r].row_count;
    making->entries = calloc(most + 1, sizeof *making->entries);
    if (!making->entries)
        return fail_memory(making->failure);
    if (comparison->filter && !filter_compile(&filter, comparison->filter, making->failure))
        return false;
    for (size_t r = 0; r < comparison->count; r++) {
        const struct result *result = &comparison->results[r];
        for (size_t i = 0; i < result->row_count; i++) {
            const struct result_row *row = &result->rows[i];
            if (comparison->filter && regexec(&filter, row->name, 0, NULL, 0) != 0)
                continue;
            const size_t index = making->count++;
            making->entries[index] = (struct entry){
                .cell = {result, row}, .place = place_of(comparison, result, row), .index = index};
        }
    }
    if (comparison->filter)
        regfree(&filter);
    return making->count > 0 ||
           fail(making->failure, "no benchmark of the files matches --filter '%s'",
                comparison->filter ? comparison->filter : "");
}

/* ---- Grids and columns, which are few ---- */

/* The number of a title; SIZE_MAX: there are too many. */
static size_t grid_find(struct making *making, const char *title, size_t most)
{
    struct grids *grids = making->grids;
    for (size_t g = 0; g < grids->count; g++)
        if (strcmp(grids->at[g].title, title) == 0)
            return g;
    if (grids->count == most)
        return SIZE_MAX;
    grids->at[grids->count].title = title;
    return grids->count++;
}

static bool column_find(struct making *making, struct entry *entry)
{
    struct grid *grid = &making->grids->at[entry->grid];
    for (size_t c = 0; c < grid->column_count; c++)
        if (strcmp(grid->columns[c], entry->place.column) == 0) {
            entry->column = c;
            return true;
        }
    if (grid->column_count == COLUMNS_MAX) {
        struct text text = {0};
        for (size_t c = 0; c < COLUMNS_MAX; c++)
            text_add(&text, "%s, ", grid->columns[c]);
        fail(making->failure, "there are more than %d columns: %s%s, ...; choose by --filter",
             COLUMNS_MAX, text.chars, entry->place.column);
        text_free(&text);
        return false;
    }
    grid->runs[grid->column_count] = entry->cell.result;
    grid->columns[entry->column = grid->column_count++] = entry->place.column;
    return true;
}

/* A file that does not say what would tell grids apart stands with the first that does. */
static bool grids_find(struct making *making, size_t files)
{
    making->grids->at = calloc(files, sizeof *making->grids->at);
    if (!making->grids->at)
        return fail_memory(making->failure);
    for (size_t i = 0; i < making->count; i++) {
        struct entry *entry = &making->entries[i];
        if (*entry->place.grid)
            entry->grid = grid_find(making, entry->place.grid, files);
    }
    if (making->grids->count == 0)
        grid_find(making, "", files);
    const struct result *last = NULL;
    for (size_t i = 0; i < making->count; i++) {
        struct entry *entry = &making->entries[i];
        making->grids->joined += !*entry->place.grid && entry->cell.result != last;
        last = entry->cell.result;
        if (!column_find(making, entry))
            return false;
    }
    return true;
}

/* ---- Lines ---- */

static int order(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

static int by_name(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    const int grids = order(x->grid, y->grid);
    const int lines = grids ? grids : strcmp(x->place.line, y->place.line);
    return lines ? lines : order(x->index, y->index);
}

static int by_line(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    const int grids = order(x->grid, y->grid);
    const int lines = grids ? grids : order(x->line, y->line);
    return lines ? lines : order(x->index, y->index);
}

static void lines_find(struct making *making)
{
    struct entry *entries = making->entries;
    qsort(entries, making->count, sizeof *entries, by_name);
    for (size_t i = 0; i < making->count; i++) {
        const bool is_same = i > 0 && entries[i].grid == entries[i - 1].grid &&
                             strcmp(entries[i].place.line, entries[i - 1].place.line) == 0;
        entries[i].line = is_same ? entries[i - 1].line : entries[i].index;
    }
    qsort(entries, making->count, sizeof *entries, by_line);
}

static void note(struct grid *grid, enum grid_note which, const char *name)
{
    if (grid->notes[which].count++ == 0)
        grid->notes[which].first = name;
}

/* Sizes are known of what weir-bench wrote. */
static bool has_other_sizes(const struct result_row *a, const struct result_row *b)
{
    return *a->cell && *b->cell &&
           (strcmp(a->cell, b->cell) != 0 || a->I != b->I || a->H != b->H || a->P != b->P ||
            a->T != b->T || a->B != b->B);
}

/* Of several that belong into one cell the fastest of the first file stands there. */
static void cell_put(struct grid *grid, struct line *line, const struct entry *entry)
{
    struct cell *cell = &line->cells[entry->column];
    const struct result_row *row = entry->cell.row, *first = NULL;
    for (size_t c = 0; c < grid->column_count && !first; c++)
        first = line->cells[c].row;
    if (first && has_other_sizes(first, row)) {
        note(grid, NOTE_OTHER_SIZES, row->name);
    } else if (!cell->result) {
        *cell = entry->cell;
    } else if (cell->result != entry->cell.result) {
        note(grid, NOTE_LATER_FILE, row->name);
    } else {
        const bool is_faster = row->median < cell->row->median;
        note(grid, NOTE_SLOWER, is_faster ? cell->row->name : row->name);
        if (is_faster)
            *cell = entry->cell;
    }
}

static bool is_comparable(const struct grid *grid, const struct line *line)
{
    size_t filled = 0;
    for (size_t c = 0; c < grid->column_count; c++)
        filled += line->cells[c].result != NULL;
    return line->cells[0].result && filled > 1;
}

/* A column that no line has something in is left out. */
static void columns_pack(struct grid *grid)
{
    size_t kept = 0;
    for (size_t c = 0; c < grid->column_count; c++) {
        bool is_used = false;
        for (size_t i = 0; i < grid->line_count; i++) {
            is_used = is_used || grid->lines[i].cells[c].result;
            grid->lines[i].cells[kept] = grid->lines[i].cells[c];
        }
        grid->columns[kept] = grid->columns[c];
        grid->runs[kept] = grid->runs[c];
        kept += is_used;
    }
    if (grid->line_count > 0)
        grid->column_count = kept;
}

/* The lines of one grid, whose entries these are. */
static bool lines_fill(struct grid *grid, const struct entry *entries, size_t count)
{
    grid->lines = calloc(count, sizeof *grid->lines);
    if (!grid->lines)
        return false;
    for (size_t first = 0, end; first < count; first = end) {
        struct line *line = &grid->lines[grid->line_count];
        *line = (struct line){.name = entries[first].place.line};
        for (end = first; end < count && entries[end].line == entries[first].line; end++)
            cell_put(grid, line, &entries[end]);
        if (is_comparable(grid, line))
            grid->line_count++;
        else
            note(grid, NOTE_ALONE, entries[first].cell.row->name);
    }
    columns_pack(grid);
    return true;
}

/* ---- All ---- */

/* The names are of the grids from now on. */
static bool texts_hand_over(struct making *making)
{
    char **texts = calloc(3 * making->count + 1, sizeof *texts);
    for (size_t i = 0; i < making->count; i++) {
        const struct place *place = &making->entries[i].place;
        char *const three[] = {place->grid, place->line, place->column};
        for (size_t k = 0; k < 3; k++)
            if (texts)
                texts[3 * i + k] = three[k];
            else
                free(three[k]);
    }
    making->grids->texts = texts;
    making->grids->text_count = texts ? 3 * making->count : 0;
    return texts || fail_memory(making->failure);
}

static bool columns_check(const struct grids *grids, const struct comparison *comparison,
                          struct failure *failure)
{
    size_t lines = 0, columns = 0;
    const char *other = NULL;
    for (size_t g = 0; g < grids->count; g++) {
        other = other ? other : grids->at[g].notes[NOTE_OTHER_SIZES].first;
        lines += grids->at[g].line_count;
        columns = grids->at[g].column_count > columns ? grids->at[g].column_count : columns;
    }
    const char *by = compare_by_name[comparison->by];
    if (columns < 2)
        return fail(failure, "there is nothing to compare: expected two columns, found %s alone",
                    grids->at[0].columns[0]);
    if (lines > 0)
        return true;
    if (other)
        return fail(failure,
                    "there is nothing to compare: shapes of one name, as of %s, have other "
                    "sizes",
                    other);
    return by ? fail(failure,
                     "there is nothing to compare: no two columns of --col %s have "
                     "anything in common",
                     by)
              : fail(failure, "there is nothing to compare: the files have no benchmark in common; "
                              "--col kernel compares contenders at one shape");
}

bool grids_make(struct grids *grids, const struct comparison *comparison, struct failure *failure)
{
    struct making making = {.grids = grids, .failure = failure};
    *grids = (struct grids){0};
    bool good = entries_list(&making, comparison) && grids_find(&making, comparison->count);
    if (good)
        lines_find(&making);
    for (size_t first = 0, end = 0; good && first < making.count; first = end) {
        const size_t grid = making.entries[first].grid;
        while (end < making.count && making.entries[end].grid == grid)
            end++;
        good = lines_fill(&grids->at[grid], making.entries + first, end - first) ||
               fail_memory(failure);
    }
    good = texts_hand_over(&making) && good && columns_check(grids, comparison, failure);
    free(making.entries);
    return good;
}

void grids_free(struct grids *grids)
{
    for (size_t g = 0; g < grids->count; g++)
        free(grids->at[g].lines);
    for (size_t i = 0; i < grids->text_count; i++)
        free(grids->texts[i]);
    free(grids->texts);
    free(grids->at);
    *grids = (struct grids){0};
}
