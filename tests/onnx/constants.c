/* SPDX-License-Identifier: MIT */
/* Constants in the ways of exporters; see constants.h. */
#include "onnx/constants.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 2, AXES_AS_INPUT = 13, SLICE_BY_INPUTS = 10, RANK_MAX = 4 };

/* What is to be put into the model. */
struct item {
    const float *values;
    size_t rank, dims[RANK_MAX], count;
    enum onnx_type type;
};

static char *add(struct writer *writer, struct random *random, const struct item *item,
                 size_t depth);

void given_floats(struct given *given, const float *values, size_t rank, const size_t *dims,
                  enum onnx_type type)
{
    struct failure failure;
    onnx_tensor *tensor = onnx_tensor_create(given->memory, type, rank, dims, &failure);
    if (!tensor)
        abort();
    memcpy(tensor->floats, values, tensor->count * sizeof *values);
    given->tensors[given->count++] = tensor;
}

void given_ints(struct given *given, const int *values, size_t count)
{
    struct failure failure;
    onnx_tensor *tensor = onnx_tensor_create(given->memory, ONNX_INT32, 1, &count, &failure);
    if (!tensor)
        abort();
    for (size_t i = 0; i < count; i++)
        tensor->ints[i] = values[i];
    given->tensors[given->count++] = tensor;
}

static struct item make_item(const float *values, size_t rank, const size_t *dims,
                             enum onnx_type type)
{
    struct item item = {.values = values, .rank = rank, .count = 1, .type = type};
    for (size_t d = 0; d < rank; d++) {
        item.dims[d] = dims[d];
        item.count *= dims[d];
    }
    return item;
}

/* Whole numbers as an initialiser of one dimension. */
static char *add_ints(struct writer *writer, const int64_t *values, size_t count)
{
    char *name = writer_name(writer);
    writer_initializer(writer, writer_ints(writer, values, 1, &count, ONNX_INT64), name);
    return name;
}

/* ---- Leaves ---- */

static char *add_initializer(struct writer *writer, struct random *random, const struct item *item)
{
    char *name = writer_name(writer);
    Onnx__Tensor *tensor = writer_floats(writer, item->values, item->rank, item->dims, item->type,
                                         random_below(random, 2) != 0);
    writer_initializer(writer, tensor, name);
    /* Before IR version 4 initialisers had to be inputs too. */
    if (!random_below(random, 4))
        writer_input(writer, name, item->type, item->rank, item->dims);
    return name;
}

static char *add_node(struct writer *writer, struct random *random, const struct item *item)
{
    char *name = writer_name(writer);
    Onnx__Node *node = writer_node(writer, "Constant", (char *[]){NULL}, (char *[]){name, NULL});
    writer_attribute(writer, node, "value")->t = writer_floats(
        writer, item->values, item->rank, item->dims, item->type, random_below(random, 2) != 0);
    return name;
}

/* ---- Steps: the item is made of another one ---- */

static char *by_identity(struct writer *writer, struct random *random, const struct item *item,
                         size_t depth)
{
    char *from = add(writer, random, item, depth + 1), *name = writer_name(writer);
    writer_node(writer, "Identity", (char *[]){from, NULL}, (char *[]){name, NULL});
    return name;
}

static char *by_reshape(struct writer *writer, struct random *random, const struct item *item,
                        size_t depth)
{
    int64_t shape[RANK_MAX];
    const struct item flat = make_item(item->values, 1, &item->count, item->type);
    char *from = add(writer, random, &flat, depth + 1), *name = writer_name(writer);
    for (size_t d = 0; d < item->rank; d++)
        shape[d] = (int64_t)item->dims[d];
    shape[random_below(random, item->rank)] = -1;
    writer_node(writer, "Reshape", (char *[]){from, add_ints(writer, shape, item->rank), NULL},
                (char *[]){name, NULL});
    return name;
}

/* Squeeze or Unsqueeze, whose axes became an input in opset 13. */
static char *by_axis(struct writer *writer, const char *op, char *from, int64_t axis)
{
    char *name = writer_name(writer);
    const bool as_input = writer->set.version >= AXES_AS_INPUT;
    char *axes = as_input ? add_ints(writer, &axis, 1) : NULL;
    Onnx__Node *node =
        writer_node(writer, op, (char *[]){from, axes, NULL}, (char *[]){name, NULL});
    if (!as_input)
        writer_list(writer, node, "axes", &axis, 1);
    return name;
}

static char *by_squeeze(struct writer *writer, struct random *random, const struct item *item,
                        size_t depth)
{
    const size_t axis = random_below(random, item->rank + 1);
    struct item more = *item;
    if (item->rank + 1 > RANK_MAX)
        return by_identity(writer, random, item, depth);
    memmove(more.dims + axis + 1, more.dims + axis, (item->rank - axis) * sizeof *more.dims);
    more.dims[axis] = 1;
    more.rank++;
    return by_axis(writer, "Squeeze", add(writer, random, &more, depth + 1), (int64_t)axis);
}

static char *by_unsqueeze(struct writer *writer, struct random *random, const struct item *item,
                          size_t depth)
{
    if (item->dims[0] != 1 || item->rank < 2)
        return by_reshape(writer, random, item, depth);
    const struct item less = make_item(item->values, item->rank - 1, item->dims + 1, item->type);
    return by_axis(writer, "Unsqueeze", add(writer, random, &less, depth + 1), 0);
}

