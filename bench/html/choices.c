/* SPDX-License-Identifier: MIT */
/* Who is compared with whom; see site.h. A ratio is of two medians of one run, but for peers that a
 * script of theirs has timed. */
#include "html/site.h"

#include <stdio.h>
#include <string.h>

bool site_is_weir(const struct result_row *row)
{
    return !strcmp(row->kind, "weir") || !strcmp(row->kind, "threads");
}

struct isa_name site_isa(const struct result_row *row)
{
    struct isa_name isa = {""};
    const char *how = strstr(row->contender, "__");
    const size_t length = how ? strcspn(how + 2, "_/") : 0;
    if (length && length < sizeof isa.text)
        memcpy(isa.text, how + 2, length);
    else
        snprintf(isa.text, sizeof isa.text, "%.*s", (int)sizeof isa.text - 1, row->isa);
    return isa;
}

static bool is_same_isa(const struct result_row *a, const struct result_row *b)
{
    return !strcmp(site_isa(a).text, site_isa(b).text);
}

static bool is_of(const struct result_row *row, const struct group *group)
{
    return row->train == group->train && row->threads == group->threads &&
           !strcmp(row->type, group->type);
}

static int type_order(const char *type)
{
    static const char *const types[] = {"f32", "bf16", "f16", "i8"};
    const int count = sizeof types / sizeof *types;
    int order = 0;
    while (order < count && strcmp(types[order], type))
        order++;
    return order;
}

static bool comes_before(const struct group *a, const struct group *b)
{
    const int types = type_order(a->type) - type_order(b->type);
    if (a->train != b->train)
        return b->train;
    if (a->threads != b->threads)
        return a->threads < b->threads;
    return types ? types < 0 : strcmp(a->type, b->type) < 0;
}

size_t site_groups(const struct site *site, struct group groups[GROUPS_MAX])
{
    size_t count = 0;
    for (const struct run *run = site->runs; run < site->runs + site->run_count; run++)
        for (size_t r = 0; r < run->result.row_count; r++) {
            const struct result_row *row = &run->result.rows[r];
            const struct group group = {row->train, row->threads, row->type};
            size_t g = 0;
            while (g < count && !is_of(row, &groups[g]))
                g++;
            if (g < count || count == GROUPS_MAX || !site_is_weir(row))
                continue;
            for (g = count++; g > 0 && comes_before(&group, &groups[g - 1]); g--)
                groups[g] = groups[g - 1];
            groups[g] = group;
        }
    return count;
}

size_t site_types(const struct site *site, const char *types[GROUPS_MAX])
{
    struct group groups[GROUPS_MAX];
    const size_t group_count = site_groups(site, groups);
    size_t count = 0;
    for (size_t g = 0; g < group_count; g++) {
        size_t at = 0;
        while (at < count && type_order(types[at]) < type_order(groups[g].type))
            at++;
        bool is_new = true;
        for (size_t t = 0; t < count; t++)
            is_new = is_new && strcmp(types[t], groups[g].type);
        if (!is_new)
            continue;
        memmove(types + at + 1, types + at, (count++ - at) * sizeof *types);
        types[at] = groups[g].type;
    }
    return count;
}

/* Puts it where it belongs, or nowhere. */
static size_t choice_put(struct choice choices[CHOICES_MAX], size_t count,
                         const struct choice *choice)
{
    size_t at = 0, last;
    for (at = 0; at < count; at++) /* one a run and ISA */
        if (choices[at].run == choice->run && is_same_isa(choices[at].row, choice->row))
            break;
    if (at < count && choices[at].row->median <= choice->row->median)
        return count;
    if (at == count && count == CHOICES_MAX)
        return count;
    last = at == count ? count++ : at;
    for (; last > 0 && choices[last - 1].row->median > choice->row->median; last--)
        choices[last] = choices[last - 1];
    choices[last] = *choice;
    return count;
}

/* Runs of one machine differ by a little: of those that are as fast as the fastest, one that timed
 * other libraries, too, tells more. */
