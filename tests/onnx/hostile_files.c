/* SPDX-License-Identifier: MIT */
/* Files that mean harm. Most are a small valid model, of an LSTM with an If and a Concat around it,
 * in which one thing is wrong. */
#define _GNU_SOURCE
#include "onnx/hostile.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { I = 3, H = 4, GATES = 4, MANY = 100000 };

/* ---- The valid model ---- */

static Onnx__Node *find(struct writer *writer, const char *op)
{
    size_t i = 0;
    while (strcmp(writer->nodes[i]->op_type, op) != 0)
        i++;
    return writer->nodes[i];
}

static Onnx__Tensor *find_tensor(struct writer *writer, const char *name)
{
    size_t i = 0;
    while (strcmp(writer->initializers[i]->name, name) != 0)
        i++;
    return writer->initializers[i];
}

static char *text(struct writer *writer, const char *chars)
{
    return writer_format(writer, "%s", chars);
}

static void add_weights(struct writer *writer, const char *name, size_t columns)
{
    const size_t dims[3] = {1, GATES * H, columns};
    float *values = writer_take(writer, GATES * H * columns, sizeof *values);
    writer_initializer(writer, writer_floats(writer, values, 3, dims, ONNX_FLOAT, true),
                       text(writer, name));
}

/* A branch that is one Identity of Y. */
static Onnx__Graph *make_branch(struct writer *writer, char *output)
{
    writer_node(writer, "Identity", (char *[]){text(writer, "Y"), NULL}, (char *[]){output, NULL});
    return writer_branch(writer, output);
}

static void build(struct writer *writer)
{
    const size_t x_dims[3] = {2, 1, I}, one = 1;
    char *x = text(writer, "X"), *y = text(writer, "Y"), *z = text(writer, "Z");
    char *w = text(writer, "W"), *r = text(writer, "R"), *flag = text(writer, "flag");
    writer_input(writer, x, ONNX_FLOAT, 3, x_dims);
    writer_input(writer, flag, ONNX_BOOL, 1, &one);
    add_weights(writer, "W", I);
    add_weights(writer, "R", H);
    writer_int(writer, writer_node(writer, "LSTM", (char *[]){x, w, r, NULL}, (char *[]){y, NULL}),
               "hidden_size", H);
    Onnx__Node *node = writer_node(writer, "If", (char *[]){flag, NULL}, (char *[]){z, NULL});
    writer_attribute(writer, node, "then_branch")->g = make_branch(writer, text(writer, "a"));
    writer_attribute(writer, node, "else_branch")->g = make_branch(writer, text(writer, "b"));
    char *both = text(writer, "both");
    writer_int(writer,
               writer_node(writer, "Concat", (char *[]){z, y, NULL}, (char *[]){both, NULL}),
               "axis", 0);
    writer_output(writer, both);
}

unsigned char *hostile_valid(struct writer *writer, size_t *size)
{
    build(writer);
    return writer_bytes(writer, size);
}

/* ---- What is no model at all ---- */

static unsigned char *copy(const char *bytes, size_t size)
{
    return memcpy(malloc(size + 1), bytes, size);
}

static unsigned char *make_empty(struct writer *writer, size_t *size)
{
    (void)writer;
    *size = 0;
    return copy("", 0);
}

static unsigned char *make_text(struct writer *writer, size_t *size)
{
    (void)writer;
    static const char words[] = "#!/bin/sh\necho this is no model\n";
    *size = sizeof words - 1;
    return copy(words, *size);
}

static unsigned char *make_zeros(struct writer *writer, size_t *size)
{
    (void)writer;
    *size = 1 << 20;
    return calloc(1, *size);
}

static unsigned char *make_truncated(struct writer *writer, size_t *size)
{
    unsigned char *bytes = hostile_valid(writer, size);
    *size -= 9;
    return bytes;
}

/* Messages in messages: an attribute holds a graph, whose node has an attribute, and so on. */
static unsigned char *make_nested(struct writer *writer, size_t *size)
{
    enum { DEPTH = 2000, ROOM = 16 * DEPTH };
    static const unsigned char keys[] = {0x0a, 0x32, 0x2a}; /* node, g, attribute */
    (void)writer;
    unsigned char *bytes = malloc(ROOM);
    size_t start = ROOM;
    for (size_t k = 0; k < DEPTH; k++) {
        size_t length = ROOM - start;
        unsigned char head[8] = {k == DEPTH - 1 ? 0x3a : keys[k % 3]};
        size_t used = 1;
        for (; length >= 0x80; length >>= 7)
            head[used++] = (unsigned char)(length | 0x80);
        head[used++] = (unsigned char)length;
        start -= used;
        memcpy(bytes + start, head, used);
    }
    *size = ROOM - start;
    memmove(bytes, bytes + start, *size);
    return bytes;
}

