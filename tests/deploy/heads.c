/* SPDX-License-Identifier: MIT */
/* heads X.pb Y.npy: a model whose head is part of its layer's cell gives the bits of the layer and
 * of the head, each deployed by itself, one after the other; a step a call, and many; and those
 * that weir-run gives of a batch. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { T = 9, B = 2, I = SIZE_I, H = SIZE_H, O = SIZE_O };

static float given[T][B][I], ran[T][B][O];

static void *take(size_t bytes)
{
    void *memory = aligned_alloc(64, (bytes + 64) / 64 * 64);
    if (!memory)
        exit(EXIT_FAILURE);
    return memory;
}

/* The floats at the end of a file. */
static void read_floats(const char *path, void *to, size_t bytes)
{
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, -(long)bytes, SEEK_END) || fread(to, 1, bytes, file) != bytes)
        exit(EXIT_FAILURE);
    fclose(file);
}

/* A model and a stream of it, on an ISA; where there is none such, no more is found. */
#define BEGIN(name, upper)                                                                         \
    void *name##_made = take(upper##_MODEL_SIZE), *name##_state = take(upper##_STATE_SIZE);        \
    if (name##_model_init(name##_made, isa) || name##_state_init(name##_made, name##_state, NULL)) \
    return right

/* A row of the batch. */
static int check(const char *isa, size_t row)
{
    static float x[T][I], expected[T][O], found[T][O], h[H];
    int right = 1;
    BEGIN(whole, WHOLE);
    BEGIN(layer, LAYER);
    BEGIN(head, HEAD);
    for (size_t t = 0; t < T; t++) {
        memcpy(x[t], given[t][row], sizeof x[t]);
        layer_step(layer_made, layer_state, x[t], h);
        head_step(head_made, head_state, h, expected[t]);
        for (size_t o = 0; o < O && SKIPS; o++)
            expected[t][o] += x[t][o % I];
        for (size_t o = 0; o < O && RELU; o++)
            expected[t][o] = expected[t][o] > 0 ? expected[t][o] : 0;
        whole_step(whole_made, whole_state, x[t], found[t]);
        if (memcmp(found[t], ran[t][row], sizeof found[t]) != 0) {
            printf("on %s weir-run gives other bits\n", isa);
            return 0;
        }
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

int main(int count, char **arguments)
{
    static const char *const names[] = {"scalar",     "avx2", "avx2vnni", "avx512",
                                        "avx512vnni", "neon", "neondot"};
    int right = count == 3;
    if (!right)
        return EXIT_FAILURE;
    read_floats(arguments[1], given, sizeof given);
    read_floats(arguments[2], ran, sizeof ran);
    for (size_t i = 0; i < B * sizeof names / sizeof *names; i++)
        right = check(names[i / B], i % B) && right;
    return right ? EXIT_SUCCESS : EXIT_FAILURE;
}
