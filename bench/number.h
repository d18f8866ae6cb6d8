/* SPDX-License-Identifier: MIT */
/* Numbers for programs to read. */
#ifndef BENCH_NUMBER_H
#define BENCH_NUMBER_H

#include <stdio.h>
#include <stdlib.h>

enum { NUMBER_MAX = 32 };

/* As short as it can be and still be this number when it is read again. */
static inline void number_write(char text[NUMBER_MAX], double number)
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, NUMBER_MAX, "%.*g", digits, number);
        if (strtod(text, NULL) == number)
            return;
    }
}

#endif
