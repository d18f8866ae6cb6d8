/* SPDX-License-Identifier: MIT */
/* What generated kernels compute with on AVX2 and FMA beside single instructions: exponentials and
 * logarithm on one vector, minimum and maximum that pass NaN on, loads and stores of part of a
 * vector. The same functions as in math_scalar.h, which explains them, and the same bits. */
#ifndef WEIR_MATH_AVX2_H
#define WEIR_MATH_AVX2_H

#include "strict.h"

#include <immintrin.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* What a kernel stands between. WEIR_WITH_VNNI: math_avx2vnni.h reads this file, for CPUs that add
 * up products of bytes in one instruction. WEIR_VNNI_IN_C: the intrinsic of that is not the
 * compiler's but defined in C, for a CPU without. */
#if defined(WEIR_WITH_VNNI) && !defined(WEIR_VNNI_IN_C)
#define WEIR_ISA_BEGIN WEIR_TARGET_BEGIN("avx2,fma,f16c,avxvnni")
#else
#define WEIR_ISA_BEGIN WEIR_TARGET_BEGIN("avx2,fma,f16c")
#endif
#define WEIR_ISA_END WEIR_TARGET_END

#if defined(WEIR_WITH_VNNI)
enum { V_LANES = 8, WEIR_DOT_BIAS = 128, WEIR_QUAD = 4 };
#else
enum { V_LANES = 8, WEIR_DOT_BIAS = 0, WEIR_QUAD = 8 };
#endif

WEIR_ISA_BEGIN

/* Of SLEEF, whose header declares them only to code that is compiled for the ISA. */
__m256 Sleef_finz_expf8_u10avx2(__m256 x);
__m256 Sleef_finz_log1pf8_u10avx2(__m256 x);

/* Rounded before anything is added to it. */
static inline __m256 v_mul(__m256 a, __m256 b)
{
    __m256 product = _mm256_mul_ps(a, b);
    WEIR_ROUNDED(product);
    return product;
}

/* 2^n, where n is in the low bits of `biased`: 1.5 * 2^23 + n. */
static inline __m256 v_power(__m256i biased)
{
    return _mm256_castsi256_ps(
        _mm256_add_epi32(_mm256_slli_epi32(biased, 23), _mm256_set1_epi32(0x3f800000)));
}

/* 2^z for |z| < 126. */
static inline __m256 v_exp2(__m256 z)
{
    const __m256 biased = _mm256_add_ps(z, _mm256_set1_ps(0x1.8p23f));
    const __m256 r = _mm256_sub_ps(z, _mm256_sub_ps(biased, _mm256_set1_ps(0x1.8p23f)));
    const __m256 r2 = _mm256_mul_ps(r, r);
    const __m256 low = _mm256_fmadd_ps(_mm256_set1_ps(0.693147004f), r, _mm256_set1_ps(1.0f));
    const __m256 middle =
        _mm256_fmadd_ps(_mm256_set1_ps(0.0555073358f), r, _mm256_set1_ps(0.240222424f));
    const __m256 high =
        _mm256_fmadd_ps(_mm256_set1_ps(0.00132647273f), r, _mm256_set1_ps(0.00967151299f));
    const __m256 p = _mm256_fmadd_ps(_mm256_fmadd_ps(high, r2, middle), r2, low);
    return v_mul(p, v_power(_mm256_castps_si256(biased)));
}

/* Between -bound and bound. */
static inline __m256 v_clamp(__m256 x, __m256 bound)
{
    return _mm256_min_ps(bound, _mm256_max_ps(_mm256_sub_ps(_mm256_setzero_ps(), bound), x));
}

static inline __m256 v_exp(__m256 x)
{
    const __m256 y =
        _mm256_min_ps(_mm256_set1_ps(89.0f), _mm256_max_ps(_mm256_set1_ps(-104.0f), x));
    const __m256 biased =
        _mm256_fmadd_ps(y, _mm256_set1_ps(0x1.715476p+0f), _mm256_set1_ps(0x1.8p23f));
    const __m256 n = _mm256_sub_ps(biased, _mm256_set1_ps(0x1.8p23f));
    const __m256 high = _mm256_fmadd_ps(n, _mm256_set1_ps(-0x1.62e4p-1f), y);
    const __m256 r = _mm256_fmadd_ps(n, _mm256_set1_ps(-0x1.7f7d1cp-20f), high);
    __m256 p = _mm256_fmadd_ps(_mm256_set1_ps(0.0013814467f), r, _mm256_set1_ps(0.00836878042f));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(0.0416683942f));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(0.166665201f));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(0.499999934f));
    p = _mm256_add_ps(_mm256_fmadd_ps(p, _mm256_mul_ps(r, r), r), _mm256_set1_ps(1.0f));
    const __m256i whole =
        _mm256_sub_epi32(_mm256_castps_si256(biased), _mm256_set1_epi32(0x4b400000));
    const __m256i half = _mm256_srai_epi32(whole, 1);
    return v_mul(_mm256_mul_ps(p, v_power(half)), v_power(_mm256_sub_epi32(whole, half)));
}

