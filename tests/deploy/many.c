/* SPDX-License-Identifier: MIT */
/* many: streams of a deployed model, MODEL of HEADER, in one call, in any order, wherever they lie:
 * the bits of one call each, on every ISA; and states that are saved and restored, also on another
 * ISA. What is wrong is refused, and nothing is done. With LENGTHS, SEQUENCE or neither (a step);
 * PACKED: its weights are in the program. With ANOTHER, the name of another model of the same
 * shape, whose header is included, too. */
#include "deploy/deployed.h"
#include "support/expect.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { I = INPUTS, H = OUTPUTS, MOST = 64, CALLS = 4, STEPS = GIVEN_STEPS };

static const size_t counts[] = {0, 1, 2, 3, 7, 16, 17, MOST};

static void *model, *states[MOST];
static float x[CALLS][MOST][STEPS * I], y[MOST][STEPS * H], found[MOST][STEPS * H];
static size_t lengths[MOST];

/* ---- A call, as the model takes it ---- */

static int step(size_t k, const float *from, float *to)
{
#if defined(LENGTHS)
    return CALL(_step)(model, states[k], STEPS, lengths[k], from, to);
#elif defined(SEQUENCE)
    return CALL(_step)(model, states[k], STEPS, from, to);
#else
    CALL(_step)(model, states[k], from, to);
    return 0;
#endif
}

static int step_many(const void *of, void *const each[], const size_t each_length[],
                     const float *const from[], float *const to[], size_t n)
{
    (void)each_length;
#if defined(LENGTHS)
    return CALL(_step_many)(of, each, STEPS, each_length, from, to, n);
#elif defined(SEQUENCE)
    return CALL(_step_many)(of, each, STEPS, from, to, n);
#else
    return CALL(_step_many)(of, each, from, to, n);
#endif
}

/* ---- Streams ---- */

static float draw(void)
{
    static unsigned random = 1;
    random = random * 1664525u + 1013904223u;
    return (float)(random >> 8) / (float)(1 << 23) - 1;
}

/* Each from somewhere else, one of them from a NaN. */
static void begin_states(const float initial[MOST][STATES + 1])
{
    for (size_t k = 0; k < MOST; k++)
        EXPECT(!CALL(_state_init)(model, states[k], initial[k]), "stream %zu", k);
}

static void draw_all(float initial[MOST][STATES + 1])
{
    for (size_t k = 0; k < MOST; k++) {
        lengths[k] = k % (STEPS + 1);
        for (size_t i = 0; i <= STATES; i++)
            initial[k][i] = draw();
        for (size_t c = 0; c < CALLS; c++)
            for (size_t i = 0; i < STEPS * I; i++)
                x[c][k][i] = draw();
    }
    initial[5][0] = NAN;
}

/* Of n streams, in an order that is another one in every call. */
static void call_many(size_t n, size_t call)
{
    static const size_t primes[CALLS] = {1, 101, 7919, 67};
    void *each[MOST];
    const float *from[MOST];
    float *to[MOST];
    size_t length[MOST];
    for (size_t i = 0; i < n; i++) {
        const size_t k = (i * primes[call] + call) % n;
        each[i] = states[k];
        from[i] = x[call][k];
        to[i] = found[k];
        length[i] = lengths[k];
    }
    EXPECT(!step_many(model, each, length, from, to, n), "%zu streams", n);
}

static void check_isa(const char *name)
{
    static float initial[MOST][STATES + 1], alone[CALLS][MOST][STEPS * H];
    draw_all(initial);
    begin_states((const float(*)[STATES + 1]) initial);
    for (size_t c = 0; c < CALLS; c++)
        for (size_t k = 0; k < MOST; k++)
            EXPECT(!step(k, x[c][k], alone[c][k]), "a step");
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        size_t wrong = 0;
        begin_states((const float(*)[STATES + 1]) initial);
        for (size_t c = 0; c < CALLS; c++) {
            memset(found, 0x55, sizeof found);
            call_many(counts[i], c);
            for (size_t k = 0; k < counts[i]; k++)
                wrong += memcmp(found[k], alone[c][k], sizeof found[k]) != 0;
        }
        EXPECT(!wrong, "%s, %zu streams: %zu outputs differ", name, counts[i], wrong);
    }
}

/* ---- Saved states ---- */

/* A stream that is saved, restored elsewhere and goes on; what is saved is the same again. */
static void check_saved(void)
{
    const size_t size = CALL(_saved_size)();
    char *saved = malloc(size + 2), *again = malloc(size + 2);
    if (!saved || !again)
        exit(EXIT_FAILURE);
    EXPECT(!step(5, x[0][5], y[0]), "a step");
    EXPECT(!CALL(_state_get)(states[5], saved + 1, size), "it is not saved"); /* not aligned */
    memset(states[6], 0xff, CALL(_state_size)());
    EXPECT(!CALL(_state_set)(states[6], saved + 1, size), "it is not restored");
    EXPECT(!CALL(_state_get)(states[6], again, size) && !memcmp(saved + 1, again, size), "another");
    lengths[6] = lengths[5];
    for (size_t c = 1; c < CALLS; c++)
        EXPECT(!step(5, x[c][5], y[0]) && !step(6, x[c][5], y[1]) && !memcmp(y[0], y[1], sizeof *y),
               "it goes on with other bits");
    CALL(_reset)(states[5]);
    CALL(_reset)(states[6]);
    EXPECT(!step(5, x[0][1], y[0]) && !step(6, x[0][1], y[1]) && !memcmp(y[0], y[1], sizeof *y),
           "it starts from somewhere else");
    free(saved);
    free(again);
}

