/* SPDX-License-Identifier: MIT */
/* weir_layer_step_many: streams whose inputs, outputs and states lie anywhere, in another order at
 * every step, have the bits of weir_layer_forward, stream by stream; and nothing beside them is
 * written. Every cell, type that floats become and ISA of the build, several threads among them. */
#define _POSIX_C_SOURCE 200809L
#include <string.h>

#include "support/expect.h"
#include "support/inputs.h"

enum { STREAMS_MAX = 66, STEPS = 3, STATES_MAX = PROBLEM_STATES_MAX, GUARD = 1 };

static const size_t counts[] = {0, 1, 2, 3, 7, 16, 17, 64, STREAMS_MAX};

/* Never written, and NaN if read. */
static const uint32_t guard = 0x7fa5c3e1;

/* Streams: with floats that are nobody's after each, at odd addresses. */
struct streams {
    size_t size[STATES_MAX], state_count;
    float *state[STATES_MAX][STREAMS_MAX], *y[STREAMS_MAX];
    float *memory;
    size_t floats;
};

static float *take(struct streams *streams, size_t floats)
{
    float *taken = streams->memory ? streams->memory + streams->floats : NULL;
    streams->floats += floats + GUARD;
    return taken;
}

static void lay(struct streams *streams)
{
    streams->floats = 0;
    take(streams, 0);
    for (size_t k = 0; k < STREAMS_MAX; k++) {
        streams->y[k] = take(streams, streams->size[0]);
        for (size_t s = 0; s < streams->state_count; s++)
            streams->state[s][k] = take(streams, streams->size[s]);
    }
}

static void streams_create(struct streams *streams, const struct problem *problem)
{
    *streams = (struct streams){.state_count = problem->state_count};
    for (size_t s = 0; s < problem->state_count; s++)
        streams->size[s] = problem->states[s].rows;
    lay(streams);
    streams->memory = allocate(streams->floats * sizeof(float));
    for (size_t i = 0; i < streams->floats; i++)
        streams->memory[i] = float_from_bits(guard);
    lay(streams);
    for (size_t s = 0; s < streams->state_count; s++)
        for (size_t k = 0; k < STREAMS_MAX; k++)
            memcpy(streams->state[s][k], problem->initial[s] + k * streams->size[s],
                   streams->size[s] * sizeof(float));
}

/* ---- One step of the first n, in an order of its own ---- */

static const float *input_of(const struct problem *problem, size_t t, size_t k)
{
    return problem->x + (t * STREAMS_MAX + k) * problem->I;
}

static void step_each(weir_layer *layer, const struct problem *problem, struct streams *streams,
                      size_t n, size_t t)
{
    for (size_t k = 0; k < n; k++) {
        float *states[STATES_MAX];
        for (size_t s = 0; s < streams->state_count; s++)
            states[s] = streams->state[s][k];
        weir_layer_forward(layer, &(weir_sequence){.T = 1,
                                                   .B = 1,
                                                   .x = input_of(problem, t, k),
                                                   .y = streams->y[k],
                                                   .initial = (const float *const *)states,
                                                   .final = states});
    }
}

static void step_many(weir_layer *layer, const struct problem *problem, struct streams *streams,
                      size_t n, size_t t)
{
    static const size_t primes[STEPS] = {101, 7919, 67};
    const float *x[STREAMS_MAX];
    float *y[STREAMS_MAX], *of[STATES_MAX][STREAMS_MAX];
    float *const *states[STATES_MAX];
    for (size_t i = 0; i < n; i++) {
        const size_t k = (i * primes[t] + t) % n; /* each once: n has none of these factors */
        x[i] = input_of(problem, t, k);
        y[i] = streams->y[k];
        for (size_t s = 0; s < streams->state_count; s++)
            of[s][i] = streams->state[s][k];
    }
    for (size_t s = 0; s < streams->state_count; s++)
        states[s] = of[s];
    weir_layer_step_many(layer, &(weir_streams){.n = n, .x = x, .y = y, .states = states});
}

/* ---- A layer ---- */

/* Layers of the same weights: one that is called for one stream, one for all. */
struct pair {
    weir_layer *each, *many;
};

static void check_count(const struct pair *pair, const struct problem *problem, size_t n,
                        const char *name)
{
    struct streams each, many;
    streams_create(&each, problem);
    streams_create(&many, problem);
    for (size_t t = 0; t < STEPS; t++) {
        step_each(pair->each, problem, &each, n, t);
        step_many(pair->many, problem, &many, n, t);
    }
    size_t wrong = 0;
    for (size_t i = 0; i < each.floats; i++)
        wrong += float_bits(each.memory[i]) != float_bits(many.memory[i]);
    EXPECT(wrong == 0, "%s, %zu streams: %zu of %zu floats differ", name, n, wrong, each.floats);
    free(each.memory);
    free(many.memory);
}

