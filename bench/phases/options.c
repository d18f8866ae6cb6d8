/* SPDX-License-Identifier: MIT */
/* The command line of weir-phases: one row an option; see options.h and command_line.h. */
#include "phases/options.h"

#include "command_line.h"
#include "machine.h"

/* Which runs an option is for: those that measure, and those that only call. */
enum { MEASURE = 1, CALL = 2, ANY = MEASURE | CALL };

#define AT(field) offsetof(struct options, field)

/* clang-format off */
static const struct option_row rows[] = {
    {"--cell", "NAME", "a cell of this build", OPTION_TEXT, AT(cell), .of = ANY},
    {"--input", "I", "input size", OPTION_WHOLE, AT(input), .of = ANY, 1, 65536, "64"},
    {"--hidden", "H", "hidden size", OPTION_WHOLE, AT(hidden), .of = ANY, 1, 65536, "64"},
    {"--steps", "T", "time steps a call", OPTION_WHOLE, AT(steps), .of = ANY, 1, 65536, "16"},
    {"--batch", "B", "rows", OPTION_WHOLE, AT(batch), .of = ANY, 1, 65536, "1"},
    {"--plain", "FILE", "the kernel as a shared object, NAME.so or NAME.anything.so",
        OPTION_TEXT, AT(plain), .of = ANY},
    {"--profiled", "FILE", "the same of weir-gen --profile", OPTION_TEXT, AT(profiled), .of = MEASURE},
    {"--facts", "FILE", "write there what bench/explain goes on with",
        OPTION_TEXT, AT(facts), .of = MEASURE},
    {"--calls", "N", "only call the plain kernel so often; 0: measure",
        OPTION_WHOLE, AT(calls), .of = CALL, 0, 1000000000, "0"},
    {"--cpu", "N", "the core to pin to; else the quietest, the last among equals",
        OPTION_WHOLE, AT(cpu), .of = ANY, 0, 65535},
    {"--help", NULL, "this", OPTION_FLAG, AT(help), .of = ANY, .letter = 'h'},
};
/* clang-format on */

enum { ROWS = sizeof rows / sizeof *rows };

void options_help(void)
{
    fputs("weir-phases --cell NAME --plain FILE --profiled FILE [options]: where the time of a\n"
          "kernel goes, as Markdown. bench/explain makes the files, and calls it.\n\n",
          stdout);
    command_line_help(rows, ROWS, stdout);
    fputs(
        "\nIn parentheses: what is taken when an option is not given. Status: 0; 1 when something\n"
        "failed or gave wrong results; 2 when what was asked for cannot be had.\n",
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
    if (!options->cell || !options->plain || (!options->profiled && !options->calls))
        return fail(failure, "expected --cell, --plain and --profiled or --calls; --help lists the "
                             "options");
    return command_line_check(&line, options->calls ? CALL : MEASURE,
                              options->calls ? "--calls" : "--profiled", failure);
}
