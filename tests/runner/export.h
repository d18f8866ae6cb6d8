/* SPDX-License-Identifier: MIT */
/* Writing a model with what it was given and what it gave, for others to run. */
#ifndef TESTS_EXPORT_H
#define TESTS_EXPORT_H

#include "onnx/constants.h"

/* INDEX.onnx, and the tensors: INDEX.json, and INDEX/input_0.pb, INDEX/output_0.pb and so on. */
void export_model(const char *folder, size_t index, const void *bytes, size_t size,
                  const onnx_model *model, const struct given *given,
                  const onnx_tensor *const *outputs);

#endif
