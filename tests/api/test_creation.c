/* SPDX-License-Identifier: MIT */
/* Everything that weir_layer_create refuses: wrong arguments, hostile sizes, weights that do not
 * fit, kernels of one's own that are not what kernel.h describes. Each with its status and a
 * sentence that names what is wrong. */
#define _POSIX_C_SOURCE 200809L
#include <stdint.h>
#include <string.h>

#include "api/refusal.h"
#include "api/toy_kernel.h"
#include "support/inputs.h"

/* Hostile sizes are asked of malloc: it is to say no, as it does without the sanitizer. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static struct toy_problem toy;

static void expect_success(const weir_layer_config *config)
{
    weir_layer *layer;
    weir_error error = {0};
    EXPECT(weir_layer_create(&layer, config, &error) == WEIR_OK, "%s", error.message);
    weir_layer_destroy(layer);
}

/* ---- Arguments ---- */

static void check_arguments(void)
{
    weir_layer *layer;
    weir_error error = {0};
    weir_layer_config config = toy_config(&toy);
    expect_success(&config);
    EXPECT(weir_layer_create(NULL, &config, &error) == WEIR_INVALID, "no place for the layer");
    EXPECT(strstr(error.message, "NULL"), "%s", error.message);
    EXPECT_REFUSAL(NULL, WEIR_INVALID, "NULL");
    EXPECT(weir_layer_create(NULL, NULL, NULL) == WEIR_INVALID, "nothing at all");
    weir_layer_destroy(NULL);

    config.cell = NULL;
    EXPECT_REFUSAL(&config, WEIR_INVALID, "config.cell");
    config.cell = "another";
    EXPECT_REFUSAL(&config, WEIR_INVALID, "config.own=toy_f32_any__scalar", "cell toy");
    config = toy_config(&toy);
    config.weights = NULL;
    EXPECT_REFUSAL(&config, WEIR_INVALID, "config.weights", "6");
    config = (weir_layer_config){.I = 1, .H = 1};
    EXPECT(weir_layer_create(&layer, &config, &error) == WEIR_INVALID, "no cell");
}

/* A cell by name must be in the build; where any is, the sentence names it. */
static void check_cell_names(void)
{
    weir_shape shape;
    weir_error error = {0};
    size_t count = 12345;
    weir_layer_config config = toy_config(&toy);
    const struct weir_kernel *any = weir_kernel_at(0);
    const char *there = any ? weir_kernel_describe(any).cell : "none";
    config.own = NULL;
    config.cell = "no_such_cell";
    EXPECT_REFUSAL(&config, WEIR_UNAVAILABLE, "no_such_cell", there, "WEIR_CELLS");
    config.cell = "";
    EXPECT_REFUSAL(&config, WEIR_UNAVAILABLE, there);
    EXPECT(weir_cell_weights("no_such_cell", 1, 1, 0, &shape, 1, &count, &error) ==
               WEIR_UNAVAILABLE,
           "weights of no cell");
    EXPECT(strstr(error.message, there), "%s", error.message);
    EXPECT(weir_cell_states("no_such_cell", 1, 1, 0, &shape, 1, &count, NULL) == WEIR_UNAVAILABLE,
           "states of no cell");
    EXPECT(weir_cell_states(NULL, 1, 1, 0, &shape, 1, &count, NULL) == WEIR_INVALID, "NULL");
    EXPECT(count == 12345, "a count where there is none");
}

/* ---- Sizes ---- */

