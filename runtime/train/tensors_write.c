/* SPDX-License-Identifier: MIT */
/* Writing a file of tensors so that no crash leaves half of one. Reading is in tensors_read.c. */
#include "common/files.h"
#include "float_mode.h"
#include "train/training_kit.h"

#include <cjson/cJSON.h>
#include <string.h>

enum { SIZE_BYTES = 8, LARGEST = 8 }; /* of the header's length; of a type */

struct writer {
    const char *path;
    const weir_tensor *tensors;
    size_t count;
    const weir_text *texts;
    size_t text_count;
    char *header; /* JSON, from cJSON's allocator */
    weir_error *error;
};

static weir_status no_memory(const struct writer *writer)
{
    return weir_fail(writer->error, WEIR_NO_MEMORY,
                     "%.200s: there is no memory to write %zu tensors: free some.", writer->path,
                     writer->count);
}

/* ---- What can be written ---- */

static bool is_name(const char *name)
{
    return name && weir_train_is_utf8(name, strlen(name));
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
        return weir_fail(writer->error, WEIR_INVALID,
                         "%.200s: tensor %zu has a name that is NULL or not UTF-8: name it.",
                         writer->path, index);
    if (is_repeated(writer, index))
        return weir_fail(writer->error, WEIR_INVALID,
                         "%.200s: the name \"%.64s\" is taken: give tensor %zu another.",
                         writer->path, tensor->name, index);
    if (!weir_train_dtype_name(tensor->dtype) || tensor->rank > WEIR_RANK_MAX)
        return weir_fail(writer->error, WEIR_INVALID,
                         "%.200s: \"%.64s\" has type %d and %zu dimensions: there are the types "
                         "of weir_dtype, and at most %d dimensions.",
                         writer->path, tensor->name, (int)tensor->dtype, tensor->rank,
                         WEIR_RANK_MAX);
    if (weir_train_tensor_bytes(tensor) > PTRDIFF_MAX ||
        (weir_train_tensor_bytes(tensor) && !tensor->data))
        return weir_fail(writer->error, WEIR_INVALID,
                         "%.200s: \"%.64s\" is to be %s, and its data is not that: give all of "
                         "it.",
                         writer->path, tensor->name, weir_train_tensor_words(tensor).text);
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
            return weir_fail(writer->error, WEIR_INVALID,
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
    if (!entry || !cJSON_AddStringToObject(entry, "dtype", weir_train_dtype_name(tensor->dtype)))
        return false;
    cJSON *shape = cJSON_AddArrayToObject(entry, "shape");
    bool is_done = shape;
    for (size_t d = 0; is_done && d < tensor->rank; d++)
        is_done = add_number(shape, tensor->shape[d]);
    cJSON *offsets = cJSON_AddArrayToObject(entry, "data_offsets");
    const size_t begin = *offset;
    *offset += weir_train_tensor_bytes(tensor);
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
            if (weir_train_dtype_bytes(writer->tensors[k].dtype) == bytes)
                is_done = add_tensor(header, &writer->tensors[k], &offset);
    if (is_done)
        writer->header = cJSON_PrintUnformatted(header);
    cJSON_Delete(header);
    return writer->header ? WEIR_OK : no_memory(writer);
}

/* ---- The file ---- */

static void write_header(FILE *file, const char *header)
{
    const size_t length = strlen(header), padding = (SIZE_BYTES - length % SIZE_BYTES) % SIZE_BYTES;
    unsigned char size[SIZE_BYTES];
    for (size_t k = 0; k < SIZE_BYTES; k++)
        size[k] = (unsigned char)((uint64_t)(length + padding) >> 8 * k);
    fwrite(size, 1, sizeof size, file);
    fwrite(header, 1, length, file);
    fwrite("        ", 1, padding, file);
}

static void write_all(const struct writer *writer, FILE *file)
{
    write_header(file, writer->header);
    for (size_t bytes = LARGEST; bytes; bytes /= 2)
        for (size_t k = 0; k < writer->count; k++) {
            const weir_tensor *tensor = &writer->tensors[k];
            if (tensor->data && weir_train_dtype_bytes(tensor->dtype) == bytes)
                fwrite(tensor->data, 1, weir_train_tensor_bytes(tensor), file);
        }
}

static weir_status write_file(const struct writer *writer)
{
    struct file_output output;
    struct failure failure;
    bool is_done = file_begin(&output, writer->path, &failure);
    if (is_done) {
        write_all(writer, output.stream); /* what fails is told at the end */
        is_done = file_end(&output, true, &failure);
    }
    if (is_done)
        return WEIR_OK;
    return weir_fail(writer->error, WEIR_INVALID,
                     "%.400s: give a path in a folder that exists, can be written, and has room.",
                     failure.sentence);
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
        return weir_fail(error, WEIR_INVALID,
                         "weir_tensors_write needs a path, the tensors and the texts that it is "
                         "told of: none may be NULL.");
    weir_status status = check_texts(&writer);
    for (size_t k = 0; !status && k < count; k++)
        status = check_tensor(&writer, k);
    const weir_mode mode = weir_mode_begin(); /* cJSON holds numbers as doubles */
    if (!status)
        status = make_header(&writer);
    weir_mode_set(mode);
    if (!status)
        status = write_file(&writer);
    cJSON_free(writer.header);
    return status;
}
