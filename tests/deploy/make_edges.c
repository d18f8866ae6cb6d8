/* SPDX-License-Identifier: MIT */
/* make_edges KIND DIR: writes DIR/model.onnx, of the kinds below, and DIR/input_0.pb. Each is a
 * graph at an edge of what becomes a schedule: of how much, of shapes, of numbers. */
#include "onnx/writer.h"
#include "support/inputs.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS = 2, INPUTS = 3, OUTPUTS = 8 };

static char *floats(struct writer *writer, size_t rank, const size_t *dims, struct random *random)
{
    float values[INPUTS * OUTPUTS];
    size_t count = 1;
    for (size_t d = 0; d < rank; d++)
        count *= dims[d];
    for (size_t i = 0; i < count; i++)
        values[i] = (float)random_below(random, 1000) / 500 - 1;
    return writer_constant(writer, writer_floats(writer, values, rank, dims, ONNX_FLOAT, true));
}

static Onnx__Node *node(struct writer *writer, const char *op, char *first, char *second, char *to)
{
    return writer_node(writer, op, (char *const[]){first, second, NULL}, (char *const[]){to, NULL});
}

/* As many terms in one loop as have room beside the most that an operator adds. */
static void long_loop(struct writer *writer)
{
    enum { FUNCTIONS = 27 };
    char *last = (char *)"p";
    for (size_t i = 0; i < FUNCTIONS; i++) {
        char *next = writer_name(writer);
        node(writer, "Abs", last, NULL, next);
        last = next;
    }
    writer_string(writer, node(writer, "Gelu", last, NULL, (char *)"y"), "approximate", "tanh");
}

static void parts(struct writer *writer)
{
    enum { PARTS = ROWS * OUTPUTS * 5 };
    const int64_t shape[] = {1, -1};
    const size_t count = 2;
    char *outputs[PARTS + 1] = {NULL};
    for (size_t i = 0; i < PARTS; i++)
        outputs[i] = i + 1 < PARTS ? writer_name(writer) : (char *)"y";
    node(writer, "Reshape", (char *)"p",
         writer_constant(writer, writer_ints(writer, shape, 1, &count, ONNX_INT64)), (char *)"a");
    writer_int(writer,
               writer_node(writer, "Concat", (char *const[]){"a", "a", "a", "a", "a", NULL},
                           (char *const[]){"b", NULL}),
               "axis", 1);
    Onnx__Node *split = writer_node(writer, "Split", (char *const[]){"b", NULL}, outputs);
    writer_int(writer, split, "axis", 1);
    writer_int(writer, split, "num_outputs", PARTS);
}

static void float_axes(struct writer *writer)
{
    struct random random = {2};
    node(writer, "ReduceMean", (char *)"p", floats(writer, 1, (const size_t[]){1}, &random),
         (char *)"y");
}

/* What could be carried has as many elements, but other axes. */
static void turned(struct writer *writer)
{
    writer_input(writer, (char *)"h", ONNX_FLOAT, 2, (const size_t[]){ROWS, INPUTS});
    node(writer, "Transpose", (char *)"h", NULL, (char *)"h1");
    writer_output(writer, (char *)"h1");
    node(writer, "Relu", (char *)"p", NULL, (char *)"y");
}

static void infinite(struct writer *writer)
{
    node(writer, "Relu", (char *)"p", NULL, (char *)"a");
    node(writer, "Log", (char *)"a", NULL, (char *)"y");
}

static void finite(struct writer *writer)
{
    node(writer, "Exp", (char *)"p", NULL, (char *)"y");
}

/* Few outputs of windows over what is around few elements, which is more than a size can say. */
static void far_windows(struct writer *writer)
{
    enum { PADS = 6, DIMS = 5 };
    static const int64_t shape[DIMS] = {1, 1, 2, 2, 4}, ones[] = {1, 1, 1},
                         far[PADS] = {1 << 22, 1 << 22, 1 << 22, 1 << 22, 1 << 22, 1 << 22};
    const size_t count = DIMS;
    char *to = writer_constant(writer, writer_ints(writer, shape, 1, &count, ONNX_INT64));
    node(writer, "Reshape", (char *)"p", to, (char *)"a");
    Onnx__Node *pool = node(writer, "MaxPool", (char *)"a", NULL, (char *)"y");
    writer_list(writer, pool, "kernel_shape", ones, 3);
    writer_list(writer, pool, "strides", far, 3);
    writer_list(writer, pool, "pads", far, PADS);
}

static Onnx__Node *gru(struct writer *writer, char *from)
{
    enum { HIDDEN = 2 };
    struct random random = {3};
    char *const names[] = {from, floats(writer, 3, (const size_t[]){1, 3 * HIDDEN, 1}, &random),
                           floats(writer, 3, (const size_t[]){1, 3 * HIDDEN, HIDDEN}, &random),
                           NULL};
    Onnx__Node *made = writer_node(writer, "GRU", names, (char *const[]){"h1", NULL});
    writer_int(writer, made, "hidden_size", HIDDEN);
    writer_output(writer, (char *)"h1");
    return made;
}

static void unsqueeze(struct writer *writer, const char *from, size_t count, const int64_t *axes,
                      const char *to)
{
    node(writer, "Unsqueeze", (char *)from,
         writer_constant(writer, writer_ints(writer, axes, 1, &count, ONNX_INT64)), (char *)to);
}

