/* SPDX-License-Identifier: MIT */
/* What deployed models do to single elements outside of kernels: the same bits wherever it is
 * compiled, as it is made of exactly rounded operations and of the maths of the scalar kernels.
 * Whole numbers wrap around; what is divided by 0 is 0. */
#ifndef WEIR_ELEMENTWISE_H
#define WEIR_ELEMENTWISE_H

#include "halves.h"
#include "math_scalar.h"

/* What a loop writes is nothing that it reads. */
#if defined(__GNUC__) || defined(_MSC_VER)
#define WEIR_RESTRICT __restrict
#else
#define WEIR_RESTRICT
#endif

#define WEIR_OF_1(result, type, name, value)                                                       \
    static inline result weir_##name(type a)                                                       \
    {                                                                                              \
        return value;                                                                              \
    }
#define WEIR_OF_2(result, type, name, value)                                                       \
    static inline result weir_##name(type a, type b)                                               \
    {                                                                                              \
        return value;                                                                              \
    }
#define WEIR_FLOATS_1(name, value) WEIR_OF_1(float, float, name, value)
#define WEIR_FLOATS_2(name, value) WEIR_OF_2(float, float, name, value)
#define WEIR_CLAIM(name, value) WEIR_OF_2(int64_t, float, name, value)
#define WEIR_INTS_1(name, value) WEIR_OF_1(int64_t, int64_t, name, value)
#define WEIR_INTS_2(name, value) WEIR_OF_2(int64_t, int64_t, name, value)

/* ---- Floats ---- */

/* The logarithm of x = m * 2^n with m between sqrt(1/2) and sqrt(2), as that of m, and n times that
 * of 2 in two parts. A denormal x is first multiplied by 2^23. */
static inline float weir_log(float x)
{
    const float large = x < 0x1p-126f ? v_mul(x, 0x1p23f) : x;
    const uint32_t bits = v_bits(large) - 0x3f3504f3u;
    const float n = (float)((int32_t)bits >> 23) - (x < 0x1p-126f ? 23.0f : 0.0f);
    const float m = v_from_bits((bits & 0x7fffffu) + 0x3f3504f3u);
    if (!(x > 0))
        return x == 0 ? -INFINITY : NAN;
    if (x - x != 0)
        return x;
    return v_fma(n, 0x1.62e4p-1f, v_fma(n, 0x1.7f7d1cp-20f, v_log1p(m - 1.0f)));
}

/* (1 - e) / (1 + e), and near 0, where that has few correct digits, the odd polynomial. */
static inline float weir_tanh(float x)
{
    const float size = fabsf(x), e = v_exp(-2.0f * size), s = v_mul(x, x);
    const float p = v_fma(v_fma(-0.0539682540f, s, 0.133333333f), s, -0.333333333f);
    const float value = size < 0.25f ? v_fma(v_mul(p, s), size, size) : (1.0f - e) / (1.0f + e);
    return x != x ? x : x < 0 ? -value : value;
}

/* The error function: near 0 by its series, elsewhere by a polynomial in 1 / (1 + px) times
 * exp(-x^2) (Abramowitz & Stegun 7.1.26, error 1.5e-7). */
static inline float weir_erf(float x)
{
    const float size = fabsf(x), s = v_mul(x, x), t = 1.0f / v_fma(0.3275911f, size, 1.0f);
    float p = v_fma(1.061405429f, t, -1.453152027f);
    p = v_fma(p, t, 1.421413741f);
    p = v_fma(p, t, -0.284496736f);
    p = v_mul(v_fma(p, t, 0.254829592f), t);
    float q = v_fma(-0.000854832700f, s, 0.00522397762f);
    q = v_fma(q, s, -0.0268661706f);
    q = v_fma(q, s, 0.112837917f);
    q = v_fma(q, s, -0.376126389f);
    const float value =
        size < 0.5f ? v_mul(v_fma(q, s, 1.12837917f), size) : v_fma(-p, v_exp(-s), 1.0f);
    return x != x ? x : x < 0 ? -value : value;
}

/* As v_mul, in double precision; a * b + c, rounded twice. */
static inline double weir_product(double a, double b)
{
    double product = a * b;
#if defined(__FMA__) || !defined(__x86_64__)
    WEIR_ROUNDED(product);
#endif
    return product;
}

