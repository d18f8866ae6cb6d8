/* SPDX-License-Identifier: MIT */
/* make_model KIND DIR: writes DIR/model.onnx, of the kinds below, and what it is to be run on:
 * DIR/x.npy and DIR/input_0.pb, and DIR/lengths.npy and DIR/input_1.pb where it has lengths. */
#include "deploy/parts.h"
#include "halves.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { T = 9, I = 6, H = 10, O = 3, LENGTH = 7 };

/* A node that makes another type of a value. */
static void cast(struct writer *writer, char *from, char *to, enum onnx_type type)
{
    writer_int(writer, part_node(writer, "Cast", from, NULL, to), "to", type);
}

/* What constants are stored as: to be cast to float32, unless the whole model is of float16. */
static enum { STORED_FLOATS, STORED_TO_CAST, STORED_HALVES } stored;

static char *floats(struct writer *writer, size_t rank, const size_t *dims)
{
    if (stored == STORED_FLOATS)
        return part_floats(writer, rank, dims);
    size_t count = 1;
    for (size_t i = 0; i < rank; i++)
        count *= dims[i];
    uint16_t *bits = writer_take(writer, count, sizeof *bits);
    for (size_t i = 0; i < count; i++)
        bits[i] = half_narrow(part_number() / 2);
    char *name =
        writer_constant(writer, writer_halves(writer, bits, rank, dims, ONNX_FLOAT16, true));
    if (stored == STORED_HALVES)
        return name;
    char *wide = writer_name(writer);
    cast(writer, name, wide, ONNX_FLOAT);
    return wide;
}

/* A recurrent node; its outputs end with NULL. */
static Onnx__Node *recurrent(struct writer *writer, const char *op, const char *direction,
                             size_t gates, size_t inputs, char *x, char *lengths,
                             char *const *outputs)
{
    const size_t D = strcmp(direction, "bidirectional") ? 1 : 2;
    const size_t w[] = {D, gates * H, inputs}, r[] = {D, gates * H, H}, b[] = {D, 2 * gates * H};
    char *const names[] = {
        x, floats(writer, 3, w), floats(writer, 3, r), floats(writer, 2, b), lengths, NULL};
    Onnx__Node *node = writer_node(writer, op, names, outputs);
    writer_string(writer, node, "direction", direction);
    writer_int(writer, node, "hidden_size", H);
    return node;
}

/* ---- Kinds ---- */

static void lengths(struct writer *writer)
{
    writer_input(writer, "lengths", ONNX_INT32, 1, (const size_t[]){1});
    Onnx__Node *node =
        recurrent(writer, "GRU", "bidirectional", 3, I, "x", "lengths", (char *const[]){"y", NULL});
    writer_int(writer, node, "linear_before_reset", 1);
    writer_output(writer, "y");
}

static void reverse(struct writer *writer)
{
    recurrent(writer, "LSTM", "reverse", 4, I, "x", NULL, (char *const[]){"y", NULL});
    writer_output(writer, "y");
}

/* The final state of a reset-before GRU: no Y at all. */
static void final(struct writer *writer)
{
    recurrent(writer, "GRU", "bidirectional", 3, I, "x", NULL, (char *const[]){"", "y", NULL});
    writer_output(writer, "y");
}

/* Two layers, the last step, a product, a bias and a sigmoid. */
static void stack(struct writer *writer)
{
    const size_t w[] = {2 * H, O}, b[] = {O};
    const int64_t perm[] = {0, 2, 1, 3}, shape[] = {0, 0, -1};
    recurrent(writer, "LSTM", "bidirectional", 4, I, "x", NULL, (char *const[]){"a", NULL});
    Onnx__Node *node = part_node(writer, "Transpose", "a", NULL, "a2");
    writer_list(writer, node, "perm", perm, 4);
    char *name = part_ints(writer, shape, 3);
    part_node(writer, "Reshape", "a2", name, "a3");
    recurrent(writer, "LSTM", "bidirectional", 4, 2 * H, "a3", NULL, (char *const[]){"c", NULL});
    node = part_node(writer, "Transpose", "c", NULL, "c2");
    writer_list(writer, node, "perm", perm, 4);
    part_node(writer, "Reshape", "c2", name, "c3");
    writer_node(writer, "Slice",
                (char *const[]){"c3", part_int(writer, -1), part_int(writer, INT64_MAX),
                                part_int(writer, 0), NULL},
                (char *const[]){"d", NULL});
    part_node(writer, "MatMul", "d", floats(writer, 2, w), "e");
    part_node(writer, "Add", floats(writer, 1, b), "e", "f");
    part_node(writer, "Sigmoid", "f", NULL, "y");
    writer_output(writer, "y");
}

