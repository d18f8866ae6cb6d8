/* SPDX-License-Identifier: MIT */
/* Floats of 16 bits: all 65,536 of each kind, widened, against what ldexp makes of their fields;
 * narrowed again; and everything between two neighbours goes to the nearer, or to the even one. */
#include "halves.h"

#include <fenv.h>
#include <math.h>

#include "support/expect.h"

enum { COUNT = 1 << 16 };

/* A kind of float by its fields, and the code that is tested. */
struct kind {
    const char *name;
    int mantissa, bias; /* bits of the one; of the exponent */
    float (*widen)(uint16_t bits);
    uint16_t (*narrow)(float value);
};

static const struct kind kinds[] = {{"half", 10, 15, half_widen, half_narrow},
                                    {"bfloat", 7, 127, bfloat_widen, bfloat_narrow}};

/* ---- Widening ---- */

static bool is_special(const struct kind *kind, unsigned bits)
{
    return (bits & 0x7fff) >> kind->mantissa == 2u * (unsigned)kind->bias + 1;
}

/* What finite bits stand for. */
static double value_of(const struct kind *kind, unsigned bits)
{
    const int exponent = (int)((bits & 0x7fff) >> kind->mantissa);
    const double fraction = bits & ((1u << kind->mantissa) - 1);
    const double whole = exponent ? ldexp(1, kind->mantissa) + fraction : fraction;
    const double value = ldexp(whole, (exponent ? exponent : 1) - kind->bias - kind->mantissa);
    return bits & 0x8000 ? -value : value;
}

/* Its sign, no fraction or the same one, whose first bit says whether a NaN is quiet. */
static bool is_same_special(const struct kind *kind, unsigned bits, uint32_t wide)
{
    const uint32_t fraction = bits & ((1u << kind->mantissa) - 1);
    return wide >> 31 == bits >> 15 && (wide >> 23 & 0xff) == 0xff &&
           (wide & 0x7fffff) == fraction << (23 - kind->mantissa);
}

static void check_widening(const struct kind *kind)
{
    for (unsigned bits = 0; bits < COUNT; bits++) {
        const float wide = kind->widen((uint16_t)bits);
        const uint32_t found = halves_bits(wide);
        if (is_special(kind, bits))
            EXPECT(is_same_special(kind, bits, found), "%s %04x is %08x", kind->name, bits, found);
        else
            EXPECT((double)wide == value_of(kind, bits) && found >> 31 == bits >> 15,
                   "%s %04x is %a", kind->name, bits, (double)wide);
        EXPECT(kind->narrow(wide) == bits, "%s %04x comes back as %04x", kind->name, bits,
               kind->narrow(wide));
    }
}

/* ---- Narrowing ---- */

/* Around the middle between one and the next, which both signs have. */
static void check_between(const struct kind *kind, unsigned bits)
{
    const unsigned even = bits + (bits & 1);
    const double next = is_special(kind, bits + 1)
                            ? 2 * value_of(kind, bits) - value_of(kind, bits - 1)
                            : value_of(kind, bits + 1);
    const float middle = (float)((value_of(kind, bits) + next) / 2);
    for (unsigned sign = 0; sign < 2; sign++) {
        const float signs = sign ? -1 : 1;
        const unsigned found[3] = {kind->narrow(signs * nextafterf(middle, 0)),
                                   kind->narrow(signs * middle),
                                   kind->narrow(signs * nextafterf(middle, INFINITY))};
        EXPECT(found[0] == (sign << 15 | bits) && found[1] == (sign << 15 | even) &&
                   found[2] == (sign << 15 | (bits + 1)),
               "around the %s after %04x: %04x %04x %04x", kind->name, bits, found[0], found[1],
               found[2]);
    }
}

static void check_narrowing(const struct kind *kind)
{
    for (unsigned bits = 0; !is_special(kind, bits); bits++)
        check_between(kind, bits);
    const unsigned infinite = (2u * (unsigned)kind->bias + 1) << kind->mantissa;
    EXPECT(kind->narrow(INFINITY) == infinite && kind->narrow(-0.0f) == 0x8000 &&
               kind->narrow(0x1.fffffep127f) == infinite,
           "%s: the ends", kind->name);
    /* NaNs that would lose all of their payload, and be infinite. */
    for (uint32_t payload = 1; payload < 1u << (23 - kind->mantissa); payload *= 2) {
        const unsigned found = kind->narrow(halves_float(0xff800000u | payload));
        EXPECT(is_special(kind, found) && (found & 0x7fff) != infinite && found >> 15,
               "%s: a NaN becomes %04x", kind->name, found);
    }
    EXPECT(kind->narrow(0x1p-149f) == 0 && kind->narrow(-0x1p-149f) == 0x8000,
           "%s: the smallest float", kind->name);
}

int main(void)
{
    static const int modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        check_narrowing(&kinds[k]);
    for (size_t mode = 0; mode < sizeof modes / sizeof *modes; mode++) {
        fesetround(modes[mode]);
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
            check_widening(&kinds[k]);
    }
    fesetround(FE_TONEAREST);
    static const unsigned char bytes[] = {0, 0x34, 0x12, 0xcd, 0xab};
    EXPECT(halves_at(bytes + 1, 0) == 0x1234 && halves_at(bytes + 1, 1) == 0xabcd,
           "little-endian bytes at any place");
    return expect_verdict("test_halves");
}
