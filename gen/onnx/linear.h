/* SPDX-License-Identifier: MIT */
/* Products of stacks of matrices. */
#ifndef WEIR_ONNX_LINEAR_H
#define WEIR_ONNX_LINEAR_H

#include "onnx/call.h"

/* Output 0, of this type: the product as MatMul has it, of floats or of whole numbers. */
bool onnx_matrix_product(onnx_call *call, const onnx_tensor *a, const onnx_tensor *b,
                         enum onnx_type type);

#endif
