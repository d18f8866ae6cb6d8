/* SPDX-License-Identifier: MIT */
/* How exact weights of fewer bits are, beside the time that they take: a chart a run that has
 * types. See parts.h. */
#include "html/parts.h"
#include "html/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The fastest row of a problem in a run, of a type; of Weir's kernels, or of peers. */
static const struct result_row *fastest(const struct run *run, size_t problem, const char *type,
                                        bool is_weir)
{
    const struct result_row *best = NULL;
    for (size_t r = 0; r < run->result.row_count; r++) {
        const struct result_row *row = &run->result.rows[r];
        if (run->problem[r] == problem && row->threads == 1 && !strcmp(row->type, type) &&
            site_is_weir(row) == is_weir && (!best || row->median < best->median))
            best = row;
    }
    return best;
}

static void point_add(struct text *page, const struct site *site, const struct plot *plot,
                      const struct result_row *row, const struct result_row *own, size_t problem,
                      size_t style)
{
    sign_begin(page, plot, row->median / own->median, row->error, style,
               site_is_weir(row) ? "" : " hollow", "");
    problem_text(page, &site->problems[problem]);
    text_add(page, ": ");
    html_text(page, row->contender);
    text_add(page, ", error %.1e, %s " MICRO ", %s of the time of ", row->error,
             html_number(row->median).text, html_number(row->median / own->median).text);
    html_text(page, own->contender);
    sign_end(page);
}

/* Points of all types and problems; without a page only room for them. Returns how many. */
static size_t points_each(struct text *page, const struct site *site, const struct run *run,
                          struct plot *plot)
{
    const char *types[GROUPS_MAX];
    const size_t count = site_types(site, types);
    size_t points = 0;
    for (size_t p = 0; p < site->problem_count; p++) {
        const struct result_row *own = fastest(run, p, "f32", true);
        for (size_t t = 0; own && t < 2 * count; t++) {
            const struct result_row *row = fastest(run, p, types[t / 2], t % 2);
            if (!row || !(row->error > 0) || isinf(row->error))
                continue;
            points++;
            if (page) {
                point_add(page, site, plot, row, own, p, t / 2);
            } else {
                axis_hold(&plot->x, row->median / own->median);
                axis_hold(&plot->y, row->error);
            }
        }
    }
    return points;
}

static void legend_add(struct text *page, const struct site *site)
{
    const char *types[GROUPS_MAX];
    const size_t count = site_types(site, types);
    text_add(page, "<p class=\"legend\">");
    for (size_t t = 0; t < count; t++) {
        text_add(page, "<span>");
        legend_sign(page, t, "");
        html_text(page, types[t]);
        text_add(page, "</span>");
    }
    text_add(page, "<span>");
    legend_sign(page, 0, " hollow");
    text_add(page, "hollow: other libraries</span></p>\n");
}

void part_errors(struct text *page, const struct site *site)
{
    for (const struct run *run = site->runs; run < site->runs + site->run_count; run++) {
        struct plot plot = {{.name = "time, of that of Weir's float32 in the same run"},
                            {.name = "largest error of an output"},
                            ""};
        if (run->kind != RUN_WEIR || points_each(NULL, site, run, &plot) < 2)
            continue;
        char *title = text_format("Error beside time, %s", run->name);
        plot.title = title;
        text_add(page, "<figure data-machine=\"%zu\"><figcaption>", run->machine);
        html_text(page, site->machines[run->machine].name);
        text_add(page, ", ");
        run_link(page, site, run);
        text_add(page, "</figcaption>");
        plot_begin(page, &plot);
        points_each(page, site, run, &plot);
        plot_end(page);
        legend_add(page, site);
        text_add(page, "</figure>\n");
        free(title);
    }
}
