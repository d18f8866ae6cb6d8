/* SPDX-License-Identifier: MIT */
/* check_primitives: what kernels for weights of fewer bits compute with, on every ISA that runs
 * here, against plain C: every half and every bfloat, products of bytes with sums as large as they
 * may become, and rows of activations as bytes, with a page after them that may not be touched.
 * Exit status 1: something differs. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "kernels/primitives.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "halves.h"
#include "support/inputs.h"

/* LEAST_MAX: columns whose sum fits where weights may be -128. */
enum { LANES_MAX = 16, COLUMNS_MAX = 133144, LEAST_MAX = 132104, TOLD_MAX = 5 };

static const char *isa_name;
static size_t failed;

#define EXPECT(holds, ...)                                                                         \
    do {                                                                                           \
        if (!(holds) && ++failed <= TOLD_MAX) {                                                    \
            printf("FAILED %s: ", isa_name);                                                       \
            printf(__VA_ARGS__);                                                                   \
            printf("\n");                                                                          \
        }                                                                                          \
    } while (0)

/* ---- Widening ---- */

static void check_bf16(const struct primitives *isa)
{
    uint32_t pairs[LANES_MAX];
    float even[LANES_MAX], odd[LANES_MAX];
    for (uint32_t first = 0; first < 0x10000; first += (uint32_t)isa->lanes) {
        for (uint32_t i = 0; i < isa->lanes; i++)
            pairs[i] = (first + i) | (0xffff - first - i) << 16;
        isa->bf16(pairs, even, odd);
        for (size_t i = 0; i < isa->lanes; i++) {
            EXPECT(float_bits(even[i]) == pairs[i] << 16, "the lower half of 0x%08x is 0x%08x",
                   (unsigned)pairs[i], (unsigned)float_bits(even[i]));
            EXPECT(float_bits(odd[i]) == (pairs[i] & 0xffff0000),
                   "the upper half of 0x%08x is 0x%08x", (unsigned)pairs[i],
                   (unsigned)float_bits(odd[i]));
        }
    }
}

static void check_f16(const struct primitives *isa)
{
    uint16_t halves[LANES_MAX];
    float wide[LANES_MAX];
    for (uint32_t first = 0; first < 0x10000; first += (uint32_t)isa->lanes) {
        for (uint32_t i = 0; i < isa->lanes; i++)
            halves[i] = (uint16_t)(first + i);
        isa->f16(halves, wide);
        for (size_t i = 0; i < isa->lanes; i++) {
            const float exact = half_widen(halves[i]);
            EXPECT(isnan(exact) ? isnan(wide[i]) : float_bits(wide[i]) == float_bits(exact),
                   "the half 0x%04x is %.9g, should be %.9g", halves[i], (double)wide[i],
                   (double)exact);
        }
    }
}

/* ---- Products of bytes ---- */

/* Activations, a multiple of four, as a row of quads; returns what is missing from products. */
static int32_t put_row(const struct primitives *isa, const int8_t *values, size_t n, int8_t *row)
{
    const bool apart = isa->quad > 4;
    int32_t missing = 0;
    for (size_t k = 0; k < n; k++) {
        const int value = values[k];
        int8_t *at = row + k / 4 * isa->quad + k % 4;
        *at = (int8_t)(apart ? abs(value) : value ^ (isa->bias ? INT8_MIN : 0));
        if (apart)
            at[4] = value < 0 ? -1 : 0;
        missing += apart && value < 0 ? -value : 0;
    }
    return missing;
}

/* In 128 bits of mind: what wraps around is the last 32 bits of an exact sum. */
static void check_dot(const struct primitives *isa, const char *what, int32_t begin,
                      const int8_t *weights, const int8_t *values, size_t quads)
{
    int32_t acc[LANES_MAX];
    int8_t *row = allocate(isa->quad * quads);
    const int32_t missing = put_row(isa, values, 4 * quads, row);
    int64_t exact[LANES_MAX];
    for (size_t lane = 0; lane < isa->lanes; lane++) {
        int64_t sum = begin, of_weights = 0;
        for (size_t k = 0; k < quads; k++)
            for (size_t j = 0; j < 4; j++) {
                const int weight = weights[(k * isa->lanes + lane) * 4 + j];
                sum += weight * values[4 * k + j];
                of_weights += weight;
            }
        exact[lane] = sum;
        acc[lane] = (int32_t)(uint32_t)(begin + missing - isa->bias * of_weights);
    }
    isa->dot(acc, weights, row, quads);
    for (size_t lane = 0; lane < isa->lanes; lane++)
        EXPECT(acc[lane] == exact[lane], "%s, %zu columns, lane %zu: the sum is %d, should be %lld",
               what, 4 * quads, lane, acc[lane], (long long)exact[lane]);
    free(row);
}

