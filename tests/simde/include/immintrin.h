/* SPDX-License-Identifier: MIT */
/* Stands before the compiler's immintrin.h where AVX-512 kernels are compiled for a CPU that has
 * AVX2 and FMA but not AVX-512: SIMDe defines the AVX-512 intrinsics by those of AVX2, and this
 * file those that SIMDe 0.7.4 lacks (srai, alignr, maskz_loadu, mask_storeu, conversions, madd) or
 * gives other bits than the instruction (abs, of -0 and NaN; scalef, of denormals and what is not
 * finite). check_shim compares all of them with plain C. And the instruction of AVX-VNNI, for a CPU
 * without. */
#ifndef WEIR_TESTS_SIMDE_IMMINTRIN_H
#define WEIR_TESTS_SIMDE_IMMINTRIN_H

#include_next <immintrin.h>

#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>

/* Of complex.h, which SIMDe includes: kernels have a size of this name. */
#undef I

#if defined(SIMDE_X86_AVX512F_NATIVE)
#error "compile this for AVX2 and FMA: with AVX-512, SIMDe hands on the instructions themselves"
#endif
#if !defined(SIMDE_X86_AVX2_NATIVE) || !defined(SIMDE_X86_FMA_NATIVE)
#error "compile this with -mavx2 -mfma: without FMA, SIMDe rounds between multiplying and adding"
#endif
#if !defined(__F16C__)
#error "compile this with -mf16c, of which conversions of halves are made here"
#endif

#include <math.h>
#include <stdint.h>
#include <string.h>

union shim_vector {
    __m512 ps;
    __m512i si;
    __m256 ps_half[2];
    __m256i si_half[2];
    float lanes[16];
};

static inline __m512 shim_abs_ps(__m512 x)
{
    union shim_vector r = {.ps = x};
    const __m256 sign = _mm256_set1_ps(-0.0f);
    r.ps_half[0] = _mm256_andnot_ps(sign, r.ps_half[0]);
    r.ps_half[1] = _mm256_andnot_ps(sign, r.ps_half[1]);
    return r.ps;
}

static inline __m512i shim_srai_epi32(__m512i x, unsigned count)
{
    union shim_vector r = {.si = x};
    r.si_half[0] = _mm256_srai_epi32(r.si_half[0], (int)count);
    r.si_half[1] = _mm256_srai_epi32(r.si_half[1], (int)count);
    return r.si;
}

static inline __m512i shim_alignr_epi32(__m512i high, __m512i low, int n)
{
    float both[32];
    memcpy(both, &low, sizeof low);
    memcpy(both + 16, &high, sizeof high);
    memcpy(&low, both + n % 16, sizeof low);
    return low;
}

/* x * 2^floor(exponent), rounded once: a double holds every float times 2^400 and times 2^-400,
 * beyond which a float is infinite or 0. Of a quiet NaN an infinite exponent makes infinity or 0.
 */
static inline float shim_scalef(float x, float exponent)
{
    uint32_t word;
    double power;
    memcpy(&word, &x, sizeof word);
    if (isnan(exponent))
        return x + exponent;
    if (isinf(exponent)) {
        const float of = isnan(x) && (word & 0x400000) ? 1.0f : x;
        return exponent > 0 ? of * exponent : of * 0.0f;
    }
    const float low = exponent > -400.0f ? exponent : -400.0f;
    const float within = low < 400.0f ? low : 400.0f;
    const int whole = (int)within - (within < (float)(int)within);
    const uint64_t bits = (uint64_t)(whole + 1023) << 52;
    memcpy(&power, &bits, sizeof power);
    return (float)((double)x * power);
}

static inline __m512 shim_scalef_ps(__m512 x, __m512 exponent)
{
    const union shim_vector n = {.ps = exponent};
    union shim_vector r = {.ps = x};
    for (int lane = 0; lane < 16; lane++)
        r.lanes[lane] = shim_scalef(r.lanes[lane], n.lanes[lane]);
    return r.ps;
}

/* A mask as AVX2 takes it: all bits of a lane. */
static inline __m256i shim_lanes(unsigned mask)
{
    const __m256i bits = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    return _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32((int)mask), bits), bits);
}

