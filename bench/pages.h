/* SPDX-License-Identifier: MIT */
/* Memory for arrays that are walked against the clock: whole huge pages where the system gives
 * them, for all contenders alike. */
#ifndef BENCH_PAGES_H
#define BENCH_PAGES_H

#include <stddef.h>

/* Zeroes, aligned to a huge page; NULL when there is not enough. The caller's to free(). */
void *pages_create(size_t bytes);

#endif
