/* SPDX-License-Identifier: MIT */
/* What the implementations of operators share: making outputs, and reading axes and lists. */
#include "onnx/call.h"
#include "onnx/memory.h"

#include <string.h>

const onnx_tensor *onnx_input(const onnx_call *call, size_t input)
{
    return input < call->node->input_count ? call->inputs[input] : NULL;
}

onnx_tensor *onnx_output_at(onnx_call *call, size_t output, enum onnx_type type, size_t rank,
                            const size_t *dims)
{
    onnx_tensor *tensor = onnx_tensor_create(call->memory, type, rank, dims, call->failure);
    if (output < call->node->output_count)
        call->outputs[output] = tensor;
    return tensor;
}

onnx_tensor *onnx_output(onnx_call *call, enum onnx_type type, size_t rank, const size_t *dims)
{
    return onnx_output_at(call, 0, type, rank, dims);
}

bool onnx_wants(const onnx_call *call, size_t output)
{
    return output < call->node->output_count && call->node->outputs[output] >= 0;
}

onnx_tensor *onnx_output_view(onnx_call *call, const onnx_tensor *of, size_t rank,
                              const size_t *dims)
{
    onnx_tensor *view = onnx_memory_take(call->memory, 1, sizeof *view);
    if (!view)
        fail_limit(call->failure);
    else if (rank > ONNX_RANK_MAX)
        fail(call->failure, "a tensor has %zu dimensions, and at most %d are supported", rank,
             ONNX_RANK_MAX);
    if (!view || rank > ONNX_RANK_MAX)
        return NULL;
    *view = *of;
    view->rank = rank;
    for (size_t i = 0; i < rank; i++)
        view->dims[i] = dims[i];
    call->outputs[0] = view;
    return view;
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

const char *onnx_attribute_string(const onnx_node *node, const char *name, const char *otherwise)
{
    const onnx_attribute *attribute = onnx_attribute_find(node, name);
    return attribute && attribute->s ? attribute->s : otherwise;
}

bool onnx_check_floats(const onnx_call *call)
{
    for (size_t i = 0; i < call->node->input_count; i++)
        if (call->inputs[i] && !call->inputs[i]->floats)
            return fail(call->failure, "it works on floats only, and its input %zu is of type %s",
                        i, onnx_type_name(call->inputs[i]->type));
    return true;
}

bool onnx_check_whole(const onnx_call *call, size_t input)
{
    const onnx_tensor *tensor = onnx_input(call, input);
    return !tensor || tensor->ints ||
           fail(call->failure, "its input %zu must be whole numbers", input);
}

bool onnx_check_work(const onnx_call *call, size_t count, const size_t *factors)
{
    const size_t most = onnx_memory_steps(call->memory);
    size_t work = 1;
    for (size_t i = 0; i < count; i++)
        if (!factors[i])
            return true;
    for (size_t i = 0; i < count; i++) {
        if (factors[i] > most / work)
            return fail(call->failure, "it would take more steps than are allowed for it");
        work *= factors[i];
    }
    return onnx_memory_spend(call->memory, work) ||
           fail(call->failure, "it would take more steps than are allowed for it");
}

void onnx_wrap(onnx_tensor *tensor)
{
    if (!tensor->ints || tensor->type == ONNX_INT64)
        return;
    for (size_t i = 0; i < tensor->count; i++)
        tensor->ints[i] = onnx_type_wrap(tensor->type, tensor->ints[i]);
}

struct onnx_lines onnx_lines_of(const onnx_tensor *tensor, size_t axis)
{
    struct onnx_lines lines = {1, 1, 1};
    if (!tensor->count)
        return (struct onnx_lines){0, 0, 0};
    for (size_t d = 0; d < tensor->rank; d++)
        *(d < axis ? &lines.outer : d > axis ? &lines.inner : &lines.count) *= tensor->dims[d];
    return lines;
}

void onnx_copy(const onnx_tensor *from, size_t source, onnx_tensor *to, size_t target, size_t count)
{
    if (count && to->floats)
        memcpy(to->floats + target, from->floats + source, count * sizeof *to->floats);
    else if (count)
        memcpy(to->ints + target, from->ints + source, count * sizeof *to->ints);
}
