/* SPDX-License-Identifier: MIT */
/* The command line; see options.h. Names of cells are checked in cells.c. */
#define _GNU_SOURCE
#include "stock/options.h"

#include "stock/cells.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum kind { TEXT, WHOLE, NUMBER, FLAG };

/* Which kinds of data an option is for. */
enum { PRICES = 1, ADDING = 2, MADE_UP = 4, ANY = PRICES | ADDING };

struct row {
    const char *flag, *argument;
    enum kind kind;
    unsigned of; /* PRICES, ADDING, MADE_UP */
    size_t at; /* in struct options */
    double least, most;
    const char *prices, *adding; /* the value when none is given; NULL: nothing */
    bool binds; /* a checkpoint was made with this value, and goes on with no other */
    const char *help;
};

#define AT(field) offsetof(struct options, field)
#define TEXT_ROW(flag, argument, field, value, binds, help)                                        \
    {                                                                                              \
        flag, argument, TEXT, ANY, AT(field), 0, 0, value, value, binds, help                      \
    }

/* Whole numbers are read as doubles, which hold all of them up to 2^53. */
#define SEED_MOST 9007199254740992.0

/* clang-format off */
static const struct row rows[] = {
    TEXT_ROW("--data", "WHAT", data, "sp500", true,
        "sp500, synthetic, adding, or a file 'date,close'"),
    TEXT_ROW("--cells", "NAMES", cell_list, "lstm", false,
        "cells of this build by name, or as FILE.cell, with commas"),
    TEXT_ROW("--cell", "NAME", cell_list, NULL, false, "the same for one"),
    {"--units", "N", WHOLE, ANY, AT(units), 1, 4096, "64", "64", true, "units of the cell"},
    {"--projection", "N", WHOLE, ANY, AT(projection), 0, 4096, "0", "0", true,
        "size of the output of a cell that has a projection"},
    {"--dropout", "RATE", NUMBER, ANY, AT(dropout), 0, 0.99, "0.5", "0", true,
        "of the cell's outputs, in training"},
    {"--window", "N", WHOLE, ANY, AT(window), 1, 10000, "10", "100", true,
        "steps of a sample: days, or the length of an addition"},
    {"--threshold", "PERCENT", NUMBER, PRICES, AT(threshold), -100, 100, "0.15", NULL, true,
        "a day has risen when its close is this much above the one before"},
    {"--days", "N", WHOLE, MADE_UP, AT(days), 3, 260000, "5000", NULL, true,
        "how many days to make up (synthetic only)"},
    {"--test", "FRACTION", NUMBER, PRICES, AT(test), 0, 0.9, "0.2", NULL, true,
        "of all days, the last ones: held out to the end"},
    {"--validation", "FRACTION", NUMBER, PRICES, AT(validation), 0, 0.9, "0.2", NULL, true,
        "of the other days, the last ones: looked at after every epoch"},
    {"--batch", "N", WHOLE, ANY, AT(batch), 1, 4096, "32", "32", true, "samples a step"},
    {"--epochs", "N", WHOLE, ANY, AT(epochs), 1, 100000, "10", "60", false, "how long to train"},
    {"--steps", "N", WHOLE, ADDING, AT(steps), 1, 1000000, NULL, "100", true,
        "steps an epoch (adding only, where every sample is a new one)"},
    {"--rate", "R", NUMBER, ANY, AT(rate), 1e-9, 10, "0.001", "0.002", true,
        "learning rate of Adam"},
    {"--clip", "NORM", NUMBER, ANY, AT(clip), 0, 1e9, "0", "1", true,
        "largest norm of all gradients together; 0: no limit"},
    {"--until", "LOSS", NUMBER, ANY, AT(until), 0, 1e9, "0", "0.005", false,
        "stop when the validation's loss is below this; 0: never"},
    {"--seed", "N", WHOLE, ANY, AT(seed), 0, SEED_MOST, "1", "1", true,
        "of initial weights, order, dropout, and what is made up"},
    TEXT_ROW("--checkpoint", "FILE", checkpoint, NULL, false,
        "save after every epoch, and when stopped by a signal"),
    {"--every", "N", WHOLE, ANY, AT(every), 0, 1e9, "0", "0", false,
        "and after every N batches; 0: not"},
    {"--resume", "", FLAG, ANY, AT(resume), 0, 0, NULL, NULL, false,
        "go on from the checkpoint, where there is one"},
    TEXT_ROW("--weights", "FILE", weights, NULL, false, "write the final weights (safetensors)"),
    TEXT_ROW("--predictions", "FILE", predictions, NULL, false,
        "write what is predicted for the held-out part (CSV)"),
    TEXT_ROW("--plot", "PREFIX", plot, NULL, false,
        "write PREFIX.csv, and curves of it: PREFIX.svg, PREFIX.png"),
    TEXT_ROW("--report", "FILE", report, NULL, false, "write a table of the outcome (Markdown)"),
    {"--threads", "N", WHOLE, ANY, AT(threads), 0, 1024, "1", "1", false,
        "threads, each on a core of its own; 0: one for each core"},
    TEXT_ROW("--isa", "NAME", isa, NULL, false, "the highest ISA to use, as WEIR_ISA"),
    {"--help", "", FLAG, ANY, AT(help), 0, 0, NULL, NULL, false, "this"},
};
/* clang-format on */

