/* SPDX-License-Identifier: MIT */
/* Plots of two logarithmic axes as SVG: frame, grid, signs and lines. Colours are the page's. */
#ifndef BENCH_HTML_PLOT_H
#define BENCH_HTML_PLOT_H

#include "html/html.h"

#include <stddef.h>

struct axis {
    const char *name;
    double least, most; /* above 0 */
};

struct plot {
    struct axis x, y;
    const char *title;
};

/* Makes room for a value. */
void axis_hold(struct axis *axis, double value);

/* The frame with its grid and numbers, and the title for those who do not see it. Axes become wider
 * than what they hold. */
void plot_begin(struct text *page, struct plot *plot);
void plot_end(struct text *page);

double plot_x(const struct plot *plot, double x);
double plot_y(const struct plot *plot, double y);

/* A sign of a style, which is a shape and a colour, with classes (each after a blank) and
 * attributes; what follows until sign_end is its title. */
void sign_begin(struct text *page, const struct plot *plot, double x, double y, size_t style,
                const char *classes, const char *data);
void sign_end(struct text *page);

/* The same for a legend, without a title. */
void legend_sign(struct text *page, size_t style, const char *classes);

/* A line in the colour of a style. */
void plot_line(struct text *page, const struct plot *plot, const double from[2], const double to[2],
               size_t style);

#endif
