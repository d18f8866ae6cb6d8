/* SPDX-License-Identifier: MIT */
/* Operators that move elements, or convert them: each but Cast is a walk over its output. */
#include "onnx/elementwise.h"
#include "onnx/operators.h"
#include "onnx/walk.h"

#include <math.h>
#include <string.h>

bool onnx_transpose(onnx_call *call)
{
    const onnx_tensor *x = call->inputs[0];
    const onnx_attribute *perm = onnx_attribute_find(call->node, "perm");
    onnx_walk walk = {.rank = x->rank};
    ptrdiff_t strides[ONNX_RANK_MAX];
    bool seen[ONNX_RANK_MAX] = {false};
    if (perm && perm->int_count != x->rank)
        return fail(call->failure, "its perm has %zu axes, and its input %zu", perm->int_count,
                    x->rank);
    onnx_dense_strides(x, strides);
    for (size_t d = 0; d < x->rank; d++) {
        size_t from = x->rank - 1 - d;
        if (perm && !onnx_axis(call, perm->ints[d], x->rank, &from))
            return false;
        if (seen[from])
            return fail(call->failure, "its perm names an axis twice");
        seen[from] = true;
        walk.dims[d] = x->dims[from];
        walk.stride[0][d] = strides[from];
    }
    onnx_tensor *y = onnx_output(call, x->type, x->rank, walk.dims);
    if (y)
        onnx_walk_copy(&walk, x, y);
    return y != NULL;
}

/* ---- Slice ---- */

/* An end of a slice, where it comes to lie. */
static int64_t clamp_end(int64_t at, int64_t dim, int64_t least, int64_t greatest)
{
    const int64_t from_start = at < 0 ? (at < -dim ? -1 : at + dim) : at;
    return from_start < least ? least : from_start > greatest ? greatest : from_start;
}

/* One axis of a slice: its dimension and stride in the output, and where the walk begins. */
static bool slice_axis(const onnx_call *call, onnx_walk *walk, size_t axis, int64_t start,
                       int64_t end, int64_t step)
{
    const int64_t dim = (int64_t)call->inputs[0]->dims[axis];
    if (step == 0 || step < -INT32_MAX || step > INT32_MAX)
        return fail(call->failure, "its step is %lld", (long long)step);
    const int64_t first =
        step > 0 ? clamp_end(start, dim, 0, dim) : clamp_end(start, dim, -1, dim - 1);
    const int64_t last = step > 0 ? clamp_end(end, dim, 0, dim) : clamp_end(end, dim, -1, dim - 1);
    const int64_t count =
        step > 0 ? (last - first + step - 1) / step : (first - last - step - 1) / -step;
    walk->dims[axis] = count > 0 ? (size_t)count : 0;
    walk->at[0] += first * walk->stride[0][axis];
    walk->stride[0][axis] *= step;
    return true;
}

bool onnx_slice(onnx_call *call)
{
    const onnx_tensor *x = call->inputs[0];
    const int64_t *starts, *ends, *axes, *steps;
    size_t count, end_count, axis_count, step_count;
    onnx_walk walk = {.rank = x->rank};
    bool seen[ONNX_RANK_MAX] = {false};
    if (!onnx_whole_numbers(call, 1, "starts", &starts, &count) ||
        !onnx_whole_numbers(call, 2, "ends", &ends, &end_count) ||
        !onnx_whole_numbers(call, 3, "axes", &axes, &axis_count) ||
        !onnx_whole_numbers(call, 4, "steps", &steps, &step_count))
        return false;
    if (count != end_count || (axes && count != axis_count) || (steps && count != step_count) ||
        count > x->rank)
        return fail(call->failure, "its starts, ends, axes and steps are not equally many");
    onnx_dense_strides(x, walk.stride[0]);
    memcpy(walk.dims, x->dims, sizeof walk.dims);
    for (size_t i = 0; i < count; i++) {
        size_t axis = i;
        if (axes && !onnx_axis(call, axes[i], x->rank, &axis))
            return false;
        if (seen[axis])
            return fail(call->failure, "its axes name one twice");
        seen[axis] = true;
        if (!slice_axis(call, &walk, axis, starts[i], ends[i], steps ? steps[i] : 1))
            return false;
    }
    onnx_tensor *y = onnx_output(call, x->type, x->rank, walk.dims);
    if (y)
        onnx_walk_copy(&walk, x, y);
    return y != NULL;
}

/* ---- Concat and Gather: whole runs of elements ---- */

static size_t product_of(const onnx_tensor *x, size_t first, size_t last)
{
    size_t product = x->count ? 1 : 0;
    for (size_t d = first; d < last && x->count; d++)
        product *= x->dims[d];
    return product;
}

/* The dimension along the axis of all inputs together; what else they have must be equal. */
static bool measure_concat(const onnx_call *call, size_t axis, size_t *dims)
{
    const onnx_tensor *first = call->inputs[0];
    memcpy(dims, first->dims, sizeof first->dims);
    dims[axis] = 0;
    for (size_t i = 0; i < call->node->input_count; i++) {
        const onnx_tensor *x = call->inputs[i];
        if (!x || x->rank != first->rank || !x->floats != !first->floats)
            return fail(call->failure, "its inputs must have equally many dimensions and one "
                                       "type");
        for (size_t d = 0; d < x->rank; d++)
            if (d != axis && x->dims[d] != dims[d])
                return fail(call->failure, "the shapes of its inputs do not go together");
        dims[axis] += x->dims[axis];
        if (dims[axis] > SIZE_MAX / 64)
            return fail(call->failure, "a tensor has more elements than memory has bytes");
    }
    return true;
}

