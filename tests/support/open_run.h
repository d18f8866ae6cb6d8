/* SPDX-License-Identifier: MIT */
/* What each number of steps of a model gives, in a file as it lies in memory. */
#ifndef TESTS_OPEN_RUN_H
#define TESTS_OPEN_RUN_H

#include <stddef.h>

enum { OPEN_STEPS = 6, OPEN_FLOATS = 64 };

struct open_run {
    size_t count[OPEN_STEPS + 1]; /* floats of y */
    float x[OPEN_STEPS + 1][OPEN_FLOATS], y[OPEN_STEPS + 1][OPEN_FLOATS];
};

#endif
