/* SPDX-License-Identifier: MIT */
/* compare RAW_WEIGHTS [FILE_OF_WEIGHTS]: a deployed model against layers of libweir with the same
 * weights. Compiled for each model, with MODEL (its name), HEADER, CELL, SIZE_I, SIZE_H, SIZE_P and
 * DIRECTIONS; with LENGTHS, SEQUENCE or neither (a stream); and with OWN, the name of a kernel of
 * the cell, where libweir does not have it. */
#include "deploy/deployed.h"
#include "support/expect.h"
#include "support/modes.h"
#include "weir.h"

#include <string.h>

enum { I = SIZE_I, H = SIZE_H, P = SIZE_P };
enum { T = 23, OUT = P ? P : H, WIDTH = DIRECTIONS * OUT, WEIGHTS_MAX = 32, STATES_MAX = 8 };

#ifdef OWN
extern const struct weir_kernel OWN;
#define KERNEL &OWN
#else
#define KERNEL NULL
#endif

static float x[T][I], expected[T][WIDTH], found[T][WIDTH];
static unsigned random_state = 7;

static float draw(void)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (float)(random_state >> 8) / (float)(1 << 23) - 1;
}

static void *read_file(const char *path, size_t *bytes)
{
    FILE *file = path ? fopen(path, "rb") : NULL;
    char *data = calloc(1, 1 << 22);
    *bytes = file && data ? fread(data, 1, 1 << 22, file) : 0;
    if (file)
        fclose(file);
    return data;
}

/* ---- libweir ---- */

static weir_layer *layers[DIRECTIONS];

/* In the order in which the cell first names them: that of weir-gen's file. */
static const char *const names[] = {NAMES};

static size_t floats_of(const char *name)
{
    weir_shape shapes[WEIGHTS_MAX];
    size_t count = 0;
    weir_error error;
    if (weir_cell_weights(CELL, I, H, P, shapes, WEIGHTS_MAX, &count, &error))
        return name[0] == 'W' ? (size_t)H * I : name[0] == 'U' ? (size_t)H * H : (size_t)H;
    for (size_t k = 0; k < count; k++)
        if (!strcmp(shapes[k].name, name))
            return shapes[k].rows * shapes[k].cols;
    return 0;
}

static bool create_layers(const float *weights)
{
    for (size_t d = 0; d < DIRECTIONS; d++) {
        weir_weight given[sizeof names / sizeof *names];
        weir_error error = {0};
        for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
            given[k] = (weir_weight){.name = names[k], .data = weights};
            weights += floats_of(names[k]);
        }
        const weir_layer_config config = {.cell = CELL,
                                          .I = I,
                                          .H = H,
                                          .P = P,
                                          .weights = given,
                                          .weight_count = sizeof names / sizeof *names,
                                          .type = TYPE,
                                          .own = KERNEL};
        if (!EXPECT(!weir_layer_create(&layers[d], &config, &error), "%s", error.message))
            return false;
    }
    return true;
}

/* The floats of each state. */
static size_t find_states(size_t size[STATES_MAX])
{
    weir_shape shapes[STATES_MAX];
    size_t count = 0;
    weir_error error;
    if (weir_cell_states(CELL, I, H, P, shapes, STATES_MAX, &count, &error)) {
        size[0] = size[1] = H; /* those of own.cell */
        return 2;
    }
    for (size_t s = 0; s < count; s++)
        size[s] = shapes[s].rows;
    return count;
}

/* The first `length` steps, the rest zeros; the second direction backwards. `initial` has, for each
 * direction, each state; NULL: zeros. */
static void run_layers(size_t length, const float *initial)
{
    size_t size[STATES_MAX];
    const size_t count = find_states(size);
    memset(expected, 0, sizeof expected);
    for (size_t d = 0; d < DIRECTIONS && length; d++) {
        const float *states[STATES_MAX] = {NULL};
        for (size_t s = 0; s < count && initial; initial += size[s++])
            states[s] = initial;
        const ptrdiff_t first = d ? (ptrdiff_t)length - 1 : 0;
        weir_layer_forward(layers[d], &(weir_sequence){.T = length,
                                                       .B = 1,
                                                       .x = x[first],
                                                       .x_step = d ? -I : I,
                                                       .y = expected[first] + d * OUT,
                                                       .y_step = d ? -WIDTH : WIDTH,
                                                       .initial = states});
    }
}

/* ---- The model ---- */

static void *model;

