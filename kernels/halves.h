/* SPDX-License-Identifier: MIT */
/* Floats of 16 bits: IEEE's binary16 ("half", F16) and the upper half of a float32 ("bfloat",
 * BF16). Widening is exact: subnormal numbers, infinities, signs of zeros, and NaNs with their
 * payload, quiet or not. Narrowing rounds to nearest even, to infinity what is too large, and a NaN
 * stays one. Neither reads nor sets the mode of the floating-point unit. */
#ifndef WEIR_HALVES_H
#define WEIR_HALVES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline float halves_float(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint32_t halves_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline float half_widen(uint16_t half)
{
    enum { BIAS = 127 - 15, SHIFT = 23 - 10 };
    const uint32_t sign = (half & 0x8000u) << 16, rest = half & 0x7fffu;
    if (rest >= 0x7c00) /* infinite, or no number */
        return halves_float(sign | 0x7f800000u | ((rest & 0x3ff) << SHIFT));
    if (rest >= 0x400)
        return halves_float(sign | ((rest << SHIFT) + ((uint32_t)BIAS << 23)));
    return halves_float(sign | halves_bits((float)rest * 0x1p-24f)); /* both exact, in any mode */
}

static inline float bfloat_widen(uint16_t bfloat)
{
    return halves_float((uint32_t)bfloat << 16);
}

/* Without its last bits: the nearest of what is left, of two as near the even one. */
static inline uint32_t halves_round(uint32_t bits, unsigned dropped)
{
    return (bits + (UINT32_C(1) << (dropped - 1)) - 1 + (bits >> dropped & 1)) >> dropped;
}

static inline uint16_t half_narrow(float value)
{
    enum { BIAS = 127 - 15, SHIFT = 23 - 10, LEAST = 102 /* below 2^-25 all is 0 */ };
    const uint32_t bits = halves_bits(value), rest = bits & 0x7fffffffu, exponent = rest >> 23;
    uint32_t half = 0x7c00;
    if (rest > 0x7f800000u)
        half |= rest >> SHIFT & 0x3ff ? rest >> SHIFT & 0x3ff : 0x200;
    else if (rest < 0x47800000u && exponent > BIAS)
        half = halves_round(rest - ((uint32_t)BIAS << 23), SHIFT);
    else if (exponent <= BIAS)
        half =
            exponent < LEAST ? 0 : halves_round((rest & 0x7fffff) | 0x800000, BIAS + 14 - exponent);
    return (uint16_t)((bits >> 16 & 0x8000) | half);
}

static inline uint16_t bfloat_narrow(float value)
{
    const uint32_t bits = halves_bits(value);
    if ((bits & 0x7fffffffu) > 0x7f800000u)
        return (uint16_t)(bits >> 16 | (bits & 0x7f0000 ? 0 : 0x40));
    return (uint16_t)halves_round(bits, 16);
}

/* Element k of an array in a file: little-endian, at any alignment. */
static inline uint16_t halves_at(const void *array, size_t k)
{
    const unsigned char *bytes = (const unsigned char *)array + 2 * k;
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

#endif
