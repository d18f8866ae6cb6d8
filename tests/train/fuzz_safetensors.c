/* SPDX-License-Identifier: MIT */
/* libFuzzer's way into the reader of files of tensors: any bytes are a file, and what it lets pass
 * is read to the last byte. */
#define _GNU_SOURCE
#include "train/training_kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads as float32 what may be had so. */
static void read_wide(const weir_tensors *file, const weir_tensor *tensor)
{
    const bool half = tensor->dtype == WEIR_F16 || tensor->dtype == WEIR_BF16;
    weir_tensor wanted = *tensor;
    wanted.dtype = WEIR_F32;
    float *copy = malloc(2 * weir_train_tensor_bytes(tensor) + 1);
    const bool got = copy && weir_tensors_read(file, &wanted, copy, NULL) == WEIR_OK;
    if (got != (half || tensor->dtype == WEIR_F32))
        abort();
    free(copy);
}

/* Reads every tensor by its name, as a copy of its own size, and every text. */
static void read_all(const weir_tensors *file)
{
    const weir_tensor *tensor;
    const weir_text *text;
    for (size_t k = 0; (tensor = weir_tensors_at(file, k)); k++) {
        void *copy = malloc(weir_train_tensor_bytes(tensor) + 1);
        if (!copy || weir_tensors_read(file, tensor, copy, NULL) != WEIR_OK ||
            memcmp(copy, tensor->data, weir_train_tensor_bytes(tensor)) != 0)
            abort();
        free(copy);
        read_wide(file, tensor);
    }
    for (size_t k = 0; (text = weir_tensors_text_at(file, k)); k++)
        if (weir_tensors_text(file, text->key) != text->value)
            abort();
}

/* Some bytes, and others after them, as a file that has no name. */
static void open_file(const uint8_t *head, size_t head_size, const uint8_t *data, size_t size)
{
    char path[64];
    weir_error error = {0};
    weir_tensors *file;
    const int descriptor = memfd_create("safetensors", 0);
    if (descriptor < 0 || write(descriptor, head, head_size) != (ssize_t)head_size ||
        write(descriptor, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    const weir_status status = weir_tensors_open(&file, path, &error);
    const size_t length = strlen(error.message);
    if (status == WEIR_OK)
        read_all(file);
    else if (file || error.status != status || !length || error.message[length - 1] != '.')
        abort();
    weir_tensors_close(file);
    close(descriptor);
}

/* As they are; and once more, for hardly any change would pass otherwise, with the length of a
 * header that ends at the last brace before them. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t claimed[8] = {0};
    size_t length = size;
    while (length && data[length - 1] != '}')
        length--;
    for (size_t k = 0; k < sizeof claimed; k++)
        claimed[k] = (uint8_t)((uint64_t)length >> 8 * k);
    open_file(claimed, 0, data, size);
    open_file(claimed, sizeof claimed, data, size);
    return 0;
}
