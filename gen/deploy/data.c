/* SPDX-License-Identifier: MIT */
/* --data: an input of a model and its output, in files as ONNX's test data are. */
#include "deploy/chain.h"

#include <stdlib.h>

/* The tensor of FOLDER/KIND_INDEX.pb. */
static const onnx_tensor *read_tensor(struct chain *chain, const char *folder, const char *kind,
                                      size_t index)
{
    onnx_error error;
    char *path = text_format("%s/%s_%zu.pb", folder, kind, index);
    const onnx_tensor *tensor = onnx_tensor_load_file(chain->memory, path, &error);
    if (!tensor)
        fail(text_format("--data: %s", error.message));
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
static size_t read_length(struct chain *chain, const char *folder, size_t steps)
{
    const onnx_graph *graph = &chain->onnx->graph;
    const size_t place = place_of(graph->inputs, graph->input_count, chain->lengths);
    const onnx_tensor *length = chain_value(chain, chain->lengths);
    if (!chain->model->lengths)
        return steps;
    if (!length && place == graph->input_count)
        fail("--data: the lengths of the model are computed, expected an input");
    length = length ? length : read_tensor(chain, folder, "input", place);
    if (!length->ints || length->count != 1 || length->ints[0] < 0 ||
        length->ints[0] > (int64_t)steps)
        fail("--data: the length is not one of a sequence of this input, in a batch of one");
    return (size_t)length->ints[0];
}

/* Whether a tensor is rows of a width, one a step, in a batch of one. */
static bool is_rows(const onnx_tensor *tensor, size_t width)
{
    size_t longer = 0;
    for (size_t i = 0; i + 1 < tensor->rank; i++)
        longer += tensor->dims[i] != 1;
    return tensor->floats && tensor->count > 0 && longer <= 1 &&
           tensor->dims[tensor->rank - 1] == width;
}

/* What is deployed starts from the model's own states, and has a batch of one. */
static void check_inputs(struct chain *chain, const char *folder, const onnx_tensor *input)
{
    const onnx_graph *graph = &chain->onnx->graph;
    const size_t batch = chain->batch < 0                     ? chain->batch_size
                         : (size_t)chain->batch < input->rank ? input->dims[chain->batch]
                                                              : 0;
    if (batch > 1)
        fail(text_format("--data: the input is a batch of %zu, expected one sequence", batch));
    for (size_t i = 0; i < graph->input_count; i++) {
        const int value = graph->inputs[i];
        if (value == chain->input || value == chain->lengths)
            continue;
        const onnx_tensor *tensor = read_tensor(chain, folder, "input", i);
        for (size_t k = 0; tensor->floats && k < tensor->count; k++)
            if (tensor->floats[k] != 0)
                fail(text_format("--data: input_%zu.pb holds states to start from that are not "
                                 "zero, expected zeros",
                                 i));
    }
}

void chain_data(struct chain *chain, const char *folder)
{
    const onnx_graph *graph = &chain->onnx->graph;
    struct deploy_data *data = &chain->model->data;
    const size_t width = (size_t)chain->model->layers[0].size[WEIR_I];
    const onnx_tensor *input = read_tensor(
        chain, folder, "input", place_of(graph->inputs, graph->input_count, chain->input));
    const onnx_tensor *output = read_tensor(
        chain, folder, "output", place_of(graph->outputs, graph->output_count, chain->output));
    if (!is_rows(input, width) || !output->floats)
        fail(text_format("--data: input_%zu.pb and its output are not floats of one sequence, "
                         "expected %zu for each step",
                         place_of(graph->inputs, graph->input_count, chain->input), width));
    check_inputs(chain, folder, input);
    data->steps = input->count / width;
    if (chain->model->steps > 1 && data->steps > chain->model->steps)
        fail(text_format("--data: the input has %zu steps, more than the %zu of a call",
                         data->steps, chain->model->steps));
    data->input = input->floats;
    data->output = output->floats;
    data->count = output->count;
    data->length = read_length(chain, folder, data->steps);
}
