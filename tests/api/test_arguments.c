/* SPDX-License-Identifier: MIT */
/* Every function of weir.h with every argument NULL, unknown, or larger than any: what returns a
 * status says no in a sentence, what returns a size or a pointer says 0 or NULL; what returns
 * nothing takes the NULLs that weir.h allows. That no function is forgotten is runtime.symbols'. */
#include <stdint.h>
#include <string.h>

#include "api/toy_kernel.h"
#include "support/expect.h"

static weir_error error;

/* The claim that a call was refused, with the sentence in `error`. */
static void expect_refusal(int line, const char *call, weir_status status)
{
    const size_t length = strlen(error.message);
    EXPECT(status != WEIR_OK && error.status == status && length &&
               error.message[length - 1] == '.',
           "line %d: %s gave %d, \"%s\"", line, call, (int)status, error.message);
    error = (weir_error){0};
}

#define REFUSES(call) expect_refusal(__LINE__, #call, (call))
#define HOLDS(claim) EXPECT(claim, "it does not")

static struct toy_problem toy;

/* ---- What this build and this machine have ---- */

static void check_lists(void)
{
    HOLDS(strlen(weir_version()) > 0);
    HOLDS(!weir_kernel_at(weir_kernel_count()) && !weir_kernel_at(SIZE_MAX));
    HOLDS(!weir_kernel_runs_here(NULL));
    const weir_kernel_info info = weir_kernel_describe(NULL);
    HOLDS(!info.name && !info.cell && !info.isa && !info.math && !info.plan && !info.H);
    HOLDS(!weir_isa_name(SIZE_MAX));
    HOLDS(weir_microarchitecture() == weir_microarchitecture());
    HOLDS(!weir_isa_base(NULL) && !weir_isa_base("") && !weir_isa_base("none"));
    HOLDS(!weir_isa_runs_here(NULL) && !weir_isa_runs_here("") && !weir_isa_runs_here("none"));
    REFUSES(weir_isa_level(NULL, &error));
}

/* ---- Cells and their weights ---- */

static void check_cells(const char *cell)
{
    weir_shape shape;
    size_t count;
    REFUSES(weir_cell_weights(NULL, 1, 1, 0, &shape, 1, &count, &error));
    REFUSES(weir_cell_weights("", 1, 1, 0, &shape, 1, &count, &error));
    REFUSES(weir_cell_weights(cell, SIZE_MAX, 1, 0, &shape, 1, &count, &error));
    REFUSES(weir_cell_weights(cell, 1, SIZE_MAX, 0, &shape, 1, &count, &error));
    REFUSES(weir_cell_weights(cell, 1, 1, SIZE_MAX, &shape, 1, &count, &error));
    REFUSES(weir_cell_weights(cell, 1, 1, 0, NULL, 1, &count, &error));
    HOLDS(!weir_cell_weights(cell, 1, 1, 0, NULL, 0, NULL, NULL));
    REFUSES(weir_cell_states(NULL, 1, 1, 0, &shape, 1, &count, &error));
    REFUSES(weir_cell_states("", 1, 1, 0, &shape, 1, &count, &error));
    REFUSES(weir_cell_states(cell, 1, 1, SIZE_MAX, &shape, 1, &count, &error));
    REFUSES(weir_cell_states(cell, 1, 1, 0, NULL, 1, &count, &error));
    HOLDS(!weir_cell_states(cell, 1, 1, 0, NULL, 0, NULL, NULL));
    REFUSES(weir_weights_size(NULL, 1, 1, 0, &count, &count, &error));
    REFUSES(weir_weights_size(cell, SIZE_MAX, SIZE_MAX, SIZE_MAX, &count, &count, &error));
    HOLDS(!weir_weights_size(cell, 1, 1, 0, NULL, NULL, NULL));
    REFUSES(weir_cell_weights(cell, 0, 0, 0, NULL, 0, NULL, &error));
}