static inline double weir_next(double a, double b, double c)
{
    return weir_product(a, b) + c;
}

/* sin(x + quarters pi/2), less the multiple of pi/2 that is nearest in double precision, which is
 * exact enough up to 2^30; what is larger has no value here. */
static inline float weir_sine(float x, int quarters)
{
    const double n = weir_next(x, 0.63661977236758134, 6755399441055744.0);
    const double whole = n - 6755399441055744.0;
    const double r =
        weir_next(-whole, 6.0771005065061922e-11, weir_next(-whole, 1.5707963267341256, (double)x));
    const double s = r * r;
    double sine = weir_next(s, weir_next(s, 1.0 / 362880, -1.0 / 5040), 1.0 / 120);
    sine = weir_next(r * s, weir_next(s, sine, -1.0 / 6), r);
    double cosine = weir_next(-s, 1.0 / 3628800, 1.0 / 40320);
    cosine = weir_next(s, weir_next(s, cosine, -1.0 / 720), 1.0 / 24);
    cosine = weir_next(s, weir_next(s, cosine, -1.0 / 2), 1);
    if (!(x <= 0x1p30f && x >= -0x1p30f))
        return NAN;
    const unsigned quarter = (unsigned)((int64_t)whole + quarters) & 3;
    const double value = quarter & 1 ? cosine : sine;
    return (float)(quarter & 2 ? -value : value);
}

static inline float weir_sin(float x)
{
    return weir_sine(x, 0);
}

static inline float weir_cos(float x)
{
    return weir_sine(x, 1);
}

/* ---- Powers, in double precision, whose error does not show in a float ---- */

/* The logarithm to base 2 of x = m * 2^n, m between sqrt(1/2) and sqrt(2): that of m is
 * 2 atanh((m - 1) / (m + 1)), by its series. */
static inline double weir_log2(double x)
{
    uint64_t bits;
    double m;
    memcpy(&bits, &x, sizeof bits);
    const uint64_t moved = bits - 0x3fe6a09e667f3bcdu;
    const double n = (double)((int64_t)moved >> 52);
    bits = (moved & 0xfffffffffffffu) + 0x3fe6a09e667f3bcdu;
    memcpy(&m, &bits, sizeof m);
    const double f = (m - 1) / (m + 1), s = f * f;
    double p = 1.0 / 19;
    for (int k = 17; k > 0; k -= 2)
        p = weir_next(p, s, 1.0 / k);
    return weir_next(f * p, 2.8853900817779268, n);
}

/* 2^x for x between -200 and 200: 2^n times an exponential, by its series. */
static inline double weir_exp2(double x)
{
    const double n = (x + 6755399441055744.0) - 6755399441055744.0;
    const double r = weir_product(x - n, 0.69314718055994531);
    const uint64_t bits = (uint64_t)((int64_t)n + 1023) << 52;
    double p = 1, scale;
    memcpy(&scale, &bits, sizeof scale);
    for (int k = 12; k > 0; k--)
        p = weir_product(p, r) / k + 1;
    return p * scale;
}

/* As C's powf has the cases of zeros, infinities and NaN. */
static inline float weir_pow(float a, float b)
{
    float power;
    if (b == 0 || a == 1)
        return 1;
    if (a != a || b != b)
        return a + b;
    const float size = fabsf(a);
    const int whole = fabsf(b) >= 0x1p24f || b == (float)(int32_t)b;
    const int odd = fabsf(b) < 0x1p24f && whole && ((int32_t)b & 1);
    if (a < 0 && !whole && a - a == 0)
        return NAN;
    if (size == 1) {
        power = 1;
    } else if (size == 0 || size - size != 0 || b - b != 0) {
        power = (size < 1) == (b > 0) ? 0.0f : INFINITY;
    } else {
        const double x = (double)b * weir_log2(size);
        power = x > 200 ? INFINITY : x < -200 ? 0.0f : (float)weir_exp2(x);
    }
    return signbit(a) && odd ? -power : power;
}