static void compared_first(const struct site *site, size_t problem, struct choice *choices,
                           size_t count)
{
    static const double alike = 1.05;
    for (size_t c = 0; c < count && choices[c].row->median <= alike * choices[0].row->median; c++) {
        const struct choice choice = choices[c];
        struct rival rivals[RIVALS_MAX];
        const size_t beside = site_rivals(site, &choice, problem, rivals);
        for (size_t r = 0; r < beside; r++)
            if (rivals[r].run == choice.run && strcmp(rivals[r].row->kind, "baseline")) {
                for (; c > 0; c--)
                    choices[c] = choices[c - 1];
                choices[0] = choice;
                return;
            }
    }
}

size_t site_choices(const struct site *site, size_t problem, size_t machine,
                    const struct group *group, struct choice choices[CHOICES_MAX])
{
    size_t count = 0;
    for (const struct run *run = site->runs; run < site->runs + site->run_count; run++)
        for (size_t r = 0; run->machine == machine && r < run->result.row_count; r++) {
            const struct choice choice = {run, &run->result.rows[r]};
            if (run->problem[r] == problem && site_is_weir(choice.row) && is_of(choice.row, group))
                count = choice_put(choices, count, &choice);
        }
    if (count > 1)
        compared_first(site, problem, choices, count);
    return count;
}

/* ---- Rivals ---- */

/* Whether a row of the same problem is what the choice is compared with. */
static bool is_rival(const struct run *run, const struct result_row *row,
                     const struct choice *choice)
{
    if (choice->row->threads > 1)
        return run == choice->run && site_is_weir(row) && row->threads == 1 &&
               is_same_isa(row, choice->row) && !strcmp(row->type, choice->row->type);
    if (site_is_weir(row) || row->threads > 1)
        return false;
    return run == choice->run || (run->kind == RUN_PEERS && site_is_beside(run, choice->run));
}

/* Libraries of the same run, then plain C, then what was timed in another run; else as they come.
 */
static int rank_of(const struct rival *rival, const struct choice *choice)
{
    if (rival->run != choice->run)
        return 3;
    return !strcmp(rival->row->kind, "baseline") ? 2 : rival->is_f32;
}

static void rivals_sort(struct rival *rivals, size_t count, const struct choice *choice)
{
    for (size_t i = 1; i < count; i++)
        for (size_t k = i; k > 0 && rank_of(&rivals[k], choice) < rank_of(&rivals[k - 1], choice);
             k--) {
            const struct rival rival = rivals[k];
            rivals[k] = rivals[k - 1];
            rivals[k - 1] = rival;
        }
}

static void rival_put(struct rival rivals[RIVALS_MAX], size_t *count, const struct rival *rival)
{
    size_t i = 0;
    while (i < *count && (rivals[i].is_f32 != rival->is_f32 || rivals[i].run != rival->run ||
                          strcmp(rivals[i].row->kind, rival->row->kind)))
        i++;
    if (i == *count && *count < RIVALS_MAX)
        rivals[(*count)++] = *rival;
    else if (i < *count && rival->row->median < rivals[i].row->median)
        rivals[i] = *rival;
}

size_t site_rivals(const struct site *site, const struct choice *choice, size_t problem,
                   struct rival rivals[RIVALS_MAX])
{
    size_t count = 0;
    for (const struct run *run = site->runs; run < site->runs + site->run_count; run++)
        for (size_t r = 0; r < run->result.row_count; r++) {
            const struct result_row *row = &run->result.rows[r];
            const struct rival rival = {
                run, row, strcmp(row->type, choice->row->type) && !strcmp(row->type, "f32")};
            const bool is_alike = !strcmp(row->type, choice->row->type);
            if (run->problem[r] == problem && (is_alike || rival.is_f32) &&
                is_rival(run, row, choice))
                rival_put(rivals, &count, &rival);
        }
    rivals_sort(rivals, count, choice);
    return count;
}

const char *site_rival_name(const struct rival *rival)
{
    if (site_is_weir(rival->row))
        return "one thread";
    return strcmp(rival->row->kind, "baseline") ? rival->row->kind : "plain C";
}
