/* SPDX-License-Identifier: MIT */
/* What generated kernels compute with on scalar C beside single instructions: exponentials and
 * logarithm on one vector, minimum and maximum that pass NaN on, loads and stores of part of a
 * vector. Every function gives the same bits on every ISA: only exactly rounded operations, in one
 * order. This file is the one to read; the others say the same in intrinsics.
 *
 * exp2: 2^z = 2^n * 2^r with n = round(z), r = z - n in [-1/2, 1/2], and for 2^r a polynomial with
 * value 1 at 0, relative error 1.1e-7, in Estrin's order: it is what a step of a small layer waits
 * for. n is found by adding 1.5 * 2^23: it is then in the low bits.
 * exp: e^x = 2^n * e^r with n = round(x / ln 2), r = x - n ln 2 in two parts (Cody & Waite 1980),
 * and for e^r a minimax polynomial, relative error 3e-9; 2^n in two factors, so that results may be
 * denormal.
 * log1p: for u in [0, 1], log(1 + u) = 2 artanh(s) with s = u / (2 + u), as s times a minimax
 * polynomial in s^2, error 2e-9. */
#ifndef WEIR_MATH_SCALAR_H
#define WEIR_MATH_SCALAR_H

#include "strict.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* What a kernel stands between: it is for any CPU. */
#define WEIR_ISA_BEGIN
#define WEIR_ISA_END

/* <sleef.h> declares these only to code that is compiled for FMA. The runtime offers the kernels
 * that call them only where the CPU has it. */
float Sleef_finz_expf1_u10purecfma(float x);
float Sleef_finz_log1pf1_u10purecfma(float x);

static inline float v_from_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint32_t v_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* Rounded before anything is added to it: what nothing could fuse is left for clang to see, which
 * makes vectors of it. */
static inline float v_mul(float a, float b)
{
    float product = a * b;
#if defined(__FMA__) || !defined(__x86_64__)
    WEIR_ROUNDED(product);
#endif
    return product;
}

/* a * b + c, rounded once. C's fmaf is not to be relied on: some libraries round twice, or wrongly
 * where the result is denormal. Where the target has an instruction for it, the compiler puts that
 * for fmaf (clang only where fmaf sets no errno). Otherwise: the product is exact in double
 * precision; the sum is rounded to odd there, by its rounding error (Knuth's TwoSum), and what was
 * rounded to odd with two bits to spare rounds to float as the exact sum does (Boldo & Melquiond
 * 2008, "Emulation of FMA and correctly rounded sums"). */
static inline float v_fma(float a, float b, float c)
{
#if (defined(__FMA__) || defined(__ARM_FEATURE_FMA)) &&                                            \
    (!defined(__clang__) || defined(__GLIBC__) || defined(__NO_MATH_ERRNO__))
    return fmaf(a, b, c);
#else
    const double product = (double)a * b, sum = product + c;
    const double part = sum - product;
    const double rest = (product - (sum - part)) + (c - part);
    uint64_t bits;
    memcpy(&bits, &sum, sizeof bits);
    /* rest - rest: an infinite or undefined sum stays as it is. */
    if (rest != 0 && rest - rest == 0 && !(bits & 1))
        bits += (rest > 0) == (sum > 0) ? 1 : UINT64_MAX;
    double odd;
    memcpy(&odd, &bits, sizeof odd);
    return (float)odd;
#endif
}

/* 2^n, where n is in the low bits of `biased`: 1.5 * 2^23 + n. */
static inline float v_power(uint32_t biased)
{
    return v_from_bits((biased << 23) + 0x3f800000u);
}

/* 2^z for |z| < 126. */
static inline float v_exp2(float z)
{
    const float biased = z + 0x1.8p23f;
    const float r = z - (biased - 0x1.8p23f);
    const float r2 = r * r;
    const float low = v_fma(0.693147004f, r, 1.0f);
    const float middle = v_fma(0.0555073358f, r, 0.240222424f);
    const float high = v_fma(0.00132647273f, r, 0.00967151299f);
    const float p = v_fma(v_fma(high, r2, middle), r2, low);
    return v_mul(p, v_power(v_bits(biased)));
}

/* Between -bound and bound. */
static inline float v_clamp(float x, float bound)
{
    return x > bound ? bound : x < -bound ? -bound : x;
}

static inline float v_exp(float x)
{
    const float y = x > 89.0f ? 89.0f : x < -104.0f ? -104.0f : x;
    const float biased = v_fma(y, 0x1.715476p+0f, 0x1.8p23f);
    const float n = biased - 0x1.8p23f;
    const float r = v_fma(n, -0x1.7f7d1cp-20f, v_fma(n, -0x1.62e4p-1f, y));
    float p = v_fma(0.0013814467f, r, 0.00836878042f);
    p = v_fma(p, r, 0.0416683942f);
    p = v_fma(p, r, 0.166665201f);
    p = v_fma(p, r, 0.499999934f);
    p = v_fma(p, r * r, r) + 1.0f;
    const uint32_t whole = v_bits(biased) - 0x4b400000u;
    const uint32_t half = (uint32_t)((int32_t)whole >> 1);
    return v_mul(p * v_power(half), v_power(whole - half));
}