typedef weir_status converter(const weir_stacked *, weir_weight *, float *, weir_error *);

static void check_converter(converter *convert, const char *cell)
{
    static const float floats[64];
    weir_weight weights[64];
    float memory[64];
    const weir_stacked whole = {.cell = cell, .I = 1, .H = 1, .input = floats, .recurrent = floats};
    weir_stacked from = whole;
    REFUSES(convert(NULL, weights, memory, &error));
    REFUSES(convert(&from, NULL, memory, &error));
    REFUSES(convert(&from, weights, NULL, &error));
    from.cell = NULL;
    REFUSES(convert(&from, weights, memory, &error));
    from = whole;
    from.input = NULL;
    REFUSES(convert(&from, weights, memory, &error));
    from = whole;
    from.bias_count = SIZE_MAX;
    REFUSES(convert(&from, weights, memory, &error));
    from.bias = floats;
    REFUSES(convert(&from, weights, memory, &error));
    from = whole;
    from.I = from.H = from.P = SIZE_MAX;
    REFUSES(convert(&from, weights, memory, &error));
}

/* A layer with a reset gate, and a value that weir_reset does not have. */
static void check_reset(converter *convert)
{
    static const float floats[64];
    weir_weight weights[64];
    float memory[64];
    weir_stacked from = {.cell = "gru", .I = 1, .H = 1, .input = floats, .recurrent = floats};
    if (weir_cell_weights("gru", 1, 1, 0, NULL, 0, NULL, NULL))
        return;
    from.reset = (weir_reset)77;
    REFUSES(convert(&from, weights, memory, &error));
}

static void check_converters(const char *cell)
{
    converter *const converters[] = {weir_weights_from_pytorch, weir_weights_from_keras,
                                     weir_weights_from_onnx, weir_weights_from_onednn};
    for (size_t k = 0; k < sizeof converters / sizeof *converters; k++) {
        check_converter(converters[k], cell);
        check_reset(converters[k]);
    }
}

/* ---- Pools and layers ---- */

static void check_pools(void)
{
    weir_pool *pool = (weir_pool *)&pool;
    REFUSES(weir_pool_create(NULL, 1, &error));
    REFUSES(weir_pool_create(&pool, SIZE_MAX, &error));
    HOLDS(!pool);
    HOLDS(weir_pool_threads(NULL) == 1);
    weir_pool_destroy(NULL);
}

static void check_creation(void)
{
    weir_layer *layer;
    weir_layer_config config = toy_config(&toy);
    weir_weight weights[TOY_WEIGHTS];
    REFUSES(weir_layer_create(NULL, &config, &error));
    REFUSES(weir_layer_create(&layer, NULL, &error));
    config.cell = NULL;
    REFUSES(weir_layer_create(&layer, &config, &error));
    config = toy_config(&toy);
    config.math = config.isa = config.kernel = "";
    REFUSES(weir_layer_create(&layer, &config, &error));
    config = toy_config(&toy);
    config.weights = NULL;
    REFUSES(weir_layer_create(&layer, &config, &error));
    for (size_t k = 0; k < TOY_WEIGHTS; k++) {
        config = toy_config(&toy);
        config.weights = memcpy(weights, toy.weights, sizeof weights);
        weights[k].name = NULL;
        REFUSES(weir_layer_create(&layer, &config, &error));
        weights[k] = (weir_weight){.name = toy.weights[k].name};
        REFUSES(weir_layer_create(&layer, &config, &error));
    }
    config = toy_config(&toy);
    config.max_batch = SIZE_MAX;
    REFUSES(weir_layer_create(&layer, &config, &error));
    config = toy_config(&toy);
    config.I = config.H = config.P = SIZE_MAX;
    REFUSES(weir_layer_create(&layer, &config, &error));
}

