/* SPDX-License-Identifier: MIT */
/* What weir-gen was asked for. */
#ifndef WEIR_OPTIONS_H
#define WEIR_OPTIONS_H

#include "kernel.h"

#include <stdbool.h>

enum { EXIT_BAD = 2 };

/* Of several that are asked for, the last of these is done. */
enum command {
    COMMAND_NONE,
    COMMAND_KERNEL,
    COMMAND_DUMP,
    COMMAND_CHECK,
    COMMAND_DEPLOY,
    COMMAND_MODEL,
    COMMAND_PRODUCT,
    COMMAND_LIST
};

struct request {
    enum command command;
    bool trains, backward;
    bool lengths, reverse, bidirectional;
    const char *cell, *output, *isa, *math, *plan;
    const char *size[4]; /* as given, by extent */
    const char *model, *node, *data, *out, *name, *from, *weights,
        *steps; /* of a model that stands alone */
};

/* Reads the command line, whose strings are kept. On a bad one, and for --help, it ends the
 * program. */
struct request options_read(int argc, char **argv);

/* The sizes of a kernel, 0 for any; and those to check a gradient for, which are all known. */
void options_sizes(const struct request *request, double size[4]);
void options_check_sizes(const struct request *request, double size[4]);

/* Whether there is a projection where the cell has one, and only there; if not, the program ends.
 */
struct graph;
void options_check_projection(const struct request *request, const struct graph *graph,
                              const double size[4]);

/* Ends the program with a sentence. */
_Noreturn void fail(const char *sentence);

#endif
