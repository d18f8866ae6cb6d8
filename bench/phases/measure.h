/* SPDX-License-Identifier: MIT */
/* One kernel timed as it is, and with time stamps between its phases. */
#ifndef BENCH_PHASES_MEASURE_H
#define BENCH_PHASES_MEASURE_H

#include "contender.h"
#include "phases/options.h"
#include "profile.h"

struct measured {
    double plain; /* seconds a call, as it is */
    double stamped; /* with time stamps */
    double tick; /* seconds */
    double mark; /* seconds that one time stamp takes by itself */
    double hertz; /* of the core */
    double waited; /* the part of the time for which others had the core */
    size_t calls; /* that phases are of */
    struct weir_phase *phase; /* those of the best round */
    size_t count;
};

/* The two kernels of `options`, ready to be called: their outputs were found right. */
struct pair {
    struct contender plain, profiled;
    struct weir_profile *profile;
};
bool pair_open(struct pair *pair, const struct options *options, struct workload *workload,
               struct failure *failure);
void pair_close(struct pair *pair);

bool measure(struct measured *measured, struct pair *pair, struct failure *failure);
void measured_free(struct measured *measured);

/* Seconds a call in a phase, without what time stamps take. */
double measured_phase(const struct measured *measured, const struct weir_phase *phase);

#endif
