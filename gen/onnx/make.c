/* SPDX-License-Identifier: MIT */
/* Operators whose output has a shape that numbers among their inputs say, or elements. */
#include "onnx/elementwise.h"
#include "onnx/operators.h"

#include <math.h>
#include <string.h>

/* ---- Range ---- */

bool onnx_range(onnx_call *call)
{
    const onnx_tensor *start = call->inputs[0], *limit = call->inputs[1], *delta = call->inputs[2];
    for (size_t k = 0; k < 3; k++)
        if (call->inputs[k]->count != 1 || !call->inputs[k]->floats != !start->floats)
            return fail(call->failure, "its inputs must be one number each, of one type");
    const double from = start->floats ? (double)start->floats[0] : (double)start->ints[0];
    const double to = start->floats ? (double)limit->floats[0] : (double)limit->ints[0];
    const double by = start->floats ? (double)delta->floats[0] : (double)delta->ints[0];
    const double steps = ceil((to - from) / by);
    if (!(fabs(steps) < 0x1p40)) /* nor a NaN */
        return fail(call->failure, "it has no end, or too far a one");
    const size_t count = steps > 0 ? (size_t)steps : 0;
    onnx_tensor *y = onnx_output(call, start->type, 1, &count);
    for (size_t i = 0; y && i < count; i++)
        if (y->floats)
            y->floats[i] = start->floats[0] + (float)i * delta->floats[0];
        else
            y->ints[i] = (int64_t)((uint64_t)start->ints[0] + i * (uint64_t)delta->ints[0]);
    if (y)
        onnx_wrap(y);
    return y != NULL;
}

/* ---- Tile ---- */

bool onnx_tile(onnx_call *call)
{
    const onnx_tensor *x = call->inputs[0], *repeats = call->inputs[1];
    size_t dims[ONNX_RANK_MAX];
    ptrdiff_t strides[ONNX_RANK_MAX];
    if (!repeats->ints || repeats->rank != 1 || repeats->count != x->rank)
        return fail(call->failure, "its repeats must be %zu whole numbers", x->rank);
    for (size_t d = 0; d < x->rank; d++) {
        if (repeats->ints[d] < 0 || repeats->ints[d] > INT32_MAX || x->dims[d] > INT32_MAX)
            return fail(call->failure, "its repeats must be 0 or more, and not too many");
        dims[d] = x->dims[d] * (size_t)repeats->ints[d];
    }
    onnx_tensor *y = onnx_output(call, x->type, x->rank, dims);
    if (!y)
        return false;
    onnx_walk walk = {.rank = x->rank};
    memcpy(walk.dims, dims, sizeof walk.dims);
    onnx_dense_strides(x, strides);
    for (size_t i = 0; i < y->count; i++, onnx_walk_next(&walk)) {
        size_t from = 0;
        for (size_t d = 0; d < x->rank; d++)
            from += walk.index[d] % x->dims[d] * (size_t)strides[d];
        onnx_copy(x, from, y, i, 1);
    }
    return true;
}

/* ---- EyeLike and OneHot ---- */

static void set(onnx_tensor *y, size_t at, int64_t value)
{
    if (y->floats)
        y->floats[at] = (float)value;
    else
        y->ints[at] = value;
}

bool onnx_eye_like(onnx_call *call)
{
    const onnx_tensor *x = call->inputs[0];
    const int64_t k = onnx_attribute_int(call->node, "k", 0);
    const int64_t type = onnx_attribute_int(call->node, "dtype", x->type);
    if (x->rank != 2 || !onnx_type_is_read((enum onnx_type)type))
        return fail(call->failure, "its input must have two dimensions, and its dtype be one that "
                                   "is read");
    onnx_tensor *y = onnx_output(call, (enum onnx_type)type, 2, x->dims);
    for (size_t i = 0; y && i < y->count; i++)
        set(y, i, (int64_t)(i % x->dims[1]) - (int64_t)(i / x->dims[1]) == k);
    return y != NULL;
}

