/* SPDX-License-Identifier: MIT */
/* make_chain KIND DIR: writes DIR/model.onnx, of the kinds below and in chain_heads.c, and its
 * inputs: DIR/input_0.pb, and after it those of a length or of states to start from. Each is about
 * one thing that a chain of layers must get right, or refuse: where axes are, where states start,
 * where sequences end. */
#include "deploy/make_chain.h"

#include <stdlib.h>
#include <string.h>

enum { LENGTH = 3 };

Onnx__Node *chain_gru(struct chain *chain, char *x, size_t directions, size_t inputs,
                      char *const more[2], char *y, char *y_h)
{
    const size_t w[] = {directions, 3 * H, inputs}, r[] = {directions, 3 * H, H};
    char *const names[] = {x,
                           part_floats(chain->writer, 3, w),
                           part_floats(chain->writer, 3, r),
                           "",
                           more[0],
                           more[1],
                           NULL};
    Onnx__Node *made = writer_node(chain->writer, "GRU", names, (char *[]){y, y_h, NULL});
    writer_string(chain->writer, made, "direction", directions == 2 ? "bidirectional" : "forward");
    writer_int(chain->writer, made, "hidden_size", H);
    return made;
}

char *const chain_none[2] = {"", ""};

void chain_layer(struct chain *chain, char *to)
{
    chain_gru(chain, "x", 1, I, chain_none, "layer", "state");
    part_node(chain->writer, "Squeeze", "layer", part_int(chain->writer, 1), to);
}

/* ---- Kinds: where states start ---- */

static void initial(struct chain *chain)
{
    chain_layer(chain, "a");
    chain_gru(chain, "a", 1, H, (char *[]){"", "state"}, "y", "");
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
        chain_gru(chain, from, 1, k ? H : I, chain_none, layer, "");
        part_node(chain->writer, "Squeeze", layer, part_int(chain->writer, 1),
                  k + 1 < LAYERS ? to : "y");
        from = to;
    }
}

/* From inputs, one of which has a name that would end a comment. */
static void starts(struct chain *chain)
{
    chain->start[0] = "h*/\n#error\\";
    chain->start[1] = "h1";
    chain_gru(chain, "x", 1, I, (char *[]){"", chain->start[0]}, "layer", "");
    part_node(chain->writer, "Squeeze", "layer", part_int(chain->writer, 1), "a");
    chain_gru(chain, "a", 2, H, (char *[]){"", chain->start[1]}, "y", "");
}

/* A tenth of an element of the input's shape. */
static void tenth(struct chain *chain, char *shape, int64_t element)
{
    const float factor = 0.1f;
    const int64_t dims[] = {1, 1, H};
    part_node(chain->writer, "Gather", shape, part_scalar(chain->writer, element), "size");
    writer_int(chain->writer, part_node(chain->writer, "Cast", "size", NULL, "number"), "to",
               ONNX_FLOAT);
    char *by = writer_constant(chain->writer,
                               writer_floats(chain->writer, &factor, 0, NULL, ONNX_FLOAT, true));
    part_node(chain->writer, "Mul", "number", by, "tenth");
    part_node(chain->writer, "Expand", "tenth", part_ints(chain->writer, dims, 3), "h0");
    chain_gru(chain, "x", 1, I, (char *[]){"", "h0"}, "y", "");
}

static void steps(struct chain *chain)
{
    chain->open = 1;
    part_node(chain->writer, "Shape", "x", NULL, "shape");
    tenth(chain, "shape", 0);
}

static void shape_start(struct chain *chain)
{
    chain->open = 1;
    writer_int(chain->writer, part_node(chain->writer, "Shape", "x", NULL, "shape"), "start", 2);
    tenth(chain, "shape", 0);
}

