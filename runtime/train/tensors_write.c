/* SPDX-License-Identifier: MIT */
/* Writing a file of tensors so that no crash leaves half of one: into a file beside the path, to
 * the disk, and then renamed. Reading is in tensors_read.c. */
#define _POSIX_C_SOURCE 200809L
#include "train/internal.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SIZE_BYTES = 8, LARGEST = 8 }; /* of the header's length; of a type */

struct writer {
    const char *path;
    char *part; /* the file that is written, then renamed */
    const weir_tensor *tensors;
    size_t count;
    const weir_text *texts;
    size_t text_count;
    char *header; /* JSON, from cJSON's allocator */
    weir_error *error;
};

static weir_status no_memory(const struct writer *writer)
{
    return train_fail(writer->error, WEIR_NO_MEMORY,
                      "%.200s: there is no memory to write %zu tensors: free some.", writer->path,
                      writer->count);
}

/* ---- What can be written ---- */

static bool is_name(const char *name)
{
    return name && train_is_utf8(name, strlen(name));
}

static bool is_repeated(const struct writer *writer, size_t index)
{
    for (size_t k = 0; k < index; k++)
        if (strcmp(writer->tensors[k].name, writer->tensors[index].name) == 0)
            return true;
    return strcmp(writer->tensors[index].name, TRAIN_METADATA) == 0;
}

static weir_status check_tensor(const struct writer *writer, size_t index)
{
    const weir_tensor *tensor = &writer->tensors[index];
    if (!is_name(tensor->name))
        return train_fail(writer->error, WEIR_INVALID,
                          "%.200s: tensor %zu has a name that is NULL or not UTF-8: name it.",
                          writer->path, index);
    if (is_repeated(writer, index))
        return train_fail(writer->error, WEIR_INVALID,
                          "%.200s: the name \"%.64s\" is taken: give tensor %zu another.",
                          writer->path, tensor->name, index);
    if (!train_dtype_name(tensor->dtype) || tensor->rank > WEIR_RANK_MAX)
        return train_fail(writer->error, WEIR_INVALID,
                          "%.200s: \"%.64s\" has type %d and %zu dimensions: there are the types "
                          "of weir_dtype, and at most %d dimensions.",
                          writer->path, tensor->name, (int)tensor->dtype, tensor->rank,
                          WEIR_RANK_MAX);
    if (train_tensor_bytes(tensor) > PTRDIFF_MAX || (train_tensor_bytes(tensor) && !tensor->data))
        return train_fail(writer->error, WEIR_INVALID,
                          "%.200s: \"%.64s\" is to be %s, and its data is not that: give all of "
                          "it.",
                          writer->path, tensor->name, train_tensor_words(tensor).text);
    return WEIR_OK;
}

static weir_status check_texts(const struct writer *writer)
{
    for (size_t k = 0; k < writer->text_count; k++) {
        const weir_text *text = &writer->texts[k];
        bool is_fine = is_name(text->key) && is_name(text->value);
        for (size_t i = 0; is_fine && i < k; i++)
            is_fine = strcmp(writer->texts[i].key, text->key) != 0;
        if (!is_fine)
            return train_fail(writer->error, WEIR_INVALID,
                              "%.200s: text %zu has a key or value that is NULL or not UTF-8, or a "
                              "key that is taken: give it others.",
                              writer->path, k);
    }
    return WEIR_OK;
}

/* ---- The header ---- */

static bool add_number(cJSON *array, size_t number)
{
    cJSON *item = cJSON_CreateNumber((double)number);
    return item && cJSON_AddItemToArray(array, item);
}

static bool add_tensor(cJSON *header, const weir_tensor *tensor, size_t *offset)
{
    cJSON *entry = cJSON_AddObjectToObject(header, tensor->name);
    if (!entry || !cJSON_AddStringToObject(entry, "dtype", train_dtype_name(tensor->dtype)))
        return false;
    cJSON *shape = cJSON_AddArrayToObject(entry, "shape");
    bool is_done = shape;
    for (size_t d = 0; is_done && d < tensor->rank; d++)
        is_done = add_number(shape, tensor->shape[d]);
    cJSON *offsets = cJSON_AddArrayToObject(entry, "data_offsets");
    const size_t begin = *offset;
    *offset += train_tensor_bytes(tensor);
    return is_done && offsets && add_number(offsets, begin) && add_number(offsets, *offset);
}

static bool add_texts(cJSON *header, const struct writer *writer)
{
    cJSON *metadata = writer->text_count ? cJSON_AddObjectToObject(header, TRAIN_METADATA) : NULL;
    bool is_done = metadata || !writer->text_count;
    for (size_t k = 0; is_done && k < writer->text_count; k++)
        is_done = cJSON_AddStringToObject(metadata, writer->texts[k].key, writer->texts[k].value);
    return is_done;
}

