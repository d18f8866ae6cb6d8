/* SPDX-License-Identifier: MIT */
/* streams: a deployed stream model, MODEL of HEADER, by its promises: one model in memory that
 * nobody writes to, any number of states, which go on with the same bits wherever they lie, on
 * whatever ISA, on whatever thread; and what is wrong is refused. PACKED: its weights are in the
 * program. */
#include "deploy/deployed.h"
#include "support/expect.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

enum { STREAMS = 1000, STEPS = 12, FEW = 5, THREADS = 2 };
enum { I = INPUTS, H = OUTPUTS };

static const void *model; /* in memory that cannot be written to */
static size_t model_size, state_size;

static float draw(unsigned *random)
{
    *random = *random * 1664525u + 1013904223u;
    return (float)(*random >> 8) / (float)(1 << 23) - 1;
}

/* The input of a stream's step. */
static const float *input(size_t stream, size_t t)
{
    static _Thread_local float x[I];
    unsigned random = (unsigned)(stream * 7919 + t * 104729 + 1);
    for (size_t i = 0; i < I; i++)
        x[i] = draw(&random);
    return x;
}

/* ---- Memory ---- */

static void *pages(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        exit(EXIT_FAILURE);
    return memory;
}

/* A model, after which nobody can write to it. */
static const void *make_model(const char *isa)
{
    void *memory = model_size ? pages(model_size) : NULL;
    const char *wrong = CALL(_model_init)(memory, isa);
    EXPECT(!wrong, "%s", wrong);
    if (memory)
        mprotect(memory, model_size, PROT_READ);
    return memory;
}

static void *make_state(const float *initial)
{
    void *state = deployed_memory(state_size);
    if (CALL(_state_init)(model, state, initial)) /* threads do this, which must not count claims */
        exit(EXIT_FAILURE);
    return state;
}

/* ---- What a stream gives ---- */

/* One stream alone: STEPS outputs. */
static void run_alone(size_t stream, const float *initial, float y[STEPS][H])
{
    void *state = make_state(initial);
    for (size_t t = 0; t < STEPS; t++)
        CALL(_step)(model, state, input(stream, t), y[t]);
    free(state);
}

static void check_many(void)
{
    static float found[STREAMS][STEPS][H], alone[STEPS][H];
    char *states = pages(STREAMS * state_size);
    for (size_t s = 0; s < STREAMS; s++)
        EXPECT(!CALL(_state_init)(model, states + s * state_size, NULL), "stream %zu", s);
    for (size_t t = 0; t < STEPS; t++)
        for (size_t s = 0; s < STREAMS; s++)
            CALL(_step)(model, states + s * state_size, input(s, t), found[s][t]);
    size_t same = 0;
    for (size_t s = 0; s < STREAMS; s++) {
        run_alone(s, NULL, alone);
        same += !memcmp(alone, found[s], sizeof alone);
    }
    EXPECT(same == STREAMS, "%zu of %d streams have the bits that they have alone", same, STREAMS);
    printf("%d streams: %zu bytes, a model of %zu and states of %zu\n", STREAMS,
           model_size + STREAMS * state_size, model_size, state_size);
    munmap(states, STREAMS * state_size);
}

/* A state goes on from anywhere: moved after every step; saved as far as the header says, and
 * restored over rubbish; copied, while the first one goes on elsewhere. */
static void check_moves(void)
{
    float alone[STEPS][H], other[STEPS][H], found[H];
    run_alone(1, NULL, alone);
    run_alone(2, NULL, other);
    char *at = make_state(NULL);
    for (size_t t = 0; t < STEPS; t++) {
        char *next = deployed_memory(state_size);
        memset(next, 0xff, state_size);
        memcpy(next, at, t % 2 ? KEPT : state_size);
        memset(at, 0xff, state_size);
        free(at);
        at = next;
        CALL(_step)(model, at, input(1, t), found);
        EXPECT(!memcmp(found, alone[t], sizeof found), "moved before step %zu", t);
    }
    CALL(_reset)(at);
    CALL(_step)(model, at, input(2, 0), found);
    char *copy = deployed_memory(state_size);
    memcpy(copy, at, state_size);
    for (size_t t = 1; t < STEPS; t++) {
        CALL(_step)(model, at, input(1, t), found);
        CALL(_step)(model, copy, input(2, t), found);
        EXPECT(!memcmp(found, other[t], sizeof found), "a copy, step %zu", t);
    }
    free(at);
    free(copy);
}