/* log(1 + u) for u in [0, 1]. */
static inline __m256 v_log1p(__m256 u)
{
    const __m256 s = _mm256_div_ps(u, _mm256_add_ps(_mm256_set1_ps(2.0f), u));
    const __m256 t = _mm256_mul_ps(s, s);
    __m256 p = _mm256_fmadd_ps(_mm256_set1_ps(0.284292389f), t, _mm256_set1_ps(0.279065349f));
    p = _mm256_fmadd_ps(p, t, _mm256_set1_ps(0.400282958f));
    p = _mm256_fmadd_ps(p, t, _mm256_set1_ps(0.666662713f));
    return _mm256_fmadd_ps(p, _mm256_mul_ps(t, s), _mm256_add_ps(s, s));
}

static inline __m256 v_neg(__m256 x)
{
    return _mm256_xor_ps(x, _mm256_set1_ps(-0.0f));
}

static inline __m256 v_abs(__m256 x)
{
    return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x);
}

/* The instructions give the second operand where one is NaN. */
static inline __m256 v_min(__m256 a, __m256 b)
{
    return _mm256_blendv_ps(_mm256_min_ps(a, b), a, _mm256_cmp_ps(a, a, _CMP_UNORD_Q));
}

static inline __m256 v_max(__m256 a, __m256 b)
{
    return _mm256_blendv_ps(_mm256_max_ps(a, b), a, _mm256_cmp_ps(a, a, _CMP_UNORD_Q));
}

/* a where b is above c, 0 elsewhere. */
static inline __m256 v_where(__m256 a, __m256 b, __m256 c)
{
    return _mm256_andnot_ps(_mm256_cmp_ps(b, c, _CMP_LE_OQ), a);
}

/* Any NaN becomes the one quiet NaN: ISAs differ in which they make. */
static inline __m256 v_canonical(__m256 x)
{
    const __m256 nan = _mm256_castsi256_ps(_mm256_set1_epi32(0x7fc00000));
    return _mm256_blendv_ps(x, nan, _mm256_cmp_ps(x, x, _CMP_UNORD_Q));
}

/* All ones in the first lanes. */
static inline __m256i v_first(size_t count)
{
    const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), lanes);
}

/* The lanes from n on, a constant in [1, 8), of two vectors beside one another. */
#define V_WINDOW(low, high, n)                                                                     \
    _mm256_castsi256_ps(_mm256_alignr_epi8(                                                        \
        _mm256_castps_si256((n) < 4 ? _mm256_permute2f128_ps(low, high, 0x21) : (high)),           \
        _mm256_castps_si256((n) < 4 ? (low) : _mm256_permute2f128_ps(low, high, 0x21)),            \
        4 * ((n) % 4)))

/* The lanes added up, by halves. */
static inline float v_total(__m256 x)
{
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

/* Three numbers in the first lanes, 0 in the others. */
static inline __m256 v_three(float a, float b, float c)
{
    return _mm256_zextps128_ps256(_mm_set_ps(0.0f, c, b, a));
}

static inline __m256 v_load_first(const float *from, size_t count)
{
    return _mm256_maskload_ps(from, v_first(count));
}

/* In parts: a masked store takes 3.3 ns on a Zen 4, and a plain one .3. Where the count is known,
 * no more is left of this than one or two. */
static inline void v_store_first(float *to, __m256 x, size_t count)
{
    __m128 part = _mm256_castps256_ps128(x);
    if (count >= 8) {
        _mm256_storeu_ps(to, x);
        return;
    }
    if (count & 4) {
        _mm_storeu_ps(to, part);
        part = _mm256_extractf128_ps(x, 1);
        to += 4;
    }
    if (count & 2) {
        _mm_storel_pi((__m64 *)(void *)to, part);
        part = _mm_movehl_ps(part, part);
        to += 2;
    }
    if (count & 1)
        _mm_store_ss(to, part);
}

/* ---- Weights of fewer bits ---- */

typedef __m256i v_words;

static inline v_words v_words_zero(void)
{
    return _mm256_setzero_si256();
}

static inline v_words v_load_words(const void *from)
{
    return _mm256_loadu_si256((const __m256i *)from);
}

static inline __m256 v_bf16_even(v_words pairs)
{
    return _mm256_castsi256_ps(_mm256_slli_epi32(pairs, 16));
}

static inline __m256 v_bf16_odd(v_words pairs)
{
    return _mm256_castsi256_ps(_mm256_and_si256(pairs, _mm256_set1_epi32(-0x10000)));
}

/* As many halves as there are lanes. */
static inline __m256 v_f16(const void *from)
{
    return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)from));
}

