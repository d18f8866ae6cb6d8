/* SPDX-License-Identifier: MIT */
/* --data: an input of a model and its output, in files as ONNX's test data are. */
#include "deploy_onnx.h"

#include <stdlib.h>

/* The tensor of FOLDER/KIND_INDEX.pb. */
static const onnx_tensor *read_tensor(struct chain *chain, const char *folder, const char *kind,
                                      size_t index)
{
    onnx_error error;
    size_t size;
    char *path = text_format("%s/%s_%zu.pb", folder, kind, index);
    char *bytes = source_bytes(path, &size);
    const onnx_tensor *tensor = onnx_tensor_load(chain->memory, bytes, size, &error);
    if (!tensor)
        fail(text_format("--data: %s: %s", path, error.message));
    free(bytes);
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

/* How many of the steps the sequence has. */
static size_t read_length(struct chain *chain, const char *folder, size_t steps)
{
    const onnx_graph *graph = &chain->onnx->graph;
    const size_t place = place_of(graph->inputs, graph->input_count, chain->lengths);
    if (!chain->model->lengths)
        return steps;
    if (place == graph->input_count)
        fail("--data: the lengths of the model are no input of it");
    const onnx_tensor *length = read_tensor(chain, folder, "input", place);
    if (!length->ints || length->count != 1 || length->ints[0] < 0 ||
        length->ints[0] > (int64_t)steps)
        fail("--data: the length is not one of a sequence of this input, in a batch of one");
    return (size_t)length->ints[0];
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
    if (!input->floats || !output->floats || input->count == 0 || input->count % width != 0)
        fail("--data: input and output are not floats in the shapes of the model");
    data->steps = input->count / width;
    if (chain->model->steps > 1 && data->steps > chain->model->steps)
        fail(text_format("--data: the input has %zu steps, more than the %zu of a call",
                         data->steps, chain->model->steps));
    data->input = input->floats;
    data->output = output->floats;
    data->count = output->count;
    data->length = read_length(chain, folder, data->steps);
}
