/* SPDX-License-Identifier: MIT */
/* Who is compared with whom: contenders of several files in lines and columns. A line is what the
 * cells in it have in common, a column what they differ in, a grid what must not be mixed. */
#ifndef BENCH_COMPARE_GRID_H
#define BENCH_COMPARE_GRID_H

#include "compare.h"

enum { COLUMNS_MAX = 7 };

struct cell {
    const struct result *result; /* NULL: there is none */
    const struct result_row *row;
};

struct line {
    const char *name;
    struct cell cells[COLUMNS_MAX]; /* the first is there, and another one */
};

/* What is said below a grid: of how many that holds, and the first of them. */
enum grid_note { NOTE_ALONE, NOTE_SLOWER, NOTE_LATER_FILE, NOTE_OTHER_SIZES, NOTES };

struct grid {
    const char *title; /* "": there is only one */
    const char *columns[COLUMNS_MAX];
    const struct result *runs[COLUMNS_MAX]; /* the first file of each column */
    size_t column_count;
    struct line *lines;
    size_t line_count;
    struct {
        size_t count;
        const char *first;
    } notes[NOTES];
};

struct grids {
    struct grid *at;
    size_t count;
    char **texts; /* what the names above are kept in */
    size_t text_count;
    size_t
        joined; /* files that do not say which CPU or commit, and stand with the first that does */
};

/* Those with a line or more; false with a sentence if there is none. To be freed either way. */
bool grids_make(struct grids *grids, const struct comparison *comparison, struct failure *failure);
void grids_free(struct grids *grids);

/* compare_names.c. What a contender's cell is called by: each a text of its own that the caller
 * frees. */
struct place {
    char *grid, *line, *column;
};

struct place place_of(const struct comparison *comparison, const struct result *result,
                      const struct result_row *row);

/* Which CPU a file was measured on; NULL: it does not say. The caller frees it. */
char *cpu_of(const struct result *result);

#endif