static inline v_words v_every_word(const void *from)
{
    int32_t word;
    memcpy(&word, from, sizeof word);
    return _mm256_set1_epi32(word);
}

#if defined(WEIR_WITH_VNNI)
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
    return _mm256_dpbusd_avx_epi32(acc, quads, weights);
}
#else
/* The magnitudes of activations, and all ones where one is below 0. */
typedef struct {
    v_words magnitude, below;
} v_quads;

static inline v_quads v_dot8_quad(const int8_t *from)
{
    const v_quads quads = {v_every_word(from), v_every_word(from + 4)};
    return quads;
}

/* Words 0, 2, 4 ... of two vectors. */
static inline v_words v_even_words(v_words low, v_words high)
{
    const __m256 even =
        _mm256_shuffle_ps(_mm256_castsi256_ps(low), _mm256_castsi256_ps(high), 0x88);
    return _mm256_permute4x64_epi64(_mm256_castps_si256(even), 0xd8);
}

/* Quads, one for each lane. */
static inline v_quads v_load_quads(const int8_t *from)
{
    const v_words low = v_load_words(from), high = v_load_words(from + 4 * V_LANES);
    const v_quads quads = {v_even_words(low, high),
                           v_even_words(_mm256_srli_epi64(low, 32), _mm256_srli_epi64(high, 32))};
    return quads;
}

/* In the register of the sum: left to itself gcc 12 copies each sum once a column, and spills for
 * that. */
static inline v_words v_add_words(v_words sum, v_words words)
{
#if defined(__clang__)
    return _mm256_add_epi32(sum, words);
#else
    __asm__("vpaddd {%1, %0, %0|%0, %0, %1}" : "+x"(sum) : "x"(words));
    return sum;
#endif
}

/* A byte without a sign by one with: two products are at most 2 * 127 * 128 = 32512, which 16 bits
 * hold. There is an instruction that takes a sign over, but it needs the units that multiply; all
 * do an exclusive or, which makes -1 - w of w, too small by the magnitude. */
static inline v_words v_dot8(v_words acc, v_words weights, v_quads quads)
{
    const __m256i pairs =
        _mm256_maddubs_epi16(quads.magnitude, _mm256_xor_si256(weights, quads.below));
    return v_add_words(acc, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}
#endif

static inline v_words v_less(v_words acc, v_words zero, int32_t sum)
{
    return _mm256_sub_epi32(acc, _mm256_mullo_epi32(zero, _mm256_set1_epi32(sum)));
}

static inline __m256 v_int_to_float(v_words acc)
{
    return _mm256_cvtepi32_ps(acc);
}

static inline v_words v_greatest(v_words greatest, __m256 x)
{
    const __m256i rest = _mm256_set1_epi32(0x7fffffff);
    return _mm256_max_epi32(greatest, _mm256_and_si256(_mm256_castps_si256(x), rest));
}

/* The greatest of all lanes. */
static inline int32_t v_highest(v_words greatest)
{
    const __m128i four =
        _mm_max_epi32(_mm256_castsi256_si128(greatest), _mm256_extracti128_si256(greatest, 1));
    const __m128i two = _mm_max_epi32(four, _mm_unpackhi_epi64(four, four));
    return _mm_cvtsi128_si32(_mm_max_epi32(two, _mm_srli_epi64(two, 32)));
}

/* The sum of all lanes. */
static inline int32_t v_sum(v_words words)
{
    const __m128i four =
        _mm_add_epi32(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
    const __m128i two = _mm_add_epi32(four, _mm_unpackhi_epi64(four, four));
    return _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_srli_epi64(two, 32)));
}

static inline __m256 v_load_any(const float *from)
{
    return _mm256_loadu_ps(from);
}

/* Integers as bytes, which they fit. */
static inline v_words v_store_bytes(int8_t *to, __m256 x, float scale, v_words missing)
{
    const __m256i words = _mm256_cvtps_epi32(_mm256_mul_ps(x, _mm256_set1_ps(scale)));
    const __m128i shorts =
        _mm_packs_epi32(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
    const __m128i bytes = _mm_packs_epi16(shorts, shorts);
#if defined(WEIR_WITH_VNNI)
    _mm_storel_epi64((__m128i *)(void *)to,
                     _mm_xor_si128(bytes, _mm_set1_epi8((char)WEIR_DOT_BIAS)));
    return missing;
#else
    const __m128i below = _mm_cmpgt_epi8(_mm_setzero_si128(), bytes);
    _mm_storeu_si128((__m128i *)(void *)to, _mm_unpacklo_epi32(_mm_abs_epi8(bytes), below));
    return _mm256_sub_epi32(missing, _mm256_min_epi32(words, _mm256_setzero_si256()));
#endif
}

WEIR_ISA_END

#endif
