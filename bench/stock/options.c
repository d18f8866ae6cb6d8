/* SPDX-License-Identifier: MIT */
/* The command line of weir-stock: one row an option; see options.h and command_line.h. Names of
 * cells are checked in cells.c. */
#include "stock/options.h"

#include "command_line.h"
#include "number.h"
#include "stock/cells.h"

#include <string.h>

/* Which kinds of data an option is for; and whether a checkpoint was made with its value, and goes
 * on with no other. */
enum { PRICES = 1, ADDING = 2, MADE_UP = 4, BINDS = 8, ANY = PRICES | ADDING };

#define AT(field) offsetof(struct options, field)

/* The largest whole number up to which a double holds all of them. */
#define SEED_MOST 9007199254740992.0

/* clang-format off */
static const struct option_row rows[] = {
    {"--data", "WHAT", "sp500, synthetic, adding, or a file 'date,close'",
        OPTION_TEXT, AT(data), .of = ANY | BINDS, .usual = "sp500"},
    {"--cells", "NAMES", "cells of this build by name, or as FILE.cell, with commas",
        OPTION_TEXT, AT(cell_list), .of = ANY, .usual = "lstm"},
    {"--cell", "NAME", "the same for one", OPTION_TEXT, AT(cell_list), .of = ANY},
    {"--units", "N", "units of the cell",
        OPTION_WHOLE, AT(units), .of = ANY | BINDS, 1, 4096, "64"},
    {"--projection", "N", "size of the output of a cell that has a projection",
        OPTION_WHOLE, AT(projection), .of = ANY | BINDS, 0, 4096, "0"},
    {"--dropout", "RATE", "of the cell's outputs, in training",
        OPTION_NUMBER, AT(dropout), .of = ANY | BINDS, 0, 0.99, "0.5"},
    {"--window", "N", "steps of a sample: days, or the length of an addition",
        OPTION_WHOLE, AT(window), .of = ANY | BINDS, 1, 10000, "10"},
    {"--threshold", "PERCENT", "a day has risen when its close is this much above the one before",
        OPTION_NUMBER, AT(threshold), .of = PRICES | BINDS, -100, 100, "0.15"},
    {"--days", "N", "how many days to make up (synthetic only)",
        OPTION_WHOLE, AT(days), .of = MADE_UP | BINDS, 3, 260000, "5000"},
    {"--test", "FRACTION", "of all days, the last ones: held out to the end",
        OPTION_NUMBER, AT(test), .of = PRICES | BINDS, 0, 0.9, "0.2"},
    {"--validation", "FRACTION", "of the other days, the last ones: looked at after every epoch",
        OPTION_NUMBER, AT(validation), .of = PRICES | BINDS, 0, 0.9, "0.2"},
    {"--batch", "N", "samples a step", OPTION_WHOLE, AT(batch), .of = ANY | BINDS, 1, 4096, "32"},
    {"--slices", "N", "parts of a batch whose gradients are computed apart, and then added",
        OPTION_WHOLE, AT(slices), .of = ANY | BINDS, 1, 4096, "1"},
    {"--epochs", "N", "how long to train", OPTION_WHOLE, AT(epochs), .of = ANY, 1, 100000, "10"},
    {"--steps", "N", "steps an epoch (adding only, where every sample is a new one)",
        OPTION_WHOLE, AT(steps), .of = ADDING | BINDS, 1, 1000000},
    {"--rate", "R", "learning rate of Adam",
        OPTION_NUMBER, AT(rate), .of = ANY | BINDS, 1e-9, 10, "0.001"},
    {"--clip", "NORM", "largest norm of all gradients together; 0: no limit",
        OPTION_NUMBER, AT(clip), .of = ANY | BINDS, 0, 1e9, "0"},
    {"--until", "LOSS", "stop when the validation's loss is below this; 0: never",
        OPTION_NUMBER, AT(until), .of = ANY, 0, 1e9, "0"},
    {"--seed", "N", "of initial weights, order, dropout, and what is made up",
        OPTION_WHOLE, AT(seed), .of = ANY | BINDS, 0, SEED_MOST, "1"},
    {"--checkpoint", "FILE", "save after every epoch, and when stopped by a signal",
        OPTION_TEXT, AT(checkpoint), .of = ANY},
    {"--every", "N", "and after every N batches; 0: not",
        OPTION_WHOLE, AT(every), .of = ANY, 0, 1e9, "0", .needs = "--checkpoint"},
    {"--resume", NULL, "go on from the checkpoint, where there is one",
        OPTION_FLAG, AT(resume), .of = ANY, .needs = "--checkpoint"},
    {"--weights", "FILE", "write the final weights (safetensors)",
        OPTION_TEXT, AT(weights), .of = ANY},
    {"--predictions", "FILE", "write what is predicted for the held-out part (CSV)",
        OPTION_TEXT, AT(predictions), .of = ANY},
    {"--plot", "PREFIX", "write PREFIX.csv, and curves of it: PREFIX.svg, PREFIX.png",
        OPTION_TEXT, AT(plot), .of = ANY},
    {"--report", "FILE", "write a table of the outcome (Markdown)",
        OPTION_TEXT, AT(report), .of = ANY},
    {"--threads", "N", "threads, each on a core of its own; 0: one for each core",
        OPTION_WHOLE, AT(threads), .of = ANY, 0, 1024, "1"},
    {"--mpi", NULL, "share the slices of every step with all that mpirun has started",
        OPTION_FLAG, AT(mpi), .of = ANY},
    {"--isa", "NAME", "the highest ISA to use, as WEIR_ISA", OPTION_TEXT, AT(isa), .of = ANY},
    {"--help", NULL, "this", OPTION_FLAG, AT(help), .of = ANY, .letter = 'h'},
};