static void check_sizes(void)
{
    static const struct {
        size_t I, H, P;
        const char *part;
    } wrong[] = {
        {0, 5, 2, "I=0"},
        {3, 0, 2, "H=0"},
        {0, 0, 0, "at least 1"},
        {3, 5, 0, "P must be given"},
        {SIZE_MAX, 5, 2, "larger than"},
        {3, SIZE_MAX, 2, "larger than"},
        {3, 5, SIZE_MAX, "larger than"},
        {(size_t)-1, (size_t)-1, (size_t)-1, "negative"},
        {((size_t)1 << 24) + 1, 5, 2, "16777216"},
        {SIZE_MAX / 2 + 2, 2, 2, "larger than"},
        {(size_t)1 << 32, (size_t)1 << 32, 1, "larger than"},
    };
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        weir_layer_config config = toy_config(&toy);
        config.I = wrong[k].I;
        config.H = wrong[k].H;
        config.P = wrong[k].P;
        EXPECT_REFUSAL(&config, WEIR_INVALID, wrong[k].part);
    }
    weir_layer_config config = toy_config(&toy);
    config.max_batch = SIZE_MAX;
    EXPECT_REFUSAL(&config, WEIR_INVALID, "max_batch=", "slices");
    /* Allowed, but more than there is: no weight is read. */
    const size_t most = (size_t)1 << 24;
    config = toy_config(&toy);
    config.I = config.H = config.P = most;
    EXPECT_REFUSAL(&config, WEIR_NO_MEMORY, "toy", "I=16777216", "bytes");
}

static size_t hoist_all(size_t B, size_t I, size_t H, size_t P)
{
    (void)B, (void)I, (void)H, (void)P;
    return SIZE_MAX / sizeof(float) + 2; /* 4 bytes, if it wrapped around */
}

static size_t hoist_much(size_t B, size_t I, size_t H, size_t P)
{
    (void)B, (void)I, (void)H, (void)P;
    return (size_t)1 << 58;
}

static void check_memory(void)
{
    struct weir_kernel kernel = toy_kernel;
    weir_layer_config config = toy_config(&toy);
    config.own = &kernel;
    kernel.hoist_floats = hoist_all;
    EXPECT_REFUSAL(&config, WEIR_NO_MEMORY, "64 rows", "max_batch");
    kernel.hoist_floats = hoist_much;
    EXPECT_REFUSAL(&config, WEIR_NO_MEMORY, "64 rows", "max_batch");
    kernel = toy_kernel;
    kernel.lanes = SIZE_MAX / 8;
    EXPECT_REFUSAL(&config, WEIR_NO_MEMORY, "bytes");
}

/* ---- Weights ---- */

static void check_weights(void)
{
    static const float zeros[64];
    weir_weight weights[200];
    weir_layer_config config = toy_config(&toy);
    config.weights = weights;
    memcpy(weights, toy.weights, sizeof toy.weights);
    weights[0].name = "Q";
    EXPECT_REFUSAL(&config, WEIR_INVALID, "unknown: Q;", "missing: W.", "given twice: none;");
    weights[1].name = "w";
    EXPECT_REFUSAL(&config, WEIR_INVALID, "unknown: Q, w;", "missing: W, U.", "toy");
    weights[1].name = NULL;
    EXPECT_REFUSAL(&config, WEIR_INVALID, "unknown: Q, NULL;");
    memcpy(weights, toy.weights, sizeof toy.weights);
    weights[2].data = NULL;
    EXPECT_REFUSAL(&config, WEIR_INVALID, "unknown: none;", "without data: b;", "missing: b.");
    memcpy(weights, toy.weights, sizeof toy.weights);
    weights[3].name = weights[4].name;
    EXPECT_REFUSAL(&config, WEIR_INVALID, "given twice: R;", "missing: d.");
    memcpy(weights, toy.weights, sizeof toy.weights);
    config.weight_count = TOY_WEIGHTS - 2;
    EXPECT_REFUSAL(&config, WEIR_INVALID, "missing: R, S.", "unknown: none;");
    config.weight_count = 0;
    EXPECT_REFUSAL(&config, WEIR_INVALID, "missing: W, U, b, d, R, S.");
    config.weights = NULL;
    EXPECT_REFUSAL(&config, WEIR_INVALID, "missing: W, U, b, d, R, S.");
    /* All of them, and one more. */
    config.weights = weights;
    config.weight_count = TOY_WEIGHTS + 1;
    weights[TOY_WEIGHTS] = (weir_weight){.name = "extra", .data = zeros};
    EXPECT_REFUSAL(&config, WEIR_INVALID, "unknown: extra;", "missing: none.");
    weights[TOY_WEIGHTS] = toy.weights[0];
    EXPECT_REFUSAL(&config, WEIR_INVALID, "given twice: W;", "missing: none.");
    /* Twice, once without data. */
    weights[TOY_WEIGHTS].data = NULL;
    EXPECT_REFUSAL(&config, WEIR_INVALID, "without data: W;", "missing: none.");
    weights[TOY_WEIGHTS] = weights[0];
    weights[0].data = NULL;
    EXPECT_REFUSAL(&config, WEIR_INVALID, "without data: W;", "missing: none.");
    weights[0] = toy.weights[0];
    /* More than a message can hold, and a name that is longer than one. */
    char name[2000];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    for (size_t k = TOY_WEIGHTS; k < 200; k++)
        weights[k] = (weir_weight){.name = k % 2 ? "surplus" : name, .data = zeros};
    config.weight_count = 200;
    EXPECT_REFUSAL(&config, WEIR_INVALID, "Give each weight of toy once");
    /* In any order. */
    for (size_t k = 0; k < TOY_WEIGHTS; k++)
        weights[k] = toy.weights[TOY_WEIGHTS - 1 - k];
    config.weight_count = TOY_WEIGHTS;
    expect_success(&config);
}

