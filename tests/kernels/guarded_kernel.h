/* SPDX-License-Identifier: MIT */
/* A kernel put between guards: it runs on buffers of exactly the sizes that kernel.h promises, with
 * every float it was not given filled with a NaN. What it writes outside is seen, and what it reads
 * of padding or of unwritten memory spoils its results. Knows kernel.h, unlike most of the tests.
 */
#ifndef WEIR_TESTS_GUARDED_KERNEL_H
#define WEIR_TESTS_GUARDED_KERNEL_H

#include <stdbool.h>

#include "kernel.h"

/* Makes *guarded out of a good kernel, to be given to a layer as its own. One at a time: making
 * another one forgets this. */
void guarded_kernel_make(struct weir_kernel *guarded, const struct weir_kernel *kernel);

/* Whether the kernel is running on lent buffers now: only then is it safe to overstep them. */
bool guarded_kernel_lends(void);

/* What the kernel has overwritten since it was made; NULL: nothing. */
const char *guarded_kernel_violation(void);

#endif
