/* SPDX-License-Identifier: MIT */
/* A roofline of each machine: what its core does at most for so many operations a byte of weights,
 * and how far kernels get. See parts.h. */
#include "html/parts.h"
#include "html/plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ISAS_MAX = 12 };

static const char *const levels[] = {"L1", "L2", "L3", "memory"};

/* The ceilings of a machine: of all its runs the highest, as a core that others use measures less.
 */
struct roof {
    char isa[ISAS_MAX][32];
    double peak[ISAS_MAX], load[sizeof levels / sizeof *levels];
    size_t count;
};

static void peak_add(struct roof *roof, const char *isa, size_t length, double peak)
{
    size_t i = 0;
    while (i < roof->count &&
           (strlen(roof->isa[i]) != length || strncmp(roof->isa[i], isa, length)))
        i++;
    if (i == ISAS_MAX || length >= sizeof roof->isa[i])
        return;
    if (i == roof->count) {
        memcpy(roof->isa[roof->count++], isa, length);
        roof->isa[i][length] = 0;
    }
    roof->peak[i] = fmax(roof->peak[i], peak);
}

/* Keys are ceiling_<isa>_fma_gflops and ceiling_<isa>_<level>_gbps. */
static void ceiling_add(struct roof *roof, const char *key, double value)
{
    static const char begin[] = "ceiling_", peak[] = "_fma_gflops";
    const size_t length = strlen(key), start = sizeof begin - 1;
    if (strncmp(key, begin, start) || !(value > 0))
        return;
    if (length > start + sizeof peak - 1 && !strcmp(key + length - (sizeof peak - 1), peak))
        peak_add(roof, key + start, length - start - (sizeof peak - 1), value);
    for (size_t level = 0; level < sizeof levels / sizeof *levels; level++) {
        char end[32];
        const int size = snprintf(end, sizeof end, "_%s_gbps", levels[level]);
        if (length > (size_t)size && !strcmp(key + length - size, end))
            roof->load[level] = fmax(roof->load[level], value);
    }
}

/* An ISA far below the others, such as scalar C, would press them all to the top. */
static void roof_trim(struct roof *roof)
{
    static const double far = 0.2;
    double highest = 0;
    size_t kept = 0;
    for (size_t i = 0; i < roof->count; i++)
        highest = fmax(highest, roof->peak[i]);
    for (size_t i = 0; i < roof->count; i++) {
        if (roof->peak[i] < far * highest)
            continue;
        memmove(roof->isa[kept], roof->isa[i], sizeof roof->isa[i]);
        roof->peak[kept++] = roof->peak[i];
    }
    roof->count = kept;
}

static struct roof roof_make(const struct site *site, size_t machine)
{
    struct roof roof = {.count = 0};
    for (const struct run *run = site->runs; run < site->runs + site->run_count; run++)
        for (size_t i = 0; run->machine == machine && i < run->result.context_count; i++) {
            const char *key = run->result.context[i].key;
            ceiling_add(&roof, key, result_context_number(&run->result, key));
        }
    roof_trim(&roof);
    return roof;
}

/* ---- Points ---- */

/* The ceiling of an ISA or of what it is based on, as avx512 of avx512vnni; their count: none. */
static size_t style_of(const struct roof *roof, const char *isa)
{
    size_t best = roof->count, length = 0;
    for (size_t i = 0; i < roof->count; i++)
        if (strlen(roof->isa[i]) > length && !strncmp(isa, roof->isa[i], strlen(roof->isa[i]))) {
            best = i;
            length = strlen(roof->isa[i]);
        }
    return best;
}

/* A kernel has a place under these ceilings if it multiplies floats on one thread. */
static bool has_place(const struct result_row *row, const struct roof *roof)
{
    return row->threads == 1 && strcmp(row->type, "i8") && row->gflops > 0 && row->gbps > 0 &&
           style_of(roof, site_isa(row).text) < roof->count;
}

static void point_add(struct text *page, const struct site *site, const struct plot *plot,
                      const struct roof *roof, const struct choice *choice, size_t problem)
{
    const struct result_row *row = choice->row;
    struct text data = {0};
    text_add(&data, " data-isa=\"");
    html_text(&data, site_isa(row).text);
    text_add(&data, "\" data-type=\"");
    html_text(&data, row->type);
    text_add(&data, "\" data-threads=\"1\" data-train=\"%d\"", row->train);
    sign_begin(page, plot, row->gflops / row->gbps, row->gflops, style_of(roof, site_isa(row).text),
               row->train || strcmp(row->type, "f32") ? " hollow" : "", data.chars);
    problem_text(page, &site->problems[problem]);
    text_add(page, "%s: ", row->train ? ", trained" : "");
    html_text(page, row->contender);
    text_add(page, ", %s " MICRO ", %s GFLOP/s at %s operations a byte",
             html_number(row->median).text, html_number(row->gflops).text,
             html_number(row->gflops / row->gbps).text);
    if (isfinite(row->fraction))
        text_add(page, ", %.2f of the bound", row->fraction);
    text_add(page, ", run %zu", (size_t)(choice->run - site->runs) + 1);
    sign_end(page);
    text_free(&data);
}

