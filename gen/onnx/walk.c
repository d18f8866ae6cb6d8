/* SPDX-License-Identifier: MIT */
/* Walks: their strides, and copying along one. */
#include "onnx/walk.h"

#include <string.h>

void onnx_dense_strides(const onnx_tensor *tensor, ptrdiff_t strides[ONNX_RANK_MAX])
{
    ptrdiff_t stride = 1;
    for (size_t d = tensor->rank; d-- > 0;) {
        strides[d] = stride;
        stride *= (ptrdiff_t)(tensor->count ? tensor->dims[d] : 0);
    }
}

bool onnx_broadcast_dims(const size_t *a, size_t a_rank, const size_t *b, size_t b_rank,
                         size_t *dims, size_t *rank)
{
    *rank = a_rank > b_rank ? a_rank : b_rank;
    for (size_t k = 0; k < *rank; k++) { /* from the last dimension on */
        const size_t of_a = k < a_rank ? a[a_rank - 1 - k] : 1;
        const size_t of_b = k < b_rank ? b[b_rank - 1 - k] : 1;
        if (of_a != of_b && of_a != 1 && of_b != 1)
            return false;
        dims[*rank - 1 - k] = of_a == 1 ? of_b : of_a;
    }
    return true;
}

bool onnx_broadcasts_to(const onnx_tensor *tensor, const onnx_tensor *to)
{
    size_t dims[ONNX_RANK_MAX], rank;
    return onnx_broadcast_dims(to->dims, to->rank, tensor->dims, tensor->rank, dims, &rank) &&
           rank == to->rank && !memcmp(dims, to->dims, rank * sizeof *dims);
}

void onnx_walk_broadcast(onnx_walk *walk, size_t k, const onnx_tensor *tensor)
{
    ptrdiff_t strides[ONNX_RANK_MAX];
    const size_t before = walk->rank - tensor->rank;
    onnx_dense_strides(tensor, strides);
    for (size_t d = 0; d < walk->rank; d++)
        walk->stride[k][d] = d < before || tensor->dims[d - before] == 1 ? 0 : strides[d - before];
}

bool onnx_walk_begin(onnx_walk *walk, const onnx_tensor *const *tensors, size_t count)
{
    size_t dims[ONNX_RANK_MAX];
    *walk = (onnx_walk){0};
    for (size_t k = 0; k < count; k++) {
        memcpy(dims, walk->dims, sizeof dims);
        if (!onnx_broadcast_dims(dims, walk->rank, tensors[k]->dims, tensors[k]->rank, walk->dims,
                                 &walk->rank))
            return false;
    }
    for (size_t k = 0; k < count; k++)
        onnx_walk_broadcast(walk, k, tensors[k]);
    return true;
}

void onnx_walk_copy(onnx_walk *walk, const onnx_tensor *from, onnx_tensor *to)
{
    for (size_t i = 0; i < to->count; i++, onnx_walk_next(walk))
        if (to->floats)
            to->floats[i] = from->floats[walk->at[0]];
        else
            to->ints[i] = from->ints[walk->at[0]];
}
