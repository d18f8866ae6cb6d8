/* SPDX-License-Identifier: MIT */
/* Calling a contender: once to see whether what comes out is right, and then to be timed. */
#ifndef BENCH_TRIAL_H
#define BENCH_TRIAL_H

#include "contender.h"

/* One call. Returns the seconds of its forward part where there is another part, and else 0,
 * without a look at the clock. */
double contender_call(struct contender *contender, bool train);

enum trial {
    TRIAL_GOOD, /* prepared, its output checked */
    TRIAL_IMPOSSIBLE, /* it cannot run here: the sentence says why */
    TRIAL_WRONG /* its output is not Weir's: the sentence says where */
};

/* Prepares the contender for a workload, calls it once, which takes `seconds`, and checks what came
 * out. It stays prepared unless it is impossible. */
enum trial contender_try(struct contender *contender, struct workload *workload, double *seconds,
                         struct failure *why);

#endif
