/* SPDX-License-Identifier: MIT */
/* Operators that give a tensor another shape and leave its elements as they are: views of it. What
 * moves elements is in moves.c. */
#include "onnx/operators.h"

#include <string.h>

bool onnx_identity(onnx_call *call)
{
    return onnx_output_view(call, call->inputs[0], call->inputs[0]->rank, call->inputs[0]->dims);
}

/* At inference: the input, and a mask that keeps all. */
bool onnx_dropout(onnx_call *call)
{
    const onnx_tensor *training = call->node->input_count > 2 ? call->inputs[2] : NULL;
    const onnx_tensor *x = call->inputs[0];
    if (training && (training->count != 1 || !training->ints || training->ints[0]))
        return fail(call->failure, "it is to train, and Weir runs models only");
    if (call->node->output_count > 1 && call->node->outputs[1] >= 0) {
        onnx_tensor *mask =
            onnx_tensor_create(call->memory, ONNX_BOOL, x->rank, x->dims, call->failure);
        if (!mask)
            return false;
        for (size_t i = 0; i < mask->count; i++)
            mask->ints[i] = 1;
        call->outputs[1] = mask;
    }
    return onnx_identity(call);
}

/* Marks the axes that are listed, of a tensor of this rank. */
static bool mark_axes(const onnx_call *call, const int64_t *axes, size_t count, size_t rank,
                      bool marked[ONNX_RANK_MAX])
{
    for (size_t i = 0; i < count; i++) {
        size_t axis;
        if (!onnx_axis(call, axes[i], rank, &axis))
            return false;
        if (marked[axis])
            return fail(call->failure, "its axes name one twice");
        marked[axis] = true;
    }
    return true;
}

bool onnx_squeeze(onnx_call *call)
{
    const onnx_tensor *x = call->inputs[0];
    const int64_t *axes;
    size_t count, dims[ONNX_RANK_MAX], rank = 0;
    bool marked[ONNX_RANK_MAX] = {false};
    if (!onnx_whole_numbers(call, 1, "axes", &axes, &count) ||
        !mark_axes(call, axes, count, x->rank, marked))
        return false;
    for (size_t d = 0; d < x->rank; d++) {
        if (marked[d] && x->dims[d] != 1)
            return fail(call->failure, "dimension %zu is %zu, and only 1 can be squeezed", d,
                        x->dims[d]);
        if (axes ? !marked[d] : x->dims[d] != 1)
            dims[rank++] = x->dims[d];
    }
    return onnx_output_view(call, x, rank, dims);
}

bool onnx_unsqueeze(onnx_call *call)
{
    const onnx_tensor *x = call->inputs[0];
    const int64_t *axes;
    size_t count, dims[ONNX_RANK_MAX];
    bool marked[ONNX_RANK_MAX] = {false};
    if (!onnx_whole_numbers(call, 1, "axes", &axes, &count))
        return false;
    if (count > ONNX_RANK_MAX - x->rank)
        return fail(call->failure, "a tensor has %zu dimensions, and at most %d are supported",
                    x->rank + count, ONNX_RANK_MAX);
    if (!mark_axes(call, axes, count, x->rank + count, marked))
        return false;
    for (size_t d = 0, from = 0; d < x->rank + count; d++)
        dims[d] = marked[d] ? 1 : x->dims[from++];
    return onnx_output_view(call, x, x->rank + count, dims);
}

bool onnx_flatten(onnx_call *call)
{
    const onnx_tensor *x = call->inputs[0];
    const int64_t given = onnx_attribute_int(call->node, "axis", 1);
    size_t axis = x->rank, dims[2] = {1, 1};
    if (given != (int64_t)x->rank && !onnx_axis(call, given, x->rank, &axis))
        return false;
    for (size_t d = 0; d < x->rank; d++)
        if (x->dims[d] > SIZE_MAX / 64 / (dims[d >= axis] + !dims[d >= axis]))
            return fail(call->failure, "a tensor has more elements than memory has bytes");
        else
            dims[d >= axis] *= x->dims[d];
    return onnx_output_view(call, x, 2, dims);
}

