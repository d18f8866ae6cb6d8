/* SPDX-License-Identifier: MIT */
/* Reading and writing NumPy's .npy: a magic number, a length, a header that is a Python dictionary,
 * and the elements; see numpy.lib.format. Also which of two formats a file of a tensor has. */
#define _GNU_SOURCE /* strndup */
#include "common/files.h"
#include "halves.h"
#include "onnx/walk.h"
#include "run/files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC "\x93NUMPY"
enum { MAGIC_SIZE = 6, HEADER_START = 10, HEADER_START_2 = 12, DESCRIPTION_SIZE = 8 };

static const struct {
    const char *description;
    enum onnx_type type;
    size_t size;
} types[] = {{"<f4", ONNX_FLOAT, 4}, {"<f8", ONNX_DOUBLE, 8}, {"<i4", ONNX_INT32, 4},
             {"<i8", ONNX_INT64, 8}, {"|b1", ONNX_BOOL, 1},   {"<f2", ONNX_FLOAT16, 2},
             {"|u1", ONNX_UINT8, 1}, {"|i1", ONNX_INT8, 1},   {"<u2", ONNX_UINT16, 2},
             {"<i2", ONNX_INT16, 2}, {"<u4", ONNX_UINT32, 4}};

enum { TYPE_COUNT = sizeof types / sizeof *types };

/* ---- Reading ---- */

/* What stands after a key of the header, or NULL. */
static const char *after_key(const char *header, const char *key)
{
    const char *found = strstr(header, key);
    found = found ? strchr(found, ':') : NULL;
    return found ? found + 1 + strspn(found + 1, " ") : NULL;
}

static bool read_shape(const char *text, size_t *rank, size_t dims[ONNX_RANK_MAX])
{
    *rank = 0;
    if (*text++ != '(')
        return false;
    for (text += strspn(text, " ,"); *text != ')'; text += strspn(text, " ,")) {
        char *end;
        errno = 0;
        const unsigned long long dim = strtoull(text, &end, 10);
        if (*text < '0' || *text > '9' || errno || *rank == ONNX_RANK_MAX)
            return false;
        dims[(*rank)++] = (size_t)dim;
        text = end;
    }
    return true;
}

/* A type of the table, in quotes, or TYPE_COUNT. */
static size_t read_type(const char *text)
{
    size_t row = 0;
    if (*text != '\'' && *text != '"')
        return TYPE_COUNT;
    while (row < TYPE_COUNT && (strncmp(text + 1, types[row].description, 3) || text[4] != *text))
        row++;
    return row;
}

/* What the header says. */
struct header {
    size_t row; /* of types */
    bool fortran; /* the first dimension is the one that lies together */
    size_t rank, dims[ONNX_RANK_MAX];
};

static bool read_header(const char *bytes, size_t length, struct header *header)
{
    char *text = strndup(bytes, length);
    const char *type = text ? after_key(text, "'descr'") : NULL;
    const char *order = text ? after_key(text, "'fortran_order'") : NULL;
    const char *shape = text ? after_key(text, "'shape'") : NULL;
    const bool there = type && order && shape;
    header->fortran = there && !strncmp(order, "True", 4);
    const bool valid = there && (header->fortran || !strncmp(order, "False", 5)) &&
                       (header->row = read_type(type)) < TYPE_COUNT &&
                       read_shape(shape, &header->rank, header->dims);
    free(text);
    return valid;
}

static void read_element(onnx_tensor *tensor, size_t i, const char *at, size_t row)
{
    const enum onnx_type type = types[row].type;
    uint64_t whole = 0;
    double wide;
    if (type == ONNX_FLOAT) {
        memcpy(&tensor->floats[i], at, sizeof(float));
    } else if (type == ONNX_DOUBLE) {
        memcpy(&wide, at, sizeof wide);
        tensor->floats[i] = (float)wide;
    } else if (type == ONNX_FLOAT16) {
        tensor->floats[i] = half_widen(halves_at(at, 0));
    } else {
        for (size_t k = types[row].size; k-- > 0;)
            whole = whole << 8 | (unsigned char)at[k];
        tensor->ints[i] = onnx_type_wrap(type, (int64_t)whole);
    }
}

