/* SPDX-License-Identifier: MIT */
/* What generated kernels compute with on NEON beside single instructions: exponentials and
 * logarithm on one vector, minimum and maximum that pass NaN on, loads and stores of part of a
 * vector. The same functions as in math_scalar.h, which explains them, and the same bits. */
#ifndef WEIR_MATH_NEON_H
#define WEIR_MATH_NEON_H

#ifndef __aarch64__
#error "compile this file for AArch64"
#endif

#include "strict.h"

#include <arm_neon.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* What a kernel stands between. WEIR_WITH_DOT: math_neondot.h reads this file, for CPUs that add up
 * products of bytes in one instruction. The scheduler that gcc runs before it allocates registers
 * loads too much too early: tiles spill. Its assembler has the instruction as a part of Armv8.2,
 * and every CPU that has it is of that. */
#if defined(__GNUC__) && !defined(__clang__)
#if defined(WEIR_WITH_DOT)
#define WEIR_NEON_TARGET WEIR_TARGET_BEGIN("arch=armv8.2-a+dotprod")
#else
#define WEIR_NEON_TARGET WEIR_PRAGMA(GCC push_options)
#endif
#define WEIR_ISA_BEGIN WEIR_NEON_TARGET WEIR_PRAGMA(GCC optimize("no-schedule-insns"))
#define WEIR_ISA_END WEIR_PRAGMA(GCC pop_options)
#elif defined(WEIR_WITH_DOT)
#define WEIR_ISA_BEGIN WEIR_TARGET_BEGIN("dotprod")
#define WEIR_ISA_END WEIR_TARGET_END
#else
#define WEIR_ISA_BEGIN
#define WEIR_ISA_END
#endif

WEIR_ISA_BEGIN

/* Of SLEEF. */
float32x4_t Sleef_finz_expf4_u10advsimd(float32x4_t x);
float32x4_t Sleef_finz_log1pf4_u10advsimd(float32x4_t x);

/* Rounded before anything is added to it. */
static inline float32x4_t v_mul(float32x4_t a, float32x4_t b)
{
    float32x4_t product = vmulq_f32(a, b);
    WEIR_ROUNDED(product);
    return product;
}

static inline float32x4_t v_fma(float32x4_t a, float32x4_t b, float32x4_t c)
{
    return vfmaq_f32(c, a, b);
}

/* 2^n, where n is in the low bits of `biased`: 1.5 * 2^23 + n. */
static inline float32x4_t v_power(int32x4_t biased)
{
    return vreinterpretq_f32_s32(vaddq_s32(vshlq_n_s32(biased, 23), vdupq_n_s32(0x3f800000)));
}

/* 2^z for |z| < 126. */
static inline float32x4_t v_exp2(float32x4_t z)
{
    const float32x4_t biased = vaddq_f32(z, vdupq_n_f32(0x1.8p23f));
    const float32x4_t r = vsubq_f32(z, vsubq_f32(biased, vdupq_n_f32(0x1.8p23f)));
    const float32x4_t r2 = vmulq_f32(r, r);
    const float32x4_t low = v_fma(vdupq_n_f32(0.693147004f), r, vdupq_n_f32(1.0f));
    const float32x4_t middle = v_fma(vdupq_n_f32(0.0555073358f), r, vdupq_n_f32(0.240222424f));
    const float32x4_t high = v_fma(vdupq_n_f32(0.00132647273f), r, vdupq_n_f32(0.00967151299f));
    const float32x4_t p = v_fma(v_fma(high, r2, middle), r2, low);
    return v_mul(p, v_power(vreinterpretq_s32_f32(biased)));
}

/* Between -bound and bound. */
static inline float32x4_t v_clamp(float32x4_t x, float32x4_t bound)
{
    return vminq_f32(vmaxq_f32(x, vnegq_f32(bound)), bound);
}

