/* SPDX-License-Identifier: MIT */
/* The command line of weir-bench: one row an option; see options.h and command_line.h. */
#include "options.h"

#include "command_line.h"
#include "common/text.h"
#include "machine.h"
#include "order.h"
#include "packing.h"

#include <string.h>

/* Which runs an option is for: those that measure, and those that only say what would be. */
enum { MEASURES = 1, LISTS = 2, ANY = MEASURES | LISTS };

#define AT(field) offsetof(struct options, field)

/* clang-format off */
static const struct option_row rows[] = {
    {"--shapes", "FILE", "what to run, one a line: name cell I H T B [P=size] [data=file]",
        OPTION_TEXT, AT(shapes), .of = ANY},
    {"--train", NULL, "train: forward and backward, to gradients by inputs and weights",
        OPTION_FLAG, AT(train), .of = ANY},
    {"--cpu", "N", "the core to pin to; else the quietest, the last among equals",
        OPTION_WHOLE, AT(cpu), .of = MEASURES, 0, 65535},
    {"--out", "PREFIX", "write PREFIX.json (Google Benchmark's format), PREFIX.md and charts",
        OPTION_TEXT, AT(out), .of = MEASURES},
    {"--against", "FILE", "compare with the results in FILE at the end, as bench/compare does",
        OPTION_TEXT, AT(against), .of = MEASURES},
    {"--rounds", "N|auto", "how many rounds; auto: 9 to 61, until every interval is within 1 %",
        OPTION_TEXT, AT(rounds_given), .of = MEASURES},
    {"--threads", "N", "run Weir's kernels on N threads too, each on a core of its own",
        OPTION_WHOLE, AT(threads), .of = ANY, 1, 65535, .usual = "1"},
    {"--own", "FILES", "run kernels from these shared objects too, with commas: see bench/plans",
        OPTION_TEXT, AT(own), .of = ANY},
    {"--types", "TYPES", "kernels with weights of these, with commas: f32,bf16,f16,i8; else f32",
        OPTION_TEXT, AT(types), .of = ANY},
    {"--peers", NULL, "run other libraries beside Weir's kernels, too",
        OPTION_FLAG, AT(peers), .of = ANY},
    {"--longest", "S", "leave out what takes more seconds a call; time the baseline once then",
        OPTION_NUMBER, AT(longest), .of = MEASURES, 0, 1e6, .usual = "2"},
    {"--mpi", "HOW", "each: all hosts of mpirun measure all of it; share: each some of the shapes",
        OPTION_TEXT, AT(mpi), .of = MEASURES, .needs = "--out"},
    {"--patience", "S", "give up a host that says nothing for so many seconds",
        OPTION_NUMBER, AT(patience), .of = MEASURES, 1, 1e6, "120", .needs = "--mpi"},
    {"--resume", NULL, "keep shapes that were measured before; needs --mpi share",
        OPTION_FLAG, AT(resume), .of = MEASURES, .needs = "--mpi"},
    {"--list", NULL, "print the names of what would run, and run nothing",
        OPTION_FLAG, AT(list), .of = ANY},
    {"--help", NULL, "this", OPTION_FLAG, AT(help), .of = ANY, .letter = 'h'},
    {"--benchmark_repetitions", "N", "the same as --rounds N",
        OPTION_WHOLE, AT(rounds), .of = MEASURES, 1, 1000, .usual = "5"},
    {"--benchmark_filter", "REGEX", "only names that match: '^stock/.*avx512$'; -REGEX: the others",
        OPTION_TEXT, AT(filter), .of = ANY, .handed_on = true},
    {"--benchmark_format", "FORMAT", "console, json or csv instead of the table",
        OPTION_TEXT, AT(format), .of = MEASURES, .handed_on = true},
    {"--benchmark_list_tests", NULL, "the same as --list", OPTION_FLAG, AT(list), .of = ANY},
};
/* clang-format on */

enum { ROWS = sizeof rows / sizeof *rows };

void options_help(void)
{
    fputs(
        "weir-bench [options]: times recurrent layers on one pinned core: every kernel of Weir's\n"
        "that this machine can run, and a plain C baseline, in rounds (A B C, A B C, ...),\n"
        "medians over the rounds.\n\n",
        stdout);
    command_line_help(rows, ROWS, stdout);
    fputs("\nIn parentheses: what is taken when an option is not given. Shapes are then those of\n"
          "bench/shapes/default.txt in the source tree, with --train of training.txt. Names are\n"
          "SHAPE/KERNEL. WEIR_ISA caps the ISA. Status: 0; 1 when something failed or gave wrong\n"
          "results; 2 when what was asked for cannot be had, and nothing was run. Google "
          "Benchmark's\n"
          "own flags work, too; --benchmark_min_time is 0.05 by default:\n\n",
          stdout);
    fflush(stdout); /* before what Google Benchmark prints */
}