/* Lanes outside of the mask touch no memory, here as there. */
static inline __m512 shim_maskz_loadu_ps(__mmask16 mask, const void *from)
{
    union shim_vector r;
    r.ps_half[0] = _mm256_maskload_ps(from, shim_lanes(mask));
    r.ps_half[1] = _mm256_maskload_ps((const float *)from + 8, shim_lanes(mask >> 8));
    return r.ps;
}

static inline void shim_mask_storeu_ps(void *to, __mmask16 mask, __m512 x)
{
    const union shim_vector r = {.ps = x};
    _mm256_maskstore_ps(to, shim_lanes(mask), r.ps_half[0]);
    _mm256_maskstore_ps((float *)to + 8, shim_lanes(mask >> 8), r.ps_half[1]);
}

static inline __m512 shim_cvtepi32_ps(__m512i x)
{
    union shim_vector r = {.si = x};
    r.ps_half[0] = _mm256_cvtepi32_ps(r.si_half[0]);
    r.ps_half[1] = _mm256_cvtepi32_ps(r.si_half[1]);
    return r.ps;
}

static inline __m512i shim_cvtps_epi32(__m512 x)
{
    union shim_vector r = {.ps = x};
    r.si_half[0] = _mm256_cvtps_epi32(r.ps_half[0]);
    r.si_half[1] = _mm256_cvtps_epi32(r.ps_half[1]);
    return r.si;
}

static inline __m512i shim_madd_epi16(__m512i x, __m512i y)
{
    const union shim_vector z = {.si = y};
    union shim_vector r = {.si = x};
    r.si_half[0] = _mm256_madd_epi16(r.si_half[0], z.si_half[0]);
    r.si_half[1] = _mm256_madd_epi16(r.si_half[1], z.si_half[1]);
    return r.si;
}

static inline __m128i shim_cvtepi32_epi8(__m512i x)
{
    uint32_t words[16];
    uint8_t bytes[16];
    __m128i r;
    memcpy(words, &x, sizeof words);
    for (int lane = 0; lane < 16; lane++)
        bytes[lane] = (uint8_t)(words[lane] & 0xff);
    memcpy(&r, bytes, sizeof r);
    return r;
}

/* Bytes without a sign by bytes with one, four to a lane; sums wrap around. */
static inline __m256i shim_dpbusd_avx_epi32(__m256i acc, __m256i x, __m256i y)
{
    uint32_t sums[8];
    uint8_t plain[32];
    int8_t with_sign[32];
    memcpy(sums, &acc, sizeof sums);
    memcpy(plain, &x, sizeof plain);
    memcpy(with_sign, &y, sizeof with_sign);
    for (int k = 0; k < 32; k++)
        sums[k / 4] += (uint32_t)(plain[k] * with_sign[k]);
    memcpy(&acc, sums, sizeof sums);
    return acc;
}

#undef _mm512_cvtepi32_ps
#undef _mm512_cvtps_epi32
#undef _mm512_cvtepi32_epi8
#undef _mm512_madd_epi16
#undef _mm256_dpbusd_avx_epi32
#define _mm512_cvtepi32_ps shim_cvtepi32_ps
#define _mm512_cvtps_epi32 shim_cvtps_epi32
#define _mm512_cvtepi32_epi8 shim_cvtepi32_epi8
#define _mm512_madd_epi16 shim_madd_epi16
#define _mm256_dpbusd_avx_epi32 shim_dpbusd_avx_epi32

#undef _mm512_abs_ps
#undef _mm512_srai_epi32
#undef _mm512_alignr_epi32
#undef _mm512_scalef_ps
#undef _mm512_maskz_loadu_ps
#undef _mm512_mask_storeu_ps
#define _mm512_abs_ps shim_abs_ps
#define _mm512_srai_epi32 shim_srai_epi32
#define _mm512_alignr_epi32 shim_alignr_epi32
#define _mm512_scalef_ps shim_scalef_ps
#define _mm512_maskz_loadu_ps shim_maskz_loadu_ps
#define _mm512_mask_storeu_ps shim_mask_storeu_ps

#endif