static void run_model(void *state, size_t length)
{
    memset(found, 0xff, sizeof found);
#if defined(LENGTHS)
    EXPECT(!CALL(_step)(model, state, T, length, x[0], found[0]), "it was refused");
    EXPECT(CALL(_step)(model, state, T, T + 1, x[0], found[0]), "a length past the end was taken");
    EXPECT(CALL(_step)(model, state, 0, 0, x[0], found[0]), "no step was taken");
    EXPECT(CALL(_step)(NULL, state, T, T, x[0], found[0]) &&
               CALL(_step)(model, NULL, T, T, x[0], found[0]) &&
               CALL(_step)(model, state, T, T, NULL, found[0]) &&
               CALL(_step)(model, state, T, T, x[0], NULL),
           "a pointer may be NULL");
#elif defined(SEQUENCE)
    /* In two calls, or one. */
    const size_t first = (length + 1) / 2;
    EXPECT(!CALL(_step)(model, state, first, x[0], found[0]), "it was refused");
    EXPECT(length == first || !CALL(_step)(model, state, length - first, x[first], found[first]),
           "it was refused");
    EXPECT(CALL(_step)(model, state, 100000, x[0], found[0]), "too many steps were taken");
    EXPECT(CALL(_step)(NULL, state, 1, x[0], found[0]) &&
               CALL(_step)(model, NULL, 1, x[0], found[0]) &&
               CALL(_step)(model, state, 1, NULL, found[0]) &&
               CALL(_step)(model, state, 1, x[0], NULL),
           "a pointer may be NULL");
#else
    for (size_t t = 0; t < length; t++)
        CALL(_step)(model, state, x[t], found[t]);
#endif
}

static const char *init(const char *isa, const char *path)
{
#ifdef FROM_FILE
    size_t bytes;
    void *weights = read_file(path, &bytes);
    const char *wrong = CALL(_model_init)(model, isa, weights, bytes);
    /* Every way of damaging it is told. */
    for (size_t at = 0; at < bytes; at += 1 + bytes / 200) {
        ((char *)weights)[at] ^= 4;
        EXPECT(CALL(_model_init)(model, isa, weights, bytes), "byte %zu may be wrong", at);
        ((char *)weights)[at] ^= 4;
    }
    EXPECT(CALL(_model_init)(model, isa, weights, bytes - 1), "the file may be short");
    EXPECT(CALL(_model_init)(model, isa, weights, 0), "the file may be empty");
    EXPECT(CALL(_model_init)(model, isa, NULL, bytes), "the file may be left out");
    wrong = wrong ? wrong : CALL(_model_init)(model, isa, weights, bytes);
    free(weights);
    return wrong;
#else
    (void)path;
    return CALL(_model_init)(model, isa);
#endif
}

/* Twice, by a reset; `given`: from states that are given, else from the model's. */
static void check_length(char *state, size_t length, bool given)
{
    float initial[STATES];
    for (size_t i = 0; i < STATES; i++)
        initial[i] = draw();
    const char *wrong = CALL(_state_init)(model, state, given ? initial : NULL);
    EXPECT(!wrong, "%s", wrong);
    run_layers(length, given ? initial : NULL);
    memset(initial, 0xff, sizeof initial);
#if defined(LENGTHS)
    const size_t bytes = sizeof found;
#else
    const size_t bytes = length * sizeof *found;
#endif
    for (size_t times = 0; times < 2; times++, CALL(_reset)(state)) {
        run_model(state, length);
        EXPECT(!memcmp(found, expected, bytes), "%s, %zu steps%s: other bits", CALL(_isa)(model),
               length, given ? " from given states" : "");
    }
}

static void check_isa(char *state, const char *isa, const char *path)
{
    static const size_t lengths[] = {T, 1, T - 4, 2};
    const char *wrong = init(isa, path);
    if (!EXPECT(!wrong, "%s: %s", isa ? isa : "the best", wrong))
        return;
    EXPECT(!isa || !strcmp(CALL(_isa)(model), isa), "%s instead of %s", CALL(_isa)(model), isa);
    for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
        for (size_t i = 0; i < T * I; i++)
            x[i / I][i % I] = draw();
        check_length(state, lengths[k], k % 2);
    }
}

/* Made in any mode of floating point, it has the same weights. */
static void check_modes(char *state, const char *path)
{
    run_layers(T, NULL);
    for (size_t mode = 0; mode < MODE_COUNT; mode++) {
        const char *wrong = NULL;
        IN_MODE(mode, wrong = init(NULL, path));
        wrong = wrong ? wrong : CALL(_state_init)(model, state, NULL);
        if (!EXPECT(!wrong, "mode %zu: %s", mode, wrong))
            return;
        run_model(state, T);
        EXPECT(!memcmp(found, expected, sizeof found), "made in mode %zu: other bits", mode);
    }
}

int main(int count, char **arguments)
{
    size_t bytes, size = CALL(_state_size)();
    float *weights = read_file(count > 1 ? arguments[1] : NULL, &bytes);
    const char *path = count > 2 ? arguments[2] : NULL;
    char *state = deployed_memory(size);
    if (!create_layers(weights))
        return expect_verdict("compare");
    model = deployed_memory(CALL(_model_size)());
    /* Nothing past the end may be written to. */
    ((char *)model)[CALL(_model_size)()] = state[size] = 42;
    EXPECT(init("none", path), "there is an ISA called none");
    for (size_t i = 0; weir_isa_name(i); i++)
        if (weir_isa_runs_here(weir_isa_name(i)) &&
            strcmp(weir_isa_name(i), weir_isa_base(weir_isa_name(i))) == 0)
            check_isa(state, weir_isa_name(i), path);
    check_isa(state, NULL, path);
    check_modes(state, path);
    EXPECT(state[size] == 42, "it wrote past its state");
    EXPECT(((char *)model)[CALL(_model_size)()] == 42, "it wrote past its model");
    return expect_verdict("compare");
}
