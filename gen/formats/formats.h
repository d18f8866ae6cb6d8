/* SPDX-License-Identifier: MIT */
/* Opening a trained model, whatever it is a file of: ONNX, or JSON of Neural Amp Modeler, GuitarML
 * or RTNeural, which becomes the model that ONNX would have of it. What a file is, its bytes say,
 * and not its name. */
#ifndef WEIR_FORMATS_H
#define WEIR_FORMATS_H

#include "onnx/onnx.h"

/* Reading a file of JSON takes at most so many times its size, with it, and so many bytes more. */
enum { FORMATS_MEMORY_TIMES = 8, FORMATS_MEMORY_MORE = 64 << 20 };

/* NULL and a sentence, which begins with the path, where the file is no model that Weir reads.
 * Files with external data lie beside it; links: they may be symbolic links that lead to regular
 * files anywhere. */
onnx_model *model_load_file(const char *path, bool links, struct failure *failure);

/* The same of its bytes; `place` as for onnx_load. */
onnx_model *model_load(const void *data, size_t size, const onnx_place *place,
                       struct failure *failure);

/* A file of JSON as a stream takes it, where what its layers keep from call to call are inputs and
 * outputs of the model; *carry, which the caller frees, says which: lines OUT=IN, or nothing. NULL
 * for a file of ONNX, which says itself what it keeps; false and a sentence where it cannot be. */
bool model_load_stream(const char *path, onnx_model **model, char **carry, struct failure *failure);

#endif
