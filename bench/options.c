/* SPDX-License-Identifier: MIT */
/* The command line; see options.h. */
#define _GNU_SOURCE
#include "options.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 5, LONGEST = 2, ARGUMENTS_MAX = 1000 };

/* Long enough for a hundred calls of a small layer, short enough for a sweep of minutes. */
static char default_min_time[] = "--benchmark_min_time=0.05";

static const char help[] =
    "weir-bench [flags]: times recurrent layers on one pinned core: every kernel of Weir's that\n"
    "this machine can run, and a plain C baseline, in rounds (A B C, A B C, ...), medians over\n"
    "the rounds.\n\n"
    "  --shapes FILE  what to run, one a line: name cell I H T B [P=size] [data=file]\n"
    "                 (default: bench/shapes/default.txt of the source tree,\n"
    "                 or training.txt)\n"
    "  --train        train: forward and backward, to gradients by inputs and weights\n"
    "  --cpu N        the core to pin to (default: the quietest, the last among equals)\n"
    "  --out PREFIX   write PREFIX.json (Google Benchmark's format) and PREFIX.md\n"
    "  --threads N    run Weir's kernels on N threads too, each pinned to a core of its own\n"
    "  --own FILES    run kernels from these shared objects too, with commas: see bench/plans\n"
    "  --peers        run other libraries beside Weir's kernels, too\n"
    "  --longest S    leave out a contender whose one call takes longer than S seconds, and\n"
    "                 time the baseline once then (default: %d)\n"
    "  --list         print the names of what would run, and run nothing\n"
    "  --help         this\n\n"
    "Of Google Benchmark's flags, --benchmark_repetitions is the number of rounds (default: %d),\n"
    "--benchmark_min_time is 0.05 by default, --benchmark_format=... replaces the table.\n"
    "Names are SHAPE/KERNEL: --benchmark_filter='^stock/.*avx512$'. WEIR_ISA caps the ISA.\n\n";

void options_help(void)
{
    printf(help, LONGEST, ROUNDS);
}

static bool number_parse(double *value, const char *flag, const char *text, double most,
                         struct failure *failure)
{
    char *end;
    errno = 0;
    *value = strtod(text, &end);
    if (end == text || *end || errno || !(*value >= 0 && *value <= most))
        return fail(failure, "%s '%s': expected a number from 0 to %g", flag, text, most);
    return true;
}

static bool whole_parse(double *value, const char *flag, const char *text, double most,
                        struct failure *failure)
{
    if (!number_parse(value, flag, text, most, failure))
        return false;
    return *value == floor(*value) || fail(failure, "%s '%s': expected a whole number", flag, text);
}

/* The value of `--flag value` or `--flag=value` at argv[*at], which then moves on to the value;
 * NULL when it is another argument. A value that is missing is "". */
static const char *value_of(const char *flag, int *at, int argc, char **argv)
{
    const size_t length = strlen(flag);
    const char *argument = argv[*at];
    if (strncmp(argument, flag, length) != 0)
        return NULL;
    if (argument[length] == '=')
        return argument + length + 1;
    if (argument[length])
        return NULL;
    return *at + 1 < argc ? argv[++*at] : "";
}

/* A boolean flag in the forms that Google Benchmark takes. */
static bool is_set(const char *flag, const char *argument)
{
    const size_t length = strlen(flag);
    return strncmp(argument, flag, length) == 0 &&
           (!argument[length] || strcmp(argument + length, "=true") == 0 ||
            strcmp(argument + length, "=1") == 0);
}

enum taken { TAKEN, LEFT, BAD };

/* One argument, and its value if that is the next one. */
static enum taken argument_take(struct options *options, int *at, int argc, char **argv,
                                struct failure *failure)
{
    const char *value;
    double number = 0;
    if ((value = value_of("--shapes", at, argc, argv)) != NULL) {
        options->shapes = value;
        return *value ? TAKEN : (fail(failure, "--shapes needs the path of a shapes file"), BAD);
    }
    if ((value = value_of("--out", at, argc, argv)) != NULL) {
        options->out = value;
        return *value ? TAKEN : (fail(failure, "--out needs the prefix of files to write"), BAD);
    }
    if ((value = value_of("--own", at, argc, argv)) != NULL) {
        options->own = value;
        return *value ? TAKEN : (fail(failure, "--own needs the paths of shared objects"), BAD);
    }
    if ((value = value_of("--cpu", at, argc, argv)) != NULL) {
        if (!whole_parse(&number, "--cpu", value, 65535, failure))
            return BAD;
        options->cpu = (long)number;
        return TAKEN;
    }
    if ((value = value_of("--threads", at, argc, argv)) != NULL) {
        if (!whole_parse(&number, "--threads", value, 65535, failure))
            return BAD;
        if (number < 1)
            return fail(failure, "--threads 0: expected at least one thread"), BAD;
        options->threads = (size_t)number;
        return TAKEN;
    }
    if ((value = value_of("--longest", at, argc, argv)) != NULL)
        return number_parse(&options->longest, "--longest", value, 1e6, failure) ? TAKEN : BAD;
    if (strncmp(argv[*at], "--benchmark_repetitions=", 24) == 0) {
        if (!whole_parse(&number, "--benchmark_repetitions", argv[*at] + 24, 1000, failure))
            return BAD;
        if (number < 1)
            return fail(failure, "--benchmark_repetitions=0: expected at least one round"), BAD;
        options->rounds = (size_t)number;
        return TAKEN;
    }
    if (is_set("--list", argv[*at]) || is_set("--benchmark_list_tests", argv[*at]))
        return options->list = true, TAKEN;
    if (is_set("--peers", argv[*at]))
        return options->peers = true, TAKEN;
    if (is_set("--train", argv[*at]))
        return options->train = true, TAKEN;
    if (strncmp(argv[*at], "--benchmark_filter=", 19) == 0)
        options->filter = argv[*at] + 19;
    if (strncmp(argv[*at], "--benchmark_format=", 19) == 0)
        options->google = true;
    return LEFT;
}

bool options_parse(struct options *options, int *argc, char ***argv, struct failure *failure)
{
    static char *kept[ARGUMENTS_MAX + 2];
    int count = 0;
    *options = (struct options){.cpu = -1, .rounds = ROUNDS, .threads = 1, .longest = LONGEST};
    if (*argc > ARGUMENTS_MAX)
        return fail(failure, "more than %d arguments", ARGUMENTS_MAX);
    kept[count++] = (*argv)[0];
    if (!getenv("BENCHMARK_MIN_TIME"))
        kept[count++] = default_min_time; /* first, so that the user's own comes later and counts */
    for (int at = 1; at < *argc; at++) {
        const int start = at;
        const enum taken taken = argument_take(options, &at, *argc, *argv, failure);
        if (taken == BAD)
            return false;
        if (taken == LEFT)
            kept[count++] = (*argv)[start];
    }
    kept[count] = NULL;
    if (!options->shapes)
        options->shapes = options->train ? BENCH_SOURCE_DIR "/shapes/training.txt"
                                         : BENCH_SOURCE_DIR "/shapes/default.txt";
    *argc = count;
    *argv = kept;
    return true;
}
