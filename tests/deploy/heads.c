/* SPDX-License-Identifier: MIT */
/* heads: a model whose head is part of its layer's cell gives the bits of the layer and of the
 * head, each deployed by itself, one after the other; a step a call, and many. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { T = 9, I = SIZE_I, H = SIZE_H, O = SIZE_O };

static void *take(size_t bytes)
{
    void *memory = aligned_alloc(64, (bytes + 64) / 64 * 64);
    if (!memory)
        exit(EXIT_FAILURE);
    return memory;
}

/* A model and a stream of it, on an ISA; where there is none such, no more is found. */
#define BEGIN(name, upper)                                                                         \
    void *name##_made = take(upper##_MODEL_SIZE), *name##_state = take(upper##_STATE_SIZE);        \
    if (name##_model_init(name##_made, isa) || name##_state_init(name##_made, name##_state, NULL)) \
    return right

static int check(const char *isa)
{
    static float x[T][I], expected[T][O], found[T][O], h[H];
    unsigned random = 3;
    int right = 1;
    BEGIN(whole, WHOLE);
    BEGIN(layer, LAYER);
    BEGIN(head, HEAD);
    for (size_t i = 0; i < T * I; i++) {
        random = random * 1664525u + 1013904223u;
        x[i / I][i % I] = (float)(random >> 8) / (float)(1 << 23) - 1;
    }
    for (size_t t = 0; t < T; t++) {
        layer_step(layer_made, layer_state, x[t], h);
        head_step(head_made, head_state, h, expected[t]);
        for (size_t o = 0; o < O && SKIPS; o++)
            expected[t][o] += x[t][o % I];
        for (size_t o = 0; o < O && RELU; o++)
            expected[t][o] = expected[t][o] > 0 ? expected[t][o] : 0;
        whole_step(whole_made, whole_state, x[t], found[t]);
    }
    right = !memcmp(found, expected, sizeof found) && (int)WHOLE_STATES == (int)LAYER_STATES;
    if (!right)
        printf("on %s the head gives other bits than by itself\n", isa);
    BEGIN(many, MANY); /* for fewer ISAs */
    memset(found, 0xff, sizeof found);
    if (many_step(many_made, many_state, T, x[0], found[0]) ||
        memcmp(found, expected, sizeof found) != 0)
        right = printf("on %s a sequence has other bits than a stream\n", isa) < 0;
    return right;
}

int main(void)
{
    static const char *const names[] = {"scalar", "avx2", "avx512", "neon"};
    int right = 1;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        right = check(names[i]) && right;
    return right ? EXIT_SUCCESS : EXIT_FAILURE;
}