/* Two bytes each, and many times as large in memory. */
static unsigned char *make_empty_nodes(struct writer *writer, size_t *size)
{
    enum { NODES = 2000000, HEAD = 6 };
    (void)writer;
    unsigned char *bytes = calloc(1, HEAD + 2 * NODES);
    size_t length = 2 * NODES, at = 0;
    bytes[at++] = 0x3a;
    for (; length >= 0x80; length >>= 7)
        bytes[at++] = (unsigned char)(length | 0x80);
    bytes[at++] = (unsigned char)length;
    for (size_t k = 0; k < NODES; k++, at += 2)
        bytes[at] = 0x0a;
    *size = at;
    return bytes;
}

/* ---- Models in which one thing is wrong: each changes the valid one ---- */

#define CHANGE(name, ...)                                                                          \
    static unsigned char *make_##name(struct writer *writer, size_t *size)                         \
    {                                                                                              \
        build(writer);                                                                             \
        __VA_ARGS__                                                                                \
        return writer_bytes(writer, size);                                                         \
    }                                                                                              \
    static unsigned char *make_##name(struct writer *writer, size_t *size)

static void set_dims(struct writer *writer, int64_t a, int64_t b, int64_t c)
{
    Onnx__Tensor *tensor = find_tensor(writer, "W");
    tensor->dims[0] = a;
    tensor->dims[1] = b;
    tensor->dims[2] = c;
}

static void set_string(struct writer *writer, const char *name, const char *value)
{
    writer_string(writer, find(writer, "LSTM"), name, value);
}

static void set_activations(struct writer *writer, size_t count, const char *value)
{
    Onnx__Attribute *attribute = writer_attribute(writer, find(writer, "LSTM"), "activations");
    attribute->n_strings = count;
    attribute->strings = writer_take(writer, count, sizeof *attribute->strings);
    for (size_t i = 0; i < count; i++)
        attribute->strings[i] =
            (ProtobufCBinaryData){strlen(value), (uint8_t *)text(writer, value)};
}

static void set_float(struct writer *writer, const char *name, float value)
{
    Onnx__Attribute *attribute = writer_attribute(writer, find(writer, "LSTM"), name);
    attribute->has_f = 1;
    attribute->f = value;
}

static void set_list(struct writer *writer, const char *name, size_t count)
{
    Onnx__Attribute *attribute = writer_attribute(writer, find(writer, "LSTM"), name);
    attribute->n_floats = count;
    attribute->floats = writer_take(writer, count, sizeof *attribute->floats);
}

static void set_external(struct writer *writer, const char *place, const char *offset)
{
    writer_external(writer, find_tensor(writer, "W"), place, offset, NULL);
}

/* W as float16 in a list, one element of which is set. */
static void set_half(struct writer *writer, int32_t element)
{
    Onnx__Tensor *tensor = find_tensor(writer, "W");
    tensor->data_type = ONNX_FLOAT16;
    tensor->has_raw_data = 0;
    tensor->n_int32_data = GATES * H * I;
    tensor->int32_data = writer_take(writer, GATES * H * I, sizeof *tensor->int32_data);
    tensor->int32_data[5] = element;
}

/* The same node very often; its outputs are all left out or all the same. */
static void repeat_node(struct writer *writer, Onnx__Node *node)
{
    static Onnx__Node *many[MANY];
    for (size_t k = 0; k < MANY; k++)
        many[k] = node;
    writer->graph.node = many;
    writer->graph.n_node = MANY;
}

/* Each Concat is twice as large as the one before. */
static void add_bomb(struct writer *writer)
{
    char *last = text(writer, "W");
    for (size_t k = 0; k < 40; k++) {
        char *next = writer_name(writer);
        writer_int(
            writer,
            writer_node(writer, "Concat", (char *[]){last, last, NULL}, (char *[]){next, NULL}),
            "axis", 0);
        last = next;
    }
}

static void add_filled(struct writer *writer, const char *op, int64_t a, int64_t b)
{
    const int64_t shape[2] = {a, b};
    const size_t two = 2;
    writer_initializer(writer, writer_ints(writer, shape, 1, &two, ONNX_INT64),
                       text(writer, "shape"));
    char *inputs[] = {text(writer, "shape"), NULL, NULL};
    if (!strcmp(op, "Reshape")) {
        inputs[0] = text(writer, "W");
        inputs[1] = text(writer, "shape");
    }
    writer_node(writer, op, inputs, (char *[]){text(writer, "filled"), NULL});
}