/* 0 takes a dimension over, unless allowzero is set; -1 is what is left. */
bool onnx_reshape(onnx_call *call)
{
    const onnx_tensor *x = call->inputs[0];
    const bool allow_zero = onnx_attribute_int(call->node, "allowzero", 0) != 0;
    const int64_t *shape;
    size_t rank, dims[ONNX_RANK_MAX], known = 1, open = ONNX_RANK_MAX;
    if (!onnx_whole_numbers(call, 1, "shape", &shape, &rank))
        return false;
    if (rank > ONNX_RANK_MAX)
        return fail(call->failure, "its shape has %zu dimensions, and at most %d are supported",
                    rank, ONNX_RANK_MAX);
    for (size_t d = 0; d < rank; d++) {
        const bool is_open = shape[d] == -1, copies = shape[d] == 0 && !allow_zero;
        if (shape[d] < -1 || (is_open && open < ONNX_RANK_MAX) || (copies && d >= x->rank))
            return fail(call->failure, "its shape is none that %zu elements can have", x->count);
        dims[d] = is_open ? 1 : copies ? x->dims[d] : (size_t)shape[d];
        open = is_open ? d : open;
        if (known && dims[d] > SIZE_MAX / 64 / known)
            return fail(call->failure, "its shape is none that %zu elements can have", x->count);
        known *= dims[d];
    }
    if (open < ONNX_RANK_MAX && known)
        dims[open] = x->count / known;
    if (known * (open < ONNX_RANK_MAX ? dims[open] : 1) != x->count)
        return fail(call->failure, "its shape is none that %zu elements can have", x->count);
    return onnx_output_view(call, x, rank, dims);
}

bool onnx_shape(onnx_call *call)
{
    const onnx_tensor *x = call->inputs[0];
    const int64_t rank = (int64_t)x->rank;
    int64_t start = onnx_attribute_int(call->node, "start", 0);
    int64_t end = onnx_attribute_int(call->node, "end", rank);
    start = start < -rank ? 0 : start < 0 ? start + rank : start > rank ? rank : start;
    end = end < -rank ? 0 : end < 0 ? end + rank : end > rank ? rank : end;
    const size_t count = end > start ? (size_t)(end - start) : 0;
    onnx_tensor *y = onnx_output(call, ONNX_INT64, 1, &count);
    for (size_t i = 0; y && i < count; i++)
        y->ints[i] = (int64_t)x->dims[(size_t)start + i];
    return y != NULL;
}

bool onnx_size(onnx_call *call)
{
    onnx_tensor *y = onnx_output(call, ONNX_INT64, 0, NULL);
    if (y)
        y->ints[0] = (int64_t)call->inputs[0]->count;
    return y != NULL;
}

/* ---- Constants ---- */

static bool constant_list(onnx_call *call, const float *floats, const int64_t *ints, size_t count,
                          size_t rank)
{
    onnx_tensor *y = onnx_output(call, floats ? ONNX_FLOAT : ONNX_INT64, rank, &count);
    if (!y)
        return false;
    if (count && floats)
        memcpy(y->floats, floats, count * sizeof *floats);
    if (count && !floats)
        memcpy(y->ints, ints, count * sizeof *ints);
    return true;
}

bool onnx_constant(onnx_call *call)
{
    if (call->node->attribute_count != 1)
        return fail(call->failure, "it must have one attribute");
    const onnx_attribute *value = call->node->attributes;
    if ((!strcmp(value->name, "value") || !strcmp(value->name, "sparse_value")) && value->t) {
        call->outputs[0] = value->t;
        return true;
    }
    if (!strcmp(value->name, "value_float"))
        return constant_list(call, &value->f, NULL, 1, 0);
    if (!strcmp(value->name, "value_int"))
        return constant_list(call, NULL, &value->i, 1, 0);
    if (!strcmp(value->name, "value_floats"))
        return constant_list(call, value->floats, NULL, value->float_count, 1);
    if (!strcmp(value->name, "value_ints"))
        return constant_list(call, NULL, value->ints, value->int_count, 1);
    return fail(call->failure, "a constant by '%s' is not supported", quote(value->name).text);
}