/* Whether a list with commas has this word. */
static bool list_has(const char *list, const char *word, size_t length)
{
    for (; *list; list += *list == ',') {
        const size_t here = strcspn(list, ",");
        if (here == length && strncmp(list, word, length) == 0)
            return true;
        list += here;
    }
    return false;
}

bool options_want_type(const struct options *options, const char *type)
{
    const char *types = options->types ? options->types : weir_type_name(WEIR_TYPE_F32);
    return list_has(types, type, strlen(type));
}

static bool types_check(const struct options *options, struct failure *failure)
{
    struct text known = {0};
    bool good =
        !options->train || fail(failure, "--types is of no use with --train: f32 alone is trained");
    for (int type = 0; type < WEIR_TYPES_OF_FLOATS; type++)
        text_add(&known, "%s%s", type ? "," : "", weir_type_name((enum weir_type)type));
    for (const char *at = options->types; good; at++) {
        const size_t length = strcspn(at, ",");
        if (!list_has(known.chars, at, length))
            good = fail(failure, "--types '%s': expected some of %s", options->types, known.chars);
        at += length;
        if (!*at)
            break;
    }
    text_free(&known);
    return good;
}

/* What is handed on is for measuring, but the filter. */
static bool handed_on_check(int argc, char **argv, struct failure *failure)
{
    static const char filter[] = "--benchmark_filter=";
    for (int at = 1; at < argc; at++)
        if (strncmp(argv[at], filter, sizeof filter - 1) != 0)
            return fail(failure, "%.*s is of no use with --list", (int)strcspn(argv[at], "="),
                        argv[at]);
    return true;
}

/* What cannot be had together: a file of Google Benchmark's own has the rounds that it was told of
 * before, and one that is not run has failed. */
static bool auto_check(const struct options *options, int argc, char **argv,
                       struct failure *failure)
{
    static const char out[] = "--benchmark_out=";
    for (int at = 1; at < argc && options->is_auto; at++)
        if (strncmp(argv[at], out, sizeof out - 1) == 0)
            return fail(failure, "--benchmark_out is of no use with --rounds auto");
    return !options->is_auto || !options->format ||
           fail(failure, "--benchmark_format is of no use with --rounds auto");
}

static bool rounds_parse(const struct command_line *line, struct options *options,
                         struct failure *failure)
{
    static const char repetitions[] = "--benchmark_repetitions";
    const char *text = options->rounds_given;
    if (!text)
        return true;
    if (command_line_given(line, repetitions))
        return fail(failure, "%s is of no use with --rounds", repetitions);
    options->is_auto = strcmp(text, "auto") == 0;
    options->rounds = ROUNDS_AUTO_MAX;
    return options->is_auto || command_line_set(line, options, repetitions, text, failure) ||
           fail(failure, "--rounds '%s': expected auto or a whole number from 1 to 1000", text);
}

bool options_parse(struct options *options, int *argc, char **argv, struct failure *failure)
{
    static const char *const google[] = {"--benchmark_", "--v=", NULL};
    struct command_line line = {rows, ROWS, .handed_on = google};
    *options = (struct options){.cpu = MACHINE_QUIETEST};
    if (!command_line_read(&line, argc, argv, failure) ||
        !command_line_store(&line, options, failure) ||
        (options->types && !types_check(options, failure)) ||
        !rounds_parse(&line, options, failure) || !auto_check(options, *argc, argv, failure))
        return false;
    if (options->against && options->format)
        return fail(failure, "--benchmark_format is of no use with --against");
    if (options->against && options->mpi)
        return fail(failure,
                    "--against is of no use with --mpi: bench/compare reads what it writes");
    if (options->mpi && strcmp(options->mpi, "each") != 0 && strcmp(options->mpi, "share") != 0)
        return fail(failure, "--mpi '%s': expected each or share", options->mpi);
    if (options->resume && strcmp(options->mpi ? options->mpi : "", "share") != 0)
        return fail(failure, "--resume needs --mpi share");
    if (!options->shapes)
        options->shapes = options->train ? BENCH_SOURCE_DIR "/shapes/training.txt"
                                         : BENCH_SOURCE_DIR "/shapes/default.txt";
    return options->help ||
           (command_line_check(&line, options->list ? LISTS : MEASURES, "--list", failure) &&
            (!options->list || handed_on_check(*argc, argv, failure)));
}