static void repeat_initializers(struct writer *writer)
{
    static Onnx__Tensor *many[MANY];
    for (size_t k = 0; k < MANY; k++)
        many[k] = find_tensor(writer, "W");
    writer->graph.initializer = many;
    writer->graph.n_initializer = MANY;
}

/* An If in an If in an If. */
static void nest_ifs(struct writer *writer)
{
    Onnx__Node *outer = find(writer, "If");
    Onnx__Graph *branch = outer->attribute[0]->g;
    for (size_t k = 0; k < 18; k++) {
        Onnx__Node *node = writer_take(writer, 1, sizeof *node);
        Onnx__Graph *graph = writer_take(writer, 1, sizeof *graph);
        *node = *outer;
        *graph = *branch;
        node->attribute = writer_take(writer, 2, sizeof *node->attribute);
        for (size_t b = 0; b < 2; b++) {
            node->attribute[b] = writer_take(writer, 1, sizeof(Onnx__Attribute));
            *node->attribute[b] = *outer->attribute[b];
        }
        node->attribute[0]->g = branch;
        graph->node = writer_take(writer, 1, sizeof *graph->node);
        graph->node[0] = node;
        branch = graph;
    }
    outer->attribute[0]->g = branch;
}

CHANGE(no_opset, writer->model.n_opset_import = 0;);
CHANGE(old_opset, writer->set.version = 6;);
CHANGE(new_opset, writer->set.version = 26;);
CHANGE(no_graph, writer->model.graph = NULL;);
CHANGE(huge_dims, set_dims(writer, 1, INT64_C(1) << 40, INT64_C(1) << 40););
CHANGE(huge_size, set_dims(writer, 1, INT64_C(1) << 40, I););
CHANGE(negative_dim, set_dims(writer, 1, -16, I););
CHANGE(no_elements, set_dims(writer, 0, INT64_C(1) << 60, INT64_C(1) << 60););
CHANGE(wrong_shape, set_dims(writer, 1, I, GATES *H););
CHANGE(wrong_type, find_tensor(writer, "W")->data_type = ONNX_INT32;);
CHANGE(string_type, find_tensor(writer, "W")->data_type = 8;);
CHANGE(unknown_type, find_tensor(writer, "W")->data_type = 1000;);
CHANGE(odd_bytes, find_tensor(writer, "W")->raw_data.len--;);
CHANGE(half_beyond, set_half(writer, 65536););
CHANGE(half_negative, set_half(writer, -1););
CHANGE(half_few, set_half(writer, 0); find_tensor(writer, "W")->n_int32_data--;);
CHANGE(half_odd, find_tensor(writer, "W")->data_type = ONNX_BFLOAT16;
       find_tensor(writer, "W")->raw_data.len = 2 * GATES * H * I + 1;);
CHANGE(half_wide, find_tensor(writer, "W")->data_type = ONNX_FLOAT16;);
CHANGE(half_floats, find_tensor(writer, "W")->data_type = ONNX_FLOAT16;
       find_tensor(writer, "W")->has_raw_data = 0; find_tensor(writer, "W")->n_float_data = 48;
       find_tensor(writer, "W")->float_data = writer_take(writer, 48, sizeof(float)););
CHANGE(half_external, find_tensor(writer, "W")->data_type = ONNX_BFLOAT16;
       set_external(writer, "short.bin", "0"););
CHANGE(too_many_dims, find_tensor(writer, "W")->n_dims = 1;
       find_tensor(writer, "W")->dims = writer_take(writer, 1000, sizeof(int64_t));
       find_tensor(writer, "W")->n_dims = 1000;);
CHANGE(defined_twice, writer->graph.n_initializer++;
       writer->initializers[2] = find_tensor(writer, "W"););
