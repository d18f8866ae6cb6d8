/* SPDX-License-Identifier: MIT */
/* What an operator does to the elements of two inputs, broadcast. */
#ifndef WEIR_ONNX_ELEMENTWISE_H
#define WEIR_ONNX_ELEMENTWISE_H

#include "onnx/call.h"
#include "onnx/walk.h"

typedef float onnx_on_floats(float a, float b);
typedef int64_t onnx_on_ints(int64_t a, int64_t b);

/* What an operator does; NULL: it does not work on such elements. */
struct onnx_maths {
    const char *op;
    onnx_on_floats *floats;
    onnx_on_ints *ints;
    bool claims; /* the result is a bool */
};

bool onnx_elementwise_pair(onnx_call *call, const struct onnx_maths *maths, const onnx_tensor *a,
                           const onnx_tensor *b);

/* A float as a whole number: towards zero, and the nearest that there is. */
int64_t onnx_to_whole(float value);

#endif
