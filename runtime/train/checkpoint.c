/* SPDX-License-Identifier: MIT */
/* What of a model goes into a file of tensors and comes back: parameters under their names, what
 * the optimiser keeps of each, powers, steps and seed. One list serves saving and loading. */
#include "train/training_kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SINGLES = 3, SLOT_NAME_MAX = TRAIN_NAME_MAX + 32 };

/* Tensors that point into the model, then room for those of the caller. */
struct state {
    weir_tensor *tensors;
    char (*names)[SLOT_NAME_MAX];
    size_t count;
};

static weir_status state_create(struct state *state, const weir_model *model, size_t extra,
                                weir_error *error)
{
    const size_t most = train_plus((1 + TRAIN_SLOTS_MAX) * model->parameter_count + SINGLES, extra);
    state->tensors = calloc(most, sizeof *state->tensors);
    state->names = calloc(most, sizeof *state->names);
    state->count = 0;
    if (state->tensors && state->names)
        return WEIR_OK;
    return weir_fail(error, WEIR_NO_MEMORY, "There is no memory to list %zu tensors: free some.",
                     most);
}

static void state_destroy(struct state *state)
{
    free(state->tensors);
    free(state->names);
}

/* A matrix has a name that begins with a capital letter, and two dimensions whatever its size. */
static weir_tensor tensor_of(const weir_parameter *parameter, const char *name, float *data)
{
    const char first = strrchr(parameter->name, '/')[1];
    return (weir_tensor){.name = name,
                         .dtype = WEIR_F32,
                         .rank = first >= 'A' && first <= 'Z' ? 2 : 1,
                         .shape = {parameter->rows, parameter->cols},
                         .data = data};
}

static void add_parameters(struct state *state, const weir_model *model)
{
    const weir_optimiser *optimiser = model->optimiser;
    size_t first = 0;
    for (size_t k = 0; k < model->parameter_count; k++) {
        const weir_parameter *parameter = &model->parameters[k];
        state->tensors[state->count++] = tensor_of(parameter, parameter->name, parameter->values);
        for (size_t s = 0; s < optimiser->slot_count; s++) {
            char *name = state->names[state->count];
            snprintf(name, SLOT_NAME_MAX, "optimiser/%s/%s", optimiser->slot_name[s],
                     parameter->name);
            state->tensors[state->count++] = tensor_of(parameter, name, optimiser->slot[s] + first);
        }
        first += parameter->rows * parameter->cols;
    }
}

static weir_status state_of(struct state *state, const weir_model *model, size_t extra,
                            weir_error *error)
{
    const weir_tensor singles[SINGLES] = {
        {.name = "optimiser/powers",
         .dtype = WEIR_F64,
         .rank = 1,
         .shape = {2},
         .data = model->optimiser->power},
        {.name = "model/steps", .dtype = WEIR_U64, .data = &model->steps},
        {.name = "model/seed", .dtype = WEIR_U64, .data = &model->seed},
    };
    const weir_status status = state_create(state, model, extra, error);
    if (status)
        return status;
    add_parameters(state, model);
    memcpy(state->tensors + state->count, singles, sizeof singles);
    state->count += SINGLES;
    return WEIR_OK;
}

weir_status weir_model_save(const weir_model *model, const char *path, const weir_tensor *tensors,
                            size_t count, const weir_text *texts, size_t text_count,
                            weir_error *error)
{
    struct state state;
    if (!model || (count && !tensors))
        return weir_fail(
            error, WEIR_INVALID,
            "weir_model_save needs a model and the tensors that it is told of: neither "
            "may be NULL.");
    weir_status status = state_of(&state, model, count, error);
    if (!status) {
        if (count)
            memcpy(state.tensors + state.count, tensors, count * sizeof *tensors);
        status =
            weir_tensors_write(path, state.tensors, state.count + count, texts, text_count, error);
    }
    state_destroy(&state);
    return status;
}

weir_status weir_model_load(weir_model *model, const weir_tensors *file, weir_error *error)
{
    struct state state;
    if (!model || !file)
        return weir_fail(error, WEIR_INVALID,
                         "weir_model_load needs a model and an open file: neither may be NULL.");
    weir_status status = state_of(&state, model, 0, error);
    for (size_t k = 0; !status && k < state.count; k++)
        status = weir_tensors_read(file, &state.tensors[k], NULL, error);
    for (size_t k = 0; !status && k < state.count; k++)
        status = weir_tensors_read(file, &state.tensors[k], (void *)state.tensors[k].data, error);
    state_destroy(&state);
    if (!status)
        weir_model_changed(model);
    return status;
}
