/* SPDX-License-Identifier: MIT */
/* MatMul and Gemm: with a constant matrix kernels, else loops. */
#include "deploy/graph/lower.h"
#include "onnx/walk.h"

#include <string.h>

/* The product of a value's last axis with a constant matrix, whose element for output o and input i
 * is w[o*row + i*column]. */
static bool multiply(struct lowering *l, struct value *x, const onnx_tensor *w, size_t outputs,
                     size_t row, size_t column, float scale, const float *bias,
                     struct value *result)
{
    if (w->count == 0)
        return lower_refuse(l, "its matrix has no elements");
    const size_t inputs = w->count / outputs;
    float *matrix = lower_take(l, w->count, sizeof *matrix);
    if (!matrix)
        return false;
    for (size_t o = 0; o < outputs; o++)
        for (size_t i = 0; i < inputs; i++)
            matrix[o * inputs + i] = scale * w->floats[o * row + i * column];
    const struct affine affine = {
        .inputs = inputs, .outputs = outputs, .matrix = matrix, .bias = bias};
    const struct view rows = lower_view(l, x);
    return lower_affine(l, &rows, &affine, result);
}

static struct view turned(const struct view *view)
{
    struct view other = *view;
    for (size_t k = 0; k < 2; k++) {
        other.dims[view->rank - 2 + k] = view->dims[view->rank - 1 - k];
        other.strides[view->rank - 2 + k] = view->strides[view->rank - 1 - k];
    }
    return other;
}

/* ---- MatMul ---- */

static struct view as_matrix(const struct view *view, bool is_second)
{
    struct view matrix = *view;
    if (view->rank > 1)
        return matrix;
    matrix.rank = 2;
    matrix.dims[is_second] = 1;
    matrix.dims[!is_second] = view->dims[0];
    matrix.strides[is_second] = 0;
    matrix.strides[!is_second] = view->strides[0];
    return matrix;
}

/* Every element of the product as a sum of products. */
bool lower_multiply(struct lowering *l, const struct view *a, const struct view *b,
                    struct value *result)
{
    const struct view x = as_matrix(a, false), y = as_matrix(b, true);
    const bool is_int = schedule_is_int(l->schedule, a);
    size_t dims[ONNX_RANK_MAX], rank, count = 1;
    if (!onnx_broadcast_dims(x.dims, x.rank - 2, y.dims, y.rank - 2, dims, &rank) ||
        x.dims[x.rank - 1] != y.dims[y.rank - 2])
        return lower_refuse(l, "the shapes of its inputs do not go together");
    if (rank + 3 > VIEW_RANK_MAX)
        return lower_refuse(l, "its sums have more than %d dimensions", VIEW_RANK_MAX);
    struct view batch[2] = {x, y};
    struct loop loop = {
        .rank = rank + 3, .reduced = 1, .operand_count = 2, .term_count = 3, .start = 0};
    memcpy(loop.dims, dims, rank * sizeof *dims);
    loop.dims[rank] = dims[rank] = x.dims[x.rank - 2];
    loop.dims[rank + 1] = dims[rank + 1] = y.dims[y.rank - 1];
    loop.dims[rank + 2] = x.dims[x.rank - 1];
    for (size_t k = 0; k < 2; k++) {
        const struct view *of = k ? &y : &x;
        batch[k].rank -= 2;
        struct view *view = &loop.operands[k].view;
        *view = view_broadcast(&batch[k], rank, dims);
        view->strides[rank + k] = of->strides[of->rank - 2 + k];
        view->strides[rank + 2] = of->strides[of->rank - 1 - k];
        loop.terms[k] = (struct term){.kind = TERM_OPERAND, .is_int = is_int, .operand = k};
    }
    loop.terms[2] = (struct term){.kind = TERM_CALL,
                                  .is_int = is_int,
                                  .function = function_find(is_int ? "int_mul" : "mul"),
                                  .of = {0, 1}};
    loop.combine = function_find(is_int ? "int_add" : "add");
    for (size_t d = 0; d < rank + 2; d++)
        count *= dims[d];
    loop.to = view_dense(schedule_buffer(l->schedule, PLACE_ARENA, is_int, count), rank + 2, dims);
    struct view to = loop.to;
    to.rank = rank;
    for (size_t k = 0; k < 2; k++) { /* an axis that an input does not have is none of the output */
        if ((k ? b : a)->rank == 1)
            continue;
        to.dims[to.rank] = loop.to.dims[rank + k];
        to.strides[to.rank++] = loop.to.strides[rank + k];
    }
    loop_simplify(&loop);
    schedule_step(l->schedule, STEP_LOOP, l->node->name)->loop = loop;
    lower_set_view(result, &to, is_int);
    return true;
}

