/* SPDX-License-Identifier: MIT */
/* Words and numbers as HTML. */
#ifndef BENCH_HTML_HTML_H
#define BENCH_HTML_HTML_H

#include "common/text.h"

/* Microseconds. */
#define MICRO "\xc2\xb5s"

/* What a file said, so that it is text and nothing else, in an element and in quotes. Bytes that
 * are no UTF-8 become a sign for that. */
void html_text(struct text *page, const char *text);

/* Three digits, as in weir-bench's tables. */
struct number {
    char text[32];
};

struct number html_number(double value);

#endif
