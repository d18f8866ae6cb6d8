/* SPDX-License-Identifier: MIT */
/* What the command line of weir-bench asks for. Google Benchmark's flags stay in argv for it to
 * take, but those that weir-bench has to know, or to do its own way. */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include "common/failure.h"

#include <stdint.h>

struct options {
    const char *shapes; /* a path */
    const char *out; /* prefix of the files to write; NULL: none */
    const char *filter; /* --benchmark_filter, which Google Benchmark sees too; NULL: all */
    const char *format; /* --benchmark_format was asked for: print that, not the table; NULL: not */
    const char *own; /* shared objects with kernels, with commas; NULL: none */
    const char *against; /* a file of results that this run is compared with; NULL: none */
    const char *types; /* of weights, with commas; NULL: f32, and errors are not asked for */
    uint64_t cpu; /* MACHINE_QUIETEST: choose */
    const char *rounds_given; /* as it was given; NULL: not */
    uint64_t rounds; /* with is_auto the most */
    bool is_auto; /* as many rounds as make intervals narrow */
    uint64_t threads; /* that Weir's kernels run on too, beside one; 1: no more than that */
    double longest; /* seconds: contenders whose one call takes longer are left out */
    const char *mpi; /* "each" or "share": with other hosts; NULL: alone */
    double patience; /* seconds that another host may say nothing */
    bool resume; /* take up what hosts have measured of this before */
    bool list, help, peers;
    bool train; /* forward and backward, instead of forward alone */
};

/* Takes what is weir-bench's out of argv. */
bool options_parse(struct options *options, int *argc, char **argv, struct failure *failure);

/* Whether kernels whose weights are of that type are asked for. */
bool options_want_type(const struct options *options, const char *type);

/* What --help says before Google Benchmark's part. */
void options_help(void);

#endif