enum { ROWS = sizeof rows / sizeof *rows };

static const char *given_for(const char *const given[ROWS], const char *flag)
{
    for (size_t r = 0; r < ROWS; r++)
        if (strcmp(rows[r].flag, flag) == 0)
            return given[r];
    return NULL;
}

static const char *usual(const struct row *row, enum data source)
{
    return source == DATA_ADDING ? row->adding : row->prices;
}

void options_help(FILE *file)
{
    fputs("weir-stock [options]: trains a recurrent layer, dropout and one dense unit by\n"
          "backpropagation through time. Without options: an LSTM that is asked whether the\n"
          "S&P 500 will rise, and the honest answer how often it was right.\n\n",
          file);
    for (size_t r = 0; r < ROWS; r++) {
        const struct row *row = &rows[r];
        const char *prices = row->prices, *adding = row->adding;
        fprintf(file, "  %-13s %-9s %s", row->flag, row->argument, row->help);
        if (prices && adding && strcmp(prices, adding) != 0)
            fprintf(file, " (%s; adding: %s)", prices, adding);
        else if (prices || adding)
            fprintf(file, " (%s)", prices ? prices : adding);
        fputc('\n', file);
    }
    fputs("\nIn parentheses: what is taken when an option is not given. Files of several cells\n"
          "have the cell's name before the ending. Status: 0; 1 when something could not be\n"
          "written; 2 for options and data that are wrong; 130 when stopped by SIGINT or\n"
          "SIGTERM.\n",
          file);
}

static bool value_parse(struct options *options, const struct row *row, const char *text,
                        struct failure *failure)
{
    char *field = (char *)options + row->at;
    if (row->kind == FLAG) {
        *(bool *)field = text != NULL;
        return true;
    }
    if (row->kind == TEXT) {
        *(const char **)field = text;
        return *text || fail(failure, "%s needs a value: %s", row->flag, row->help);
    }
    char *end;
    errno = 0;
    const double value = strtod(text, &end);
    const bool is_plain = text[strspn(text, "0123456789.+-eE")] == 0;
    if (end == text || *end || errno || !is_plain || !(value >= row->least && value <= row->most))
        return fail(failure, "%s '%s': expected a number from %.16g to %.16g", row->flag, text,
                    row->least, row->most);
    if (row->kind == NUMBER) {
        *(double *)field = value;
        return true;
    }
    *(uint64_t *)field = (uint64_t)value;
    return value == floor(value) ||
           fail(failure, "%s '%s': expected a whole number", row->flag, text);
}

