/* SPDX-License-Identifier: MIT */
/* test_arguments CELL...: every function of weir_train.h with every argument NULL, unknown, or
 * larger than any: what returns a status says no in a sentence, what returns a size or a pointer
 * says 0 or NULL; what returns nothing takes the NULLs that weir_train.h allows. That no function
 * is forgotten is train.symbols'. */
#define _GNU_SOURCE
#include <math.h>

#include "support/folder.h"
#include "train/toy_model.h"

/* Hostile sizes are asked of malloc: it is to say no, as it does without the sanitizer. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static weir_error error;
static struct folder folder;
static struct toy_config toy;

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

/* ---- Numbers ---- */

static void check_numbers(const char *cell)
{
    uint32_t words[4];
    float *weights[64] = {NULL};
    const float one = 1;
    size_t count = 0;
    weir_random_block(UINT64_MAX, UINT64_MAX, UINT64_MAX, words);
    weir_random_shuffle(1, 1, NULL, 0);
    REFUSES(weir_init_cell(NULL, 1, 1, 0, 1, 1, weights, &error));
    REFUSES(weir_init_cell("", 1, 1, 0, 1, 1, weights, &error));
    REFUSES(weir_init_cell(cell, 1, 1, 0, 1, 1, NULL, &error));
    REFUSES(weir_init_cell(cell, 1, 1, 0, 1, 1, weights, &error));
    REFUSES(weir_init_cell(cell, SIZE_MAX, SIZE_MAX, SIZE_MAX, 1, 1, weights, &error));
    HOLDS(weir_loss_value(WEIR_LOSS_MSE, 0, 0, NULL, NULL, NULL) == 0);
    HOLDS(isnan(weir_loss_value((weir_loss)77, 1, 1, &one, &one, NULL)));
    HOLDS(isnan(weir_loss_value((weir_loss)-1, 1, 1, &one, &one, NULL)));
    HOLDS(isnan(weir_loss_value(WEIR_LOSS_BCE, 1, 1, NULL, &one, NULL)));
    HOLDS(isnan(weir_loss_value(WEIR_LOSS_BCE, 1, 1, &one, NULL, NULL)));
    weir_loss_predict(WEIR_LOSS_SOFTMAX, 0, 0, NULL, NULL);
    weir_dropout(0.5f, 1, 1, NULL, NULL, 0);
    weir_node nodes[1];
    HOLDS(weir_nodes_join(NULL, &count, (weir_node){0, 1}, 1) == 0 && count == 0);
    HOLDS(weir_nodes_join(nodes, NULL, (weir_node){0, 1}, 1) == 0);
}

/* ---- Optimisers ---- */

static void check_optimisers(void)
{
    weir_optimiser *optimiser;
    weir_optimiser_config config = {.method = WEIR_ADAM};
    float value = 0;
    weir_parameter parameter = {NULL, 1, 1, &value, &value};
    REFUSES(weir_optimiser_create(NULL, &config, &parameter, 1, &error));
    REFUSES(weir_optimiser_create(&optimiser, NULL, &parameter, 1, &error));
    REFUSES(weir_optimiser_create(&optimiser, &config, NULL, 1, &error));
    config.method = (weir_method)77;
    REFUSES(weir_optimiser_create(&optimiser, &config, &parameter, 1, &error));
    config = (weir_optimiser_config){.rate = NAN};
    REFUSES(weir_optimiser_create(&optimiser, &config, &parameter, 1, &error));
    config = (weir_optimiser_config){.method = WEIR_ADAM};
    parameter.values = NULL;
    REFUSES(weir_optimiser_create(&optimiser, &config, &parameter, 1, &error));
    parameter = (weir_parameter){NULL, SIZE_MAX, SIZE_MAX, &value, &value};
    REFUSES(weir_optimiser_create(&optimiser, &config, &parameter, 1, &error));
    HOLDS(!weir_optimiser_create(&optimiser, &config, NULL, 0, &error));
    weir_optimiser_step(optimiser);
    weir_optimiser_destroy(optimiser);
    weir_optimiser_destroy(NULL);
    HOLDS(weir_clip(NULL, 0, 1) == 0);
}

/* ---- Files ---- */

