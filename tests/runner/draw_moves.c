/* SPDX-License-Identifier: MIT */
/* Nodes of a random graph that say how data lies, or take a part of it. */
#include "runner/draw_graph.h"

#include <string.h>

enum { AXES_BY_INPUT_SINCE = 13, SLICE_BY_INPUT_SINCE = 10 };

/* What the value is now. */
static bool take(struct drawing *d, char *name)
{
    d->name = name;
    d->nodes++;
    return true;
}

static bool is_one(const struct drawing *d, size_t axis)
{
    return d->value.dims[axis] == 1 && d->tags[axis] != TAG_TIME;
}

/* ---- Transpose, Squeeze, Unsqueeze ---- */

bool draw_transpose(struct drawing *d)
{
    enum tag tags[AXES_MAX];
    size_t perm[AXES_MAX];
    int64_t list[AXES_MAX];
    char *name;
    if (d->value.rank < 2)
        return false;
    for (size_t i = 0; i < d->value.rank; i++)
        perm[i] = i;
    for (size_t times = d->wild ? 3 : 1; times > 0; times--) {
        const size_t a = draw_below(d, d->value.rank), b = draw_below(d, d->value.rank);
        const size_t keep = perm[a];
        if (!d->wild && ((!is_one(d, a) && !is_one(d, b)) || (a + 1 != b && b + 1 != a)))
            return false;
        perm[a] = perm[b], perm[b] = keep;
    }
    for (size_t i = 0; i < d->value.rank; i++)
        list[i] = (int64_t)perm[i], tags[i] = d->tags[perm[i]];
    writer_list(d->writer, draw_node(d, "Transpose", d->name, NULL, &name), "perm", list,
                d->value.rank);
    transpose64(&d->value, perm);
    memcpy(d->tags, tags, sizeof tags);
    return take(d, name);
}

/* A node whose axes are an attribute, and later an input. */
static char *draw_with_axis(struct drawing *d, const char *op, int64_t axis)
{
    char *name;
    if (d->opset >= AXES_BY_INPUT_SINCE)
        draw_node(d, op, d->name, draw_list(d, &axis, 1), &name);
    else
        writer_list(d->writer, draw_node(d, op, d->name, NULL, &name), "axes", &axis, 1);
    return name;
}

bool draw_squeeze(struct drawing *d)
{
    const size_t rank = d->value.rank, axis = draw_below(d, rank ? rank : 1);
    size_t dims[AXES_MAX];
    if (rank < 3 || d->value.dims[axis] != 1 || (!d->wild && d->tags[axis] == TAG_TIME))
        return false;
    char *name =
        draw_with_axis(d, "Squeeze", (int64_t)axis - (draw_one_in(d, 2) ? (int64_t)rank : 0));
    memcpy(dims, d->value.dims, sizeof dims);
    memmove(dims + axis, dims + axis + 1, (rank - axis - 1) * sizeof *dims);
    memmove(d->tags + axis, d->tags + axis + 1, (rank - axis - 1) * sizeof *d->tags);
    reshape64(&d->value, rank - 1, dims);
    return take(d, name);
}

bool draw_unsqueeze(struct drawing *d)
{
    const size_t rank = d->value.rank, axis = draw_below(d, rank + 1);
    size_t dims[AXES_MAX];
    if (rank > 3)
        return false;
    char *name = draw_with_axis(d, "Unsqueeze", (int64_t)axis);
    memcpy(dims, d->value.dims, sizeof dims);
    memmove(dims + axis + 1, dims + axis, (rank - axis) * sizeof *dims);
    memmove(d->tags + axis + 1, d->tags + axis, (rank - axis) * sizeof *d->tags);
    dims[axis] = 1;
    d->tags[axis] = TAG_ONE;
    reshape64(&d->value, rank + 1, dims);
    return take(d, name);
}

/* ---- Reshape ---- */

/* The last axes from `axis` on become one: copies before it, and -1. */
static void join(const struct drawing *d, size_t axis, int64_t *shape, size_t *rank)
{
    for (size_t i = 0; i < axis; i++)
        shape[i] = 0;
    shape[axis] = -1;
    *rank = axis + 1;
    (void)d;
}

