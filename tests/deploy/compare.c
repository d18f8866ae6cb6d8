/* SPDX-License-Identifier: MIT */
/* compare RAW_WEIGHTS [FILE_OF_WEIGHTS]: a deployed model against layers of libweir with the same
 * weights. Compiled for each model, with MODEL (its name), HEADER, CELL, SIZE_I, SIZE_H, SIZE_P and
 * DIRECTIONS; with LENGTHS, SEQUENCE or neither (a stream); and with OWN, the name of a kernel of
 * the cell, where libweir does not have it. */
#include HEADER
#include "expect.h"
#include "modes.h"
#include "weir.h"

#include <string.h>

#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)
#define CALL(function) PASTE(MODEL, function)

enum { I = SIZE_I, H = SIZE_H, P = SIZE_P };
enum { T = 23, OUT = P ? P : H, WIDTH = DIRECTIONS * OUT, WEIGHTS_MAX = 32 };

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
                                          .own = KERNEL};
        if (!EXPECT(!weir_layer_create(&layers[d], &config, &error), "%s", error.message))
            return false;
    }
    return true;
}

/* The first `length` steps, the rest zeros; the second direction backwards. */
static void run_layers(size_t length)
{
    memset(expected, 0, sizeof expected);
    for (size_t d = 0; d < DIRECTIONS && length; d++) {
        const ptrdiff_t first = d ? (ptrdiff_t)length - 1 : 0;
        weir_layer_forward(layers[d], &(weir_sequence){.T = length,
                                                       .B = 1,
                                                       .x = x[first],
                                                       .x_step = d ? -I : I,
                                                       .y = expected[first] + d * OUT,
                                                       .y_step = d ? -WIDTH : WIDTH});
    }
}

/* ---- The model ---- */

static void run_model(void *state, size_t length)
{
    memset(found, 0xff, sizeof found);
#if defined(LENGTHS)
    EXPECT(!CALL(_step)(state, T, length, x[0], found[0]), "it was refused");
    EXPECT(CALL(_step)(state, T, T + 1, x[0], found[0]), "a length past the end was taken");
    EXPECT(CALL(_step)(state, 0, 0, x[0], found[0]), "no step was taken");
#elif defined(SEQUENCE)
    /* In two calls, or one. */
    const size_t first = (length + 1) / 2;
    EXPECT(!CALL(_step)(state, first, x[0], found[0]), "it was refused");
    EXPECT(length == first || !CALL(_step)(state, length - first, x[first], found[first]),
           "it was refused");
    EXPECT(CALL(_step)(state, 100000, x[0], found[0]), "too many steps were taken");
#else
    for (size_t t = 0; t < length; t++)
        CALL(_step)(state, x[t], found[t]);
#endif
}

static const char *init(void *state, const char *isa, const char *path)
{
#ifdef FROM_FILE
    size_t bytes;
    void *weights = read_file(path, &bytes);
    const char *wrong = CALL(_init)(state, isa, weights, bytes);
    /* Every way of damaging it is told. */
    for (size_t at = 0; at < bytes; at += 1 + bytes / 200) {
        ((char *)weights)[at] ^= 4;
        EXPECT(CALL(_init)(state, isa, weights, bytes), "byte %zu may be wrong", at);
        ((char *)weights)[at] ^= 4;
    }
    EXPECT(CALL(_init)(state, isa, weights, bytes - 1), "the file may be short");
    EXPECT(CALL(_init)(state, isa, weights, 0), "the file may be empty");
    EXPECT(CALL(_init)(state, isa, NULL, bytes), "the file may be left out");
    wrong = wrong ? wrong : CALL(_init)(state, isa, weights, bytes);
    free(weights);
    return wrong;
#else
    (void)path;
    return CALL(_init)(state, isa);
#endif
}

static void check_isa(char *state, const char *isa, const char *path)
{
    static const size_t lengths[] = {T, 1, T - 4, 2};
    const char *wrong = init(state, isa, path);
    if (!EXPECT(!wrong, "%s: %s", isa ? isa : "the best", wrong))
        return;
    EXPECT(!isa || !strcmp(CALL(_isa)(state), isa), "%s instead of %s", CALL(_isa)(state), isa);
    for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
        for (size_t i = 0; i < T * I; i++)
            x[i / I][i % I] = draw();
        run_layers(lengths[k]);
        run_model(state, lengths[k]);
        CALL(_reset)(state);
#if defined(LENGTHS)
        const size_t bytes = sizeof found;
#else
        const size_t bytes = lengths[k] * sizeof *found;
#endif
        EXPECT(!memcmp(found, expected, bytes), "%s, %zu steps: other bits", CALL(_isa)(state),
               lengths[k]);
    }
}

/* Made in any mode of floating point, it has the same weights. */
static void check_modes(void *state, const char *path)
{
    run_layers(T);
    for (size_t mode = 0; mode < MODE_COUNT; mode++) {
        const char *wrong = NULL;
        IN_MODE(mode, wrong = init(state, NULL, path));
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
    /* At an odd address, and with nothing that may be written to past the end. */
    char *memory = malloc(size + 2), *state = memory + 1;
    if (!memory || !create_layers(weights))
        return expect_verdict("compare");
    memory[0] = memory[size + 1] = 42;
    EXPECT(init(state, "none", path), "there is an ISA called none");
    for (size_t i = 0; weir_isa_name(i); i++)
        if (weir_isa_runs_here(weir_isa_name(i)))
            check_isa(state, weir_isa_name(i), path);
    check_isa(state, NULL, path);
    check_modes(state, path);
    EXPECT(memory[0] == 42 && memory[size + 1] == 42, "it wrote past its state");
    return expect_verdict("compare");
}
