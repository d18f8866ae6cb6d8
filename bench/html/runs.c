/* SPDX-License-Identifier: MIT */
/* The circumstances of each run; see parts.h. */
#define _GNU_SOURCE
#include "clock.h"
#include "common/text.h"
#include "html/parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Whether a file lies in a folder, by whatever names. */
static bool is_in(const char *path, const char *folder)
{
    const char *slash = strrchr(path, '/');
    char *other = slash ? text_format("%.*s", (int)(slash - path) + 1, path) : text_format(".");
    struct stat a, b;
    const bool same =
        !stat(other, &a) && !stat(folder, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
    free(other);
    return same;
}

/* A run says how long it took, and how long it had its core: the part of the time for which others
 * had it, or NAN. */
static double waited(const struct run *run)
{
    const double seconds = result_context_number(&run->result, "run_seconds");
    const double cpu = result_context_number(&run->result, "run_cpu_seconds");
    return seconds > 0 ? clock_waited(seconds, cpu) : NAN;
}

static bool is_loud(const struct run *run)
{
    return !isnan(waited(run)) && !clock_was_quiet(1, 1 - waited(run));
}

void run_link(struct text *page, const struct site *site, const struct run *run)
{
    const size_t index = (size_t)(run - site->runs);
    text_add(page, "<a href=\"#run%zu\"%s title=\"", index + 1,
             is_loud(run) ? " class=\"loud\"" : "");
    html_text(page, run->name);
    text_add(page, "\">run %zu%s</a>", index + 1, is_loud(run) ? ", not quiet" : "");
}

static void quiet_add(struct text *page, const struct run *run)
{
    if (isnan(waited(run)))
        text_add(page, "it does not say whether the core was quiet");
    else if (!is_loud(run))
        text_add(page, "quiet");
    else
        text_add(page,
                 "<strong>NOT QUIET</strong>: others had the core for <span>%.0f %%</span> of "
                 "the time",
                 100 * waited(run));
}

static void kind_add(struct text *page, const struct run *run)
{
    static const char *const kinds[] = {[RUN_WEIR] = "weir-bench",
                                        [RUN_PEERS] = "peers, by a script of their own",
                                        [RUN_MODELS] =
                                            "whole models, by bench/peers/ort_models.mjs"};
    text_add(page, "%s", kinds[run->kind]);
    if (run->kind != RUN_MODELS)
        text_add(page, ", <span>%zu</span> medians", run->result.row_count);
}

static void entries_add(struct text *page, const struct run *run)
{
    text_add(page, "<dl>");
    for (size_t i = 0; i < run->result.context_count; i++) {
        text_add(page, "<dt>");
        html_text(page, run->result.context[i].key);
        text_add(page, "</dt><dd>");
        html_text(page, run->result.context[i].text);
        text_add(page, "</dd>\n");
    }
    text_add(page, "</dl>");
}

void part_runs(struct text *page, const struct site *site, const char *folder)
{
    for (const struct run *run = site->runs; run < site->runs + site->run_count; run++) {
        const size_t number = (size_t)(run - site->runs) + 1;
        const char *date = result_context(&run->result, "date");
        text_add(page,
                 "<details class=\"run\" id=\"run%zu\" data-machine=\"%zu\"><summary><b>run "
                 "%zu</b> ",
                 number, run->machine, number);
        html_text(page, run->name);
        text_add(page, "</summary><p>");
        html_text(page, site->machines[run->machine].name);
        text_add(page, "; ");
        html_text(page, date ? date : "no date");
        text_add(page, "; ");
        kind_add(page, run);
        text_add(page, "; ");
        quiet_add(page, run);
        text_add(page, ".");
        if (is_in(run->result.path, folder)) {
            text_add(page, " <a href=\"");
            html_text(page, run->name);
            text_add(page, ".json\">All rounds</a>.");
        }
        text_add(page, "</p>");
        entries_add(page, run);
        text_add(page, "</details>\n");
    }
}
