/* SPDX-License-Identifier: MIT */
/* The table of plain operators, and evaluating one. */
#include "onnx/operators.h"

#include <string.h>

enum { ANY = INT32_MAX };

/* What takes long for a small result is not folded: a small file could ask for much of it. */
static const struct onnx_operator operators[] = {
    {"Abs", 1, 1, true, onnx_abs},
    {"Add", 2, 2, true, onnx_add},
    {"And", 2, 2, true, onnx_and},
    {"Cast", 1, 1, true, onnx_cast},
    {"Concat", 1, ANY, true, onnx_concat},
    {"Constant", 0, 0, true, onnx_constant},
    {"ConstantOfShape", 1, 1, true, onnx_constant_of_shape},
    {"Conv", 2, 3, false, onnx_conv},
    {"Div", 2, 2, true, onnx_div},
    {"Dropout", 1, 3, true, onnx_dropout},
    {"Equal", 2, 2, true, onnx_equal},
    {"Exp", 1, 1, true, onnx_exp},
    {"Expand", 2, 2, true, onnx_expand},
    {"Flatten", 1, 1, true, onnx_flatten},
    {"Gather", 2, 2, true, onnx_gather},
    {"Gemm", 2, 3, false, onnx_gemm},
    {"Greater", 2, 2, true, onnx_greater},
    {"Identity", 1, 1, true, onnx_identity},
    {"Less", 2, 2, true, onnx_less},
    {"Log", 1, 1, true, onnx_log},
    {"MatMul", 2, 2, false, onnx_matmul},
    {"Mul", 2, 2, true, onnx_mul},
    {"Neg", 1, 1, true, onnx_neg},
    {"Not", 1, 1, true, onnx_not},
    {"Or", 2, 2, true, onnx_or},
    {"Pad", 1, 4, true, onnx_pad},
    {"Pow", 2, 2, true, onnx_pow},
    {"ReduceMean", 1, 2, false, onnx_reduce_mean},
    {"Relu", 1, 1, true, onnx_relu},
    {"Reshape", 2, 2, true, onnx_reshape},
    {"Shape", 1, 1, true, onnx_shape},
    {"Sigmoid", 1, 1, true, onnx_sigmoid},
    {"Size", 1, 1, true, onnx_size},
    {"Slice", 1, 5, true, onnx_slice},
    {"Softmax", 1, 1, true, onnx_softmax},
    {"Sqrt", 1, 1, true, onnx_sqrt},
    {"Squeeze", 1, 2, true, onnx_squeeze},
    {"Sub", 2, 2, true, onnx_sub},
    {"Tanh", 1, 1, true, onnx_tanh},
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
                   const onnx_tensor **outputs, onnx_memory *memory, struct failure *failure)
{
    onnx_call call = {node, opset, inputs, outputs, memory, failure};
    const struct onnx_operator *operator= node->operator;
    if (node->input_count > operator->inputs_most)
        return fail(failure, "it has %zu inputs, and may have %zu",
                    node->input_count, operator->inputs_most);
    for (size_t i = 0; i < operator->inputs_least; i++)
        if (i >= node->input_count || !inputs[i])
            return fail(failure, "its input %zu is missing", i);
    if (!node->output_count)
        return fail(failure, "it has no output");
    for (size_t i = 0; i < node->output_count; i++)
        outputs[i] = NULL;
    if (!operator->evaluate(&call))
        return false;
    for (size_t i = 0; i < node->output_count; i++)
        if (node->outputs[i] >= 0 && !outputs[i])
            return fail(failure, "its output %zu is not supported", i);
    return true;
}
