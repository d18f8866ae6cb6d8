/* SPDX-License-Identifier: MIT */
/* Where the scale and zero point of a quantised element are: one for all, one for each along an
 * axis, or one for each block along it. */
#ifndef WEIR_ONNX_SCALES_H
#define WEIR_ONNX_SCALES_H

#include "onnx/call.h"

#include <stdbool.h>

struct onnx_scales {
    struct onnx_lines lines;
    size_t axis, block; /* block 0: the scale is not by block */
    bool one;
};

/* Of x, as the attributes of the node in work say; zero: NULL, where it is left out. */
bool onnx_scales_read(const onnx_call *call, const onnx_tensor *x, const onnx_tensor *scale,
                      const onnx_tensor *zero, struct onnx_scales *scales);

size_t onnx_scale_of(const struct onnx_scales *scales, size_t i);

/* Whether tensors of a type are quantised: whole numbers of 8 or 16 bits. */
bool onnx_type_is_quantised(enum onnx_type type);

#endif
