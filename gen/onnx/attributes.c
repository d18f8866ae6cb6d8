/* SPDX-License-Identifier: MIT */
/* The attributes of a node: reading them from the format, and finding one by name. Graphs among
 * them are read by graph.c. */
#include "onnx/importer.h"
#include "onnx/memory.h"

#include <string.h>

static const char *copy_string(onnx_memory *memory, const ProtobufCBinaryData *bytes)
{
    char *copy = onnx_memory_take(memory, bytes->len + 1, 1);
    if (!copy)
        return NULL;
    if (bytes->len)
        memcpy(copy, bytes->data, bytes->len);
    copy[bytes->len] = 0;
    return copy;
}

static bool read_strings(onnx_memory *memory, const Onnx__Attribute *from, onnx_attribute *into)
{
    const char **strings = onnx_memory_take(memory, from->n_strings, sizeof *strings);
    for (size_t i = 0; strings && i < from->n_strings; i++)
        if (!(strings[i] = copy_string(memory, &from->strings[i])))
            return false;
    into->strings = strings;
    return strings != NULL;
}

static bool read_attribute(importer *importer, const Onnx__Attribute *from, onnx_attribute *into)
{
    onnx_memory *memory = importer->model->memory;
    *into = (onnx_attribute){.name = from->name ? from->name : "",
                             .f = from->f,
                             .i = from->i,
                             .floats = from->floats,
                             .float_count = from->n_floats,
                             .ints = from->ints,
                             .int_count = from->n_ints,
                             .string_count = from->n_strings};
    if ((from->has_s && !(into->s = copy_string(memory, &from->s))) ||
        (from->n_strings && !read_strings(memory, from, into)))
        return fail_limit(importer->failure);
    if (from->t)
        into->t = onnx_tensor_read(memory, from->t, importer->place, importer->failure);
    else if (from->sparse_tensor)
        into->t = onnx_sparse_read(memory, from->sparse_tensor, importer->place, importer->failure);
    return into->t || (!from->t && !from->sparse_tensor);
}

bool onnx_read_attributes(importer *importer, const Onnx__Node *from, onnx_node *into)
{
    onnx_attribute *attributes =
        onnx_memory_take(importer->model->memory, from->n_attribute, sizeof *attributes);
    if (!attributes)
        return fail_limit(importer->failure);
    for (size_t i = 0; i < from->n_attribute; i++)
        if (!read_attribute(importer, from->attribute[i], &attributes[i]))
            return false;
    into->attributes = attributes;
    into->attribute_count = from->n_attribute;
    return true;
}

/* ---- Finding ---- */

const onnx_attribute *onnx_attribute_find(const onnx_node *node, const char *name)
{
    for (size_t i = 0; i < node->attribute_count; i++)
        if (!strcmp(node->attributes[i].name, name))
            return &node->attributes[i];
    return NULL;
}

int64_t onnx_attribute_int(const onnx_node *node, const char *name, int64_t otherwise)
{
    const onnx_attribute *attribute = onnx_attribute_find(node, name);
    return attribute ? attribute->i : otherwise;
}

float onnx_attribute_float(const onnx_node *node, const char *name, float otherwise)
{
    const onnx_attribute *attribute = onnx_attribute_find(node, name);
    return attribute ? attribute->f : otherwise;
}
