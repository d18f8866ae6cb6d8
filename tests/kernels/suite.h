/* SPDX-License-Identifier: MIT */
/* What check_kernels and check_backward share: the kernels of the build in groups that compute the
 * same, each put to trials beside its group's scalar kernel; the command line, the counts, and the
 * self-test. What a trial checks is given by the program. */
#ifndef WEIR_TESTS_SUITE_H
#define WEIR_TESTS_SUITE_H

#include "kernels/kernel_checks.h"

struct proof {
    const char *program;
    /* Which kernels it is about, and what is said of the others; NULL: all. */
    bool (*applies)(const struct weir_kernel *kernel);
    const char *others;
    /* Adds to a trial what else the scalar kernel makes of it, and takes it away; or NULL. */
    bool (*begin)(struct trial *trial, const char *scalar_kernel);
    void (*end)(struct trial *trial);
    void (*check)(const struct trial *trial, const struct subject *subject, struct tally *tally);
    int (*self_test)(const struct proof *proof);
};

/* PROGRAM [seed [filter [trials]]], with so many trials of a size at most, or PROGRAM --self-test:
 * what main returns. */
int suite_main(const struct proof *proof, int argc, char **argv);

/* For self-tests: the kernels that are broken on purpose, lstm and gru_before of 17x15 on every
 * ISA that runs here; NULL past the last. */
const struct weir_kernel *suite_breakable(const struct proof *proof, size_t index);

/* Puts a broken kernel, made out of `kernel`, to trials until every check of `caught_by` saw it,
 * and prints what they say. True if all of them did; where there is none, if no check of all trials
 * saw anything. */
bool suite_sees(const struct proof *proof, const struct weir_kernel *kernel,
                const struct weir_kernel *broken, const char *what,
                const bool caught_by[CHECK_COUNT]);

#endif
