/* SPDX-License-Identifier: MIT */
/* test_checkpoint CELL...: a model that was saved and loaded goes on with the same bits as one that
 * never stopped; what does not fit is refused and changes nothing; configurations and batches that
 * no model can have. */
#define _GNU_SOURCE
#include <math.h>

#include "support/folder.h"
#include "train/toy_model.h"

static struct folder folder;

static const struct toy_kind kind = {
    "checkpoint",
    2,
    {{.H = 4, .bidirectional = true, .sequences = true, .dropout = 0.3f},
     {.H = 3, .dropout = 0.1f}},
    WEIR_LOSS_BCE};

static const weir_optimiser_config methods[] = {
    {.method = WEIR_ADAM},
    {.method = WEIR_SGD, .momentum = 0.9},
};

/* ---- Saving and resuming ---- */

/* Counters and texts of one who trains. */
static const uint64_t epoch = 3, position[2] = {7, UINT64_MAX};
static const weir_tensor extra[] = {{"train/epoch", WEIR_U64, 0, {0}, &epoch},
                                    {"train/position", WEIR_U64, 1, {2}, position}};
static const weir_text texts[] = {{"note", "half way"}};

static void check_extra(const weir_tensors *file)
{
    uint64_t copy[2] = {0};
    const char *note = weir_tensors_text(file, "note");
    EXPECT(!weir_tensors_read(file, &extra[0], copy, NULL) && copy[0] == epoch, "epoch");
    EXPECT(!weir_tensors_read(file, &extra[1], copy, NULL) && copy[1] == UINT64_MAX, "position");
    EXPECT(note && strcmp(note, "half way") == 0, "note is %s", note);
}

static void load(weir_model *model, const char *path)
{
    weir_tensors *file;
    weir_error error = {0};
    if (!EXPECT(!weir_tensors_open(&file, path, &error), "%s", error.message))
        return;
    EXPECT(!weir_model_load(model, file, &error), "%s", error.message);
    check_extra(file);
    weir_tensors_close(file);
}

static void check_resume(const char *cell, const weir_optimiser_config *method)
{
    const struct folder_file path = folder_file(&folder, "model");
    struct toy_config toy;
    weir_error error = {0};
    toy_config_set(&toy, &kind, cell);
    toy.config.optimiser = *method;
    weir_model *model = toy_model(&toy.config);
    toy_train(model, 1, 10);
    EXPECT(!weir_model_save(model, path.path, extra, 2, texts, 1, &error), "%s", error.message);
    const uint64_t saved = toy_hash(model);
    const double loss = toy_train(model, 11, 10);
    const uint64_t whole = toy_hash(model);

    /* Another seed, and some steps, which loading must undo. */
    toy.config.seed = 99;
    weir_model *resumed = toy_model(&toy.config);
    toy_train(resumed, 5, 3);
    load(resumed, path.path);
    EXPECT(toy_hash(resumed) == saved && weir_model_steps(resumed) == 10,
           "%s: what was loaded is not what was saved", cell);
    EXPECT(toy_train(resumed, 11, 10) == loss && toy_hash(resumed) == whole,
           "%s: a resumed run has other bits", cell);
    weir_model_destroy(resumed);

    /* Back in time, in the same model: weights must be packed anew for forward, too. */
    struct toy_batch batch;
    float outputs[2][TOY_B * TOY_OUTPUTS];
    toy_batch_set(&batch, 50);
    weir_model_forward(model, &batch.batch, outputs[0], NULL);
    toy_train(model, 1, 1);
    EXPECT(!weir_model_save(model, path.path, extra, 2, texts, 1, &error), "%s", error.message);
    weir_model_forward(model, &batch.batch, outputs[0], NULL);
    toy_train(model, 1, 5);
    weir_model_forward(model, &batch.batch, outputs[1], NULL);
    EXPECT(memcmp(outputs[0], outputs[1], sizeof outputs[0]) != 0, "%s: nothing is learned", cell);
    load(model, path.path);
    weir_model_forward(model, &batch.batch, outputs[1], NULL);
    EXPECT(memcmp(outputs[0], outputs[1], sizeof outputs[0]) == 0,
           "%s: outputs after loading are not those before saving", cell);
    weir_model_destroy(model);
    folder_files(&folder, 1);
}

/* ---- What does not fit ---- */

static void check_misfit(const char *cell, const struct toy_config *toy, const char *part)
{
    const struct folder_file path = folder_file(&folder, "model");
    weir_tensors *file;
    weir_error error = {0};
    weir_model *model = toy_model(&toy->config);
    const uint64_t before = toy_hash(model);
    EXPECT(!weir_tensors_open(&file, path.path, &error), "%s", error.message);
    EXPECT(weir_model_load(model, file, &error) == WEIR_INVALID && strstr(error.message, part),
           "%s: \"%s\" is not in: %s", cell, part, error.message);
    EXPECT(toy_hash(model) == before && !weir_model_steps(model), "%s: %s: the model has changed",
           cell, part);
    weir_tensors_close(file);
    weir_model_destroy(model);
}

