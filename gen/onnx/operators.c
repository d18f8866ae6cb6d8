/* SPDX-License-Identifier: MIT */
/* The table of plain operators, and evaluating one. */
#include "onnx/operators.h"

#include <string.h>

enum { ANY = INT32_MAX };

static const struct onnx_operator operators[] = {
    {"Abs", 1, 1, FOLDS, onnx_elementwise},
    {"Add", 2, 2, FOLDS, onnx_elementwise},
    {"And", 2, 2, FOLDS, onnx_elementwise},
    {"ArgMax", 1, 1, FOLDS_SMALL, onnx_arg_max},
    {"ArgMin", 1, 1, FOLDS_SMALL, onnx_arg_min},
    {"AveragePool", 1, 1, RUNS, onnx_average_pool},
    {"BatchNormalization", 5, 5, FOLDS, onnx_batch_normalization},
    {"Cast", 1, 1, FOLDS, onnx_cast},
    {"Ceil", 1, 1, FOLDS, onnx_elementwise},
    {"Celu", 1, 1, FOLDS, onnx_activation_function},
    {"Clip", 1, 3, FOLDS, onnx_clip},
    {"Compress", 2, 2, FOLDS_SMALL, onnx_compress},
    {"Concat", 1, ANY, FOLDS, onnx_concat},
    {"Constant", 0, 0, FOLDS, onnx_constant},
    {"ConstantOfShape", 1, 1, FOLDS, onnx_constant_of_shape},
    {"Conv", 2, 3, RUNS, onnx_conv},
    {"ConvInteger", 2, 4, RUNS, onnx_conv_integer},
    {"ConvTranspose", 2, 3, RUNS, onnx_conv_transpose},
    {"Cos", 1, 1, FOLDS, onnx_elementwise},
    {"CumSum", 2, 2, FOLDS, onnx_cum_sum},
    {"DFT", 1, 3, RUNS, onnx_dft},
    {"DequantizeLinear", 2, 3, FOLDS, onnx_dequantize_linear},
    {"Div", 2, 2, FOLDS, onnx_elementwise},
    {"Dropout", 1, 3, FOLDS, onnx_dropout},
    {"DynamicQuantizeLinear", 1, 1, FOLDS, onnx_dynamic_quantize_linear},
    {"Einsum", 1, ANY, RUNS, onnx_einsum},
    {"Elu", 1, 1, FOLDS, onnx_activation_function},
    {"Equal", 2, 2, FOLDS, onnx_elementwise},
    {"Erf", 1, 1, FOLDS, onnx_elementwise},
    {"Exp", 1, 1, FOLDS, onnx_elementwise},
    {"Expand", 2, 2, FOLDS, onnx_expand},
    {"EyeLike", 1, 1, FOLDS, onnx_eye_like},
    {"Flatten", 1, 1, FOLDS, onnx_flatten},
    {"Floor", 1, 1, FOLDS, onnx_elementwise},
    {"Gather", 2, 2, FOLDS, onnx_gather},
    {"GatherElements", 2, 2, FOLDS, onnx_gather_elements},
    {"GatherND", 2, 2, FOLDS_SMALL, onnx_gather_nd},
    {"Gelu", 1, 1, FOLDS, onnx_gelu},
    {"Gemm", 2, 3, RUNS, onnx_gemm},
    {"GlobalAveragePool", 1, 1, FOLDS_SMALL, onnx_global_average_pool},
    {"GlobalMaxPool", 1, 1, FOLDS_SMALL, onnx_global_max_pool},
    {"Greater", 2, 2, FOLDS, onnx_elementwise},
    {"GreaterOrEqual", 2, 2, FOLDS, onnx_elementwise},
    {"GroupNormalization", 3, 3, FOLDS, onnx_group_normalization},
    {"HardSigmoid", 1, 1, FOLDS, onnx_activation_function},
    {"HardSwish", 1, 1, FOLDS, onnx_elementwise},
    {"Identity", 1, 1, FOLDS, onnx_identity},
    {"InstanceNormalization", 3, 3, FOLDS, onnx_instance_normalization},
    {"IsNaN", 1, 1, FOLDS, onnx_elementwise},
    {"LayerNormalization", 2, 3, FOLDS, onnx_layer_normalization},
    {"LeakyRelu", 1, 1, FOLDS, onnx_activation_function},
    {"Less", 2, 2, FOLDS, onnx_elementwise},
    {"LessOrEqual", 2, 2, FOLDS, onnx_elementwise},
    {"Log", 1, 1, FOLDS, onnx_elementwise},
    {"LogSoftmax", 1, 1, FOLDS, onnx_log_softmax},
    {"MatMul", 2, 2, RUNS, onnx_matmul},
    {"MatMulInteger", 2, 4, RUNS, onnx_matmul_integer},
    {"Max", 1, ANY, FOLDS, onnx_variadic},
    {"MaxPool", 1, 1, RUNS, onnx_max_pool},
    {"Mean", 1, ANY, FOLDS, onnx_variadic},
    {"Min", 1, ANY, FOLDS, onnx_variadic},
    {"Mish", 1, 1, FOLDS, onnx_elementwise},
    {"Mod", 2, 2, FOLDS, onnx_mod},
    {"Mul", 2, 2, FOLDS, onnx_elementwise},
    {"Neg", 1, 1, FOLDS, onnx_elementwise},
    {"NonZero", 1, 1, FOLDS_SMALL, onnx_non_zero},
    {"Not", 1, 1, FOLDS, onnx_elementwise},
    {"OneHot", 3, 3, FOLDS, onnx_one_hot},
    {"Or", 2, 2, FOLDS, onnx_elementwise},
    {"PRelu", 2, 2, FOLDS, onnx_prelu},
    {"Pad", 1, 4, FOLDS, onnx_pad},
    {"Pow", 2, 2, FOLDS, onnx_pow},
    {"QLinearConv", 8, 9, RUNS, onnx_qlinear_conv},
    {"QLinearMatMul", 8, 8, RUNS, onnx_qlinear_matmul},
    {"QuantizeLinear", 2, 3, FOLDS, onnx_quantize_linear},
    {"Range", 3, 3, FOLDS, onnx_range},
    {"Reciprocal", 1, 1, FOLDS, onnx_elementwise},
    {"ReduceL1", 1, 2, FOLDS_SMALL, onnx_reduce},
    {"ReduceL2", 1, 2, FOLDS_SMALL, onnx_reduce},
    {"ReduceLogSum", 1, 2, FOLDS_SMALL, onnx_reduce},
    {"ReduceLogSumExp", 1, 2, FOLDS_SMALL, onnx_reduce_log_sum_exp},
    {"ReduceMax", 1, 2, FOLDS_SMALL, onnx_reduce},
    {"ReduceMean", 1, 2, FOLDS_SMALL, onnx_reduce},
    {"ReduceMin", 1, 2, FOLDS_SMALL, onnx_reduce},
    {"ReduceProd", 1, 2, FOLDS_SMALL, onnx_reduce},
    {"ReduceSum", 1, 2, FOLDS_SMALL, onnx_reduce},
    {"ReduceSumSquare", 1, 2, FOLDS_SMALL, onnx_reduce},
    {"Relu", 1, 1, FOLDS, onnx_elementwise},
    {"Reshape", 2, 2, FOLDS, onnx_reshape},
    {"Resize", 1, 4, FOLDS, onnx_resize},
    {"ReverseSequence", 2, 2, FOLDS, onnx_reverse_sequence},
    {"Round", 1, 1, FOLDS, onnx_elementwise},
    {"STFT", 2, 4, RUNS, onnx_stft},
    {"Scatter", 3, 3, FOLDS_SMALL, onnx_scatter_elements},
    {"ScatterElements", 3, 3, FOLDS_SMALL, onnx_scatter_elements},
    {"ScatterND", 3, 3, FOLDS_SMALL, onnx_scatter_nd},
    {"Selu", 1, 1, FOLDS, onnx_activation_function},
    {"Shape", 1, 1, FOLDS, onnx_shape},
    {"Sigmoid", 1, 1, FOLDS, onnx_elementwise},
    {"Sign", 1, 1, FOLDS, onnx_elementwise},
    {"Sin", 1, 1, FOLDS, onnx_elementwise},
    {"Size", 1, 1, FOLDS, onnx_size},
    {"Slice", 1, 5, FOLDS, onnx_slice},
    {"Softmax", 1, 1, FOLDS, onnx_softmax},
    {"Softplus", 1, 1, FOLDS, onnx_elementwise},
    {"Softsign", 1, 1, FOLDS, onnx_elementwise},
    {"Split", 1, 2, FOLDS, onnx_split},
    {"Sqrt", 1, 1, FOLDS, onnx_elementwise},
    {"Squeeze", 1, 2, FOLDS, onnx_squeeze},
    {"Sub", 2, 2, FOLDS, onnx_elementwise},
    {"Sum", 1, ANY, FOLDS, onnx_variadic},
    {"Swish", 1, 1, FOLDS, onnx_activation_function},
    {"Tanh", 1, 1, FOLDS, onnx_elementwise},
    {"ThresholdedRelu", 1, 1, FOLDS, onnx_activation_function},
    {"Tile", 2, 2, FOLDS, onnx_tile},
    {"TopK", 1, 2, FOLDS_SMALL, onnx_top_k},
    {"Transpose", 1, 1, FOLDS, onnx_transpose},
    {"Unsqueeze", 1, 2, FOLDS, onnx_unsqueeze},
    {"Upsample", 1, 2, FOLDS, onnx_resize},
    {"Where", 3, 3, FOLDS, onnx_where},
    {"Xor", 2, 2, FOLDS, onnx_elementwise},
};

const struct onnx_operator *onnx_operator_find(const char *name)
{
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (!strcmp(operators[i].name, name))
            return &operators[i];
    return NULL;
}

bool onnx_evaluate(const onnx_node *node, const onnx_tensor *const *inputs,
                   const onnx_tensor **outputs, onnx_memory *memory, struct failure *failure)
{
    onnx_call call = {node, inputs, outputs, memory, failure};
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
