/* SPDX-License-Identifier: MIT */
/* The command line of weir-tune: one row an option; see options.h and command_line.h. */
#include "tune/options.h"

#include "command_line.h"
#include "machine.h"

/* Which runs an option is for: those over a file of shapes, and those of one cell. */
enum { SHAPES = 1, CELL = 2, ANY = SHAPES | CELL };

#define AT(field) offsetof(struct options, field)

/* clang-format off */
static const struct option_row rows[] = {
    {"--shapes", "FILE", "what to tune, one a line: name cell I H T B [P=size]",
        OPTION_TEXT, AT(shapes), .of = SHAPES},
    {"--cell", "NAME", "or one cell of this build, of the sizes that follow",
        OPTION_TEXT, AT(cell), .of = CELL},
    {"--input", "I", "input size", OPTION_WHOLE, AT(input), .of = CELL, 1, 65536, "64"},
    {"--hidden", "H", "hidden size", OPTION_WHOLE, AT(hidden), .of = CELL, 1, 65536, "64"},
    {"--projection", "P", "size P, for a cell that has a state of that size; 0: none",
        OPTION_WHOLE, AT(projection), .of = CELL, 0, 65536, "0"},
    {"--steps", "T", "time steps a call", OPTION_WHOLE, AT(steps), .of = CELL, 1, 65536, "16"},
    {"--batch", "B", "rows", OPTION_WHOLE, AT(batch), .of = CELL, 1, 65536, "1"},
    {"--train", NULL, "time forward and backward, and vary the plans of all passes",
        OPTION_FLAG, AT(train), .of = ANY},
    {"--isa", "ISA", "the kernel's; by default the best that runs here and WEIR_ISA allows",
        OPTION_TEXT, AT(isa), .of = ANY},
    {"--seconds", "S", "at most so long for a shape, but for what is under way then",
        OPTION_NUMBER, AT(seconds), .of = ANY, 0.1, 86400, .usual = "60"},
    {"--out", "FILE", "write there, after every shape, beside rows of other kernels; else to stdout",
        OPTION_TEXT, AT(out), .of = ANY},
    {"--resume", NULL, "skip shapes whose row is in the file",
        OPTION_FLAG, AT(resume), .of = ANY, .needs = "--out"},
    {"--cpu", "N", "the core to pin to; else the quietest, the last among equals",
        OPTION_WHOLE, AT(cpu), .of = ANY, 0, 65535},
    {"--anyway", NULL, "measure although the machine is not quiet",
        OPTION_FLAG, AT(anyway), .of = ANY},
    {"--help", NULL, "this", OPTION_FLAG, AT(help), .of = ANY, .letter = 'h'},
};
/* clang-format on */

enum { ROWS = sizeof rows / sizeof *rows };

void options_help(void)
{
    fputs(
        "weir-tune --shapes FILE | --cell NAME [options]: finds faster plans of kernels for this\n"
        "machine, and writes them as a file for weir-gen --tuning, weir-run and -DWEIR_TUNING=.\n"
        "Results stay the same in every bit.\n\n",
        stdout);
    command_line_help(rows, ROWS, stdout);
    fputs(
        "\nIn parentheses: what is taken when an option is not given. From the plan that weir-gen\n"
        "chooses, fields are varied one after another, then pairs; candidates race in rounds, and\n"
        "losers are dropped. A plan is kept when fresh rounds of it and the chosen one prove a "
        "gain:\n"
        "the interval of the median of their quotients (order statistics; the sign test; 95 %) "
        "lies\n"
        "above 1. The first SIGINT or SIGTERM ends the search, and what it has is proved and "
        "kept;\n"
        "the second ends at once. Status: 0; 1 when something failed or gave wrong results; 2 "
        "when\n"
        "what was asked for cannot be had, and nothing was tuned; 130 when stopped.\n",
        stdout);
}

bool options_parse(struct options *options, int argc, char **argv, struct failure *failure)
{
    struct command_line line = {.rows = rows, .count = ROWS};
    *options = (struct options){.cpu = MACHINE_QUIETEST};
    if (!command_line_read(&line, &argc, argv, failure) ||
        !command_line_store(&line, options, failure))
        return false;
    if (options->help)
        return true;
    if (!options->shapes == !options->cell)
        return fail(failure, "expected --shapes FILE or --cell NAME; --help lists the options");
    return command_line_check(&line, options->cell ? CELL : SHAPES,
                              options->cell ? "--cell" : "--shapes", failure);
}
