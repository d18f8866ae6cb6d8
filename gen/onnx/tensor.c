/* SPDX-License-Identifier: MIT */
/* Tensors: making them, and reading them from the format, in which elements stand as raw bytes, in
 * a list of their type, or in a file beside the model; and writing them. Floats of other types
 * become float32 here. */
#include "common/files.h"
#include "halves.h"
#include "onnx/call.h"
#include "onnx/external.h"
#include "onnx/importer.h"
#include "onnx/memory.h"
#include "onnx/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXTERNAL = 1 };

bool onnx_type_is_float(enum onnx_type type)
{
    return type == ONNX_FLOAT || type == ONNX_DOUBLE || onnx_type_is_half(type);
}

bool onnx_type_is_half(enum onnx_type type)
{
    return type == ONNX_FLOAT16 || type == ONNX_BFLOAT16;
}

/* An element of a type of 16 bits, from its bits and back. */
static float widen(enum onnx_type type, uint16_t bits)
{
    return type == ONNX_FLOAT16 ? half_widen(bits) : bfloat_widen(bits);
}

static uint16_t narrow(enum onnx_type type, float value)
{
    return type == ONNX_FLOAT16 ? half_narrow(value) : bfloat_narrow(value);
}

float onnx_type_round(enum onnx_type type, float value)
{
    return onnx_type_is_half(type) ? widen(type, narrow(type, value)) : value;
}

double onnx_type_step(enum onnx_type type)
{
    return type == ONNX_FLOAT16 ? 0x1p-10 : type == ONNX_BFLOAT16 ? 0x1p-7 : 0;
}

static const struct {
    enum onnx_type type;
    size_t size; /* of an element among raw bytes */
    bool has_sign; /* of whole numbers */
    const char *name;
} types[] = {{ONNX_FLOAT, 4, true, "float32"},
             {ONNX_INT32, 4, true, "int32"},
             {ONNX_INT64, 8, true, "int64"},
             {ONNX_BOOL, 1, false, "bool"},
             {ONNX_DOUBLE, 8, true, "float64"},
             {ONNX_FLOAT16, 2, true, "float16"},
             {ONNX_BFLOAT16, 2, true, "bfloat16"},
             {ONNX_UINT8, 1, false, "uint8"},
             {ONNX_INT8, 1, true, "int8"},
             {ONNX_UINT16, 2, false, "uint16"},
             {ONNX_INT16, 2, true, "int16"},
             {ONNX_UINT32, 4, false, "uint32"},
             {8, 0, false, "string"},
             {13, 8, false, "uint64"},
             {14, 8, true, "complex64"},
             {15, 16, true, "complex128"},
             {17, 1, true, "float8e4m3fn"},
             {18, 1, true, "float8e4m3fnuz"},
             {19, 1, true, "float8e5m2"},
             {20, 1, true, "float8e5m2fnuz"},
             {21, 1, false, "uint4"},
             {22, 1, true, "int4"},
             {23, 1, true, "float4e2m1"}};

enum { TYPES_READ = 12, TYPE_COUNT = sizeof types / sizeof *types };

static size_t type_row(int type)
{
    size_t row = 0;
    while (row < TYPE_COUNT && (int)types[row].type != type)
        row++;
    return row;
}

bool onnx_type_is_read(enum onnx_type type)
{
    return type_row((int)type) < TYPES_READ;
}

int64_t onnx_type_wrap(enum onnx_type type, int64_t value)
{
    const size_t row = type_row((int)type);
    const unsigned above = 64 - 8 * (unsigned)types[row].size;
    const uint64_t upper = (uint64_t)value << above;
    if (type == ONNX_BOOL)
        return value != 0;
    return types[row].has_sign ? (int64_t)upper >> above : (int64_t)(upper >> above);
}

void onnx_type_range(enum onnx_type type, int64_t *least, int64_t *greatest)
{
    const size_t row = type_row((int)type);
    const unsigned bits = 8 * (unsigned)types[row].size - types[row].has_sign;
    *greatest = (int64_t)(UINT64_MAX >> (64 - bits));
    *least = types[row].has_sign ? -*greatest - 1 : 0;
}

const char *onnx_type_name(enum onnx_type type)
{
    const size_t row = type_row((int)type);
    return row < TYPE_COUNT ? types[row].name : "an unknown type";
}

struct onnx_shape onnx_shape_declared(size_t rank, const int64_t *dims)
{
    struct onnx_shape shape = {""};
    for (size_t i = 0, at = 0; i < rank; i++)
        at += (size_t)snprintf(shape.text + at, sizeof shape.text - at,
                               dims[i] < 0 ? "[?]" : "[%lld]", (long long)dims[i]);
    if (!rank)
        snprintf(shape.text, sizeof shape.text, "[]");
    return shape;
}

