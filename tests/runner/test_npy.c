/* SPDX-License-Identifier: MIT */
/* test_npy: files of NumPy's. Each type is read, in C's order and in Fortran's, and what is
 * written is read again; what is wrong in any way is refused in one sentence. */
#define _GNU_SOURCE
#include "halves.h"
#include "run/files.h"
#include "support/expect.h"
#include "support/folder.h"

#include <stdint.h>
#include <string.h>

static onnx_memory *memory;
static struct failure failure;

/* A file of version 1: a header and so many bytes; in memory of just its size. */
static onnx_tensor *parse(const char *header, const void *data, size_t size)
{
    const size_t length = strlen(header);
    char *bytes = malloc(10 + length + size);
    memcpy(bytes, "\x93NUMPY\x01\x00", 8);
    bytes[8] = (char)(length & 0xff);
    bytes[9] = (char)(length >> 8);
    memcpy(bytes + 10, header, length);
    if (size)
        memcpy(bytes + 10 + length, data, size);
    failure = (struct failure){""};
    onnx_tensor *tensor = file_parse_npy(memory, bytes, 10 + length + size, "x.npy", &failure);
    free(bytes);
    return tensor;
}

#define HEADER(type, order, shape)                                                                 \
    "{'descr': '" type "', 'fortran_order': " order ", 'shape': " shape ", }\n"

/* ---- What is read ---- */

static void check_types(void)
{
    static const float f4[] = {1.5f, -0.0f};
    static const double f8[] = {0.1, 1e300};
    static const int32_t i4[] = {INT32_MIN, 7};
    static const int64_t i8[] = {INT64_MIN, INT64_MAX};
    static const uint8_t bytes[] = {0, 200};
    const onnx_tensor *t = parse(HEADER("<f4", "False", "(2,)"), f4, sizeof f4);
    EXPECT(t && t->type == ONNX_FLOAT && !memcmp(t->floats, f4, sizeof f4), "%s", failure.sentence);
    t = parse(HEADER("<f8", "False", "(2,)"), f8, sizeof f8);
    EXPECT(t && t->type == ONNX_DOUBLE && t->floats[0] == 0.1f, "%s", failure.sentence);
    t = parse(HEADER("<i4", "False", "(2,)"), i4, sizeof i4);
    EXPECT(t && t->type == ONNX_INT32 && t->ints[0] == INT32_MIN && t->ints[1] == 7, "%s",
           failure.sentence);
    t = parse(HEADER("<i8", "False", "(2,)"), i8, sizeof i8);
    EXPECT(t && t->type == ONNX_INT64 && !memcmp(t->ints, i8, sizeof i8), "%s", failure.sentence);
    t = parse(HEADER("|b1", "False", "(2,)"), bytes, sizeof bytes);
    EXPECT(t && t->type == ONNX_BOOL && !t->ints[0] && t->ints[1] == 1, "%s", failure.sentence);
    t = parse(HEADER("|u1", "False", "(2,)"), bytes, sizeof bytes);
    EXPECT(t && t->type == ONNX_UINT8 && !t->ints[0] && t->ints[1] == 200, "%s", failure.sentence);
    t = parse(HEADER("|i1", "False", "(2,)"), bytes, sizeof bytes);
    EXPECT(t && t->type == ONNX_INT8 && t->ints[1] == -56, "%s", failure.sentence);
    t = parse(HEADER("<i2", "False", "(1,)"), bytes, sizeof bytes);
    EXPECT(t && t->type == ONNX_INT16 && t->ints[0] == -56 * 256, "%s", failure.sentence);
    t = parse(HEADER("<u2", "False", "(1,)"), bytes, sizeof bytes);
    EXPECT(t && t->type == ONNX_UINT16 && t->ints[0] == 200 * 256, "%s", failure.sentence);
    t = parse(HEADER("<u4", "False", "(1,)"), i4, sizeof i4[0]);
    EXPECT(t && t->type == ONNX_UINT32 && t->ints[0] == INT64_C(1) << 31, "%s", failure.sentence);
}

static void check_halves(void)
{
    static uint16_t all[1 << 16];
    size_t different = 0;
    for (size_t k = 0; k < 1 << 16; k++)
        all[k] = (uint16_t)k;
    const onnx_tensor *t = parse(HEADER("<f2", "False", "(256, 256)"), all, sizeof all);
    for (size_t k = 0; t && k < 1 << 16; k++)
        different += halves_bits(t->floats[k]) != halves_bits(half_widen((uint16_t)k));
    EXPECT(t && t->type == ONNX_FLOAT16 && t->rank == 2 && !different, "%zu others: %s", different,
           failure.sentence);
}

