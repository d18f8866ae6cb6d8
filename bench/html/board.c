/* SPDX-License-Identifier: MIT */
/* The table of problems by machines, and what it can be filtered by; see parts.h. All that the
 * script filters and sorts by is in data- attributes of what it moves. */
#include "html/parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A blank at which no line ends. */
#define NOT_APART "\xc2\xa0"

void problem_text(struct text *page, const struct problem *problem)
{
    const struct result_row *row = problem->row;
    html_text(page, row->cell);
    text_add(page, " %zux%zu", row->I, row->H);
    if (row->P)
        text_add(page, " P %zu", row->P);
    text_add(page, " T" NOT_APART "%zu" NOT_APART "B" NOT_APART "%zu", row->T, row->B);
}

void problem_names(struct text *page, const struct problem *problem)
{
    for (size_t n = 0; n < problem->name_count; n++) {
        text_add(page, "%s", n ? ", " : "");
        html_text(page, problem->names[n]);
    }
}

/* ---- A cell of the table ---- */

/* How a ratio is coloured: from behind to far ahead. */
static int colour_of(double ratio)
{
    static const double steps[] = {0.97, 1.03, 1.25, 2};
    int colour = 0;
    while (colour < 4 && ratio >= steps[colour])
        colour++;
    return colour;
}

static void rival_add(struct text *page, const struct choice *choice, const struct rival *rival)
{
    const double ratio = rival->row->median / choice->row->median;
    const bool is_elsewhere = rival->run != choice->run;
    text_add(page, "<span class=\"p c%d%s\" title=\"", colour_of(ratio),
             is_elsewhere ? " elsewhere" : "");
    html_text(page, rival->row->contender);
    text_add(page, ": %s " MICRO "%s", html_number(rival->row->median).text,
             is_elsewhere ? ", in " : "");
    if (is_elsewhere)
        html_text(page, rival->run->name);
    text_add(page, "\">");
    html_text(page, site_rival_name(rival));
    text_add(page, "%s <b>%s</b>%s</span>", rival->is_f32 ? " f32" : "", html_number(ratio).text,
             is_elsewhere ? "*" : "");
}

/* The library that comes nearest, plain C aside; 0: there is none. */
static double nearest_of(const struct choice *choice, const struct rival *rivals, size_t count)
{
    double nearest = INFINITY;
    for (size_t r = 0; r < count; r++)
        if (rivals[r].run == choice->run && strcmp(rivals[r].row->kind, "baseline"))
            nearest = fmin(nearest, rivals[r].row->median / choice->row->median);
    return isfinite(nearest) ? nearest : 0;
}

static void choice_add(struct text *page, const struct site *site, const struct choice *choice,
                       size_t problem)
{
    const struct result_row *row = choice->row;
    struct rival rivals[RIVALS_MAX];
    const size_t count = site_rivals(site, choice, problem, rivals);
    text_add(page, "<div class=\"k\" data-isa=\"");
    html_text(page, site_isa(row).text);
    text_add(page, "\" data-us=\"%.6g\" data-near=\"%.4g\"", row->median,
             nearest_of(choice, rivals, count));
    if (isfinite(row->fraction))
        text_add(page, " data-f=\"%.4g\"", row->fraction);
    text_add(page, "><span class=\"us\"><b>%s</b> " MICRO "</span>", html_number(row->median).text);
    if (isfinite(row->fraction))
        text_add(page, "<span class=\"f\" style=\"--f:%.2f\">%.2f</span>",
                 fmin(1, fmax(0, row->fraction)), row->fraction);
    text_add(page, "<code>");
    html_text(page, row->contender);
    text_add(page, "</code>");
    for (size_t r = 0; r < count; r++)
        rival_add(page, choice, &rivals[r]);
    if (isfinite(row->error))
        text_add(page, "<span class=\"e\">error %.1e</span>", row->error);
    run_link(page, site, choice->run);
    text_add(page, "</div>");
}

static void cell_add(struct text *page, const struct site *site, size_t machine, size_t problem,
                     const struct group *group)
{
    struct choice choices[CHOICES_MAX];
    const size_t count = site_choices(site, problem, machine, group, choices);
    text_add(page, "<td data-machine=\"%zu\" data-label=\"", machine);
    html_text(page, site->machines[machine].name);
    text_add(page, "\">");
    if (count)
        choice_add(page, site, &choices[0], problem);
    if (count > 1) {
        text_add(page, "<details><summary>%zu more</summary>", count - 1);
        for (size_t c = 1; c < count; c++)
            choice_add(page, site, &choices[c], problem);
        text_add(page, "</details>");
    }
    text_add(page, "</td>");
}

/* ---- The table ---- */

