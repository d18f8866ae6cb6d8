/* SPDX-License-Identifier: MIT */
/* Reading a file of tensors, whoever wrote it: every byte is judged before it is used. What passes
 * has a header in UTF-8 JSON, tensors with distinct names and known types, and data that they share
 * out among them, without a gap and to the last byte. */
#define _POSIX_C_SOURCE 200809L
#include "float_mode.h"
#include "halves.h"
#include "train/training_kit.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SIZE_BYTES = 8, HEADER_MAX = 100000000 }; /* the latter as in the format's own library */

struct weir_tensors {
    char *path, *bytes; /* the whole file */
    size_t size, data; /* where its data begin */
    cJSON *header; /* holds all names and texts */
    weir_tensor *tensors;
    const weir_tensor **by_name;
    size_t count;
    weir_text *texts;
    size_t text_count;
    weir_error *error; /* while it is opened */
};

#define FAIL(file, format, ...)                                                                    \
    weir_fail((file)->error, WEIR_INVALID, "%.200s: " format, (file)->path, __VA_ARGS__)

static weir_status no_memory(const weir_tensors *file)
{
    return weir_fail(file->error, WEIR_NO_MEMORY,
                     "%.200s: there is no memory to read it: free some.", file->path);
}

/* A name from a file, fit for a sentence: not long, and nothing in it but what can be printed. */
struct quoted {
    char text[68];
};

static struct quoted quote(const char *name)
{
    enum { SHOWN = 60 };
    struct quoted quoted;
    size_t length = 0;
    for (; name[length] && length < SHOWN; length++)
        quoted.text[length] =
            name[length] >= ' ' && name[length] <= '~' && name[length] != '"' ? name[length] : '?';
    snprintf(quoted.text + length, sizeof quoted.text - length, "%s", name[length] ? "..." : "");
    return quoted;
}

/* ---- The bytes ---- */

static weir_status read_bytes(weir_tensors *file, int descriptor)
{
    struct stat about;
    if (fstat(descriptor, &about) != 0 || !S_ISREG(about.st_mode))
        return FAIL(file, "is not a regular file: give the path of a %s one.", "safetensors");
    file->size = (size_t)about.st_size;
    file->bytes = malloc(file->size ? file->size : 1);
    if (!file->bytes)
        return no_memory(file);
    for (size_t done = 0; done < file->size;) {
        const ssize_t step = read(descriptor, file->bytes + done, file->size - done);
        if (step < 0 && errno == EINTR)
            continue;
        if (step <= 0)
            return FAIL(file, "could be read to byte %zu of %zu only (%s).", done, file->size,
                        step ? strerror(errno) : "it became shorter");
        done += (size_t)step;
    }
    return WEIR_OK;
}

static weir_status load(weir_tensors *file)
{
    /* Without O_NONBLOCK a pipe would wait for a writer. */
    const int descriptor = open(file->path, O_RDONLY | O_NONBLOCK);
    if (descriptor < 0)
        return FAIL(file, "could not be opened (%s).", strerror(errno));
    const weir_status status = read_bytes(file, descriptor);
    close(descriptor);
    return status;
}

/* ---- The header as JSON ---- */

static weir_status find_header(weir_tensors *file, size_t *length)
{
    uint64_t claimed = 0;
    if (file->size < SIZE_BYTES)
        return FAIL(file, "has %zu bytes, and a safetensors file has at least %d.", file->size,
                    SIZE_BYTES);
    for (size_t k = 0; k < SIZE_BYTES; k++)
        claimed |= (uint64_t)(unsigned char)file->bytes[k] << 8 * k;
    const size_t most = file->size - SIZE_BYTES;
    if (claimed > most || claimed > HEADER_MAX)
        return FAIL(file,
                    "its header is said to have %llu bytes, and may have %zu: it is cut off, or "
                    "not a safetensors file.",
                    (unsigned long long)claimed, most < HEADER_MAX ? most : (size_t)HEADER_MAX);
    *length = (size_t)claimed;
    file->data = SIZE_BYTES + *length;
    return WEIR_OK;
}

static bool contains(const char *text, size_t length, const char *what)
{
    const size_t size = strlen(what);
    for (size_t k = 0; k + size <= length; k++)
        if (memcmp(text + k, what, size) == 0)
            return true;
    return false;
}