/* A stream that changes to another ISA's model after every step. */
static void check_isas(void)
{
    static const char *const names[] = {"scalar", "avx2", "avx512", "neon"};
    enum { COUNT = sizeof names / sizeof *names };
    const void *models[COUNT];
    size_t count = 0;
    float alone[STEPS][H], found[H];
    void *state = make_state(NULL), *tried = deployed_memory(model_size);
    run_alone(3, NULL, alone);
    for (size_t i = 0; i < COUNT; i++)
        if (!CALL(_model_init)(tried, names[i])) {
            models[count++] = make_model(names[i]);
            EXPECT(!strcmp(CALL(_isa)(models[count - 1]), names[i]), "it is not %s", names[i]);
        }
    EXPECT(count > 0, "there is no ISA");
    for (size_t t = 0; t < STEPS && count; t++) {
        CALL(_step)(models[t % count], state, input(3, t), found);
        EXPECT(!memcmp(found, alone[t], sizeof found), "step %zu, of %zu ISAs", t, count);
    }
    printf("one stream by %zu ISAs in turns\n", count);
    free(state);
    free(tried);
}

/* What is given is where it starts, and where a reset goes back to. (compare.c says what is what.)
 */
static void check_initial(void)
{
    float zeros[STATES] = {0}, given[STATES], alone[STEPS][H], found[STEPS][H];
    unsigned random = 5;
    run_alone(4, NULL, alone);
    run_alone(4, zeros, found);
    EXPECT(!memcmp(alone, found, sizeof alone), "zeros are not where it starts");
    for (size_t i = 0; i < STATES; i++)
        given[i] = draw(&random);
    run_alone(4, given, alone);
    EXPECT(memcmp(alone, found, sizeof alone), "what is given as initial makes no difference");
    void *state = make_state(given);
    memset(given, 0xff, sizeof given);
    for (size_t times = 0; times < 2; times++, CALL(_reset)(state))
        for (size_t t = 0; t < STEPS - times; t++) {
            CALL(_step)(model, state, input(4, t), found[t]);
            EXPECT(!memcmp(found[t], alone[t], sizeof *found), "step %zu", t);
        }
    free(state);
}

/* ---- What is wrong ---- */

static void check_refusals(void)
{
    char *memory = deployed_memory(model_size + 64), *state = deployed_memory(state_size + 64);
    for (size_t off = 1; off < 64; off++) {
        EXPECT(CALL(_state_init)(model, state + off, NULL), "a state at %zu", off);
        EXPECT(!model_size || CALL(_model_init)(memory + off, NULL), "a model at %zu", off);
    }
    EXPECT(!model_size || CALL(_model_init)(NULL, NULL), "a model may be NULL");
    EXPECT(CALL(_model_init)(memory, "none"), "there is an ISA called none");
    EXPECT(CALL(_state_init)(model, NULL, NULL), "a state may be NULL");
    if (model_size) {
        memset(memory, 0, model_size);
        EXPECT(CALL(_state_init)(NULL, state, NULL), "a state may be of no model");
        EXPECT(CALL(_state_init)(memory, state, NULL), "a state may be of zeros");
        EXPECT(CALL(_state_init)((const char *)model + 4, state, NULL), "a model may lie askew");
        EXPECT(!CALL(_isa)(NULL) && !CALL(_isa)(memory), "no model has an ISA");
    }
    memset(state, 42, state_size);
    CALL(_reset)(NULL);
    CALL(_reset)(state);
    for (size_t i = 0; i < state_size; i++)
        EXPECT(state[i] == 42, "byte %zu of what is no state was written", i);
    free(memory);
    free(state);
}

/* ---- Threads ---- */

struct work {
    pthread_t thread;
    float found[FEW][STEPS][H];
};

static void *work(void *context)
{
    struct work *of = context;
    for (size_t s = 0; s < FEW; s++)
        run_alone(s, NULL, of->found[s]);
    return NULL;
}

static void check_threads(void)
{
    static struct work works[THREADS];
    float alone[STEPS][H];
    for (size_t i = 0; i < THREADS; i++)
        if (pthread_create(&works[i].thread, NULL, work, &works[i]))
            exit(EXIT_FAILURE);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(works[i].thread, NULL);
    for (size_t s = 0; s < FEW; s++) {
        run_alone(s, NULL, alone);
        for (size_t i = 0; i < THREADS; i++)
            EXPECT(!memcmp(alone, works[i].found[s], sizeof alone), "thread %zu, stream %zu", i, s);
    }
}

int main(void)
{
    model_size = CALL(_model_size)();
    state_size = CALL(_state_size)();
    EXPECT(state_size % 64 == 0 && model_size % 64 == 0, "%zu and %zu", state_size, model_size);
#ifdef PACKED
    EXPECT(!model_size, "the model takes %zu bytes", model_size);
#endif
    model = make_model(NULL);
    check_threads();
    check_many();
    check_moves();
    check_isas();
    check_initial();
    check_refusals();
    return expect_verdict("streams");
}