/* 2^26 floats from a few bytes: more than a small file may take. */
static void memory(struct chain *chain)
{
    const int64_t dims[] = {1 << 13, 1 << 13};
    part_node(chain->writer, "Shape", "x", NULL, "shape");
    part_node(chain->writer, "Gather", "shape", part_scalar(chain->writer, 1), "size");
    writer_int(chain->writer, part_node(chain->writer, "Cast", "size", NULL, "number"), "to",
               ONNX_FLOAT);
    part_node(chain->writer, "Expand", "number", part_ints(chain->writer, dims, 2), "wide");
    part_node(chain->writer, "MatMul", "x", "wide", "y");
}

/* ---- Where axes are ---- */

static void layout(struct chain *chain)
{
    chain->dims[0] = 1, chain->dims[1] = T;
    writer_int(chain->writer, chain_gru(chain, "x", 2, I, chain_none, "", "state"), "layout", 1);
    writer_int(chain->writer,
               part_node(chain->writer, "Gather", "state", part_scalar(chain->writer, 1), "y"),
               "axis", 1);
}

static void layout_squeeze(struct chain *chain)
{
    chain->dims[0] = 1, chain->dims[1] = T;
    writer_int(chain->writer, chain_gru(chain, "x", 2, I, chain_none, "", "state"), "layout", 1);
    part_node(chain->writer, "Squeeze", "state", part_int(chain->writer, 0), "y");
}

/* One number for each step, where there are as many as outputs. */
static void bias(struct chain *chain)
{
    chain_layer(chain, "a");
    part_node(chain->writer, "MatMul", "a", part_floats(chain->writer, 2, (size_t[]){H, T}), "b");
    part_node(chain->writer, "Add", "b", part_floats(chain->writer, 3, (size_t[]){T, 1, 1}), "y");
}

static void gemm_bias(struct chain *chain)
{
    chain_layer(chain, "a");
    part_node(chain->writer, "Squeeze", "a", part_int(chain->writer, 1), "b");
    char *const names[] = {"b", part_floats(chain->writer, 2, (size_t[]){H, T}),
                           part_floats(chain->writer, 2, (size_t[]){T, 1}), NULL};
    writer_node(chain->writer, "Gemm", names, (char *[]){"y", NULL});
}

/* What the chain gives is added to a product of constants. */
static void gemm_added(struct chain *chain)
{
    chain_layer(chain, "a");
    part_node(chain->writer, "Squeeze", "a", part_int(chain->writer, 1), "b");
    char *const names[] = {part_floats(chain->writer, 2, (size_t[]){T, H}),
                           part_floats(chain->writer, 2, (size_t[]){H, H}), "b", NULL};
    writer_node(chain->writer, "Gemm", names, (char *[]){"y", NULL});
}

static void batch(struct chain *chain)
{
    chain->dims[1] = 2;
    chain_gru(chain, "x", 1, I, chain_none, "y", "");
}

static void allow_zero(struct chain *chain)
{
    const int64_t shape[] = {0, 1, -1};
    chain_layer(chain, "a");
    writer_int(chain->writer,
               part_node(chain->writer, "Reshape", "a", part_ints(chain->writer, shape, 3), "y"),
               "allowzero", 1);
}

/* A function of the outputs goes nowhere; what the model gives is made of the final state. */
static void aside(struct chain *chain)
{
    chain_gru(chain, "x", 1, I, chain_none, "layer", "state");
    part_node(chain->writer, "Relu", "layer", NULL, "relu");
    part_node(chain->writer, "MatMul", "state", part_floats(chain->writer, 2, (size_t[]){H, H}),
              "y");
}

/* ---- As exporters write it: the batch open, the steps fixed ---- */

static void keras(struct chain *chain)
{
    const int64_t perm[] = {1, 0, 2};
    chain->dims[0] = 1, chain->dims[1] = T;
    chain->open = 1;
    writer_list(chain->writer, part_node(chain->writer, "Transpose", "x", NULL, "a"), "perm", perm,
                3);
    chain_gru(chain, "a", 1, I, chain_none, "", "state");
    part_node(chain->writer, "Squeeze", "state", part_int(chain->writer, 0), "b");
    part_node(chain->writer, "MatMul", "b", part_floats(chain->writer, 2, (size_t[]){H, 3}), "c");
    part_node(chain->writer, "Add", "c", part_floats(chain->writer, 1, (size_t[]){3}), "d");
    part_node(chain->writer, "Softmax", "d", NULL, "y");
}

