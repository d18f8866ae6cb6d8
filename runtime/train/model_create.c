/* SPDX-License-Identifier: MIT */
/* Making a model: its configuration is checked, parameters are listed, named and drawn, and layers
 * and all memory are made. Running it is in model.c. */
#define _POSIX_C_SOURCE 200809L
#include "kernel.h"
#include "train/training_kit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGN = 64 };

/* One layer of weir.h that a model consists of: a direction of a stage, or the head. */
struct plan {
    struct train_part *part;
    const char *cell;
    size_t I, H, P;
    uint64_t stream; /* of its initial weights */
    char prefix[96];
};

static const char *const direction_names[TRAIN_DIRECTIONS] = {"forward", "backward"};

/* ---- The configuration ---- */

static weir_status check_layer(const weir_model_config *config, size_t s, weir_error *error)
{
    const weir_model_layer *layer = &config->layers[s];
    if (!(layer->dropout >= 0 && layer->dropout < 1))
        return weir_fail(error, WEIR_INVALID,
                         "layers[%zu].dropout is %g: it must be at least 0 and below 1.", s,
                         (double)layer->dropout);
    if (s + 1 < config->layer_count && !layer->sequences)
        return weir_fail(error, WEIR_INVALID,
                         "layers[%zu] gives its last output only, and layers[%zu] needs all: set "
                         "sequences.",
                         s, s + 1);
    return WEIR_OK;
}

static weir_status check_config(const weir_model_config *config, weir_error *error)
{
    if (!config || !config->layers || !config->head)
        return weir_fail(error, WEIR_INVALID,
                         "weir_model_create needs a place for the model, a configuration, its "
                         "layers and the cell of its head: none may be NULL.");
    if (!config->layer_count || config->layer_count > TRAIN_LAYERS_MAX)
        return weir_fail(error, WEIR_INVALID,
                         "config.layer_count is %zu: a model has 1 to %d recurrent layers.",
                         config->layer_count, TRAIN_LAYERS_MAX);
    if ((size_t)config->loss > WEIR_LOSS_SOFTMAX)
        return weir_fail(error, WEIR_INVALID, "config.loss is %d: choose one of weir_loss.",
                         (int)config->loss);
    if (!(config->clip >= 0 && config->clip < INFINITY))
        return weir_fail(error, WEIR_INVALID,
                         "config.clip is %g: it must be at least 0, which is none, and finite.",
                         config->clip);
    if (!config->max_T || !config->max_B)
        return weir_fail(error, WEIR_INVALID,
                         "max_T=%zu and max_B=%zu: give the largest that will be run, at least 1.",
                         config->max_T, config->max_B);
    weir_status status = weir_train_check_slices(config, error);
    for (size_t s = 0; !status && s < config->layer_count; s++)
        status = check_layer(config, s, error);
    return status;
}

/* ---- Memory ---- */

static weir_status no_memory(const weir_model *model, weir_error *error)
{
    return weir_fail(error, WEIR_NO_MEMORY,
                     "There is not the memory to train this model on %zu steps of %zu rows: lower "
                     "max_T or max_B, or free memory.",
                     model->config.max_T, model->config.max_B);
}

/* Zeroed, and aligned for any vector; NULL if there is none. */
static void *allocate(size_t bytes)
{
    void *memory;
    const size_t whole = train_times(bytes / ALIGN + 1, ALIGN);
    if (bytes > PTRDIFF_MAX || posix_memalign(&memory, ALIGN, whole))
        return NULL;
    return memset(memory, 0, whole);
}

static float *allocate_floats(size_t a, size_t b)
{
    return allocate(train_times(train_times(a, b), sizeof(float)));
}

/* ---- What a model consists of ---- */

/* Called for every plan in the order of the parameters, until one of them fails. */
typedef weir_status (*visit)(weir_model *model, struct plan *plan, weir_error *error);