/* No y, and no states, in the list or at all, are not wanted, and zeros. */
static void check_left_out(const struct pair *pair, const struct problem *problem, const char *name)
{
    struct streams each, many;
    const float *x[STREAMS_MAX];
    float *const *none[STATES_MAX] = {NULL};
    streams_create(&each, problem);
    streams_create(&many, problem);
    for (size_t k = 0; k < STREAMS_MAX; k++) {
        x[k] = input_of(problem, 0, k);
        weir_layer_forward(pair->each, &(weir_sequence){.T = 1, .B = 1, .x = x[k], .y = each.y[k]});
    }
    weir_streams streams = {.n = STREAMS_MAX, .x = x, .y = many.y};
    weir_layer_step_many(pair->many, &streams);
    EXPECT(!memcmp(each.memory, many.memory, each.floats * sizeof(float)), "%s: no states", name);
    streams.states = none;
    weir_layer_step_many(pair->many, &streams);
    EXPECT(!memcmp(each.memory, many.memory, each.floats * sizeof(float)), "%s: none given", name);
    streams.y = NULL;
    weir_layer_step_many(pair->many, &streams);
    EXPECT(!memcmp(each.memory, many.memory, each.floats * sizeof(float)), "%s: no y", name);
    free(each.memory);
    free(many.memory);
}

/* Whether the build has such a layer; rows run in slices of max_batch. */
static bool check_layer(const struct problem *problem, weir_layer_config config, size_t max_batch,
                        const char *name)
{
    struct pair pair = {NULL, NULL};
    weir_error error = {0};
    config.max_batch = max_batch;
    if (weir_layer_create(&pair.many, &config, &error)) {
        EXPECT(error.status == WEIR_UNAVAILABLE, "%s: %s", name, error.message);
        return false;
    }
    config.pool = NULL;
    config.threads = 0;
    if (EXPECT(!weir_layer_create(&pair.each, &config, &error), "%s: %s", name, error.message)) {
        for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
            check_count(&pair, problem, counts[c], name);
        check_left_out(&pair, problem, name);
    }
    weir_layer_destroy(pair.each);
    weir_layer_destroy(pair.many);
    return true;
}

static weir_layer_config config_of(const struct problem *problem)
{
    return (weir_layer_config){.cell = problem->cell,
                               .I = problem->I,
                               .H = problem->H,
                               .P = problem->P,
                               .weights = problem->weights,
                               .weight_count = problem->weight_count};
}

static void check_cell(const char *cell, size_t I, size_t H, enum pattern pattern, weir_pool *pool)
{
    static const char *const types[] = {"f32", "bf16", "f16", "i8"};
    const size_t sizes[] = {I, H, usual_projection(cell, I, H)};
    struct problem problem;
    size_t layers = 0;
    for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
        if (!EXPECT(problem_create(&problem, cell, sizes, STEPS, STREAMS_MAX, pattern, 1), "%s",
                    cell))
            return;
        problem_fit(&problem, types[t]);
        weir_layer_config config = config_of(&problem);
        config.type = types[t];
        for (size_t i = 0; (config.isa = weir_isa_name(i)); i++) {
            char name[160];
            if (!weir_isa_runs_here(config.isa))
                continue;
            snprintf(name, sizeof name, "%s of %s at %zux%zu, %s", cell, types[t], I, H,
                     config.isa);
            layers += check_layer(&problem, config, i % 2 ? 5 : 0, name);
        }
        config.isa = NULL;
        config.pool = pool;
        config.threads = 2;
        if (pool)
            check_layer(&problem, config, 0, "two threads");
        problem_destroy(&problem);
    }
    EXPECT(layers > 0, "%s has no layer of any type", cell);
}

int main(void)
{
    weir_pool *pool = NULL;
    weir_error error;
    if (weir_pool_create(&pool, 2, &error))
        printf("test_streams: skipped: two threads: %s\n", error.message);
    for (size_t i = 0; i < weir_kernel_count(); i++) {
        const char *cell = weir_kernel_describe(weir_kernel_at(i)).cell;
        if (i && !strcmp(cell, weir_kernel_describe(weir_kernel_at(i - 1)).cell))
            continue;
        check_cell(cell, 17, 15, PATTERN_NORMAL, pool);
        check_cell(cell, 3, 32, PATTERN_NAN, NULL);
    }
    weir_pool_destroy(pool);
    return expect_verdict("test_streams");
}
