/* SPDX-License-Identifier: MIT */
/* From weights as their owner has them, row-major, to what a kernel walks through: regions of
 * interleaved blocks, as kernel.h describes them. */
#ifndef WEIR_PACKING_H
#define WEIR_PACKING_H

#include "halves.h"
#include "kernel.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Arithmetic that stays at SIZE_MAX, which cannot be allocated, instead of wrapping around: one
 * check at the end covers a whole formula. */
static inline size_t weir_times(size_t a, size_t b)
{
    size_t product;
    return __builtin_mul_overflow(a, b, &product) ? SIZE_MAX : product;
}

static inline size_t weir_plus(size_t a, size_t b)
{
    size_t sum;
    return __builtin_add_overflow(a, b, &sum) ? SIZE_MAX : sum;
}

static inline size_t weir_round_up(size_t a, size_t unit)
{
    return weir_times(a / unit + (a % unit != 0), unit);
}

/* ---- How the weights of a type lie ---- */

/* Those before it are what floats may be stored as; it is of bytes that come with zero points. */
enum { WEIR_TYPES_OF_FLOATS = WEIR_TYPE_U8 };

/* In the order of enum weir_type. */
static inline const char *weir_type_name(enum weir_type type)
{
    static const char *const names[WEIR_TYPE_COUNT] = {"f32", "bf16", "f16", "i8", "u8"};
    return names[type];
}

/* The type of that name; WEIR_TYPE_COUNT: there is none. */
static inline enum weir_type weir_type_named(const char *name)
{
    int type = 0;
    while (type < WEIR_TYPE_COUNT && strcmp(name, weir_type_name((enum weir_type)type)) != 0)
        type++;
    return (enum weir_type)type;
}

static inline bool weir_is_bytes(enum weir_type type)
{
    return type == WEIR_TYPE_I8 || type == WEIR_TYPE_U8;
}

/* The columns of one lane that share a word of 32 bits. */
static inline size_t weir_word_columns(enum weir_type type)
{
    return type == WEIR_TYPE_F32 ? 1 : weir_is_bytes(type) ? 4 : 2;
}

/* The words of a lane before its columns: of a row of bytes its scale, what belongs into its sums
 * where activations are WEIR_DOT_BIAS too large, and the zero point that it may have. */
static inline size_t weir_head_words(enum weir_type type)
{
    return type == WEIR_TYPE_U8 ? 3 : type == WEIR_TYPE_I8 ? 2 : 0;
}

/* The words of so many columns. */
static inline size_t weir_words(enum weir_type type, size_t cols)
{
    const size_t columns = weir_word_columns(type);
    return cols / columns + (cols % columns != 0);
}

/* Those of a lane of a region. */
static inline size_t weir_lane_words(enum weir_type type, size_t cols)
{
    return weir_plus(weir_head_words(type), weir_words(type, cols));
}

/* A weight as its type, which is not bytes, holds it: rounded to nearest even; what is too large
 * becomes infinite. */
static inline float weir_rounded(enum weir_type type, float weight)
{
    return type == WEIR_TYPE_F32    ? weight
           : type == WEIR_TYPE_BF16 ? bfloat_widen(bfloat_narrow(weight))
                                    : half_widen(half_narrow(weight));
}

/* Whether a type holds a weight: what is finite stays so, and bytes are finite. */
static inline bool weir_holds(enum weir_type type, float weight)
{
    if (weir_is_bytes(type))
        return isfinite(weight);
    return !isfinite(weight) || isfinite(weir_rounded(type, weight));
}

/* The most columns whose products a type adds exactly: of bytes 127, which an activation is at
 * most, times a weight's `greatest` magnitude times so many is below 2^31. */
static inline size_t weir_columns_most(enum weir_type type, size_t greatest)
{
    return weir_is_bytes(type) ? INT32_MAX / (127 * greatest) : SIZE_MAX;
}

/* Puts a weight of column `part` of a word where its type has it, `at` lanes from the first. Two
 * columns of bfloat16 are the halves of one lane; two of binary16 the halves of one vector. */
