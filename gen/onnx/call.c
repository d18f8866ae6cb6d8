/* SPDX-License-Identifier: MIT */
/* What the implementations of operators share: making outputs, and reading axes and lists. */
#include "onnx/call.h"
#include "onnx/memory.h"

onnx_tensor *onnx_output(onnx_call *call, enum onnx_type type, size_t rank, const size_t *dims)
{
    onnx_tensor *tensor = onnx_tensor_create(call->memory, type, rank, dims, call->failure);
    call->outputs[0] = tensor;
    return tensor;
}

bool onnx_output_view(onnx_call *call, const onnx_tensor *of, size_t rank, const size_t *dims)
{
    onnx_tensor *view = onnx_memory_take(call->memory, 1, sizeof *view);
    if (!view)
        return fail_limit(call->failure);
    if (rank > ONNX_RANK_MAX)
        return fail(call->failure, "a tensor has %zu dimensions, and at most %d are supported",
                    rank, ONNX_RANK_MAX);
    *view = *of;
    view->rank = rank;
    for (size_t i = 0; i < rank; i++)
        view->dims[i] = dims[i];
    call->outputs[0] = view;
    return true;
}

bool onnx_axis(const onnx_call *call, int64_t axis, size_t rank, size_t *place)
{
    const int64_t from_start = axis < 0 ? axis + (int64_t)rank : axis;
    if (axis < -(int64_t)rank || axis >= (int64_t)rank)
        return fail(call->failure, "axis %lld is none of a tensor of %zu dimensions",
                    (long long)axis, rank);
    *place = (size_t)from_start;
    return true;
}

bool onnx_whole_numbers(const onnx_call *call, size_t input, const char *name,
                        const int64_t **numbers, size_t *count)
{
    const onnx_attribute *attribute = onnx_attribute_find(call->node, name);
    const onnx_tensor *tensor = input < call->node->input_count ? call->inputs[input] : NULL;
    *numbers = tensor ? tensor->ints : attribute ? attribute->ints : NULL;
    *count = tensor ? tensor->count : attribute ? attribute->int_count : 0;
    return !tensor || (tensor->ints && tensor->rank < 2) ||
           fail(call->failure, "its input %zu must be a list of whole numbers", input);
}
