/* SPDX-License-Identifier: MIT */
/* check_shim: the AVX-512 intrinsics that kernels use, as SIMDe and tests/simde/include define
 * them, give what plain C gives, for every mask and for random and special numbers; masked loads
 * and stores touch no memory beside their lanes. Where the CPU has AVX-512, its instructions must
 * give the same. Exit status 1: something differs; 77: this CPU lacks AVX2. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "simde/calls.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cpu_features.h"
#include "halves.h"
#include "support/inputs.h"

enum { LANES = 16, UNTOUCHED = 0x7fa5c3e1, MASKS = 1 << 16 };

/* ---- What calls.def says in plain C ---- */

/* Infinite exponents win over quiet NaNs, says the manual. */
static float plain_scalef(float x, float exponent)
{
    const bool is_quiet = isnan(x) && (float_bits(x) & 0x400000);
    if (isinf(exponent) && is_quiet)
        return exponent > 0 ? INFINITY : 0;
    if (isnan(exponent) || isinf(exponent))
        return x * (exponent < 0 ? 0 : exponent);
    return scalbnf(x, (int)fmaxf(-500, fminf(floorf(exponent), 500)));
}

/* What does not fit is the most negative. */
static uint32_t plain_integer(float x)
{
    return x >= -0x1p31f && x < 0x1p31f ? (uint32_t)(int32_t)nearbyintf(x) : 0x80000000;
}

static int byte_of(uint32_t word, unsigned k)
{
    return (int8_t)(word >> 8 * k & 0xff);
}

/* Bytes without a sign by bytes with one, two to a saturated sum. */
static uint32_t plain_maddubs(uint32_t x, uint32_t y)
{
    uint32_t all = 0;
    for (unsigned k = 0; k < 4; k += 2) {
        const int sum =
            (byte_of(x, k) & 0xff) * byte_of(y, k) + (byte_of(x, k + 1) & 0xff) * byte_of(y, k + 1);
        const int within = sum > INT16_MAX ? INT16_MAX : sum < INT16_MIN ? INT16_MIN : sum;
        all |= (uint32_t)(within & 0xffff) << 8 * k;
    }
    return all;
}

static uint32_t plain_madd(uint32_t x, uint32_t y)
{
    return (uint32_t)((int16_t)x * (int16_t)y) +
           (uint32_t)((int16_t)(x >> 16) * (int16_t)(y >> 16));
}

#define X in->a.bits[i]
#define Y in->b.bits[i]
#define NUMBERS(name, call, plain)                                                                 \
    static uint32_t plain_##name(const struct operands *in, size_t i)                              \
    {                                                                                              \
        const float x = in->a.lanes[i], y = in->b.lanes[i], z = in->c.lanes[i];                    \
        (void)x, (void)y, (void)z;                                                                 \
        return i < LANES ? float_bits(plain) : UNTOUCHED;                                          \
    }
#define BITS(name, call, plain)                                                                    \
    static uint32_t plain_##name(const struct operands *in, size_t i)                              \
    {                                                                                              \
        const float x = in->a.lanes[i], y = in->b.lanes[i];                                        \
        const uint16_t mask = in->mask;                                                            \
        (void)x, (void)y, (void)mask;                                                              \
        return i < LANES ? (plain) : UNTOUCHED;                                                    \
    }
#define MASK(name, call, plain) BITS(name, call, float_bits(plain))
#define MEMORY(name, call, plain)                                                                  \
    static uint32_t plain_##name(const struct operands *in, size_t i)                              \
    {                                                                                              \
        const uint16_t mask = in->mask;                                                            \
        (void)mask;                                                                                \
        return plain;                                                                              \
    }
#include "simde/calls.def"
#undef NUMBERS
#undef BITS
#undef MASK
#undef MEMORY

#define NUMBERS(name, call, plain) {#name, true, plain_##name},
#define BITS(name, call, plain) {#name, false, plain_##name},
#define MASK BITS
#define MEMORY BITS
static const struct row {
    const char *name;
    bool any_nan;
    uint32_t (*plain)(const struct operands *in, size_t i);
} rows[] = {
#include "simde/calls.def"
};

enum { ROWS = sizeof rows / sizeof *rows };

/* ---- Operands ---- */

static uint32_t make_bits(struct random *random)
{
    static const float specials[] = {
        0,          -0.0f,      1,         -1,       0.5f,      -2.5f,           1.5f, 0x1p-126f,
        -0x1p-149f, 0x1.8p127f, -0x1p127f, INFINITY, -INFINITY, 0x1.fffffep127f, 400,  -401};
    const uint64_t number = random_next(random);
    switch (number >> 62) {
    case 0: /* any number, any NaN */
        return (uint32_t)number;
    case 1:
        return float_bits(specials[number % (sizeof specials / sizeof *specials)]);
    case 2: /* whole and half, as exponents are */
        return float_bits((float)(number % 1201) / 2 - 300);
    default: /* around 1 */
        return (uint32_t)(number & 0x81ffffff) | 0x3e000000;
    }
}

