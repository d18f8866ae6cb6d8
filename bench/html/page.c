/* SPDX-License-Identifier: MIT */
/* The page is template/page.html with its parts put in: @NAME@ is one. A section that would be
 * empty, between @IF NAME@ and @END@, is left out. */
#include "html/page.h"

#include "html/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *file, *text;
} templates[] = {
#define HTML_TEMPLATE(file, text) {file, text},
#include "html_templates.inc"
#undef HTML_TEMPLATE
};

static const char *template_text(const char *file)
{
    for (size_t i = 0; i < sizeof templates / sizeof *templates; i++)
        if (!strcmp(templates[i].file, file))
            return templates[i].text;
    fprintf(stderr, "weir-report: there is no template %s\n", file);
    abort();
}

/* ---- Parts by name ---- */

struct place {
    const struct site *site;
    const char *folder;
};

static void style(struct text *page, const struct place *place)
{
    (void)place;
    text_add(page, "%s", template_text("style.css"));
}

static void script(struct text *page, const struct place *place)
{
    (void)place;
    text_add(page, "%s", template_text("script.js"));
}

static void runs(struct text *page, const struct place *place)
{
    part_runs(page, place->site, place->folder);
}

static void counts(struct text *page, const struct place *place)
{
    const struct site *site = place->site;
    text_add(page, "<b>%zu</b> file%s of results, <b>%zu</b> machine%s, <b>%zu</b> shape%s",
             site->run_count, site->run_count == 1 ? "" : "s", site->machine_count,
             site->machine_count == 1 ? "" : "s", site->problem_count,
             site->problem_count == 1 ? "" : "s");
}

static const struct {
    const char *name;
    void (*of_site)(struct text *page, const struct site *site);
    void (*of_place)(struct text *page, const struct place *place);
} parts[] = {
    {"STYLE", NULL, style},          {"SCRIPT", NULL, script},
    {"COUNTS", NULL, counts},        {"RUNS", NULL, runs},
    {"SUMMARY", part_summary, NULL}, {"FILTERS", part_filters, NULL},
    {"BOARD", part_board, NULL},     {"ROOFLINES", part_rooflines, NULL},
    {"ERRORS", part_errors, NULL},   {"TUNED", part_tuned, NULL},
    {"MODELS", part_models, NULL},
};

static void part_add(struct text *page, const struct place *place, const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (strlen(parts[i].name) != length || strncmp(parts[i].name, name, length))
            continue;
        if (parts[i].of_site)
            parts[i].of_site(page, place->site);
        else
            parts[i].of_place(page, place);
        return;
    }
    fprintf(stderr, "weir-report: the template names no part %.*s\n", (int)length, name);
    abort();
}

static bool is_empty(const struct place *place, const char *name, size_t length)
{
    struct text part = {0};
    part_add(&part, place, name, length);
    const bool empty = part.length == 0;
    text_free(&part);
    return empty;
}

void page_make(struct text *page, const struct site *site, const char *folder)
{
    static const char condition[] = "IF ", end[] = "@END@";
    const struct place place = {site, folder};
    const char *at = template_text("page.html");
    while (*at) {
        const size_t plain = strcspn(at, "@");
        text_add_bytes(page, at, plain);
        at += plain;
        if (!*at)
            return;
        const size_t length = strcspn(at + 1, "@");
        const char *name = at + 1;
        at += length + 2;
        if (!strncmp(name, condition, sizeof condition - 1)) {
            if (is_empty(&place, name + sizeof condition - 1, length - (sizeof condition - 1)))
                at = strstr(at, end) + sizeof end - 1;
        } else if (strncmp(name, "END", length)) {
            part_add(page, &place, name, length);
        }
    }
}
