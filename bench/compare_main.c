/* SPDX-License-Identifier: MIT */
/* weir-compare, which bench/compare calls: files of results beside one another; see compare.h. */
#include "command_line.h"
#include "common/ending.h"
#include "compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* STATUS_SLOWER: what --fail-above asks for; STATUS_WRONG: there is no comparison. */
enum { STATUS_SLOWER = 1, STATUS_WRONG = 2 };

enum { FILES_MAX = 16 };

struct options {
    const char *filter, *col, *fail_above;
    bool help;
};

#define AT(field) offsetof(struct options, field)

/* clang-format off */
static const struct option_row rows[] = {
    {"--filter", "REGEX", "only benchmarks whose name matches this extended regular expression",
        OPTION_TEXT, .at = AT(filter)},
    {"--col", "WHAT", "one column each cpu, isa, type, kernel or commit, instead of each file",
        OPTION_TEXT, .at = AT(col)},
    {"--fail-above", "P%", "status 1 if a time grew by more than P per cent, significantly",
        OPTION_TEXT, .at = AT(fail_above)},
    {"--help", NULL, "this", OPTION_FLAG, AT(help), .letter = 'h'},
};
/* clang-format on */

enum { ROWS = sizeof rows / sizeof *rows };

static void help(void)
{
    puts(
        "bench/compare [option]... OLD.json NEW.json [MORE.json]...: results of weir-bench --out,\n"
        "of bench/peers' scripts, or in Google Benchmark's format, beside one another: is it\n"
        "faster? docs/bench.md says how to read it.\n");
    command_line_help(rows, ROWS, stdout);
    puts("\nWith --col one file is enough. Status: 0; 1 as --fail-above says; 2 where nothing "
         "could\n"
         "be compared, or not as asked.");
}

static bool col_parse(const char *text, enum compare_by *by, struct failure *failure)
{
    *by = BY_FILE;
    for (int k = BY_FILE + 1; text && k < BY_COUNT; k++)
        if (strcmp(text, compare_by_name[k]) == 0)
            *by = (enum compare_by)k;
    return !text || *by != BY_FILE ||
           fail(failure, "--col '%s': expected cpu, isa, type, kernel or commit", text);
}

static bool percent_parse(const char *text, double *fraction, struct failure *failure)
{
    char *end;
    *fraction = INFINITY;
    if (!text)
        return true;
    const double number = strtod(text, &end);
    if (text[strspn(text, "0123456789.%")] || end == text || strcmp(end, "%") != 0 ||
        !(number >= 0 && number <= 1000))
        return fail(failure, "--fail-above '%s': expected per cent from 0%% to 1000%%, such as 3%%",
                    text);
    *fraction = number / 100;
    return true;
}

/* What --fail-above makes of it. */
static int judge(const struct compare_verdict *verdict, double above, struct failure *failure)
{
    if (isinf(above))
        return 0;
    if (verdict->has_other_cpus) {
        fail(failure, "--fail-above is of no use with times of different CPUs, or of unknown ones");
        return STATUS_WRONG;
    }
    if (verdict->testable == 0) {
        fail(failure, "--fail-above is of no use with so few rounds: nothing could be significant; "
                      "weir-bench --rounds auto makes enough");
        return STATUS_WRONG;
    }
    if (verdict->worst <= above)
        return 0;
    fail(failure, "%s takes %.1f %% longer, more than the %g %% of --fail-above",
         verdict->worst_name, 100 * verdict->worst, 100 * above);
    return STATUS_SLOWER;
}

static int compare(const struct comparison *comparison, double above, struct failure *failure)
{
    struct compare_verdict verdict;
    if (!compare_print(comparison, stdout, &verdict, failure))
        return STATUS_WRONG;
    fflush(stdout); /* before what comes on stderr */
    return judge(&verdict, above, failure);
}

/* Does what is asked for; the exit status, and a sentence unless that is 0. */
static int run(int argc, char **argv, struct failure *failure)
{
    const char *paths[FILES_MAX];
    struct result results[FILES_MAX];
    struct options options = {0};
    struct comparison comparison = {.results = results};
    struct command_line line = {rows, ROWS, .words = paths, .words_most = FILES_MAX};
    double above;
    int status = STATUS_WRONG;
    if (!command_line_read(&line, &argc, argv, failure) ||
        !command_line_store(&line, &options, failure))
        return STATUS_WRONG;
    if (options.help) {
        help();
        return 0;
    }
    if (!col_parse(options.col, &comparison.by, failure) ||
        !percent_parse(options.fail_above, &above, failure))
        return STATUS_WRONG;
    comparison.filter = options.filter;
    const size_t least = comparison.by == BY_FILE ? 2 : 1;
    bool good = line.word_count >= least ||
                fail(failure, "%zu files, expected %zu or more; --help tells how to call it",
                     line.word_count, least);
    while (good && comparison.count < line.word_count) {
        good = result_read(&results[comparison.count], paths[comparison.count], failure);
        comparison.count += good;
    }
    if (good)
        status = compare(&comparison, above, failure);
    for (size_t r = 0; r < comparison.count; r++)
        result_free(&results[r]);
    return status;
}

int main(int argc, char **argv)
{
    struct failure failure;
    const int status = run(argc, argv, &failure);
    if (status)
        fprintf(stderr, "weir-compare: %s\n", failure.sentence);
    return end_program("weir-compare", status);
}