/* A quad for each lane. */
static void check_apart(const struct primitives *isa)
{
    enum { BYTES = 4 * LANES_MAX };
    int8_t weights[BYTES], values[BYTES], row[2 * BYTES];
    struct random random = {3};
    for (int trial = 0; trial < 1000; trial++) {
        int32_t acc[LANES_MAX] = {0}, exact[LANES_MAX] = {0};
        for (size_t k = 0; k < 4 * isa->lanes; k++) {
            weights[k] = (int8_t)(random_next(&random) >> 56);
            values[k] = (int8_t)((int)(random_next(&random) % 255) - 127);
            const bool below = isa->quad > 4 && values[k] < 0;
            acc[k / 4] += (below ? -values[k] : 0) - isa->bias * weights[k];
            exact[k / 4] += weights[k] * values[k];
        }
        put_row(isa, values, 4 * isa->lanes, row);
        isa->dot_apart(acc, weights, row);
        for (size_t lane = 0; lane < isa->lanes; lane++)
            EXPECT(acc[lane] == exact[lane], "lane %zu by itself: the sum is %d, should be %d",
                   lane, acc[lane], exact[lane]);
    }
}

static int8_t any_byte(struct random *random)
{
    return (int8_t)((int)(random_next(random) % 255) - 127);
}

static int8_t any_extreme(struct random *random)
{
    return random_next(random) & 1 << 20 ? 127 : -127;
}

static int8_t any_one(struct random *random)
{
    (void)random;
    return 127;
}

static int8_t any_minus(struct random *random)
{
    (void)random;
    return -127;
}

/* What weights alone may be. */
static int8_t any_least(struct random *random)
{
    (void)random;
    return -128;
}

static void check_dots(const struct primitives *isa)
{
    static int8_t (*const makes[])(struct random *) = {any_one, any_minus, any_extreme, any_byte,
                                                       any_least};
    static const char *const names[] = {"127", "-127", "127 and -127", "any", "-128"};
    enum { MAKES = sizeof makes / sizeof *makes, VALUES = MAKES - 1, QUADS_MAX = COLUMNS_MAX / 4 };
    static const size_t columns[] = {4, 8, 252, 255, 256, 1000, LEAST_MAX, COLUMNS_MAX};
    int8_t *weights = allocate(4 * (size_t)QUADS_MAX * LANES_MAX), *values = allocate(COLUMNS_MAX);
    struct random random = {1};
    char what[80];
    for (size_t m = 0; m < VALUES * MAKES; m++)
        for (size_t c = 0; c < sizeof columns / sizeof *columns; c++) {
            const size_t quads = (columns[c] + 3) / 4;
            if (columns[c] > LEAST_MAX && makes[m / VALUES] == any_least)
                continue;
            for (size_t k = 0; k < 4 * quads; k++)
                values[k] = (int8_t)(k < columns[c] ? makes[m % VALUES](&random) : 0);
            for (size_t k = 0; k < 4 * quads * isa->lanes; k++)
                weights[k] = makes[m / VALUES](&random);
            snprintf(what, sizeof what, "weights %s, activations %s", names[m / VALUES],
                     names[m % VALUES]);
            check_dot(isa, what, 0, weights, values, quads);
            if (columns[c] < 1000)
                check_dot(isa, what, m % 2 ? -123456789 : 123456789, weights, values, quads);
        }
    free(weights);
    free(values);
}

/* Zero points times the sum of a row of bytes. */
static void check_zeros(const struct primitives *isa)
{
    enum { COLUMNS_ZEROS = 66311, PADDED = 66368 };
    static int8_t (*const makes[])(struct random *) = {any_one, any_minus, any_extreme, any_byte};
    static const size_t columns[] = {1, 3, 64, 65, 200, COLUMNS_ZEROS};
    int8_t *values = allocate(PADDED), *row = allocate(2 * PADDED);
    struct random random = {3};
    for (size_t m = 0; m < sizeof makes / sizeof *makes; m++)
        for (size_t c = 0; c < sizeof columns / sizeof *columns; c++) {
            const size_t n = columns[c];
            int32_t exact = 0, acc[LANES_MAX], zeros[LANES_MAX], left[LANES_MAX];
            memset(values, 0, PADDED);
            for (size_t k = 0; k < n; k++)
                exact += values[k] = makes[m](&random);
            const int32_t missing = put_row(isa, values, (n + 63) / 64 * 64, row);
            const int32_t sum = isa->sum_bytes(row, n, missing);
            EXPECT(sum == exact, "%zu bytes: the sum is %d, should be %d", n, sum, exact);
            for (size_t lane = 0; lane < isa->lanes; lane++) {
                zeros[lane] = lane % 3 == 0 ? -128 : lane % 3 == 1 ? 127 : any_byte(&random);
                acc[lane] = left[lane] = zeros[lane] < 0 ? exact * 127 : exact * -128;
            }
            isa->less(left, zeros, sum);
            for (size_t lane = 0; lane < isa->lanes; lane++)
                EXPECT(left[lane] == acc[lane] - (int64_t)zeros[lane] * exact,
                       "%d less %d times %d is %d", acc[lane], zeros[lane], exact, left[lane]);
        }
    free(values);
    free(row);
}

