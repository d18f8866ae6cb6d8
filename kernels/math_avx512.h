/* SPDX-License-Identifier: MIT */
/* What generated kernels compute with on AVX-512 beside single instructions: exponentials and
 * logarithm on one vector, minimum and maximum that pass NaN on, loads and stores of part of a
 * vector. The same functions as in math_scalar.h, which explains them, and the same bits. */
#ifndef WEIR_MATH_AVX512_H
#define WEIR_MATH_AVX512_H

#include "strict.h"

/* As C++, gcc 12 takes its own _mm512_undefined_ps for a mistake. */
#if defined(__cplusplus) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop
#else
#include <immintrin.h>
#endif
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* What a kernel stands between. WEIR_AVX512_IN_C: the intrinsics are not the compiler's but defined
 * in C, for a CPU without AVX-512. WEIR_WITH_VNNI: math_avx512vnni.h reads this file, for CPUs that
 * add up products of bytes in one instruction. */
#if defined(WEIR_AVX512_IN_C)
#define WEIR_ISA_BEGIN
#define WEIR_ISA_END
#elif defined(WEIR_WITH_VNNI)
#define WEIR_ISA_BEGIN WEIR_TARGET_BEGIN("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,fma,f16c")
#define WEIR_ISA_END WEIR_TARGET_END
#else
#define WEIR_ISA_BEGIN WEIR_TARGET_BEGIN("avx512f,avx512bw,avx512dq,avx512vl,fma,f16c")
#define WEIR_ISA_END WEIR_TARGET_END
#endif

#if defined(WEIR_WITH_VNNI)
enum { V_LANES = 16, WEIR_DOT_BIAS = 128, WEIR_QUAD = 4 };
#else
enum { V_LANES = 16, WEIR_DOT_BIAS = 0, WEIR_QUAD = 8 };
#endif

WEIR_ISA_BEGIN

/* Of SLEEF, whose header declares them only to code that is compiled for the ISA. */
__m512 Sleef_finz_expf16_u10avx512f(__m512 x);
__m512 Sleef_finz_log1pf16_u10avx512f(__m512 x);

/* Rounded before anything is added to it. */
static inline __m512 v_mul(__m512 a, __m512 b)
{
    __m512 product = _mm512_mul_ps(a, b);
#if !defined(WEIR_AVX512_IN_C)
    WEIR_ROUNDED(product);
#endif
    return product;
}

/* 2^n, where n is in the low bits of `biased`: 1.5 * 2^23 + n. */
static inline __m512 v_power(__m512i biased)
{
    return _mm512_castsi512_ps(
        _mm512_add_epi32(_mm512_slli_epi32(biased, 23), _mm512_set1_epi32(0x3f800000)));
}

/* 2^z for |z| < 126. */
static inline __m512 v_exp2(__m512 z)
{
    const __m512 n = _mm512_roundscale_ps(z, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    const __m512 r = _mm512_sub_ps(z, n);
    const __m512 r2 = _mm512_mul_ps(r, r);
    const __m512 low = _mm512_fmadd_ps(_mm512_set1_ps(0.693147004f), r, _mm512_set1_ps(1.0f));
    const __m512 middle =
        _mm512_fmadd_ps(_mm512_set1_ps(0.0555073358f), r, _mm512_set1_ps(0.240222424f));
    const __m512 high =
        _mm512_fmadd_ps(_mm512_set1_ps(0.00132647273f), r, _mm512_set1_ps(0.00967151299f));
    const __m512 p = _mm512_fmadd_ps(_mm512_fmadd_ps(high, r2, middle), r2, low);
    return _mm512_scalef_ps(p, n);
}

/* Between -bound and bound. */
static inline __m512 v_clamp(__m512 x, __m512 bound)
{
    return _mm512_min_ps(bound, _mm512_max_ps(_mm512_sub_ps(_mm512_setzero_ps(), bound), x));
}

static inline __m512 v_exp(__m512 x)
{
    const __m512 y =
        _mm512_min_ps(_mm512_set1_ps(89.0f), _mm512_max_ps(_mm512_set1_ps(-104.0f), x));
    const __m512 biased =
        _mm512_fmadd_ps(y, _mm512_set1_ps(0x1.715476p+0f), _mm512_set1_ps(0x1.8p23f));
    const __m512 n = _mm512_sub_ps(biased, _mm512_set1_ps(0x1.8p23f));
    const __m512 high = _mm512_fmadd_ps(n, _mm512_set1_ps(-0x1.62e4p-1f), y);
    const __m512 r = _mm512_fmadd_ps(n, _mm512_set1_ps(-0x1.7f7d1cp-20f), high);
    __m512 p = _mm512_fmadd_ps(_mm512_set1_ps(0.0013814467f), r, _mm512_set1_ps(0.00836878042f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.0416683942f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.166665201f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.499999934f));
    p = _mm512_add_ps(_mm512_fmadd_ps(p, _mm512_mul_ps(r, r), r), _mm512_set1_ps(1.0f));
    const __m512i whole =
        _mm512_sub_epi32(_mm512_castps_si512(biased), _mm512_set1_epi32(0x4b400000));
    const __m512i half = _mm512_srai_epi32(whole, 1);
    return v_mul(_mm512_mul_ps(p, v_power(half)), v_power(_mm512_sub_epi32(whole, half)));
}

/* log(1 + u) for u in [0, 1]. */
static inline __m512 v_log1p(__m512 u)
{
    const __m512 s = _mm512_div_ps(u, _mm512_add_ps(_mm512_set1_ps(2.0f), u));
    const __m512 t = _mm512_mul_ps(s, s);
    __m512 p = _mm512_fmadd_ps(_mm512_set1_ps(0.284292389f), t, _mm512_set1_ps(0.279065349f));
    p = _mm512_fmadd_ps(p, t, _mm512_set1_ps(0.400282958f));
    p = _mm512_fmadd_ps(p, t, _mm512_set1_ps(0.666662713f));
    return _mm512_fmadd_ps(p, _mm512_mul_ps(t, s), _mm512_add_ps(s, s));
}

static inline __m512 v_neg(__m512 x)
{
    return _mm512_xor_ps(x, _mm512_set1_ps(-0.0f));
}

static inline __m512 v_abs(__m512 x)
{
    return _mm512_abs_ps(x);
}

/* The instructions give the second operand where one is NaN. */
static inline __m512 v_min(__m512 a, __m512 b)
{
    const __mmask16 nan = _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q);
    return _mm512_mask_mov_ps(_mm512_min_ps(a, b), nan, a);
}

