/* SPDX-License-Identifier: MIT */
/* A page that sets results beside one another; see compare.h. */
#define _GNU_SOURCE
#include "clock.h"
#include "compare_page.h"
#include "order.h"

#include "common/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct page {
    const struct comparison *comparison;
    FILE *file;
    struct compare_verdict *verdict;
    struct peers *peers; /* of all files, where CPUs differ somewhere */
    struct counts counts;
};

/* ---- Columns ---- */

/* What all paths begin and end with says nothing: old/a.json and new/a.json are old and new. */
static void paths_shorten(const struct grid *grid, char *columns[COLUMNS_MAX])
{
    const char *first = grid->columns[0];
    size_t begin = 0, end = 0, length = strlen(first);
    for (size_t i = 0; i < length; i++) {
        for (size_t c = 1; c < grid->column_count; c++)
            if (strncmp(grid->columns[c], first, i + 1) != 0)
                length = i;
        if (i < length && first[i] == '/')
            begin = i + 1;
    }
    length = strlen(first);
    for (size_t i = 1; i <= length - begin; i++) {
        for (size_t c = 1; c < grid->column_count; c++) {
            const size_t other = strlen(grid->columns[c]);
            if (other - begin < i || strcmp(grid->columns[c] + other - i, first + length - i) != 0)
                length = 0;
        }
        if (length == 0)
            break;
        if (first[length - i] == '/' || strcmp(first + length - i, ".json") == 0)
            end = i;
    }
    for (size_t c = 0; c < grid->column_count; c++) {
        const char *path = grid->columns[c];
        columns[c] = text_format("%.*s", (int)(strlen(path) - begin - end), path + begin);
    }
}

static void columns_name(const struct page *page, const struct grid *grid,
                         char *columns[COLUMNS_MAX])
{
    if (page->comparison->by == BY_FILE) {
        paths_shorten(grid, columns);
        return;
    }
    for (size_t c = 0; c < grid->column_count; c++)
        columns[c] = text_format("%s", grid->columns[c]);
}

/* ---- Circumstances ---- */

static bool is_ceiling(const char *key)
{
    return strncmp(key, "ceiling_", strlen("ceiling_")) == 0;
}

/* What differs between any two runs; ceilings, between any two CPUs. */
static bool is_passing(const char *key, bool is_one_cpu)
{
    static const char *const keys[] = {
        "date",          "mhz",       "load_average_", "run_seconds", "run_cpu_seconds",
        "steal_seconds", "host_name", "executable"};
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        if (strncmp(key, keys[k], strlen(keys[k])) == 0)
            return true;
    return !is_one_cpu && is_ceiling(key);
}

/* Ceilings of one machine scatter; by more than this it was another, or not quiet. */
static const double ceilings_apart = 0.05;

/* What one of them does not say is not known to differ. */
static bool differs(const char *key, const char *a, const char *b)
{
    if (!a || !b)
        return false;
    if (!is_ceiling(key))
        return strcmp(a, b) != 0;
    return !(fabs(strtod(a, NULL) / strtod(b, NULL) - 1) <= ceilings_apart);
}

static void circumstance_print(const struct page *page, const struct grid *grid, const char *key,
                               bool *is_told)
{
    enum { SHOWN = 60 };
    bool is_other = false;
    for (size_t a = 0; a < grid->column_count; a++)
        for (size_t b = 0; b < a; b++)
            is_other = is_other || differs(key, result_context(grid->runs[a], key),
                                           result_context(grid->runs[b], key));
    if (!is_other)
        return;
    if (!*is_told)
        fprintf(page->file, "Circumstances that differ:\n");
    *is_told = true;
    fprintf(page->file, "  %s:", key);
    for (size_t c = 0; c < grid->column_count; c++) {
        const char *text = result_context(grid->runs[c], key);
        text = text ? text : "not said";
        fprintf(page->file, "%s %.*s%s", c ? " |" : "", SHOWN, text,
                strlen(text) > SHOWN ? "..." : "");
    }
    fputc('\n', page->file);
}

