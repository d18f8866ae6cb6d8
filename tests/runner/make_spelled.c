/* SPDX-License-Identifier: MIT */
/* make_spelled FOLDER [loops]: the models of spelled.c, or of loops.c, as export.h writes them,
 * with what their nodes give, run plainly. Prints of each that runs its number, how many cells it
 * has, whether they are to be deployed, and the options that say its shapes; of loops.c its number,
 * and the sentence that refuses it. */
#include "onnx/text.h"
#include "run/run.h"
#include "runner/export.h"
#include "runner/loops.h"
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

/* What is said of a model once it is written. */
typedef void describe(size_t row, const onnx_model *model, const struct given *given);

static void describe_spelled(size_t row, const onnx_model *model, const struct given *given)
{
    printf("%zu %zu %d", row, spelled[row].cells, spelled[row].how == SPELLED_RUNS);
    print_shapes(model, given);
    printf("\n");
}

static void describe_loop(size_t row, const onnx_model *model, const struct given *given)
{
    (void)model;
    (void)given;
    printf("%zu%s%s\n", row, looped[row].sentence ? " " : "",
           looped[row].sentence ? looped[row].sentence : "");
}

static bool make(struct writer *writer, struct text_values *values, const char *folder, size_t row,
                 const char *name, const char *text, describe *describe)
{
    struct failure failure = {""};
    struct given given = {.memory = values->memory};
    const onnx_tensor *outputs[TEXT_VALUES];
    size_t size;
    writer_clear(writer, 12);
    writer_model(writer, text, values);
    memcpy(given.tensors, values->given, sizeof values->given);
    given.count = values->given_count;
    void *bytes = writer_bytes(writer, &size);
    onnx_model *model = onnx_load(bytes, size, NULL, &failure);
    run_session *session = model ? run_create(model, &(run_options){0}, &failure) : NULL;
    const bool ran = session && run_call(session, values->given, outputs, &failure);
    if (ran) {
        export_model(folder, row, bytes, size, model, &given, outputs);
        describe(row, model, &given);
    } else {
        fprintf(stderr, "%s: %s\n", name, failure.sentence);
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
    const bool loops = argc == 3 && !strcmp(argv[2], "loops");
    bool made = argc == 2 || loops;
    for (size_t row = 0; made && !loops && spelled[row].name; row++)
        made = spelled[row].how == SPELLED_REFUSED ||
               make(writer, &values, argv[1], row, spelled[row].name, spelled[row].model,
                    describe_spelled);
    for (size_t row = 0; made && loops && looped[row].name; row++)
        made =
            make(writer, &values, argv[1], row, looped[row].name, looped[row].text, describe_loop);
    onnx_memory_destroy(values.memory);
    writer_free(writer);
    return made ? EXIT_SUCCESS : EXIT_FAILURE;
}