/* Not a chain's: an exponential. */
static void exponential(struct writer *writer)
{
    recurrent(writer, "RNN", "forward", 1, I, "x", NULL, (char *const[]){"a", NULL});
    part_node(writer, "Exp", "a", NULL, "y");
    writer_output(writer, "y");
}

/* Weights that are stored as float16; then a model that is made of it throughout. */
static void stored_halves(struct writer *writer)
{
    stored = STORED_TO_CAST;
    reverse(writer);
}

static void all_halves(struct writer *writer)
{
    stored = STORED_HALVES;
    writer->inputs[0]->type->tensor_type->elem_type = ONNX_FLOAT16;
    stack(writer);
}

/* Not a chain's: its input is rounded to float16. */
static void rounded(struct writer *writer)
{
    cast(writer, "x", "half", ONNX_FLOAT16);
    cast(writer, "half", "wide", ONNX_FLOAT);
    recurrent(writer, "RNN", "forward", 1, I, "wide", NULL, (char *const[]){"y", NULL});
    writer_output(writer, "y");
}

/* ---- Files ---- */

static void write_npy(const char *folder, const char *name, const char *type, const char *shape,
                      const void *data, size_t size)
{
    static char bytes[4096] = "\x93NUMPY\1\0\x76"; /* then a dictionary of 0x76 bytes */
    char dictionary[118];
    snprintf(dictionary, sizeof dictionary,
             "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", type, shape);
    snprintf(bytes + 10, sizeof bytes - 10, "%-117s\n", dictionary);
    memcpy(bytes + 128, data, size);
    write_file(folder, name, bytes, 128 + size);
}

/* The data of all initialisers in a file beside the model. */
static void put_beside(struct writer *writer, const char *folder, const char *name)
{
    static uint8_t bytes[1 << 16];
    size_t size = 0;
    for (size_t i = 0; i < writer->graph.n_initializer; i++) {
        Onnx__Tensor *tensor = writer->initializers[i];
        const ProtobufCBinaryData data = tensor->raw_data;
        if (size + data.len > sizeof bytes)
            exit(EXIT_FAILURE);
        memcpy(bytes + size, data.data, data.len);
        writer_external(writer, tensor, name, writer_format(writer, "%zu", size), NULL);
        size += data.len;
    }
    write_file(folder, name, bytes, size);
}

int main(int count, char **arguments)
{
    static const struct {
        const char *name;
        void (*write)(struct writer *writer);
    } kinds[] = {{"lengths", lengths},
                 {"reverse", reverse},
                 {"final", final},
                 {"stack", stack},
                 {"stored_halves", stored_halves},
                 {"all_halves", all_halves},
                 {"rounded", rounded},
                 {"exponential", exponential},
                 {"beside", final}};
    enum { KINDS = sizeof kinds / sizeof *kinds };
    static float x[T * I];
    const int length = LENGTH;
    struct writer *writer = writer_create();
    size_t kind = 0;
    while (count == 3 && kind < KINDS && strcmp(kinds[kind].name, arguments[1]) != 0)
        kind++;
    if (count != 3 || kind == KINDS)
        return EXIT_FAILURE;
    part_seed(11);
    writer_clear(writer, 14);
    writer_input(writer, "x", ONNX_FLOAT, 3, (const size_t[]){T, 1, I});
    kinds[kind].write(writer);
    if (!strcmp(kinds[kind].name, "beside"))
        put_beside(writer, arguments[2], "model.onnx_data");
    part_write(writer, arguments[2], "model.onnx");
    for (size_t i = 0; i < T * I; i++)
        x[i] = part_number();
    write_npy(arguments[2], "x.npy", "<f4", "(9, 1, 6)", x, sizeof x);
    write_tensor(arguments[2], "input_0.pb",
                 writer_floats(writer, x, 3, (const size_t[]){T, 1, I}, ONNX_FLOAT, true));
    if (kind == 0) {
        const int64_t wide = LENGTH;
        write_npy(arguments[2], "lengths.npy", "<i4", "(1,)", &length, sizeof length);
        write_tensor(arguments[2], "input_1.pb",
                     writer_ints(writer, &wide, 1, (const size_t[]){1}, ONNX_INT32));
    }
    writer_free(writer);
    return EXIT_SUCCESS;
}