static inline float32x4_t v_exp(float32x4_t x)
{
    const float32x4_t y = vminq_f32(vmaxq_f32(x, vdupq_n_f32(-104.0f)), vdupq_n_f32(89.0f));
    const float32x4_t biased = v_fma(y, vdupq_n_f32(0x1.715476p+0f), vdupq_n_f32(0x1.8p23f));
    const float32x4_t n = vsubq_f32(biased, vdupq_n_f32(0x1.8p23f));
    const float32x4_t high = v_fma(n, vdupq_n_f32(-0x1.62e4p-1f), y);
    const float32x4_t r = v_fma(n, vdupq_n_f32(-0x1.7f7d1cp-20f), high);
    float32x4_t p = v_fma(vdupq_n_f32(0.0013814467f), r, vdupq_n_f32(0.00836878042f));
    p = v_fma(p, r, vdupq_n_f32(0.0416683942f));
    p = v_fma(p, r, vdupq_n_f32(0.166665201f));
    p = v_fma(p, r, vdupq_n_f32(0.499999934f));
    p = vaddq_f32(v_fma(p, vmulq_f32(r, r), r), vdupq_n_f32(1.0f));
    const int32x4_t whole = vsubq_s32(vreinterpretq_s32_f32(biased), vdupq_n_s32(0x4b400000));
    const int32x4_t half = vshrq_n_s32(whole, 1);
    return v_mul(vmulq_f32(p, v_power(half)), v_power(vsubq_s32(whole, half)));
}

/* log(1 + u) for u in [0, 1]. */
static inline float32x4_t v_log1p(float32x4_t u)
{
    const float32x4_t s = vdivq_f32(u, vaddq_f32(vdupq_n_f32(2.0f), u));
    const float32x4_t t = vmulq_f32(s, s);
    float32x4_t p = v_fma(vdupq_n_f32(0.284292389f), t, vdupq_n_f32(0.279065349f));
    p = v_fma(p, t, vdupq_n_f32(0.400282958f));
    p = v_fma(p, t, vdupq_n_f32(0.666662713f));
    return v_fma(p, vmulq_f32(t, s), vaddq_f32(s, s));
}

static inline float32x4_t v_abs(float32x4_t x)
{
    return vabsq_f32(x);
}

/* Not vminq_f32 and vmaxq_f32: they order the zeros, and x86 does not. */
static inline float32x4_t v_min(float32x4_t a, float32x4_t b)
{
    return vbslq_f32(vceqq_f32(a, a), vbslq_f32(vcltq_f32(a, b), a, b), a);
}

static inline float32x4_t v_max(float32x4_t a, float32x4_t b)
{
    return vbslq_f32(vceqq_f32(a, a), vbslq_f32(vcgtq_f32(a, b), a, b), a);
}

/* a where b is above c, 0 elsewhere. */
static inline float32x4_t v_where(float32x4_t a, float32x4_t b, float32x4_t c)
{
    return vbslq_f32(vcleq_f32(b, c), vdupq_n_f32(0.0f), a);
}

/* Any NaN becomes the one quiet NaN: ISAs differ in which they make. */
static inline float32x4_t v_canonical(float32x4_t x)
{
    return vbslq_f32(vceqq_f32(x, x), x, vreinterpretq_f32_s32(vdupq_n_s32(0x7fc00000)));
}

/* The lanes from n on, a constant in [1, 4), of two vectors beside one another. */
#define V_WINDOW(low, high, n) vextq_f32(low, high, n)

/* The lanes added up, by halves. */
static inline float v_total(float32x4_t x)
{
    const float32x2_t two = vadd_f32(vget_low_f32(x), vget_high_f32(x));
    return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}

/* Three numbers in the first lanes, 0 in the last. */
static inline float32x4_t v_three(float a, float b, float c)
{
    const float32x4_t two = vsetq_lane_f32(b, vsetq_lane_f32(a, vdupq_n_f32(0.0f), 0), 1);
    return vsetq_lane_f32(c, two, 2);
}

static inline float32x4_t v_load_first(const float *from, size_t count)
{
    float lanes[4] = {0};
    for (size_t i = 0; i < count; i++)
        lanes[i] = from[i];
    return vld1q_f32(lanes);
}

