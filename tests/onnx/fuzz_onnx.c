/* SPDX-License-Identifier: MIT */
/* libFuzzer's way into the importer: whatever the bytes are, loading them ends with a model or with
 * one sentence, within the memory that onnx.h states. What was loaded is looked at as a caller
 * would. */
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

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct failure failure = {""};
    onnx_model *model = onnx_load(data, size, NULL, &failure);
    if (!model) {
        /* Nothing that a terminal would obey comes out of a file. */
        for (const char *c = failure.sentence; *c; c++)
            if ((unsigned char)*c < ' ' || *c == 0x7f)
                abort();
        if (!failure.sentence[0])
            abort();
        return 0;
    }
    if (onnx_memory_used(model->memory) > size * ONNX_MEMORY_TIMES + ONNX_MEMORY_MORE)
        abort();
    volatile size_t sum = sum_graph(model, &model->graph);
    (void)sum;
    onnx_free(model);
    return 0;
}
