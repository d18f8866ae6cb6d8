/* SPDX-License-Identifier: MIT */
/* Prints the bits of what kernels/elementwise.h computes in double precision, of many numbers, as
 * one number. */
#include "elementwise.h"

#include <stdio.h>

static uint64_t add(uint64_t sum, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return sum * 31 + bits;
}

int main(void)
{
    enum { NUMBERS = 100000 };
    uint64_t sum = 0;
    for (int i = 1; i <= NUMBERS; i++) {
        const float x = (float)i * 0.0137f;
        sum = add(add(sum, weir_log2(x)), weir_exp2(x / 16));
        sum = add(add(sum, weir_sine(x, 0)), weir_sine(-x, 1));
        sum = add(sum, weir_pow(x, 1.7f - x / 512));
    }
    printf("%llx\n", (unsigned long long)sum);
    return 0;
}