bool onnx_concat(onnx_call *call)
{
    const onnx_tensor *first = call->inputs[0];
    size_t axis, dims[ONNX_RANK_MAX], at = 0;
    if (!onnx_axis(call, onnx_attribute_int(call->node, "axis", 1), first->rank, &axis) ||
        !measure_concat(call, axis, dims))
        return false;
    onnx_tensor *y = onnx_output(call, first->type, first->rank, dims);
    if (!y)
        return false;
    const size_t row = product_of(y, axis, y->rank);
    for (size_t i = 0; i < call->node->input_count; i++) {
        const size_t run = product_of(call->inputs[i], axis, y->rank);
        for (size_t outer = 0; run && outer * run < call->inputs[i]->count; outer++)
            onnx_copy(call->inputs[i], outer * run, y, outer * row + at, run);
        at += run;
    }
    return true;
}

bool onnx_gather(onnx_call *call)
{
    const onnx_tensor *x = call->inputs[0], *indices = call->inputs[1];
    size_t axis, dims[2 * ONNX_RANK_MAX], rank = 0;
    if (!onnx_axis(call, onnx_attribute_int(call->node, "axis", 0), x->rank, &axis))
        return false;
    if (!indices->ints)
        return fail(call->failure, "its indices must be whole numbers");
    for (size_t d = 0; d < x->rank; d++)
        if (d != axis)
            dims[rank++] = x->dims[d];
        else
            for (size_t k = 0; k < indices->rank; k++)
                dims[rank++] = indices->dims[k];
    onnx_tensor *y = onnx_output(call, x->type, rank, dims);
    if (!y || !y->count)
        return y != NULL;
    const size_t run = product_of(x, axis + 1, x->rank), row = product_of(x, axis, x->rank);
    for (size_t outer = 0, at = 0; at < y->count; outer++)
        for (size_t k = 0; k < indices->count; k++, at += run) {
            size_t index;
            if (!onnx_axis(call, indices->ints[k], x->dims[axis], &index))
                return fail(call->failure, "its index %lld is outside of %zu elements",
                            (long long)indices->ints[k], x->dims[axis]);
            onnx_copy(x, outer * row + index * run, y, at, run);
        }
    return true;
}

/* ---- Others ---- */

static bool read_dims(const onnx_call *call, size_t input, size_t *rank, size_t *dims)
{
    const int64_t *shape;
    if (!onnx_whole_numbers(call, input, "", &shape, rank))
        return false;
    if (*rank > ONNX_RANK_MAX)
        return fail(call->failure, "its shape has %zu dimensions, and at most %d are supported",
                    *rank, ONNX_RANK_MAX);
    for (size_t d = 0; d < *rank; d++) {
        if (shape[d] < 0)
            return fail(call->failure, "its shape has a negative dimension");
        dims[d] = (size_t)shape[d];
    }
    return true;
}

bool onnx_constant_of_shape(onnx_call *call)
{
    const onnx_attribute *value = onnx_attribute_find(call->node, "value");
    size_t rank, dims[ONNX_RANK_MAX];
    if (!read_dims(call, 0, &rank, dims))
        return false;
    if (value && (!value->t || value->t->count != 1))
        return fail(call->failure, "its value must be a tensor of one element");
    onnx_tensor *y = onnx_output(call, value ? value->t->type : ONNX_FLOAT, rank, dims);
    for (size_t i = 0; y && i < y->count; i++)
        if (y->floats)
            y->floats[i] = value ? value->t->floats[0] : 0;
        else
            y->ints[i] = onnx_whole_at(value->t, 0);
    return y != NULL;
}

bool onnx_expand(onnx_call *call)
{
    const onnx_tensor *x = call->inputs[0];
    onnx_walk walk = {0};
    size_t rank, dims[ONNX_RANK_MAX];
    if (!read_dims(call, 1, &rank, dims))
        return false;
    if (!onnx_broadcast_dims(x->dims, x->rank, dims, rank, walk.dims, &walk.rank))
        return fail(call->failure, "its shape is none that its input can be expanded to");
    onnx_tensor *y = onnx_output(call, x->type, walk.rank, walk.dims);
    if (!y)
        return false;
    onnx_walk_broadcast(&walk, 0, x);
    onnx_walk_copy(&walk, x, y);
    return true;
}

int64_t onnx_to_whole(float value)
{
    return isnan(value)        ? 0
           : value >= 0x1p63f  ? INT64_MAX
           : value <= -0x1p63f ? INT64_MIN
                               : (int64_t)value;
}

bool onnx_cast(onnx_call *call)
{
    const onnx_tensor *x = call->inputs[0];
    const int64_t to = onnx_attribute_int(call->node, "to", 0);
    if (!onnx_type_is_read((enum onnx_type)to))
        return fail(call->failure, "a cast to %s is not supported",
                    onnx_type_name((enum onnx_type)to));
    if (x->floats && (to == ONNX_FLOAT || to == ONNX_DOUBLE)) { /* which they are already */
        onnx_tensor *view = onnx_output_view(call, x, x->rank, x->dims);
        if (view)
            view->type = (enum onnx_type)to;
        return view;
    }
    onnx_tensor *y = onnx_output(call, (enum onnx_type)to, x->rank, x->dims);
    for (size_t i = 0; y && i < y->count; i++)
        if (y->floats)
            y->floats[i] = onnx_type_round(y->type, x->floats ? x->floats[i] : (float)x->ints[i]);
        else if (to == ONNX_BOOL)
            y->ints[i] = x->floats ? x->floats[i] != 0 : x->ints[i] != 0;
        else
            y->ints[i] = x->floats ? onnx_to_whole(x->floats[i]) : x->ints[i];
    if (y)
        onnx_wrap(y);
    return y != NULL;
}