/* By a constant matrix from the left: its transpose from the right gives the transpose. */
static bool multiply_left(struct lowering *l, const onnx_tensor *w, struct value *b)
{
    struct value other = lower_blank(1), *y = lower_output(l, 0);
    const struct view from = lower_view(l, b), view = turned(&from);
    if (w->dims[1] != from.dims[from.rank - 2])
        return lower_refuse(l, "the shapes of its inputs do not go together");
    lower_set_view(&other, &view, false);
    if (!multiply(l, &other, w, w->dims[0], w->dims[1], 1, 1, NULL, y))
        return false;
    const struct view result = turned(&y->view);
    lower_set_view(y, &result, false);
    y->affine_axis = result.rank - 2;
    return true;
}

static bool is_matrix(const struct value *value)
{
    return value->constant && value->constant->rank == 2;
}

bool lower_matmul(struct lowering *l)
{
    struct value *a = lower_input(l, 0), *b = lower_input(l, 1);
    if (!a || !b || a->is_int || b->is_int || a->rank == 0 || b->rank == 0)
        return lower_refuse(l, "it works on matrices of floats");
    const onnx_tensor *w = b->constant;
    if (!is_matrix(b) && is_matrix(a) && b->rank > 1)
        return multiply_left(l, a->constant, b);
    if (!is_matrix(b)) {
        const struct view x = lower_view(l, a), y = lower_view(l, b);
        return lower_multiply(l, &x, &y, lower_output(l, 0));
    }
    if (a->dims[a->rank - 1] != w->dims[0])
        return lower_refuse(l, "the shapes of its inputs do not go together");
    return multiply(l, a, w, w->dims[1], 1, w->dims[1], 1, NULL, lower_output(l, 0));
}

/* ---- Gemm ---- */

/* What is added, where each output has one number. */
static bool read_bias(struct lowering *l, const onnx_tensor *c, size_t outputs, const float **bias)
{
    const float beta = onnx_attribute_float(l->node, "beta", 1);
    *bias = NULL;
    if (!c || !c->floats || (c->count != 1 && c->count != outputs) ||
        (c->count > 1 && c->dims[c->rank - 1] != outputs))
        return true;
    float *numbers = lower_take(l, outputs, sizeof *numbers);
    for (size_t o = 0; numbers && o < outputs; o++)
        numbers[o] = beta * c->floats[c->count == 1 ? 0 : o];
    *bias = numbers;
    return numbers;
}

/* Of two matrices that are computed, or of which the first is a constant. */
static bool multiply_computed(struct lowering *l, struct value *a, struct value *b, bool transposed,
                              struct value *result)
{
    const struct view x = lower_view(l, a), given = lower_view(l, b),
                      y = transposed ? turned(&given) : given;
    struct value product = lower_blank(1), *of[] = {&product};
    return lower_multiply(l, &x, &y, &product) &&
           lower_expression(l, of, 1, "a alpha=1 mul", result);
}

/* By a constant matrix, with a bias of one number for each output. */
static bool multiply_constant(struct lowering *l, struct value *a, const onnx_tensor *w,
                              bool transposed, const float *bias, struct value *result)
{
    const size_t outputs = w->dims[transposed ? 0 : 1];
    return multiply(l, a, w, outputs, transposed ? w->dims[1] : 1, transposed ? 1 : w->dims[1],
                    onnx_attribute_float(l->node, "alpha", 1), bias, result);
}

bool lower_gemm(struct lowering *l)
{
    struct value *a = lower_input(l, 0), *b = lower_input(l, 1), *c = lower_input(l, 2),
                 other = lower_blank(1), product = other;
    const bool transposed = onnx_attribute_int(l->node, "transB", 0);
    const float *bias = NULL;
    if (!a || !b || a->is_int || b->is_int || a->rank != 2 || b->rank != 2 || (c && c->is_int))
        return lower_refuse(l, "it works on matrices of floats");
    if (onnx_attribute_int(l->node, "transA", 0)) {
        const struct view from = lower_view(l, a), view = turned(&from);
        lower_set_view(&other, &view, false);
        a = &other;
    }
    const size_t outputs = b->dims[transposed ? 0 : 1];
    if (a->dims[1] != b->dims[transposed ? 1 : 0])
        return lower_refuse(l, "the shapes of its inputs do not go together");
    if (c && b->constant && !read_bias(l, c->constant, outputs, &bias))
        return false;
    struct value *result = c && !bias ? &product : lower_output(l, 0), *of[] = {&product, c};
    const bool multiplied = b->constant
                                ? multiply_constant(l, a, b->constant, transposed, bias, result)
                                : multiply_computed(l, a, b, transposed, result);
    return multiplied && (result != &product ||
                          lower_expression(l, of, 2, "a beta=1 b mul add", lower_output(l, 0)));
}
