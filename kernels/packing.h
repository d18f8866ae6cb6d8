/* SPDX-License-Identifier: MIT */
/* From weights as their owner has them, row-major, to what a kernel walks through: regions of
 * interleaved blocks, as kernel.h describes them. */
#ifndef WEIR_PACKING_H
#define WEIR_PACKING_H

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

/* Whether each row of a region lies by itself. */
static inline bool weir_is_few(const struct weir_region *region, size_t rows)
{
    return region->few && rows < WEIR_FEW;
}

/* The floats of a region of so many rows and columns. */
static inline size_t weir_region_floats(const struct weir_region *region, size_t lanes, size_t rows,
                                        size_t cols)
{
    if (weir_is_few(region, rows))
        return weir_times(rows * region->count, weir_round_up(cols, WEIR_ROW));
    const size_t left = rows % lanes;
    const size_t whole = left && !region->tail ? rows - left + lanes : rows - left;
    const size_t column =
        weir_plus(weir_times(whole, region->count), left ? region->tail_width : 0);
    return weir_times(column, cols);
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

/* Packs a region whose rows lie by themselves. */
static inline void weir_pack_few(const struct weir_region *region, size_t rows, size_t cols,
                                 size_t row_step, size_t col_step, const float *const *data,
                                 const float *scale, float *packed)
{
    for (size_t k = 0; k < region->count; k++)
        for (size_t row = 0; row < rows; row++, packed += weir_round_up(cols, WEIR_ROW))
            for (size_t col = 0; col < cols; col++)
                packed[col] = weir_scaled(
                    weir_float_at(data[region->params[k]], row * row_step + col * col_step),
                    scale[k]);
}

/* Packs one region; what lies past the last row or column must be zero already. `data` is by the
 * numbers of the cell's parameters, `scale` by the region's slots. */
static inline void weir_pack_region(const struct weir_region *region, size_t lanes, size_t rows,
                                    size_t cols, bool transposed, const float *const *data,
                                    const float *scale, float *packed)
{
    const size_t row_step = transposed ? 1 : cols, col_step = transposed ? rows : 1;
    if (weir_is_few(region, rows)) {
        weir_pack_few(region, rows, cols, row_step, col_step, data, scale, packed);
        return;
    }
    for (size_t first = 0; first < rows; first += lanes) {
        const size_t count = rows - first < lanes ? rows - first : lanes;
        const bool tail = region->tail && count < lanes;
        const size_t width = tail ? region->tail_width : region->count * lanes;
        for (size_t col = 0; col < cols; col++, packed += width)
            for (size_t k = 0; k < region->count; k++) {
                float *to = packed + (tail ? region->tail[k] : k * lanes);
                const float *from = data[region->params[k]];
                const size_t start = first * row_step + col * col_step;
                for (size_t lane = 0; lane < count; lane++)
                    to[lane] = weir_scaled(weir_float_at(from, start + lane * row_step), scale[k]);
            }
    }
}

#endif
