/* SPDX-License-Identifier: MIT */
/* Models whose nodes spell out cells, in Loops and Scans and step by step, and some that nearly do.
 */
#ifndef TESTS_SPELLED_H
#define TESTS_SPELLED_H

#include <stddef.h>

enum spelled_how {
    SPELLED_RUNS,
    SPELLED_OPEN, /* a shape in it depends on an input, so that it is not deployed */
    SPELLED_NODES, /* there is a cell, which the shapes that are given do not fit */
    SPELLED_REFUSED /* it cannot run on what it is given */
};

struct spelled {
    const char *name; /* NULL: the end */
    size_t cells;
    const char *text; /* of the last cell, after the lines that declare it */
    const char *model; /* as tests/onnx/text.h has it */
    enum spelled_how how;
};

extern const struct spelled spelled[];

#endif