static weir_status parse_header(weir_tensors *file)
{
    size_t length = 0;
    const weir_status status = find_header(file, &length);
    if (status)
        return status;
    const char *text = file->bytes + SIZE_BYTES, *end = text;
    if (!length || *text != '{' || !weir_train_is_utf8(text, length))
        return FAIL(file, "its header is not %s: it is damaged, or not a safetensors file.",
                    "a JSON object in UTF-8");
    /* cJSON's strings end at the first zero, so that a name would be another. */
    if (memchr(text, 0, length) || contains(text, length, "\\u0000"))
        return FAIL(file, "its header has the character %s, which no name may hold.", "U+0000");
    file->header = cJSON_ParseWithLengthOpts(text, length, &end, 0);
    if (!file->header)
        return FAIL(file, "its header is not valid JSON from byte %zu on, or nested too deep.",
                    (size_t)(end - text));
    for (; end < text + length; end++)
        if (*end != ' ')
            return FAIL(file, "its header goes on after the JSON object, at byte %zu of %zu.",
                        (size_t)(end - text), length);
    return WEIR_OK;
}

/* ---- Entries ---- */

/* Whole numbers that a double holds exactly. */
static bool is_size(const cJSON *item, size_t *size)
{
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0 && item->valuedouble <= 0x1p53))
        return false;
    *size = (size_t)item->valuedouble;
    return (double)*size == item->valuedouble;
}

/* How many of an array of sizes there are; SIZE_MAX when it is no such array, or a longer one. */
static size_t take_sizes(const cJSON *array, size_t *sizes, size_t capacity)
{
    size_t count = 0;
    const cJSON *item;
    if (!cJSON_IsArray(array))
        return SIZE_MAX;
    cJSON_ArrayForEach(item, array)
    {
        if (count == capacity || !is_size(item, &sizes[count]))
            return SIZE_MAX;
        count++;
    }
    return count;
}

static bool take_dtype(const cJSON *item, weir_dtype *dtype)
{
    const char *name;
    for (int k = 0; cJSON_IsString(item) && (name = weir_train_dtype_name((weir_dtype)k)); k++) {
        *dtype = (weir_dtype)k;
        if (strcmp(name, item->valuestring) == 0)
            return true;
    }
    return false;
}

static weir_status take_tensor(weir_tensors *file, const cJSON *entry, weir_tensor *tensor)
{
    const struct quoted name = quote(entry->string);
    const size_t most = file->size - file->data;
    size_t offsets[2];
    *tensor = (weir_tensor){.name = entry->string};
    if (!cJSON_IsObject(entry) || cJSON_GetArraySize(entry) != 3)
        return FAIL(file,
                    "tensor \"%s\" must have dtype, shape and data_offsets, and nothing else.",
                    name.text);
    if (!take_dtype(cJSON_GetObjectItemCaseSensitive(entry, "dtype"), &tensor->dtype))
        return FAIL(file, "the dtype of tensor \"%s\" is none that is known, from BOOL to F64.",
                    name.text);
    tensor->rank =
        take_sizes(cJSON_GetObjectItemCaseSensitive(entry, "shape"), tensor->shape, WEIR_RANK_MAX);
    if (tensor->rank == SIZE_MAX)
        return FAIL(file, "the shape of tensor \"%s\" must be a list of at most %d whole numbers.",
                    name.text, WEIR_RANK_MAX);
    if (take_sizes(cJSON_GetObjectItemCaseSensitive(entry, "data_offsets"), offsets, 2) != 2 ||
        offsets[0] > offsets[1] || offsets[1] > most)
        return FAIL(file,
                    "the data_offsets of tensor \"%s\" must be two whole numbers, ascending, and "
                    "no larger than the %zu bytes of data in the file.",
                    name.text, most);
    if (weir_train_tensor_bytes(tensor) != offsets[1] - offsets[0])
        return FAIL(file, "tensor \"%s\" is %s, and its data_offsets hold %zu bytes.", name.text,
                    weir_train_tensor_words(tensor).text, offsets[1] - offsets[0]);
    tensor->data = file->bytes + file->data + offsets[0];
    return WEIR_OK;
}

