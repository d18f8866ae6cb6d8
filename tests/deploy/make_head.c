/* SPDX-License-Identifier: MIT */
/* make_head SEED DIR: DIR/whole.onnx, a recurrent layer and its head, drawn by the seed; and
 * DIR/layer.onnx and DIR/head.onnx, the same taken apart, with the same weights. DIR/x.pb is an
 * input of the first. It prints what a compiler is told of them: sizes, and what the head leaves to
 * whoever puts the two together. */
#include "deploy/parts.h"

#include <stdio.h>
#include <stdlib.h>

enum { SIZE_MOST = 40, T = 9, B = 2 };
enum { WHOLE, LAYER, HEAD };

/* Where the input of the layer is added: nowhere, before the function after it, or past that. */
enum skip { NONE, BEFORE, AFTER };

struct head {
    struct writer *writer;
    const char *op; /* of the layer */
    size_t gates, I, H, O;
    const char *before, *after; /* functions, or NULL */
    bool has_bias, swaps; /* swaps: a constant or what skips stands first */
    enum skip skip;
};

static char *node(struct head *head, const char *op, char *a, char *b)
{
    char *to = writer_name(head->writer);
    part_node(head->writer, op, a, b, to);
    return to;
}

static char *add(struct head *head, char *to, char *what)
{
    return head->swaps ? node(head, "Add", what, to) : node(head, "Add", to, what);
}

static char *write_layer(struct head *head, char *x)
{
    const size_t rows = head->gates * head->H;
    const size_t w[] = {1, rows, head->I}, r[] = {1, rows, head->H}, b[] = {1, 2 * rows};
    char *const names[] = {x, part_floats(head->writer, 3, w), part_floats(head->writer, 3, r),
                           part_floats(head->writer, 2, b), NULL};
    char *y = writer_name(head->writer);
    Onnx__Node *made = writer_node(head->writer, head->op, names, (char *[]){y, NULL});
    writer_int(head->writer, made, "hidden_size", (int64_t)head->H);
    return node(head, "Squeeze", y, part_int(head->writer, 1));
}

/* Up to what skips the layer, where the head is alone. */
static char *write_head(struct head *head, char *from, char *x)
{
    if (head->before)
        from = node(head, head->before, from, NULL);
    char *y =
        node(head, "MatMul", from, part_floats(head->writer, 2, (size_t[]){head->H, head->O}));
    if (head->has_bias)
        y = add(head, y, part_floats(head->writer, 1, &head->O));
    if (head->skip == BEFORE && !x)
        return y;
    if (head->skip == BEFORE)
        y = add(head, y, x);
    if (head->after)
        y = node(head, head->after, y, NULL);
    return head->skip == AFTER && x ? add(head, y, x) : y;
}

/* Weights are drawn in the same order whatever is written of them. */
static void write_part(struct head *head, int part, unsigned seed, const char *folder)
{
    static const char *const names[] = {"whole.onnx", "layer.onnx", "head.onnx"};
    const size_t dims[] = {5, 1, part == HEAD ? head->H : head->I};
    writer_clear(head->writer, 13);
    part_seed(seed);
    char *y = "x";
    if (part != HEAD)
        y = write_layer(head, y);
    part_seed(seed + 1);
    if (part != LAYER)
        y = write_head(head, y, part == WHOLE ? "x" : NULL);
    writer_input(head->writer, "x", ONNX_FLOAT, 3, dims);
    for (size_t i = 0; i < (part == HEAD ? 1 : 2); i++) /* the batch of a layer is open, too */
        head->writer->inputs[0]->type->tensor_type->shape->dim[i]->has_dim_value = 0;
    writer_output(head->writer, y);
    part_write(head->writer, folder, names[part]);
}

static void write_x(struct head *head, const char *folder)
{
    static float x[T * B * SIZE_MOST];
    for (size_t i = 0; i < T * B * head->I; i++)
        x[i] = part_number();
    write_tensor(
        folder, "x.pb",
        writer_floats(head->writer, x, 3, (const size_t[]){T, B, head->I}, ONNX_FLOAT, true));
}

static void choose(struct head *head)
{
    static const struct {
        const char *op;
        size_t gates;
    } layers[] = {{"LSTM", 4}, {"GRU", 3}, {"RNN", 1}};
    static const char *const functions[] = {NULL, "Relu", "Tanh", "Sigmoid"};
    static const size_t outputs[] = {1, 3, 1, 17};
    const unsigned layer = part_below(3);
    head->op = layers[layer].op;
    head->gates = layers[layer].gates;
    head->H = 1 + part_below(SIZE_MOST);
    head->O = outputs[part_below(4)];
    head->skip = (enum skip)part_below(3);
    head->I = head->skip ? head->O : 1 + part_below(4);
    head->before = functions[part_below(2)];
    /* Tanh and what is added to it would be one fraction, which they are not one after the other.
     */
    head->after = functions[head->skip == AFTER ? 1 : part_below(head->skip ? 2 : 4)];
    head->has_bias = part_below(4);
    head->swaps = part_below(2);
}

int main(int count, char **arguments)
{
    if (count != 3)
        return EXIT_FAILURE;
    const unsigned seed = (unsigned)atoi(arguments[1]);
    struct head head = {.writer = writer_create()};
    part_seed(seed);
    for (int i = 0; i < 8; i++)
        part_below(2);
    choose(&head);
    for (int part = WHOLE; part <= HEAD; part++)
        write_part(&head, part, seed, arguments[2]);
    write_x(&head, arguments[2]);
    printf("-DSIZE_I=%zu -DSIZE_H=%zu -DSIZE_O=%zu -DSKIPS=%d -DRELU=%d\n", head.I, head.H, head.O,
           head.skip != NONE, head.skip == BEFORE && head.after);
    writer_free(head.writer);
    return EXIT_SUCCESS;
}
