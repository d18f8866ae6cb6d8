/* SPDX-License-Identifier: MIT */
/* check_fma [TRIPLES]: the fused multiply-add of the scalar kernels is exactly rounded: against
 * sums in integers, on random triples of all kinds. Compiled without the instruction, whatever the
 * machine has. */
#include "math_scalar.h"
#include "support/inputs.h"

#include <stdio.h>
#include <stdlib.h>

__extension__ typedef unsigned __int128 wide;

/* A finite number as sign * mantissa * 2^exponent. */
struct number {
    int negative, exponent;
    wide mantissa;
};

static struct number take_apart(float value)
{
    const uint32_t bits = v_bits(value), field = bits >> 23 & 255;
    return (struct number){.negative = bits >> 31,
                           .exponent = (field ? (int)field : 1) - 150,
                           .mantissa = (bits & 0x7fffff) | (field ? 0x800000 : 0)};
}

/* Shifts the leading bit to bit 120. What falls out on the right is none: there are at most 48
 * bits. */
static void normalise(struct number *number)
{
    while (!(number->mantissa >> 120)) {
        number->mantissa <<= 1;
        number->exponent--;
    }
}

/* Shifted right, with what falls out kept in the last bit. */
static wide shift_right(wide mantissa, int count)
{
    if (count >= 128)
        return mantissa != 0;
    const wide kept = mantissa >> count;
    return kept | (kept << count != mantissa);
}

/* The nearest float, ties to even. */
static float round_number(struct number number)
{
    normalise(&number);
    /* 24 bits are kept, or what is above 2^-149. */
    int drop = 121 - 24;
    if (number.exponent + drop < -149)
        drop = -149 - number.exponent;
    const wide all = drop >= 127 ? shift_right(number.mantissa, drop - 120) : number.mantissa;
    if (drop >= 127)
        drop = 120;
    const wide rest = all & (((wide)1 << drop) - 1), half = (wide)1 << (drop - 1);
    uint32_t kept = (uint32_t)(all >> drop);
    kept += rest > half || (rest == half && (kept & 1));
    const int exponent = number.exponent + (121 - 24);
    uint32_t bits = kept; /* denormal, or just the smallest normal number */
    if (exponent >= -149)
        bits = kept + ((uint32_t)(exponent + 149) << 23);
    if (exponent > 300 || bits > 0x7f800000)
        bits = 0x7f800000;
    return v_from_bits(bits | (uint32_t)number.negative << 31);
}

/* a * b + c of finite numbers. */
static float exact(float a, float b, float c)
{
    struct number x = take_apart(a), y = take_apart(b), sum = take_apart(c);
    struct number product = {x.negative ^ y.negative, x.exponent + y.exponent,
                             x.mantissa * y.mantissa};
    if (!product.mantissa && !sum.mantissa)
        return v_from_bits((uint32_t)(product.negative && sum.negative) << 31);
    if (!product.mantissa || !sum.mantissa)
        return round_number(product.mantissa ? product : sum);
    normalise(&product);
    normalise(&sum);
    struct number high = product, low = sum;
    if (sum.exponent > product.exponent ||
        (sum.exponent == product.exponent && sum.mantissa > product.mantissa)) {
        high = sum;
        low = product;
    }
    low.mantissa = shift_right(low.mantissa, high.exponent - low.exponent);
    high.mantissa =
        high.negative == low.negative ? high.mantissa + low.mantissa : high.mantissa - low.mantissa;
    if (!high.mantissa)
        return 0;
    if (high.mantissa >> 121) {
        high.mantissa = shift_right(high.mantissa, 1);
        high.exponent++;
    }
    return round_number(high);
}

/* A sum that double precision takes for a tie between two floats, and is just beside one: with
 * (1 + i ulp)(1 - i ulp) = 1 - (i ulp)^2 at half the last place of c, down to where c is denormal.
 */
static void draw_beside_tie(struct random *random, float v[3])
{
    const int exponent = (int)random_below(random, 150) - 126;
    const float small = (float)(1 + random_below(random, 64)) * 0x1p-23f;
    const int tie = exponent < -125 ? -150 : exponent - 24;
    v[0] = ldexpf(1 + small, tie + 60);
    v[1] = ldexpf(1 - small * (random_below(random, 4) > 0), -60);
    v[2] = ldexpf(1 + (float)random_below(random, 1 << 23) * 0x1p-23f, exponent);
    if (exponent < -125)
        v[2] = v_from_bits((uint32_t)random_below(random, 1 << 23));
    const size_t signs = random_below(random, 4);
    v[0] = signs & 1 ? -v[0] : v[0];
    v[2] = signs & 2 ? -v[2] : v[2];
}

/* Kinds of triples: any bits; near one another; with few bits, so that there are ties; with
 * denormal results; where nearly all cancels; just beside a tie. */
static void draw(struct random *random, unsigned kind, float v[3])
{
    if (kind == 5) {
        draw_beside_tie(random, v);
        return;
    }
    for (size_t i = 0; i < 3; i++) {
        static const uint32_t base[] = {0, 110, 110, 55, 110}, width[] = {256, 20, 20, 20, 8};
        uint32_t bits = (uint32_t)random_next(random);
        bits = (bits & 0x807fffff) | (base[kind] + (bits >> 23 & 255) % width[kind]) << 23;
        if (kind == 2)
            bits &= 0xffffe000 | (bits & 1) << 12;
        if (kind == 3 && i == 2)
            bits &= 0x80ffffff;
        v[i] = v_from_bits(bits);
    }
    if (kind == 4)
        v[2] = -(v[0] * v[1]) + (v_bits(v[2]) & 1 ? v[0] * v[1] * 0x1p-24f : 0);
}

static int is_finite(float value)
{
    return (v_bits(value) & 0x7f800000) != 0x7f800000;
}

int main(int argc, char **argv)
{
    const unsigned long triples = argc > 1 ? strtoul(argv[1], NULL, 10) : 10000000;
    struct random random = {1};
    unsigned long checked = 0, failed = 0;
    for (unsigned long n = 0; n < triples; n++) {
        float v[3];
        draw(&random, n % 6, v);
        const float got = v_fma(v[0], v[1], v[2]);
        if (!is_finite(v[0]) || !is_finite(v[1]) || !is_finite(v[2]))
            continue;
        const float expected = exact(v[0], v[1], v[2]);
        checked++;
        if (v_bits(got) != v_bits(expected) && failed++ < 20)
            printf("FAILED v_fma(%a, %a, %a) = %a, exactly rounded: %a\n", (double)v[0],
                   (double)v[1], (double)v[2], (double)got, (double)expected);
    }
    printf("%lu triples, %lu failed\n", checked, failed);
    return failed || checked < triples / 2;
}
