/* SPDX-License-Identifier: MIT */
/* SHA-256, with the names of FIPS 180-4. */
#include "deploy/sha256.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK = 64, ROUNDS = 64, WORDS = 8 };

static uint32_t rotate(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

/* The first 32 bits of the fraction of a root of a prime: 53 bits are enough for those in use. */
static uint32_t fraction(double root)
{
    return (uint32_t)((root - floor(root)) * 4294967296.0);
}

/* What the hash begins with and the constants of its rounds, from square and cubic roots of the
 * first primes. */
static void find_constants(uint32_t H[WORDS], uint32_t K[ROUNDS])
{
    size_t count = 0;
    for (unsigned n = 2; count < ROUNDS; n++) {
        unsigned d = 2;
        while (d * d <= n && n % d)
            d++;
        if (d * d <= n)
            continue;
        if (count < WORDS)
            H[count] = fraction(sqrt(n));
        K[count++] = fraction(cbrt(n));
    }
}

static void add_block(uint32_t H[WORDS], const uint32_t K[ROUNDS], const unsigned char *block)
{
    uint32_t W[ROUNDS], v[WORDS];
    for (size_t t = 0; t < ROUNDS; t++)
        if (t < 16)
            W[t] = (uint32_t)block[4 * t] << 24 | (uint32_t)block[4 * t + 1] << 16 |
                   (uint32_t)block[4 * t + 2] << 8 | block[4 * t + 3];
        else
            W[t] = (rotate(W[t - 2], 17) ^ rotate(W[t - 2], 19) ^ W[t - 2] >> 10) + W[t - 7] +
                   (rotate(W[t - 15], 7) ^ rotate(W[t - 15], 18) ^ W[t - 15] >> 3) + W[t - 16];
    memcpy(v, H, sizeof v);
    for (size_t t = 0; t < ROUNDS; t++) {
        const uint32_t a = v[0], e = v[4];
        const uint32_t T1 = v[7] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
                            ((e & v[5]) ^ (~e & v[6])) + K[t] + W[t];
        const uint32_t T2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) +
                            ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));
        memmove(v + 1, v, (WORDS - 1) * sizeof *v);
        v[4] += T1;
        v[0] = T1 + T2;
    }
    for (size_t i = 0; i < WORDS; i++)
        H[i] += v[i];
}

void sha256_text(const void *bytes, size_t count, char text[SHA256_TEXT])
{
    const unsigned char *byte = bytes;
    const size_t rest = count % BLOCK, ends = rest < BLOCK - 8 ? BLOCK : 2 * BLOCK;
    unsigned char last[2 * BLOCK] = {0};
    uint32_t H[WORDS], K[ROUNDS];
    find_constants(H, K);
    for (size_t at = 0; at + BLOCK <= count; at += BLOCK)
        add_block(H, K, byte + at);
    if (rest)
        memcpy(last, byte + count - rest, rest);
    last[rest] = 0x80;
    for (size_t i = 0; i < 8; i++)
        last[ends - 1 - i] = (unsigned char)((uint64_t)count * 8 >> 8 * i);
    for (size_t at = 0; at < ends; at += BLOCK)
        add_block(H, K, last + at);
    for (size_t i = 0; i < WORDS; i++)
        snprintf(text + 8 * i, SHA256_TEXT - 8 * i, "%08x", (unsigned)H[i]);
}
