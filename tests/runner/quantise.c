/* SPDX-License-Identifier: MIT */
/* Weights of bytes; see quantise.h. */
#include "runner/quantise.h"

enum { GATES = 4, INPUTS = 12, SCALE = 8, ZERO = 9 };

static char *whole(struct writer *writer, struct random *random, enum onnx_type type, size_t rank,
                   const size_t *dims, int64_t least, size_t range)
{
    size_t count = 1;
    for (size_t i = 0; i < rank; i++)
        count *= dims[i];
    int64_t *values = writer_take(writer, count, sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = least + (int64_t)random_below(random, range);
    return writer_constant(writer, writer_ints(writer, values, rank, dims, type));
}

static char *scales(struct writer *writer, struct random *random, size_t rank, const size_t *dims)
{
    const size_t count = rank == 1 ? dims[0] : dims[0] * dims[1];
    float *values = writer_take(writer, count, sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = (float)(1 + random_below(random, 1000)) * 8e-6f;
    return writer_constant(writer, writer_floats(writer, values, rank, dims, ONNX_FLOAT, true));
}

void quantise_lstm(struct writer *writer, struct random *random, Onnx__Node *node, size_t D,
                   size_t I, size_t H)
{
    const bool has_sign = random_below(random, 2), symmetric = random_below(random, 2);
    const enum onnx_type type = has_sign ? ONNX_INT8 : ONNX_UINT8;
    const int64_t least = has_sign ? -128 : 0, middle = least + 128;
    char **inputs = writer_take(writer, INPUTS, sizeof *inputs);
    for (size_t k = 0; k < INPUTS; k++)
        inputs[k] = k < node->n_input ? node->input[k] : writer_text(writer, "");
    for (size_t m = 0; m < 2; m++) {
        const size_t dims[] = {D, m ? H : I, GATES * H}, rows[] = {D, GATES * H};
        const size_t scale_rank = 1 + random_below(random, 2), rank = 1 + random_below(random, 2);
        inputs[1 + m] = whole(writer, random, type, 3, dims, least, 256);
        inputs[SCALE + 2 * m] = scales(writer, random, scale_rank, rows);
        inputs[ZERO + 2 * m] = whole(writer, random, type, rank, rows,
                                     symmetric ? middle : middle - 20, symmetric ? 1 : 40);
    }
    node->input = inputs;
    node->n_input = INPUTS;
    node->op_type = writer_text(writer, "DynamicQuantizeLSTM");
    node->domain = writer_text(writer, "com.microsoft");
}