static inline void weir_put(enum weir_type type, size_t lanes, float *words, size_t at, size_t part,
                            float weight)
{
    if (type == WEIR_TYPE_F32) {
        words[at] = weight;
    } else if (type == WEIR_TYPE_BF16) {
        uint32_t word;
        memcpy(&word, words + at, sizeof word);
        word &= part ? 0xffffu : 0xffff0000u;
        word |= (uint32_t)bfloat_narrow(weight) << (part ? 16 : 0);
        memcpy(words + at, &word, sizeof word);
    } else {
        const uint16_t half = half_narrow(weight);
        const size_t first = (at - at % lanes) * 2 + part * lanes + at % lanes;
        memcpy((char *)words + first * sizeof half, &half, sizeof half);
    }
}

/* ---- Regions ---- */

/* Whether each row of a region lies by itself. */
static inline bool weir_is_few(const struct weir_region *region, size_t rows)
{
    return region->few && rows < WEIR_FEW;
}

/* The words before the columns of a row that lies by itself. */
static inline size_t weir_few_head(enum weir_type type)
{
    return weir_is_bytes(type) ? WEIR_ROW : 0;
}

/* The words of a row that lies by itself. */
static inline size_t weir_few_words(enum weir_type type, size_t cols)
{
    return weir_is_bytes(type)
               ? weir_plus(weir_few_head(type), weir_round_up(cols, WEIR_BYTES_ROW) / sizeof(float))
               : weir_round_up(cols, WEIR_ROW);
}

/* The words that a forward pass reads of a matrix, whatever the kernel: without what fills up the
 * last block of its rows. */
static inline size_t weir_matrix_words(enum weir_type type, size_t rows, size_t cols)
{
    return weir_times(rows,
                      rows < WEIR_FEW ? weir_few_words(type, cols) : weir_lane_words(type, cols));
}

/* The words of a region of so many rows and columns. */
static inline size_t weir_region_floats(const struct weir_region *region, size_t lanes, size_t rows,
                                        size_t cols)
{
    if (weir_is_few(region, rows))
        return weir_times(rows * region->count, weir_few_words(region->type, cols));
    const size_t left = rows % lanes;
    const size_t whole = left && !region->tail ? rows - left + lanes : rows - left;
    const size_t column =
        weir_plus(weir_times(whole, region->count), left ? region->tail_width : 0);
    return weir_times(column, weir_lane_words(region->type, cols));
}

/* A product that leaves the range of floats stays in it, so that infinity, where the weights have
 * none, cannot become a NaN in a sum. */
static inline float weir_scaled(float weight, float scale)
{
    const float product = weight * scale;
    return isinf(product) && isfinite(weight) ? copysignf(FLT_MAX, product) : product;
}

/* A float of an array that may lie anywhere in memory, as those of a file do. */
static inline float weir_float_at(const float *array, size_t index)
{
    float value;
    memcpy(&value, (const char *)array + index * sizeof value, sizeof value);
    return value;
}

/* Weights as their owner has them: numbers of a type in an array that may lie anywhere in memory.
 */
struct weir_numbers {
    const void *data; /* float; uint16_t, as halves.h has them; int8_t; or, of U8, uint8_t */
    enum weir_type type; /* of data */
    /* Of bytes, with a scale and a zero point a row, or one of them for all rows. */
    const float *scales;
    const void *zeros; /* of the type of data; NULL: 0 */
    bool one_scale, one_zero;
};

/* A byte as one with a sign: 128 less where it had none. */
static inline int8_t weir_signed(enum weir_type type, const void *bytes, size_t index)
{
    const uint8_t byte = ((const uint8_t *)bytes)[index];
    return (int8_t)(type == WEIR_TYPE_U8 ? byte ^ 0x80 : byte);
}