static inline __m512 v_max(__m512 a, __m512 b)
{
    const __mmask16 nan = _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q);
    return _mm512_mask_mov_ps(_mm512_max_ps(a, b), nan, a);
}

/* a where b is above c, 0 elsewhere. */
static inline __m512 v_where(__m512 a, __m512 b, __m512 c)
{
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(b, c, _CMP_NLE_UQ), a);
}

/* Any NaN becomes the one quiet NaN: ISAs differ in which they make. */
static inline __m512 v_canonical(__m512 x)
{
    const __m512 nan = _mm512_castsi512_ps(_mm512_set1_epi32(0x7fc00000));
    return _mm512_mask_mov_ps(x, _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q), nan);
}

/* The lanes from n on, a constant in [1, 16), of two vectors beside one another. */
#define V_WINDOW(low, high, n)                                                                     \
    _mm512_castsi512_ps(_mm512_alignr_epi32(_mm512_castps_si512(high), _mm512_castps_si512(low), n))

/* The lanes added up, by halves. */
static inline float v_total(__m512 x)
{
    const __m512 high =
        _mm512_castsi512_ps(_mm512_alignr_epi32(_mm512_castps_si512(x), _mm512_castps_si512(x), 8));
    const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(x), _mm512_castps512_ps256(high));
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

/* Three numbers in the first lanes, 0 in the others. */
static inline __m512 v_three(float a, float b, float c)
{
    return _mm512_maskz_mov_ps(7, _mm512_castps128_ps512(_mm_set_ps(0.0f, c, b, a)));
}

static inline __m512 v_load_first(const float *from, size_t count)
{
    return _mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), from);
}

static inline void v_store_first(float *to, __m512 x, size_t count)
{
    _mm512_mask_storeu_ps(to, (__mmask16)((1u << count) - 1), x);
}

/* ---- Weights of fewer bits ---- */

typedef __m512i v_words;

static inline v_words v_words_zero(void)
{
    return _mm512_setzero_si512();
}

static inline v_words v_load_words(const void *from)
{
    return _mm512_loadu_si512(from);
}

static inline __m512 v_bf16_even(v_words pairs)
{
    return _mm512_castsi512_ps(_mm512_slli_epi32(pairs, 16));
}

static inline __m512 v_bf16_odd(v_words pairs)
{
    return _mm512_castsi512_ps(_mm512_and_si512(pairs, _mm512_set1_epi32(-0x10000)));
}

/* As many halves as there are lanes, in two parts: on a Zen 4 the instruction for a whole vector
 * takes as long as five fused multiply-adds of half a vector, and each of these as long as one. */
static inline __m512 v_f16(const void *from)
{
    const __m128i *parts = (const __m128i *)from;
    const __m256 low = _mm256_cvtph_ps(_mm_loadu_si128(parts));
    const __m256 high = _mm256_cvtph_ps(_mm_loadu_si128(parts + 1));
    return _mm512_insertf32x8(_mm512_castps256_ps512(low), high, 1);
}

