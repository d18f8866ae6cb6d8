/* SPDX-License-Identifier: MIT */
/* Logarithmic plots; see plot.h. */
#include "html/plot.h"

#include <math.h>
#include <stdbool.h>

/* The frame in units of the picture. */
static const double left = 62, right = 704, top = 12, bottom = 372;

void axis_hold(struct axis *axis, double value)
{
    if (!(value > 0) || isinf(value))
        return;
    axis->least = axis->least > 0 ? fmin(axis->least, value) : value;
    axis->most = fmax(axis->most, value);
}

static double place(const struct axis *axis, double value, double from, double to)
{
    return from + (to - from) * log(value / axis->least) / log(axis->most / axis->least);
}

double plot_x(const struct plot *plot, double x)
{
    return place(&plot->x, x, left, right);
}

double plot_y(const struct plot *plot, double y)
{
    return place(&plot->y, y, bottom, top);
}

/* ---- The frame ---- */

/* As short as it can be read. */
static void tick_text(struct text *page, double value)
{
    const int decade = (int)floor(log10(value) + 1e-9);
    if (decade < -2 || decade > 4)
        text_add(page, "%.0fe%d", value / pow(10, decade), decade);
    else
        text_add(page, "%g", value);
}

static void tick(struct text *page, const struct plot *plot, bool is_x, double value, bool has_text)
{
    const double x = plot_x(plot, is_x ? value : plot->x.least);
    const double y = plot_y(plot, is_x ? plot->y.least : value);
    text_add(page, "<path class=\"grid\" d=\"M%.1f %.1fL%.1f %.1f\"/>", x, y, is_x ? x : right,
             is_x ? top : y);
    if (!has_text)
        return;
    text_add(page, "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">",
             is_x ? x : x - 6, is_x ? y + 16 : y + 4, is_x ? "middle" : "end");
    tick_text(page, value);
    text_add(page, "</text>");
}

/* Lines at 1, 2 and 5 of each decade; numbers at all of them only where there are few decades. */
static void ticks(struct text *page, const struct plot *plot, bool is_x)
{
    static const double steps[] = {1, 2, 5};
    const struct axis *axis = is_x ? &plot->x : &plot->y;
    const bool has_few = axis->most / axis->least < 2e3;
    const int first = (int)floor(log10(axis->least)), last = (int)ceil(log10(axis->most));
    for (int decade = first; decade <= last; decade++)
        for (size_t s = 0; s < sizeof steps / sizeof *steps; s++) {
            const double value = steps[s] * pow(10, decade);
            if (value >= axis->least && value <= axis->most)
                tick(page, plot, is_x, value, has_few || s == 0);
        }
}

/* So that no sign stands on the frame; an axis that holds nothing has a decade. */
static void widen(struct axis *axis)
{
    const double room = 1.2;
    axis->least = axis->least > 0 ? axis->least / room : 1;
    axis->most = axis->most > axis->least ? axis->most * room : 10 * axis->least;
}

void plot_begin(struct text *page, struct plot *plot)
{
    widen(&plot->x);
    widen(&plot->y);
    text_add(page, "<svg class=\"plot\" viewBox=\"0 0 720 412\" role=\"img\" aria-label=\"");
    html_text(page, plot->title);
    text_add(page, "\">");
    ticks(page, plot, true);
    ticks(page, plot, false);
    text_add(page, "<path class=\"frame\" d=\"M%.0f %.0fV%.0fH%.0f\"/>", left, top, bottom, right);
    text_add(page, "<text class=\"axis\" x=\"%.0f\" y=\"406\" text-anchor=\"middle\">",
             (left + right) / 2);
    html_text(page, plot->x.name);
    text_add(page,
             "</text><text class=\"axis\" transform=\"translate(14,%.0f)rotate(-90)\" "
             "text-anchor=\"middle\">",
             (top + bottom) / 2);
    html_text(page, plot->y.name);
    text_add(page, "</text>\n");
}

void plot_end(struct text *page)
{
    text_add(page, "</svg>\n");
}

/* ---- Signs and lines ---- */

/* About 8 units wide, around 0. Shapes differ as colours do: some see only those. */
static const char *const shapes[] = {
    "M-4 0A4 4 0 1 1 4 0A4 4 0 1 1 -4 0", "M-4 -4H4V4H-4z", "M0 -5L5 4H-5z",
    "M0 -5.5L5.5 0L0 5.5L-5.5 0z",        "M0 5L5 -4H-5z",  "M-4 -4L4 4M4 -4L-4 4"};

enum { STYLES = sizeof shapes / sizeof *shapes };

static const char *shape_of(size_t style)
{
    return shapes[style % STYLES];
}

void sign_begin(struct text *page, const struct plot *plot, double x, double y, size_t style,
                const char *classes, const char *data)
{
    text_add(
        page,
        "<g class=\"sign s%zu%s\" transform=\"translate(%.1f,%.1f)\"%s><path d=\"%s\"/><title>",
        style % STYLES, classes, plot_x(plot, x), plot_y(plot, y), data, shape_of(style));
}

void sign_end(struct text *page)
{
    text_add(page, "</title></g>\n");
}

void legend_sign(struct text *page, size_t style, const char *classes)
{
    text_add(page,
             "<svg class=\"key\" viewBox=\"-7 -7 14 14\" aria-hidden=\"true\"><g class=\"sign "
             "s%zu%s\"><path d=\"%s\"/></g></svg>",
             style % STYLES, classes, shape_of(style));
}

void plot_line(struct text *page, const struct plot *plot, const double from[2], const double to[2],
               size_t style)
{
    text_add(page, "<path class=\"line s%zu\" d=\"M%.1f %.1fL%.1f %.1f\"/>", style % STYLES,
             plot_x(plot, from[0]), plot_y(plot, from[1]), plot_x(plot, to[0]),
             plot_y(plot, to[1]));
}