static void check_to_float(const struct primitives *isa)
{
    static const int32_t special[] = {
        0,         1,         -1,        16777215,   16777216,   16777217,   16777218,
        16777219,  16777220,  33554430,  33554433,   33554434,   33554435,   33554438,
        -16777217, -16777219, INT32_MAX, -INT32_MAX, 2147483584, 2147483583, INT32_MIN};
    enum { SPECIALS = sizeof special / sizeof *special, TRIALS = 100000 };
    struct random random = {2};
    for (size_t n = 0; n < TRIALS; n++) {
        int32_t from[LANES_MAX];
        float to[LANES_MAX];
        for (size_t i = 0; i < isa->lanes; i++)
            from[i] = n < SPECIALS ? special[n] : (int32_t)(random_next(&random) >> 32);
        isa->to_float(from, to);
        for (size_t i = 0; i < isa->lanes; i++)
            EXPECT(to[i] == (float)(double)from[i], "%d is %.9g", from[i], (double)to[i]);
    }
}

/* ---- Rows ---- */

/* By precision's definition, from the magnitudes as numbers. */
static void plain_quantise(const float *v, size_t n, int8_t *q, float *scale)
{
    float m = 0;
    bool is_finite = true;
    for (size_t k = 0; k < n; k++) {
        is_finite = is_finite && isfinite(v[k]);
        m = fabsf(v[k]) > m ? fabsf(v[k]) : m;
    }
    memset(q, 0, n);
    *scale = is_finite ? 0 : NAN;
    if (!is_finite || m < 0x1p-96f)
        return;
    *scale = m / 127;
    const float factor = 127 / m;
    for (size_t k = 0; k < n; k++) {
        const float product = v[k] * factor;
        q[k] = (int8_t)nearbyint((double)(product > 127 ? 127 : product < -127 ? -127 : product));
    }
}

/* Two pages, of which the second one is not there. */
static struct pages {
    float *end; /* of the first one */
    size_t floats;
} pages;

