/* SPDX-License-Identifier: MIT */
/* Sparse tensors: values and where they stand. They are read as what they are a short form of. */
#include "onnx/call.h"
#include "onnx/importer.h"
#include "onnx/memory.h"

/* Where value k stands among all elements: by one number, or by one for each dimension. */
static bool find_place(const onnx_tensor *indices, const onnx_tensor *dense, size_t k,
                       size_t *place)
{
    const bool linear = indices->rank == 1;
    const size_t many = linear ? 1 : dense->rank;
    *place = 0;
    for (size_t d = 0; d < many; d++) {
        const int64_t index = indices->ints[k * many + d];
        const size_t dim = linear ? dense->count : dense->dims[d];
        if (index < 0 || (uint64_t)index >= dim)
            return false;
        *place = *place * dim + (size_t)index;
    }
    return true;
}

static bool fill_in(const onnx_tensor *values, const onnx_tensor *indices, onnx_tensor *dense,
                    struct failure *failure)
{
    const size_t count = values->count;
    const bool linear = indices->rank == 1 && indices->count == count;
    const bool by_dimension = indices->rank == 2 && indices->dims[0] == count &&
                              indices->dims[1] == dense->rank && dense->rank;
    if (!indices->ints || values->rank != 1 || (!linear && !by_dimension))
        return fail(failure, "a sparse tensor's indices are not as many as its values");
    for (size_t k = 0; k < count; k++) {
        size_t place;
        if (!find_place(indices, dense, k, &place))
            return fail(failure, "a sparse tensor's index lies outside of its shape");
        if (dense->floats)
            dense->floats[place] = values->floats[k];
        else
            dense->ints[place] = onnx_whole_at(values, k);
    }
    return true;
}

onnx_tensor *onnx_sparse_read(onnx_memory *memory, const Onnx__SparseTensor *sparse,
                              const onnx_place *place, struct failure *failure)
{
    size_t dims[ONNX_RANK_MAX];
    if (!sparse->values || !sparse->indices || sparse->n_dims > ONNX_RANK_MAX) {
        fail(failure, "a sparse tensor has no values, no indices, or more than %d dimensions",
             ONNX_RANK_MAX);
        return NULL;
    }
    for (size_t d = 0; d < sparse->n_dims; d++) {
        dims[d] = (size_t)sparse->dims[d];
        if (sparse->dims[d] < 0) {
            fail(failure, "a sparse tensor has a negative dimension, %lld",
                 (long long)sparse->dims[d]);
            return NULL;
        }
    }
    const onnx_tensor *values = onnx_tensor_read(memory, sparse->values, place, failure);
    const onnx_tensor *indices =
        values ? onnx_tensor_read(memory, sparse->indices, place, failure) : NULL;
    onnx_tensor *dense =
        indices ? onnx_tensor_create(memory, values->type, sparse->n_dims, dims, failure) : NULL;
    if (!dense)
        return NULL;
    onnx_tensor_clear(dense);
    return fill_in(values, indices, dense, failure) ? dense : NULL;
}