static void torch(struct chain *chain)
{
    const int64_t perm[] = {1, 0, 2};
    chain->dims[0] = 1, chain->dims[1] = T;
    chain->open = 1;
    writer_list(chain->writer, part_node(chain->writer, "Transpose", "x", NULL, "a"), "perm", perm,
                3);
    part_node(chain->writer, "Shape", "x", NULL, "shape");
    part_node(chain->writer, "Gather", "shape", part_int(chain->writer, 0), "size");
    char *const parts[] = {part_int(chain->writer, 1), "size", part_int(chain->writer, H), NULL};
    writer_int(chain->writer, writer_node(chain->writer, "Concat", parts, (char *[]){"h", NULL}),
               "axis", 0);
    part_node(chain->writer, "ConstantOfShape", "h", NULL, "h0");
    chain_gru(chain, "a", 1, I, (char *[]){"", "h0"}, "layer", "");
    part_node(chain->writer, "Squeeze", "layer", part_int(chain->writer, 1), "b");
    writer_list(chain->writer, part_node(chain->writer, "Transpose", "b", NULL, "c"), "perm", perm,
                3);
    writer_int(chain->writer,
               part_node(chain->writer, "Gather", "c", part_scalar(chain->writer, -1), "d"), "axis",
               1);
    char *const names[] = {"d", part_floats(chain->writer, 2, (size_t[]){H, 2}),
                           part_floats(chain->writer, 1, (size_t[]){2}), NULL};
    writer_node(chain->writer, "Gemm", names, (char *[]){"y", NULL});
}

/* ---- Graphs ---- */

/* What Dropout keeps, which is all. */
static void mask(struct chain *chain)
{
    chain_layer(chain, "a");
    writer_node(chain->writer, "Dropout", (char *[]){"a", NULL}, (char *[]){"d", "kept", NULL});
    writer_int(chain->writer, part_node(chain->writer, "Cast", "kept", NULL, "factor"), "to",
               ONNX_FLOAT);
    part_node(chain->writer, "Mul", "d", "factor", "y");
}

/* Beside whole numbers one that no float is. */
static void padded(struct chain *chain)
{
    const int64_t pads[] = {0, 0, 0, 0, 0, 1}, fill = (1 << 24) + 1;
    writer_int(chain->writer, part_node(chain->writer, "Cast", "x", NULL, "whole"), "to",
               ONNX_INT64);
    char *const names[] = {"whole", part_ints(chain->writer, pads, 6),
                           part_scalar(chain->writer, fill), NULL};
    writer_node(chain->writer, "Pad", names, (char *[]){"wide", NULL});
    writer_int(chain->writer,
               part_node(chain->writer, "Gather", "wide", part_int(chain->writer, I), "last"),
               "axis", 2);
    part_node(chain->writer, "Sub", "last", part_scalar(chain->writer, fill - 1), "less");
    writer_int(chain->writer, part_node(chain->writer, "Cast", "less", NULL, "numbers"), "to",
               ONNX_FLOAT);
    part_node(chain->writer, "MatMul", "numbers", part_floats(chain->writer, 2, (size_t[]){1, 2}),
              "y");
}

/* A convolution of each step by itself, whose rows are no batch. */
static void rows(struct chain *chain)
{
    chain->open = 1;
    part_node(chain->writer, "Conv", "x", part_floats(chain->writer, 3, (size_t[]){2, 1, 2}),
              "windows");
    part_node(chain->writer, "Reshape", "windows",
              part_ints(chain->writer, (const int64_t[]){0, -1}, 2), "flat");
    part_node(chain->writer, "Unsqueeze", "flat", part_int(chain->writer, 1), "steps");
    chain_gru(chain, "steps", 1, 2 * (I - 1), chain_none, "y", "");
}

