/* SPDX-License-Identifier: MIT */
/* Tensors in files: NumPy's .npy, and ONNX's own as test data has them. */
#ifndef WEIR_RUN_FILES_H
#define WEIR_RUN_FILES_H

#include "onnx/onnx.h"

/* A tensor from a file, in memory; the ending of its name says how it is written: .npy or .pb. NULL
 * and a sentence where it cannot be read. */
onnx_tensor *file_read_tensor(onnx_memory *memory, const char *path, struct failure *failure);

/* The same from the bytes of an .npy file; the path is for the sentence. */
onnx_tensor *file_parse_npy(onnx_memory *memory, const char *bytes, size_t size, const char *path,
                            struct failure *failure);

/* Writes one, as the ending of the name says: .pb, or else .npy. Memory is for its bytes. */
bool file_write_tensor(onnx_memory *memory, const onnx_tensor *tensor, const char *path,
                       struct failure *failure);

#endif
