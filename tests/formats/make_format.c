/* SPDX-License-Identifier: MIT */
/* make_format FORMAT SEED FOLDER: writes a random model into FOLDER, an input for it, input_0.pb
 * and x.f32, and what it gives in float64, output_0.pb; prints what it is called, and how many
 * inputs, outputs and steps there are. */
#include "formats/files.h"
#include "onnx/writer.h"

#include <stdio.h>
#include <stdlib.h>

int main(int count, char **arguments)
{
    static struct model64 model;
    static float x[STEPS * WIDTH], y[STEPS * WIDTH];
    const struct file_format *format = count == 4 ? file_format_find(arguments[1]) : NULL;
    if (!format) {
        fprintf(stderr, "make_format FORMAT SEED FOLDER\n");
        return EXIT_FAILURE;
    }
    struct random random = {strtoull(arguments[2], NULL, 10)};
    struct text text = {0};
    file_format_draw(format, &random, &model);
    format->write(&random, &model, &text);
    write_file(arguments[3], format->file, text.chars, text.length);
    model64_run(&model);
    const size_t outputs = model64_outputs(&model);
    for (size_t t = 0; t < STEPS; t++) {
        for (size_t u = 0; u < model.inputs; u++)
            x[t * model.inputs + u] = model.x[t][u];
        for (size_t u = 0; u < outputs; u++)
            y[t * outputs + u] = (float)model.y[t][u];
    }
    struct writer *writer = writer_create();
    writer_clear(writer, 14);
    write_tensor(
        arguments[3], "input_0.pb",
        writer_floats(writer, x, 3, (const size_t[]){STEPS, 1, model.inputs}, ONNX_FLOAT, true));
    write_tensor(
        arguments[3], "output_0.pb",
        writer_floats(writer, y, 3, (const size_t[]){STEPS, 1, outputs}, ONNX_FLOAT, true));
    write_file(arguments[3], "x.f32", x, STEPS * model.inputs * sizeof *x);
    printf("%s %zu %zu %d\n", format->file, model.inputs, outputs, STEPS);
    writer_free(writer);
    text_free(&text);
    return EXIT_SUCCESS;
}