CHANGE(repeated_initialisers, repeat_initializers(writer););
CHANGE(output_twice, find(writer, "Concat")->output[0] = text(writer, "Y"););
CHANGE(cycle, find(writer, "LSTM")->input[0] = text(writer, "both"););
CHANGE(missing_input, find(writer, "LSTM")->input[0] = text(writer, "nowhere"););
CHANGE(no_r, find(writer, "LSTM")->n_input = 2;);
CHANGE(no_inputs, find(writer, "Concat")->n_input = 0;);
CHANGE(missing_output, writer->outputs[0]->name = text(writer, "nowhere"););
CHANGE(unknown_operator, find(writer, "Concat")->op_type = text(writer, "Frobnicate"););
CHANGE(other_domain, find(writer, "Concat")->domain = text(writer, "com.example"););
CHANGE(unknown_attribute, writer_int(writer, find(writer, "LSTM"), "speed", 1););
CHANGE(bad_direction, set_string(writer, "direction", "sideways"););
CHANGE(bad_layout, writer_int(writer, find(writer, "LSTM"), "layout", 2););
CHANGE(bad_clip, set_float(writer, "clip", -1););
CHANGE(bad_hidden, find(writer, "LSTM")->attribute[0]->i = INT64_MIN;);
CHANGE(bad_activation, set_activations(writer, 3, "Frob"););
CHANGE(few_activations, set_activations(writer, 2, "Tanh"););
CHANGE(no_alphas, set_activations(writer, 3, "Affine"););
CHANGE(more_alphas, set_list(writer, "activation_alpha", 4););
CHANGE(no_branch, find(writer, "If")->n_attribute = 1;);
CHANGE(branch_outputs, find(writer, "If")->attribute[0]->g->n_output = 0;);
CHANGE(float_condition, find(writer, "If")->input[0] = text(writer, "X"););
CHANGE(nested_ifs, nest_ifs(writer););
/* Names that a terminal would obey. */
CHANGE(escape_operator, find(writer, "Concat")->op_type = text(writer, "a\x1b[2Jb\n"););
CHANGE(escape_domain, find(writer, "Concat")->domain = text(writer, "a\nb"););
CHANGE(escape_attribute, writer_int(writer, find(writer, "LSTM"), "a\nb", 1););
CHANGE(escape_direction, set_string(writer, "direction", "a\nb"););
CHANGE(escape_activation, set_activations(writer, 3, "a\nb"););
CHANGE(escape_input, find(writer, "LSTM")->input[0] = text(writer, "a\nb"););
CHANGE(escape_output, writer->outputs[0]->name = text(writer, "a\nb"););
CHANGE(bomb, add_bomb(writer););
CHANGE(filled, add_filled(writer, "ConstantOfShape", INT64_C(1) << 31, 1000););
CHANGE(filled_more, add_filled(writer, "ConstantOfShape", INT64_C(1) << 40, INT64_C(1) << 40););
CHANGE(filled_negative, add_filled(writer, "ConstantOfShape", -1, 5););
CHANGE(reshaped, add_filled(writer, "Reshape", INT64_C(1) << 32, INT64_C(1) << 32););
CHANGE(many_lstms, find(writer, "LSTM")->output[0] = text(writer, "");
       repeat_node(writer, find(writer, "LSTM")););
CHANGE(many_lost, find(writer, "Concat")->input[0] = text(writer, "nowhere");
       repeat_node(writer, find(writer, "Concat")););
CHANGE(many_twice, find(writer, "LSTM")->input[0] = text(writer, "X");
       repeat_node(writer, find(writer, "LSTM")););
CHANGE(external_up, set_external(writer, "../data.bin", "0"););
CHANGE(external_root, set_external(writer, "/etc/passwd", "0"););
CHANGE(external_inside, set_external(writer, "a/../../data.bin", "0"););
CHANGE(external_link, set_external(writer, "link.bin", "0"););
CHANGE(external_folder, set_external(writer, ".", "0"););
CHANGE(external_none, set_external(writer, "none.bin", "0"););
CHANGE(external_short, set_external(writer, "short.bin", "0"););
CHANGE(external_offset, set_external(writer, "short.bin", "18446744073709551615"););
CHANGE(external_word, set_external(writer, "short.bin", "-1"););
CHANGE(external_huge, set_external(writer, "short.bin", "0");
       set_dims(writer, 1, INT64_C(1) << 40, I););

