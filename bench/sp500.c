/* SPDX-License-Identifier: MIT */
/* Daily closing prices: a strict reader, and sliding windows of returns; see sp500.h. Which file
 * is read, and by which shape, is decided in shapes.c. */
#include "sp500.h"

#include "lines.h"

#include <stdlib.h>
#include <string.h>

/* Enough for every trading day of a thousand years, and an end to a file that has none. */
enum { DAYS_MAX = 260000, LINE_MAX_BYTES = 64 };

static const char header[] = "date,close";

static size_t digits(const char *text)
{
    return strspn(text, "0123456789");
}

/* YYYY-MM-DD as the number yyyymmdd, which orders as the days do; 0 when it is no such date. */
static long date_parse(const char *text)
{
    static const int month_days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (digits(text) != 4 || text[4] != '-' || digits(text + 5) != 2 || text[7] != '-' ||
        digits(text + 8) != 2)
        return 0;
    const int year = atoi(text), month = atoi(text + 5), day = atoi(text + 8);
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > month_days[month - 1])
        return 0;
    return year * 10000L + month * 100 + day;
}

/* A plain decimal number: no sign, no exponent, none of the words and forms that strtod knows. */
static bool close_parse(const char *text, double *close)
{
    const size_t whole = digits(text);
    if (whole == 0 || whole > 12)
        return false;
    const char *rest = text + whole;
    if (*rest == '.') {
        const size_t fraction = digits(rest + 1);
        if (fraction == 0)
            return false;
        rest += 1 + fraction;
    }
    if (*rest)
        return false;
    *close = strtod(text, NULL);
    return *close > 0;
}

/* False with a sentence when it is no text line of sane length. */
static bool line_check(const struct lines *lines, const char *line, size_t length,
                       struct failure *failure)
{
    if (length > LINE_MAX_BYTES)
        return fail(failure, "%s:%zu: a line of more than %d bytes; expected a date and a price",
                    lines->path, lines->number, LINE_MAX_BYTES);
    /* What passes here may be shown in a sentence: nothing that a terminal would obey. */
    for (size_t i = 0; i < length; i++)
        if (line[i] < ' ' || line[i] > '~')
            return lines_fail_byte(lines, line, i, failure);
    return true;
}

static bool day_add(struct prices *prices, const char *line, const struct lines *lines,
                    long *last_date, struct failure *failure)
{
    const long date = date_parse(line);
    if (date == 0 || line[10] != ',')
        return fail(failure, "%s:%zu: '%s': expected YYYY-MM-DD,close with a date that exists",
                    lines->path, lines->number, line);
    if (date <= *last_date)
        return fail(failure, "%s:%zu: %.10s does not come after the day before it; sort the file",
                    lines->path, lines->number, line);
    if (prices->days == DAYS_MAX)
        return fail(failure, "%s:%zu: more than %d days; cut the file", lines->path, lines->number,
                    DAYS_MAX);
    if (!close_parse(line + 11, &prices->close[prices->days]))
        return fail(failure, "%s:%zu: '%s' is no price; expected a positive decimal number",
                    lines->path, lines->number, line + 11);
    prices->date[prices->days++] = *last_date = date;
    return true;
}

static bool days_read(struct prices *prices, struct lines *lines, struct failure *failure)
{
    size_t length, empty = 0; /* the number of the first empty line: no day comes after one */
    long last_date = 0;
    const char *line = lines_next(lines, &length);
    if (line && !line_check(lines, line, length, failure))
        return false;
    if (!line || strcmp(line, header) != 0)
        return fail(failure, "%s:1: expected the header '%s'", lines->path, header);
    while ((line = lines_next(lines, &length)) != NULL) {
        if (length == 0) {
            empty = empty ? empty : lines->number;
            continue;
        }
        if (empty)
            return fail(failure, "%s:%zu: an empty line between days; take it out", lines->path,
                        empty);
        if (!line_check(lines, line, length, failure) ||
            !day_add(prices, line, lines, &last_date, failure))
            return false;
    }
    return prices->days > 0 || fail(failure, "%s: no days in it", lines->path);
}

bool prices_read(struct prices *prices, const char *path, struct failure *failure)
{
    struct lines lines;
    *prices = (struct prices){0};
    if (!lines_open(&lines, path, (size_t)DAYS_MAX * LINE_MAX_BYTES, failure))
        return fail(failure, "%s; give the path of a file 'date,close'", failure->sentence);
    prices->close = malloc(DAYS_MAX * sizeof *prices->close);
    prices->date = malloc(DAYS_MAX * sizeof *prices->date);
    const bool good =
        prices->close && prices->date ? days_read(prices, &lines, failure) : fail_memory(failure);
    lines_close(&lines);
    if (!good)
        prices_free(prices);
    return good;
}

void prices_free(struct prices *prices)
{
    free(prices->close);
    free(prices->date);
    *prices = (struct prices){0};
}

size_t prices_windows(const struct prices *prices, size_t T)
{
    /* A return needs the day before, and its difference the day before that. */
    const size_t usable = prices->days > 2 ? prices->days - 2 : 0;
    return T >= 1 && usable >= T ? usable - T + 1 : 0;
}

void prices_fill(const struct prices *prices, size_t T, size_t windows, float *x)
{
    const size_t first = 2 + prices_windows(prices, T) - windows;
    for (size_t t = 0; t < T; t++)
        for (size_t window = 0; window < windows; window++) {
            const double *close = prices->close + first + window + t;
            const double gain = 100 * (close[0] / close[-1] - 1);
            const double gain_before = 100 * (close[-1] / close[-2] - 1);
            float *pair = x + (t * windows + window) * PRICES_INPUTS;
            pair[0] = (float)gain;
            pair[1] = (float)(gain - gain_before);
        }
}