static void check_misfits(const char *cell)
{
    const struct folder_file path = folder_file(&folder, "model");
    struct toy_config toy;
    weir_error error = {0};
    toy_config_set(&toy, &kind, cell);
    weir_model *model = toy_model(&toy.config);
    toy_train(model, 1, 2);
    EXPECT(!weir_model_save(model, path.path, NULL, 0, NULL, 0, &error), "%s", error.message);

    toy_config_set(&toy, &kind, cell);
    toy.layers[1].H = 6;
    check_misfit(cell, &toy, "layer1/forward/");
    toy_config_set(&toy, &kind, cell);
    toy.layers[1].bidirectional = true;
    check_misfit(cell, &toy, "layer1/backward/");
    toy_config_set(&toy, &kind, cell);
    toy.config.outputs = 5;
    check_misfit(cell, &toy, "dense/");
    toy_config_set(&toy, &kind, cell);
    toy.config.optimiser.method = WEIR_SGD;
    check_misfit(cell, &toy, "optimiser/velocity/");

    const weir_tensor taken = {"model/steps", WEIR_U64, 0, {0}, &epoch};
    EXPECT(weir_model_save(model, path.path, &taken, 1, NULL, 0, &error) == WEIR_INVALID &&
               strstr(error.message, "model/steps"),
           "%s", error.message);
    EXPECT(weir_model_save(model, path.path, NULL, 1, NULL, 0, NULL) == WEIR_INVALID, "NULL");
    EXPECT(weir_model_save(model, NULL, NULL, 0, NULL, 0, NULL) == WEIR_INVALID, "no path");
    weir_model_destroy(model);
    folder_files(&folder, 1);
}

/* ---- What no model can be ---- */

static void expect_refusal(const weir_model_config *config, weir_status status, const char *part)
{
    weir_model *model = (weir_model *)&folder;
    weir_error error = {0};
    EXPECT(weir_model_create(&model, config, &error) == status && error.status == status && !model,
           "%s: status %d: %s", part, error.status, error.message);
    EXPECT(strstr(error.message, part) && error.message[strlen(error.message) - 1] == '.',
           "\"%s\" is not in: %s", part, error.message);
}

#define REFUSAL(change, status, part)                                                              \
    do {                                                                                           \
        struct toy_config toy;                                                                     \
        toy_config_set(&toy, &kind, cell);                                                         \
        change;                                                                                    \
        expect_refusal(&toy.config, status, part);                                                 \
    } while (0)

static void check_refusals(const char *cell)
{
    REFUSAL(toy.config.layers = NULL, WEIR_INVALID, "NULL");
    REFUSAL(toy.config.head = NULL, WEIR_INVALID, "NULL");
    REFUSAL(toy.config.layer_count = 0, WEIR_INVALID, "layer_count is 0");
    REFUSAL(toy.config.layer_count = 1000, WEIR_INVALID, "layer_count is 1000");
    REFUSAL(toy.config.loss = (weir_loss)3, WEIR_INVALID, "loss is 3");
    REFUSAL(toy.config.clip = -1, WEIR_INVALID, "clip is -1");
    REFUSAL(toy.config.clip = NAN, WEIR_INVALID, "clip is nan");
    REFUSAL(toy.config.max_T = 0, WEIR_INVALID, "max_T=0");
    REFUSAL(toy.config.max_B = 0, WEIR_INVALID, "max_B=0");
    REFUSAL(toy.layers[1].dropout = 1, WEIR_INVALID, "layers[1].dropout is 1");
    REFUSAL(toy.layers[0].dropout = NAN, WEIR_INVALID, "layers[0].dropout is nan");
    REFUSAL(toy.layers[0].sequences = false, WEIR_INVALID, "layers[0] gives its last");
    REFUSAL(toy.layers[0].cell = "no_such_cell", WEIR_UNAVAILABLE, "no_such_cell");
    REFUSAL(toy.layers[0].cell = NULL, WEIR_INVALID, "cell");
    REFUSAL(toy.layers[1].H = 0, WEIR_INVALID, "H=0");
    REFUSAL(toy.layers[0].P = 3, WEIR_INVALID, "P=3");
    REFUSAL(toy.config.I = 0, WEIR_INVALID, "I=0");
    REFUSAL(toy.config.head = "no_such_head", WEIR_UNAVAILABLE, "no_such_head");
    REFUSAL(toy.config.outputs = 0, WEIR_INVALID, "H=0");
    REFUSAL(toy.config.isa = "no_such_isa", WEIR_INVALID, "no_such_isa");
    REFUSAL(toy.config.optimiser.rate = -1, WEIR_INVALID, "rate is -1");
    REFUSAL(toy.config.max_B = SIZE_MAX / 8, WEIR_NO_MEMORY, "max_B");
    REFUSAL(toy.config.max_T = SIZE_MAX / 2, WEIR_NO_MEMORY, "max_T");
    expect_refusal(NULL, WEIR_INVALID, "NULL");
    EXPECT(weir_model_create(NULL, NULL, NULL) == WEIR_INVALID, "no place");
    weir_model_destroy(NULL);
}

