/* SPDX-License-Identifier: MIT */
/* Reading models as texts; see text.h. */
#include "onnx/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ITEMS = 96, DIMS = ONNX_RANK_MAX };

struct reader {
    struct writer *writer;
    const char *at;
    struct text_values *values;
    struct random random;
    bool inside; /* a body: what its inputs are given is not said */
};

static void bad(const struct reader *r, const char *expected)
{
    fprintf(stderr, "a model's text: expected %s at '%.60s'\n", expected, r->at);
    abort();
}

/* ---- Words ---- */

static void skip(struct reader *r)
{
    while (*r->at == ' ')
        r->at++;
}

static void next_line(struct reader *r)
{
    while (isspace((unsigned char)*r->at))
        r->at++;
}

static bool take(struct reader *r, const char *word)
{
    skip(r);
    const size_t length = strlen(word);
    if (strncmp(r->at, word, length) != 0)
        return false;
    r->at += length;
    return true;
}

/* A word up to a blank; "" at the end of a line. */
static char *word(struct reader *r)
{
    skip(r);
    const size_t length = strcspn(r->at, " \n");
    char *text = writer_format(r->writer, "%.*s", (int)length, r->at);
    r->at += length;
    return text;
}

/* A list in brackets; whether there is one. -1 for '?'. */
static bool list(struct reader *r, size_t most, int64_t *numbers, size_t *count)
{
    *count = 0;
    if (!take(r, "["))
        return false;
    while (!take(r, "]")) {
        char *end = (char *)r->at + 1;
        if (*count == most)
            bad(r, "a shorter list");
        numbers[(*count)++] = *r->at == '?' ? -1 : strtoll(r->at, &end, 10);
        if (end == r->at)
            bad(r, "a number");
        r->at = end;
        take(r, ",");
    }
    return true;
}

static enum onnx_type type(struct reader *r)
{
    static const char letters[] = "fibdhnucsvw";
    static const enum onnx_type types[] = {ONNX_FLOAT,   ONNX_INT64,  ONNX_BOOL,  ONNX_DOUBLE,
                                           ONNX_FLOAT16, ONNX_INT32,  ONNX_UINT8, ONNX_INT8,
                                           ONNX_INT16,   ONNX_UINT16, ONNX_UINT32};
    skip(r);
    const char *letter = *r->at ? strchr(letters, *r->at) : NULL;
    if (!letter)
        bad(r, "a type");
    r->at++;
    return types[letter - letters];
}

/* ---- Tensors ---- */

/* Numbers up to the end of the line. */
static void numbers(struct reader *r, double *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *end;
        values[i] = strtod(r->at, &end);
        if (end == r->at)
            bad(r, "as many numbers as the shape has");
        r->at = end;
    }
    skip(r);
    if (*r->at != '\n' && *r->at)
        bad(r, "no more numbers than the shape has");
}

static double draw(struct random *random)
{
    return (double)random_below(random, 2001) / 1000 - 1;
}

/* What follows '=', or '~'; NULL: neither does. */
static double *elements(struct reader *r, size_t rank, const int64_t *dims, size_t *count)
{
    *count = 1;
    for (size_t d = 0; d < rank; d++)
        *count *= (size_t)dims[d];
    const bool drawn = take(r, "~");
    if (!drawn && !take(r, "="))
        return NULL;
    double *values = writer_take(r->writer, *count + 1, sizeof *values);
    for (size_t i = 0; drawn && i < *count; i++)
        values[i] = draw(&r->random);
    if (!drawn)
        numbers(r, values, *count);
    return values;
}

static onnx_tensor *make_tensor(struct reader *r, enum onnx_type of, size_t rank,
                                const int64_t *dims, const double *values)
{
    struct failure failure;
    size_t sizes[DIMS];
    for (size_t d = 0; d < rank; d++)
        sizes[d] = (size_t)dims[d];
    onnx_tensor *tensor = onnx_tensor_create(r->values->memory, of, rank, sizes, &failure);
    if (!tensor)
        abort();
    for (size_t i = 0; i < tensor->count; i++)
        if (tensor->floats)
            tensor->floats[i] = (float)values[i];
        else
            tensor->ints[i] = (int64_t)values[i];
    return tensor;
}