/* What is taken from such bytes of a row. */
static inline int8_t weir_zero_of(const struct weir_numbers *numbers, size_t row)
{
    static const uint8_t none = 0;
    return weir_signed(numbers->type, numbers->zeros ? numbers->zeros : &none,
                       numbers->zeros && !numbers->one_zero ? row : 0);
}

/* The first row of a matrix of bytes that has a zero point; `rows`: none has. */
static inline size_t weir_find_zero(const struct weir_numbers *numbers, size_t rows)
{
    size_t row = 0;
    while (row < rows && weir_zero_of(numbers, row) == 0)
        row++;
    return row;
}

/* What a weight of a matrix is at most as an integer: a byte may be up to 255 away from a zero
 * point. */
static inline size_t weir_greatest(const struct weir_numbers *numbers, size_t rows, size_t cols)
{
    size_t greatest = 127;
    if (!weir_is_bytes(numbers->type))
        return greatest;
    if (weir_find_zero(numbers, rows) < rows)
        return 255;
    for (size_t i = 0; i < rows * cols && greatest == 127; i++)
        greatest = weir_signed(numbers->type, numbers->data, i) == -128 ? 128 : greatest;
    return greatest;
}

/* One that is no byte. */
static inline float weir_number_at(const struct weir_numbers *numbers, size_t index)
{
    uint16_t half;
    if (numbers->type == WEIR_TYPE_F32)
        return weir_float_at((const float *)numbers->data, index);
    memcpy(&half, (const char *)numbers->data + index * sizeof half, sizeof half);
    return numbers->type == WEIR_TYPE_BF16 ? bfloat_widen(half) : half_widen(half);
}

/* What a row of weights is multiplied by as bytes: symmetric, its largest magnitude m / 127. A row
 * whose m is below 2^-96 counts as zeros; one with an infinity or a NaN has the scale NaN. */
static inline float weir_row_scale(const struct weir_numbers *from, size_t start, size_t col_step,
                                   size_t cols)
{
    float most = 0;
    bool finite = true;
    for (size_t col = 0; col < cols; col++) {
        const float weight = fabsf(weir_number_at(from, start + col * col_step));
        most = weight > most ? weight : most;
        finite = finite && isfinite(weight);
    }
    return !finite ? NAN : most < 0x1p-96f ? 0 : most / 127;
}

/* A weight as a byte: the nearest integer to w / scale, of two as near the even one. */
static inline int8_t weir_byte(float weight, float scale)
{
    const float exact = scale > 0 ? weight / scale : 0;
    const float within = exact > 127 ? 127 : exact < -127 ? -127 : exact;
    /* Where 1.5 * 2^23 is added, the last bits of a float are ones. */
    return (int8_t)(halves_bits(within + 0x1.8p23f) & 0xff);
}

/* The scale of a row of a matrix, whose first number is at `start`, as bytes, and one of these:
 * those that it is given as, or the nearest. */
static inline float weir_scale_of(const struct weir_numbers *from, size_t row, size_t start,
                                  size_t col_step, size_t cols)
{
    return weir_is_bytes(from->type) ? weir_float_at(from->scales, from->one_scale ? 0 : row)
                                     : weir_row_scale(from, start, col_step, cols);
}

static inline int8_t weir_byte_at(const struct weir_numbers *from, size_t index, float scale)
{
    return weir_is_bytes(from->type) ? weir_signed(from->type, from->data, index)
                                     : weir_byte(weir_number_at(from, index), scale);
}

/* Packs a row as bytes of a type. The words of its head lie `head_step` apart; the bytes of four
 * columns together, and `step` bytes after them those of the next. */