/* log(1 + u) for u in [0, 1]. */
static inline float v_log1p(float u)
{
    const float s = u / (2.0f + u);
    const float t = s * s;
    float p = v_fma(0.284292389f, t, 0.279065349f);
    p = v_fma(p, t, 0.400282958f);
    p = v_fma(p, t, 0.666662713f);
    return v_fma(p, t * s, s + s);
}

static inline float v_abs(float x)
{
    return fabsf(x);
}

static inline float v_min(float a, float b)
{
    return a < b || a != a ? a : b;
}

static inline float v_max(float a, float b)
{
    return a > b || a != a ? a : b;
}

/* a where b is above c, 0 elsewhere. */
static inline float v_where(float a, float b, float c)
{
    return b <= c ? 0.0f : a;
}

/* Any NaN becomes the one quiet NaN: ISAs differ in which they make. */
static inline float v_canonical(float x)
{
    return x == x ? x : v_from_bits(0x7fc00000u);
}

/* The lanes added up, by halves: what a product of few rows ends with (gen/emit/few.c). */
static inline float v_total(float x)
{
    return x;
}

static inline float v_load_first(const float *from, size_t count)
{
    return count > 0 ? *from : 0.0f;
}

static inline void v_store_first(float *to, float x, size_t count)
{
    if (count > 0)
        *to = x;
}

/* ---- Weights of fewer bits ---- */

/* A vector of integers of 32 bits: packed weights, and sums of products of bytes. */
typedef int32_t v_words;
enum { V_LANES = 1, WEIR_DOT_BIAS = 0, WEIR_QUAD = 4 };

static inline v_words v_words_zero(void)
{
    return 0;
}

/* At any alignment, as all that follow. */
static inline v_words v_load_words(const void *from)
{
    v_words words;
    memcpy(&words, from, sizeof words);
    return words;
}

/* Of two columns that share the words of a row: a bfloat is the upper half of a float. */
static inline float v_bf16_even(v_words pairs)
{
    return v_from_bits((uint32_t)pairs << 16);
}

static inline float v_bf16_odd(v_words pairs)
{
    return v_from_bits((uint32_t)pairs & 0xffff0000u);
}

/* As many halves as there are lanes. With the exponent 112 too low a half is a float of the same
 * fraction, denormal or not; infinities and NaN have an exponent of their own. */
static inline float v_f16(const void *from)
{
    uint16_t half;
    memcpy(&half, from, sizeof half);
    const uint32_t bits = (half & 0x7fffu) << 13;
    const uint32_t number = v_bits(v_from_bits(bits) * 0x1p112f);
    return v_from_bits((bits < 0x7c00u << 13 ? number : bits | 0x7f800000u) | (half & 0x8000u)
                                                                                  << 16);
}

/* One word for every lane. */
static inline v_words v_every_word(const void *from)
{
    return v_load_words(from);
}

/* Activations, four a lane, from a row that weir_quantise_row wrote. Four of them have WEIR_QUAD
 * bytes there: their own, or four of magnitudes and then four of signs. */
typedef v_words v_quads;

/* The same four for every lane. */
static inline v_quads v_dot8_quad(const int8_t *from)
{
    return v_load_words(from);
}

/* Four for each. */
static inline v_quads v_load_quads(const int8_t *from)
{
    return v_load_words(from);
}

/* To each lane of `acc` the four products of its weights and the activations: exact as long as the
 * sum fits, as activations are within 127; weights may be any bytes. Two things belong into `acc`,
 * too, at any time; what wraps around on the way comes back. Where WEIR_DOT_BIAS is 128,
 * activations are bytes without a sign, and 128 too large: -128 times the sum of all weights takes
 * that back. And what v_store_bytes says is missing. */
static inline v_words v_dot8(v_words acc, v_words weights, v_quads quads)
{
    int8_t w[4], a[4];
    memcpy(w, &weights, sizeof w);
    memcpy(a, &quads, sizeof a);
    return acc + (w[0] * a[0] + w[1] * a[1] + w[2] * a[2] + w[3] * a[3]);
}

/* acc - zero * sum. */
static inline v_words v_less(v_words acc, v_words zero, int32_t sum)
{
    return acc - zero * sum;
}

/* To nearest even. */
static inline float v_int_to_float(v_words acc)
{
    return (float)acc;
}

/* What weir_quantise_row is made of (quantise.h). The bits of the largest number so far, without
 * its sign: as integers they are in the order of the numbers, and those of NaN above all. */
static inline v_words v_greatest(v_words greatest, float x)
{
    const v_words magnitude = (v_words)(v_bits(x) & 0x7fffffffu);
    return magnitude > greatest ? magnitude : greatest;
}

/* The greatest of all lanes. */
static inline int32_t v_highest(v_words greatest)
{
    return greatest;
}

/* The sum of all lanes. */
static inline int32_t v_sum(v_words words)
{
    return words;
}

static inline float v_load_any(const float *from)
{
    return *from;
}

/* The integers nearest to x * scale, of two as near the even one, as bytes, which they fit; with
 * WEIR_DOT_BIAS. Returns, as the sum of its lanes, `missing` and what sums of products with them
 * are too small by: where signs are kept apart, the magnitudes of those below 0. Where 1.5 * 2^23
 * is added, the last bits of a float are ones. */
static inline v_words v_store_bytes(int8_t *to, float x, float scale, v_words missing)
{
    *to = (int8_t)(v_bits(v_mul(x, scale) + 0x1.8p23f) & 0xff);
    return missing;
}

#endif