static void check_saved_refusals(void)
{
    const size_t size = CALL(_saved_size)();
    char *saved = malloc(size + 1), *state = states[0];
    if (!saved)
        exit(EXIT_FAILURE);
    memset(saved, 0, size + 1);
    EXPECT(CALL(_state_get)(NULL, saved, size) == 1, "of no state");
    EXPECT(CALL(_state_get)(state, NULL, size) == 1, "to nowhere");
    EXPECT(CALL(_state_get)(state + 4, saved, size) == 1, "of what lies askew");
    EXPECT(CALL(_state_get)(state, saved, size - 1) == 2, "too few");
    EXPECT(CALL(_state_get)(state, saved, size + 1) == 2, "too many");
    for (size_t i = 0; i <= size; i++)
        EXPECT(!saved[i], "byte %zu was written", i);
    EXPECT(!CALL(_state_get)(state, saved, size), "it is not saved");
    EXPECT(CALL(_state_set)(NULL, saved, size) == 1, "to no memory");
    EXPECT(CALL(_state_set)(state + 4, saved, size) == 1, "to what lies askew");
    EXPECT(CALL(_state_set)(state, NULL, size) == 1, "from nowhere");
    EXPECT(CALL(_state_set)(state, saved, size - 4) == 2, "too few");
    for (size_t i = 0; i < 20; i++) {
        saved[i] = (char)(saved[i] ^ 0x40);
        EXPECT(CALL(_state_set)(state, saved, size) == (i < 8 ? 3 : 4), "byte %zu is another", i);
        saved[i] = (char)(saved[i] ^ 0x40);
    }
    EXPECT(!CALL(_state_set)(state, saved, size), "it is not restored");
#ifdef ANOTHER
    EXPECT(DEPLOYED_PASTE(ANOTHER, _saved_size)() == size &&
               DEPLOYED_PASTE(ANOTHER, _state_set)(state, saved, size) == 4,
           "another model takes it");
#endif
    free(saved);
}

/* ---- What is wrong ---- */

static void check_refusals(void)
{
    enum { FEW = 3 };
    const float *from[FEW] = {x[0][0], x[0][1], x[0][2]};
    float *to[FEW] = {found[0], found[1], found[2]};
    void *each[FEW] = {states[0], states[1], states[2]};
    const size_t bytes = CALL(_state_size)();
    char *before = deployed_memory(bytes), *none = deployed_memory(bytes);
    memcpy(before, states[0], bytes);
    memset(none, 0, bytes);
    memset(found, 0x55, sizeof found);
#define REFUSES(words)                                                                             \
    EXPECT(step_many(model, each, lengths, from, to, FEW) == 1, "%s", words);                      \
    EXPECT(!memcmp(before, states[0], bytes), "%s: a state has changed", words);                   \
    for (size_t i = 0; i < sizeof found; i++)                                                      \
    EXPECT(((char *)found)[i] == 0x55, "%s: an output was written", words)
    EXPECT(step_many(model, NULL, lengths, from, to, FEW) == 1, "no states");
    EXPECT(step_many(model, each, lengths, NULL, to, FEW) == 1, "no x");
    EXPECT(step_many(model, each, lengths, from, NULL, FEW) == 1, "no y");
#ifndef PACKED
    EXPECT(step_many(NULL, each, lengths, from, to, FEW) == 1, "no model");
#endif
    EXPECT(!step_many(model, NULL, NULL, NULL, NULL, 0), "no streams at all");
    each[2] = states[0];
    REFUSES("a state twice");
    each[2] = NULL;
    REFUSES("a state that is NULL");
    each[2] = none;
    REFUSES("a state that was not begun");
    each[2] = states[2];
    from[1] = NULL;
    REFUSES("an input that is NULL");
    from[1] = x[0][1];
    to[2] = NULL;
    REFUSES("an output that is NULL");
#ifdef LENGTHS
    to[2] = found[2];
    lengths[1] = STEPS + 1;
    REFUSES("a sequence that is too long");
#endif
    free(before);
    free(none);
}

int main(void)
{
    static const char *const isas[] = {"scalar",     "avx2", "avx2vnni", "avx512",
                                       "avx512vnni", "neon", "neondot"};
    size_t ran = 0;
    model = deployed_memory(CALL(_model_size)());
    for (size_t k = 0; k < MOST; k++)
        states[k] = deployed_memory(CALL(_state_size)());
    for (size_t i = 0; i < sizeof isas / sizeof *isas; i++)
        if (!CALL(_model_init)(model, isas[i])) {
            check_isa(isas[i]);
            check_saved();
            ran++;
        }
    EXPECT(ran > 0 && !CALL(_model_init)(model, NULL), "there is no ISA");
    check_saved_refusals();
    check_refusals();
    for (size_t k = 0; k < MOST; k++)
        free(states[k]);
    free(model);
    return expect_verdict("many");
}
