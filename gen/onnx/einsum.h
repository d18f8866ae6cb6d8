/* SPDX-License-Identifier: MIT */
/* What an equation of Einsum says of its labels. */
#ifndef WEIR_ONNX_EINSUM_H
#define WEIR_ONNX_EINSUM_H

#include "onnx/call.h"

enum { EINSUM_OPERANDS = 2, EINSUM_LABELS = EINSUM_OPERANDS * ONNX_RANK_MAX };

/* A label: its size, and how far it moves in the elements of each operand, 0 where that has it not.
 */
struct einsum_label {
    int name;
    size_t dim;
    bool is_known; /* an operand has it */
    ptrdiff_t stride[EINSUM_OPERANDS];
};

struct einsum {
    struct einsum_label labels[EINSUM_LABELS];
    size_t count, outputs; /* the first so many are those of the output */
};

/* The labels of a node, of whose inputs the shapes are asked for, and the shape of its output. */
bool onnx_einsum_read(const onnx_call *call, struct einsum *sum, size_t dims[ONNX_RANK_MAX]);

#endif
