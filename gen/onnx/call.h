/* SPDX-License-Identifier: MIT */
/* One evaluation of a plain operator, and what all of them need. */
#ifndef WEIR_ONNX_CALL_H
#define WEIR_ONNX_CALL_H

#include "onnx/onnx.h"

/* What an operator is evaluated with. */
typedef struct onnx_call {
    const onnx_node *node;
    int64_t opset;
    const onnx_tensor *const *inputs;
    const onnx_tensor **outputs;
    onnx_memory *memory;
    struct failure *failure;
} onnx_call;

/* Output 0, made with room for its elements; NULL and a sentence where that fails. */
onnx_tensor *onnx_output(onnx_call *call, enum onnx_type type, size_t rank, const size_t *dims);

/* A view: the elements of a tensor under another shape, as output 0. */
bool onnx_output_view(onnx_call *call, const onnx_tensor *of, size_t rank, const size_t *dims);

/* An axis of a tensor of this rank, counted from the end where it is negative. */
bool onnx_axis(const onnx_call *call, int64_t axis, size_t rank, size_t *place);

/* Whole numbers from an input, or where that is left out, from an attribute; NULL with *count 0
 * where neither is there. */
bool onnx_whole_numbers(const onnx_call *call, size_t input, const char *attribute,
                        const int64_t **numbers, size_t *count);

#endif
