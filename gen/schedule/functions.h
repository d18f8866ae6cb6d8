/* SPDX-License-Identifier: MIT */
/* Calling a function of single elements. */
#ifndef WEIR_SCHEDULE_FUNCTIONS_H
#define WEIR_SCHEDULE_FUNCTIONS_H

#include "schedule/schedule.h"

/* One or the other. */
union element {
    float real;
    int64_t whole;
};

union element function_call(const struct function *function, const union element *of);

#endif