struct onnx_shape onnx_shape_of(const onnx_tensor *tensor)
{
    int64_t dims[ONNX_RANK_MAX];
    for (size_t i = 0; i < tensor->rank; i++)
        dims[i] = (int64_t)tensor->dims[i];
    return onnx_shape_declared(tensor->rank, dims);
}

/* Says how large it is, and how much there may be. */
static void fail_large(const onnx_memory *memory, enum onnx_type type, size_t rank,
                       const size_t *dims, size_t count, struct failure *failure)
{
    onnx_tensor tensor = {.rank = rank};
    for (size_t i = 0; i < rank; i++)
        tensor.dims[i] = dims[i];
    fail(failure, "it needs more memory than is allowed for it: %zu bytes for %s%s, of %zu in all",
         count * (onnx_type_is_float(type) ? sizeof(float) : sizeof(int64_t)), onnx_type_name(type),
         onnx_shape_of(&tensor).text, onnx_memory_limit(memory));
}

onnx_tensor *onnx_tensor_create(onnx_memory *memory, enum onnx_type type, size_t rank,
                                const size_t *dims, struct failure *failure)
{
    if (rank > ONNX_RANK_MAX) {
        fail(failure, "a tensor has %zu dimensions, and at most %d are supported", rank,
             ONNX_RANK_MAX);
        return NULL;
    }
    size_t count = 1;
    bool empty = false;
    for (size_t i = 0; i < rank; i++)
        empty |= dims[i] == 0;
    for (size_t i = 0; i < rank && !empty; i++) {
        if (dims[i] > SIZE_MAX / 64 / count) {
            fail(failure, "a tensor has more elements than memory has bytes");
            return NULL;
        }
        count *= dims[i];
    }
    count = empty ? 0 : count;
    onnx_tensor *tensor = onnx_memory_take(memory, 1, sizeof *tensor);
    const bool floats = onnx_type_is_float(type);
    void *data = onnx_memory_take(memory, count, floats ? sizeof(float) : sizeof(int64_t));
    if (!tensor || !data) {
        fail_large(memory, type, rank, dims, count, failure);
        return NULL;
    }
    *tensor = (onnx_tensor){.type = type,
                            .rank = rank,
                            .count = count,
                            .floats = floats ? data : NULL,
                            .ints = floats ? NULL : data};
    for (size_t i = 0; i < rank; i++)
        tensor->dims[i] = dims[i];
    return tensor;
}

void onnx_tensor_clear(onnx_tensor *tensor)
{
    if (tensor->floats)
        memset(tensor->floats, 0, tensor->count * sizeof *tensor->floats);
    else
        memset(tensor->ints, 0, tensor->count * sizeof *tensor->ints);
}

/* ---- From the format ---- */

/* A whole number that stands as little-endian bytes. */
static int64_t read_whole(enum onnx_type type, size_t size, const uint8_t *bytes)
{
    uint64_t value = 0;
    for (size_t k = size; k-- > 0;)
        value = value << 8 | bytes[k];
    return onnx_type_wrap(type, (int64_t)value);
}

int64_t onnx_whole_at(const onnx_tensor *tensor, size_t i)
{
    return tensor->ints                ? tensor->ints[i]
           : tensor->type == ONNX_INT8 ? (int8_t)tensor->bytes[i]
                                       : tensor->bytes[i];
}

/* Bytes as other whole numbers are; NULL: there is no memory. */
static onnx_tensor *unpack(onnx_memory *memory, const onnx_tensor *tensor, struct failure *failure)
{
    onnx_tensor *wide =
        onnx_tensor_create(memory, tensor->type, tensor->rank, tensor->dims, failure);
    for (size_t i = 0; wide && i < wide->count; i++)
        wide->ints[i] = onnx_whole_at(tensor, i);
    return wide;
}

const onnx_tensor *onnx_tensor_unpack(onnx_memory *memory, const onnx_tensor *tensor,
                                      struct failure *failure)
{
    return tensor->bytes ? unpack(memory, tensor, failure) : tensor;
}

/* Elements that stand as little-endian bytes. */
static void read_raw(onnx_tensor *tensor, const uint8_t *bytes)
{
    const enum onnx_type type = tensor->type;
    const size_t size = types[type_row((int)type)].size;
    for (size_t i = 0; i < tensor->count; i++, bytes += size) {
        double wide;
        if (type == ONNX_FLOAT) {
            memcpy(&tensor->floats[i], bytes, size);
        } else if (type == ONNX_DOUBLE) {
            memcpy(&wide, bytes, size);
            tensor->floats[i] = (float)wide;
        } else if (onnx_type_is_half(type)) {
            tensor->floats[i] = widen(type, halves_at(bytes, 0));
        } else {
            tensor->ints[i] = read_whole(type, size, bytes);
        }
    }
}

