/* SPDX-License-Identifier: MIT */
/* Writing ONNX models for tests; see writer.h. */
#include "onnx/writer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ATTRIBUTES = 12, ALIGN = 16 };

struct writer *writer_create(void)
{
    struct writer *writer = calloc(1, sizeof *writer);
    if (!writer || !(writer->room = malloc(WRITER_ROOM)))
        abort();
    return writer;
}

void writer_free(struct writer *writer)
{
    free(writer->room);
    free(writer);
}

void *writer_take(struct writer *writer, size_t count, size_t size)
{
    const size_t bytes = (count * size + ALIGN - 1) / ALIGN * ALIGN;
    if (bytes > WRITER_ROOM - writer->used)
        abort();
    writer->used += bytes;
    return memset(writer->room + writer->used - bytes, 0, bytes);
}

void writer_clear(struct writer *writer, int64_t opset)
{
    char *room = writer->room;
    memset(writer, 0, sizeof *writer);
    writer->room = room;
    onnx__model__init(&writer->model);
    onnx__graph__init(&writer->graph);
    onnx__operator_set__init(&writer->set);
    writer->graph.name = "graph";
    writer->model.has_ir_version = 1;
    writer->model.ir_version = 10;
    writer->set.has_version = 1;
    writer->set.version = opset;
    writer->sets[0] = &writer->set;
    writer->model.opset_import = writer->sets;
    writer->model.n_opset_import = 1;
    writer->model.graph = &writer->graph;
    writer->graph.node = writer->nodes;
    writer->graph.initializer = writer->initializers;
    writer->graph.input = writer->inputs;
    writer->graph.output = writer->outputs;
}

char *writer_format(struct writer *writer, const char *format, ...)
{
    char text[256];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    return strcpy(writer_take(writer, strlen(text) + 1, 1), text);
}

char *writer_text(struct writer *writer, const char *chars)
{
    return writer_format(writer, "%s", chars);
}

char *writer_name(struct writer *writer)
{
    return writer_format(writer, "v%zu", ++writer->named);
}

/* ---- Tensors ---- */

static size_t add_dims(struct writer *writer, Onnx__Tensor *tensor, size_t rank, const size_t *dims)
{
    size_t count = 1;
    tensor->n_dims = rank;
    tensor->dims = writer_take(writer, rank, sizeof *tensor->dims);
    for (size_t d = 0; d < rank; d++) {
        tensor->dims[d] = (int64_t)dims[d];
        count *= dims[d];
    }
    return count;
}

static Onnx__Tensor *add_tensor(struct writer *writer, enum onnx_type type)
{
    Onnx__Tensor *tensor = writer_take(writer, 1, sizeof *tensor);
    onnx__tensor__init(tensor);
    tensor->has_data_type = 1;
    tensor->data_type = (int)type;
    return tensor;
}

Onnx__Tensor *writer_floats(struct writer *writer, const float *values, size_t rank,
                            const size_t *dims, enum onnx_type type, bool raw)
{
    Onnx__Tensor *tensor = add_tensor(writer, type);
    const bool wide = type == ONNX_DOUBLE;
    const size_t count = add_dims(writer, tensor, rank, dims);
    const size_t size = count * (wide ? sizeof(double) : sizeof(float));
    void *data = writer_take(writer, size, 1);
    for (size_t i = 0; i < count; i++)
        if (wide)
            ((double *)data)[i] = (double)values[i];
        else
            ((float *)data)[i] = values[i];
    tensor->has_raw_data = raw;
    if (raw) {
        tensor->raw_data = (ProtobufCBinaryData){size, data};
    } else if (wide) {
        tensor->n_double_data = count;
        tensor->double_data = data;
    } else {
        tensor->n_float_data = count;
        tensor->float_data = data;
    }
    return tensor;
}

Onnx__Tensor *writer_halves(struct writer *writer, const uint16_t *bits, size_t rank,
                            const size_t *dims, enum onnx_type type, bool raw)
{
    Onnx__Tensor *tensor = add_tensor(writer, type);
    const size_t count = add_dims(writer, tensor, rank, dims);
    tensor->has_raw_data = raw;
    if (raw) {
        uint8_t *data = writer_take(writer, count, 2);
        tensor->raw_data = (ProtobufCBinaryData){2 * count, memcpy(data, bits, 2 * count)};
        return tensor;
    }
    tensor->n_int32_data = count;
    tensor->int32_data = writer_take(writer, count, sizeof *tensor->int32_data);
    for (size_t i = 0; i < count; i++)
        tensor->int32_data[i] = bits[i];
    return tensor;
}

