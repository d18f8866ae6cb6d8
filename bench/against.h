/* SPDX-License-Identifier: MIT */
/* A run beside what a file holds of another: weir-bench --against. */
#ifndef BENCH_AGAINST_H
#define BENCH_AGAINST_H

#include "context.h"
#include "results.h"
#include "sweep.h"

/* Before work of minutes: whether there is something that will run. */
bool against_check(const struct result *against, const struct sweep *sweep,
                   struct failure *failure);

/* Prints the comparison. */
bool against_print(const struct result *against, const struct sweep *sweep,
                   const struct context *context, FILE *file, struct failure *failure);

#endif