static void circumstances_print(const struct page *page, const struct grid *grid, bool is_one_cpu)
{
    bool is_told = false;
    for (size_t c = 0; c < grid->column_count; c++)
        for (size_t i = 0; i < grid->runs[c]->context_count; i++) {
            const char *key = grid->runs[c]->context[i].key;
            bool is_new = !is_passing(key, is_one_cpu);
            for (size_t before = 0; before < c && is_new; before++)
                is_new = !result_context(grid->runs[before], key);
            if (is_new)
                circumstance_print(page, grid, key, &is_told);
        }
    if (is_told)
        fputc('\n', page->file);
}

/* ---- CPUs ---- */

static bool is_same_cpu(const struct result *a, const struct result *b)
{
    char *one = cpu_of(a), *other = cpu_of(b);
    const bool is_same = a == b || (one && other && strcmp(one, other) == 0);
    free(one);
    free(other);
    return is_same;
}

static bool has_one_cpu(const struct grid *grid)
{
    const struct result *first = grid->runs[0], *last = first;
    for (size_t i = 0; i < grid->line_count; i++)
        for (size_t c = 0; c < grid->column_count; c++) {
            const struct result *result = grid->lines[i].cells[c].result;
            if (result && result != last && !is_same_cpu(first, result))
                return false;
            last = result ? result : last;
        }
    return true;
}

static char *cpus_title(const struct page *page, const struct grid *grid, char *const *columns)
{
    struct text text = {0};
    text_add(&text, "Time of a call in us, OF DIFFERENT CPUS, or of some that are not known");
    for (size_t c = 0; c < grid->column_count && page->comparison->by != BY_CPU; c++) {
        char *cpu = cpu_of(grid->runs[c]);
        text_add(&text, "\n  %s: %s", columns[c], cpu ? cpu : "not said");
        free(cpu);
    }
    return text.chars;
}

/* ---- Grids ---- */

static bool own_ratios_print(struct page *page, const struct grid *grid, char *const *columns)
{
    const char *kinds[PEER_KINDS_MAX];
    const size_t count = measure_peers(grid, kinds);
    struct measure measure = {
        .of = OF_BOUND, .peers = page->peers, .peer_count = page->comparison->count};
    bool good = compare_table(
        grid, &measure, "Part of a call's time that the bound of its own CPU is: more is better",
        (const char *const *)columns, page->file, &page->counts, NULL);
    measure.of = OF_PEER;
    for (size_t k = 0; k < count && good; k++) {
        char *title =
            text_format("How many times longer %s takes on the same CPU: more is better", kinds[k]);
        measure.peer = kinds[k];
        good = compare_table(grid, &measure, title, (const char *const *)columns, page->file,
                             &page->counts, NULL);
        free(title);
    }
    return good;
}

static void notes_print(const struct page *page, const struct grid *grid)
{
    static const char *const said[NOTES] = {
        [NOTE_ALONE] = "not in the first column, or there alone",
        [NOTE_SLOWER] = "a faster one of the same file stands where it would",
        [NOTE_LATER_FILE] = "in the same column of a file before",
        [NOTE_OTHER_SIZES] = "the same shape has other sizes",
    };
    bool is_told = false;
    for (size_t n = 0; n < NOTES; n++) {
        is_told = is_told || grid->notes[n].count > 0;
        if (grid->notes[n].count > 0)
            fprintf(page->file, "%zu left out (%s): %s%s\n", grid->notes[n].count, said[n],
                    grid->notes[n].first, grid->notes[n].count > 1 ? ", ..." : "");
    }
    if (is_told)
        fputc('\n', page->file);
}

/* Times of a run whose core others used are too long. */
static void quiet_check(const struct page *page)
{
    for (size_t r = 0; r < page->comparison->count; r++) {
        const struct result *result = &page->comparison->results[r];
        const double seconds = result_context_number(result, "run_seconds");
        const double cpu_seconds = result_context_number(result, "run_cpu_seconds");
        if (seconds > 0 && cpu_seconds >= 0 && !clock_was_quiet(seconds, cpu_seconds))
            fprintf(page->file, "NOT QUIET: others had the core of %s for %.0f %% of the time.\n",
                    result->path, 100 * clock_waited(seconds, cpu_seconds));
    }
}