Onnx__Tensor *writer_ints(struct writer *writer, const int64_t *values, size_t rank,
                          const size_t *dims, enum onnx_type type)
{
    Onnx__Tensor *tensor = add_tensor(writer, type);
    const size_t count = add_dims(writer, tensor, rank, dims);
    if (type == ONNX_INT64) {
        tensor->n_int64_data = count;
        tensor->int64_data = writer_take(writer, count, sizeof *tensor->int64_data);
    } else if (type == ONNX_UINT32) {
        tensor->n_uint64_data = count;
        tensor->uint64_data = writer_take(writer, count, sizeof *tensor->uint64_data);
    } else {
        tensor->n_int32_data = count;
        tensor->int32_data = writer_take(writer, count, sizeof *tensor->int32_data);
    }
    for (size_t i = 0; i < count; i++)
        if (type == ONNX_INT64)
            tensor->int64_data[i] = values[i];
        else if (type == ONNX_UINT32)
            tensor->uint64_data[i] = (uint64_t)values[i];
        else
            tensor->int32_data[i] = (int32_t)values[i];
    return tensor;
}

/* ---- The graph ---- */

static size_t next(size_t *count)
{
    if (*count == WRITER_ITEMS)
        abort();
    return (*count)++;
}

void writer_external(struct writer *writer, Onnx__Tensor *tensor, const char *file,
                     const char *offset, const char *length)
{
    const char *const pairs[][2] = {{"location", file}, {"offset", offset}, {"length", length}};
    const size_t count = length ? 3 : 2;
    tensor->has_raw_data = 0;
    tensor->has_data_location = tensor->data_location = 1;
    tensor->n_external_data = count;
    tensor->external_data = writer_take(writer, count, sizeof *tensor->external_data);
    for (size_t k = 0; k < count; k++) {
        tensor->external_data[k] = writer_take(writer, 1, sizeof(Onnx__Entry));
        onnx__entry__init(tensor->external_data[k]);
        tensor->external_data[k]->key = writer_text(writer, pairs[k][0]);
        tensor->external_data[k]->value = writer_text(writer, pairs[k][1]);
    }
}

void writer_initializer(struct writer *writer, Onnx__Tensor *tensor, char *name)
{
    tensor->name = name;
    writer->initializers[next(&writer->graph.n_initializer)] = tensor;
}

char *writer_constant(struct writer *writer, Onnx__Tensor *tensor)
{
    char *name = writer_name(writer);
    writer_initializer(writer, tensor, name);
    return name;
}

static Onnx__ValueInfo *add_value(struct writer *writer, char *name)
{
    Onnx__ValueInfo *info = writer_take(writer, 1, sizeof *info);
    onnx__value_info__init(info);
    info->name = name;
    return info;
}

void writer_input(struct writer *writer, char *name, enum onnx_type type, size_t rank,
                  const size_t *dims)
{
    Onnx__ValueInfo *info = add_value(writer, name);
    Onnx__Shape *shape = writer_take(writer, 1, sizeof *shape);
    info->type = writer_take(writer, 1, sizeof *info->type);
    onnx__type__init(info->type);
    info->type->tensor_type = writer_take(writer, 1, sizeof *info->type->tensor_type);
    onnx__tensor_type__init(info->type->tensor_type);
    info->type->tensor_type->has_elem_type = 1;
    info->type->tensor_type->elem_type = (int)type;
    info->type->tensor_type->shape = shape;
    onnx__shape__init(shape);
    shape->n_dim = rank;
    shape->dim = writer_take(writer, rank, sizeof *shape->dim);
    for (size_t d = 0; d < rank; d++) {
        shape->dim[d] = writer_take(writer, 1, sizeof **shape->dim);
        onnx__dimension__init(shape->dim[d]);
        shape->dim[d]->has_dim_value = 1;
        shape->dim[d]->dim_value = (int64_t)dims[d];
    }
    writer->inputs[next(&writer->graph.n_input)] = info;
}

void writer_output(struct writer *writer, char *name)
{
    writer->outputs[next(&writer->graph.n_output)] = add_value(writer, name);
}

