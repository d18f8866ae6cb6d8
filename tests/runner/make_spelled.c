/* SPDX-License-Identifier: MIT */
/* make_spelled FOLDER: the models of spelled.c as export.h writes them, with what their nodes give,
 * run plainly. Prints of each that runs its number, how many cells it has, whether they are to be
 * deployed, and the options that say its shapes. */
#include "onnx/text.h"
#include "run/run.h"
#include "runner/export.h"
#include "runner/spelled.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_shapes(const onnx_model *model, const struct given *given)
{
    for (size_t i = 0; i < model->graph.input_count; i++) {
        if (!given->tensors[i]->rank)
            continue;
        printf(" --shape %s=", model->values[model->graph.inputs[i]].name);
        for (size_t d = 0; d < given->tensors[i]->rank; d++)
            printf("%s%zu", d ? "," : "", given->tensors[i]->dims[d]);
    }
}

static bool make(struct writer *writer, struct text_values *values, const char *folder, size_t row)
{
    struct failure failure = {""};
    struct given given = {.memory = values->memory};
    const onnx_tensor *outputs[TEXT_VALUES];
    size_t size;
    writer_clear(writer, 12);
    writer_model(writer, spelled[row].model, values);
    memcpy(given.tensors, values->given, sizeof values->given);
    given.count = values->given_count;
    void *bytes = writer_bytes(writer, &size);
    onnx_model *model = onnx_load(bytes, size, NULL, &failure);
    run_session *session = model ? run_create(model, &(run_options){0}, &failure) : NULL;
    const bool ran = session && run_call(session, values->given, outputs, &failure);
    if (ran) {
        export_model(folder, row, bytes, size, model, &given, outputs);
        printf("%zu %zu %d", row, spelled[row].cells, spelled[row].how == SPELLED_RUNS);
        print_shapes(model, &given);
        printf("\n");
    } else {
        fprintf(stderr, "%s: %s\n", spelled[row].name, failure.sentence);
    }
    run_destroy(session);
    onnx_free(model);
    free(bytes);
    return ran;
}

int main(int argc, char **argv)
{
    struct writer *writer = writer_create();
    struct text_values values = {.memory = onnx_memory_create(64 << 20)};
    bool made = argc == 2;
    for (size_t row = 0; made && spelled[row].name; row++)
        made = spelled[row].how == SPELLED_REFUSED || make(writer, &values, argv[1], row);
    onnx_memory_destroy(values.memory);
    writer_free(writer);
    return made ? EXIT_SUCCESS : EXIT_FAILURE;
}