/* Every choice of the table that has a place. */
static void points_each(struct text *page, const struct site *site, size_t machine,
                        struct plot *plot, const struct roof *roof)
{
    struct group groups[GROUPS_MAX];
    const size_t group_count = site_groups(site, groups);
    for (size_t g = 0; g < group_count; g++)
        for (size_t p = 0; p < site->problem_count; p++) {
            struct choice choices[CHOICES_MAX];
            const size_t count = site_choices(site, p, machine, &groups[g], choices);
            for (size_t c = count; c-- > 0;) { /* the fastest on top */
                const struct result_row *row = choices[c].row;
                if (!has_place(row, roof))
                    continue;
                if (page) {
                    point_add(page, site, plot, roof, &choices[c], p);
                } else {
                    axis_hold(&plot->x, row->gflops / row->gbps);
                    axis_hold(&plot->y, row->gflops);
                }
            }
        }
}

/* ---- The roof ---- */

/* A line with words along its beginning, those of farther levels to its right. */
static void load_add(struct text *page, const struct plot *plot, const double from[2],
                     const double to[2], size_t level, double load)
{
    const double along = 10, beside = level < 2 ? -5 : 13;
    const double x = plot_x(plot, from[0]), y = plot_y(plot, from[1]);
    const double angle = atan2(plot_y(plot, to[1]) - y, plot_x(plot, to[0]) - x);
    text_add(page, "<g class=\"load\">");
    plot_line(page, plot, from, to, 0);
    text_add(page,
             "<text class=\"roof\" transform=\"translate(%.1f,%.1f)rotate(%.1f)\">%s %s "
             "GB/s</text></g>\n",
             x + along * cos(angle) - beside * sin(angle),
             y + along * sin(angle) + beside * cos(angle), angle * 45 / atan(1), levels[level],
             html_number(load).text);
}

static void roof_add(struct text *page, const struct plot *plot, const struct roof *roof)
{
    double highest = 0;
    for (size_t i = 0; i < roof->count; i++)
        highest = fmax(highest, roof->peak[i]);
    for (size_t i = 0; i < roof->count; i++) {
        const double from[2] = {plot->x.least, roof->peak[i]},
                     to[2] = {plot->x.most, roof->peak[i]};
        plot_line(page, plot, from, to, i);
        const bool is_close =
            i > 0 && fabs(plot_y(plot, to[1]) - plot_y(plot, roof->peak[i - 1])) < 14;
        text_add(page, "<text class=\"roof\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">",
                 plot_x(plot, to[0]) - (is_close ? 150 : 4), plot_y(plot, to[1]) - 4);
        html_text(page, roof->isa[i]);
        text_add(page, " %s GFLOP/s</text>\n", html_number(roof->peak[i]).text);
    }
    for (size_t level = 0; level < sizeof levels / sizeof *levels; level++) {
        const double load = roof->load[level];
        const double x = fmax(plot->x.least, plot->y.least / load);
        const double from[2] = {x, x * load}, to[2] = {highest / load, highest};
        if (!(load > 0) || to[0] <= from[0])
            continue;
        load_add(page, plot, from, to, level, load);
    }
}

static void legend_add(struct text *page, const struct roof *roof)
{
    text_add(page, "<p class=\"legend\">");
    for (size_t i = 0; i < roof->count; i++) {
        text_add(page, "<span>");
        legend_sign(page, i, "");
        html_text(page, roof->isa[i]);
        text_add(page, "</span>");
    }
    text_add(page, "<span>");
    legend_sign(page, 0, " hollow");
    text_add(page, "hollow: trained, or narrower weights</span></p>\n");
}

void part_rooflines(struct text *page, const struct site *site)
{
    for (size_t m = 0; m < site->machine_count; m++) {
        const struct roof roof = roof_make(site, m);
        struct plot plot = {{.name = "operations a byte of weights"}, {.name = "GFLOP/s"}, ""};
        points_each(NULL, site, m, &plot, &roof);
        if (!roof.count || !(plot.x.most > 0))
            continue;
        for (size_t i = 0; i < roof.count; i++)
            axis_hold(&plot.y, roof.peak[i]);
        axis_hold(&plot.x, plot.x.least / 8); /* words along the lines */
        char *title = text_format("Roofline of %s", site->machines[m].name);
        plot.title = title;
        text_add(page, "<figure data-machine=\"%zu\"><figcaption>", m);
        html_text(page, site->machines[m].name);
        text_add(page, "</figcaption>");
        plot_begin(page, &plot);
        roof_add(page, &plot, &roof);
        points_each(page, site, m, &plot, &roof);
        plot_end(page);
        legend_add(page, &roof);
        text_add(page, "</figure>\n");
        free(title);
    }
}
