/* SPDX-License-Identifier: MIT */
/* Windows that go over up to three dimensions: of convolutions and of pooling. */
#ifndef WEIR_ONNX_WINDOW_H
#define WEIR_ONNX_WINDOW_H

#include "onnx/call.h"

enum { SPATIAL_MAX = 3 };

/* By spatial dimension; where there are fewer than three, the first have 1 everywhere. */
struct window {
    size_t in[SPATIAL_MAX], kernel[SPATIAL_MAX], out[SPATIAL_MAX];
    int64_t stride[SPATIAL_MAX], dilation[SPATIAL_MAX], before[SPATIAL_MAX], after[SPATIAL_MAX];
};

/* The window of a node over x, whose kernel has these dimensions; `ceil` has the last window count
 * that is cut off by the end. */
bool onnx_window_read(const onnx_call *call, const onnx_tensor *x, const size_t *kernel, bool ceil,
                      struct window *window);

/* The same without what is computed of it: in[], kernel[] and what attributes say. */
bool onnx_window_attributes(const onnx_call *call, const onnx_tensor *x, const size_t *kernel,
                            struct window *window);

/* A list of whole numbers among attributes with one number each, or `otherwise` for each; of them
 * `from` on, `count` many. None may be less than `least`. */
bool onnx_window_list(const onnx_call *call, const char *name, size_t from, size_t count,
                      size_t length, int64_t otherwise, int64_t least, int64_t *numbers);

/* Of a transposed convolution, whose attributes are read, out[] and the pads. */
bool onnx_window_transposed(const onnx_call *call, size_t spatial, struct window *w);

/* Where element k of a plane stands along each dimension. */
static inline void onnx_window_place(const size_t sizes[SPATIAL_MAX], size_t k,
                                     size_t place[SPATIAL_MAX])
{
    for (size_t d = SPATIAL_MAX; d-- > 0; k /= sizes[d])
        place[d] = k % sizes[d];
}

/* How many elements a plane of the input, the kernel or the output has. */
static inline size_t onnx_window_size(const size_t sizes[SPATIAL_MAX])
{
    return sizes[0] * sizes[1] * sizes[2];
}

/* The shape of an output: rows, planes, and out[] behind them. */
onnx_tensor *onnx_window_output(onnx_call *call, const struct window *window, enum onnx_type type,
                                size_t planes);

/* Whether inputs of a convolution, or of a transposed one, can go together; in how many groups. */
bool onnx_check_convolution(const onnx_call *call, const onnx_tensor *x, const onnx_tensor *kernel,
                            const onnx_tensor *bias, size_t *group);

/* Output 0, of this type: the convolution of floats, or of whole numbers. The kernel is
 * [filters][planes of a group]...; bias: or NULL. */
bool onnx_convolution(onnx_call *call, const onnx_tensor *x, const onnx_tensor *kernel,
                      const onnx_tensor *bias, enum onnx_type type);

#endif
