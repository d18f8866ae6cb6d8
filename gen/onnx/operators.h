/* SPDX-License-Identifier: MIT */
/* The plain operators: one function each, and the table that has them by name. */
#ifndef WEIR_ONNX_OPERATORS_H
#define WEIR_ONNX_OPERATORS_H

#include "onnx/call.h"

typedef bool onnx_function(onnx_call *call);

/* Whether an operator is evaluated on constants while a model is read: not, where it may take long
 * for a small result, as a small file could ask for much of that; of few elements where it goes
 * through all of its inputs for that. */
enum onnx_folding { RUNS, FOLDS_SMALL, FOLDS };

struct onnx_operator {
    const char *name;
    size_t inputs_least, inputs_most; /* of which the first inputs_least may not be left out */
    enum onnx_folding folding;
    onnx_function *evaluate;
};

const struct onnx_operator *onnx_operator_find(const char *name);

/* elementwise.c */
onnx_function onnx_elementwise, onnx_mod, onnx_pow, onnx_prelu, onnx_variadic, onnx_where;
/* activations.c */
onnx_function onnx_activation_function, onnx_clip, onnx_gelu;
/* normalise.c */
onnx_function onnx_batch_normalization, onnx_group_normalization, onnx_instance_normalization,
    onnx_layer_normalization, onnx_log_softmax, onnx_softmax;
/* reduce.c */
onnx_function onnx_reduce, onnx_reduce_log_sum_exp;
/* linear.c, einsum.c, convolution.c, pooling.c, spectra.c */
onnx_function onnx_gemm, onnx_matmul, onnx_einsum, onnx_conv, onnx_conv_transpose,
    onnx_average_pool, onnx_global_average_pool, onnx_global_max_pool, onnx_max_pool, onnx_dft,
    onnx_stft;
/* quantised.c */
onnx_function onnx_conv_integer, onnx_dequantize_linear, onnx_dynamic_quantize_linear,
    onnx_matmul_integer, onnx_qlinear_conv, onnx_qlinear_matmul, onnx_quantize_linear;
/* shapes.c */
onnx_function onnx_constant, onnx_dropout, onnx_flatten, onnx_identity, onnx_reshape, onnx_shape,
    onnx_size, onnx_squeeze, onnx_unsqueeze;
/* moves.c, pad.c, resize.c, scatter.c */
onnx_function onnx_cast, onnx_concat, onnx_constant_of_shape, onnx_expand, onnx_gather, onnx_slice,
    onnx_transpose, onnx_pad, onnx_resize, onnx_gather_elements, onnx_gather_nd,
    onnx_scatter_elements, onnx_scatter_nd;
/* lines.c */
onnx_function onnx_arg_max, onnx_arg_min, onnx_cum_sum, onnx_reverse_sequence, onnx_split,
    onnx_top_k;
/* make.c */
onnx_function onnx_compress, onnx_eye_like, onnx_non_zero, onnx_one_hot, onnx_range, onnx_tile;

#endif
