/* SPDX-License-Identifier: MIT */
/* What the command line asks for: one row an option, and what was given for it. Which options bind
 * a checkpoint is said by the same rows. */
#ifndef STOCK_OPTIONS_H
#define STOCK_OPTIONS_H

#include "common/failure.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { CELLS_MAX = 16, CELL_NAME_MAX = 64 };

struct cluster;

/* Where the samples come from. */
enum data { DATA_FILE, DATA_SP500, DATA_SYNTHETIC, DATA_ADDING };

struct options {
    enum data source; /* what `data` names */
    const char *data, *cell_list;
    char cells[CELLS_MAX][CELL_NAME_MAX]; /* names of cells of this build */
    size_t cell_count;
    uint64_t units, projection, window, days;
    double threshold, validation, test;
    uint64_t batch, slices, epochs, steps, seed;
    double dropout, rate, clip, until;
    const char *checkpoint, *weights, *predictions, *plot, *report, *isa;
    uint64_t every, threads;
    bool resume, mpi, help;
    struct cluster *cluster; /* of --mpi; or NULL */
};

bool options_parse(struct options *options, int argc, char **argv, struct failure *failure);
void options_help(FILE *file);

/* The options that decide the bits of a training, as flag and value: NULL past the last. A value is
 * written to `value`. */
enum { OPTION_VALUE_MAX = 512 };
const char *options_binding(const struct options *options, size_t index,
                            char value[OPTION_VALUE_MAX]);

#endif