static void make_vector(union vector *v, struct random *random)
{
    for (size_t i = 0; i < sizeof v->bits / sizeof *v->bits; i++)
        v->bits[i] = make_bits(random);
}

/* ---- Checks ---- */

static size_t check_row(const char *who, const struct calls *calls, size_t r,
                        const struct operands *in)
{
    union vector out;
    for (size_t i = 0; i < sizeof out.bits / sizeof *out.bits; i++)
        out.bits[i] = UNTOUCHED;
    calls->rows[r](in, out.lanes);
    for (size_t i = 0; i < sizeof out.bits / sizeof *out.bits; i++) {
        const uint32_t plain = rows[r].plain(in, i);
        if (out.bits[i] == plain ||
            (rows[r].any_nan && i < LANES && isnan(out.lanes[i]) && isnan(float_from_bits(plain))))
            continue;
        printf("FAILED %s, %s, lane %zu of 0x%08x, 0x%08x, 0x%08x, mask 0x%04x: 0x%08x, should be "
               "0x%08x\n",
               rows[r].name, who, i, (unsigned)in->a.bits[i], (unsigned)in->b.bits[i],
               (unsigned)in->c.bits[i], (unsigned)in->mask, (unsigned)out.bits[i], (unsigned)plain);
        return 1;
    }
    return 0;
}

/* Every mask once; a row that failed is left alone. */
static size_t check_calls(const char *who, const struct calls *calls)
{
    bool bad[ROWS] = {false};
    struct random random = {1};
    size_t failed = 0;
    for (uint32_t mask = 0; mask < MASKS; mask++) {
        struct operands in = {.mask = (uint16_t)mask};
        make_vector(&in.a, &random);
        make_vector(&in.b, &random);
        make_vector(&in.c, &random);
        for (size_t r = 0; r < ROWS; r++) {
            bad[r] = bad[r] || check_row(who, calls, r, &in);
        }
    }
    for (size_t r = 0; r < ROWS; r++)
        failed += bad[r];
    printf("%s: %d calls of %d intrinsics and variants, %zu failed\n", who, MASKS, ROWS, failed);
    return failed;
}

/* A page between two that nothing may touch; NULL if there is none. */
static float *make_page(size_t bytes)
{
    char *pages = mmap(NULL, 3 * bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED || mprotect(pages + bytes, bytes, PROT_READ | PROT_WRITE))
        return NULL;
    return (float *)(void *)(pages + bytes);
}

/* Copies by every mask, its last lane at the end of a page and its first one at the beginning: what
 * touches more ends this program by a signal. */
static size_t check_copies(const char *who, const struct calls *calls)
{
    const size_t bytes = (size_t)sysconf(_SC_PAGESIZE), floats = bytes / sizeof(float);
    float *from = make_page(bytes), *to = make_page(bytes);
    size_t failed = !from || !to;
    for (size_t i = 0; i < floats && !failed; i++)
        from[i] = (float)i;
    for (uint32_t mask = 1; mask < MASKS && !failed; mask++) {
        size_t first = 0, end = LANES;
        while (!(mask >> first & 1))
            first++;
        while (!(mask >> (end - 1) & 1))
            end--;
        const ptrdiff_t places[] = {-(ptrdiff_t)first, (ptrdiff_t)(floats - end)};
        for (size_t p = 0; p < 2; p++) {
            memset(to, 0xff, bytes);
            calls->copy(to + places[p], from + places[p], (uint16_t)mask);
            for (size_t i = first; i < end; i++) {
                const ptrdiff_t at = places[p] + (ptrdiff_t)i;
                failed += mask >> i & 1 ? to[at] != from[at] : !isnan(to[at]);
            }
        }
    }
    printf("%s: copies by every mask at the edges of a page, %zu failed\n", who, failed);
    return failed;
}

static size_t check(const char *who, const struct calls *calls)
{
    return check_calls(who, calls) + check_copies(who, calls);
}

int main(void)
{
    const unsigned features = weir_cpu_detect();
    setvbuf(stdout, NULL, _IOLBF, 0); /* a signal would take along what was said */
    if ((features & weir_isas[WEIR_AVX2].features) != weir_isas[WEIR_AVX2].features) {
        printf("SKIPPED: this CPU lacks AVX2, FMA or F16C, which SIMDe's AVX-512 is made of.\n");
        return 77;
    }
    size_t failed = check("SIMDe", &simde_calls);
    if ((features & weir_isas[WEIR_AVX512].features) == weir_isas[WEIR_AVX512].features)
        failed += check("this CPU", &native_calls);
    else
        printf("this CPU has no AVX-512 to compare with\n");
    printf("Left out: kernels with SLEEF's form of the maths are not compiled through SIMDe.\n");
    return failed > 0;
}
