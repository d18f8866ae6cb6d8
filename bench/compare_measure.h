/* SPDX-License-Identifier: MIT */
/* What of a contender is compared: its time, or, where CPUs differ, what part of it the bound is
 * that was measured there, and how many times longer another library took there. */
#ifndef BENCH_COMPARE_MEASURE_H
#define BENCH_COMPARE_MEASURE_H

#include "compare_grid.h"

/* Rows of a file by what others ask for them by. */
struct peers {
    const struct result *result;
    const struct result_row **sorted; /* by shape, training, type, kind; the fastest first */
};

bool peers_make(struct peers *peers, const struct result *result);
void peers_free(struct peers *peers);

enum measure_of { OF_TIME, OF_BOUND, OF_PEER };

struct measure {
    enum measure_of of;
    const char *peer; /* its kind */
    const struct peers *peers; /* of all files */
    size_t peer_count;
};

/* The kinds of peers that two columns or more of a grid have, each once; how many. */
enum { PEER_KINDS_MAX = 8 };
size_t measure_peers(const struct grid *grid, const char *kinds[PEER_KINDS_MAX]);

/* One number a round, in `values`, which has room for all rounds and one; 0: it has none. A file
 * without rounds gives its median. */
size_t measure_take(const struct measure *measure, const struct cell *cell, double *values);

#endif