/* To a negative power only 1 and -1 are whole numbers; all others are 0 here. */
static inline int64_t weir_int_pow(int64_t a, int64_t b)
{
    uint64_t power = 1, factor = (uint64_t)a;
    if (b < 0)
        return a == 1 ? 1 : a == -1 ? (b & 1 ? -1 : 1) : 0;
    for (; b; b >>= 1, factor *= factor)
        power *= b & 1 ? factor : 1;
    return (int64_t)power;
}

/* By an exponential that is at most 1. */
static inline float weir_sigmoid(float x)
{
    const float e = v_exp(x < 0 ? x : -x);
    return x < 0 ? e / (1.0f + e) : 1.0f / (1.0f + e);
}

WEIR_FLOATS_1(same, a)
WEIR_FLOATS_1(canonical, v_canonical(a))
WEIR_FLOATS_1(neg, -a)
WEIR_FLOATS_1(abs, fabsf(a))
WEIR_FLOATS_1(sqrt, sqrtf(a))
WEIR_FLOATS_1(exp, v_exp(a))
WEIR_FLOATS_1(relu, a > 0 || a != a ? a : 0.0f)
WEIR_FLOATS_1(floor, floorf(a))
WEIR_FLOATS_1(ceil, ceilf(a))
WEIR_FLOATS_1(round, rintf(a))
WEIR_FLOATS_1(sign, a > 0 ? 1.0f : a < 0 ? -1.0f : a)
WEIR_FLOATS_1(reciprocal, 1.0f / a)
WEIR_FLOATS_1(half, half_widen(half_narrow(a))) /* rounded to 16 bits */
WEIR_FLOATS_1(bfloat, bfloat_widen(bfloat_narrow(a)))
WEIR_FLOATS_1(softplus, (a > 0 ? a : 0.0f) + v_log1p(v_exp(-fabsf(a))))
WEIR_FLOATS_2(add, a + b)
WEIR_FLOATS_2(sub, a - b)
WEIR_FLOATS_2(mul, v_mul(a, b))
WEIR_FLOATS_2(div, a / b)
WEIR_FLOATS_2(fmod, fmodf(a, b)) /* which is exact */
WEIR_FLOATS_2(min, a != a || a < b ? a : b)
WEIR_FLOATS_2(max, a != a || a > b ? a : b)
WEIR_FLOATS_2(least_number, b < a ? b : a) /* of what is no number, a */
WEIR_FLOATS_2(greatest_number, b > a ? b : a)

/* ---- Claims about floats, and whole numbers ---- */

WEIR_CLAIM(equal, a == b)
WEIR_CLAIM(less, a < b)
WEIR_CLAIM(greater, a > b)
WEIR_CLAIM(less_or_equal, a <= b)
WEIR_CLAIM(greater_or_equal, a >= b)
WEIR_INTS_1(int_same, a)
WEIR_INTS_1(int_neg, (int64_t)(0 - (uint64_t)a))
WEIR_INTS_1(int_abs, (int64_t)(a < 0 ? 0 - (uint64_t)a : (uint64_t)a))
WEIR_INTS_1(int_not, a == 0)
WEIR_INTS_1(int_claim, a != 0)
WEIR_INTS_1(int_sign, (a > 0) - (a < 0))
WEIR_INTS_1(int_relu, a > 0 ? a : 0)
WEIR_INTS_1(int_narrow, (int32_t)(uint32_t)(uint64_t)a)
WEIR_INTS_1(int_as_u32, (int64_t)(uint32_t)(uint64_t)a)
WEIR_INTS_1(int_as_i16, (int16_t)(uint16_t)(uint64_t)a)
WEIR_INTS_1(int_as_u16, (int64_t)(uint16_t)(uint64_t)a)
WEIR_INTS_1(int_as_i8, (int8_t)(uint8_t)(uint64_t)a)
WEIR_INTS_1(int_as_u8, (int64_t)(uint8_t)(uint64_t)a)
WEIR_INTS_2(int_min, a < b ? a : b)
WEIR_INTS_2(int_max, a > b ? a : b)
WEIR_INTS_2(int_add, (int64_t)((uint64_t)a + (uint64_t)b))
WEIR_INTS_2(int_sub, (int64_t)((uint64_t)a - (uint64_t)b))
WEIR_INTS_2(int_mul, (int64_t)((uint64_t)a *(uint64_t)b))
WEIR_INTS_2(int_div, b == 0 ? 0 : b == -1 ? (int64_t)(0 - (uint64_t)a) : a / b)
WEIR_INTS_2(int_equal, a == b)
WEIR_INTS_2(int_less, a < b)
WEIR_INTS_2(int_greater, a > b)
WEIR_INTS_2(int_less_or_equal, a <= b)
WEIR_INTS_2(int_greater_or_equal, a >= b)
WEIR_INTS_2(int_and, a != 0 && b != 0)
WEIR_INTS_2(int_or, a != 0 || b != 0)