/* Of indices that are in range; those that are not are nowhere. */
bool onnx_one_hot(onnx_call *call)
{
    const onnx_tensor *indices = call->inputs[0], *depth = call->inputs[1];
    const onnx_tensor *values = call->inputs[2];
    size_t axis, dims[ONNX_RANK_MAX + 1];
    if (depth->count != 1 || values->count != 2)
        return fail(call->failure, "its depth must be one number, and its values two");
    const int64_t count = depth->ints ? depth->ints[0] : onnx_to_whole(depth->floats[0]);
    if (count < 1 || count > INT32_MAX)
        return fail(call->failure, "its depth is %lld", (long long)count);
    if (!onnx_axis(call, onnx_attribute_int(call->node, "axis", -1), indices->rank + 1, &axis))
        return false;
    for (size_t d = 0; d <= indices->rank; d++)
        dims[d] = d == axis ? (size_t)count : indices->dims[d > axis ? d - 1 : d];
    onnx_tensor *y = onnx_output(call, values->type, indices->rank + 1, dims);
    if (!y)
        return false;
    const size_t inner = onnx_lines_of(y, axis).inner;
    for (size_t i = 0; i < y->count; i++) {
        const size_t of = i / inner / (size_t)count * inner + i % inner;
        const int64_t index =
            indices->ints ? indices->ints[of] : onnx_to_whole(indices->floats[of]);
        const int64_t place = (int64_t)(i / inner % (size_t)count);
        onnx_copy(values, index == place || index == place - count, y, i, 1);
    }
    return true;
}

/* ---- Compress and NonZero ---- */

bool onnx_compress(onnx_call *call)
{
    const onnx_tensor *x = call->inputs[0], *keep = call->inputs[1];
    const onnx_attribute *given = onnx_attribute_find(call->node, "axis");
    size_t axis = 0, kept = 0, dims[ONNX_RANK_MAX];
    onnx_tensor flat = *x;
    if (!keep->ints || keep->rank != 1)
        return fail(call->failure, "its condition must be a list of bools");
    if (!given) {
        flat.rank = 1;
        flat.dims[0] = x->count;
    } else if (!onnx_axis(call, given->i, x->rank, &axis)) {
        return false;
    }
    if (keep->count > flat.dims[axis])
        return fail(call->failure, "its condition is longer than its input");
    for (size_t i = 0; i < keep->count; i++)
        kept += keep->ints[i] != 0;
    memcpy(dims, flat.dims, sizeof dims);
    dims[axis] = kept;
    onnx_tensor *y = onnx_output(call, x->type, flat.rank, dims);
    const struct onnx_lines lines = onnx_lines_of(&flat, axis);
    for (size_t outer = 0, to = 0; y && outer < lines.outer; outer++)
        for (size_t i = 0; i < keep->count; i++)
            if (keep->ints[i]) {
                onnx_copy(x, (outer * lines.count + i) * lines.inner, y, to, lines.inner);
                to += lines.inner;
            }
    return y != NULL;
}

/* A column of indices for each element that is not 0. */
bool onnx_non_zero(onnx_call *call)
{
    const onnx_tensor *x = call->inputs[0];
    const size_t rank = x->rank ? x->rank : 1; /* a number alone is a list of one */
    size_t count = 0;
    for (size_t i = 0; i < x->count; i++)
        count += x->floats ? x->floats[i] != 0 : x->ints[i] != 0;
    onnx_tensor *y = onnx_output(call, ONNX_INT64, 2, (size_t[]){rank, count});
    onnx_walk walk = {.rank = x->rank};
    memcpy(walk.dims, x->dims, sizeof walk.dims);
    for (size_t i = 0, column = 0; y && i < x->count; i++, onnx_walk_next(&walk)) {
        if (x->floats ? x->floats[i] == 0 : x->ints[i] == 0)
            continue;
        for (size_t d = 0; d < rank; d++)
            y->ints[d * count + column] = x->rank ? (int64_t)walk.index[d] : 0;
        column++;
    }
    return y != NULL;
}
