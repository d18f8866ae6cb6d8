/* SPDX-License-Identifier: MIT */
/* libFuzzer's way into the readers of other formats than ONNX: whatever the bytes are, loading them
 * ends with a model or with one sentence. What becomes of a model, fuzz_onnx.c looks at. */
#include "formats/formats.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct failure failure = {""};
    onnx_model *model = model_load(data, size, NULL, &failure);
    for (const char *c = failure.sentence; !model && *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            abort(); /* nothing that a terminal would obey comes out of a file */
    if (!model && !failure.sentence[0])
        abort();
    onnx_free(model);
    return 0;
}