/* What is left of a division by b, with the sign of a; with that of b. */
static inline int64_t weir_int_rest(int64_t a, int64_t b)
{
    return b == 0 || b == -1 ? 0 : a % b;
}

static inline int64_t weir_int_mod(int64_t a, int64_t b)
{
    const int64_t rest = weir_int_rest(a, b);
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

/* 1 where a is greater, -1 where b is, 0: neither. A NaN is greater than any other. */
static inline int64_t weir_order(float a, float b)
{
    return a != a || b != b ? (a != a) - (b != b) : (a > b) - (a < b);
}

/* A place in one dimension after others, of so many elements, below 0 from its end; less than any
 * where it, or one before, is outside of what there is. */
static inline int64_t weir_int_place(int64_t before, int64_t at, int64_t count)
{
    return before < 0 || at < -count || at >= count ? INT64_MIN
                                                    : before * count + (at < 0 ? at + count : at);
}

/* ---- From one to the other ---- */

static inline float weir_to_float(int64_t a)
{
    return (float)a;
}

/* Towards zero, and the nearest that there is. */
static inline int64_t weir_to_int(float a)
{
    return a != a ? 0 : a >= 0x1p63f ? INT64_MAX : a <= -0x1p63f ? INT64_MIN : (int64_t)a;
}

static inline int64_t weir_to_claim(float a)
{
    return a != 0;
}

static inline float weir_where(int64_t claim, float a, float b)
{
    return claim ? a : b;
}

static inline int64_t weir_int_where(int64_t claim, int64_t a, int64_t b)
{
    return claim ? a : b;
}

/* ---- Quantised numbers ---- */

/* The whole number nearest to what is over its scale, half to even, plus a zero point of 16 bits at
 * most, as one of a range of 16 bits at most; what is no number counts as 0. Beyond 2^20 there is
 * no other result, and up to 2^22 a float that is added to 1.5 * 2^23 has no digits but whole ones.
 */
static inline int32_t weir_quantise(float over, int64_t zero, int32_t least, int32_t greatest)
{
    const float low = over > -0x1p20f ? over : over != over ? 0.0f : -0x1p20f;
    const float near = low < 0x1p20f ? low : 0x1p20f;
    const int32_t whole = (int32_t)((near + 0x1.8p23f) - 0x1.8p23f) + (int32_t)zero;
    const int32_t above = whole > least ? whole : least;
    return above < greatest ? above : greatest;
}

static inline int64_t weir_quantise_i16(float over, int64_t zero)
{
    return weir_quantise(over, zero, INT16_MIN, INT16_MAX);
}

static inline int64_t weir_quantise_u16(float over, int64_t zero)
{
    return weir_quantise(over, zero, 0, UINT16_MAX);
}

static inline int64_t weir_quantise_i8(float over, int64_t zero)
{
    return weir_quantise(over, zero, INT8_MIN, INT8_MAX);
}

static inline int64_t weir_quantise_u8(float over, int64_t zero)
{
    return weir_quantise(over, zero, 0, UINT8_MAX);
}

/* The difference of two numbers of 16 bits at most. */
static inline float weir_dequantise(int64_t a, int64_t zero)
{
    return (float)((int32_t)a - (int32_t)zero);
}

#undef WEIR_OF_1
#undef WEIR_OF_2
#undef WEIR_FLOATS_1
#undef WEIR_FLOATS_2
#undef WEIR_CLAIM
#undef WEIR_INTS_1
#undef WEIR_INTS_2

#endif