static weir_status visit_stage(weir_model *model, size_t s, visit visitor, weir_error *error)
{
    struct train_stage *stage = &model->stages[s];
    weir_status status = WEIR_OK;
    for (size_t d = 0; !status && d < stage->directions; d++) {
        struct plan plan = {.part = &stage->part[d],
                            .cell = stage->config.cell,
                            .I = stage->input,
                            .H = stage->config.H,
                            .P = stage->config.P,
                            .stream = train_stream(TRAIN_INIT, s, (uint64_t)d << 32)};
        snprintf(plan.prefix, sizeof plan.prefix, "layer%zu/%s", s, direction_names[d]);
        status = visitor(model, &plan, error);
    }
    return status;
}

static weir_status visit_all(weir_model *model, visit visitor, weir_error *error)
{
    const weir_model_config *config = &model->config;
    const size_t stages = config->layer_count;
    const struct train_stage *last = &model->stages[stages - 1];
    weir_status status = WEIR_OK;
    for (size_t s = 0; !status && s < stages; s++)
        status = visit_stage(model, s, visitor, error);
    struct plan plan = {.part = &model->head,
                        .cell = config->head,
                        .I = last->directions * last->output,
                        .H = config->outputs,
                        .stream = train_stream(TRAIN_INIT, stages, 0)};
    snprintf(plan.prefix, sizeof plan.prefix, "%s", config->head);
    return status ? status : visitor(model, &plan, error);
}

/* How many values one step of a cell gives. */
static weir_status output_of(const char *cell, size_t I, size_t H, size_t P, size_t *output,
                             weir_error *error)
{
    weir_shape states[WEIR_STATES_MAX];
    size_t count;
    const weir_status status =
        weir_cell_states(cell, I, H, P, states, WEIR_STATES_MAX, &count, error);
    if (!status)
        *output = states[0].rows;
    return status;
}

static weir_status make_stages(weir_model *model, weir_error *error)
{
    const weir_model_config *config = &model->config;
    size_t width = config->I, outputs = 0;
    weir_status status = WEIR_OK;
    model->stages = calloc(config->layer_count, sizeof *model->stages);
    if (!model->stages)
        return no_memory(model, error);
    for (size_t s = 0; !status && s < config->layer_count; s++) {
        const weir_model_layer *layer = &config->layers[s];
        struct train_stage *stage = &model->stages[s];
        stage->config = *layer;
        stage->directions = layer->bidirectional ? 2 : 1;
        stage->input = width;
        status = output_of(layer->cell, width, layer->H, layer->P, &stage->output, error);
        width = stage->directions * stage->output;
    }
    if (!status)
        status = output_of(config->head, width, config->outputs, 0, &outputs, error);
    if (!status && outputs != config->outputs)
        return weir_fail(error, WEIR_INVALID,
                         "The head, %.64s, gives %zu values, not %zu: choose another cell.",
                         config->head, outputs, config->outputs);
    return status;
}

/* ---- Parameters ---- */

static weir_status count_weights(weir_model *model, struct plan *plan, weir_error *error)
{
    const weir_status status = weir_cell_weights(plan->cell, plan->I, plan->H, plan->P, NULL, 0,
                                                 &plan->part->weight_count, error);
    plan->part->first = model->parameter_count;
    model->parameter_count += plan->part->weight_count;
    return status;
}

static weir_status name_weights(weir_model *model, struct plan *plan, weir_error *error)
{
    const struct train_part *part = plan->part;
    weir_shape *shapes = calloc(part->weight_count + 1, sizeof *shapes);
    size_t count;
    if (!shapes)
        return no_memory(model, error);
    const weir_status status = weir_cell_weights(plan->cell, plan->I, plan->H, plan->P, shapes,
                                                 part->weight_count, &count, error);
    for (size_t k = 0; !status && k < count; k++) {
        char *name = model->names[part->first + k];
        snprintf(name, TRAIN_NAME_MAX, "%s/%s", plan->prefix, shapes[k].name);
        model->parameters[part->first + k] =
            (weir_parameter){.name = name, .rows = shapes[k].rows, .cols = shapes[k].cols};
    }
    free(shapes);
    return status;
}

