/* SPDX-License-Identifier: MIT */
/* make_chain KIND DIR: writes DIR/model.onnx, of the kinds below, and its inputs: DIR/input_0.pb,
 * and after it those of a length or of states to start from. Each is about one thing that a chain
 * of layers must get right, or refuse: where axes are, where states start, where sequences end. */
#include "onnx/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { T = 5, I = 3, H = 5, LENGTH = 3 };

struct chain {
    struct writer *writer;
    size_t rank, dims[3]; /* of the input x */
    unsigned open; /* axes of it whose size is not declared, as bits */
    bool has_length; /* a second input */
    char *start[2]; /* more inputs, where the states of the first layer and of both ways of the
                     * second one start; or NULL */
    unsigned random;
};

static float draw(struct chain *chain)
{
    chain->random = chain->random * 1664525u + 1013904223u;
    return (float)(chain->random >> 8) / (float)(1 << 23) - 1;
}

/* ---- Parts of models ---- */

static char *floats(struct chain *chain, size_t rank, const size_t *dims)
{
    float values[1024];
    size_t count = 1;
    for (size_t i = 0; i < rank; i++)
        count *= dims[i];
    for (size_t i = 0; i < count; i++)
        values[i] = draw(chain) / 2;
    return writer_constant(chain->writer,
                           writer_floats(chain->writer, values, rank, dims, ONNX_FLOAT, true));
}

static char *ints(struct chain *chain, const int64_t *values, size_t count)
{
    return writer_constant(chain->writer,
                           writer_ints(chain->writer, values, 1, &count, ONNX_INT64));
}

static char *one_int(struct chain *chain, int64_t value)
{
    return ints(chain, &value, 1);
}

static char *scalar(struct chain *chain, int64_t value)
{
    return writer_constant(chain->writer, writer_ints(chain->writer, &value, 0, NULL, ONNX_INT64));
}

static Onnx__Node *node(struct chain *chain, const char *op, char *first, char *second, char *to)
{
    return writer_node(chain->writer, op, (char *[]){first, second, NULL}, (char *[]){to, NULL});
}

/* A GRU without biases; empty names: left out. */
static Onnx__Node *gru(struct chain *chain, char *x, size_t directions, size_t inputs,
                       char *const more[2], char *y, char *y_h)
{
    const size_t w[] = {directions, 3 * H, inputs}, r[] = {directions, 3 * H, H};
    char *const names[] = {x, floats(chain, 3, w), floats(chain, 3, r), "", more[0], more[1], NULL};
    Onnx__Node *made = writer_node(chain->writer, "GRU", names, (char *[]){y, y_h, NULL});
    writer_string(chain->writer, made, "direction", directions == 2 ? "bidirectional" : "forward");
    writer_int(chain->writer, made, "hidden_size", H);
    return made;
}

static char *const none[] = {"", ""};

/* The first layer of most, in [T][1][H]. */
static void layer(struct chain *chain, char *to)
{
    gru(chain, "x", 1, I, none, "layer", "state");
    node(chain, "Squeeze", "layer", one_int(chain, 1), to);
}

/* ---- Kinds: where states start ---- */

static void initial(struct chain *chain)
{
    layer(chain, "a");
    gru(chain, "a", 1, H, (char *[]){"", "state"}, "y", "");
}

/* More than a state has bits for. */
static void deep(struct chain *chain)
{
    enum { LAYERS = 65 };
    char *from = "x";
    chain->open = 1;
    for (size_t k = 0; k < LAYERS; k++) {
        char *layer = writer_format(chain->writer, "layer%zu", k);
        char *to = writer_format(chain->writer, "rows%zu", k);
        gru(chain, from, 1, k ? H : I, none, layer, "");
        node(chain, "Squeeze", layer, one_int(chain, 1), k + 1 < LAYERS ? to : "y");
        from = to;
    }
}

/* From inputs, one of which has a name that would end a comment. */
static void starts(struct chain *chain)
{
    chain->start[0] = "h*/\n#error\\";
    chain->start[1] = "h1";
    gru(chain, "x", 1, I, (char *[]){"", chain->start[0]}, "layer", "");
    node(chain, "Squeeze", "layer", one_int(chain, 1), "a");
    gru(chain, "a", 2, H, (char *[]){"", chain->start[1]}, "y", "");
}

