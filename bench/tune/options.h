/* SPDX-License-Identifier: MIT */
/* What weir-tune was asked for. */
#ifndef TUNE_OPTIONS_H
#define TUNE_OPTIONS_H

#include "common/failure.h"

#include <stdint.h>

struct options {
    const char *shapes, *cell; /* one of them */
    uint64_t input, hidden, projection, steps, batch; /* of the cell */
    const char *isa, *out; /* NULL: the best that runs here; stdout */
    double seconds;
    uint64_t cpu; /* MACHINE_QUIETEST: choose */
    bool train, resume, anyway, help;
};

bool options_parse(struct options *options, int argc, char **argv, struct failure *failure);
void options_help(void);

#endif