static void check_writing(const char *path)
{
    const float value = 1;
    weir_tensor tensor = {"a", WEIR_F32, 0, {0}, &value};
    const weir_text nothing = {NULL, NULL};
    REFUSES(weir_tensors_write(NULL, &tensor, 1, NULL, 0, &error));
    REFUSES(weir_tensors_write(path, NULL, 1, NULL, 0, &error));
    REFUSES(weir_tensors_write(path, &tensor, 1, NULL, 1, &error));
    REFUSES(weir_tensors_write(path, &tensor, 1, &nothing, 1, &error));
    tensor.name = NULL;
    REFUSES(weir_tensors_write(path, &tensor, 1, NULL, 0, &error));
    tensor = (weir_tensor){"a", (weir_dtype)77, 0, {0}, &value};
    REFUSES(weir_tensors_write(path, &tensor, 1, NULL, 0, &error));
    tensor = (weir_tensor){"a", WEIR_F32, SIZE_MAX, {0}, &value};
    REFUSES(weir_tensors_write(path, &tensor, 1, NULL, 0, &error));
    tensor = (weir_tensor){"a", WEIR_F32, 2, {SIZE_MAX, SIZE_MAX}, &value};
    REFUSES(weir_tensors_write(path, &tensor, 1, NULL, 0, &error));
    tensor = (weir_tensor){"a", WEIR_F32, 0, {0}, NULL};
    REFUSES(weir_tensors_write(path, &tensor, 1, NULL, 0, &error));
    tensor.data = &value;
    HOLDS(!weir_tensors_write(path, &tensor, 1, NULL, 0, &error));
}

/* Of a file that has a tensor "a". */
static void check_reading(const char *path, const char *cell)
{
    weir_tensors *file;
    weir_weight weight;
    float value;
    weir_tensor wanted = {"a", WEIR_F32, 0, {0}, NULL};
    weir_pytorch from = {.cell = cell, .I = 1, .H = 1};
    REFUSES(weir_tensors_open(NULL, path, &error));
    REFUSES(weir_tensors_open(&file, NULL, &error));
    HOLDS(!weir_tensors_open(&file, path, &error));
    HOLDS(!weir_tensors_at(NULL, 0) && !weir_tensors_at(file, SIZE_MAX));
    HOLDS(!weir_tensors_text_at(NULL, 0) && !weir_tensors_text_at(file, SIZE_MAX));
    HOLDS(!weir_tensors_text(NULL, "a") && !weir_tensors_text(file, NULL));
    HOLDS(!weir_tensors_read(file, &wanted, NULL, NULL));
    REFUSES(weir_tensors_read(NULL, &wanted, &value, &error));
    REFUSES(weir_tensors_read(file, NULL, &value, &error));
    wanted.dtype = (weir_dtype)77;
    REFUSES(weir_tensors_read(file, &wanted, &value, &error));
    wanted = (weir_tensor){"a", WEIR_F32, SIZE_MAX, {0}, NULL};
    REFUSES(weir_tensors_read(file, &wanted, &value, &error));
    wanted = (weir_tensor){NULL, WEIR_F32, 0, {0}, NULL};
    REFUSES(weir_tensors_read(file, &wanted, &value, &error));
    REFUSES(weir_weights_read_pytorch(NULL, &from, &weight, &value, &error));
    REFUSES(weir_weights_read_pytorch(file, NULL, &weight, &value, &error));
    REFUSES(weir_weights_read_pytorch(file, &from, NULL, &value, &error));
    REFUSES(weir_weights_read_pytorch(file, &from, &weight, NULL, &error));
    from.H = SIZE_MAX;
    REFUSES(weir_weights_read_pytorch(file, &from, &weight, &value, &error));
    from.cell = NULL;
    REFUSES(weir_weights_read_pytorch(file, &from, &weight, &value, &error));
    weir_tensors_close(file);
    weir_tensors_close(NULL);
}

/* ---- Models ---- */