/* Values and gradients of all parameters, each kind in one block. */
static weir_status place_parameters(weir_model *model, weir_error *error)
{
    size_t total = 0;
    for (size_t k = 0; k < model->parameter_count; k++)
        total =
            train_plus(total, train_times(model->parameters[k].rows, model->parameters[k].cols));
    model->floats = total;
    model->values = allocate_floats(total, 1);
    model->gradients =
        allocate_floats(total, weir_train_slots(&model->exchange, model->config.slices));
    if (!model->values || !model->gradients)
        return no_memory(model, error);
    size_t first = 0;
    for (size_t k = 0; k < model->parameter_count; k++) {
        weir_parameter *parameter = &model->parameters[k];
        parameter->values = model->values + first;
        parameter->gradients = model->gradients + first;
        model->value_list[k] = parameter->values;
        model->gradient_list[k] = parameter->gradients;
        first += parameter->rows * parameter->cols;
    }
    return WEIR_OK;
}

static weir_status make_parameters(weir_model *model, weir_error *error)
{
    weir_status status = visit_all(model, count_weights, error);
    if (status)
        return status;
    const size_t count = model->parameter_count + 1;
    model->parameters = calloc(count, sizeof *model->parameters);
    model->names = calloc(count, sizeof *model->names);
    model->value_list = calloc(count, sizeof *model->value_list);
    model->gradient_list = calloc(count, sizeof *model->gradient_list);
    if (!model->parameters || !model->names || !model->value_list || !model->gradient_list)
        return no_memory(model, error);
    status = visit_all(model, name_weights, error);
    return status ? status : place_parameters(model, error);
}

/* ---- Layers ---- */

static size_t steps_of(const weir_model *model, const struct train_part *part)
{
    return part == &model->head ? 1 : model->config.max_T;
}

static size_t rows_of(const weir_model *model, const struct train_part *part)
{
    const weir_model_config *config = &model->config;
    const size_t rows = train_slice_rows(config->max_B, config->slices);
    const bool is_long =
        part == &model->head && model->stages[config->layer_count - 1].config.sequences;
    return is_long ? train_times(config->max_T, rows) : rows;
}

/* Weights' names without the prefix, as weir.h has them. */
static const char *own_name(const weir_parameter *parameter)
{
    return strrchr(parameter->name, '/') + 1;
}

static weir_status make_layer(weir_model *model, struct plan *plan, weir_error *error)
{
    struct train_part *part = plan->part;
    weir_weight *weights = calloc(part->weight_count + 1, sizeof *weights);
    if (!weights)
        return no_memory(model, error);
    for (size_t k = 0; k < part->weight_count; k++) {
        const weir_parameter *parameter = &model->parameters[part->first + k];
        weights[k] = (weir_weight){.name = own_name(parameter),
                                   .data = parameter->values,
                                   .rows = parameter->rows,
                                   .cols = parameter->cols};
    }
    const weir_layer_config config = {.cell = plan->cell,
                                      .I = plan->I,
                                      .H = plan->H,
                                      .P = plan->P,
                                      .weights = weights,
                                      .weight_count = part->weight_count,
                                      .isa = model->config.isa,
                                      .pool = model->config.pool,
                                      .train = true};
    weir_status status = weir_init_cell(plan->cell, plan->I, plan->H, plan->P, model->seed,
                                        plan->stream, model->value_list + part->first, error);
    if (!status)
        status = weir_layer_create(&part->layer, &config, error);
    free(weights);
    if (status)
        return status;
    for (size_t k = 0; k < part->weight_count; k++)
        part->floats +=
            model->parameters[part->first + k].rows * model->parameters[part->first + k].cols;
    part->place = part->weight_count
                      ? (size_t)(model->parameters[part->first].gradients - model->gradients)
                      : 0;
    part->workspace =
        allocate(weir_layer_workspace(part->layer, steps_of(model, part), rows_of(model, part)));
    return part->workspace ? WEIR_OK : no_memory(model, error);
}

