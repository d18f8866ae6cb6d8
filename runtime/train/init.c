/* SPDX-License-Identifier: MIT */
/* Initial weights in Keras's manner: which weight of a cell gets which, and how they are drawn. A
 * cell's matrices say by their names what they multiply; nothing here knows a cell. */
#include "float_mode.h"
#include "train/exact.h"
#include "train/training_kit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Weights of a cell that make up one kernel of Keras: those from `first` on that are like it. */
struct fused {
    const weir_shape *shapes;
    size_t first, count; /* of all weights */
    size_t rows, cols; /* of all its matrices, stacked */
    uint64_t seed, stream;
    float *const *weights;
};

static bool is_fused(const struct fused *fused, size_t k)
{
    const weir_shape *shape = &fused->shapes[k], *first = &fused->shapes[fused->first];
    return shape->name[0] == first->name[0] && shape->cols == first->cols;
}

/* Uniform in [-1, 1) with 53 bits, two of a block. */
static void draw_pair(const struct fused *fused, uint64_t counter, double pair[2])
{
    uint32_t words[4];
    weir_random_block(fused->seed, fused->stream + fused->first, counter, words);
    for (size_t k = 0; k < 2; k++) {
        const uint64_t bits = (uint64_t)words[2 * k + 1] << 32 | words[2 * k];
        pair[k] = (double)(bits >> 11) * 0x1p-52 - 1.0;
    }
}

/* ---- Matrices of x ---- */

static void fill_glorot(const struct fused *fused)
{
    const double limit = sqrt(6.0 / ((double)fused->rows + (double)fused->cols));
    struct fused one = *fused;
    for (size_t k = fused->first; k < fused->count; k++) {
        if (!is_fused(fused, k))
            continue;
        const size_t size = fused->shapes[k].rows * fused->cols;
        one.first = k; /* the stream of this weight */
        for (size_t i = 0; i < size; i++) {
            double pair[2];
            draw_pair(&one, i / 2, pair);
            fused->weights[k][i] = (float)(limit * pair[i % 2]);
        }
    }
}

/* ---- Matrices of states ---- */

/* Fills the transpose of a normal matrix [length][vectors], row by row of the latter, by the polar
 * method (Marsaglia & Bray, SIAM Review 6, 1964). */
static void draw_normal(const struct fused *fused, double *transposed, size_t length,
                        size_t vectors)
{
    uint64_t counter = 0;
    double pair[2], scale = 0;
    for (size_t i = 0; i < length * vectors; i++) {
        if (i % 2 == 0) {
            double square;
            do {
                draw_pair(fused, counter++, pair);
                square = pair[0] * pair[0] + pair[1] * pair[1];
            } while (square >= 1.0 || square == 0.0);
            scale = sqrt(-2.0 * exact_log(square) / square);
        }
        transposed[i % vectors * length + i / vectors] = pair[i % 2] * scale;
    }
}

/* In four sums: one would wait for every addition. */
static double dot(const double *a, const double *b, size_t length)
{
    double sum[4] = {0};
    for (size_t i = 0; i < length; i++)
        sum[i % 4] += a[i] * b[i];
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/* Q of the QR decomposition with R's diagonal positive, by Gram and Schmidt: each vector is made
 * orthogonal to those before it, twice, which is enough (Giraud et al., Numer. Math. 101, 2005). */
static void orthonormalise(double *vectors, size_t count, size_t length)
{
    for (size_t k = 0; k < count; k++) {
        double *own = vectors + k * length;
        for (size_t i = 0; i < 2 * k; i++) {
            const double *other = vectors + i % k * length;
            const double part = dot(own, other, length);
            for (size_t e = 0; e < length; e++)
                own[e] -= part * other[e];
        }
        const double norm = sqrt(dot(own, own, length));
        for (size_t e = 0; e < length; e++)
            own[e] /= norm;
    }
}

/* Keras decomposes a matrix with at least as many rows as columns, and transposes Q for a kernel
 * [in][out] that is wider than high; `cols` is in, `rows` is out. */
static weir_status fill_orthogonal(const struct fused *fused, weir_error *error)
{
    const bool is_wide = fused->cols < fused->rows;
    const size_t length = is_wide ? fused->rows : fused->cols;
    const size_t vectors = is_wide ? fused->cols : fused->rows;
    const size_t floats = train_times(length, vectors);
    double *q = floats < SIZE_MAX / sizeof *q ? malloc(floats * sizeof *q) : NULL;
    if (!q)
        return weir_fail(error, WEIR_NO_MEMORY,
                         "There is not the memory to make a matrix of %zu x %zu orthogonal: free "
                         "some.",
                         fused->rows, fused->cols);
    draw_normal(fused, q, length, vectors);
    orthonormalise(q, vectors, length);
    size_t row = 0;
    for (size_t k = fused->first; k < fused->count; k++)
        for (size_t r = 0; is_fused(fused, k) && r < fused->shapes[k].rows; r++, row++)
            for (size_t c = 0; c < fused->cols; c++)
                fused->weights[k][r * fused->cols + c] =
                    (float)(is_wide ? q[c * length + row] : q[row * length + c]);
    free(q);
    return WEIR_OK;
}

/* ---- A cell ---- */

static void fill_vector(const weir_shape *shape, float *values)
{
    const float value = strcmp(shape->name, "bf") == 0 ? 1.0f : 0.0f;
    for (size_t k = 0; k < shape->rows; k++)
        values[k] = value;
}

/* Cell files write matrices with a capital letter, vectors with a small one. */
static bool is_matrix(const weir_shape *shape)
{
    return shape->name[0] >= 'A' && shape->name[0] <= 'Z';
}

/* Fills the weights that are fused with weight `first`, unless it is fused with one before it. */
static weir_status fill_fused(struct fused *fused, size_t first, weir_error *error)
{
    fused->first = first;
    for (size_t k = 0; k < first; k++)
        if (is_fused(fused, k))
            return WEIR_OK;
    fused->rows = 0;
    fused->cols = fused->shapes[first].cols;
    for (size_t k = first; k < fused->count; k++)
        fused->rows += is_fused(fused, k) ? fused->shapes[k].rows : 0;
    if (fused->shapes[first].name[0] != 'W')
        return fill_orthogonal(fused, error);
    fill_glorot(fused);
    return WEIR_OK;
}

weir_status weir_init_cell(const char *cell, size_t I, size_t H, size_t P, uint64_t seed,
                           uint64_t stream, float *const *weights, weir_error *error)
{
    size_t count, given = 0;
    weir_status status = weir_cell_weights(cell, I, H, P, NULL, 0, &count, error);
    if (status)
        return status;
    while (weights && given < count && weights[given])
        given++;
    if (given < count)
        return weir_fail(error, WEIR_INVALID,
                         "%.64s has %zu weights, and there is no place for weight %zu: none may be "
                         "NULL.",
                         cell, count, given);
    weir_shape *shapes = calloc(count ? count : 1, sizeof *shapes);
    if (!shapes)
        return weir_fail(error, WEIR_NO_MEMORY, "There is no memory for %zu weights: free some.",
                         count);
    status = weir_cell_weights(cell, I, H, P, shapes, count, &count, error);
    struct fused fused = {
        .shapes = shapes, .count = count, .seed = seed, .stream = stream, .weights = weights};
    const weir_mode mode = weir_mode_begin();
    for (size_t k = 0; !status && k < count; k++) {
        if (is_matrix(&shapes[k]))
            status = fill_fused(&fused, k, error);
        else
            fill_vector(&shapes[k], weights[k]);
    }
    weir_mode_set(mode);
    free(shapes);
    return status;
}
