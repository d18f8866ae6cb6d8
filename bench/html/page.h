/* SPDX-License-Identifier: MIT */
/* The page as a whole. */
#ifndef BENCH_HTML_PAGE_H
#define BENCH_HTML_PAGE_H

#include "html/site.h"

struct text;

/* For a file in that folder. */
void page_make(struct text *page, const struct site *site, const char *folder);

#endif
