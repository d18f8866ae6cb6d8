/* SPDX-License-Identifier: MIT */
/* Operators in double precision, by plain loops; see graph64.h. */
#include "runner/graph64.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t multiply(const size_t *dims, size_t first, size_t last)
{
    size_t product = 1;
    for (size_t i = first; i < last; i++)
        product *= dims[i];
    return product;
}

size_t count64(const struct tensor64 *x)
{
    const size_t count = multiply(x->dims, 0, x->rank);
    if (x->rank > AXES_MAX || count > ELEMENTS_MAX)
        abort();
    return count;
}

void transpose64(struct tensor64 *x, const size_t *perm)
{
    const struct tensor64 from = *x;
    for (size_t d = 0; d < x->rank; d++)
        x->dims[d] = from.dims[perm[d]];
    for (size_t i = 0; i < count64(x); i++) {
        size_t rest = i, source = 0;
        for (size_t d = x->rank; d-- > 0; rest /= x->dims[d])
            source += rest % x->dims[d] * multiply(from.dims, perm[d] + 1, from.rank);
        x->at[i] = from.at[source];
    }
}

void slice64(struct tensor64 *x, size_t axis, size_t first, size_t count)
{
    const struct tensor64 from = *x;
    const size_t inner = multiply(x->dims, axis + 1, x->rank);
    x->dims[axis] = count;
    for (size_t i = 0; i < count64(x); i++) {
        const size_t outer = i / (inner * count), within = i % (inner * count);
        x->at[i] = from.at[(outer * from.dims[axis] + first) * inner + within];
    }
}

void reshape64(struct tensor64 *x, size_t rank, const size_t *dims)
{
    const size_t before = count64(x);
    x->rank = rank;
    memmove(x->dims, dims, rank * sizeof *dims);
    if (count64(x) != before)
        abort();
}

void product64(struct tensor64 *x, const float *matrix, size_t K, size_t N)
{
    const struct tensor64 from = *x;
    x->dims[x->rank - 1] = N;
    for (size_t i = 0; i < count64(x); i++) {
        x->at[i] = 0;
        for (size_t k = 0; k < K; k++)
            x->at[i] += from.at[i / N * K + k] * (double)matrix[k * N + i % N];
    }
}

void add64(struct tensor64 *x, const float *constant, size_t rank, const size_t *dims)
{
    for (; x->rank < rank; x->rank++) {
        memmove(&x->dims[1], x->dims, x->rank * sizeof *x->dims);
        x->dims[0] = 1;
    }
    for (size_t i = 0; i < count64(x); i++) {
        size_t rest = i, place = 0;
        for (size_t d = x->rank; d-- > 0; rest /= x->dims[d]) {
            const size_t own = d + rank < x->rank ? x->rank : d + rank - x->rank;
            if (own < rank && dims[own] > 1)
                place += rest % x->dims[d] * multiply(dims, own + 1, rank);
        }
        x->at[i] += (double)constant[place];
    }
}

void function64(struct tensor64 *x, enum function64 function)
{
    for (size_t i = 0; i < count64(x); i++)
        x->at[i] = function == RELU64      ? fmax(x->at[i], 0)
                   : function == SIGMOID64 ? 1 / (1 + exp(-x->at[i]))
                                           : tanh(x->at[i]);
}

void softmax64(struct tensor64 *x, size_t first, size_t last)
{
    const size_t count = multiply(x->dims, first, last), inner = multiply(x->dims, last, x->rank);
    for (size_t i = 0; i < count64(x); i++) {
        double sum = 0;
        if (i / inner % count)
            continue;
        for (size_t k = 0; k < count; k++)
            sum += exp(x->at[i + k * inner]);
        for (size_t k = 0; k < count; k++)
            x->at[i + k * inner] = exp(x->at[i + k * inner]) / sum;
    }
}
