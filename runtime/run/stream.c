/* SPDX-License-Identifier: MIT */
/* weir-run --stream: one call after the other, whose inputs are parts of the tensors given and
 * whose outputs are put together. States stay inside the model's nodes, or are carried from an
 * output to an input. */
#include "onnx/call.h"
#include "run/actions.h"

#include <string.h>

/* A stream: carried[i] is the output that becomes input i of the next call, or -1. */
struct stream {
    const onnx_model *model;
    struct prepared *prepared;
    const onnx_tensor **inputs, **outputs; /* of one call */
    onnx_tensor *cuts[2]; /* those inputs that are parts of what is given, or carried: even calls
                           * read the first ones, odd calls the others, as what a call gives may be
                           * what it has read */
    int *carried;
    struct failure *failure;
};

/* The place of a name among values, or -1. */
static int find(const onnx_model *model, const int *values, size_t count, const char *name,
                size_t length)
{
    for (size_t i = 0; i < count; i++) {
        const char *own = model->values[values[i]].name;
        if (strlen(own) == length && !memcmp(own, name, length))
            return (int)i;
    }
    return -1;
}

static bool find_carried(const struct stream *stream, const struct request *request)
{
    const onnx_graph *graph = &stream->model->graph;
    for (size_t i = 0; i < graph->input_count; i++)
        stream->carried[i] = -1;
    for (size_t k = 0; k < request->carry_count; k++) {
        const char *text = request->carries[k], *equals = strchr(text, '=');
        const int output = equals ? find(stream->model, graph->outputs, graph->output_count, text,
                                         (size_t)(equals - text))
                                  : -1;
        const int input = equals ? find(stream->model, graph->inputs, graph->input_count,
                                        equals + 1, strlen(equals + 1))
                                 : -1;
        if (output < 0 || input < 0)
            return fail(stream->failure,
                        "--carry '%.200s' is not OUTPUT=INPUT with an output and an input of "
                        "the model",
                        text);
        stream->carried[input] = output;
    }
    return true;
}

/* Call k: inputs that are not carried are without their first dimension. */
static void cut(const struct stream *stream, size_t k)
{
    for (size_t i = 0; i < stream->model->graph.input_count; i++) {
        const onnx_tensor *whole = stream->prepared->inputs[i];
        onnx_tensor *part = &stream->cuts[k % 2][i];
        if (stream->carried[i] >= 0) {
            stream->inputs[i] = k ? part : whole;
            continue;
        }
        *part = *whole;
        part->rank--;
        part->count = whole->count / whole->dims[0];
        memmove(part->dims, whole->dims + 1, part->rank * sizeof *whole->dims);
        if (whole->floats)
            part->floats += k * part->count;
        else
            part->ints += k * part->count;
        stream->inputs[i] = part;
    }
}

/* Outputs, which gather has found to be as they were in the first call, become inputs of the next.
 */
static bool carry(const struct stream *stream, size_t k)
{
    for (size_t i = 0; i < stream->model->graph.input_count; i++) {
        if (stream->carried[i] < 0)
            continue;
        const onnx_tensor *from = stream->outputs[stream->carried[i]];
        onnx_tensor *to = &stream->cuts[(k + 1) % 2][i];
        if (k < 2) {
            const onnx_tensor *made = onnx_tensor_create(stream->prepared->memory, from->type,
                                                         from->rank, from->dims, stream->failure);
            if (!made)
                return false;
            *to = *made;
        }
        onnx_copy(from, 0, to, 0, from->count);
    }
    return true;
}

/* Puts the outputs of call k of `calls` where they belong in one tensor over all calls. */
static bool gather(const struct stream *stream, size_t k, size_t calls)
{
    for (size_t i = 0; i < stream->model->graph.output_count; i++) {
        const onnx_tensor *one = stream->outputs[i];
        size_t dims[ONNX_RANK_MAX + 1] = {calls};
        memcpy(dims + 1, one->dims, one->rank * sizeof *dims);
        if (!k)
            stream->prepared->outputs[i] = onnx_tensor_create(stream->prepared->memory, one->type,
                                                              one->rank + 1, dims, stream->failure);
        const onnx_tensor *whole = stream->prepared->outputs[i];
        if (!whole)
            return false;
        if (!run_is_slice(one, whole, 0))
            return fail(stream->failure,
                        "an output has another shape in call %zu than in the first", k);
        onnx_copy(one, 0, (onnx_tensor *)whole, k * one->count, one->count);
    }
    return true;
}

/* How many calls there are: the first dimension of every input that is not carried. */
static bool count_calls(const struct stream *stream, size_t *calls)
{
    *calls = 0;
    for (size_t i = 0; i < stream->model->graph.input_count; i++) {
        const onnx_tensor *input = stream->prepared->inputs[i];
        if (stream->carried[i] >= 0)
            continue;
        if (!input->rank || !input->dims[0] || (*calls && input->dims[0] != *calls))
            return fail(stream->failure, "the first dimension of every input must count the "
                                         "calls");
        *calls = input->dims[0];
    }
    return *calls || fail(stream->failure, "there is no input that counts the calls");
}

bool action_stream(const struct request *request, const onnx_model *model,
                   struct prepared *prepared, struct failure *failure)
{
    const size_t inputs = model->graph.input_count, outputs = model->graph.output_count;
    onnx_memory *memory = prepared->memory;
    struct stream stream = {.model = model,
                            .prepared = prepared,
                            .inputs = onnx_memory_take(memory, inputs, sizeof *stream.inputs),
                            .outputs = onnx_memory_take(memory, outputs, sizeof *stream.outputs),
                            .carried = onnx_memory_take(memory, inputs, sizeof *stream.carried),
                            .failure = failure};
    size_t calls;
    for (size_t i = 0; i < 2; i++)
        stream.cuts[i] = onnx_memory_take(memory, inputs, sizeof *stream.cuts[i]);
    if (!stream.inputs || !stream.outputs || !stream.cuts[0] || !stream.cuts[1] || !stream.carried)
        return fail_memory(failure);
    if (!find_carried(&stream, request) || !count_calls(&stream, &calls))
        return false;
    cut(&stream, 0);
    for (size_t i = 0; i < inputs; i++)
        if (!action_check_input(model, i, stream.inputs[i], request->inputs[i], failure))
            return fail(failure, "%s in %s call", failure->sentence,
                        stream.carried[i] < 0 ? "every" : "the first");
    for (size_t k = 0; k < calls; k++) {
        cut(&stream, k);
        if ((!k && !action_begin(prepared, stream.inputs, failure)) ||
            !action_call(prepared, stream.inputs, stream.outputs, failure) ||
            !gather(&stream, k, calls) || !carry(&stream, k))
            return false;
    }
    return true;
}
