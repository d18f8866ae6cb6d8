/* SPDX-License-Identifier: MIT */
/* What a kernel must do to pass: the same bits as the scalar kernel, for any batch, however a
 * sequence is cut, and nothing written outside. One trial is one problem; kernels are put to it in
 * turn. Which kernels and which trials is decided by the callers. */
#ifndef WEIR_TESTS_KERNEL_CHECKS_H
#define WEIR_TESTS_KERNEL_CHECKS_H

#include "support/outcome.h"
#include "support/pass.h"

enum check {
    CHECK_CREATED, /* a layer with this kernel could be made */
    CHECK_SCALAR, /* it gives the scalar kernel's bits */
    CHECK_ROWS, /* a run of B rows equals B runs of one */
    CHECK_CUTS, /* a run of T steps equals any cut of it */
    CHECK_OUTSIDE, /* nothing but results was written, and nothing but inputs was read */
    /* Of backward alone: */
    CHECK_FORWARD, /* forward_train gives forward's bits */
    CHECK_ASKED, /* what is not wanted, or not given, changes nothing of the rest */
    CHECK_ADDED, /* accumulate goes on with the sum that it finds */
    CHECK_PLACED, /* where sequences stand in memory changes nothing */
    CHECK_WEIGHTS, /* set_weights equals a layer made with those weights */
    CHECK_COUNT
};

const char *check_name(enum check check);

struct tally {
    const char *program; /* as it was called, for the command that repeats a failure */
    bool quiet; /* count only: failures are what is wanted */
    size_t checks, failures[CHECK_COUNT];
};

size_t tally_failures(const struct tally *tally);

/* A kernel of the build, or one of the test's own making in its place. */
struct subject {
    const struct weir_kernel *kernel;
    const char *name;
    bool own;
};

/* A problem and what the scalar kernel makes of it. */
struct trial {
    uint64_t seed;
    struct problem problem;
    size_t max_batch, gap; /* vary from trial to trial: no result may depend on them */
    size_t cuts[32], cut_count;
    struct outcome expected;
    struct pass *gradients; /* where backward is on trial, what the scalar kernel makes of it */
};

/* The trials of a size, numbered from 0: fewer for large ones. */
size_t trial_count(size_t H);

/* False, having said why, where the scalar kernel cannot run the problem. */
bool trial_create(struct trial *trial, size_t number, const char *cell, const size_t sizes[3],
                  uint64_t seed, const char *scalar_kernel);
void trial_destroy(struct trial *trial);

/* Counts one check; where it does not hold, says `what` and the command that repeats it. */
void trial_judge(const struct trial *trial, const struct subject *subject, struct tally *tally,
                 enum check check, bool holds, const char *what);

/* Puts a kernel to all checks of forward. */
void trial_check(const struct trial *trial, const struct subject *subject, struct tally *tally);

#endif
