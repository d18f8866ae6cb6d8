/* SPDX-License-Identifier: MIT */
/* test_float_mode CELL...: whatever mode of floating point the caller has set, all of weir_train.h
 * gives the bits that it gives in the default mode, and leaves the caller's as it was. */
#define _GNU_SOURCE
#include "support/folder.h"
#include "support/modes.h"
#include "train/toy_model.h"

enum { STEPS = 3, ROWS = 4, COLS = 6, COUNT = ROWS * COLS };

static struct folder folder;

static const struct toy_kind kind = {
    "float_mode",
    2,
    {{.H = 4, .bidirectional = true, .sequences = true, .dropout = 0.3f},
     {.H = 3, .dropout = 0.1f}},
    WEIR_LOSS_BCE};

/* ---- Models ---- */

/* Initial weights, steps, and what comes of saving, going on, loading and going on again. */
struct trace {
    uint64_t start, trained, saved, loaded;
    double loss;
    float outputs[TOY_B * TOY_OUTPUTS];
};

static void train(weir_model *model, size_t mode, uint64_t first, double *loss)
{
    for (uint64_t k = first; k < first + STEPS; k++) {
        struct toy_batch toy;
        weir_status status = WEIR_OK;
        toy_batch_set(&toy, k);
        toy.x[0] = 0x1.8p-140f;
        IN_MODE(mode, status = weir_model_train(model, &toy.batch, loss, NULL));
        EXPECT(!status, "status %d", (int)status);
    }
}

static void go_through_file(weir_model *model, size_t mode, struct trace *trace)
{
    const struct folder_file path = folder_file(&folder, "model");
    weir_tensors *file = NULL;
    weir_status status = WEIR_OK;
    double loss;
    IN_MODE(mode, status = weir_model_save(model, path.path, NULL, 0, NULL, 0, NULL));
    EXPECT(!status, "not saved");
    train(model, mode, 20, &loss);
    trace->saved = toy_hash(model);
    IN_MODE(mode, status = weir_tensors_open(&file, path.path, NULL));
    if (!EXPECT(!status, "not opened"))
        return;
    IN_MODE(mode, status = weir_model_load(model, file, NULL));
    EXPECT(!status, "not loaded");
    weir_tensors_close(file);
    train(model, mode, 20, &loss);
    trace->loaded = toy_hash(model);
    EXPECT(trace->saved == trace->loaded, "mode %zu: a resumed run has other bits", mode);
    folder_files(&folder, 1);
}

static void check_model(const char *cell, weir_method method)
{
    struct trace traces[2];
    memset(traces, 0, sizeof traces);
    for (size_t mode = 0; mode < MODE_COUNT; mode++) {
        struct trace *trace = &traces[mode > 0];
        struct toy_config toy;
        struct toy_batch batch;
        weir_model *model = NULL;
        toy_config_set(&toy, &kind, cell);
        toy.config.optimiser = (weir_optimiser_config){.method = method, .momentum = 0.9};
        toy.config.clip = 0.01;
        toy_batch_set(&batch, 50);
        IN_MODE(mode, model = toy_model(&toy.config));
        trace->start = toy_hash(model);
        train(model, mode, 1, &trace->loss);
        trace->trained = toy_hash(model);
        IN_MODE(mode, weir_model_forward(model, &batch.batch, trace->outputs, NULL));
        go_through_file(model, mode, trace);
        weir_model_destroy(model);
        EXPECT(trace->start == traces[0].start, "%s in mode %zu: other initial weights", cell,
               mode);
        EXPECT(!memcmp(trace, &traces[0], sizeof *trace), "%s in mode %zu: other bits", cell, mode);
    }
}

/* ---- The parts by themselves ---- */

struct parts {
    float gradient[3][COUNT], predictions[3][COUNT], dropped[COUNT], clipped[COUNT];
    double loss[3], norm;
    float values[2][COUNT];
};

static void step_optimiser(weir_method method, size_t mode, float *values, float *gradients)
{
    const weir_parameter parameter = {"W", ROWS, COLS, values, gradients};
    const weir_optimiser_config config = {.method = method, .rate = 0.03, .momentum = 0.7};
    weir_optimiser *optimiser = NULL;
    for (size_t k = 0; k < COUNT; k++)
        values[k] = 1.0f / (float)(k + 3);
    IN_MODE(mode, (void)weir_optimiser_create(&optimiser, &config, &parameter, 1, NULL));
    for (size_t k = 0; optimiser && k < STEPS; k++)
        IN_MODE(mode, weir_optimiser_step(optimiser));
    weir_optimiser_destroy(optimiser);
}

static void run_parts(size_t mode, struct parts *parts)
{
    static float outputs[COUNT], targets[COUNT];
    const weir_parameter parameter = {"W", ROWS, COLS, NULL, parts->clipped};
    for (size_t k = 0; k < COUNT; k++) {
        outputs[k] = k % 3 ? (float)(k % 7) - 3.1f : 0x1.4p-140f;
        targets[k] = 1.0f / (float)COLS;
        parts->clipped[k] = k % 4 ? 1.0f / (float)(k + 1) : 0x1.4p-145f;
    }
    for (int loss = WEIR_LOSS_MSE; loss <= WEIR_LOSS_SOFTMAX; loss++) {
        IN_MODE(mode, parts->loss[loss] = weir_loss_value((weir_loss)loss, ROWS, COLS, outputs,
                                                          targets, parts->gradient[loss]));
        IN_MODE(mode,
                weir_loss_predict((weir_loss)loss, ROWS, COLS, outputs, parts->predictions[loss]));
    }
    IN_MODE(mode, weir_dropout(0.3f, 5, 6, outputs, parts->dropped, COUNT));
    IN_MODE(mode, parts->norm = weir_clip(&parameter, 1, 0.1));
    step_optimiser(WEIR_SGD, mode, parts->values[0], parts->gradient[0]);
    step_optimiser(WEIR_ADAM, mode, parts->values[1], parts->gradient[1]);
}

static void check_parts(void)
{
    static struct parts expected, found;
    run_parts(0, &expected);
    for (size_t mode = 1; mode < MODE_COUNT; mode++) {
        run_parts(mode, &found);
        for (size_t loss = 0; loss < 3; loss++)
            EXPECT(found.loss[loss] == expected.loss[loss], "loss %zu in mode %zu: %a, not %a",
                   loss, mode, found.loss[loss], expected.loss[loss]);
        EXPECT(found.norm == expected.norm, "mode %zu: %a, not %a", mode, found.norm,
               expected.norm);
        EXPECT(!memcmp(&found, &expected, sizeof found), "mode %zu: other bits", mode);
    }
}

int main(int argc, char **argv)
{
    if (!MODE_COUNT) {
        printf("SKIPPED: how to set a mode is not known here\n");
        return 77;
    }
    folder_create(&folder);
    check_parts();
    for (int a = 1; a < argc; a++)
        if (toy_has_cell(argv[a])) {
            check_model(argv[a], WEIR_SGD);
            check_model(argv[a], WEIR_ADAM);
        }
    folder_destroy(&folder);
    return expect_verdict("test_float_mode");
}
