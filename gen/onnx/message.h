/* SPDX-License-Identifier: MIT */
/* Messages of the format. */
#ifndef WEIR_ONNX_MESSAGE_H
#define WEIR_ONNX_MESSAGE_H

#include "onnx.pb-c.h"
#include "onnx/onnx.h"

/* A message of the format, in memory; NULL and a sentence where it is none, or one that is nested
 * too deeply. */
void *onnx_message(onnx_memory *memory, const ProtobufCMessageDescriptor *descriptor,
                   const void *data, size_t size, struct failure *failure);

#endif