/* Data lie by size of their type, the largest first, so that all are aligned. */
static weir_status make_header(struct writer *writer)
{
    cJSON *header = cJSON_CreateObject();
    bool is_done = header && add_texts(header, writer);
    size_t offset = 0;
    for (size_t bytes = LARGEST; bytes; bytes /= 2)
        for (size_t k = 0; is_done && k < writer->count; k++)
            if (train_dtype_bytes(writer->tensors[k].dtype) == bytes)
                is_done = add_tensor(header, &writer->tensors[k], &offset);
    if (is_done)
        writer->header = cJSON_PrintUnformatted(header);
    cJSON_Delete(header);
    return writer->header ? WEIR_OK : no_memory(writer);
}

/* ---- The file ---- */

static bool write_header(FILE *file, const char *header)
{
    const size_t length = strlen(header), padding = (SIZE_BYTES - length % SIZE_BYTES) % SIZE_BYTES;
    unsigned char size[SIZE_BYTES];
    for (size_t k = 0; k < SIZE_BYTES; k++)
        size[k] = (unsigned char)((uint64_t)(length + padding) >> 8 * k);
    return fwrite(size, 1, sizeof size, file) == sizeof size &&
           fwrite(header, 1, length, file) == length &&
           fwrite("        ", 1, padding, file) == padding;
}

static bool write_all(const struct writer *writer, FILE *file)
{
    bool is_done = write_header(file, writer->header);
    for (size_t bytes = LARGEST; bytes; bytes /= 2)
        for (size_t k = 0; is_done && k < writer->count; k++) {
            const weir_tensor *tensor = &writer->tensors[k];
            const size_t size = train_tensor_bytes(tensor);
            if (size && train_dtype_bytes(tensor->dtype) == bytes)
                is_done = fwrite(tensor->data, 1, size, file) == size;
        }
    return is_done && fflush(file) == 0 && fsync(fileno(file)) == 0;
}

/* A rename is safe once the folder is on the disk. */
static bool sync_folder(const struct writer *writer)
{
    char *slash = strrchr(writer->part, '/');
    const char *folder = ".";
    if (slash) {
        slash[slash == writer->part] = '\0'; /* of "/file" remains "/" */
        folder = writer->part;
    }
    const int descriptor = open(folder, O_RDONLY | O_DIRECTORY);
    if (descriptor < 0)
        return false;
    const bool is_done = fsync(descriptor) == 0;
    close(descriptor);
    return is_done;
}

static weir_status write_file(struct writer *writer)
{
    FILE *file = fopen(writer->part, "wb");
    bool is_done = file && write_all(writer, file);
    int reason = errno;
    if (file && fclose(file) != 0 && is_done) {
        is_done = false;
        reason = errno;
    }
    if (is_done && rename(writer->part, writer->path) != 0) {
        is_done = false;
        reason = errno;
    }
    if (file && !is_done)
        unlink(writer->part);
    if (is_done && !sync_folder(writer)) {
        is_done = false;
        reason = errno;
    }
    if (is_done)
        return WEIR_OK;
    return train_fail(writer->error, WEIR_INVALID,
                      "%.200s: could not be written (%s): give a path in a folder that exists, can "
                      "be written, and has room.",
                      writer->path, strerror(reason));
}

/* The process is in the name, so that two of them cannot write one file. */
static weir_status name_part(struct writer *writer)
{
    const size_t size = strlen(writer->path) + sizeof ".part.9223372036854775807";
    writer->part = malloc(size);
    if (!writer->part)
        return no_memory(writer);
    snprintf(writer->part, size, "%s.part.%lld", writer->path, (long long)getpid());
    return WEIR_OK;
}

weir_status weir_tensors_write(const char *path, const weir_tensor *tensors, size_t count,
                               const weir_text *texts, size_t text_count, weir_error *error)
{
    struct writer writer = {.path = path,
                            .tensors = tensors,
                            .count = count,
                            .texts = texts,
                            .text_count = text_count,
                            .error = error};
    if (!path || (count && !tensors) || (text_count && !texts))
        return train_fail(error, WEIR_INVALID,
                          "weir_tensors_write needs a path, the tensors and the texts that it is "
                          "told of: none may be NULL.");
    weir_status status = check_texts(&writer);
    for (size_t k = 0; !status && k < count; k++)
        status = check_tensor(&writer, k);
    if (!status)
        status = make_header(&writer);
    if (!status)
        status = name_part(&writer);
    if (!status)
        status = write_file(&writer);
    cJSON_free(writer.header);
    free(writer.part);
    return status;
}