static bool has_any(const struct site *site, size_t problem, const struct group *group)
{
    struct choice choices[CHOICES_MAX];
    for (size_t m = 0; m < site->machine_count; m++)
        if (site_choices(site, problem, m, group, choices))
            return true;
    return false;
}

static void group_name(struct text *page, const struct group *group)
{
    text_add(page, "%s, ", group->train ? "Forward and backward" : "Forward");
    text_add(page, group->threads == 1 ? "one thread" : "%zu threads", group->threads);
    text_add(page, ", weights of ");
    html_text(page, group->type);
}

static void group_add(struct text *page, const struct site *site, const struct group *group)
{
    text_add(page, "<tbody data-train=\"%d\" data-threads=\"%zu\" data-type=\"", group->train,
             group->threads);
    html_text(page, group->type);
    text_add(page, "\"><tr class=\"group\"><th scope=\"rowgroup\" colspan=\"%zu\">",
             site->machine_count + 1);
    group_name(page, group);
    text_add(page, "</th></tr>\n");
    for (size_t p = 0; p < site->problem_count; p++) {
        if (!has_any(site, p, group))
            continue;
        text_add(page, "<tr data-order=\"%zu\"><th scope=\"row\">", p + 1);
        problem_text(page, &site->problems[p]);
        text_add(page, " <small>");
        problem_names(page, &site->problems[p]);
        text_add(page, "</small></th>");
        for (size_t m = 0; m < site->machine_count; m++)
            cell_add(page, site, m, p, group);
        text_add(page, "</tr>\n");
    }
    text_add(page, "</tbody>\n");
}

void part_board(struct text *page, const struct site *site)
{
    struct group groups[GROUPS_MAX];
    const size_t count = site_groups(site, groups);
    text_add(page, "<thead><tr><th scope=\"col\">Shape</th>");
    for (size_t m = 0; m < site->machine_count; m++) {
        text_add(page, "<th scope=\"col\" data-machine=\"%zu\">", m);
        html_text(page, site->machines[m].name);
        text_add(page, "</th>");
    }
    text_add(page, "</tr></thead>\n");
    for (size_t g = 0; g < count; g++)
        group_add(page, site, &groups[g]);
}

/* ---- Filters ---- */

static void box_add(struct text *page, const char *filter, const char *value, const char *label)
{
    text_add(page, "<label><input type=\"checkbox\" checked=\"\" data-filter=\"%s\" value=\"",
             filter);
    html_text(page, value);
    text_add(page, "\"/>");
    html_text(page, label);
    text_add(page, "</label>");
}

static void isas_add(struct text *page, const struct site *site)
{
    struct isa_name seen[GROUPS_MAX];
    size_t count = 0;
    text_add(page, "<fieldset><legend>ISA</legend>");
    for (const struct run *run = site->runs; run < site->runs + site->run_count; run++)
        for (size_t r = 0; r < run->result.row_count; r++) {
            const struct isa_name isa = site_isa(&run->result.rows[r]);
            size_t s = 0;
            while (s < count && strcmp(seen[s].text, isa.text))
                s++;
            if (s < count || count == GROUPS_MAX || !site_is_weir(&run->result.rows[r]))
                continue;
            seen[count++] = isa;
            box_add(page, "isa", isa.text, isa.text);
        }
    text_add(page, "</fieldset>");
}

static void types_add(struct text *page, const struct site *site)
{
    const char *types[GROUPS_MAX];
    const size_t count = site_types(site, types);
    text_add(page, "<fieldset><legend>Weights</legend>");
    for (size_t t = 0; t < count; t++)
        box_add(page, "type", types[t], types[t]);
    text_add(page, "</fieldset>");
}

static void threads_add(struct text *page, const struct site *site)
{
    struct group groups[GROUPS_MAX];
    const size_t count = site_groups(site, groups);
    size_t seen = 0; /* they come in order */
    text_add(page, "<fieldset><legend>Threads</legend>");
    for (size_t g = 0; g < count; g++)
        if (groups[g].threads > seen) {
            char *threads = text_format("%zu", seen = groups[g].threads);
            box_add(page, "threads", threads, threads);
            free(threads);
        }
    text_add(page, "</fieldset><fieldset><legend>Pass</legend>");
    box_add(page, "train", "0", "forward");
    if (count && groups[count - 1].train)
        box_add(page, "train", "1", "and backward");
    text_add(page, "</fieldset>");
}

void part_filters(struct text *page, const struct site *site)
{
    text_add(page, "<fieldset><legend>Machine</legend>");
    for (size_t m = 0; m < site->machine_count; m++) {
        char *value = text_format("%zu", m);
        box_add(page, "machine", value, site->machines[m].name);
        free(value);
    }
    text_add(page, "</fieldset>");
    isas_add(page, site);
    types_add(page, site);
    threads_add(page, site);
}
