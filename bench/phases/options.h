/* SPDX-License-Identifier: MIT */
/* What weir-phases was asked for, by the command line. */
#ifndef BENCH_PHASES_OPTIONS_H
#define BENCH_PHASES_OPTIONS_H

#include "common/failure.h"

#include <stdbool.h>
#include <stdint.h>

struct options {
    const char *cell;
    uint64_t input, hidden, steps, batch, calls, cpu;
    const char *plain, *profiled, *facts;
    bool help;
};

bool options_parse(struct options *options, int argc, char **argv, struct failure *failure);
void options_help(void);

#endif