/* A tenth of an element of the input's shape. */
static void tenth(struct chain *chain, char *shape, int64_t element)
{
    const float factor = 0.1f;
    const int64_t dims[] = {1, 1, H};
    node(chain, "Gather", shape, scalar(chain, element), "size");
    writer_int(chain->writer, node(chain, "Cast", "size", NULL, "number"), "to", ONNX_FLOAT);
    char *by = writer_constant(chain->writer,
                               writer_floats(chain->writer, &factor, 0, NULL, ONNX_FLOAT, true));
    node(chain, "Mul", "number", by, "tenth");
    node(chain, "Expand", "tenth", ints(chain, dims, 3), "h0");
    gru(chain, "x", 1, I, (char *[]){"", "h0"}, "y", "");
}

static void steps(struct chain *chain)
{
    chain->open = 1;
    node(chain, "Shape", "x", NULL, "shape");
    tenth(chain, "shape", 0);
}

static void shape_start(struct chain *chain)
{
    chain->open = 1;
    writer_int(chain->writer, node(chain, "Shape", "x", NULL, "shape"), "start", 2);
    tenth(chain, "shape", 0);
}

/* 2^26 floats from a few bytes: more than a small file may take. */
static void memory(struct chain *chain)
{
    const int64_t dims[] = {1 << 13, 1 << 13};
    node(chain, "Shape", "x", NULL, "shape");
    node(chain, "Gather", "shape", scalar(chain, 1), "size");
    writer_int(chain->writer, node(chain, "Cast", "size", NULL, "number"), "to", ONNX_FLOAT);
    node(chain, "Expand", "number", ints(chain, dims, 2), "wide");
    node(chain, "MatMul", "x", "wide", "y");
}

/* ---- Where axes are ---- */

static void layout(struct chain *chain)
{
    chain->dims[0] = 1, chain->dims[1] = T;
    writer_int(chain->writer, gru(chain, "x", 2, I, none, "", "state"), "layout", 1);
    writer_int(chain->writer, node(chain, "Gather", "state", scalar(chain, 1), "y"), "axis", 1);
}

static void layout_squeeze(struct chain *chain)
{
    chain->dims[0] = 1, chain->dims[1] = T;
    writer_int(chain->writer, gru(chain, "x", 2, I, none, "", "state"), "layout", 1);
    node(chain, "Squeeze", "state", one_int(chain, 0), "y");
}

/* One number for each step, where there are as many as outputs. */
static void bias(struct chain *chain)
{
    layer(chain, "a");
    node(chain, "MatMul", "a", floats(chain, 2, (size_t[]){H, T}), "b");
    node(chain, "Add", "b", floats(chain, 3, (size_t[]){T, 1, 1}), "y");
}

static void gemm_bias(struct chain *chain)
{
    layer(chain, "a");
    node(chain, "Squeeze", "a", one_int(chain, 1), "b");
    char *const names[] = {"b", floats(chain, 2, (size_t[]){H, T}),
                           floats(chain, 2, (size_t[]){T, 1}), NULL};
    writer_node(chain->writer, "Gemm", names, (char *[]){"y", NULL});
}

/* What the chain gives is added to a product of constants. */
static void gemm_added(struct chain *chain)
{
    layer(chain, "a");
    node(chain, "Squeeze", "a", one_int(chain, 1), "b");
    char *const names[] = {floats(chain, 2, (size_t[]){T, H}), floats(chain, 2, (size_t[]){H, H}),
                           "b", NULL};
    writer_node(chain->writer, "Gemm", names, (char *[]){"y", NULL});
}

static void batch(struct chain *chain)
{
    chain->dims[1] = 2;
    gru(chain, "x", 1, I, none, "y", "");
}

static void allow_zero(struct chain *chain)
{
    const int64_t shape[] = {0, 1, -1};
    layer(chain, "a");
    writer_int(chain->writer, node(chain, "Reshape", "a", ints(chain, shape, 3), "y"), "allowzero",
               1);
}

/* A function of the outputs goes nowhere; what the model gives is made of the final state. */
static void aside(struct chain *chain)
{
    gru(chain, "x", 1, I, none, "layer", "state");
    node(chain, "Relu", "layer", NULL, "relu");
    node(chain, "MatMul", "state", floats(chain, 2, (size_t[]){H, H}), "y");
}

/* ---- As exporters write it: the batch open, the steps fixed ---- */

