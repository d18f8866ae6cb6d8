/* SPDX-License-Identifier: MIT */
/* A table of words, printed for a terminal or as Markdown. What stands in it is its caller's. */
#ifndef BENCH_TABLE_H
#define BENCH_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { TABLE_COLUMNS_MAX = 20, TABLE_CELL = 224 };

struct table {
    char (*cells)[TABLE_CELL]; /* [rows][columns], the heads first */
    size_t columns, count, capacity;
    bool to_the_right[TABLE_COLUMNS_MAX]; /* numbers are */
    bool is_short_of_memory;
};

/* `heads` one a column, each after `<` for words or `>` for numbers. */
void table_start(struct table *table, const char *const *heads, size_t columns);
void table_add(struct table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));
void table_print(const struct table *table, FILE *file, bool as_markdown);
void table_free(struct table *table);

#endif
