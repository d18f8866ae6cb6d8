/* SPDX-License-Identifier: MIT */
/* make_deep DIR: DIR/model.onnx, one step of an LSTM in both directions, a GRU, two dense layers
 * and a softmax, of sizes that no vectors divide: layers after one another, whose rows are of
 * several widths. */
#include "deploy/parts.h"

#include <stdlib.h>

enum { I = 21, H = 37, G = 51, D = 19, O = 7 };

static void recurrent(struct writer *writer, const char *op, size_t gates, size_t inputs,
                      size_t hidden, char *from, char *to)
{
    char *const names[] = {
        from, part_floats(writer, 3, (const size_t[]){1, gates * hidden, inputs}),
        part_floats(writer, 3, (const size_t[]){1, gates * hidden, hidden}), NULL};
    Onnx__Node *made = writer_node(writer, op, names, (char *[]){to, NULL});
    writer_int(writer, made, "hidden_size", (int64_t)hidden);
}

static void write_layers(struct writer *writer)
{
    recurrent(writer, "LSTM", 4, I, H, "x", "first");
    part_node(writer, "Squeeze", "first", part_int(writer, 1), "rows");
    recurrent(writer, "GRU", 3, H, G, "rows", "second");
    part_node(writer, "Squeeze", "second", part_int(writer, 1), "flat");
    part_node(writer, "MatMul", "flat", part_floats(writer, 2, (const size_t[]){G, D}), "dense");
    part_node(writer, "Relu", "dense", NULL, "positive");
    part_node(writer, "MatMul", "positive", part_floats(writer, 2, (const size_t[]){D, O}),
              "scores");
    writer_int(writer, part_node(writer, "Softmax", "scores", NULL, "y"), "axis", -1);
}

int main(int count, char **arguments)
{
    if (count != 2)
        return EXIT_FAILURE;
    struct writer *writer = writer_create();
    part_seed(3);
    writer_clear(writer, 18);
    write_layers(writer);
    writer_input(writer, "x", ONNX_FLOAT, 3, (const size_t[]){1, 1, I});
    writer->inputs[0]->type->tensor_type->shape->dim[0]->has_dim_value = 0;
    writer_output(writer, "y");
    part_write(writer, arguments[1], "model.onnx");
    writer_free(writer);
    return EXIT_SUCCESS;
}
