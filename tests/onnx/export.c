/* SPDX-License-Identifier: MIT */
/* Models and their tensors as files, the latter as JSON; see export.h. */
#include "export.h"

#include <stdio.h>
#include <stdlib.h>

static void print_tensor(FILE *file, const char *name, const onnx_tensor *tensor)
{
    fprintf(file, "{\"name\": \"%s\", \"type\": %d, \"dims\": [", name, (int)tensor->type);
    for (size_t d = 0; d < tensor->rank; d++)
        fprintf(file, "%s%zu", d ? ", " : "", tensor->dims[d]);
    fprintf(file, "], \"data\": [");
    for (size_t i = 0; i < tensor->count; i++)
        if (tensor->floats)
            fprintf(file, "%s%.9g", i ? ", " : "", (double)tensor->floats[i]);
        else
            fprintf(file, "%s%lld", i ? ", " : "", (long long)tensor->ints[i]);
    fprintf(file, "]}");
}

void export_model(const char *folder, size_t index, const void *bytes, size_t size,
                  const onnx_model *model, const struct given *given,
                  const onnx_tensor *const *outputs)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%zu.onnx", folder, index);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file))
        abort();
    snprintf(path, sizeof path, "%s/%zu.json", folder, index);
    if (!(file = fopen(path, "w")))
        abort();
    fprintf(file, "{\"inputs\": [");
    for (size_t i = 0; i < model->graph.input_count; i++) {
        fprintf(file, i ? ", " : "");
        print_tensor(file, model->values[model->graph.inputs[i]].name, given->tensors[i]);
    }
    fprintf(file, "], \"outputs\": [");
    for (size_t i = 0; i < model->graph.output_count; i++) {
        fprintf(file, i ? ", " : "");
        print_tensor(file, model->values[model->graph.outputs[i]].name, outputs[i]);
    }
    fprintf(file, "]}\n");
    fclose(file);
}
