/* SPDX-License-Identifier: MIT */
/* MatMul and Gemm, by plain loops. */
#include "onnx/operators.h"
#include "onnx/walk.h"

#include <string.h>

/* y[M][N] += a b, where a(m, k) is a[m * a_m + k * a_k], and b likewise. */
struct product {
    size_t M, N, K, a_m, a_k, b_k, b_n;
};

static void multiply(const struct product *p, const float *a, const float *b, float *y)
{
    for (size_t m = 0; m < p->M; m++)
        for (size_t k = 0; k < p->K; k++) {
            const float factor = a[m * p->a_m + k * p->a_k];
            for (size_t n = 0; n < p->N; n++)
                y[m * p->N + n] += factor * b[k * p->b_k + n * p->b_n];
        }
}

static bool check_floats(const onnx_call *call, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (call->inputs[i] && !call->inputs[i]->floats)
            return fail(call->failure, "it works on floats only, and its input %zu is of type %s",
                        i, onnx_type_name(call->inputs[i]->type));
    return true;
}

/* ---- MatMul ---- */

/* As NumPy's: a vector is a row on the left and a column on the right, dimensions before the last
 * two broadcast. */
bool onnx_matmul(onnx_call *call)
{
    const onnx_tensor *a = call->inputs[0], *b = call->inputs[1];
    if (!check_floats(call, 2))
        return false;
    if (!a->rank || !b->rank)
        return fail(call->failure, "its inputs must have dimensions");
    onnx_tensor left = *a, right = *b; /* as stacks of matrices */
    if (a->rank == 1)
        left = (onnx_tensor){.rank = 2, .dims = {1, a->dims[0]}, .count = a->count};
    if (b->rank == 1)
        right = (onnx_tensor){.rank = 2, .dims = {b->dims[0], 1}, .count = b->count};
    const size_t M = left.dims[left.rank - 2], K = left.dims[left.rank - 1];
    const size_t N = right.dims[right.rank - 1];
    const struct product product = {M, N, K, K, 1, N, 1};
    onnx_walk walk = {0};
    left.rank -= 2;
    right.rank -= 2;
    if (right.dims[right.rank] != K ||
        !onnx_broadcast_dims(left.dims, left.rank, right.dims, right.rank, walk.dims, &walk.rank))
        return fail(call->failure, "the shapes of its inputs do not go together");
    onnx_walk_broadcast(&walk, 0, &left);
    onnx_walk_broadcast(&walk, 1, &right);
    size_t dims[ONNX_RANK_MAX + 2], rank = walk.rank;
    memcpy(dims, walk.dims, sizeof walk.dims);
    if (a->rank > 1)
        dims[rank++] = M;
    if (b->rank > 1)
        dims[rank++] = N;
    onnx_tensor *y = onnx_output(call, a->type, rank, dims);
    if (!y)
        return false;
    memset(y->floats, 0, y->count * sizeof *y->floats);
    for (size_t at = 0; at < y->count; at += M * N, onnx_walk_next(&walk))
        multiply(&product, a->floats + (size_t)walk.at[0] * M * K,
                 b->floats + (size_t)walk.at[1] * K * N, y->floats + at);
    return true;
}

/* ---- Gemm ---- */

bool onnx_gemm(onnx_call *call)
{
    const onnx_tensor *a = call->inputs[0], *b = call->inputs[1];
    const onnx_tensor *c = call->node->input_count > 2 ? call->inputs[2] : NULL;
    const float alpha = onnx_attribute_float(call->node, "alpha", 1);
    const float beta = onnx_attribute_float(call->node, "beta", 1);
    const size_t ta = onnx_attribute_int(call->node, "transA", 0) != 0;
    const size_t tb = onnx_attribute_int(call->node, "transB", 0) != 0;
    if (!check_floats(call, call->node->input_count))
        return false;
    if (a->rank != 2 || b->rank != 2 || a->dims[!ta] != b->dims[tb])
        return fail(call->failure, "the shapes of its inputs do not go together");
    const size_t M = a->dims[ta], K = a->dims[!ta], N = b->dims[!tb];
    const struct product product = {M, N, K, ta ? 1 : K, ta ? M : 1, tb ? 1 : N, tb ? K : 1};
    onnx_tensor *y = onnx_output(call, a->type, 2, (size_t[]){M, N});
    if (!y)
        return false;
    memset(y->floats, 0, y->count * sizeof *y->floats);
    multiply(&product, a->floats, b->floats, y->floats);
    onnx_walk walk = {.rank = 2, .dims = {M, N}};
    size_t dims[ONNX_RANK_MAX], rank;
    if (c && (!onnx_broadcast_dims(c->dims, c->rank, walk.dims, 2, dims, &rank) || rank != 2 ||
              dims[0] != M || dims[1] != N))
        return fail(call->failure, "the shape of its C does not go together with the product's");
    if (c)
        onnx_walk_broadcast(&walk, 0, c);
    for (size_t i = 0; i < y->count; i++, onnx_walk_next(&walk))
        y->floats[i] = alpha * y->floats[i] + (c ? beta * c->floats[walk.at[0]] : 0);
    return true;
}
