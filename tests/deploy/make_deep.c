/* SPDX-License-Identifier: MIT */
/* make_deep DIR: DIR/model.onnx, one step of an LSTM in both directions, a GRU, two dense layers
 * and a softmax, of sizes that no vectors divide: layers after one another, whose rows are of
 * several widths. */
#include "onnx/writer.h"

#include <stdlib.h>

enum { I = 21, H = 37, G = 51, D = 19, O = 7 };

static struct writer *writer;

static char *floats(size_t rank, const size_t *dims)
{
    static float values[4 * G * G];
    static unsigned random = 3;
    size_t count = 1;
    for (size_t i = 0; i < rank; i++)
        count *= dims[i];
    for (size_t i = 0; i < count; i++) {
        random = random * 1664525u + 1013904223u;
        values[i] = (float)(random >> 8) / (float)(1 << 24) - 0.5f;
    }
    return writer_constant(writer, writer_floats(writer, values, rank, dims, ONNX_FLOAT, true));
}

static char *ints(const int64_t *values, size_t count)
{
    return writer_constant(writer, writer_ints(writer, values, 1, &count, ONNX_INT64));
}

static Onnx__Node *node(const char *op, char *first, char *second, char *to)
{
    return writer_node(writer, op, (char *[]){first, second, NULL}, (char *[]){to, NULL});
}

static void recurrent(const char *op, size_t gates, size_t inputs, size_t hidden, char *from,
                      char *to)
{
    char *const names[] = {from, floats(3, (const size_t[]){1, gates * hidden, inputs}),
                           floats(3, (const size_t[]){1, gates * hidden, hidden}), NULL};
    Onnx__Node *made = writer_node(writer, op, names, (char *[]){to, NULL});
    writer_int(writer, made, "hidden_size", (int64_t)hidden);
}

static void write_layers(void)
{
    recurrent("LSTM", 4, I, H, "x", "first");
    node("Squeeze", "first", ints((const int64_t[]){1}, 1), "rows");
    recurrent("GRU", 3, H, G, "rows", "second");
    node("Squeeze", "second", ints((const int64_t[]){1}, 1), "flat");
    node("MatMul", "flat", floats(2, (const size_t[]){G, D}), "dense");
    node("Relu", "dense", NULL, "positive");
    node("MatMul", "positive", floats(2, (const size_t[]){D, O}), "scores");
    writer_int(writer, node("Softmax", "scores", NULL, "y"), "axis", -1);
}

int main(int count, char **arguments)
{
    size_t size;
    if (count != 2)
        return EXIT_FAILURE;
    writer = writer_create();
    writer_clear(writer, 18);
    write_layers();
    writer_input(writer, "x", ONNX_FLOAT, 3, (const size_t[]){1, 1, I});
    writer->inputs[0]->type->tensor_type->shape->dim[0]->has_dim_value = 0;
    writer_output(writer, "y");
    void *bytes = writer_bytes(writer, &size);
    write_file(arguments[1], "model.onnx", bytes, size);
    free(bytes);
    writer_free(writer);
    return EXIT_SUCCESS;
}