/* Shapes that are given are those of the cell; none needs to be. */
static void check_weight_shapes(void)
{
    weir_weight weights[TOY_WEIGHTS];
    weir_layer_config config = toy_config(&toy);
    const size_t extents[] = {1, toy.I, toy.H, toy.P};
    config.weights = weights;
    memcpy(weights, toy.weights, sizeof toy.weights);
    for (size_t k = 0; k < TOY_WEIGHTS; k++) {
        weights[k].rows = extents[toy_kernel.params[k].rows];
        weights[k].cols = extents[toy_kernel.params[k].cols];
        expect_success(&config);
    }
    for (size_t k = 0; k < TOY_WEIGHTS; k++) {
        const weir_weight right = weights[k];
        const size_t wrong[][2] = {{right.rows + 1, right.cols},
                                   {right.rows, right.cols + 1},
                                   {right.rows, 0},
                                   {0, right.cols},
                                   {SIZE_MAX, SIZE_MAX},
                                   {right.rows * right.cols, 2}};
        for (size_t w = 0; w < sizeof wrong / sizeof *wrong; w++) {
            weights[k].rows = wrong[w][0];
            weights[k].cols = wrong[w][1];
            EXPECT_REFUSAL(&config, WEIR_INVALID, right.name, "rows and cols say");
        }
        weights[k] = right;
    }
    weir_weight *transposed = &weights[0];
    transposed->rows = toy.I;
    transposed->cols = toy.H;
    EXPECT_REFUSAL(&config, WEIR_INVALID, "The weight W of toy");
}

/* ---- Kernels of one's own ---- */

enum { MANY = 1000 };

static void check_own_selection(void)
{
    struct weir_kernel kernel = toy_kernel;
    weir_layer_config config = toy_config(&toy);
    config.own = &kernel;
    config.math = "inline";
    expect_success(&config);
    config.math = "sleef";
    EXPECT_REFUSAL(&config, WEIR_INVALID, "config.own=", "sleef");
    config = toy_config(&toy);
    config.own = &kernel;
    config.isa = "scalar";
    expect_success(&config);
    config.kernel = toy_kernel.name;
    setenv("WEIR_KERNEL", toy_kernel.name, 1);
    expect_success(&config);
    config.kernel = "another";
    EXPECT_REFUSAL(&config, WEIR_INVALID, "config.own", "config.kernel", "another");
    config.kernel = NULL;
    setenv("WEIR_KERNEL", "another", 1);
    EXPECT_REFUSAL(&config, WEIR_INVALID, "config.own", "WEIR_KERNEL", "another");
    unsetenv("WEIR_KERNEL");
    /* Made for sizes: these, and others. */
    kernel.I = toy.I;
    kernel.H = toy.H;
    kernel.P = toy.P;
    expect_success(&config);
    kernel.P++;
    EXPECT_REFUSAL(&config, WEIR_INVALID, "config.own=", "does not serve these sizes", "I=3, H=5");
    /* For an ISA that this CPU lacks. */
    for (size_t isa = 0; isa < WEIR_ISA_COUNT; isa++)
        if (!weir_isa_runs_here(weir_isa_name(isa))) {
            kernel = toy_kernel;
            kernel.isa = (enum weir_isa)isa;
            config.isa = NULL;
            EXPECT_REFUSAL(&config, WEIR_UNAVAILABLE, "config.own=", weir_isa_name(isa), "lacks");
        }
}