/* Numbers of 8 bits as raw bytes, as files mostly have them. */
static Onnx__Tensor *pack(struct reader *r, Onnx__Tensor *tensor)
{
    const size_t count = tensor->n_int32_data;
    tensor->raw_data.data = writer_take(r->writer, count + 1, 1);
    for (size_t i = 0; i < count; i++)
        tensor->raw_data.data[i] = (uint8_t)tensor->int32_data[i];
    tensor->raw_data.len = count;
    tensor->has_raw_data = 1;
    tensor->n_int32_data = 0;
    return tensor;
}

static Onnx__Tensor *constant(struct reader *r)
{
    const enum onnx_type of = type(r);
    int64_t dims[DIMS];
    size_t rank, count, sizes[DIMS];
    if (!list(r, DIMS, dims, &rank))
        bad(r, "a shape");
    for (size_t d = 0; d < rank; d++)
        sizes[d] = (size_t)dims[d];
    const double *values = elements(r, rank, dims, &count);
    float *floats = writer_take(r->writer, count + 1, sizeof *floats);
    int64_t *ints = writer_take(r->writer, count + 1, sizeof *ints);
    if (!values)
        bad(r, "values");
    for (size_t i = 0; i < count; i++) {
        floats[i] = (float)values[i];
        ints[i] = (int64_t)values[i];
    }
    if (onnx_type_is_float(of))
        return writer_floats(r->writer, floats, rank, sizes, of, true);
    Onnx__Tensor *tensor = writer_ints(r->writer, ints, rank, sizes, of);
    return of == ONNX_INT8 || of == ONNX_UINT8 ? pack(r, tensor) : tensor;
}

/* ---- Inputs and outputs ---- */

static Onnx__ValueInfo *input(struct reader *r)
{
    struct writer *writer = r->writer;
    const size_t before = writer->graph.n_input;
    int64_t dims[DIMS];
    size_t rank, count, sizes[DIMS];
    char *name = word(r);
    const enum onnx_type of = type(r);
    const bool shaped = list(r, DIMS, dims, &rank);
    for (size_t d = 0; d < rank; d++)
        sizes[d] = (size_t)dims[d];
    writer_input(writer, name, of, rank, sizes);
    Onnx__ValueInfo *info = writer->inputs[before];
    if (!shaped)
        info->type->tensor_type->shape = NULL;
    for (size_t d = 0; d < rank; d++)
        info->type->tensor_type->shape->dim[d]->has_dim_value = dims[d] >= 0;
    writer->graph.n_input = before;
    int64_t own[DIMS];
    size_t own_rank;
    const bool other = list(r, DIMS, own, &own_rank); /* the shape of what is given */
    const double *values = elements(r, other ? own_rank : rank, other ? own : dims, &count);
    if (r->inside || !r->values)
        return info;
    r->values->given[r->values->given_count++] =
        values ? make_tensor(r, of, other ? own_rank : rank, other ? own : dims, values) : NULL;
    return info;
}

/* An output's type, where it is said: its shape is not then. */
static Onnx__ValueInfo *declare(struct reader *r, char *name)
{
    struct writer *writer = r->writer;
    const size_t before = writer->graph.n_input;
    skip(r);
    const bool typed = isalpha((unsigned char)*r->at);
    writer_input(writer, name, typed ? type(r) : ONNX_NONE, 0, NULL);
    Onnx__ValueInfo *info = writer->inputs[before];
    writer->graph.n_input = before;
    info->type->tensor_type->shape = NULL;
    info->type = typed ? info->type : NULL;
    return info;
}

static Onnx__ValueInfo *output(struct reader *r)
{
    int64_t dims[DIMS];
    size_t rank, count;
    Onnx__ValueInfo *info = declare(r, word(r));
    const bool shaped = list(r, DIMS, dims, &rank);
    const double *values = shaped ? elements(r, rank, dims, &count) : NULL;
    if (!r->inside && r->values)
        r->values->expected[r->values->expected_count++] =
            values ? make_tensor(r, ONNX_FLOAT, rank, dims, values) : NULL;
    return info;
}

/* ---- Nodes ---- */