static weir_status take_texts(weir_tensors *file, const cJSON *metadata)
{
    const cJSON *item;
    if (!cJSON_IsObject(metadata) || file->texts)
        return FAIL(file, "%s must be there once, as a JSON object.", TRAIN_METADATA);
    file->texts = calloc((size_t)cJSON_GetArraySize(metadata) + 1, sizeof *file->texts);
    if (!file->texts)
        return no_memory(file);
    cJSON_ArrayForEach(item, metadata)
    {
        if (!cJSON_IsString(item))
            return FAIL(file, "the value of \"%s\" in %s must be a text.", quote(item->string).text,
                        TRAIN_METADATA);
        file->texts[file->text_count++] = (weir_text){item->string, item->valuestring};
    }
    return WEIR_OK;
}

static weir_status take_entries(weir_tensors *file)
{
    const cJSON *entry;
    const size_t entries = (size_t)cJSON_GetArraySize(file->header);
    file->tensors = calloc(entries + 1, sizeof *file->tensors);
    file->by_name = calloc(entries + 1, sizeof *file->by_name);
    if (!file->tensors || !file->by_name)
        return no_memory(file);
    cJSON_ArrayForEach(entry, file->header)
    {
        const bool is_metadata = strcmp(entry->string, TRAIN_METADATA) == 0;
        const weir_status status = is_metadata
                                       ? take_texts(file, entry)
                                       : take_tensor(file, entry, &file->tensors[file->count]);
        if (status)
            return status;
        file->count += !is_metadata;
    }
    return WEIR_OK;
}

/* ---- All of them together ---- */

static const char *end_of(const weir_tensor *tensor)
{
    return (const char *)tensor->data + weir_train_tensor_bytes(tensor);
}

/* An empty tensor comes before the one that begins where it does. */
static int compare_places(const void *one, const void *other)
{
    const weir_tensor *a = one, *b = other;
    if (a->data != b->data)
        return (const char *)a->data < (const char *)b->data ? -1 : 1;
    return (end_of(a) > end_of(b)) - (end_of(a) < end_of(b));
}

static int compare_names(const void *one, const void *other)
{
    const weir_tensor *const *a = one, *const *b = other;
    return strcmp((*a)->name, (*b)->name);
}

static int compare_keys(const void *one, const void *other)
{
    const weir_text *a = one, *b = other;
    return strcmp(a->key, b->key);
}

static weir_status check_places(weir_tensors *file)
{
    const char *data = file->bytes + file->data, *next = data;
    qsort(file->tensors, file->count, sizeof *file->tensors, compare_places);
    for (size_t k = 0; k < file->count; k++) {
        const weir_tensor *tensor = &file->tensors[k];
        if (tensor->data != next)
            return FAIL(file,
                        "the data of tensor \"%s\" must begin at byte %zu, after that of the "
                        "one before it.",
                        quote(tensor->name).text, (size_t)(next - data));
        next = end_of(tensor);
    }
    if (next != file->bytes + file->size)
        return FAIL(file, "it has %zu bytes of data, and its tensors %zu.", file->size - file->data,
                    (size_t)(next - data));
    return WEIR_OK;
}

static weir_status check_names(weir_tensors *file)
{
    for (size_t k = 0; k < file->count; k++)
        file->by_name[k] = &file->tensors[k];
    qsort(file->by_name, file->count, sizeof *file->by_name, compare_names);
    for (size_t k = 1; k < file->count; k++)
        if (strcmp(file->by_name[k - 1]->name, file->by_name[k]->name) == 0)
            return FAIL(file, "there is more than one tensor \"%s\".",
                        quote(file->by_name[k]->name).text);
    return WEIR_OK;
}

static weir_status check_keys(weir_tensors *file)
{
    if (!file->texts)
        return WEIR_OK;
    qsort(file->texts, file->text_count, sizeof *file->texts, compare_keys);
    for (size_t k = 1; k < file->text_count; k++)
        if (strcmp(file->texts[k - 1].key, file->texts[k].key) == 0)
            return FAIL(file, "there is more than one \"%s\" in %s.",
                        quote(file->texts[k].key).text, TRAIN_METADATA);
    return WEIR_OK;
}

/* ---- The API ---- */