/* What was given for each row: its text, "" for a flag that is set, NULL for nothing. */
static bool arguments_read(const char *given[ROWS], int argc, char **argv, struct failure *failure)
{
    for (int at = 1; at < argc; at++) {
        const char *equals = strchr(argv[at], '=');
        const size_t length = equals ? (size_t)(equals - argv[at]) : strlen(argv[at]);
        size_t r = 0;
        while (r < ROWS &&
               (strlen(rows[r].flag) != length || strncmp(rows[r].flag, argv[at], length) != 0))
            r++;
        if (r == ROWS)
            return fail(failure, "'%s' is no option; --help lists them", argv[at]);
        if (rows[r].kind == FLAG && equals)
            return fail(failure, "%s takes no value", rows[r].flag);
        if (rows[r].kind != FLAG && !equals && at + 1 == argc)
            return fail(failure, "%s needs a value: %s", rows[r].flag, rows[r].help);
        given[r] = rows[r].kind == FLAG ? "" : equals ? equals + 1 : argv[++at];
    }
    return true;
}

static enum data source_of(const char *data)
{
    static const char *const names[] = {
        [DATA_SP500] = "sp500", [DATA_SYNTHETIC] = "synthetic", [DATA_ADDING] = "adding"};
    for (enum data source = DATA_SP500; source <= DATA_ADDING; source++)
        if (strcmp(data, names[source]) == 0)
            return source;
    return DATA_FILE;
}

static bool is_of(const struct row *row, enum data source)
{
    const unsigned kinds = source == DATA_ADDING      ? ADDING
                           : source == DATA_SYNTHETIC ? PRICES | MADE_UP
                                                      : PRICES;
    return row->of & kinds;
}

static bool options_agree(const struct options *options, struct failure *failure)
{
    if (options->resume && !options->checkpoint)
        return fail(failure, "--resume needs --checkpoint FILE to go on from");
    if (options->every && !options->checkpoint)
        return fail(failure, "--every needs --checkpoint FILE to write to");
    if (options->source == DATA_ADDING && options->window < 2)
        return fail(failure, "--window 1: an addition needs at least two steps");
    return true;
}

bool options_parse(struct options *options, int argc, char **argv, struct failure *failure)
{
    const char *given[ROWS] = {0};
    *options = (struct options){0};
    if (!arguments_read(given, argc, argv, failure))
        return false;
    if (given_for(given, "--cell") && given_for(given, "--cells"))
        return fail(failure, "--cell and --cells are the same: give one of them");
    const char *data = given_for(given, "--data");
    options->source = data ? source_of(data) : DATA_SP500;
    for (size_t r = 0; r < ROWS; r++) {
        const char *text = given[r];
        if (text && !is_of(&rows[r], options->source))
            return fail(failure, "%s is of no use with --data %s", rows[r].flag,
                        data ? data : "sp500");
        text = text ? text : usual(&rows[r], options->source);
        if (text && !value_parse(options, &rows[r], text, failure))
            return false;
    }
    return options->help || (options_agree(options, failure) && cells_resolve(options, failure));
}

/* As short as it can be and still be this number. */
static void number_write(char value[OPTION_VALUE_MAX], double number)
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(value, OPTION_VALUE_MAX, "%.*g", digits, number);
        if (strtod(value, NULL) == number)
            return;
    }
}

const char *options_binding(const struct options *options, size_t index,
                            char value[OPTION_VALUE_MAX])
{
    for (size_t r = 0; r < ROWS; r++) {
        const struct row *row = &rows[r];
        const char *field = (const char *)options + row->at;
        if (!row->binds || !is_of(row, options->source) || index-- > 0)
            continue;
        if (row->kind == TEXT)
            snprintf(value, OPTION_VALUE_MAX, "%s", *(const char *const *)field);
        else
            number_write(value, row->kind == WHOLE ? (double)*(const uint64_t *)field
                                                   : *(const double *)field);
        return row->flag;
    }
    return NULL;
}