static inline v_words v_every_word(const void *from)
{
    int32_t word;
    memcpy(&word, from, sizeof word);
    return _mm512_set1_epi32(word);
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

/* In the register of the sum, as in v_add_words of AVX2. */
static inline v_words v_dot8(v_words acc, v_words weights, v_quads quads)
{
#if defined(__clang__) || defined(WEIR_AVX512_IN_C)
    return _mm512_dpbusd_epi32(acc, quads, weights);
#else
    __asm__("vpdpbusd {%2, %1, %0|%0, %1, %2}" : "+v"(acc) : "v"(quads), "v"(weights));
    return acc;
#endif
}
#else
/* As on AVX2. */
typedef struct {
    v_words magnitude, below;
} v_quads;

static inline v_quads v_dot8_quad(const int8_t *from)
{
    const v_quads quads = {v_every_word(from), v_every_word(from + 4)};
    return quads;
}

static inline v_words v_even_words(v_words low, v_words high)
{
    const __m512i even =
        _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    return _mm512_permutex2var_epi32(low, even, high);
}

/* Quads, one for each lane. */
static inline v_quads v_load_quads(const int8_t *from)
{
    const v_words low = v_load_words(from), high = v_load_words(from + 4 * V_LANES);
    const v_quads quads = {v_even_words(low, high),
                           v_even_words(_mm512_srli_epi64(low, 32), _mm512_srli_epi64(high, 32))};
    return quads;
}

static inline v_words v_add_words(v_words sum, v_words words)
{
#if defined(__clang__) || defined(WEIR_AVX512_IN_C)
    return _mm512_add_epi32(sum, words);
#else
    __asm__("vpaddd {%1, %0, %0|%0, %0, %1}" : "+v"(sum) : "v"(words));
    return sum;
#endif
}

static inline v_words v_dot8(v_words acc, v_words weights, v_quads quads)
{
    const __m512i pairs =
        _mm512_maddubs_epi16(quads.magnitude, _mm512_xor_si512(weights, quads.below));
    return v_add_words(acc, _mm512_madd_epi16(pairs, _mm512_set1_epi16(1)));
}
#endif

static inline v_words v_less(v_words acc, v_words zero, int32_t sum)
{
    return _mm512_sub_epi32(acc, _mm512_mullo_epi32(zero, _mm512_set1_epi32(sum)));
}

static inline __m512 v_int_to_float(v_words acc)
{
    return _mm512_cvtepi32_ps(acc);
}

static inline v_words v_greatest(v_words greatest, __m512 x)
{
    const __m512i rest = _mm512_set1_epi32(0x7fffffff);
    return _mm512_max_epi32(greatest, _mm512_and_si512(_mm512_castps_si512(x), rest));
}

/* The greatest of all lanes. */
static inline int32_t v_highest(v_words greatest)
{
    const __m512i high = _mm512_alignr_epi32(greatest, greatest, 8);
    const __m256i eight = _mm512_castsi512_si256(_mm512_max_epi32(greatest, high));
    const __m128i four =
        _mm_max_epi32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256(eight, 1));
    const __m128i two = _mm_max_epi32(four, _mm_unpackhi_epi64(four, four));
    return _mm_cvtsi128_si32(_mm_max_epi32(two, _mm_srli_epi64(two, 32)));
}

/* The sum of all lanes. */
static inline int32_t v_sum(v_words words)
{
    const __m512i high = _mm512_alignr_epi32(words, words, 8);
    const __m256i eight = _mm512_castsi512_si256(_mm512_add_epi32(words, high));
    const __m128i four =
        _mm_add_epi32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256(eight, 1));
    const __m128i two = _mm_add_epi32(four, _mm_unpackhi_epi64(four, four));
    return _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_srli_epi64(two, 32)));
}

static inline __m512 v_load_any(const float *from)
{
    return _mm512_loadu_ps(from);
}

/* Integers as bytes, which they fit. */
static inline v_words v_store_bytes(int8_t *to, __m512 x, float scale, v_words missing)
{
    const __m512i words = _mm512_cvtps_epi32(_mm512_mul_ps(x, _mm512_set1_ps(scale)));
    const __m128i bytes = _mm512_cvtepi32_epi8(words);
#if defined(WEIR_WITH_VNNI)
    _mm_storeu_si128((__m128i *)(void *)to,
                     _mm_xor_si128(bytes, _mm_set1_epi8((char)WEIR_DOT_BIAS)));
    return missing;
#else
    const __m128i magnitude = _mm_abs_epi8(bytes);
    const __m128i below = _mm_cmpgt_epi8(_mm_setzero_si128(), bytes);
    _mm_storeu_si128((__m128i *)(void *)to, _mm_unpacklo_epi32(magnitude, below));
    _mm_storeu_si128((__m128i *)(void *)(to + 16), _mm_unpackhi_epi32(magnitude, below));
    return _mm512_sub_epi32(missing, _mm512_min_epi32(words, _mm512_setzero_si512()));
#endif
}

WEIR_ISA_END

#endif