/* The element at (i, j, k) of [2][3][4] is 100i + 10j + k, and in Fortran's order i is fastest. */
static void check_orders(void)
{
    uint8_t elements[24];
    size_t at = 0;
    for (unsigned k = 0; k < 4; k++)
        for (unsigned j = 0; j < 3; j++)
            for (unsigned i = 0; i < 2; i++)
                elements[at++] = (uint8_t)(100 * i + 10 * j + k);
    const onnx_tensor *t = parse(HEADER("|u1", "True", "(2, 3, 4)"), elements, sizeof elements);
    EXPECT(t && t->rank == 3 && t->dims[0] == 2 && t->dims[2] == 4, "%s", failure.sentence);
    for (unsigned e = 0; t && e < 24; e++)
        EXPECT(t->ints[e] == 100 * (e / 12) + 10 * (e / 4 % 3) + e % 4, "element %u is %lld", e,
               (long long)t->ints[e]);
    t = parse(HEADER("|u1", "True", "(24,)"), elements, sizeof elements);
    EXPECT(t && t->rank == 1 && t->ints[1] == 100 && t->ints[23] == 123, "%s", failure.sentence);
    t = parse(HEADER("|u1", "True", "()"), elements, 1);
    EXPECT(t && t->rank == 0 && t->count == 1, "%s", failure.sentence);
    t = parse(HEADER("|u1", "True", "(3, 0, 9223372036854775807)"), elements, 0);
    EXPECT(t && t->rank == 3 && t->count == 0, "%s", failure.sentence);
}

/* ---- What is refused ---- */

static void check_refused(const char *header, size_t size, const char *part)
{
    static const char zeros[64];
    const onnx_tensor *tensor = parse(header, zeros, size);
    EXPECT(!tensor && strstr(failure.sentence, "x.npy") && strstr(failure.sentence, part) &&
               !strchr(failure.sentence, '\n'),
           "%s with %zu bytes: %s", header, size, failure.sentence);
}

static void check_refusals(void)
{
    static const char *const wrong[] = {HEADER(">f2", "False", "(2,)"),
                                        HEADER("<f22", "False", "(2,)"),
                                        HEADER("<f2\"", "False", "(2,)"),
                                        HEADER("|u2", "False", "(2,)"),
                                        HEADER("<u8", "False", "(2,)"),
                                        HEADER("<V2", "False", "(2,)"),
                                        HEADER("<f2", "Maybe", "(2,)"),
                                        HEADER("<f2", "1", "(2,)"),
                                        HEADER("<f2", "True", "[2]"),
                                        HEADER("<f2", "True", "(-2,)"),
                                        HEADER("<f2", "True", "(2"),
                                        HEADER("<f2", "True", "(1,1,1,1,1,1,1,1,4)"),
                                        HEADER("<f2", "True", "(99999999999999999999,)"),
                                        "{'descr': '<f2', 'fortran_order': True}",
                                        "{'descr': '<f2', 'shape': (2,)}",
                                        "{'fortran_order': True, 'shape': (2,)}",
                                        "{'descr': '<f"};
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++)
        check_refused(wrong[k], 4, "only arrays of");
    for (size_t size = 0; size < 8; size++)
        if (size != 4) {
            check_refused(HEADER("<f2", "False", "(2,)"), size, "as many elements");
            check_refused(HEADER("<f2", "True", "(2, 1)"), size, "as many elements");
            check_refused(HEADER("|u1", "True", "(2, 2)"), size, "as many elements");
        }
    check_refused(HEADER("<f2", "True", "(1, 2, 0)"), 2, "as many elements");
}

/* ---- Writing ---- */

static void check_written(const struct folder *folder, enum onnx_type type, enum onnx_type back)
{
    static const float values[] = {1.5f, -0.0f, 0x1p-130f, 3e38f, 1e-7f, 0.25f};
    const struct folder_file path = folder_file(folder, "y.npy");
    onnx_tensor *y = onnx_tensor_create(memory, type, 2, (size_t[]){2, 3}, &failure);
    for (size_t k = 0; k < 6; k++)
        y->floats[k] = onnx_type_round(type, values[k]);
    EXPECT(file_write_tensor(memory, y, path.path, &failure), "%s", failure.sentence);
    const onnx_tensor *read = file_read_tensor(memory, path.path, &failure);
    EXPECT(read && read->type == back && read->rank == 2 && read->dims[1] == 3 &&
               !memcmp(read->floats, y->floats, 6 * sizeof *values),
           "%s comes back as %s", onnx_type_name(type), onnx_type_name(read ? read->type : 0));
}

int main(void)
{
    struct folder folder;
    memory = onnx_memory_create(1 << 24);
    folder_create(&folder);
    check_types();
    check_halves();
    check_orders();
    check_refusals();
    check_written(&folder, ONNX_FLOAT, ONNX_FLOAT);
    check_written(&folder, ONNX_FLOAT16, ONNX_FLOAT16);
    check_written(&folder, ONNX_BFLOAT16, ONNX_FLOAT); /* which NumPy has not */
    folder_destroy(&folder);
    onnx_memory_destroy(memory);
    return expect_verdict("test_npy");
}
