/* SPDX-License-Identifier: MIT */
/* What goes into a random graph and comes out of it, in a file as it lies in memory. */
#ifndef TESTS_GRAPH_RUN_H
#define TESTS_GRAPH_RUN_H

#include <stddef.h>

enum { RUN_FLOATS = 4096 };

struct graph_run {
    size_t length; /* where the sequence ends */
    size_t x_count, y_count;
    float x[RUN_FLOATS], y[RUN_FLOATS]; /* what weir-run gives */
    double reference[RUN_FLOATS];
};

#endif