/* All sizes as numbers, with an axis of 1 put in or left out. */
static void list_sizes(struct drawing *d, int64_t *shape, size_t *rank)
{
    *rank = 0;
    if (draw_one_in(d, 3))
        shape[(*rank)++] = 1;
    for (size_t i = 0; i < d->value.rank && *rank < AXES_MAX - 1; i++)
        if (!is_one(d, i) || draw_one_in(d, 2) || d->value.rank < 3)
            shape[(*rank)++] = (int64_t)d->value.dims[i];
    if (*rank && draw_one_in(d, 2))
        shape[draw_below(d, *rank)] = -1;
}

/* A shape with the sizes of some axes from Shape, and the rest as one. */
static char *draw_sizes(struct drawing *d, size_t axis)
{
    char *shape, *part, *joined = writer_name(d->writer);
    const int64_t index = (int64_t)axis, one = 1, rest = -1;
    draw_node(d, "Shape", d->name, NULL, &shape);
    draw_node(d, "Gather", shape, draw_list(d, &index, 1), &part);
    char *const parts[] = {part, draw_list(d, &one, 1), draw_list(d, &rest, 1), NULL};
    writer_int(d->writer, writer_node(d->writer, "Concat", parts, (char *[]){joined, NULL}), "axis",
               0);
    return joined;
}

/* Numbers as Reshape reads them; false: they are no shape of the value. */
static bool resolve(const struct drawing *d, const int64_t *shape, size_t rank, size_t *dims)
{
    size_t product = 1, open = AXES_MAX;
    const size_t count = count64(&d->value);
    for (size_t i = 0; i < rank; i++) {
        dims[i] = shape[i] < 0 ? 1 : shape[i] ? (size_t)shape[i] : d->value.dims[i];
        open = shape[i] < 0 ? i : open;
        product *= dims[i];
    }
    if (!product || count % product || (open == AXES_MAX && count != product))
        return false;
    if (open < AXES_MAX)
        dims[open] = count / product;
    return true;
}

/* Tags of new axes: time where an axis of its size is the first that is not 1, else units. */
static void tag(struct drawing *d, const size_t *dims, size_t rank)
{
    bool timed = false, found = false;
    for (size_t i = 0; i < d->value.rank; i++)
        timed |= d->tags[i] == TAG_TIME;
    for (size_t i = 0; i < rank; i++) {
        const bool is_time = timed && !found && dims[i] == d->T && (dims[i] > 1 || rank < 3);
        d->tags[i] = is_time ? TAG_TIME : dims[i] == 1 && i + 1 < rank ? TAG_ONE : TAG_UNIT;
        found |= is_time || dims[i] > 1;
    }
}

/* Whether time, if there is any, comes before all that is more than one: else it is lost. */
static bool is_time_first(const struct drawing *d)
{
    bool first = true, found = false;
    for (size_t i = 0; i < d->value.rank; i++) {
        first &= d->tags[i] != TAG_TIME || !found;
        found |= d->value.dims[i] > 1;
    }
    return first;
}

bool draw_reshape(struct drawing *d)
{
    const size_t axis = draw_below(d, d->value.rank ? d->value.rank : 1), way = draw_below(d, 6);
    size_t dims[AXES_MAX], rank = 3;
    int64_t shape[AXES_MAX] = {(int64_t)d->value.dims[axis], 1, -1};
    char *name, *list;
    if (d->value.rank == 0 || (d->time_open && !is_time_first(d)) ||
        (!d->wild && (axis == 0 || d->tags[axis] == TAG_TIME) && way < 2))
        return false;
    if (way < 2)
        join(d, axis, shape, &rank);
    else if (way < 4) {
        list_sizes(d, shape, &rank);
        d->only_forward &= !d->time_open; /* those numbers hold for one number of steps */
    } else if (way < 5 && d->tags[axis] != TAG_TIME && !d->wild)
        return false;
    else if (way == 5) { /* the last axis, in two */
        const size_t last = d->value.dims[d->value.rank - 1];
        if (last % 2 || d->value.rank > 3)
            return false;
        for (rank = 0; rank + 1 < d->value.rank; rank++)
            shape[rank] = 0;
        shape[rank++] = 2, shape[rank++] = (int64_t)last / 2;
    }
    if (!resolve(d, shape, rank, dims))
        return false;
    list = way == 4 ? draw_sizes(d, axis) : draw_list(d, shape, rank);
    draw_node(d, "Reshape", d->name, list, &name);
    tag(d, dims, rank);
    reshape64(&d->value, rank, dims);
    return take(d, name);
}