static void graph(struct reader *r, Onnx__Graph *into);

static Onnx__Graph *body(struct reader *r)
{
    Onnx__Graph *graph_ = writer_take(r->writer, 1, sizeof *graph_);
    const bool inside = r->inside;
    onnx__graph__init(graph_);
    r->inside = true;
    graph(r, graph_);
    r->inside = inside;
    return graph_;
}

static void attribute(struct reader *r, Onnx__Node *node)
{
    int64_t numbers_[DIMS];
    size_t count;
    const size_t length = strcspn(r->at, "=:\n");
    char *name = writer_format(r->writer, "%.*s", (int)length, r->at);
    const bool is_string = r->at[length] == ':';
    r->at += length + 1;
    if (is_string) {
        writer_string(r->writer, node, name, word(r));
    } else if (list(r, DIMS, numbers_, &count)) {
        writer_list(r->writer, node, name, numbers_, count);
    } else {
        const char *value = word(r);
        if (!strchr(value, '.')) {
            writer_int(r->writer, node, name, strtoll(value, NULL, 10));
        } else {
            Onnx__Attribute *number = writer_attribute(r->writer, node, name);
            number->has_f = 1;
            number->f = strtof(value, NULL);
        }
    }
}

static Onnx__Node *node(struct reader *r, const char *op)
{
    char *inputs[ITEMS], *outputs[ITEMS], *name;
    size_t input_count = 0, output_count = 0;
    while (strcmp(name = word(r), "->") != 0) {
        if (!*name)
            bad(r, "->");
        inputs[input_count++] = strcmp(name, "-") ? name : writer_text(r->writer, "");
    }
    inputs[input_count] = NULL;
    for (skip(r); *r->at && *r->at != '\n' && *r->at != '{'; skip(r)) {
        const size_t length = strcspn(r->at, " \n");
        if (strcspn(r->at, "=:") < length)
            break;
        name = word(r);
        outputs[output_count++] = strcmp(name, "-") ? name : writer_text(r->writer, "");
    }
    outputs[output_count] = NULL;
    const size_t before = r->writer->graph.n_node;
    Onnx__Node *made = writer_node(r->writer, op, inputs, outputs);
    r->writer->graph.n_node = before;
    for (skip(r); *r->at && *r->at != '\n' && *r->at != '{'; skip(r))
        attribute(r, made);
    if (!take(r, "{"))
        return made;
    const bool is_if = !strcmp(op, "If");
    writer_attribute(r->writer, made, is_if ? "then_branch" : "body")->g = body(r);
    if (is_if && take(r, "else {"))
        writer_attribute(r->writer, made, "else_branch")->g = body(r);
    return made;
}

/* Statements up to the end of the text, or of the body. */
static void graph(struct reader *r, Onnx__Graph *into)
{
    into->name = "graph";
    into->node = writer_take(r->writer, ITEMS, sizeof(Onnx__Node *));
    into->initializer = writer_take(r->writer, ITEMS, sizeof(Onnx__Tensor *));
    into->input = writer_take(r->writer, ITEMS, sizeof(Onnx__ValueInfo *));
    into->output = writer_take(r->writer, ITEMS, sizeof(Onnx__ValueInfo *));
    for (next_line(r); *r->at && !take(r, "}"); next_line(r)) {
        char *first = word(r);
        if (into->n_node == ITEMS || into->n_initializer == ITEMS)
            bad(r, "a shorter text");
        if (!strcmp(first, "in")) {
            into->input[into->n_input++] = input(r);
        } else if (!strcmp(first, "out")) {
            into->output[into->n_output++] = output(r);
        } else if (!strcmp(first, "const")) {
            char *name = word(r);
            Onnx__Tensor *tensor = constant(r);
            tensor->name = name;
            into->initializer[into->n_initializer++] = tensor;
        } else {
            into->node[into->n_node++] = node(r, first);
        }
    }
}

void writer_model(struct writer *writer, const char *text, struct text_values *values)
{
    struct reader reader = {.writer = writer, .at = text, .values = values, .random = {1}};
    if (values)
        values->given_count = values->expected_count = 0;
    graph(&reader, &writer->graph);
}