void hostile_prepare(const char *folder)
{
    const int place = open(folder, O_RDONLY | O_DIRECTORY);
    const int file = openat(place, "short.bin", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (file < 0 || write(file, "short", 5) != 5)
        abort();
    close(file);
    unlinkat(place, "link.bin", 0);
    if (symlinkat("/etc/passwd", place, "link.bin"))
        abort();
    close(place);
}

#define ROW(name, sentence)                                                                        \
    {                                                                                              \
#name, sentence, make_##name                                                               \
    }
const struct hostile hostiles[] = {
    ROW(empty, "does not say of which opset"),
    ROW(text, "it is no ONNX file"),
    ROW(zeros, "it is no ONNX file"),
    ROW(truncated, "it is no ONNX file, or is cut off"),
    ROW(nested, "nested more than"),
    ROW(empty_nodes, "holds more messages than its size warrants"),
    ROW(no_opset, "does not say of which opset"),
    ROW(old_opset, "it is of opset 6, and 7 to 25 are supported"),
    ROW(new_opset, "it is of opset 26"),
    ROW(no_graph, "it has no graph"),
    ROW(huge_dims, "'W' has more elements than memory has bytes"),
    ROW(huge_size, "'W' holds 48 elements, and its shape says 3298534883328"),
    ROW(negative_dim, "'W' has a negative dimension, -16"),
    ROW(no_elements, "'W' "),
    ROW(wrong_shape, "its W has the shape [1][3][16], and must be [1][16][16]"),
    ROW(wrong_type, "its W is of type int32, and must be a float"),
    ROW(string_type, "'W' is of type string (8), which is not supported"),
    ROW(unknown_type, "'W' is of type an unknown type (1000)"),
    ROW(odd_bytes, "'W' holds 191 bytes, and its elements have 4 each"),
    ROW(half_beyond, "'W' holds 65536, which is not the 16 bits of a float16"),
    ROW(half_negative, "'W' holds -1, which is not the 16 bits of a float16"),
    ROW(half_few, "'W' holds 47 elements, and its shape says 48"),
    ROW(half_odd, "'W' holds 97 bytes, and its elements have 2 each"),
    ROW(half_wide, "'W' holds 96 elements, and its shape says 48"),
    ROW(half_floats, "'W' holds 0 elements, and its shape says 48"),
    ROW(half_external, "'short.bin' ends before the data of the tensor 'W' does"),
    ROW(too_many_dims, "'W' has 1000 dimensions"),
    ROW(defined_twice, "'W' is defined twice"),
    ROW(repeated_initialisers, "'W' is defined twice"),
    ROW(output_twice, "'Y' is defined twice"),
    ROW(cycle, "the node 'Y' (LSTM, opset 14): its input 'both' is made by nothing before it"),
    ROW(missing_input, "its input 'nowhere' is made by nothing before it"),
    ROW(no_r, "its input X, W or R is missing"),
    ROW(no_inputs, "(Concat, opset 14): its input 0 is missing"),
    ROW(missing_output, "the output 'nowhere' is made by no node"),
    ROW(unknown_operator, "the node 'both' (Frobnicate, opset 14): this operator is not supported"),
    ROW(other_domain, "operators of the domain 'com.example' are not supported"),
    ROW(unknown_attribute, "an attribute 'speed', which ONNX does not know"),
    ROW(bad_direction, "its direction is 'sideways'"),
    ROW(bad_layout, "its layout is 2"),
    ROW(bad_clip, "its clip is -1"),
    ROW(bad_hidden, "must agree and be 1 to"),
    ROW(bad_activation, "'Frob' is no activation"),
    ROW(few_activations, "it has 2 activations, and needs 3"),
    ROW(no_alphas, "its activation 'Affine' needs finite numbers as alpha and beta"),
    ROW(more_alphas, "its activation_alpha has 4 values, where 0 of its 3 activations take one"),
    ROW(no_branch, "it must have one input, a then_branch and an else_branch"),
    ROW(branch_outputs, "a branch has 0 inputs and 0 outputs"),
    ROW(float_condition, "its condition must be one bool"),
    ROW(nested_ifs, "nested more than"),
    ROW(escape_operator, "(a?[2Jb?, opset 14)"),
    ROW(escape_domain, "the domain 'a?b'"),
    ROW(escape_attribute, "an attribute 'a?b'"),
    ROW(escape_direction, "its direction is 'a?b'"),
    ROW(escape_activation, "'a?b' is no activation"),
    ROW(escape_input, "its input 'a?b' is made by nothing"),
    ROW(escape_output, "the output 'a?b' is made by no node"),
    ROW(bomb, "it needs more memory than is allowed"),
    ROW(filled, "it needs more memory than is allowed"),
    ROW(filled_more, "more elements than memory has bytes"),
    ROW(filled_negative, "its shape has a negative dimension"),
    ROW(reshaped, "its shape is none that 48 elements can have"),
    ROW(many_lstms, "it needs more memory than is allowed"),
    ROW(many_lost, "its input 'nowhere' is made by nothing before it"),
    ROW(many_twice, "'Y' is defined twice"),
    ROW(external_up, "only files beside the model are read"),
    ROW(external_root, "only files beside the model are read"),
    ROW(external_inside, "only files beside the model are read"),
    ROW(external_link, "'link.bin' is a symbolic link, which is followed where --links says so"),
    ROW(external_folder, "only files beside the model are read"),
    ROW(external_none, "cannot be read"),
    ROW(external_short, "'short.bin' ends before the data of the tensor 'W' does"),
    ROW(external_offset, "what says where they are is wrong"),
    ROW(external_word, "what says where they are is wrong"),
    ROW(external_huge, "'short.bin' ends before"),
    {NULL, NULL, NULL}};