static void check_creation(void)
{
    weir_model *model;
    weir_model_config config = toy.config;
    weir_model_layer layer = toy.layers[0];
    REFUSES(weir_model_create(NULL, &config, &error));
    REFUSES(weir_model_create(&model, NULL, &error));
    config.layers = NULL;
    REFUSES(weir_model_create(&model, &config, &error));
    config = toy.config;
    config.head = NULL;
    REFUSES(weir_model_create(&model, &config, &error));
    config = toy.config;
    config.loss = (weir_loss)77;
    REFUSES(weir_model_create(&model, &config, &error));
    config = toy.config;
    config.optimiser.method = (weir_method)-1;
    REFUSES(weir_model_create(&model, &config, &error));
    config = toy.config;
    config.max_T = config.max_B = SIZE_MAX;
    REFUSES(weir_model_create(&model, &config, &error));
    config = toy.config;
    config.I = config.outputs = SIZE_MAX;
    REFUSES(weir_model_create(&model, &config, &error));
    config = toy.config;
    config.layer_count = SIZE_MAX;
    REFUSES(weir_model_create(&model, &config, &error));
    config = toy.config;
    config.layers = &layer;
    layer.cell = NULL;
    REFUSES(weir_model_create(&model, &config, &error));
    layer = toy.layers[0];
    layer.dropout = NAN;
    REFUSES(weir_model_create(&model, &config, &error));
    weir_model_destroy(NULL);
}

static void check_batches(weir_model *model)
{
    static float outputs[TOY_T * TOY_B * TOY_OUTPUTS];
    struct toy_batch given;
    toy_batch_set(&given, 1);
    REFUSES(weir_model_forward(NULL, &given.batch, outputs, &error));
    REFUSES(weir_model_forward(model, NULL, outputs, &error));
    REFUSES(weir_model_forward(model, &given.batch, NULL, &error));
    REFUSES(weir_model_train(NULL, &given.batch, NULL, &error));
    REFUSES(weir_model_train(model, NULL, NULL, &error));
    given.batch.targets = NULL;
    REFUSES(weir_model_train(model, &given.batch, NULL, &error));
    given.batch.T = SIZE_MAX;
    REFUSES(weir_model_forward(model, &given.batch, outputs, &error));
    given.batch.x = NULL;
    REFUSES(weir_model_forward(model, &given.batch, outputs, &error));
}

static void check_models(const char *path)
{
    size_t count = 1;
    weir_tensors *file;
    weir_model *model = toy_model(&toy.config);
    const weir_text text = {NULL, NULL};
    check_batches(model);
    HOLDS(!weir_model_parameters(NULL, &count) && count == 0);
    HOLDS(weir_model_parameters(model, NULL));
    HOLDS(weir_model_steps(NULL) == 0);
    weir_model_changed(model);
    REFUSES(weir_model_save(NULL, path, NULL, 0, NULL, 0, &error));
    REFUSES(weir_model_save(model, NULL, NULL, 0, NULL, 0, &error));
    REFUSES(weir_model_save(model, path, NULL, 1, NULL, 0, &error));
    REFUSES(weir_model_save(model, path, NULL, SIZE_MAX, NULL, 0, &error));
    REFUSES(weir_model_save(model, path, NULL, 0, NULL, 1, &error));
    REFUSES(weir_model_save(model, path, NULL, 0, &text, 1, &error));
    HOLDS(!weir_model_save(model, path, NULL, 0, NULL, 0, &error));
    HOLDS(!weir_tensors_open(&file, path, &error));
    REFUSES(weir_model_load(NULL, file, &error));
    REFUSES(weir_model_load(model, NULL, &error));
    HOLDS(!weir_model_load(model, file, &error));
    weir_tensors_close(file);
    weir_model_destroy(model);
}

int main(int count, char **cells)
{
    static const struct toy_kind kind = {"arguments", 1, {{.H = 4}}, WEIR_LOSS_BCE};
    folder_create(&folder);
    const struct folder_file path = folder_file(&folder, "file");
    for (int k = 1; k < count; k++) {
        if (!toy_has_cell(cells[k]))
            continue;
        toy_config_set(&toy, &kind, cells[k]);
        check_numbers(cells[k]);
        check_optimisers();
        check_writing(path.path);
        check_reading(path.path, cells[k]);
        check_creation();
        check_models(path.path);
    }
    folder_destroy(&folder);
    return expect_verdict("test_arguments");
}