static void keras(struct chain *chain)
{
    const int64_t perm[] = {1, 0, 2};
    chain->dims[0] = 1, chain->dims[1] = T;
    chain->open = 1;
    writer_list(chain->writer, node(chain, "Transpose", "x", NULL, "a"), "perm", perm, 3);
    gru(chain, "a", 1, I, none, "", "state");
    node(chain, "Squeeze", "state", one_int(chain, 0), "b");
    node(chain, "MatMul", "b", floats(chain, 2, (size_t[]){H, 3}), "c");
    node(chain, "Add", "c", floats(chain, 1, (size_t[]){3}), "d");
    node(chain, "Softmax", "d", NULL, "y");
}

static void torch(struct chain *chain)
{
    const int64_t perm[] = {1, 0, 2};
    chain->dims[0] = 1, chain->dims[1] = T;
    chain->open = 1;
    writer_list(chain->writer, node(chain, "Transpose", "x", NULL, "a"), "perm", perm, 3);
    node(chain, "Shape", "x", NULL, "shape");
    node(chain, "Gather", "shape", one_int(chain, 0), "size");
    char *const parts[] = {one_int(chain, 1), "size", one_int(chain, H), NULL};
    writer_int(chain->writer, writer_node(chain->writer, "Concat", parts, (char *[]){"h", NULL}),
               "axis", 0);
    node(chain, "ConstantOfShape", "h", NULL, "h0");
    gru(chain, "a", 1, I, (char *[]){"", "h0"}, "layer", "");
    node(chain, "Squeeze", "layer", one_int(chain, 1), "b");
    writer_list(chain->writer, node(chain, "Transpose", "b", NULL, "c"), "perm", perm, 3);
    writer_int(chain->writer, node(chain, "Gather", "c", scalar(chain, -1), "d"), "axis", 1);
    char *const names[] = {"d", floats(chain, 2, (size_t[]){H, 2}), floats(chain, 1, (size_t[]){2}),
                           NULL};
    writer_node(chain->writer, "Gemm", names, (char *[]){"y", NULL});
}

/* ---- Heads, and what skips a layer ---- */

/* What is added to the product of a layer's rows with a matrix. */
static void skip(struct chain *chain, char *to, char *what, size_t outputs)
{
    node(chain, "MatMul", to, floats(chain, 2, (size_t[]){H, outputs}), "product");
    node(chain, "Tanh", "product", NULL, "tanh");
    node(chain, "Add", what, "tanh", "y");
}

static void head_skip(struct chain *chain)
{
    layer(chain, "a");
    node(chain, "Unsqueeze", "a", one_int(chain, 1), "b");
    node(chain, "Squeeze", "b", one_int(chain, 1), "c");
    skip(chain, "c", "x", I);
}

/* The model's input is moved before the layer takes it, and its output back. */
static void head_moved(struct chain *chain)
{
    const int64_t perm[] = {1, 0, 2};
    chain->dims[0] = 1, chain->dims[1] = T;
    writer_list(chain->writer, node(chain, "Transpose", "x", NULL, "a"), "perm", perm, 3);
    gru(chain, "a", 1, I, none, "layer", "");
    node(chain, "Squeeze", "layer", one_int(chain, 1), "b");
    writer_list(chain->writer, node(chain, "Transpose", "b", NULL, "c"), "perm", perm, 3);
    skip(chain, "c", "x", I);
}

/* Heads that stay layers: of two directions, of the last step; and the second of two. */
static void head_both(struct chain *chain)
{
    const int64_t perm[] = {0, 2, 1, 3}, shape[] = {0, 1, 2 * H};
    gru(chain, "x", 2, I, none, "layer", "");
    writer_list(chain->writer, node(chain, "Transpose", "layer", NULL, "a"), "perm", perm, 4);
    node(chain, "Reshape", "a", ints(chain, shape, 3), "b");
    node(chain, "MatMul", "b", floats(chain, 2, (size_t[]){2 * H, 2}), "y");
}

static void head_last(struct chain *chain)
{
    gru(chain, "x", 1, I, none, "", "state");
    node(chain, "MatMul", "state", floats(chain, 2, (size_t[]){H, 2}), "y");
}