/* ---- Where sequences end ---- */

static char *length_of(struct chain *chain, int64_t length)
{
    return writer_constant(chain->writer,
                           writer_ints(chain->writer, &length, 1, (const size_t[]){1}, ONNX_INT32));
}

static void two_lengths(struct chain *chain)
{
    chain->has_length = true;
    chain_gru(chain, "x", 1, I, (char *[]){"length", ""}, "layer", "");
    part_node(chain->writer, "Squeeze", "layer", part_int(chain->writer, 1), "a");
    chain_gru(chain, "a", 1, H, (char *[]){length_of(chain, LENGTH - 1), ""}, "y", "");
}

static void constant_length(struct chain *chain)
{
    chain_gru(chain, "x", 1, I, (char *[]){length_of(chain, LENGTH), ""}, "y", "");
}

static void computed_length(struct chain *chain)
{
    chain->has_length = true;
    part_node(chain->writer, "Sub", "length", length_of(chain, 2), "shorter");
    chain_gru(chain, "x", 1, I, (char *[]){"shorter", ""}, "y", "");
}

static void cast_length(struct chain *chain)
{
    chain->has_length = true;
    writer_int(chain->writer, part_node(chain->writer, "Cast", "length", NULL, "wide"), "to",
               ONNX_INT64);
    writer_int(chain->writer, part_node(chain->writer, "Cast", "wide", NULL, "narrow"), "to",
               ONNX_INT32);
    chain_gru(chain, "x", 1, I, (char *[]){"narrow", ""}, "layer", "");
    part_node(chain->writer, "Squeeze", "layer", part_int(chain->writer, 1), "a");
    chain_gru(chain, "a", 1, H, (char *[]){"length", ""}, "y", "");
}

/* ---- Files ---- */

static const struct chain_kind kinds[] = {{"initial", initial},
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
                                          {"two_lengths", two_lengths},
                                          {"constant_length", constant_length},
                                          {"computed_length", computed_length},
                                          {"cast_length", cast_length},
                                          {"mask", mask},
                                          {"padded", padded},
                                          {"rows", rows},
                                          {NULL, NULL}};

static void write_inputs(struct chain *chain, const char *folder)
{
    const int64_t length = LENGTH;
    float x[2 * T * I];
    for (size_t i = 0; i < sizeof x / sizeof *x; i++)
        x[i] = part_number();
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

static const struct chain_kind *find(const struct chain_kind *row, const char *name)
{
    while (row->name && strcmp(row->name, name) != 0)
        row++;
    return row->name ? row : NULL;
}

int main(int count, char **arguments)
{
    struct chain chain = {writer_create(), 3, {T, 1, I}, 0, false, {NULL}};
    const struct chain_kind *kind = count == 3 ? find(kinds, arguments[1]) : NULL;
    if (count == 3 && !kind)
        kind = find(chain_heads, arguments[1]);
    if (!kind)
        return EXIT_FAILURE;
    part_seed(5);
    writer_clear(chain.writer, 18);
    kind->write(&chain);
    writer_input(chain.writer, "x", ONNX_FLOAT, chain.rank, chain.dims);
    for (size_t i = 0; i < chain.rank; i++)
        if (chain.open >> i & 1)
            chain.writer->inputs[0]->type->tensor_type->shape->dim[i]->has_dim_value = 0;
    if (chain.has_length)
        writer_input(chain.writer, "length", ONNX_INT32, 1, (const size_t[]){1});
    for (size_t d = 1; d <= 2 && chain.start[0]; d++)
        writer_input(chain.writer, chain.start[d - 1], ONNX_FLOAT, 3, (const size_t[]){d, 1, H});
    writer_output(chain.writer, "y");
    part_write(chain.writer, arguments[2], "model.onnx");
    write_inputs(&chain, arguments[2]);
    writer_free(chain.writer);
    return EXIT_SUCCESS;
}
