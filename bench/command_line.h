/* SPDX-License-Identifier: MIT */
/* A command line by a table: one row an option, from which come what is read, what --help lists,
 * and what is refused. Which runs a program knows is its own business: to the table they are bits.
 */
#ifndef BENCH_COMMAND_LINE_H
#define BENCH_COMMAND_LINE_H

#include "common/failure.h"

#include <stddef.h>
#include <stdio.h>

/* A flag is a bool and takes no value, or true or false; a text is a const char *, not empty; a
 * whole number is a uint64_t; a number is a double. */
enum option_kind { OPTION_FLAG, OPTION_TEXT, OPTION_WHOLE, OPTION_NUMBER };

struct option_row {
    const char *name, *argument; /* with its dashes; what help calls its value, or NULL */
    const char *help;
    enum option_kind kind;
    size_t at; /* where in the program's struct the value goes */
    unsigned of; /* bits: the runs that it is for; others are the program's own */
    double least, most; /* of numbers */
    const char *usual; /* the value when none is given; NULL: what is there stays */
    const char *needs; /* an option without which this one is of no use; NULL: none */
    char letter; /* a second name; 0: none */
    bool handed_on; /* it stays in argv as well */
};

enum { OPTIONS_MAX = 32 };

struct command_line {
    const struct option_row *rows;
    size_t count; /* at most OPTIONS_MAX */
    const char *given[OPTIONS_MAX]; /* the last value of each; "" for a flag that is set; NULL */
    /* What is no row and begins like one of these is left for others, as --name or
     * --name=value. Up to a NULL; or NULL: nothing is. */
    const char *const *handed_on;
    /* Where arguments that are no options go, between them or behind; 0 of them: there are none. */
    const char **words;
    size_t words_most, word_count;
};

/* Reads what is given, and leaves in argv, from argv[1], what is handed on; *argc then counts that.
 */
bool command_line_read(struct command_line *line, int *argc, char **argv, struct failure *failure);

/* What was given for an option; NULL: nothing. */
const char *command_line_given(const struct command_line *line, const char *name);

/* Refuses what a run of this kind does not use: `with` says which it is. */
bool command_line_check(const struct command_line *line, unsigned run, const char *with,
                        struct failure *failure);

/* Writes values to where the rows say: those that were given, and else the usual ones. */
bool command_line_store(const struct command_line *line, void *options, struct failure *failure);

/* One value, by its name. */
bool command_line_set(const struct command_line *line, void *options, const char *name,
                      const char *text, struct failure *failure);

/* A line for every row. */
void command_line_help(const struct option_row *rows, size_t count, FILE *file);

#endif
