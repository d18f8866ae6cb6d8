/* SPDX-License-Identifier: MIT */
/* Small models, and batches for them: what the tests of models share. */
#ifndef WEIR_TESTS_TRAIN_TOY_MODEL_H
#define WEIR_TESTS_TRAIN_TOY_MODEL_H

#include <string.h>

#include "support/expect.h"
#include "support/inputs.h"
#include "weir_train.h"

enum { TOY_T = 5, TOY_B = 4, TOY_I = 3, TOY_OUTPUTS = 2, TOY_LAYERS_MAX = 3 };

/* Which layers a model has, and what they do. */
struct toy_kind {
    const char *name;
    size_t layer_count;
    weir_model_layer layers[TOY_LAYERS_MAX];
    weir_loss loss;
};

/* Copied: the config points into it. */
struct toy_config {
    weir_model_config config;
    weir_model_layer layers[TOY_LAYERS_MAX];
};

static inline void toy_config_set(struct toy_config *toy, const struct toy_kind *kind,
                                  const char *cell)
{
    for (size_t s = 0; s < kind->layer_count; s++) {
        toy->layers[s] = kind->layers[s];
        toy->layers[s].cell = cell;
        toy->layers[s].P = usual_projection(cell, TOY_I, toy->layers[s].H);
    }
    toy->config = (weir_model_config){.I = TOY_I,
                                      .layers = toy->layers,
                                      .layer_count = kind->layer_count,
                                      .head = "dense",
                                      .outputs = TOY_OUTPUTS,
                                      .loss = kind->loss,
                                      .optimiser = {.method = WEIR_ADAM, .rate = 0.01},
                                      .seed = 21,
                                      .max_T = TOY_T,
                                      .max_B = TOY_B};
}

static inline weir_model *toy_model(const weir_model_config *config)
{
    weir_model *model;
    weir_error error = {0};
    if (weir_model_create(&model, config, &error)) {
        printf("%s\n", error.message);
        exit(EXIT_FAILURE);
    }
    return model;
}

/* Inputs, and targets that any loss can have, which differ from one batch to another. */
struct toy_batch {
    float x[TOY_T * TOY_B * TOY_I], targets[TOY_T * TOY_B * TOY_OUTPUTS];
    weir_batch batch;
};

static inline void toy_batch_set(struct toy_batch *toy, uint64_t seed)
{
    struct random random = {seed};
    for (size_t k = 0; k < TOY_T * TOY_B * TOY_I; k++)
        toy->x[k] = (float)random_below(&random, 2001) / 1000 - 1;
    for (size_t k = 0; k < TOY_T * TOY_B * TOY_OUTPUTS; k += 2) {
        toy->targets[k] = (float)random_below(&random, 2);
        toy->targets[k + 1] = 1 - toy->targets[k];
    }
    toy->batch = (weir_batch){.T = TOY_T, .B = TOY_B, .x = toy->x, .targets = toy->targets};
}

/* Trains on batches of seeds first, first + 1, ...; the loss of the last. */
static inline double toy_train(weir_model *model, uint64_t first, size_t steps)
{
    struct toy_batch toy;
    double loss = 0;
    for (size_t k = 0; k < steps; k++) {
        weir_error error = {0};
        toy_batch_set(&toy, first + k);
        EXPECT(weir_model_train(model, &toy.batch, &loss, &error) == WEIR_OK, "%s", error.message);
    }
    return loss;
}

/* Of all parameters. */
static inline uint64_t toy_hash(const weir_model *model)
{
    size_t count;
    const weir_parameter *parameters = weir_model_parameters(model, &count);
    uint64_t hash = HASH_START;
    for (size_t k = 0; k < count; k++)
        for (size_t i = 0; i < parameters[k].rows * parameters[k].cols; i++)
            hash = hash_number(hash, float_bits(parameters[k].values[i]));
    return hash;
}

static inline bool toy_has_cell(const char *cell)
{
    size_t count;
    const size_t P = usual_projection(cell, 1, 1);
    return weir_cell_weights(cell, 1, 1, P, NULL, 0, &count, NULL) == WEIR_OK;
}

#endif
