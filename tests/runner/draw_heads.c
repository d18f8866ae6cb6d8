/* SPDX-License-Identifier: MIT */
/* Nodes of a random graph that compute each step by itself: products, what is added to them, and
 * functions. */
#include "runner/draw_graph.h"

#include <math.h>
#include <string.h>

static bool take(struct drawing *d, char *name, bool product)
{
    d->name = name;
    d->nodes++;
    d->after_product = product;
    d->after_layer |= product;
    return true;
}

/* Whether one row a step is all that lies before the last axis. */
static bool is_rows(const struct drawing *d)
{
    bool rows = d->value.rank > 0 && d->tags[d->value.rank - 1] != TAG_TIME;
    for (size_t i = 0; i + 1 < d->value.rank; i++)
        rows &= d->value.dims[i] == 1 || d->tags[i] == TAG_TIME;
    return rows || (d->wild && d->value.rank > 0);
}

static const float *draw_matrix(struct drawing *d, size_t K, size_t N)
{
    return draw_floats(d, K * N, 1 / sqrtf((float)K));
}

bool draw_matmul(struct drawing *d)
{
    const size_t K = d->value.rank ? d->value.dims[d->value.rank - 1] : 0, N = 1 + draw_below(d, 6);
    char *name;
    if (!is_rows(d))
        return false;
    const float *matrix = draw_matrix(d, K, N);
    draw_node(d, "MatMul", d->name, draw_constant(d, matrix, 2, (size_t[]){K, N}), &name);
    product64(&d->value, matrix, K, N);
    d->tags[d->value.rank - 1] = TAG_UNIT;
    return take(d, name, true);
}

bool draw_gemm(struct drawing *d)
{
    const size_t K = d->value.rank ? d->value.dims[d->value.rank - 1] : 0, N = 1 + draw_below(d, 6);
    const bool transposed = draw_one_in(d, 2), by_row = d->wild && draw_one_in(d, 2);
    if (d->value.rank != 2 || !is_rows(d))
        return false;
    const size_t rows = d->value.dims[0], sizes[] = {transposed ? N : K, transposed ? K : N};
    const size_t ones[] = {by_row ? rows : 1, draw_one_in(d, 3) ? 1 : N};
    const size_t skip = by_row ? 0 : draw_below(d, 3);
    const float *matrix = draw_matrix(d, K, N), *bias = draw_floats(d, ones[0] * ones[1], 0.5f);
    float *turned = writer_take(d->writer, K * N, sizeof *turned);
    for (size_t i = 0; i < K * N; i++)
        turned[transposed ? i % N * K + i / N : i] = matrix[i];
    const size_t rank = skip == 2 && ones[1] == 1 ? 0 : skip ? 1 : 2;
    char *inputs[] = {d->name, draw_constant(d, turned, 2, sizes),
                      draw_constant(d, bias, rank, ones + 2 - rank), NULL};
    char *name = writer_name(d->writer);
    Onnx__Node *node = writer_node(d->writer, "Gemm", inputs, (char *[]){name, NULL});
    writer_int(d->writer, node, "transB", transposed);
    product64(&d->value, matrix, K, N);
    add64(&d->value, bias, rank, ones + 2 - rank);
    d->tags[1] = TAG_UNIT;
    return take(d, name, false);
}

/* Right after a product, mostly: broadcast from any of its last axes. */
bool draw_add(struct drawing *d)
{
    size_t dims[AXES_MAX], count = 1, rank = draw_below(d, d->value.rank + 1);
    char *name;
    if (!d->after_product && !d->wild)
        return false;
    for (size_t i = 0; i < rank; i++) {
        const size_t axis = d->value.rank - rank + i;
        const bool full = d->tags[axis] == TAG_UNIT || d->wild;
        dims[i] = full && !draw_one_in(d, 4) ? d->value.dims[axis] : 1;
        count *= dims[i];
    }
    if (rank == d->value.rank && rank < 4 && draw_one_in(d, 6)) {
        memmove(dims + 1, dims, rank++ * sizeof *dims);
        dims[0] = 1;
        memmove(d->tags + 1, d->tags, d->value.rank * sizeof *d->tags);
        d->tags[0] = TAG_ONE;
    }
    const float *bias = draw_floats(d, count, 0.5f);
    char *constant = draw_constant(d, bias, rank, dims);
    const bool left = draw_one_in(d, 2);
    draw_node(d, "Add", left ? constant : d->name, left ? d->name : constant, &name);
    add64(&d->value, bias, rank, dims);
    return take(d, name, false);
}

bool draw_function(struct drawing *d)
{
    static const char *const ops[] = {"Relu", "Sigmoid", "Tanh"};
    const enum function64 function = (enum function64)draw_below(d, 3);
    char *name;
    if (!d->after_product && !d->wild)
        return false;
    draw_node(d, ops[function], d->name, NULL, &name);
    function64(&d->value, function);
    return take(d, name, false);
}

bool draw_softmax(struct drawing *d)
{
    enum { OF_ONE_AXIS = 13 };
    const size_t rank = d->value.rank, last = rank ? rank - 1 : 0;
    const size_t axis = d->wild && rank ? draw_below(d, rank) : last;
    char *name;
    if (!d->after_layer || !rank || (!d->wild && (d->tags[axis] == TAG_TIME || draw_one_in(d, 2))))
        return false;
    writer_int(d->writer, draw_node(d, "Softmax", d->name, NULL, &name), "axis", (int64_t)axis);
    softmax64(&d->value, axis, d->opset >= OF_ONE_AXIS ? axis + 1 : rank);
    return take(d, name, false);
}
