/* SPDX-License-Identifier: MIT */
/* The table of plain operators, and what their implementations share. */
#include "onnx/walk.h"

#include "onnx/internal.h"

#include <string.h>

enum { ANY = INT32_MAX };

/* What takes long for a small result is not folded: a small file could ask for much of it. */
static const struct onnx_operator operators[] = {
    {"Abs", 1, 1, true, onnx_elementwise},
    {"Add", 2, 2, true, onnx_elementwise},
    {"And", 2, 2, true, onnx_elementwise},
    {"Cast", 1, 1, true, onnx_cast},
    {"Concat", 1, ANY, true, onnx_concat},
    {"Constant", 0, 0, true, onnx_constant},
    {"ConstantOfShape", 1, 1, true, onnx_constant_of_shape},
    {"Conv", 2, 3, false, onnx_conv},
    {"Div", 2, 2, true, onnx_elementwise},
    {"Dropout", 1, 3, true, onnx_dropout},
    {"Equal", 2, 2, true, onnx_elementwise},
    {"Exp", 1, 1, true, onnx_elementwise},
    {"Expand", 2, 2, true, onnx_expand},
    {"Flatten", 1, 1, true, onnx_flatten},
    {"Gather", 2, 2, true, onnx_gather},
    {"Gemm", 2, 3, false, onnx_gemm},
    {"Greater", 2, 2, true, onnx_elementwise},
    {"Identity", 1, 1, true, onnx_identity},
    {"Less", 2, 2, true, onnx_elementwise},
    {"Log", 1, 1, true, onnx_elementwise},
    {"MatMul", 2, 2, false, onnx_matmul},
    {"Mul", 2, 2, true, onnx_elementwise},
    {"Neg", 1, 1, true, onnx_elementwise},
    {"Not", 1, 1, true, onnx_elementwise},
    {"Or", 2, 2, true, onnx_elementwise},
    {"Pad", 1, 4, true, onnx_pad},
    {"Pow", 2, 2, true, onnx_elementwise},
    {"ReduceMean", 1, 2, false, onnx_reduce_mean},
    {"Relu", 1, 1, true, onnx_elementwise},
    {"Reshape", 2, 2, true, onnx_reshape},
    {"Shape", 1, 1, true, onnx_shape},
    {"Sigmoid", 1, 1, true, onnx_elementwise},
    {"Size", 1, 1, true, onnx_size},
    {"Slice", 1, 5, true, onnx_slice},
    {"Softmax", 1, 1, true, onnx_softmax},
    {"Sqrt", 1, 1, true, onnx_elementwise},
    {"Squeeze", 1, 2, true, onnx_squeeze},
    {"Sub", 2, 2, true, onnx_elementwise},
    {"Tanh", 1, 1, true, onnx_elementwise},
    {"Transpose", 1, 1, true, onnx_transpose},
    {"Unsqueeze", 1, 2, true, onnx_unsqueeze},
};

const struct onnx_operator *onnx_operator_find(const char *name)
{
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (!strcmp(operators[i].name, name))
            return &operators[i];
    return NULL;
}

bool onnx_evaluate(const onnx_node *node, int64_t opset, const onnx_tensor *const *inputs,
                   const onnx_tensor **outputs, onnx_memory *memory, onnx_error *error)
{
    onnx_call call = {node, opset, inputs, outputs, memory, error};
    const struct onnx_operator *operator= node->operator;
    if (node->input_count > operator->inputs_most)
        return onnx_fail(error, "it has %zu inputs, and may have %zu",
                         node->input_count, operator->inputs_most);
    for (size_t i = 0; i < operator->inputs_least; i++)
        if (i >= node->input_count || !inputs[i])
            return onnx_fail(error, "its input %zu is missing", i);
    if (!node->output_count)
        return onnx_fail(error, "it has no output");
    for (size_t i = 0; i < node->output_count; i++)
        outputs[i] = NULL;
    if (!operator->evaluate(&call))
        return false;
    for (size_t i = 0; i < node->output_count; i++)
        if (node->outputs[i] >= 0 && !outputs[i])
            return onnx_fail(error, "its output %zu is not supported", i);
    return true;
}

/* ---- What implementations share ---- */

onnx_tensor *onnx_output(onnx_call *call, enum onnx_type type, size_t rank, const size_t *dims)
{
    onnx_tensor *tensor = onnx_tensor_create(call->memory, type, rank, dims, call->error);
    call->outputs[0] = tensor;
    return tensor;
}

bool onnx_output_view(onnx_call *call, const onnx_tensor *of, size_t rank, const size_t *dims)
{
    onnx_tensor *view = onnx_memory_take(call->memory, 1, sizeof *view);
    if (!view)
        return onnx_fail_memory(call->error);
    if (rank > ONNX_RANK_MAX)
        return onnx_fail(call->error, "a tensor has %zu dimensions, and at most %d are supported",
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
        return onnx_fail(call->error, "axis %lld is none of a tensor of %zu dimensions",
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
           onnx_fail(call->error, "its input %zu must be a list of whole numbers", input);
}

/* ---- Walks ---- */

void onnx_dense_strides(const onnx_tensor *tensor, ptrdiff_t strides[ONNX_RANK_MAX])
{
    ptrdiff_t stride = 1;
    for (size_t d = tensor->rank; d-- > 0;) {
        strides[d] = stride;
        stride *= (ptrdiff_t)(tensor->count ? tensor->dims[d] : 0);
    }
}

bool onnx_broadcast_dims(const size_t *a, size_t a_rank, const size_t *b, size_t b_rank,
                         size_t *dims, size_t *rank)
{
    *rank = a_rank > b_rank ? a_rank : b_rank;
    for (size_t k = 0; k < *rank; k++) { /* from the last dimension on */
        const size_t of_a = k < a_rank ? a[a_rank - 1 - k] : 1;
        const size_t of_b = k < b_rank ? b[b_rank - 1 - k] : 1;
        if (of_a != of_b && of_a != 1 && of_b != 1)
            return false;
        dims[*rank - 1 - k] = of_a == 1 ? of_b : of_a;
    }
    return true;
}

void onnx_walk_broadcast(onnx_walk *walk, size_t k, const onnx_tensor *tensor)
{
    ptrdiff_t strides[ONNX_RANK_MAX];
    const size_t before = walk->rank - tensor->rank;
    onnx_dense_strides(tensor, strides);
    for (size_t d = 0; d < walk->rank; d++)
        walk->stride[k][d] = d < before || tensor->dims[d - before] == 1 ? 0 : strides[d - before];
}

void onnx_walk_copy(onnx_walk *walk, const onnx_tensor *from, onnx_tensor *to)
{
    for (size_t i = 0; i < to->count; i++, onnx_walk_next(walk))
        if (to->floats)
            to->floats[i] = from->floats[walk->at[0]];
        else
            to->ints[i] = from->ints[walk->at[0]];
}