/* Every field of the description, broken in turn. */
static void check_own_tables(void)
{
    static const struct weir_param odd_param[] = {{"W", (enum weir_extent)9, WEIR_I}};
    static const struct weir_state odd_state[] = {{"h", (enum weir_extent)9}};
    static const enum weir_extent odd_value[] = {(enum weir_extent)9};
    static const unsigned char past[] = {TOY_WEIGHTS}, vector[] = {2}, first[] = {0};
    static const struct weir_region no_params[] = {
        {WEIR_H, WEIR_I, 1, NULL, NULL, 0, 0, WEIR_TYPE_F32}};
    static const struct weir_region past_params[] = {
        {WEIR_H, WEIR_I, 1, past, NULL, 0, 0, WEIR_TYPE_F32}};
    static const unsigned short start[] = {0};
    static const struct weir_region tailed[] = {
        {WEIR_H, WEIR_I, 1, first, start, 1, 0, WEIR_TYPE_F32}};
    static const struct weir_region wrong_shape[] = {
        {WEIR_H, WEIR_I, 1, vector, NULL, 0, 0, WEIR_TYPE_F32}};
    static const struct weir_region narrow_matrix[] = {
        {WEIR_H, WEIR_I, 1, first, NULL, 0, 0, WEIR_TYPE_F16}};
    static const struct weir_region narrow_vector[] = {
        {WEIR_H, WEIR_ONE, 1, vector, NULL, 0, 0, WEIR_TYPE_BF16}};
#define BREAK(field, ...)                                                                          \
    do {                                                                                           \
        struct weir_kernel kernel = toy_kernel;                                                    \
        weir_layer_config config = toy_config(&toy);                                               \
        kernel.field;                                                                              \
        config.own = &kernel;                                                                      \
        EXPECT_REFUSAL(&config, WEIR_INVALID, "config.own", "kernel.h", __VA_ARGS__);              \
    } while (0)
    BREAK(contract = WEIR_CONTRACT - 1, "contract", "generate");
    BREAK(name = NULL, "name");
    BREAK(cell = NULL, "cell");
    BREAK(plan = NULL, "plan");
    BREAK(isa = WEIR_ISA_COUNT, "isa");
    BREAK(math = (enum weir_math)2, "math");
    BREAK(type = WEIR_TYPE_COUNT, "type");
    BREAK(I = 3, "sizes");
    BREAK(H = 5, "sizes");
    BREAK(P = 2, "sizes");
    BREAK(scales = NULL, "scales");
    BREAK(hoist_floats = NULL, "hoist_floats");
    BREAK(forward = NULL, "forward");
    BREAK(states = NULL, "states");
    BREAK(state_count = 0, "states");
    BREAK(state_count = MANY, "states");
    BREAK(states = odd_state, "state");
    BREAK(values = NULL, "values");
    BREAK(value_count = MANY, "values");
    BREAK(values = odd_value, "value");
    BREAK(lanes = 0, "lanes");
    BREAK(params = NULL, "params");
    BREAK(param_count = 0, "params");
    BREAK(params = odd_param, "param");
    BREAK(regions = NULL, "regions");
    BREAK(region_count = 0, "regions");
    BREAK(regions = no_params, "region");
    BREAK(regions = past_params, "not there");
    BREAK(regions = wrong_shape, "rows and cols");
    BREAK(regions = tailed, "every size", "tail");
    BREAK(type = WEIR_TYPE_BF16, "the kernel's type");
    BREAK(regions = narrow_matrix, "the kernel's type");
    BREAK(regions = narrow_vector, "of vectors WEIR_TYPE_F32");
    struct weir_kernel narrow = toy_kernel;
    weir_layer_config config = toy_config(&toy);
    narrow.regions = tailed;
    narrow.I = config.I;
    narrow.H = config.H;
    narrow.P = config.P;
    narrow.lanes = config.H + 1;
    config.own = &narrow;
    EXPECT_REFUSAL(&config, WEIR_INVALID, "config.own", "narrower");
}

