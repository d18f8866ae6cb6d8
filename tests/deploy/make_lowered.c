/* SPDX-License-Identifier: MIT */
/* make_lowered TEXTS FOLDER: models of operators for which ONNX has no tests, or not all that
 * graphs are to hold, each with what weir-run --plain gives for it: FOLDER/NUMBER, as ONNX's test
 * data are. TEXTS is a file of them (lowered.txt), each its opset, and lines as text.h has them. */
#include "common/files.h"
#include "onnx/text.h"
#include "run/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void write_tensors(const char *folder, const char *kind, const onnx_tensor *const *tensors,
                          size_t count)
{
    onnx_memory *memory = onnx_memory_create(1 << 24);
    for (size_t i = 0; i < count; i++) {
        char name[40];
        size_t size;
        snprintf(name, sizeof name, "%s_%zu.pb", kind, i);
        const void *bytes = onnx_tensor_save(memory, tensors[i], &size);
        write_file(folder, name, bytes, size);
    }
    onnx_memory_destroy(memory);
}

/* False: weir-run does not run it. */
static bool make(struct writer *writer, size_t number, const char *text, const char *folder)
{
    struct text_values values = {.memory = onnx_memory_create(1 << 24)};
    const onnx_tensor *outputs[TEXT_VALUES];
    struct failure failure = {""};
    char own[4096], data[4120];
    size_t size;
    snprintf(own, sizeof own, "%s/%zu", folder, number);
    snprintf(data, sizeof data, "%s/test_data_set_0", own);
    char *lines;
    writer_clear(writer, strtol(text, &lines, 10));
    writer_model(writer, lines, &values);
    void *bytes = writer_bytes(writer, &size);
    onnx_model *model = writer_load(writer, &failure);
    run_session *session = model ? run_create(model, &(run_options){0}, &failure) : NULL;
    const bool ran = session && run_call(session, values.given, outputs, &failure) &&
                     !mkdir(own, 0777) && !mkdir(data, 0777);
    if (ran) {
        write_file(own, "model.onnx", bytes, size);
        write_tensors(data, "input", values.given, values.given_count);
        write_tensors(data, "output", outputs, model->graph.output_count);
    } else {
        fprintf(stderr, "%s: %s\n", text, failure.sentence);
    }
    run_destroy(session);
    onnx_free(model);
    free(bytes);
    onnx_memory_destroy(values.memory);
    return ran;
}

int main(int count, char **words)
{
    struct writer *writer = writer_create();
    struct failure failure = {""};
    size_t size, number = 0;
    char *texts = count == 3 ? file_read(words[1], 1 << 20, &size, &failure) : NULL;
    bool made = texts;
    for (char *text = texts, *end; made && text; text = end) {
        end = strstr(text, "\n\n");
        if (end) {
            end[1] = '\0';
            end += 2;
        }
        made = *text == '#' || make(writer, number++, text, words[2]);
    }
    free(texts);
    writer_free(writer);
    return !made;
}
