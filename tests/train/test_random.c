/* SPDX-License-Identifier: MIT */
/* Random numbers: the published answers of Philox, permutations, and dropout's masks. */
#include <math.h>
#include <string.h>

#include "support/expect.h"
#include "support/inputs.h"
#include "weir_train.h"

/* From kat_vectors of Random123, the authors' own library: philox4x32, 10 rounds. */
static void check_published_answers(void)
{
    static const struct {
        uint32_t counter[4], key[2], words[4];
    } answers[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t k = 0; k < sizeof answers / sizeof *answers; k++) {
        const uint32_t *counter = answers[k].counter, *key = answers[k].key;
        uint32_t words[4];
        weir_random_block((uint64_t)key[1] << 32 | key[0], (uint64_t)counter[3] << 32 | counter[2],
                          (uint64_t)counter[1] << 32 | counter[0], words);
        EXPECT(memcmp(words, answers[k].words, sizeof words) == 0,
               "answer %zu: %08x %08x %08x %08x", k, words[0], words[1], words[2], words[3]);
    }
}

enum { COUNT = 1000 };

static void check_shuffle(void)
{
    size_t one[COUNT], other[COUNT], at_home = 0;
    bool seen[COUNT] = {0};
    weir_random_shuffle(7, 0, one, COUNT);
    for (size_t k = 0; k < COUNT; k++) {
        EXPECT(one[k] < COUNT && !seen[one[k]], "place %zu has %zu", k, one[k]);
        seen[one[k] % COUNT] = true;
        at_home += one[k] == k;
    }
    EXPECT(at_home < 10, "%zu of %d stay where they are", at_home, COUNT);
    weir_random_shuffle(7, 0, other, COUNT);
    EXPECT(memcmp(one, other, sizeof one) == 0, "the same seed gives another order");
    weir_random_shuffle(7, 1, other, COUNT);
    EXPECT(memcmp(one, other, sizeof one) != 0, "another stream gives the same order");
    weir_random_shuffle(8, 0, other, COUNT);
    EXPECT(memcmp(one, other, sizeof one) != 0, "another seed gives the same order");

    uint64_t hash = HASH_START;
    for (size_t k = 0; k < COUNT; k++)
        hash = hash_number(hash, one[k]);
    EXPECT(hash == UINT64_C(0xcfc23d3a445e89ad), "0x%016llx", (unsigned long long)hash);
    one[0] = 5;
    weir_random_shuffle(7, 0, one, 0);
    EXPECT(one[0] == 5, "none shuffled, and one written");
}

/* ---- Dropout ---- */

enum { DROPPED = 1 << 20 };
static float ones[DROPPED], dropped[DROPPED], again[DROPPED];

/* Four standard deviations of a binomial count: a correct mask fails one time in 16000, and this
 * one is always the same. */
static void check_rate(float rate)
{
    size_t zeros = 0, wrong = 0, pairs = 0;
    const float scale = 1.0f / (1.0f - rate);
    weir_dropout(rate, 42, 3, ones, dropped, DROPPED);
    for (size_t k = 0; k < DROPPED; k++) {
        zeros += dropped[k] == 0;
        pairs += k && dropped[k] == 0 && dropped[k - 1] == 0;
        wrong += dropped[k] != 0 && dropped[k] != scale;
    }
    const double p = rate, n = DROPPED, p2 = p * p;
    EXPECT(fabs((double)zeros - n * p) <= 4 * sqrt(n * p * (1 - p)), "rate %g: %zu of %d", p, zeros,
           DROPPED);
    EXPECT(fabs((double)pairs - n * p2) <= 8 * sqrt(n * p2 * (1 - p2)), "rate %g: %zu neighbours",
           p, pairs);
    EXPECT(!wrong, "rate %g: %zu are neither 0 nor %g", p, wrong, (double)scale);
}

static void check_dropout(void)
{
    for (size_t k = 0; k < DROPPED; k++)
        ones[k] = 1;
    const float rates[] = {0.0f, 0.1f, 0.5f, 0.999f};
    for (size_t k = 0; k < sizeof rates / sizeof *rates; k++)
        check_rate(rates[k]);

    /* A prefix is dropped like the whole, in place like apart, gradients like outputs. */
    weir_dropout(0.3f, 42, 3, ones, dropped, DROPPED);
    weir_dropout(0.3f, 42, 3, ones, again, 1001);
    EXPECT(memcmp(dropped, again, 1001 * sizeof *again) == 0, "a prefix differs");
    memcpy(again, ones, sizeof again);
    weir_dropout(0.3f, 42, 3, again, again, DROPPED);
    EXPECT(memcmp(dropped, again, sizeof again) == 0, "in place differs");
    weir_dropout(0.3f, 42, 4, ones, again, DROPPED);
    EXPECT(memcmp(dropped, again, sizeof again) != 0, "another stream has the same mask");
    weir_dropout(0.3f, 43, 3, ones, again, DROPPED);
    EXPECT(memcmp(dropped, again, sizeof again) != 0, "another seed has the same mask");

    uint64_t hash = HASH_START;
    for (size_t k = 0; k < DROPPED; k++)
        hash = hash_number(hash, float_bits(dropped[k]));
    EXPECT(hash == UINT64_C(0xb549f73a19091d55), "0x%016llx", (unsigned long long)hash);
}

int main(void)
{
    check_published_answers();
    check_shuffle();
    check_dropout();
    return expect_verdict("test_random");
}