static inline void v_store_first(float *to, float32x4_t x, size_t count)
{
    float lanes[4];
    vst1q_f32(lanes, x);
    for (size_t i = 0; i < count; i++)
        to[i] = lanes[i];
}

/* ---- Weights of fewer bits ---- */

typedef int32x4_t v_words;
enum { V_LANES = 4, WEIR_DOT_BIAS = 0, WEIR_QUAD = 4 };

static inline v_words v_words_zero(void)
{
    return vdupq_n_s32(0);
}

static inline v_words v_load_words(const void *from)
{
    return vreinterpretq_s32_s8(vld1q_s8((const int8_t *)from));
}

static inline float32x4_t v_bf16_even(v_words pairs)
{
    return vreinterpretq_f32_s32(vshlq_n_s32(pairs, 16));
}

static inline float32x4_t v_bf16_odd(v_words pairs)
{
    return vreinterpretq_f32_s32(vandq_s32(pairs, vdupq_n_s32(-0x10000)));
}

/* As many halves as there are lanes. */
static inline float32x4_t v_f16(const void *from)
{
    return vcvt_f32_f16(vreinterpret_f16_s8(vld1_s8((const int8_t *)from)));
}

static inline v_words v_every_word(const void *from)
{
    int32_t word;
    memcpy(&word, from, sizeof word);
    return vdupq_n_s32(word);
}

typedef v_words v_quads;

static inline v_quads v_dot8_quad(const int8_t *from)
{
    return v_every_word(from);
}

static inline v_quads v_load_quads(const int8_t *from)
{
    return v_load_words(from);
}

static inline v_words v_dot8(v_words acc, v_words weights, v_quads quads)
{
    const int8x16_t w = vreinterpretq_s8_s32(weights), a = vreinterpretq_s8_s32(quads);
#if defined(WEIR_WITH_DOT) && defined(__clang__)
    /* clang before 16 has the intrinsic only where a whole file is for such CPUs. */
    __asm__("sdot %0.4s, %1.16b, %2.16b" : "+w"(acc) : "w"(w), "w"(a));
    return acc;
#elif defined(WEIR_WITH_DOT)
    return vdotq_s32(acc, w, a);
#else
    /* Two products are at most 2 * 127 * 128 = 32512, which 16 bits hold. */
    const int16x8_t low = vmull_s8(vget_low_s8(w), vget_low_s8(a));
    const int16x8_t pairs = vpaddq_s16(low, vmull_high_s8(w, a));
    return vpadalq_s16(acc, pairs);
#endif
}

static inline v_words v_less(v_words acc, v_words zero, int32_t sum)
{
    return vmlsq_n_s32(acc, zero, sum);
}

static inline float32x4_t v_int_to_float(v_words acc)
{
    return vcvtq_f32_s32(acc);
}

static inline v_words v_greatest(v_words greatest, float32x4_t x)
{
    return vmaxq_s32(greatest, vreinterpretq_s32_f32(vabsq_f32(x)));
}

/* The greatest of all lanes. */
static inline int32_t v_highest(v_words greatest)
{
    return vmaxvq_s32(greatest);
}

/* The sum of all lanes. */
static inline int32_t v_sum(v_words words)
{
    return vaddvq_s32(words);
}

static inline float32x4_t v_load_any(const float *from)
{
    return vld1q_f32(from);
}

/* Integers as bytes, which they fit. */
static inline v_words v_store_bytes(int8_t *to, float32x4_t x, float scale, v_words missing)
{
    const int16x4_t shorts = vmovn_s32(vcvtnq_s32_f32(vmulq_n_f32(x, scale)));
    const int8x8_t bytes = vmovn_s16(vcombine_s16(shorts, shorts));
    const uint32_t quad = vget_lane_u32(vreinterpret_u32_s8(bytes), 0);
    memcpy(to, &quad, sizeof quad);
    return missing;
}

WEIR_ISA_END

#endif
