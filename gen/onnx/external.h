/* SPDX-License-Identifier: MIT */
/* Data of tensors that lies in files beside a model. */
#ifndef WEIR_ONNX_EXTERNAL_H
#define WEIR_ONNX_EXTERNAL_H

#include "onnx.pb-c.h"
#include "onnx/onnx.h"

/* `size` bytes of a file that lies in the place, for a tensor whose data is outside the
 * model; NULL and a sentence where they are not to be had. */
const void *onnx_read_external(onnx_memory *memory, const onnx_place *place,
                               const Onnx__Tensor *tensor, size_t size, struct failure *failure);

#endif
