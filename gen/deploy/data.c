/* SPDX-License-Identifier: MIT */
/* --data: an input of a model and its output, in files as ONNX's test data are. */
#include "deploy/chain.h"

#include "common/text.h"

#include <stdlib.h>
#include <string.h>

/* The tensor of FOLDER/KIND_INDEX.pb, or NULL. */
static const onnx_tensor *read_tensor(struct chain *chain, const char *folder, const char *kind,
                                      size_t index)
{
    char *path = text_format("%s/%s_%zu.pb", folder, kind, index);
    const onnx_tensor *tensor = onnx_tensor_load_file(chain->data, path, chain->failure);
    if (!tensor)
        fail(chain->failure, "--data: %s", chain->failure->sentence);
    free(path);
    return tensor;
}

/* The place of a value among some. */
static size_t place_of(const int *values, size_t count, int value)
{
    size_t place = 0;
    while (place < count && values[place] != value)
        place++;
    return place;
}

/* How many of the steps the sequence has, which is a constant or an input. */
static bool read_length(struct chain *chain, const char *folder, size_t steps, size_t *found)
{
    const onnx_graph *graph = &chain->onnx->graph;
    const size_t place = place_of(graph->inputs, graph->input_count, chain->lengths);
    const onnx_tensor *length = NULL;
    *found = chain->model->length != DEPLOY_ANY_LENGTH ? chain->model->length : steps;
    if (!chain->model->lengths || chain->model->length != DEPLOY_ANY_LENGTH)
        return true;
    length = read_tensor(chain, folder, "input", place);
    if (!length)
        return false;
    if (!length->ints || length->count != 1 || length->ints[0] < 0 ||
        length->ints[0] > (int64_t)steps)
        return fail(chain->failure,
                    "--data: the length is not one of a sequence of this input, in a batch of one");
    *found = (size_t)length->ints[0];
    return true;
}

/* Whether a tensor is rows of a width, one a step, in a batch of one. */
static bool is_rows(const onnx_tensor *tensor, size_t width)
{
    size_t longer = 0;
    if (tensor->rank == 0)
        return false;
    for (size_t i = 0; i + 1 < tensor->rank; i++)
        longer += tensor->dims[i] != 1;
    return tensor->floats && tensor->count > 0 && longer <= 1 &&
           tensor->dims[tensor->rank - 1] == width;
}

/* An input that says where states start is where they do in the self-test. */
static bool set_starts(struct chain *chain, size_t input, const onnx_tensor *tensor)
{
    const char *name = chain->onnx->values[chain->onnx->graph.inputs[input]].name;
    bool used = false;
    for (size_t l = 0; l < chain->model->layer_count; l++)
        for (size_t p = 0; p < chain->model->layers[l].pass_count; p++)
            for (size_t s = 0; s < WEIR_STATES_MAX; s++) {
                struct deploy_pass *pass = &chain->model->layers[l].passes[p];
                if (!pass->input[s].name || strcmp(pass->input[s].name, name) != 0)
                    continue;
                if (!tensor->floats || tensor->count != pass->input[s].all)
                    return fail(chain->failure,
                                "--data: input_%zu.pb is not states of one sequence, expected %zu "
                                "floats",
                                input, pass->input[s].all);
                pass->tested[s] = tensor->floats + pass->input[s].from;
                used = true;
            }
    for (size_t k = 0; tensor->floats && k < tensor->count && !used; k++)
        if (tensor->floats[k] != 0)
            return fail(chain->failure,
                        "--data: input_%zu.pb is not zeros, but nothing of the model starts there",
                        input);
    return true;
}

/* What is deployed has a batch of one. */
static bool check_inputs(struct chain *chain, const char *folder, const onnx_tensor *input)
{
    const onnx_graph *graph = &chain->onnx->graph;
    for (size_t i = 0; i < input->rank && i < ONNX_RANK_MAX; i++)
        if (chain->told[i].kind == AXIS_ONE && input->dims[i] > 1)
            return fail(chain->failure,
                        "--data: the input is a batch of %zu, expected one sequence",
                        input->dims[i]);
    for (size_t i = 0; i < graph->input_count; i++) {
        const int value = graph->inputs[i];
        if (value == chain->input || value == chain->lengths)
            continue;
        const onnx_tensor *tensor = read_tensor(chain, folder, "input", i);
        if (!tensor)
            return false;
        if (!set_starts(chain, i, tensor))
            return false;
    }
    return true;
}

bool chain_data(struct chain *chain, const char *folder)
{
    const onnx_graph *graph = &chain->onnx->graph;
    struct deploy_data *data = &chain->model->data;
    const size_t width = (size_t)chain->model->layers[0].size[WEIR_I];
    const size_t input_place = place_of(graph->inputs, graph->input_count, chain->input);
    const size_t output_place = place_of(graph->outputs, graph->output_count, chain->output);
    const onnx_tensor *input = read_tensor(chain, folder, "input", input_place);
    const onnx_tensor *output = input ? read_tensor(chain, folder, "output", output_place) : NULL;
    if (!output)
        return false;
    if (!is_rows(input, width) || !output->floats)
        return fail(chain->failure,
                    "--data: input_%zu.pb and its output are not floats of one sequence, expected "
                    "%zu for each step",
                    input_place, width);
    if (!check_inputs(chain, folder, input))
        return false;
    data->steps = input->count / width;
    if (chain->model->steps > 1 && data->steps > chain->model->steps)
        return fail(chain->failure, "--data: the input has %zu steps, more than the %zu of a call",
                    data->steps, chain->model->steps);
    data->input = input->floats;
    data->output = output->floats;
    data->count = output->count;
    data->step = onnx_type_step(output->type);
    return read_length(chain, folder, data->steps, &data->length);
}
