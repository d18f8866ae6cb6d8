/* SPDX-License-Identifier: MIT */
/* Models and their tensors as files, the latter as JSON and as ONNX's test data are; see export.h.
 */
#include "runner/export.h"
#include "onnx/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

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

/* FOLDER/INDEX/KIND_NUMBER.pb. */
static void write_data(const char *folder, size_t index, const char *kind, size_t number,
                       const onnx_tensor *tensor)
{
    char path[1024], name[64];
    size_t size;
    onnx_memory *memory = onnx_memory_create(SIZE_MAX / 2);
    const void *bytes = memory ? onnx_tensor_save(memory, tensor, &size) : NULL;
    if (!bytes)
        abort();
    snprintf(path, sizeof path, "%s/%zu", folder, index);
    mkdir(path, 0777);
    snprintf(name, sizeof name, "%s_%zu.pb", kind, number);
    write_file(path, name, bytes, size);
    onnx_memory_destroy(memory);
}

void export_model(const char *folder, size_t index, const void *bytes, size_t size,
                  const onnx_model *model, const struct given *given,
                  const onnx_tensor *const *outputs)
{
    char path[1024];
    snprintf(path, sizeof path, "%zu.onnx", index);
    write_file(folder, path, bytes, size);
    snprintf(path, sizeof path, "%s/%zu.json", folder, index);
    FILE *file = fopen(path, "w");
    if (!file)
        abort();
    fprintf(file, "{\"inputs\": [");
    for (size_t i = 0; i < model->graph.input_count; i++) {
        fprintf(file, i ? ", " : "");
        print_tensor(file, model->values[model->graph.inputs[i]].name, given->tensors[i]);
        write_data(folder, index, "input", i, given->tensors[i]);
    }
    fprintf(file, "], \"outputs\": [");
    for (size_t i = 0; i < model->graph.output_count; i++) {
        fprintf(file, i ? ", " : "");
        print_tensor(file, model->values[model->graph.outputs[i]].name, outputs[i]);
        write_data(folder, index, "output", i, outputs[i]);
    }
    fprintf(file, "]}\n");
    fclose(file);
}