static weir_status make_buffers(weir_model *model, weir_error *error)
{
    const weir_model_config *config = &model->config;
    const size_t steps = train_times(config->max_T, config->max_B);
    const size_t head = train_times(rows_of(model, &model->head), config->outputs);
    size_t widest = 0, longest = 0;
    bool enough = true;
    for (size_t s = 0; s < config->layer_count; s++) {
        struct train_stage *stage = &model->stages[s];
        const size_t rows = stage->config.sequences ? steps : config->max_B;
        const size_t width = train_times(stage->directions, stage->output);
        stage->y = allocate_floats(rows, width);
        stage->d_y = allocate_floats(rows, width);
        enough = enough && stage->y && stage->d_y;
        widest = s && stage->input > widest ? stage->input : widest;
        longest = stage->output > longest ? stage->output : longest;
    }
    model->d_x = allocate_floats(steps, widest);
    for (size_t d = 0; d < TRAIN_DIRECTIONS; d++) {
        model->last[d] = allocate_floats(config->max_B, longest);
        model->d_last[d] = allocate_floats(config->max_B, longest);
        enough = enough && model->last[d] && model->d_last[d];
    }
    model->outputs = allocate_floats(head, 1);
    model->d_outputs = allocate_floats(head, 1);
    model->targets = allocate_floats(head, 1);
    enough = enough && model->d_x && model->outputs && model->d_outputs && model->targets;
    return enough ? WEIR_OK : no_memory(model, error);
}

static weir_status make_layers(weir_model *model, weir_error *error)
{
    return visit_all(model, make_layer, error);
}

static weir_status make_optimiser(weir_model *model, weir_error *error)
{
    return weir_optimiser_create(&model->optimiser, &model->config.optimiser, model->parameters,
                                 model->parameter_count, error);
}

/* ---- The API ---- */

weir_status weir_model_create(weir_model **model, const weir_model_config *config,
                              weir_error *error)
{
    if (model)
        *model = NULL;
    weir_status status = check_config(model ? config : NULL, error);
    if (status)
        return status;
    weir_model *made = calloc(1, sizeof *made);
    if (!made)
        return weir_fail(error, WEIR_NO_MEMORY, "There is no memory for a model: free some.");
    made->config = *config;
    made->config.slices = config->slices ? config->slices : 1;
    made->exchange =
        config->exchange ? *config->exchange : (weir_exchange){.count = made->config.slices};
    made->seed = config->seed;
    static weir_status (*const stages[])(weir_model *, weir_error *) = {
        make_stages, make_parameters, make_layers, make_buffers, make_optimiser};
    for (size_t k = 0; !status && k < sizeof stages / sizeof *stages; k++)
        status = stages[k](made, error);
    if (status) {
        weir_model_destroy(made);
        return status;
    }
    /* What is the caller's was needed for creation only. */
    made->config.layers = NULL;
    made->config.head = made->config.isa = NULL;
    made->config.exchange = NULL;
    *model = made;
    return WEIR_OK;
}

static void destroy_part(struct train_part *part)
{
    weir_layer_destroy(part->layer);
    free(part->workspace);
}

static void destroy_stages(weir_model *model)
{
    for (size_t s = 0; model->stages && s < model->config.layer_count; s++) {
        for (size_t d = 0; d < TRAIN_DIRECTIONS; d++)
            destroy_part(&model->stages[s].part[d]);
        free(model->stages[s].y);
        free(model->stages[s].d_y);
    }
    free(model->stages);
}

void weir_model_destroy(weir_model *model)
{
    if (!model)
        return;
    destroy_stages(model);
    destroy_part(&model->head);
    weir_optimiser_destroy(model->optimiser);
    for (size_t d = 0; d < TRAIN_DIRECTIONS; d++) {
        free(model->last[d]);
        free(model->d_last[d]);
    }
    void *const rest[] = {model->parameters, model->names,         model->values, model->gradients,
                          model->value_list, model->gradient_list, model->d_x,    model->outputs,
                          model->d_outputs,  model->targets};
    for (size_t k = 0; k < sizeof rest / sizeof *rest; k++)
        free(rest[k]);
    free(model);
}