/* The last two dimensions are swapped. */
static char *by_transpose(struct writer *writer, struct random *random, const struct item *item,
                          size_t depth)
{
    if (item->rank < 2)
        return by_identity(writer, random, item, depth);
    const size_t rows = item->dims[item->rank - 2], cols = item->dims[item->rank - 1];
    float *swapped = writer_take(writer, item->count, sizeof *swapped);
    struct item other = *item;
    int64_t perm[RANK_MAX];
    for (size_t i = 0; i < item->count; i++) {
        const size_t matrix = i / (rows * cols), r = i / cols % rows, c = i % cols;
        swapped[matrix * rows * cols + c * rows + r] = item->values[i];
    }
    other.values = swapped;
    other.dims[item->rank - 2] = cols;
    other.dims[item->rank - 1] = rows;
    for (size_t d = 0; d < item->rank; d++)
        perm[d] = (int64_t)(d < item->rank - 2 ? d : 2 * item->rank - 3 - d);
    char *from = add(writer, random, &other, depth + 1), *name = writer_name(writer);
    Onnx__Node *node =
        writer_node(writer, "Transpose", (char *[]){from, NULL}, (char *[]){name, NULL});
    writer_list(writer, node, "perm", perm, item->rank);
    return name;
}

/* Rows from `first` on of all columns: of the tensor as [rows][last dimension]. */
static char *by_concat(struct writer *writer, struct random *random, const struct item *item,
                       size_t depth)
{
    const size_t axis = item->rank - 1, cols = item->dims[axis], rows = item->count / cols;
    const size_t left = cols / 2;
    if (cols < 2)
        return by_reshape(writer, random, item, depth);
    char *parts[3] = {NULL, NULL, NULL}, *name = writer_name(writer);
    for (size_t k = 0; k < 2; k++) {
        const size_t from = k ? left : 0, width = k ? cols - left : left;
        float *values = writer_take(writer, rows * width, sizeof *values);
        for (size_t r = 0; r < rows; r++)
            memcpy(values + r * width, item->values + r * cols + from, width * sizeof *values);
        struct item part = make_item(values, item->rank, item->dims, item->type);
        part.dims[axis] = width;
        part.count = rows * width;
        parts[k] = add(writer, random, &part, depth + 1);
    }
    writer_int(writer, writer_node(writer, "Concat", parts, (char *[]){name, NULL}), "axis",
               random_below(random, 2) ? (int64_t)axis : -1);
    return name;
}

/* The item is columns `from` to `from + cols` of wider ones, or all of them, backwards. */
static char *by_slice(struct writer *writer, struct random *random, const struct item *item,
                      size_t depth)
{
    const size_t axis = item->rank - 1, cols = item->dims[axis], rows = item->count / cols;
    const bool by_inputs = writer->set.version >= SLICE_BY_INPUTS;
    const bool back = by_inputs && random_below(random, 2);
    const size_t before = random_below(random, 3), after = random_below(random, 3);
    const size_t wide = before + cols + after;
    float *values = writer_take(writer, rows * wide, sizeof *values);
    for (size_t r = 0; r < rows; r++)
        for (size_t k = 0; k < cols; k++)
            values[r * wide + before + k] = item->values[r * cols + (back ? cols - 1 - k : k)];
    struct item wider = make_item(values, item->rank, item->dims, item->type);
    wider.dims[axis] = wide;
    wider.count = rows * wide;
    char *from = add(writer, random, &wider, depth + 1), *name = writer_name(writer);
    const int64_t start = (int64_t)(back ? before + cols - 1 : before), where = (int64_t)axis;
    const int64_t end = back ? (int64_t)before - 1 - (int64_t)wide : (int64_t)(before + cols);
    const int64_t step = back ? -1 : 1;
    if (by_inputs) {
        char *inputs[] = {from,
                          add_ints(writer, &start, 1),
                          add_ints(writer, &end, 1),
                          add_ints(writer, &where, 1),
                          add_ints(writer, &step, 1),
                          NULL};
        writer_node(writer, "Slice", inputs, (char *[]){name, NULL});
        return name;
    }
    Onnx__Node *node = writer_node(writer, "Slice", (char *[]){from, NULL}, (char *[]){name, NULL});
    writer_list(writer, node, "starts", &start, 1);
    writer_list(writer, node, "ends", &end, 1);
    writer_list(writer, node, "axes", &where, 1);
    return name;
}

static char *add(struct writer *writer, struct random *random, const struct item *item,
                 size_t depth)
{
    static char *(*const steps[])(struct writer *, struct random *, const struct item *, size_t) = {
        by_identity, by_reshape, by_squeeze, by_unsqueeze, by_transpose, by_concat, by_slice};
    enum { STEPS = sizeof steps / sizeof *steps };
    const size_t choice = random_below(random, depth < DEPTH_MAX ? STEPS + 4 : 3);
    if (depth < DEPTH_MAX && choice < STEPS)
        return steps[choice](writer, random, item, depth);
    return choice % 3 ? add_initializer(writer, random, item) : add_node(writer, random, item);
}

char *constant_add(struct writer *writer, struct random *random, const float *values, size_t rank,
                   const size_t *dims, enum onnx_type type, bool may_be_input, struct given *given)
{
    const struct item item = make_item(values, rank, dims, type);
    if (!may_be_input || random_below(random, 8))
        return add(writer, random, &item, 0);
    char *name = writer_name(writer);
    writer_input(writer, name, type, rank, dims);
    given_floats(given, values, rank, dims, type);
    return name;
}