/* What runs needs a layer and, for steps and rows, arrays: without them it may be called. */
static void check_running(void)
{
    const weir_layer_config config = toy_config(&toy);
    weir_layer *layer = NULL;
    HOLDS(!weir_layer_create(&layer, &config, &error));
    HOLDS(!weir_layer_kernel(NULL) && weir_layer_kernel(layer));
    HOLDS(weir_layer_workspace(NULL, 1, 1) == 0);
    HOLDS(weir_layer_workspace(layer, SIZE_MAX, SIZE_MAX) == 0);
    weir_layer_forward(layer, &(weir_sequence){.T = 1});
    weir_layer_forward(layer, &(weir_sequence){.B = 1});
    weir_layer_step_many(layer, &(weir_streams){.n = 0});
    weir_layer_forward_train(layer, &(weir_sequence){.B = 1}, NULL);
    weir_layer_backward(layer, &(weir_sequence){.B = 1}, &(weir_gradients){0}, NULL);
    const float *data[TOY_WEIGHTS];
    for (size_t k = 0; k < TOY_WEIGHTS; k++)
        data[k] = toy.weights[k].data;
    weir_layer_set_weights(layer, data);
    weir_layer_destroy(layer);
    weir_layer_destroy(NULL);
}

/* ---- Alignment ---- */

enum { FLOATS = 400 };

/* The same floats, one byte beside where a float may lie: a sanitizer sees who reads one there. */
static const float *beside(const float *floats)
{
    static char memory[8][FLOATS * sizeof(float) + 1];
    static size_t next;
    char *copy = memory[next++ % 8] + 1;
    return (const float *)(const void *)memcpy(copy, floats, FLOATS * sizeof(float));
}

/* Weights of any alignment, given to a layer and to a converter, are what they are elsewhere. */
static void check_alignment(const char *cell)
{
    static float floats[FLOATS], converted[2][FLOATS], y[2][4];
    static const float x[3] = {0.5f, -1, 2};
    weir_weight weights[64];
    size_t count;
    weir_stacked from = {.cell = cell, .I = 3, .H = 4, .reset = WEIR_RESET_AFTER};
    for (size_t k = 0; k < FLOATS; k++)
        floats[k] = (float)k / FLOATS - 0.5f;
    from.input = from.recurrent = floats;
    if (weir_weights_from_onnx(&from, weights, converted[0], NULL))
        return;
    from.input = from.recurrent = beside(floats);
    HOLDS(!weir_weights_from_onnx(&from, weights, converted[1], NULL));
    HOLDS(!memcmp(converted[0], converted[1], sizeof converted[0]));
    HOLDS(!weir_weights_size(cell, 3, 4, 0, &count, NULL, NULL));
    for (size_t pass = 0; pass < 2; pass++) {
        weir_layer *layer;
        for (size_t k = 0; k < count; k++)
            weights[k].data = pass ? beside(floats) : floats;
        HOLDS(!weir_layer_create(
            &layer,
            &(weir_layer_config){
                .cell = cell, .I = 3, .H = 4, .weights = weights, .weight_count = count},
            NULL));
        weir_layer_forward(layer, &(weir_sequence){.T = 1, .B = 1, .x = x, .y = y[pass]});
        weir_layer_destroy(layer);
    }
    HOLDS(!memcmp(y[0], y[1], sizeof y[0]));
}

int main(void)
{
    toy = toy_problem_create(2, 2, 3, 5, 2, false);
    check_lists();
    for (size_t k = 0; k < weir_kernel_count(); k++) {
        const char *cell = weir_kernel_describe(weir_kernel_at(k)).cell;
        if (weir_cell_weights(cell, 1, 1, 0, NULL, 0, NULL, NULL))
            continue; /* it has a projection */
        check_cells(cell);
        check_converters(cell);
        check_alignment(cell);
    }
    check_pools();
    check_creation();
    check_running();
    toy_problem_destroy(&toy);
    return expect_verdict("test_arguments");
}
