/* SPDX-License-Identifier: MIT */
/* Matrices as bytes, in all forms that weir.h allows, with zero points and bytes of all values. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/inputs.h"

/* Of the forms, in turn: the type, and whether a row has a scale and a zero point of its own. */
static const struct form {
    const char *type;
    bool scales, zeros, one_zero;
} forms[] = {{"u8", true, true, false},  {"i8", true, false, false}, {"u8", false, false, true},
             {"i8", false, true, false}, {"u8", true, false, false}, {"i8", false, false, true}};

enum { FORMS = sizeof forms / sizeof *forms };

bool type_is_bytes(const char *type)
{
    return strcmp(type, "i8") == 0 || strcmp(type, "u8") == 0;
}

static int as_number(const struct problem_bytes *bytes, uint8_t byte)
{
    return bytes->type[0] == 'u' || byte < 128 ? byte : byte - 256;
}

int bytes_number(const struct problem_bytes *bytes, size_t row, size_t col)
{
    return as_number(bytes, bytes->numbers[row * bytes->cols + col]);
}

int bytes_zero(const struct problem_bytes *bytes, size_t row)
{
    return bytes->zero_count == 0 ? 0
                                  : as_number(bytes, bytes->zeros[bytes->zero_count > 1 ? row : 0]);
}

float bytes_scale(const struct problem_bytes *bytes, size_t row)
{
    return bytes->scales[bytes->scale_count > 1 ? row : 0];
}

/* The largest magnitude of some numbers, as a scale makes 100 of it. */
static float scale_of(const float *values, size_t count)
{
    float most = 0;
    for (size_t k = 0; k < count; ++k)
        most = fmaxf(most, fabsf(values[k]));
    return fmaxf(most / 100, FLT_MIN);
}

/* The byte nearest to a value, and now and then one of the ends. */
static uint8_t byte_of(const struct problem_bytes *bytes, size_t row, float value,
                       struct random *random)
{
    const bool has_sign = bytes->type[0] == 'i';
    const int least = has_sign ? -128 : 0, most = least + 255;
    const float exact = value / bytes_scale(bytes, row);
    const int number = (int)lrintf(fmaxf(-300, fminf(300, exact))) + bytes_zero(bytes, row);
    const size_t chance = random_below(random, 16);
    return (uint8_t)(chance == 0 || number < least  ? least
                     : chance == 1 || number > most ? most
                                                    : number);
}

struct problem_bytes *bytes_create(weir_weight *weight, const float *values, size_t form)
{
    const struct form *as = &forms[form % FORMS];
    const size_t rows = weight->rows, cols = weight->cols;
    struct random random = {form};
    struct problem_bytes *bytes = allocate(sizeof *bytes);
    *bytes = (struct problem_bytes){
        as->type, rows, cols, as->scales ? rows : 1, as->one_zero ? 1 : as->zeros ? rows : 0,
        0,        0,    0};
    bytes->numbers = allocate(rows * cols);
    bytes->zeros = allocate(rows);
    bytes->scales = allocate(rows * sizeof *bytes->scales);
    for (size_t row = 0; row < rows; ++row) {
        const size_t chance = random_below(&random, 8);
        bytes->zeros[row] = (uint8_t)(chance == 0 ? 0 : chance == 1 ? 255 : random_next(&random));
        bytes->scales[row] =
            as->scales ? scale_of(values + row * cols, cols) : scale_of(values, rows * cols);
    }
    for (size_t row = 0; row < rows; ++row)
        for (size_t col = 0; col < cols; ++col)
            bytes->numbers[row * cols + col] =
                byte_of(bytes, row, values[row * cols + col], &random);
    weight->data = NULL;
    weight->type = bytes->type;
    weight->numbers = bytes->numbers;
    weight->scales = bytes->scales;
    weight->scale_count = bytes->scale_count;
    weight->zero_points = bytes->zero_count ? bytes->zeros : NULL;
    weight->zero_point_count = bytes->zero_count;
    return bytes;
}

void bytes_destroy(struct problem_bytes *bytes)
{
    if (bytes == NULL)
        return;
    free(bytes->numbers);
    free(bytes->zeros);
    free(bytes->scales);
    free(bytes);
}
