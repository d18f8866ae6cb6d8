/* SPDX-License-Identifier: MIT */
/* Numbers, constants and nodes; see parts.h. */
#include "deploy/parts.h"

#include <stdlib.h>

static unsigned state;

/* ---- Numbers ---- */

void part_seed(unsigned seed)
{
    state = seed;
}

/* The upper 24 bits, which are the good ones. */
static unsigned next(void)
{
    state = state * 1664525u + 1013904223u;
    return state >> 8;
}

unsigned part_below(unsigned most)
{
    return next() % most;
}

float part_number(void)
{
    return (float)next() / (float)(1 << 23) - 1;
}

/* ---- Constants ---- */

char *part_floats(struct writer *writer, size_t rank, const size_t *dims)
{
    size_t count = 1;
    for (size_t i = 0; i < rank; i++)
        count *= dims[i];
    float *values = writer_take(writer, count, sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = part_number() / 2;
    return writer_constant(writer, writer_floats(writer, values, rank, dims, ONNX_FLOAT, true));
}

char *part_ints(struct writer *writer, const int64_t *values, size_t count)
{
    return writer_constant(writer, writer_ints(writer, values, 1, &count, ONNX_INT64));
}

char *part_int(struct writer *writer, int64_t value)
{
    return part_ints(writer, &value, 1);
}

char *part_scalar(struct writer *writer, int64_t value)
{
    return writer_constant(writer, writer_ints(writer, &value, 0, NULL, ONNX_INT64));
}

/* ---- Nodes and files ---- */

Onnx__Node *part_node(struct writer *writer, const char *op, char *first, char *second, char *to)
{
    return writer_node(writer, op, (char *[]){first, second, NULL}, (char *[]){to, NULL});
}

void part_write(const struct writer *writer, const char *folder, const char *name)
{
    size_t size;
    void *bytes = writer_bytes(writer, &size);
    write_file(folder, name, bytes, size);
    free(bytes);
}
