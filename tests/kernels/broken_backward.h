/* SPDX-License-Identifier: MIT */
/* Kernels whose training was broken on purpose, each in one small way, to see that the checks of
 * backward_checks.h reject them. */
#ifndef WEIR_TESTS_BROKEN_BACKWARD_H
#define WEIR_TESTS_BROKEN_BACKWARD_H

#include "kernel.h"
#include "kernels/kernel_checks.h"

struct backward_breakage {
    const char *what;
    bool caught_by[CHECK_COUNT]; /* the checks that must each see it by themselves */
    /* In place of the kernel's; NULL: its own. */
    void (*forward)(const struct weir_run *run);
    void (*backward)(const struct weir_run *run);
    void (*input)(const struct weir_run *run);
    void (*outers)(struct weir_outer *outers, size_t count); /* changes the table; NULL: nothing */
};

/* The first one breaks nothing and must pass. */
extern const struct backward_breakage backward_breakages[];
extern const size_t backward_breakage_count;

/* Makes *broken out of a good kernel: one at a time. */
void broken_backward_make(struct weir_kernel *broken, const struct weir_kernel *kernel,
                          const struct backward_breakage *breakage);

#endif