/* What is usual for additions, where that is something else. */
static const struct {
    const char *name, *value;
} additions[] = {
    {"--dropout", "0"}, {"--window", "100"}, {"--epochs", "60"}, {"--steps", "100"},
    {"--rate", "0.002"}, {"--clip", "1"}, {"--until", "0.005"},
};
/* clang-format on */

enum { ROWS = sizeof rows / sizeof *rows, ADDITIONS = sizeof additions / sizeof *additions };

void options_help(FILE *file)
{
    fputs("weir-stock [options]: trains a recurrent layer, dropout and one dense unit by\n"
          "backpropagation through time. Without options: an LSTM that is asked whether the\n"
          "S&P 500 will rise, and the honest answer how often it was right.\n\n",
          file);
    command_line_help(rows, ROWS, file);
    fputs("\nIn parentheses: what is taken when an option is not given; with --data adding it is\n "
          "  ",
          file);
    for (size_t k = 0; k < ADDITIONS; k++)
        fprintf(file, " %s %s", additions[k].name, additions[k].value);
    fputs(
        ".\nFiles of several cells have the cell's name before the ending. Status: 0; 1 when\n"
        "something could not be written; 2 for options and data that are wrong; 130 when stopped\n"
        "by SIGINT or SIGTERM.\n",
        file);
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

static unsigned runs_of(enum data source)
{
    return source == DATA_ADDING ? ADDING : source == DATA_SYNTHETIC ? PRICES | MADE_UP : PRICES;
}

static bool options_agree(const struct options *options, struct failure *failure)
{
    const bool adds = options->source == DATA_ADDING;
    if (options->slices > options->batch)
        return fail(failure, "--slices %zu: a batch has only %zu samples (--batch)",
                    (size_t)options->slices, (size_t)options->batch);
    if (adds && options->window < 2)
        return fail(failure, "--window 1: an addition needs at least two steps");
    if (!adds && options->until > 0 && options->validation == 0)
        return fail(failure,
                    "--until is of no use with --validation 0: there is no loss to look at");
    if (!adds && options->predictions && options->validation == 0 && options->test == 0)
        return fail(failure, "--predictions is of no use with --test 0 --validation 0: nothing is "
                             "held out");
    return true;
}

/* Values, of which some are others for additions. */
static bool values_store(const struct command_line *line, struct options *options,
                         struct failure *failure)
{
    if (!command_line_store(line, options, failure))
        return false;
    options->source = source_of(options->data);
    for (size_t k = 0; options->source == DATA_ADDING && k < ADDITIONS; k++)
        if (!command_line_given(line, additions[k].name) &&
            !command_line_set(line, options, additions[k].name, additions[k].value, failure))
            return false;
    return true;
}

bool options_parse(struct options *options, int argc, char **argv, struct failure *failure)
{
    struct command_line line = {.rows = rows, .count = ROWS};
    char with[128];
    *options = (struct options){0};
    if (!command_line_read(&line, &argc, argv, failure) || !values_store(&line, options, failure))
        return false;
    if (options->help)
        return true;
    if (command_line_given(&line, "--cell") && command_line_given(&line, "--cells"))
        return fail(failure, "--cell and --cells are the same: give one of them");
    snprintf(with, sizeof with, "--data %.100s", options->data);
    return command_line_check(&line, runs_of(options->source), with, failure) &&
           options_agree(options, failure) && cells_resolve(options, failure);
}

const char *options_binding(const struct options *options, size_t index,
                            char value[OPTION_VALUE_MAX])
{
    for (size_t r = 0; r < ROWS; r++) {
        const struct option_row *row = &rows[r];
        const char *field = (const char *)options + row->at;
        if (!(row->of & BINDS) || !(row->of & runs_of(options->source)) || index-- > 0)
            continue;
        if (row->kind == OPTION_TEXT)
            snprintf(value, OPTION_VALUE_MAX, "%s", *(const char *const *)field);
        else
            number_write(value, row->kind == OPTION_WHOLE ? (double)*(const uint64_t *)field
                                                          : *(const double *)field);
        return row->name;
    }
    return NULL;
}