/* In the order of the tensor, wherever they lie. */
static void read_elements(onnx_tensor *tensor, const struct header *header, const char *bytes)
{
    onnx_walk walk = {.rank = tensor->rank};
    ptrdiff_t stride = 1;
    memcpy(walk.dims, tensor->dims, sizeof walk.dims);
    onnx_dense_strides(tensor, walk.stride[0]);
    for (size_t d = 0; header->fortran && d < tensor->rank; d++) {
        walk.stride[0][d] = stride;
        stride *= (ptrdiff_t)(tensor->count ? tensor->dims[d] : 0);
    }
    for (size_t i = 0; i < tensor->count; i++, onnx_walk_next(&walk))
        read_element(tensor, i, bytes + (size_t)walk.at[0] * types[header->row].size, header->row);
}

onnx_tensor *file_parse_npy(onnx_memory *memory, const char *bytes, size_t size, const char *path,
                            struct failure *failure)
{
    const bool is_new = size > HEADER_START_2 && bytes[MAGIC_SIZE] >= 2;
    const size_t start = is_new ? HEADER_START_2 : HEADER_START;
    size_t length = 0;
    struct header header;
    if (size > start)
        for (size_t k = start - 1; k >= MAGIC_SIZE + 2; k--)
            length = length << 8 | (unsigned char)bytes[k];
    if (size <= start || memcmp(bytes, MAGIC, MAGIC_SIZE) != 0 || length > size - start) {
        fail(failure, "%.300s is no .npy file", path);
        return NULL;
    }
    if (!read_header(bytes + start, length, &header)) {
        fail(failure,
             "%.300s: only arrays of float16, float32, float64, bool, whole numbers of 8 to 32 "
             "bits and int64 are read, little-endian and of at most %d dimensions",
             path, ONNX_RANK_MAX);
        return NULL;
    }
    onnx_tensor *tensor =
        onnx_tensor_create(memory, types[header.row].type, header.rank, header.dims, failure);
    if (tensor && tensor->count * types[header.row].size != size - start - length) {
        fail(failure, "%.300s does not hold as many elements as its shape says", path);
        return NULL;
    }
    if (tensor)
        read_elements(tensor, &header, bytes + start + length);
    return tensor;
}

/* Whether a file is one of ONNX's test data. */
static bool is_pb(const char *path)
{
    const size_t length = strlen(path);
    return length > 3 && !strcmp(path + length - 3, ".pb");
}

onnx_tensor *file_read_tensor(onnx_memory *memory, const char *path, struct failure *failure)
{
    size_t size;
    if (is_pb(path))
        return onnx_tensor_load_file(memory, path, failure);
    char *bytes = file_read_regular(path, SIZE_MAX - 1, &size, failure);
    if (!bytes)
        return NULL;
    onnx_tensor *tensor = file_parse_npy(memory, bytes, size, path, failure);
    free(bytes);
    return tensor;
}

/* ---- Writing ---- */

enum { START_SIZE = 1024 };

/* What stands before the elements; returns its bytes. */
static size_t write_start(const onnx_tensor *tensor, char start[START_SIZE])
{
    char *header = start + HEADER_START, shape[24 * ONNX_RANK_MAX] = "";
    size_t row = 0, length;
    while (types[row].type != tensor->type)
        row++;
    for (size_t d = 0; d < tensor->rank; d++)
        snprintf(shape + strlen(shape), sizeof shape - strlen(shape), "%zu,", tensor->dims[d]);
    length = (size_t)snprintf(header, START_SIZE - HEADER_START,
                              "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }",
                              types[row].description, shape);
    while ((HEADER_START + length + 1) % 64)
        header[length++] = ' ';
    header[length++] = '\n';
    memcpy(start, MAGIC "\x01", MAGIC_SIZE + 2);
    start[MAGIC_SIZE + 2] = (char)(length & 0xff);
    start[MAGIC_SIZE + 3] = (char)(length >> 8);
    return HEADER_START + length;
}

bool file_write_tensor(onnx_memory *memory, const onnx_tensor *tensor, const char *path,
                       struct failure *failure)
{
    char start[START_SIZE];
    size_t size;
    const bool as_pb = is_pb(path);
    onnx_tensor known = *tensor;
    if (known.type == ONNX_BFLOAT16 && !as_pb)
        known.type = ONNX_FLOAT; /* NumPy has no type for it */
    const void *bytes = as_pb ? onnx_tensor_save(memory, &known, &size)
                              : onnx_tensor_elements(memory, &known, &size);
    const size_t before = as_pb ? 0 : write_start(&known, start);
    if (!bytes)
        return fail_memory(failure);
    struct file_output output;
    if (!file_begin(&output, path, failure))
        return false;
    fwrite(start, 1, before, output.stream);
    fwrite(bytes, 1, size, output.stream);
    return file_end(&output, false, failure);
}
