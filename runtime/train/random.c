/* SPDX-License-Identifier: MIT */
/* Random numbers as functions of their index, and what needs little more than them: permutations
 * and dropout. */
#include "float_mode.h"
#include "train/training_kit.h"

void weir_random_block(uint64_t seed, uint64_t stream, uint64_t counter, uint32_t words[4])
{
    enum { ROUNDS = 10 };
    uint32_t key0 = (uint32_t)seed, key1 = (uint32_t)(seed >> 32);
    uint32_t a = (uint32_t)counter, b = (uint32_t)(counter >> 32);
    uint32_t c = (uint32_t)stream, d = (uint32_t)(stream >> 32);
    for (int round = 0; round < ROUNDS; round++) {
        const uint64_t by_a = (uint64_t)0xd2511f53u * a, by_c = (uint64_t)0xcd9e8d57u * c;
        a = (uint32_t)(by_c >> 32) ^ b ^ key0;
        b = (uint32_t)by_c;
        c = (uint32_t)(by_a >> 32) ^ d ^ key1;
        d = (uint32_t)by_a;
        key0 += 0x9e3779b9u;
        key1 += 0xbb67ae85u;
    }
    words[0] = a;
    words[1] = b;
    words[2] = c;
    words[3] = d;
}

void weir_random_shuffle(uint64_t seed, uint64_t stream, size_t *indices, size_t count)
{
    for (size_t k = 0; k < count; k++)
        indices[k] = k;
    for (size_t k = count; k > 1; k--) {
        uint32_t words[4];
        weir_random_block(seed, stream, k, words);
        /* The remainder of 64 bits: uneven by less than k / 2^64. */
        const size_t other = (size_t)(((uint64_t)words[1] << 32 | words[0]) % k);
        const size_t index = indices[k - 1];
        indices[k - 1] = indices[other];
        indices[other] = index;
    }
}

static __attribute__((noinline)) void drop(float rate, uint64_t seed, uint64_t stream,
                                           uint64_t first, const float *from, float *to,
                                           size_t count)
{
    const float scale = 1.0f / (1.0f - rate);
    uint32_t words[4];
    for (size_t k = 0; k < count; k++) {
        const uint64_t index = first + k;
        if (k == 0 || index % 4 == 0)
            weir_random_block(seed, stream, index / 4, words);
        const float uniform = (float)(words[index % 4] >> 8) * 0x1p-24f;
        to[k] = uniform < rate ? 0.0f : from[k] * scale;
    }
}

void weir_dropout(float rate, uint64_t seed, uint64_t stream, const float *from, float *to,
                  size_t count)
{
    const weir_mode mode = weir_mode_begin();
    drop(rate, seed, stream, 0, from, to, count);
    weir_mode_set(mode);
}

void weir_train_dropout(float rate, uint64_t seed, uint64_t stream, uint64_t first, float *values,
                        size_t count)
{
    drop(rate, seed, stream, first, values, values, count);
}