/* How many elements stand in the list of the tensor's type. */
static size_t list_count(const Onnx__Tensor *from, enum onnx_type type)
{
    return type == ONNX_FLOAT    ? from->n_float_data
           : type == ONNX_DOUBLE ? from->n_double_data
           : type == ONNX_INT64  ? from->n_int64_data
           : type == ONNX_UINT32 ? from->n_uint64_data
                                 : from->n_int32_data;
}

static void read_list(onnx_tensor *tensor, const Onnx__Tensor *from)
{
    for (size_t i = 0; i < tensor->count; i++)
        if (tensor->type == ONNX_FLOAT)
            tensor->floats[i] = from->float_data[i];
        else if (tensor->type == ONNX_DOUBLE)
            tensor->floats[i] = (float)from->double_data[i];
        else if (onnx_type_is_half(tensor->type))
            tensor->floats[i] = widen(tensor->type, (uint16_t)from->int32_data[i]);
        else if (tensor->type == ONNX_INT64)
            tensor->ints[i] = from->int64_data[i];
        else
            tensor->ints[i] = onnx_type_wrap(tensor->type, tensor->type == ONNX_UINT32
                                                               ? (int64_t)from->uint64_data[i]
                                                               : from->int32_data[i]);
}

/* Whether so many elements are there, before room is made for them. */
static bool check_length(const Onnx__Tensor *from, size_t size, size_t count,
                         struct failure *failure)
{
    const struct quoted name = quote(from->name ? from->name : "");
    const bool raw = from->has_raw_data && from->raw_data.len;
    const size_t there =
        raw ? from->raw_data.len / size : list_count(from, (enum onnx_type)from->data_type);
    if (raw && from->raw_data.len % size)
        return fail(failure, "the tensor '%s' holds %zu bytes, and its elements have %zu each",
                    name.text, from->raw_data.len, size);
    if (there == count)
        return true;
    return fail(failure, "the tensor '%s' holds %zu elements, and its shape says %zu", name.text,
                there, count);
}

/* Floats of 16 bits stand in a list of int32, as their bits. */
static bool check_list(const Onnx__Tensor *from, struct failure *failure)
{
    const bool half = onnx_type_is_half((enum onnx_type)from->data_type);
    for (size_t i = 0; half && i < from->n_int32_data; i++)
        if (from->int32_data[i] < 0 || from->int32_data[i] > UINT16_MAX)
            return fail(failure, "the tensor '%s' holds %d, which is not the 16 bits of a %s",
                        quote(from->name ? from->name : "").text, from->int32_data[i],
                        onnx_type_name((enum onnx_type)from->data_type));
    return true;
}

static bool read_shape(const Onnx__Tensor *from, size_t dims[ONNX_RANK_MAX], size_t *count,
                       struct failure *failure)
{
    const struct quoted name = quote(from->name ? from->name : "");
    if (from->n_dims > ONNX_RANK_MAX)
        return fail(failure, "the tensor '%s' has %zu dimensions, and at most %d are supported",
                    name.text, from->n_dims, ONNX_RANK_MAX);
    *count = 1;
    for (size_t i = 0; i < from->n_dims; i++) {
        if (from->dims[i] < 0)
            return fail(failure, "the tensor '%s' has a negative dimension, %lld", name.text,
                        (long long)from->dims[i]);
        dims[i] = (size_t)from->dims[i];
        if (*count && dims[i] > SIZE_MAX / 64 / *count)
            return fail(failure, "the tensor '%s' has more elements than memory has bytes",
                        name.text);
        *count *= dims[i];
    }
    return true;
}

/* Elements that lie in the message, or in what was read of a file, as a tensor has them: they are
 * not copied, so that most of a model is in memory once. */
static bool take_in_place(onnx_tensor *tensor, const Onnx__Tensor *from, const uint8_t *bytes)
{
    const bool aligned = (uintptr_t)bytes % sizeof(int64_t) == 0;
    if (tensor->count == 0)
        return false;
    if (bytes && (tensor->type == ONNX_INT8 || tensor->type == ONNX_UINT8))
        tensor->bytes = bytes;
    else if (tensor->type == ONNX_FLOAT && aligned)
        tensor->floats = bytes ? (float *)(uintptr_t)bytes : from->float_data;
    else if (tensor->type == ONNX_INT64 && aligned)
        tensor->ints = bytes ? (int64_t *)(uintptr_t)bytes : from->int64_data;
    return tensor->bytes || tensor->floats || tensor->ints;
}

