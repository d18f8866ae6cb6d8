/* SPDX-License-Identifier: MIT */
/* Tables of words; see table.h. */
#include "table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void table_start(struct table *table, const char *const *heads, size_t columns)
{
    *table = (struct table){.columns = columns};
    for (size_t column = 0; column < columns; column++) {
        table->to_the_right[column] = heads[column][0] == '>';
        table_add(table, "%s", heads[column] + 1);
    }
}

void table_add(struct table *table, const char *format, ...)
{
    if (table->count == table->capacity) {
        const size_t capacity = 2 * table->capacity + 64;
        char(*grown)[TABLE_CELL] = realloc(table->cells, capacity * sizeof *grown);
        if (!grown) {
            table->is_short_of_memory = true;
            return;
        }
        table->cells = grown;
        table->capacity = capacity;
    }
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(table->cells[table->count++], TABLE_CELL, format, arguments);
    va_end(arguments);
}

static void rule_print(const struct table *table, const size_t *width, FILE *file, bool as_markdown)
{
    for (size_t column = 0; column < table->columns; column++) {
        if (as_markdown)
            fprintf(file, "|%s", table->to_the_right[column] ? "---:" : "---");
        for (size_t i = column ? 0 : 2; !as_markdown && i < width[column] + 2; i++)
            fputc('-', file);
    }
    fputs(as_markdown ? "|\n" : "\n", file);
}

/* A row that begins a group, with something in its first cell, is set off from the one before. A
 * terminal gets no blanks for empty cells at the end of a line. */
static void row_print(const struct table *table, size_t row, const size_t *width, FILE *file,
                      bool as_markdown)
{
    if (!as_markdown && row > 1 && table->cells[row * table->columns][0] &&
        !table->cells[(row - 1) * table->columns][0])
        fputc('\n', file);
    size_t columns = table->columns;
    while (!as_markdown && columns > 1 && !table->cells[row * table->columns + columns - 1][0])
        columns--;
    for (size_t column = 0; column < columns; column++) {
        const char *cell = table->cells[row * table->columns + column];
        const int space = table->to_the_right[column] ? (int)width[column] : -(int)width[column];
        if (as_markdown)
            fprintf(file, "| %s ", cell);
        else if (column + 1 == columns && space < 0)
            fputs(cell, file);
        else
            fprintf(file, "%*s%s", space, cell, column + 1 < columns ? "  " : "");
    }
    fputs(as_markdown ? "|\n" : "\n", file);
}

void table_print(const struct table *table, FILE *file, bool as_markdown)
{
    size_t width[TABLE_COLUMNS_MAX] = {0};
    for (size_t i = 0; i < table->count; i++) {
        const size_t length = strlen(table->cells[i]);
        if (length > width[i % table->columns])
            width[i % table->columns] = length;
    }
    for (size_t row = 0; row < table->count / table->columns; row++) {
        row_print(table, row, width, file, as_markdown);
        if (row == 0)
            rule_print(table, width, file, as_markdown);
    }
    if (table->is_short_of_memory)
        fputs("(the rest of the table is missing: not enough memory)\n", file);
}

void table_free(struct table *table)
{
    free(table->cells);
    *table = (struct table){0};
}
