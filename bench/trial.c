/* SPDX-License-Identifier: MIT */
/* Calls of a contender; see trial.h. */
#define _GNU_SOURCE
#include "trial.h"

#include "clock.h"

double contender_call(struct contender *contender, bool train)
{
    const double start = train ? clock_seconds() : 0;
    contender->kind->run(contender);
    if (!train)
        return 0;
    const double forward = clock_seconds() - start;
    contender->kind->backward(contender);
    return forward;
}

enum trial contender_try(struct contender *contender, struct workload *workload, double *seconds,
                         struct failure *why)
{
    const bool train = workload->shape->train;
    workload_spoil(workload);
    /* Beside another type's rounding, float32's is nothing. */
    if (!contender_reference(workload, contender->tolerance > 0 ? NULL : contender->type, why) ||
        !contender->kind->prepare(contender, workload, why)) {
        contender->state = NULL;
        return TRIAL_IMPOSSIBLE;
    }
    const double start = clock_seconds();
    contender_call(contender, train);
    *seconds = clock_seconds() - start;
    if (contender->kind->collect)
        contender->kind->collect(contender);
    return workload_check(workload, contender->to_the_bit, contender->tolerance, why) ? TRIAL_GOOD
                                                                                      : TRIAL_WRONG;
}
