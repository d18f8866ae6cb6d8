/* SPDX-License-Identifier: MIT */
/* MatMul and Gemm, by plain loops, and products of whole numbers. */
#include "onnx/linear.h"
#include "onnx/operators.h"
#include "onnx/walk.h"

#include <string.h>

/* y[M][N] += a b, where a(m, k) is a[m * a_m + k * a_k], and b likewise; all three lie from an
 * element on. */
struct product {
    size_t M, N, K, a_m, a_k, b_k, b_n;
};

static void multiply(const struct product *p, const onnx_tensor *a, size_t a_from,
                     const onnx_tensor *b, size_t b_from, onnx_tensor *y, size_t to)
{
    for (size_t m = 0; m < p->M; m++)
        for (size_t k = 0; k < p->K; k++) {
            const size_t left = a_from + m * p->a_m + k * p->a_k, right = b_from + k * p->b_k;
            for (size_t n = 0; y->floats && n < p->N; n++)
                y->floats[to + m * p->N + n] += a->floats[left] * b->floats[right + n * p->b_n];
            for (size_t n = 0; y->ints && n < p->N; n++)
                y->ints[to + m * p->N + n] += a->ints[left] * b->ints[right + n * p->b_n];
        }
}

static onnx_tensor *zeros(onnx_call *call, enum onnx_type type, size_t rank, const size_t *dims)
{
    onnx_tensor *y = onnx_output(call, type, rank, dims);
    if (y)
        onnx_tensor_clear(y);
    return y;
}

/* ---- MatMul ---- */

/* A tensor as a stack of matrices: a vector is a row on the left and a column on the right. */
static onnx_tensor as_stack(const onnx_tensor *x, bool left)
{
    onnx_tensor stack = *x;
    if (x->rank == 1) {
        stack.rank = 2;
        stack.dims[0] = left ? 1 : x->dims[0];
        stack.dims[1] = left ? x->dims[0] : 1;
    }
    return stack;
}

bool onnx_matrix_product(onnx_call *call, const onnx_tensor *a, const onnx_tensor *b,
                         enum onnx_type type)
{
    if (!a->rank || !b->rank)
        return fail(call->failure, "its inputs must have dimensions");
    onnx_tensor left = as_stack(a, true), right = as_stack(b, false);
    const size_t M = left.dims[left.rank - 2], K = left.dims[left.rank - 1];
    const size_t N = right.dims[right.rank - 1];
    const struct product product = {M, N, K, K, 1, N, 1};
    onnx_walk walk;
    left.rank -= 2;
    right.rank -= 2;
    if (right.dims[right.rank] != K ||
        !onnx_walk_begin(&walk, (const onnx_tensor *const[]){&left, &right}, 2))
        return fail(call->failure, "the shapes of its inputs do not go together");
    size_t dims[ONNX_RANK_MAX + 2], rank = walk.rank;
    memcpy(dims, walk.dims, sizeof walk.dims);
    if (a->rank > 1)
        dims[rank++] = M;
    if (b->rank > 1)
        dims[rank++] = N;
    onnx_tensor *y = zeros(call, type, rank, dims);
    if (!y || !onnx_check_work(call, 2, (size_t[]){y->count, K}))
        return false;
    for (size_t at = 0; at < y->count; at += M * N, onnx_walk_next(&walk))
        multiply(&product, a, (size_t)walk.at[0] * M * K, b, (size_t)walk.at[1] * K * N, y, at);
    onnx_wrap(y);
    return true;
}

/* As NumPy's: dimensions before the last two broadcast. */
bool onnx_matmul(onnx_call *call)
{
    return onnx_check_floats(call) &&
           onnx_matrix_product(call, call->inputs[0], call->inputs[1], call->inputs[0]->type);
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
    if (!onnx_check_floats(call))
        return false;
    if (a->rank != 2 || b->rank != 2 || a->dims[!ta] != b->dims[tb])
        return fail(call->failure, "the shapes of its inputs do not go together");
    const size_t M = a->dims[ta], K = a->dims[!ta], N = b->dims[!tb];
    const struct product product = {M, N, K, ta ? 1 : K, ta ? M : 1, tb ? 1 : N, tb ? K : 1};
    onnx_tensor *y = zeros(call, a->type, 2, (size_t[]){M, N});
    if (!y || !onnx_check_work(call, 2, (size_t[]){y->count, K}))
        return false;
    if (y->count) /* else one side may be of any size */
        multiply(&product, a, 0, b, 0, y, 0);
    onnx_walk walk = {.rank = 2, .dims = {M, N}};
    if (c && !onnx_broadcasts_to(c, y))
        return fail(call->failure, "the shape of its C does not go together with the product's");
    if (c)
        onnx_walk_broadcast(&walk, 0, c);
    for (size_t i = 0; i < y->count; i++, onnx_walk_next(&walk))
        y->floats[i] = alpha * y->floats[i] + (c ? beta * c->floats[walk.at[0]] : 0);
    return true;
}