static char **copy_names(struct writer *writer, char *const *names, size_t *count)
{
    for (*count = 0; names[*count]; ++*count)
        ;
    char **copy = writer_take(writer, *count, sizeof *copy);
    return memcpy(copy, names, *count * sizeof *copy);
}

Onnx__Node *writer_node(struct writer *writer, const char *op, char *const *inputs,
                        char *const *outputs)
{
    Onnx__Node *node = writer_take(writer, 1, sizeof *node);
    onnx__node__init(node);
    node->op_type = writer_format(writer, "%s", op);
    node->input = copy_names(writer, inputs, &node->n_input);
    node->output = copy_names(writer, outputs, &node->n_output);
    node->attribute = writer_take(writer, ATTRIBUTES, sizeof *node->attribute);
    return writer->nodes[next(&writer->graph.n_node)] = node;
}

Onnx__Graph *writer_branch(struct writer *writer, char *output)
{
    Onnx__Graph *graph = writer_take(writer, 1, sizeof *graph);
    onnx__graph__init(graph);
    graph->node = writer_take(writer, 1, sizeof *graph->node);
    graph->node[0] = writer->graph.node[--writer->graph.n_node];
    graph->output = writer_take(writer, 1, sizeof *graph->output);
    graph->output[0] = add_value(writer, output);
    graph->n_node = graph->n_output = 1;
    return graph;
}

Onnx__Attribute *writer_attribute(struct writer *writer, Onnx__Node *node, const char *name)
{
    Onnx__Attribute *attribute = writer_take(writer, 1, sizeof *attribute);
    if (node->n_attribute == ATTRIBUTES)
        abort();
    onnx__attribute__init(attribute);
    attribute->name = writer_format(writer, "%s", name);
    return node->attribute[node->n_attribute++] = attribute;
}

void writer_int(struct writer *writer, Onnx__Node *node, const char *name, int64_t value)
{
    Onnx__Attribute *attribute = writer_attribute(writer, node, name);
    attribute->has_i = 1;
    attribute->i = value;
}

void writer_string(struct writer *writer, Onnx__Node *node, const char *name, const char *value)
{
    Onnx__Attribute *attribute = writer_attribute(writer, node, name);
    attribute->has_s = 1;
    attribute->s = (ProtobufCBinaryData){strlen(value), (uint8_t *)writer_text(writer, value)};
}

void writer_list(struct writer *writer, Onnx__Node *node, const char *name, const int64_t *values,
                 size_t count)
{
    Onnx__Attribute *attribute = writer_attribute(writer, node, name);
    attribute->n_ints = count;
    attribute->ints = writer_take(writer, count, sizeof *values);
    memcpy(attribute->ints, values, count * sizeof *values);
}

/* What an attribute holds, as a number of the format, which some readers want. */
static int type_of(const Onnx__Attribute *attribute)
{
    const bool holds[] = {false,
                          attribute->has_f,
                          attribute->has_i,
                          attribute->has_s,
                          attribute->t != NULL,
                          attribute->g != NULL,
                          attribute->n_floats > 0,
                          attribute->n_ints > 0,
                          attribute->n_strings > 0};
    int type = 8;
    while (type && !holds[type])
        type--;
    return type;
}

void *writer_bytes(const struct writer *writer, size_t *size)
{
    for (size_t n = 0; n < writer->graph.n_node; n++)
        for (size_t a = 0; a < writer->graph.node[n]->n_attribute; a++) {
            Onnx__Attribute *attribute = writer->graph.node[n]->attribute[a];
            attribute->has_type = 1;
            attribute->type = type_of(attribute);
        }
    *size = onnx__model__get_packed_size(&writer->model);
    void *bytes = malloc(*size + 1);
    if (!bytes)
        abort();
    onnx__model__pack(&writer->model, bytes);
    return bytes;
}

onnx_model *writer_load(const struct writer *writer, struct failure *failure)
{
    size_t size;
    void *bytes = writer_bytes(writer, &size);
    onnx_model *model = onnx_load(bytes, size, NULL, failure);
    free(bytes);
    return model;
}

void write_file(const char *folder, const char *name, const void *bytes, size_t size)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file)) {
        perror(path);
        exit(EXIT_FAILURE);
    }
}

void write_tensor(const char *folder, const char *name, const Onnx__Tensor *tensor)
{
    void *bytes = malloc(onnx__tensor__get_packed_size(tensor));
    if (!bytes)
        abort();
    write_file(folder, name, bytes, onnx__tensor__pack(tensor, bytes));
    free(bytes);
}
