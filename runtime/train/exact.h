/* SPDX-License-Identifier: MIT */
/* exp and logarithms in double from + - * / alone, so that they have the same bits on every
 * machine, which those of a C library have not. Errors are below 2 units in the last place.
 *
 * exp: e^x = 2^n e^r with n = round(x / ln 2), r = x - n ln 2 in two parts (Cody & Waite 1980), e^r
 * by its Taylor series. log: x = 2^n m with m in [sqrt(1/2), sqrt(2)), log m = 2 artanh(s) with s =
 * (m - 1) / (m + 1), by its series in s^2. */
#ifndef WEIR_TRAIN_EXACT_H
#define WEIR_TRAIN_EXACT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* ln 2; the first part times any exponent is exact. */
#define EXACT_LN2_HIGH 0x1.62e42feep-1
#define EXACT_LN2_LOW 0x1.a39ef35793c76p-33

/* 2^n for n in [-1022, 1023]. */
static inline double exact_power(int n)
{
    const uint64_t bits = (uint64_t)(n + 1023) << 52;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* e^x: 0 from about -745 down, infinite from about 710 up. */
static inline double exact_exp(double x)
{
    /* 1 / k!; |r| < 0.347, and the next term is below 2^-57. */
    static const double terms[] = {1.0,
                                   1.0,
                                   1.0 / 2,
                                   1.0 / 6,
                                   1.0 / 24,
                                   1.0 / 120,
                                   1.0 / 720,
                                   1.0 / 5040,
                                   1.0 / 40320,
                                   1.0 / 362880,
                                   1.0 / 3628800,
                                   1.0 / 39916800,
                                   1.0 / 479001600,
                                   1.0 / 6227020800};
    const double y = x > 720.0 ? 720.0 : x < -760.0 ? -760.0 : x;
    if (y != y)
        return y;
    const double n = (y * 0x1.71547652b82fep+0 + 0x1.8p52) - 0x1.8p52;
    const double r = (y - n * EXACT_LN2_HIGH) - n * EXACT_LN2_LOW;
    double p = 0.0;
    for (size_t k = sizeof terms / sizeof *terms; k-- > 0;)
        p = p * r + terms[k];
    const int half = (int)n / 2;
    return p * exact_power(half) * exact_power((int)n - half);
}

/* 2 artanh(s) for |s| <= 1/3. */
static inline double exact_artanh_twice(double s)
{
    /* 3^-35 / 35 is below 2^-60. */
    static const double terms[] = {1.0 / 3,  1.0 / 5,  1.0 / 7,  1.0 / 9,  1.0 / 11, 1.0 / 13,
                                   1.0 / 15, 1.0 / 17, 1.0 / 19, 1.0 / 21, 1.0 / 23, 1.0 / 25,
                                   1.0 / 27, 1.0 / 29, 1.0 / 31, 1.0 / 33};
    const double t = s * s;
    double p = 0.0;
    for (size_t k = sizeof terms / sizeof *terms; k-- > 0;)
        p = (p + terms[k]) * t;
    return 2.0 * s + 2.0 * s * p;
}

/* log(1 + u) for u in [0, 1]. */
static inline double exact_log1p(double u)
{
    return exact_artanh_twice(u / (2.0 + u));
}

/* log(x) for x positive, normal and finite. */
static inline double exact_log(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int n = (int)(bits >> 52) - 1023;
    bits = (bits & 0xfffffffffffffu) | 0x3ff0000000000000u;
    double m;
    memcpy(&m, &bits, sizeof m);
    if (m >= 0x1.6a09e667f3bcdp+0) {
        m *= 0.5;
        n++;
    }
    const double s = (m - 1.0) / (m + 1.0);
    return n * EXACT_LN2_HIGH + (exact_artanh_twice(s) + n * EXACT_LN2_LOW);
}

#endif