static bool grid_print(struct page *page, const struct grid *grid, bool is_only)
{
    static const struct measure time = {.of = OF_TIME};
    char *columns[COLUMNS_MAX];
    const bool is_one = has_one_cpu(grid);
    columns_name(page, grid, columns);
    if (!is_only)
        fprintf(page->file, "==== %s ====\n\n", *grid->title ? grid->title : "unknown CPU");
    circumstances_print(page, grid, is_one);
    char *title = is_one ? text_format("Time of a call in us: less is better")
                         : cpus_title(page, grid, columns);
    const bool good = (is_one || own_ratios_print(page, grid, columns)) &&
                      compare_table(grid, &time, title, (const char *const *)columns, page->file,
                                    &page->counts, page->verdict);
    notes_print(page, grid);
    page->verdict->has_other_cpus = page->verdict->has_other_cpus || !is_one;
    free(title);
    for (size_t c = 0; c < grid->column_count; c++)
        free(columns[c]);
    return good;
}

/* ---- Below all ---- */

static void legend_print(const struct page *page)
{
    const struct counts *counts = &page->counts;
    FILE *file = page->file;
    fprintf(
        file,
        "Median of the rounds +- the larger half of its interval of 95 %% (order statistics).\n"
        "change: of the median, against the first column; ~: not significant. p: how often chance\n"
        "alone sets rounds so far apart, by Mann and Whitney's U, two-sided: ");
    if (counts->exact == counts->tested)
        fprintf(file, "exact.\n");
    else
        fprintf(file,
                "exact for %zu\nof %zu, by the normal distribution for the others, of more "
                "rounds.\n",
                counts->exact, counts->tested);
    fprintf(file, "%zu of %zu are significant (p < 0.05); where nothing differs, %.1f would be.\n",
            counts->significant, counts->tested, 0.05 * (double)counts->tested);
    if (counts->least_rounds < ROUNDS_FEW)
        fprintf(file,
                "FEW ROUNDS: %zu where there are fewest. With fewer than %d one that is disturbed "
                "counts "
                "for much; weir-bench --rounds auto\nmakes as many as are needed.\n",
                counts->least_rounds, ROUNDS_FEW);
    if (counts->without_interval > 0)
        fprintf(file, "+- ? of %zu: fewer than six rounds have no such interval.\n",
                counts->without_interval);
    if (counts->testable < counts->tested)
        fprintf(file,
                "%zu could not be significant, whatever their times: they have too few rounds.\n",
                counts->tested - counts->testable);
}

static bool grids_print(struct page *page, const struct grids *grids)
{
    size_t filled = 0;
    for (size_t g = 0; g < grids->count; g++)
        filled += grids->at[g].line_count > 0;
    for (size_t g = 0; g < grids->count; g++)
        if (grids->at[g].line_count > 0 && !grid_print(page, &grids->at[g], filled == 1))
            return false;
    if (grids->joined > 0 && page->comparison->count > 1)
        fprintf(page->file,
                "Files that do not say which CPU they are of, and stand with the first that does: "
                "%zu.\n",
                grids->joined);
    quiet_check(page);
    legend_print(page);
    return true;
}

bool compare_print(const struct comparison *comparison, FILE *file, struct compare_verdict *verdict,
                   struct failure *failure)
{
    struct grids grids;
    struct page page = {.comparison = comparison, .file = file, .verdict = verdict};
    *verdict = (struct compare_verdict){0};
    page.peers = calloc(comparison->count, sizeof *page.peers);
    bool good = page.peers || fail_memory(failure);
    for (size_t r = 0; r < comparison->count && good; r++)
        good = peers_make(&page.peers[r], &comparison->results[r]) || fail_memory(failure);
    if (good) {
        good = grids_make(&grids, comparison, failure) &&
               (grids_print(&page, &grids) || fail_memory(failure));
        grids_free(&grids);
    }
    for (size_t r = 0; r < comparison->count && page.peers; r++)
        peers_free(&page.peers[r]);
    free(page.peers);
    verdict->testable = page.counts.testable;
    return good;
}