static onnx_tensor *keep_tensor(onnx_memory *memory, const onnx_tensor *tensor,
                                struct failure *failure)
{
    onnx_tensor *kept = onnx_memory_take(memory, 1, sizeof *kept);
    if (kept)
        *kept = *tensor;
    else
        fail_limit(failure);
    return kept;
}

onnx_tensor *onnx_tensor_read(onnx_memory *memory, const Onnx__Tensor *from,
                              const onnx_place *place, struct failure *failure)
{
    const size_t row = type_row(from->data_type);
    if (row >= TYPES_READ) {
        fail(failure, "the tensor '%s' is of type %s (%d), which is not supported",
             quote(from->name ? from->name : "").text,
             onnx_type_name((enum onnx_type)from->data_type), from->data_type);
        return NULL;
    }
    size_t dims[ONNX_RANK_MAX], count = 0;
    const bool external = from->data_location == EXTERNAL;
    if (!read_shape(from, dims, &count, failure) ||
        (!external &&
         !(check_length(from, types[row].size, count, failure) && check_list(from, failure))))
        return NULL;
    const uint8_t *bytes = from->has_raw_data && from->raw_data.len ? from->raw_data.data : NULL;
    if (external &&
        !(bytes = onnx_read_external(memory, place, from, count * types[row].size, failure)))
        return NULL;
    onnx_tensor tensor = {.type = types[row].type, .rank = from->n_dims, .count = count};
    memcpy(tensor.dims, dims, tensor.rank * sizeof *dims);
    if (take_in_place(&tensor, from, bytes))
        return keep_tensor(memory, &tensor, failure);
    onnx_tensor *made = onnx_tensor_create(memory, tensor.type, tensor.rank, dims, failure);
    if (made && bytes)
        read_raw(made, bytes);
    else if (made)
        read_list(made, from);
    return made;
}

onnx_tensor *onnx_tensor_load(onnx_memory *memory, const void *data, size_t size,
                              struct failure *failure)
{
    const Onnx__Tensor *from = onnx_message(memory, &onnx__tensor__descriptor, data, size, failure);
    onnx_tensor *tensor = from ? onnx_tensor_read(memory, from, NULL, failure) : NULL;
    return tensor && tensor->bytes ? unpack(memory, tensor, failure) : tensor;
}

onnx_tensor *onnx_tensor_load_file(onnx_memory *memory, const char *path, struct failure *failure)
{
    size_t size;
    char *bytes = file_read_regular(path, SIZE_MAX - 1, &size, failure);
    onnx_tensor *tensor = bytes ? onnx_tensor_load(memory, bytes, size, failure) : NULL;
    if (bytes && !tensor)
        fail(failure, "%.500s: %s", path, failure->sentence);
    free(bytes);
    return tensor;
}

/* ---- To the format ---- */

const void *onnx_tensor_elements(onnx_memory *memory, const onnx_tensor *tensor, size_t *size)
{
    const size_t width = types[type_row((int)tensor->type)].size;
    char *bytes = onnx_memory_take(memory, tensor->count, width);
    for (size_t i = 0; bytes && i < tensor->count; i++) {
        const double wide = tensor->floats ? (double)tensor->floats[i] : 0;
        const bool is_half = onnx_type_is_half(tensor->type);
        const uint16_t half = is_half ? narrow(tensor->type, tensor->floats[i]) : 0;
        const void *element = tensor->type == ONNX_DOUBLE ? (const void *)&wide
                              : is_half                   ? (const void *)&half
                              : tensor->floats            ? (const void *)&tensor->floats[i]
                                                          : (const void *)&tensor->ints[i];
        memcpy(bytes + i * width, element, width); /* of a whole number the lowest bytes */
    }
    *size = tensor->count * width;
    return bytes;
}

const void *onnx_tensor_save(onnx_memory *memory, const onnx_tensor *tensor, size_t *size)
{
    int64_t dims[ONNX_RANK_MAX];
    Onnx__Tensor to = ONNX__TENSOR__INIT;
    for (size_t i = 0; i < tensor->rank; i++)
        dims[i] = (int64_t)tensor->dims[i];
    to.n_dims = tensor->rank;
    to.dims = dims;
    to.has_data_type = true;
    to.data_type = (int32_t)tensor->type;
    to.has_raw_data = true;
    to.raw_data.data = (uint8_t *)onnx_tensor_elements(memory, tensor, &to.raw_data.len);
    *size = onnx__tensor__get_packed_size(&to);
    void *bytes = to.raw_data.data ? onnx_memory_take(memory, *size, 1) : NULL;
    if (bytes)
        onnx__tensor__pack(&to, bytes);
    return bytes;
}
