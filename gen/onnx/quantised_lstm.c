/* SPDX-License-Identifier: MIT */
/* com.microsoft.DynamicQuantizeLSTM: an LSTM whose W is [directions][I][4 * H] and whose R is
 * [directions][H][4 * H], of int8 or uint8, with scales and zero points [directions], or
 * [directions][4 * H]. They are kept as they are. */
#include "onnx/call.h"
#include "onnx/cell.h"
#include "onnx/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { GATES = 4, MIDDLE = 128 };

/* Where the tensors of W are among what is given, and those of R. */
enum { SCALE = 4, ZERO = 5, STEP = 2 };

static const char *const names[][3] = {{"W", "W_scale", "W_zero_point"},
                                       {"R", "R_scale", "R_zero_point"}};

bool onnx_is_quantised(const char *op)
{
    return !strcmp(op, "DynamicQuantizeLSTM");
}

/* ---- Checking ---- */

/* Whether a tensor is one number a direction, or one a direction and row. */
static bool check_rows(const onnx_tensor *tensor, const char *name, size_t directions, size_t rows,
                       struct failure *failure)
{
    if ((tensor->rank == 1 || tensor->rank == 2) && tensor->dims[0] == directions &&
        (tensor->rank == 1 || tensor->dims[1] == rows))
        return true;
    return fail(failure, "its %s must have the shape [%zu] or [%zu][%zu]", name, directions,
                directions, rows);
}

static bool check_scales(const onnx_tensor *scale, const char *name, struct failure *failure)
{
    if (!scale->floats)
        return fail(failure, "its %s is of type %s, and must be a float", name,
                    onnx_type_name(scale->type));
    for (size_t k = 0; k < scale->count; k++)
        if (!(scale->floats[k] > 0) || isinf(scale->floats[k]))
            return fail(failure, "its %s has %g at %zu, and must be finite and above 0", name,
                        (double)scale->floats[k], k);
    return true;
}

/* W (0) or R (1), and what goes with it. */
static bool check_matrix(const onnx_tensor *const given[ONNX_GIVEN], size_t which,
                         const onnx_recurrent *recurrent, struct failure *failure)
{
    const size_t rows = GATES * recurrent->H, columns = which ? recurrent->H : recurrent->I;
    const onnx_tensor *matrix = given[which], *scale = given[SCALE + STEP * which];
    const onnx_tensor *zero = given[ZERO + STEP * which];
    const char *const *name = names[which];
    if (matrix->type != ONNX_INT8 && matrix->type != ONNX_UINT8)
        return fail(failure, "its %s is of type %s, and must be int8 or uint8", name[0],
                    onnx_type_name(matrix->type));
    if (matrix->dims[0] != recurrent->directions || matrix->dims[2] != rows)
        return fail(failure, "its %s has the shape [%zu][%zu][%zu], and must be [%zu][%zu][%zu]",
                    name[0], matrix->dims[0], matrix->dims[1], matrix->dims[2],
                    recurrent->directions, columns, rows);
    if (zero->type != matrix->type)
        return fail(failure, "its %s is of type %s, and must be of %s as its %s is", name[2],
                    onnx_type_name(zero->type), onnx_type_name(matrix->type), name[0]);
    return check_rows(scale, name[1], recurrent->directions, rows, failure) &&
           check_rows(zero, name[2], recurrent->directions, rows, failure) &&
           check_scales(scale, name[1], failure);
}

/* Whether all zero points are in the middle. */
static bool is_symmetric(const onnx_tensor *zero)
{
    const int64_t middle = zero->type == ONNX_UINT8 ? MIDDLE : 0;
    bool symmetric = true;
    for (size_t k = 0; k < zero->count && symmetric; k++)
        symmetric = zero->ints[k] == middle;
    return symmetric;
}

bool onnx_quantised_check(const onnx_tensor *const given[ONNX_GIVEN], onnx_recurrent *recurrent,
                          struct failure *failure)
{
    if (!check_matrix(given, 0, recurrent, failure) || !check_matrix(given, 1, recurrent, failure))
        return false;
    recurrent->type = is_symmetric(given[ZERO]) && is_symmetric(given[ZERO + STEP]) ? "i8" : "u8";
    return true;
}

/* ---- Matrices ---- */

/* How many of a tensor's numbers a gate has, and the first of them. */
static size_t of_gate(const onnx_tensor *tensor, size_t direction, size_t gate, size_t H,
                      size_t *first)
{
    *first = tensor->rank == 1 ? direction : (direction * GATES + gate) * H;
    return tensor->rank == 1 ? 1 : H;
}

const onnx_bytes *onnx_quantised_matrix(onnx_memory *memory,
                                        const onnx_tensor *const given[ONNX_GIVEN], size_t which,
                                        size_t direction, size_t gate, size_t H)
{
    const onnx_tensor *matrix = given[which], *scale = given[SCALE + STEP * which];
    const onnx_tensor *zero = given[ZERO + STEP * which];
    const size_t columns = matrix->dims[1];
    size_t first_scale, first_zero;
    const size_t scales = of_gate(scale, direction, gate, H, &first_scale);
    const size_t zeros = of_gate(zero, direction, gate, H, &first_zero);
    onnx_bytes *made = onnx_memory_take(memory, 1, sizeof *made);
    uint8_t *bytes = onnx_memory_take(memory, H, columns);
    uint8_t *points = onnx_memory_take(memory, zeros, 1);
    if (!made || !bytes || !points)
        return NULL;
    for (size_t row = 0; row < H; row++)
        for (size_t column = 0; column < columns; column++)
            bytes[row * columns + column] = (uint8_t)onnx_whole_at(
                matrix, ((direction * columns + column) * GATES + gate) * H + row);
    for (size_t k = 0; k < zeros; k++)
        points[k] = (uint8_t)zero->ints[first_zero + k];
    *made = (onnx_bytes){.type = matrix->type == ONNX_UINT8 ? "u8" : "i8",
                         .bytes = bytes,
                         .zeros = points,
                         .scales = scale->floats + first_scale,
                         .scale_count = scales,
                         .zero_count = zeros};
    return made;
}
