/* SPDX-License-Identifier: MIT */
/* What the table comes to: on each machine, against whom Weir is ahead and by how much. See
 * parts.h. */
#include "html/parts.h"

#include <math.h>
#include <string.h>

/* Ratios to one peer. */
struct tally {
    const char *name;
    size_t count, ahead;
    double logarithms, least, most;
};

static void tally_add(struct tally tallies[RIVALS_MAX], size_t *count, const char *name,
                      double ratio)
{
    size_t t = 0;
    while (t < *count && strcmp(tallies[t].name, name))
        t++;
    if (t == RIVALS_MAX)
        return;
    if (t == *count)
        tallies[(*count)++] = (struct tally){.name = name, .least = ratio, .most = ratio};
    tallies[t].count++;
    tallies[t].ahead += ratio >= 1;
    tallies[t].logarithms += log(ratio);
    tallies[t].least = fmin(tallies[t].least, ratio);
    tallies[t].most = fmax(tallies[t].most, ratio);
}

/* Of the fastest kernel of every problem, and those that were timed in its own run. */
static size_t tallies_make(const struct site *site, size_t machine, const struct group *group,
                           struct tally tallies[RIVALS_MAX])
{
    size_t count = 0;
    for (size_t p = 0; p < site->problem_count; p++) {
        struct choice choices[CHOICES_MAX];
        struct rival rivals[RIVALS_MAX];
        const size_t found = site_choices(site, p, machine, group, choices);
        const size_t beside = found ? site_rivals(site, &choices[0], p, rivals) : 0;
        for (size_t r = 0; r < beside; r++)
            if (rivals[r].run == choices[0].run && !rivals[r].is_f32)
                tally_add(tallies, &count, site_rival_name(&rivals[r]),
                          rivals[r].row->median / choices[0].row->median);
    }
    return count;
}

static void tally_row(struct text *page, const struct site *site, size_t machine,
                      const struct group *group, const struct tally *tally)
{
    text_add(page, "<tr data-machine=\"%zu\"><th scope=\"row\">", machine);
    html_text(page, site->machines[machine].name);
    text_add(page, "</th><td>%s</td><td>", group->train ? "training" : "forward");
    html_text(page, tally->name);
    text_add(page, "</td><td class=\"n\"><b>%zu</b> of %zu</td>", tally->ahead, tally->count);
    text_add(page, "<td class=\"n\"><b>%s</b></td><td class=\"n\">%s to %s</td></tr>\n",
             html_number(exp(tally->logarithms / (double)tally->count)).text,
             html_number(tally->least).text, html_number(tally->most).text);
}

void part_summary(struct text *page, const struct site *site)
{
    for (size_t m = 0; m < site->machine_count; m++)
        for (int train = 0; train < 2; train++) {
            const struct group group = {train, 1, "f32"};
            struct tally tallies[RIVALS_MAX];
            const size_t count = tallies_make(site, m, &group, tallies);
            for (size_t t = 0; t < count; t++)
                tally_row(page, site, m, &group, &tallies[t]);
        }
}
