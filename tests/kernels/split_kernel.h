/* SPDX-License-Identifier: MIT */
/* A kernel run by several threads of the test's own, by the contract in kernel.h alone: any number
 * of parts on any machine, and no pool of libweir's in between. */
#ifndef WEIR_TESTS_SPLIT_KERNEL_H
#define WEIR_TESTS_SPLIT_KERNEL_H

#include "kernel.h"

#include <stdbool.h>

enum { SPLIT_PARTS_MAX = 8 };

/* Fills *split with a copy of the kernel whose passes run the original's in so many parts, side by
 * side with a barrier between stages, or, to see that the barrier is needed, one after the other
 * without any. Valid until the next one is made. */
void split_kernel_make(struct weir_kernel *split, const struct weir_kernel *kernel, size_t parts,
                       bool with_barrier);

#endif