/* ---- Gather and Slice ---- */

/* An index that is likely to be one that models have. */
static bool choose_index(struct drawing *d, size_t axis, size_t *index)
{
    const size_t size = d->value.dims[axis];
    *index = draw_below(d, size);
    if (d->wild)
        return true;
    if (d->tags[axis] == TAG_TIME && d->after_layer)
        *index = size - 1;
    const bool told = d->after_recurrent || !d->batch_open || d->tags[axis] != TAG_BATCH;
    return (size == 1 && told && d->tags[axis] != TAG_TIME) || d->tags[axis] == TAG_DIRECTION ||
           (d->tags[axis] == TAG_TIME && d->after_layer);
}

static void remove_axis(struct drawing *d, size_t axis)
{
    size_t dims[AXES_MAX];
    const size_t after = d->value.rank - axis - 1;
    memcpy(dims, d->value.dims, sizeof dims);
    memmove(dims + axis, dims + axis + 1, after * sizeof *dims);
    memmove(d->tags + axis, d->tags + axis + 1, after * sizeof *d->tags);
    reshape64(&d->value, d->value.rank - 1, dims);
}

bool draw_gather(struct drawing *d)
{
    const size_t axis = draw_below(d, d->value.rank ? d->value.rank : 1);
    size_t index;
    char *name;
    if (d->value.rank < 2 || !choose_index(d, axis, &index))
        return false;
    const int64_t from_end = (int64_t)index - (int64_t)d->value.dims[axis];
    const bool backwards = d->tags[axis] == TAG_TIME ? !draw_one_in(d, 8) : draw_one_in(d, 2);
    const int64_t given = backwards ? from_end : (int64_t)index;
    const bool keeps = draw_one_in(d, 3);
    Onnx__Node *node = draw_node(d, "Gather", d->name,
                                 keeps ? draw_list(d, &given, 1) : draw_scalar(d, given), &name);
    writer_int(d->writer, node, "axis", (int64_t)axis);
    slice64(&d->value, axis, index, 1);
    d->tags[axis] = TAG_ONE;
    if (!keeps)
        remove_axis(d, axis);
    return take(d, name);
}

static char *draw_bounds(struct drawing *d, int64_t axis, int64_t start, int64_t end)
{
    char *name = writer_name(d->writer);
    if (d->opset >= SLICE_BY_INPUT_SINCE) {
        char *const inputs[] = {d->name, draw_list(d, &start, 1), draw_list(d, &end, 1),
                                draw_list(d, &axis, 1), NULL};
        writer_node(d->writer, "Slice", inputs, (char *[]){name, NULL});
        return name;
    }
    Onnx__Node *node = draw_node(d, "Slice", d->name, NULL, &name);
    writer_list(d->writer, node, "starts", &start, 1);
    writer_list(d->writer, node, "ends", &end, 1);
    writer_list(d->writer, node, "axes", &axis, 1);
    return name;
}

bool draw_slice(struct drawing *d)
{
    const size_t axis = draw_below(d, d->value.rank ? d->value.rank : 1);
    size_t index;
    if (d->value.rank < 2 || !choose_index(d, axis, &index))
        return false;
    const size_t size = d->value.dims[axis];
    const bool all = draw_one_in(d, 4), to_end = index + 1 == size;
    const size_t first = all ? 0 : index, count = all ? size : 1;
    const int64_t start =
        all || draw_one_in(d, 8) ? (int64_t)first : (int64_t)first - (int64_t)size;
    d->name =
        draw_bounds(d, (int64_t)axis, start, all || to_end ? INT64_MAX : (int64_t)(first + count));
    slice64(&d->value, axis, first, count);
    d->tags[axis] = all ? d->tags[axis] : TAG_ONE;
    return take(d, d->name);
}
