/* SPDX-License-Identifier: MIT */
/* Kernels broken on purpose, each in one small way, to see that the checks of kernel_checks.h
 * reject them. Knows kernel.h, unlike most of the tests. */
#ifndef WEIR_TESTS_BROKEN_KERNEL_H
#define WEIR_TESTS_BROKEN_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel.h"
#include "kernels/kernel_checks.h"

struct breakage {
    const char *what;
    bool caught_by[CHECK_COUNT]; /* the checks that must each see it by themselves */
    void (*forward)(const struct weir_run *run);
    bool swaps_gates; /* done to the table of parameters, not to forward */
};

/* The first one breaks nothing and must pass. */
extern const struct breakage breakages[];
extern const size_t breakage_count;

/* Makes *broken out of a good kernel: one at a time. */
void broken_kernel_make(struct weir_kernel *broken, const struct weir_kernel *kernel,
                        const struct breakage *breakage);

#endif