static void check_batch(weir_model *model, const weir_batch *batch, float *outputs,
                        const char *part)
{
    weir_error error = {0};
    double loss = 7;
    const uint64_t before = toy_hash(model);
    if (!batch || !batch->targets || !outputs || strstr(part, "steps")) {
        EXPECT(weir_model_train(model, outputs ? batch : NULL, &loss, &error) == WEIR_INVALID &&
                   strstr(error.message, part),
               "training: \"%s\" is not in: %s", part, error.message);
        EXPECT(loss == 7 && toy_hash(model) == before && !weir_model_steps(model),
               "%s: the model has changed", part);
    }
    if (!batch || batch->targets)
        EXPECT(weir_model_forward(model, batch, outputs, &error) == WEIR_INVALID &&
                   strstr(error.message, part),
               "forward: \"%s\" is not in: %s", part, error.message);
}

static void check_batches(const char *cell)
{
    struct toy_config toy;
    struct toy_batch batch;
    float outputs[TOY_B * TOY_OUTPUTS];
    toy_config_set(&toy, &kind, cell);
    weir_model *model = toy_model(&toy.config);
    toy_batch_set(&batch, 1);
    const weir_batch fine = batch.batch;
    const size_t wrong[][2] = {
        {0, 1}, {1, 0}, {TOY_T + 1, 1}, {1, TOY_B + 1}, {SIZE_MAX, SIZE_MAX}};
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        batch.batch.T = wrong[k][0];
        batch.batch.B = wrong[k][1];
        check_batch(model, &batch.batch, outputs, "1 to 5 steps of 1 to 4 rows");
    }
    batch.batch = fine;
    check_batch(model, NULL, outputs, "NULL");
    check_batch(model, &fine, NULL, "NULL");
    batch.batch.targets = NULL;
    check_batch(model, &batch.batch, outputs, "targets");
    weir_model_destroy(model);
}

/* ---- Names ---- */

/* No two matrices are drawn from the same numbers: they begin with different ones. */
static void check_streams(const char *cell)
{
    struct toy_config toy;
    size_t count;
    toy_config_set(&toy, &kind, cell);
    weir_model *model = toy_model(&toy.config);
    const weir_parameter *parameters = weir_model_parameters(model, &count);
    for (size_t k = 0; k < count; k++)
        for (size_t other = 0; other < k && parameters[k].cols > 1; other++)
            EXPECT(parameters[k].values[0] != parameters[other].values[0], "%s: %s begins like %s",
                   cell, parameters[k].name, parameters[other].name);
    weir_model_destroy(model);
}

static void check_names(const char *cell)
{
    struct toy_config toy;
    size_t count, weights, values = 0;
    weir_shape shapes[64];
    toy_config_set(&toy, &kind, cell);
    weir_model *model = toy_model(&toy.config);
    const weir_parameter *parameters = weir_model_parameters(model, &count);
    weir_cell_weights(cell, TOY_I, 4, 0, shapes, 64, &weights, NULL);
    EXPECT(count == 3 * weights + 2, "%s: %zu parameters", cell, count);
    for (size_t k = 0; k < count; k++) {
        const char *const prefixes[] = {"layer0/forward/", "layer0/backward/", "layer1/forward/",
                                        "dense/"};
        const char *prefix = prefixes[k / weights];
        EXPECT(strncmp(parameters[k].name, prefix, strlen(prefix)) == 0, "%s is not in %s",
               parameters[k].name, prefix);
        if (k < weights)
            EXPECT(strcmp(parameters[k].name + strlen(prefix), shapes[k].name) == 0 &&
                       parameters[k].rows == shapes[k].rows && parameters[k].cols == shapes[k].cols,
                   "%s has another name or shape", parameters[k].name);
        values += parameters[k].rows * parameters[k].cols;
    }
    EXPECT(parameters[count - 1].values - parameters[0].values ==
               (ptrdiff_t)(values - parameters[count - 1].rows),
           "%s: values are not one block", cell);
    weir_model_destroy(model);
}

int main(int argc, char **argv)
{
    folder_create(&folder);
    for (int k = 1; k < argc; k++) {
        if (!toy_has_cell(argv[k]) || !toy_has_cell("dense"))
            continue;
        for (size_t m = 0; m < sizeof methods / sizeof *methods; m++)
            check_resume(argv[k], &methods[m]);
        check_misfits(argv[k]);
        check_refusals(argv[k]);
        check_batches(argv[k]);
        check_streams(argv[k]);
        check_names(argv[k]);
    }
    folder_destroy(&folder);
    return expect_verdict("test_checkpoint");
}
