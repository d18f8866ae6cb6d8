/* SPDX-License-Identifier: MIT */
/* libFuzzer's way into the importer: whatever the bytes are, loading them ends with a model or with
 * one sentence, within the memory that onnx.h states. What was loaded is looked at as a caller
 * would, and its plain nodes are evaluated, on inputs that are made up, as far as a little memory
 * goes. */
#include "onnx/onnx.h"

#include <stdlib.h>
#include <string.h>

static size_t sum_graph(const onnx_model *model, const onnx_graph *graph)
{
    size_t sum = 0;
    for (size_t i = 0; i < graph->node_count; i++) {
        const onnx_node *node = &graph->nodes[i];
        sum += strlen(node->name) + strlen(node->op);
        for (size_t k = 0; k < node->input_count; k++)
            sum += node->inputs[k] < 0 ? 0 : strlen(model->values[node->inputs[k]].name);
        for (size_t d = 0; node->recurrent && d < node->recurrent->directions; d++)
            for (size_t w = 0; w < node->recurrent->pass[d].weight_count; w++) {
                const onnx_weight *weight = &node->recurrent->pass[d].weights[w];
                for (size_t e = 0; weight->data && e < weight->rows * weight->cols; e++)
                    sum += weight->data[e] != 0;
            }
        for (size_t b = 0; b < 2 && node->branch[b]; b++)
            sum += sum_graph(model, node->branch[b]);
    }
    return sum;
}

/* ---- Evaluating ---- */

enum { ROOM = 2 << 20, INPUT_MOST = 4096 };

static void check_sentence(const struct failure *failure)
{
    /* Nothing that a terminal would obey comes out of a file. */
    for (const char *c = failure->sentence; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            abort();
    if (!failure->sentence[0])
        abort();
}

/* A tensor as a value is declared, where that is not too large; what is open is 2. */
static const onnx_tensor *make_up(onnx_memory *memory, const onnx_value *value)
{
    struct failure failure = {""};
    size_t dims[ONNX_RANK_MAX], count = 1;
    for (size_t d = 0; d < value->rank; d++) {
        dims[d] = value->dims[d] < 0 ? 2 : (size_t)value->dims[d];
        if (dims[d] > INPUT_MOST || (count *= dims[d]) > INPUT_MOST)
            return NULL;
    }
    const enum onnx_type type = onnx_type_is_read(value->type) ? value->type : ONNX_FLOAT;
    onnx_tensor *tensor = onnx_tensor_create(memory, type, value->rank, dims, &failure);
    for (size_t i = 0; tensor && i < tensor->count; i++)
        if (tensor->floats)
            tensor->floats[i] = (float)(i % 7) - 3;
        else
            tensor->ints[i] = onnx_type_wrap(type, (int64_t)(i % 5) - 2);
    return tensor;
}

/* One node; its outputs become values. */
static bool evaluate_node(const onnx_node *node, const onnx_tensor **values, onnx_memory *memory)
{
    struct failure failure = {""};
    const onnx_tensor **inputs = onnx_memory_take(memory, node->input_count, sizeof *inputs);
    const onnx_tensor **outputs = onnx_memory_take(memory, node->output_count, sizeof *outputs);
    if (!inputs || !outputs || !node->operator)
        return false;
    for (size_t i = 0; i < node->input_count; i++) {
        inputs[i] = node->inputs[i] < 0 ? NULL : values[node->inputs[i]];
        if (node->inputs[i] >= 0 && !inputs[i])
            return false;
    }
    if (!onnx_evaluate(node, inputs, outputs, memory, &failure)) {
        check_sentence(&failure);
        return false;
    }
    for (size_t i = 0; i < node->output_count; i++)
        if (node->outputs[i] >= 0)
            values[node->outputs[i]] = outputs[i];
    return true;
}

/* A graph as far as its nodes are plain. */
static void evaluate_graph(const onnx_model *model)
{
    onnx_memory *memory = onnx_memory_create(ROOM);
    const onnx_tensor **values = calloc(model->value_count + 1, sizeof *values);
    for (size_t v = 0; v < model->value_count; v++)
        values[v] = model->values[v].constant;
    for (size_t i = 0; i < model->graph.input_count; i++)
        values[model->graph.inputs[i]] = make_up(memory, &model->values[model->graph.inputs[i]]);
    for (size_t i = 0; i < model->graph.node_count; i++)
        if (!evaluate_node(&model->graph.nodes[i], values, memory))
            break;
    free(values);
    onnx_memory_destroy(memory);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct failure failure = {""};
    onnx_model *model = onnx_load(data, size, NULL, &failure);
    if (!model) {
        check_sentence(&failure);
        return 0;
    }
    if (onnx_memory_used(model->memory) > size * ONNX_MEMORY_TIMES + ONNX_MEMORY_MORE)
        abort();
    volatile size_t sum = sum_graph(model, &model->graph);
    (void)sum;
    evaluate_graph(model);
    onnx_recognise(model);
    onnx_free(model);
    return 0;
}