static void head_two(struct chain *chain)
{
    layer(chain, "a");
    node(chain, "MatMul", "a", floats(chain, 2, (size_t[]){H, 4}), "b");
    node(chain, "Relu", "b", NULL, "c");
    node(chain, "MatMul", "c", floats(chain, 2, (size_t[]){4, 2}), "y");
}

static void head_three(struct chain *chain)
{
    layer(chain, "a");
    node(chain, "MatMul", "a", floats(chain, 2, (size_t[]){H, I}), "b");
    node(chain, "Add", "b", "x", "c");
    node(chain, "MatMul", "c", floats(chain, 2, (size_t[]){I, 2}), "y");
}

/* From before the layer, but not what it takes; of another size; of other axes. */
static void skip_other(struct chain *chain)
{
    layer(chain, "a");
    gru(chain, "a", 1, H, none, "second", "");
    node(chain, "Squeeze", "second", one_int(chain, 1), "b");
    skip(chain, "b", "x", I);
}

static void skip_wide(struct chain *chain)
{
    layer(chain, "a");
    skip(chain, "a", "x", 1);
}

static void skip_turned(struct chain *chain)
{
    const int64_t perm[] = {1, 0, 2};
    chain->dims[0] = 1, chain->dims[1] = T;
    writer_list(chain->writer, node(chain, "Transpose", "x", NULL, "a"), "perm", perm, 3);
    gru(chain, "a", 1, I, none, "layer", "");
    node(chain, "Squeeze", "layer", one_int(chain, 1), "b");
    skip(chain, "b", "x", I);
}

/* ---- Graphs ---- */

/* What Dropout keeps, which is all. */
static void mask(struct chain *chain)
{
    layer(chain, "a");
    writer_node(chain->writer, "Dropout", (char *[]){"a", NULL}, (char *[]){"d", "kept", NULL});
    writer_int(chain->writer, node(chain, "Cast", "kept", NULL, "factor"), "to", ONNX_FLOAT);
    node(chain, "Mul", "d", "factor", "y");
}

/* Beside whole numbers one that no float is. */
static void padded(struct chain *chain)
{
    const int64_t pads[] = {0, 0, 0, 0, 0, 1}, fill = (1 << 24) + 1;
    writer_int(chain->writer, node(chain, "Cast", "x", NULL, "whole"), "to", ONNX_INT64);
    char *const names[] = {"whole", ints(chain, pads, 6), scalar(chain, fill), NULL};
    writer_node(chain->writer, "Pad", names, (char *[]){"wide", NULL});
    writer_int(chain->writer, node(chain, "Gather", "wide", one_int(chain, I), "last"), "axis", 2);
    node(chain, "Sub", "last", scalar(chain, fill - 1), "less");
    writer_int(chain->writer, node(chain, "Cast", "less", NULL, "numbers"), "to", ONNX_FLOAT);
    node(chain, "MatMul", "numbers", floats(chain, 2, (size_t[]){1, 2}), "y");
}

/* A convolution of each step by itself, whose rows are no batch. */
static void rows(struct chain *chain)
{
    chain->open = 1;
    node(chain, "Conv", "x", floats(chain, 3, (size_t[]){2, 1, 2}), "windows");
    node(chain, "Reshape", "windows", ints(chain, (const int64_t[]){0, -1}, 2), "flat");
    node(chain, "Unsqueeze", "flat", one_int(chain, 1), "steps");
    gru(chain, "steps", 1, 2 * (I - 1), none, "y", "");
}

/* ---- Where sequences end ---- */

static void two_lengths(struct chain *chain)
{
    const int64_t other = LENGTH - 1;
    const size_t count = 1;
    chain->has_length = true;
    gru(chain, "x", 1, I, (char *[]){"length", ""}, "layer", "");
    node(chain, "Squeeze", "layer", one_int(chain, 1), "a");
    char *constant =
        writer_constant(chain->writer, writer_ints(chain->writer, &other, 1, &count, ONNX_INT32));
    gru(chain, "a", 1, H, (char *[]){constant, ""}, "y", "");
}

static void constant_length(struct chain *chain)
{
    const int64_t length = LENGTH;
    const size_t count = 1;
    char *constant =
        writer_constant(chain->writer, writer_ints(chain->writer, &length, 1, &count, ONNX_INT32));
    gru(chain, "x", 1, I, (char *[]){constant, ""}, "y", "");
}

