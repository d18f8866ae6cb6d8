/* SPDX-License-Identifier: MIT */
/* A walk over the elements of an output in order, and over where in up to three inputs what belongs
 * to each lies: every transposition, slice and broadcast is one, by its strides. */
#ifndef WEIR_ONNX_WALK_H
#define WEIR_ONNX_WALK_H

#include "onnx/onnx.h"

enum { ONNX_SIDES = 3 };

typedef struct onnx_walk {
    size_t rank, dims[ONNX_RANK_MAX], index[ONNX_RANK_MAX];
    ptrdiff_t at[ONNX_SIDES], stride[ONNX_SIDES][ONNX_RANK_MAX]; /* in elements */
} onnx_walk;

static inline void onnx_walk_next(onnx_walk *walk)
{
    for (size_t d = walk->rank; d-- > 0;) {
        for (size_t k = 0; k < ONNX_SIDES; k++)
            walk->at[k] += walk->stride[k][d];
        if (++walk->index[d] < walk->dims[d])
            return;
        for (size_t k = 0; k < ONNX_SIDES; k++)
            walk->at[k] -= walk->stride[k][d] * (ptrdiff_t)walk->dims[d];
        walk->index[d] = 0;
    }
}

/* The strides of a dense tensor. */
void onnx_dense_strides(const onnx_tensor *tensor, ptrdiff_t strides[ONNX_RANK_MAX]);

/* The shape that two broadcast to; false where they do not. */
bool onnx_broadcast_dims(const size_t *a, size_t a_rank, const size_t *b, size_t b_rank,
                         size_t *dims, size_t *rank);

/* Whether a tensor broadcasts to the shape of another. */
bool onnx_broadcasts_to(const onnx_tensor *tensor, const onnx_tensor *to);

/* Side k of a walk over an output that the tensor broadcasts to. */
void onnx_walk_broadcast(onnx_walk *walk, size_t k, const onnx_tensor *tensor);

/* A walk over the shape that up to three tensors broadcast to, each a side of it; false where they
 * do not. */
bool onnx_walk_begin(onnx_walk *walk, const onnx_tensor *const *tensors, size_t count);

/* Every element of the output from where side 0 of the walk is. */
void onnx_walk_copy(onnx_walk *walk, const onnx_tensor *from, onnx_tensor *to);

#endif