static inline void weir_pack_bytes(const struct weir_numbers *from, size_t row, size_t row_step,
                                   size_t col_step, size_t cols, enum weir_type type, float *head,
                                   size_t head_step, char *bytes, size_t step)
{
    const size_t start = row * row_step;
    const float scale = weir_scale_of(from, row, start, col_step, cols);
    const int32_t zero = weir_zero_of(from, row);
    int32_t sum = 0;
    for (size_t col = 0; col < cols; col++) {
        const int8_t byte = weir_byte_at(from, start + col * col_step, scale);
        bytes[col / 4 * step + col % 4] = (char)byte;
        sum += byte;
    }
    const uint32_t taken_back = 0u - 128u * (uint32_t)sum;
    head[0] = scale;
    memcpy(head + head_step, &taken_back, sizeof taken_back);
    if (type == WEIR_TYPE_U8)
        memcpy(head + 2 * head_step, &zero, sizeof zero);
}

/* Packs a region whose rows lie by themselves. */
static inline void weir_pack_few(const struct weir_region *region, size_t rows, size_t cols,
                                 size_t row_step, size_t col_step, const struct weir_numbers *data,
                                 const float *scale, float *packed)
{
    const size_t words = weir_few_words(region->type, cols);
    const bool bytes = weir_is_bytes(region->type);
    for (size_t k = 0; k < region->count; k++)
        for (size_t row = 0; row < rows; row++, packed += words) {
            if (bytes)
                weir_pack_bytes(&data[region->params[k]], row, row_step, col_step, cols,
                                region->type, packed, 1, (char *)(packed + WEIR_ROW), 4);
            for (size_t col = 0; col < cols && !bytes; col++)
                packed[col] = weir_rounded(
                    region->type, weir_scaled(weir_number_at(&data[region->params[k]],
                                                             row * row_step + col * col_step),
                                              scale[k]));
        }
}

/* Packs a block of rows of bytes. */
static inline void weir_pack_byte_block(const struct weir_region *region, size_t lanes,
                                        size_t first, size_t count, size_t cols, size_t row_step,
                                        size_t col_step, const struct weir_numbers *data,
                                        float *packed)
{
    const bool tail = region->tail && count < lanes;
    const size_t width = tail ? region->tail_width : region->count * lanes;
    for (size_t k = 0; k < region->count; k++)
        for (size_t lane = 0; lane < count; lane++) {
            float *at = packed + (tail ? region->tail[k] : k * lanes) + lane;
            weir_pack_bytes(
                &data[region->params[k]], first + lane, row_step, col_step, cols, region->type, at,
                width, (char *)(at + weir_head_words(region->type) * width), width * sizeof *at);
        }
}

/* Packs one region; what lies past the last row or column must be zero already. `data` is by the
 * numbers of the cell's parameters, `scale` by the region's slots. */
static inline void weir_pack_region(const struct weir_region *region, size_t lanes, size_t rows,
                                    size_t cols, bool transposed, const struct weir_numbers *data,
                                    const float *scale, float *packed)
{
    const size_t row_step = transposed ? 1 : cols, col_step = transposed ? rows : 1;
    if (weir_is_few(region, rows)) {
        weir_pack_few(region, rows, cols, row_step, col_step, data, scale, packed);
        return;
    }
    const size_t columns = weir_word_columns(region->type);
    for (size_t first = 0; first < rows; first += lanes) {
        const size_t count = rows - first < lanes ? rows - first : lanes;
        const bool tail = region->tail && count < lanes;
        const size_t width = tail ? region->tail_width : region->count * lanes;
        if (weir_is_bytes(region->type)) {
            weir_pack_byte_block(region, lanes, first, count, cols, row_step, col_step, data,
                                 packed);
            packed += width * weir_lane_words(region->type, cols);
            continue;
        }
        for (size_t col = 0; col < cols; col++) {
            for (size_t k = 0; k < region->count; k++) {
                const size_t at = tail ? region->tail[k] : k * lanes;
                const struct weir_numbers from = data[region->params[k]]; /* no store changes it */
                const size_t start = first * row_step + col * col_step;
                for (size_t lane = 0; lane < count; lane++)
                    weir_put(region->type, lanes, packed, at + lane, col % columns,
                             weir_scaled(weir_number_at(&from, start + lane * row_step), scale[k]));
            }
            if (col % columns == columns - 1 || col + 1 == cols)
                packed += width;
        }
    }
}

#endif