static bool make_pages(void)
{
    const size_t bytes = (size_t)sysconf(_SC_PAGESIZE);
    char *both = mmap(NULL, 2 * bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (both == MAP_FAILED || mprotect(both + bytes, bytes, PROT_NONE))
        return false;
    pages = (struct pages){(float *)(void *)(both + bytes), bytes / sizeof(float)};
    return true;
}

/* Whether a row is right. */
static bool check_row(const struct primitives *isa, const char *what, const float *values, size_t n)
{
    enum { N_MAX = 1024, AFTER = 64, UNTOUCHED = 0x55 };
    int8_t q[2 * N_MAX + AFTER], right[2 * N_MAX + AFTER], plain[N_MAX] = {0};
    const size_t padded = (n + 63) / 64 * 64, bytes = padded * isa->quad / 4;
    const size_t failed_before = failed;
    float scale, plain_scale, *v = pages.end - n;
    int32_t missing;
    memcpy(v, values, n * sizeof *v);
    plain_quantise(v, n, plain, &plain_scale);
    const int32_t right_missing = put_row(isa, plain, padded, right);
    memset(right + bytes, UNTOUCHED, AFTER);
    memset(q, UNTOUCHED, bytes + AFTER);
    isa->quantise(v, n, q, &scale, &missing);
    EXPECT(isnan(plain_scale) ? float_bits(scale) == 0x7fc00000u
                              : float_bits(scale) == float_bits(plain_scale),
           "%s, %zu values: the scale is %.9g, should be %.9g", what, n, (double)scale,
           (double)plain_scale);
    EXPECT(missing == right_missing, "%s, %zu values: %d is missing, should be %d", what, n,
           missing, right_missing);
    if (memcmp(q, right, bytes + AFTER) != 0)
        for (size_t k = 0; k < bytes + AFTER; k++)
            EXPECT(q[k] == right[k], "%s, %zu values: byte %zu is %d, should be %d", what, n, k,
                   q[k], right[k]);
    return failed == failed_before;
}

/* Numbers of all magnitudes, of one, and in halves of a step: with 127 among them 127 / m is 1. */
static void check_numbers(const struct primitives *isa, size_t n)
{
    float v[1024];
    struct random random = {n};
    for (int trial = 0; trial < 20; trial++) {
        for (size_t k = 0; k < n; k++) {
            v[k] = float_from_bits((uint32_t)(random_next(&random) >> 32));
            v[k] = isfinite(v[k]) ? v[k] : FLT_MAX;
        }
        check_row(isa, "numbers of any magnitude", v, n);
        const float unit = ldexpf(1, (int)(random_next(&random) % 280) - 150);
        for (size_t k = 0; k < n; k++)
            v[k] = ((float)(random_next(&random) >> 40) * 0x1p-23f - 1) * unit;
        check_row(isa, "numbers of one magnitude", v, n);
        for (size_t k = 0; k < n; k++)
            v[k] = (float)((int)(random_next(&random) % 509) - 254) / 2;
        v[random_next(&random) % n] = random_next(&random) & 1 << 20 ? 127 : -127;
        check_row(isa, "ties", v, n);
    }
}

/* One number among others, at every place: the largest by far, or no number. */
static void check_special(const struct primitives *isa, size_t n)
{
    const float specials[] = {0,
                              -0.0f,
                              0x1p-149f,
                              -0x1.fffffcp-127f,
                              0x1p-126f,
                              0x1.fffffep-97f,
                              -0x1.fffffep-97f,
                              0x1p-96f,
                              -0x1p-96f,
                              0x1.000002p-96f,
                              FLT_MAX,
                              -FLT_MAX,
                              INFINITY,
                              -INFINITY,
                              float_from_bits(0x7fc00001),
                              float_from_bits(0xffc00000),
                              float_from_bits(0x7f800001),
                              float_from_bits(0xff800001)};
    static const float others[] = {0, -0.0f, 0x1p-149f, -0x1p-98f, 1, -3.5f};
    float v[1024];
    for (size_t s = 0; s < sizeof specials / sizeof *specials; s++)
        for (size_t o = 0; o < sizeof others / sizeof *others; o++)
            for (size_t at = 0; at < n; at++) {
                for (size_t k = 0; k < n; k++)
                    v[k] = others[o];
                v[at] = specials[s];
                if (!check_row(isa, "one among others", v, n) && failed <= TOLD_MAX)
                    printf("  which is 0x%08x at %zu among %g\n", (unsigned)float_bits(specials[s]),
                           at, (double)others[o]);
            }
}

static void check_rows(const struct primitives *isa)
{
    static const size_t longer[] = {127, 128, 200, 255, 256, 513, 1024};
    for (size_t n = 1; n <= 70; n++) {
        check_numbers(isa, n);
        check_special(isa, n);
    }
    for (size_t i = 0; i < sizeof longer / sizeof *longer; i++)
        check_numbers(isa, longer[i]);
}

/* ---- Every ISA ---- */

static const struct {
    const char *name;
    const struct primitives *isa;
} all[] = {
    {"scalar", &primitives_scalar},
#if defined(__x86_64__)
    {"avx2", &primitives_avx2},     {"avx2vnni", &primitives_avx2vnni},
    {"avx512", &primitives_avx512}, {"avx512vnni", &primitives_avx512vnni},
#elif defined(__aarch64__)
    {"neon", &primitives_neon},
    {"neondot", &primitives_neondot},
#endif
};

/* What a CPU must have: where all is compiled for AVX2, through SIMDe, no more than that. */
#if !defined(PRIMITIVES_NEED)
#define PRIMITIVES_NEED isa_name
#endif

int main(void)
{
    size_t sum = 0;
    if (!make_pages()) {
        printf("FAILED: there are no pages\n");
        return 1;
    }
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        isa_name = all[i].name;
        failed = 0;
        if (!weir_isa_runs_here(PRIMITIVES_NEED)) {
            printf("%-10s is not here: left out\n", isa_name);
            continue;
        }
        check_bf16(all[i].isa);
        check_f16(all[i].isa);
        check_dots(all[i].isa);
        check_apart(all[i].isa);
        check_zeros(all[i].isa);
        check_to_float(all[i].isa);
        check_rows(all[i].isa);
        printf("%-10s %zu failed\n", isa_name, failed);
        sum += failed;
    }
    return sum > 0;
}
