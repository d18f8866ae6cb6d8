/* SPDX-License-Identifier: MIT */
/* --data of a graph: every input and output in a file of its own, input_0.pb, output_0.pb. */
#include "deploy/graph.h"
#include "deploy/graph/lower.h"

#include "common/text.h"

#include <stdlib.h>
#include <string.h>

static const struct buffer *find_buffer(const struct schedule *schedule, enum place place,
                                        const char *name)
{
    for (size_t b = 0; b < schedule->buffer_count; b++)
        if (schedule->buffers[b].place == place && !strcmp(schedule->buffers[b].name, name))
            return &schedule->buffers[b];
    return NULL;
}

static bool fits(const onnx_tensor *tensor, const struct buffer *buffer)
{
    return !tensor->floats == buffer->is_int &&
           (tensor->floats || lower_argument_whole(lower_whole(tensor->type)) == buffer->whole) &&
           tensor->rank == buffer->rank &&
           !memcmp(tensor->dims, buffer->dims, buffer->rank * sizeof *buffer->dims);
}

/* The tensor of FOLDER/KIND_INDEX.pb for an argument. */
static bool read_argument(const char *folder, const char *kind, size_t index,
                          const struct buffer *buffer, struct deploy_tensor *argument,
                          onnx_memory *memory, struct failure *failure)
{
    char *path = text_format("%s/%s_%zu.pb", folder, kind, index);
    const onnx_tensor *tensor = onnx_tensor_load_file(memory, path, failure);
    free(path);
    if (!tensor)
        return fail(failure, "--data: %s", failure->sentence);
    if (!fits(tensor, buffer)) {
        int64_t dims[VIEW_RANK_MAX];
        for (size_t d = 0; d < buffer->rank; d++)
            dims[d] = (int64_t)buffer->dims[d];
        return fail(failure, "--data: %s_%zu.pb is %s of type %s, where the model has %s of %s",
                    kind, index, onnx_shape_of(tensor).text, onnx_type_name(tensor->type),
                    onnx_shape_declared(buffer->rank, dims).text,
                    buffer->is_int ? "whole numbers" : "floats");
    }
    argument->elements = buffer->is_int ? (const void *)tensor->ints : tensor->floats;
    argument->step = onnx_type_step(tensor->type);
    return true;
}

bool graph_data(const onnx_model *onnx, const char *folder, struct deploy_model *model,
                onnx_memory *memory, struct failure *failure)
{
    const struct schedule *schedule = model->schedule;
    const size_t count = schedule->input_count + schedule->output_count;
    struct deploy_tensor *arguments = onnx_memory_take(memory, count + 1, sizeof *arguments);
    if (!arguments)
        return fail_memory(failure);
    for (size_t k = 0; k < 2; k++) {
        const size_t many = k ? onnx->graph.output_count : onnx->graph.input_count;
        const int *values = k ? onnx->graph.outputs : onnx->graph.inputs;
        for (size_t i = 0; i < many; i++) {
            const struct buffer *buffer =
                find_buffer(schedule, k ? PLACE_OUTPUT : PLACE_INPUT, onnx->values[values[i]].name);
            const size_t before = k ? schedule->input_count : 0;
            if (buffer && !read_argument(folder, k ? "output" : "input", i, buffer,
                                         &arguments[before + buffer->index], memory, failure))
                return false;
        }
    }
    model->inputs = arguments;
    model->outputs = arguments + schedule->input_count;
    return true;
}
