/* SPDX-License-Identifier: MIT */
/* What only the importer does with the memory of a model. */
#ifndef WEIR_ONNX_MEMORY_H
#define WEIR_ONNX_MEMORY_H

#include "onnx/onnx.h"

/* The sentence where no more may be taken. Always false. */
static inline bool fail_limit(struct failure *failure)
{
    return fail(failure, "it needs more memory than is allowed for it");
}

/* As onnx_memory_take, for many small pieces: close together, at the alignment of any type. */
void *onnx_memory_take_small(onnx_memory *memory, size_t size);

/* Raises the limit for a file of this size beside the model: the largest counts. */
void onnx_memory_allow(onnx_memory *memory, size_t size);

/* How many steps of computing go with the memory that is allowed. */
size_t onnx_memory_steps(const onnx_memory *memory);

/* A formatted string in memory, or NULL. */
char *onnx_format(onnx_memory *memory, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