static void computed_length(struct chain *chain)
{
    const int64_t two = 2;
    const size_t count = 1;
    chain->has_length = true;
    char *constant =
        writer_constant(chain->writer, writer_ints(chain->writer, &two, 1, &count, ONNX_INT32));
    node(chain, "Sub", "length", constant, "shorter");
    gru(chain, "x", 1, I, (char *[]){"shorter", ""}, "y", "");
}

static void cast_length(struct chain *chain)
{
    chain->has_length = true;
    writer_int(chain->writer, node(chain, "Cast", "length", NULL, "wide"), "to", ONNX_INT64);
    writer_int(chain->writer, node(chain, "Cast", "wide", NULL, "narrow"), "to", ONNX_INT32);
    gru(chain, "x", 1, I, (char *[]){"narrow", ""}, "layer", "");
    node(chain, "Squeeze", "layer", one_int(chain, 1), "a");
    gru(chain, "a", 1, H, (char *[]){"length", ""}, "y", "");
}

/* ---- Files ---- */

static const struct {
    const char *name;
    void (*write)(struct chain *chain);
} kinds[] = {{"initial", initial},
             {"deep", deep},
             {"steps", steps},
             {"shape_start", shape_start},
             {"memory", memory},
             {"layout", layout},
             {"layout_squeeze", layout_squeeze},
             {"bias", bias},
             {"starts", starts},
             {"gemm_bias", gemm_bias},
             {"gemm_added", gemm_added},
             {"batch", batch},
             {"allow_zero", allow_zero},
             {"aside", aside},
             {"keras", keras},
             {"torch", torch},
             {"head_skip", head_skip},
             {"head_moved", head_moved},
             {"head_both", head_both},
             {"head_last", head_last},
             {"head_two", head_two},
             {"head_three", head_three},
             {"skip_other", skip_other},
             {"skip_wide", skip_wide},
             {"skip_turned", skip_turned},
             {"two_lengths", two_lengths},
             {"constant_length", constant_length},
             {"computed_length", computed_length},
             {"cast_length", cast_length},
             {"mask", mask},
             {"padded", padded},
             {"rows", rows}};

static void write_inputs(struct chain *chain, const char *folder)
{
    const int64_t length = LENGTH;
    float x[2 * T * I];
    for (size_t i = 0; i < sizeof x / sizeof *x; i++)
        x[i] = draw(chain);
    write_tensor(folder, "input_0.pb",
                 writer_floats(chain->writer, x, 3, chain->dims, ONNX_FLOAT, true));
    if (chain->has_length)
        write_tensor(folder, "input_1.pb",
                     writer_ints(chain->writer, &length, 1, (const size_t[]){1}, ONNX_INT32));
    for (size_t d = 1; d <= 2 && chain->start[0]; d++)
        write_tensor(
            folder, d == 1 ? "input_1.pb" : "input_2.pb",
            writer_floats(chain->writer, x + d, 3, (const size_t[]){d, 1, H}, ONNX_FLOAT, true));
}

int main(int count, char **arguments)
{
    struct chain chain = {writer_create(), 3, {T, 1, I}, 0, false, {NULL}, 5};
    size_t size, kind = 0;
    const size_t kind_count = sizeof kinds / sizeof *kinds;
    while (count == 3 && kind < kind_count && strcmp(kinds[kind].name, arguments[1]) != 0)
        kind++;
    if (count != 3 || kind == kind_count)
        return EXIT_FAILURE;
    writer_clear(chain.writer, 18);
    kinds[kind].write(&chain);
    writer_input(chain.writer, "x", ONNX_FLOAT, chain.rank, chain.dims);
    for (size_t i = 0; i < chain.rank; i++)
        if (chain.open >> i & 1)
            chain.writer->inputs[0]->type->tensor_type->shape->dim[i]->has_dim_value = 0;
    if (chain.has_length)
        writer_input(chain.writer, "length", ONNX_INT32, 1, (const size_t[]){1});
    for (size_t d = 1; d <= 2 && chain.start[0]; d++)
        writer_input(chain.writer, chain.start[d - 1], ONNX_FLOAT, 3, (const size_t[]){d, 1, H});
    writer_output(chain.writer, "y");
    void *bytes = writer_bytes(chain.writer, &size);
    write_file(arguments[2], "model.onnx", bytes, size);
    write_inputs(&chain, arguments[2]);
    free(bytes);
    writer_free(chain.writer);
    return EXIT_SUCCESS;
}