weir_status weir_tensors_open(weir_tensors **file, const char *path, weir_error *error)
{
    if (file)
        *file = NULL;
    if (!file || !path)
        return weir_fail(error, WEIR_INVALID,
                         "weir_tensors_open needs a place for the file and a path: neither may be "
                         "NULL.");
    weir_tensors *made = calloc(1, sizeof *made);
    if (made)
        made->path = malloc(strlen(path) + 1);
    if (!made || !made->path) {
        free(made);
        return weir_fail(error, WEIR_NO_MEMORY, "There is no memory to open a file: free some.");
    }
    strcpy(made->path, path);
    made->error = error;
    static weir_status (*const stages[])(weir_tensors *) = {
        load, parse_header, take_entries, check_places, check_names, check_keys};
    weir_status status = WEIR_OK;
    const weir_mode mode = weir_mode_begin(); /* cJSON reads numbers as doubles */
    for (size_t k = 0; !status && k < sizeof stages / sizeof *stages; k++)
        status = stages[k](made);
    weir_mode_set(mode);
    if (status) {
        weir_tensors_close(made);
        return status;
    }
    *file = made;
    return WEIR_OK;
}

void weir_tensors_close(weir_tensors *file)
{
    if (!file)
        return;
    cJSON_Delete(file->header);
    free(file->tensors);
    free(file->by_name);
    free(file->texts);
    free(file->bytes);
    free(file->path);
    free(file);
}

const weir_tensor *weir_tensors_at(const weir_tensors *file, size_t index)
{
    return file && index < file->count ? &file->tensors[index] : NULL;
}

const weir_text *weir_tensors_text_at(const weir_tensors *file, size_t index)
{
    return file && index < file->text_count ? &file->texts[index] : NULL;
}

const char *weir_tensors_text(const weir_tensors *file, const char *key)
{
    for (size_t k = 0; file && key && k < file->text_count; k++)
        if (strcmp(file->texts[k].key, key) == 0)
            return file->texts[k].value;
    return NULL;
}

/* Whether one may be had as the other: as it is, or widened to float32. */
static bool is_as_wanted(const weir_tensor *tensor, const weir_tensor *wanted)
{
    const bool half = tensor->dtype == WEIR_F16 || tensor->dtype == WEIR_BF16;
    return (tensor->dtype == wanted->dtype || (half && wanted->dtype == WEIR_F32)) &&
           tensor->rank == wanted->rank &&
           memcmp(tensor->shape, wanted->shape, tensor->rank * sizeof *tensor->shape) == 0;
}

static void copy_elements(const weir_tensor *tensor, weir_dtype wanted, void *data)
{
    const size_t bytes = weir_train_tensor_bytes(tensor);
    if (tensor->dtype == wanted) {
        memcpy(data, tensor->data, bytes);
        return;
    }
    for (size_t k = 0; k < bytes / 2; k++) {
        const uint16_t bits = halves_at(tensor->data, k);
        const float wide = tensor->dtype == WEIR_F16 ? half_widen(bits) : bfloat_widen(bits);
        memcpy((char *)data + k * sizeof wide, &wide, sizeof wide);
    }
}

weir_status weir_tensors_read(const weir_tensors *file, const weir_tensor *wanted, void *data,
                              weir_error *error)
{
    if (!file || !wanted || !wanted->name)
        return weir_fail(error, WEIR_INVALID,
                         "weir_tensors_read needs an open file and the name of a tensor: neither "
                         "may be NULL.");
    if (!weir_train_dtype_name(wanted->dtype) || wanted->rank > WEIR_RANK_MAX)
        return weir_fail(error, WEIR_INVALID,
                         "\"%s\" is wanted with type %d and %zu dimensions: there are the types of "
                         "weir_dtype, and at most %d dimensions.",
                         quote(wanted->name).text, (int)wanted->dtype, wanted->rank, WEIR_RANK_MAX);
    const weir_tensor **found =
        bsearch(&wanted, file->by_name, file->count, sizeof *file->by_name, compare_names);
    if (!found)
        return weir_fail(error, WEIR_INVALID, "%.200s: there is no tensor \"%s\" in it.",
                         file->path, quote(wanted->name).text);
    const weir_tensor *tensor = *found;
    if (!is_as_wanted(tensor, wanted))
        return weir_fail(error, WEIR_INVALID,
                         "%.120s: tensor \"%s\" is %.120s, and must be %.120s.", file->path,
                         quote(wanted->name).text, weir_train_tensor_words(tensor).text,
                         weir_train_tensor_words(wanted).text);
    if (data)
        copy_elements(tensor, wanted->dtype, data);
    return WEIR_OK;
}
