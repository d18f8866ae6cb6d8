/* SPDX-License-Identifier: MIT */
/* The plain operators: one function each, and the table that has them by name. */
#ifndef WEIR_ONNX_OPERATORS_H
#define WEIR_ONNX_OPERATORS_H

#include "onnx/call.h"

typedef bool onnx_function(onnx_call *call);

struct onnx_operator {
    const char *name;
    size_t inputs_least, inputs_most; /* of which the first inputs_least may not be left out */
    bool folds; /* cheap enough to be evaluated on constants while a model is read */
    onnx_function *evaluate;
};

const struct onnx_operator *onnx_operator_find(const char *name);

/* elementwise.c */
onnx_function onnx_abs, onnx_add, onnx_and, onnx_div, onnx_equal, onnx_exp, onnx_greater, onnx_less,
    onnx_log, onnx_mul, onnx_neg, onnx_not, onnx_or, onnx_pow, onnx_relu, onnx_sigmoid,
    onnx_softmax, onnx_sqrt, onnx_sub, onnx_tanh;
/* linear.c */
onnx_function onnx_gemm, onnx_matmul;
/* shapes.c */
onnx_function onnx_constant, onnx_dropout, onnx_flatten, onnx_identity, onnx_reshape, onnx_shape,
    onnx_size, onnx_squeeze, onnx_unsqueeze;
/* moves.c */
onnx_function onnx_cast, onnx_concat, onnx_constant_of_shape, onnx_expand, onnx_gather, onnx_slice,
    onnx_transpose;
/* convolution.c */
onnx_function onnx_conv, onnx_pad, onnx_reduce_mean;

#endif
