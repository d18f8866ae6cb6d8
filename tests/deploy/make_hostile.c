/* SPDX-License-Identifier: MIT */
/* make_hostile DIR FLIPS: models that weir-gen --model must refuse, DIR/bad_WHAT.onnx, and a valid
 * one with one to three bytes changed, DIR/flip_N.onnx, which may be models still. */
#include "deploy/parts.h"
#include "support/inputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { I = 4, H = 3, T = 5 };

static char *floats(struct writer *writer, size_t rank, const size_t *dims)
{
    size_t count = 1;
    for (size_t i = 0; i < rank; i++)
        count *= dims[i];
    const float *zeros = writer_take(writer, count, sizeof *zeros);
    return writer_constant(writer, writer_floats(writer, zeros, rank, dims, ONNX_FLOAT, true));
}

/* x[T][1][I] to y[T][1][1][H]. */
static void add_layer(struct writer *writer)
{
    char *const names[] = {(char *)"x", floats(writer, 3, (const size_t[]){1, 4 * H, I}),
                           floats(writer, 3, (const size_t[]){1, 4 * H, H}), NULL};
    Onnx__Node *node = writer_node(writer, "LSTM", names, (char *const[]){"y", NULL});
    writer_int(writer, node, "hidden_size", H);
}

static void add_end(struct writer *writer, const char *op, char *const *inputs)
{
    writer_node(writer, op, inputs, (char *const[]){"z", NULL});
    writer_output(writer, (char *)"z");
}

/* ---- What is refused ---- */

static void huge_reshape(struct writer *writer)
{
    const int64_t shape[] = {INT64_C(1) << 32, INT64_C(1) << 32, -1};
    add_end(writer, "Reshape", (char *const[]){"y", part_ints(writer, shape, 3), NULL});
}

static void shape_of_nothing(struct writer *writer)
{
    add_end(writer, "Shape", (char *const[]){"", "y", NULL});
}

static void no_output(struct writer *writer)
{
    writer_node(writer, "Identity", (char *const[]){"y", NULL}, (char *const[]){NULL});
    writer_output(writer, (char *)"y");
}

static void unnamed_output(struct writer *writer)
{
    writer_node(writer, "Shape", (char *const[]){"y", NULL}, (char *const[]){"", NULL});
    writer_output(writer, (char *)"y");
}

static void axis_twice(struct writer *writer)
{
    const int64_t perm[] = {0, 0, 2, 3};
    Onnx__Node *node =
        writer_node(writer, "Transpose", (char *const[]){"y", NULL}, (char *const[]){"z", NULL});
    writer_list(writer, node, "perm", perm, 4);
    writer_output(writer, (char *)"z");
}

static void axis_far_away(struct writer *writer)
{
    const int64_t axes[] = {INT64_MIN};
    add_end(writer, "Squeeze", (char *const[]){"y", part_ints(writer, axes, 1), NULL});
}

static void many_axes(struct writer *writer)
{
    const int64_t axes[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    add_end(writer, "Unsqueeze", (char *const[]){"y", part_ints(writer, axes, 12), NULL});
}

static void empty_product(struct writer *writer)
{
    add_end(writer, "MatMul",
            (char *const[]){"y", floats(writer, 2, (const size_t[]){H, 0}), NULL});
}

static void slice_to_nowhere(struct writer *writer)
{
    const int64_t far[] = {INT64_MIN};
    add_end(writer, "Slice",
            (char *const[]){"y", part_ints(writer, far, 1), part_ints(writer, far, 1),
                            part_ints(writer, far, 1), NULL});
}

/* A scalar times a matrix, with no layer before it. */
static void scalar_product(struct writer *writer)
{
    writer_input(writer, (char *)"x", ONNX_FLOAT, 0, NULL);
    add_end(writer, "MatMul",
            (char *const[]){"x", floats(writer, 2, (const size_t[]){1, 1}), NULL});
}

static const struct {
    const char *name;
    void (*add)(struct writer *writer);
    bool has_layer; /* before what it adds */
} cases[] = {{"huge_reshape", huge_reshape, true},
             {"shape_of_nothing", shape_of_nothing, true},
             {"no_output", no_output, true},
             {"unnamed_output", unnamed_output, true},
             {"axis_twice", axis_twice, true},
             {"axis_far_away", axis_far_away, true},
             {"many_axes", many_axes, true},
             {"empty_product", empty_product, true},
             {"slice_to_nowhere", slice_to_nowhere, true},
             {"scalar_product", scalar_product, false}};

/* A layer, a product with a bias, its function, and the last step. */
static void valid(struct writer *writer)
{
    const int64_t shape[] = {0, 0, -1}, last[] = {-1}, end[] = {INT64_MAX}, first[] = {0};
    const int64_t perm[] = {0, 2, 1, 3};
    Onnx__Node *node =
        writer_node(writer, "Transpose", (char *const[]){"y", NULL}, (char *const[]){"a", NULL});
    writer_list(writer, node, "perm", perm, 4);
    writer_node(writer, "Reshape", (char *const[]){"a", part_ints(writer, shape, 3), NULL},
                (char *const[]){"b", NULL});
    writer_node(writer, "Slice",
                (char *const[]){"b", part_ints(writer, last, 1), part_ints(writer, end, 1),
                                part_ints(writer, first, 1), NULL},
                (char *const[]){"c", NULL});
    writer_node(writer, "MatMul",
                (char *const[]){"c", floats(writer, 2, (const size_t[]){H, 2}), NULL},
                (char *const[]){"d", NULL});
    writer_node(writer, "Add", (char *const[]){"d", floats(writer, 1, (const size_t[]){2}), NULL},
                (char *const[]){"e", NULL});
    add_end(writer, "Sigmoid", (char *const[]){"e", NULL});
}

/* ---- Files ---- */

static unsigned char *make(struct writer *writer, void (*add)(struct writer *writer),
                           bool has_layer, size_t *size)
{
    writer_clear(writer, 14);
    if (has_layer) {
        writer_input(writer, (char *)"x", ONNX_FLOAT, 3, (const size_t[]){T, 1, I});
        add_layer(writer);
    }
    add(writer);
    return writer_bytes(writer, size);
}

static void write_flips(struct writer *writer, const char *folder, size_t count)
{
    struct random random = {1};
    size_t size;
    unsigned char *whole = make(writer, valid, true, &size), *bytes = malloc(size);
    char name[64];
    write_file(folder, "flip_none.onnx", whole, size);
    for (size_t n = 0; n < count; n++) {
        memcpy(bytes, whole, size);
        for (size_t k = 0; k <= n % 3; k++)
            bytes[random_below(&random, size)] = (unsigned char)random_below(&random, 256);
        snprintf(name, sizeof name, "flip_%zu.onnx", n);
        write_file(folder, name, bytes, size);
    }
    free(whole);
    free(bytes);
}

int main(int count, char **arguments)
{
    struct writer *writer = writer_create();
    size_t size;
    char name[64];
    if (count != 3)
        return EXIT_FAILURE;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        void *made = make(writer, cases[i].add, cases[i].has_layer, &size);
        snprintf(name, sizeof name, "bad_%s.onnx", cases[i].name);
        write_file(arguments[1], name, made, size);
        free(made);
    }
    write_flips(writer, arguments[1], (size_t)atoi(arguments[2]));
    writer_free(writer);
    return EXIT_SUCCESS;
}