/* ---- What a cell wants ---- */

/* Fewer places than there are weights: those are filled, and all counted. */
static void check_shapes(const char *cell)
{
    weir_shape shapes[64] = {{0}}, first[2] = {{0}};
    weir_error error = {0};
    size_t count = 0, again = 0;
    const size_t P = usual_projection(cell, 3, 7);
    EXPECT(weir_cell_weights(cell, 3, 7, P, shapes, 64, &count, &error) == WEIR_OK, "%s",
           error.message);
    EXPECT(count > 1 && count < 64, "%s has %zu weights", cell, count);
    EXPECT(weir_cell_weights(cell, 3, 7, P, first, 1, &again, &error) == WEIR_OK, "%s",
           error.message);
    EXPECT(again == count && first[0].name == shapes[0].name && !first[1].name, "%s: %zu weights",
           cell, again);
    EXPECT(weir_cell_weights(cell, 3, 7, P, NULL, 0, NULL, NULL) == WEIR_OK, "%s", cell);
    for (size_t k = 0; k < count; k++)
        EXPECT(shapes[k].name && shapes[k].rows && shapes[k].cols, "%s: weight %zu", cell, k);
    EXPECT(weir_cell_states(cell, 3, 7, P, shapes, 64, &count, &error) == WEIR_OK, "%s",
           error.message);
    EXPECT(count >= 1 && shapes[0].rows == (P ? P : 7) && shapes[0].cols == 1,
           "%s: the first of %zu states has %zu rows", cell, count, shapes[0].rows);
    EXPECT(weir_cell_states(cell, 3, 7, P, NULL, 0, NULL, NULL) == WEIR_OK, "%s", cell);
    EXPECT(weir_cell_weights(cell, 3, 7, P ? 0 : 4, shapes, 64, &count, &error) == WEIR_INVALID,
           "%s: P=%zu is taken", cell, P ? (size_t)0 : 4);
    EXPECT(strstr(error.message, "projection"), "%s", error.message);
    EXPECT(weir_cell_states(cell, 0, 7, P, shapes, 64, &count, &error) == WEIR_INVALID,
           "%s: I=0 is taken", cell);
    /* The same is refused at creation. */
    weir_layer_config config = {.cell = cell, .I = 3, .H = 7, .P = P ? 0 : 4};
    EXPECT_REFUSAL(&config, WEIR_INVALID, "projection", cell);
    config.P = P;
    EXPECT_REFUSAL(&config, WEIR_INVALID, "missing", cell);
}

int main(void)
{
    unsetenv("WEIR_ISA");
    unsetenv("WEIR_KERNEL");
    unsetenv("WEIR_VERBOSE");
    toy = toy_problem_create(1, 1, 3, 5, 2, true);
    check_arguments();
    check_cell_names();
    check_sizes();
    check_memory();
    check_weights();
    check_weight_shapes();
    check_own_selection();
    check_own_tables();
    for (size_t i = 0; i < weir_kernel_count(); i++) {
        const char *cell = weir_kernel_describe(weir_kernel_at(i)).cell;
        if (!i || strcmp(cell, weir_kernel_describe(weir_kernel_at(i - 1)).cell) != 0)
            check_shapes(cell);
    }
    toy_problem_destroy(&toy);
    return expect_verdict("test_creation");
}