static void open_axis(struct writer *writer, size_t input, size_t axis, const char *name)
{
    Onnx__Dimension *dim = writer->inputs[input]->type->tensor_type->shape->dim[axis];
    dim->has_dim_value = 0;
    dim->dim_param = (char *)name;
}

/* The open axis of an input of its own counts sequences of one step each, and is no time. */
static void unsqueezed(struct writer *writer)
{
    writer_input(writer, (char *)"h", ONNX_FLOAT, 1, (const size_t[]){ROWS});
    open_axis(writer, 1, 0, NULL);
    unsqueeze(writer, "h", 2, (const int64_t[]){-3, -1}, "s");
    gru(writer, (char *)"s");
    node(writer, "Relu", (char *)"p", NULL, (char *)"y");
}

/* An output whose name and shape tell that it is an input of the next call, beside open steps. */
static void carried(struct writer *writer)
{
    writer_input(writer, (char *)"s", ONNX_FLOAT, 3, (const size_t[]){ROWS, 1, 1});
    writer_input(writer, (char *)"k_in", ONNX_FLOAT, 2, (const size_t[]){ROWS, INPUTS});
    open_axis(writer, 1, 0, NULL);
    gru(writer, (char *)"s");
    node(writer, "Add", (char *)"k_in", (char *)"k_in", (char *)"k_out");
    writer_output(writer, (char *)"k_out");
    writer->outputs[1]->type = writer->inputs[2]->type;
    node(writer, "Relu", (char *)"p", NULL, (char *)"y");
}

/* A product of two inputs goes through time: that of one is told by the product, of the other by
 * its name. */
static void masked(struct writer *writer)
{
    writer_input(writer, (char *)"s", ONNX_FLOAT, 3, (const size_t[]){1, ROWS, 1});
    writer_input(writer, (char *)"m", ONNX_FLOAT, 2, (const size_t[]){1, ROWS});
    open_axis(writer, 1, 1, "frames");
    open_axis(writer, 2, 1, "frames");
    unsqueeze(writer, "m", 1, (const int64_t[]){-1}, "m1");
    node(writer, "Mul", (char *)"s", (char *)"m1", (char *)"masked");
    writer_int(writer, gru(writer, (char *)"masked"), "layout", 1);
    node(writer, "Relu", (char *)"p", NULL, (char *)"y");
}

/* Of three inputs, whose nodes say nothing of their axes: names do. */
static void named(struct writer *writer)
{
    writer_input(writer, (char *)"h", ONNX_FLOAT, 2, (const size_t[]){INPUTS, ROWS});
    writer_input(writer, (char *)"u", ONNX_FLOAT, 2, (const size_t[]){INPUTS, ROWS});
    open_axis(writer, 0, 0, "batch_size");
    open_axis(writer, 1, 1, "batch_size");
    open_axis(writer, 1, 0, "width");
    open_axis(writer, 2, 0, "width");
    open_axis(writer, 2, 1, "batch_size");
    node(writer, "MatMul", (char *)"h", (char *)"p", (char *)"hp");
    node(writer, "Add", (char *)"h", (char *)"u", (char *)"hu");
    writer_output(writer, (char *)"hp");
    writer_output(writer, (char *)"hu");
    node(writer, "Relu", (char *)"p", NULL, (char *)"y");
}

static const struct {
    const char *name;
    void (*write)(struct writer *writer);
} kinds[] = {{"unsqueezed", unsqueezed}, {"long_loop", long_loop}, {"parts", parts},
             {"float_axes", float_axes}, {"turned", turned},       {"infinite", infinite},
             {"finite", finite},         {"named", named},         {"masked", masked},
             {"far", far_windows},       {"carried", carried}};

int main(int count, char **arguments)
{
    static const size_t matrix[] = {INPUTS, OUTPUTS}, shape[] = {ROWS, INPUTS},
                        other[] = {INPUTS, ROWS};
    struct writer *writer = writer_create();
    struct random random = {1};
    float x[ROWS * INPUTS];
    size_t size, kind = 0;
    while (count == 3 && kind < sizeof kinds / sizeof *kinds &&
           strcmp(kinds[kind].name, arguments[1]) != 0)
        kind++;
    if (count != 3 || kind == sizeof kinds / sizeof *kinds)
        return EXIT_FAILURE;
    writer_clear(writer, 20);
    writer_input(writer, (char *)"x", ONNX_FLOAT, 2, shape);
    node(writer, "MatMul", (char *)"x", floats(writer, 2, matrix, &random), (char *)"p");
    kinds[kind].write(writer);
    writer_output(writer, (char *)"y");
    void *bytes = writer_bytes(writer, &size);
    write_file(arguments[2], "model.onnx", bytes, size);
    for (size_t i = 0; i < ROWS * INPUTS; i++)
        x[i] = (float)random_below(&random, 1000) / 500 - 1;
    write_tensor(
        arguments[2], "input_0.pb",
        writer_floats(writer, x, 2, kinds[kind].write == turned ? other : shape, ONNX_FLOAT, true));
    free(bytes);
    writer_free(writer);
    return EXIT_SUCCESS;
}
