/* SPDX-License-Identifier: MIT */
/* Einsum. By a constant it is a product with a matrix, where each label is summed over, or is of
 * one operand and the output; else each output is a sum of products, in the order of the labels. */
#include "onnx/einsum.h"
#include "deploy/graph/lower.h"

#include <string.h>

/* An operand as it is read by the labels: without gaps. */
static struct view packed_view(struct lowering *l, size_t input)
{
    const struct view view = lower_view(l, lower_input(l, input));
    return view_is_dense(&view) ? view : lower_pack(l, &view);
}

/* ---- As a product with a constant ---- */

/* Labels of a product: those of the rows, those that are summed, those of the constant. */
struct parts {
    size_t x, w; /* which operand is which */
    size_t kinds[3][EINSUM_LABELS], counts[3], sizes[3];
};

enum { OF_ROWS, SUMMED, OF_CONSTANT };

/* False: there is a label of another kind. */
static bool part(const struct einsum *sum, struct parts *p)
{
    for (size_t k = 0; k < 3; k++) {
        p->counts[k] = 0;
        p->sizes[k] = 1;
    }
    for (size_t i = 0; i < sum->count; i++) {
        const struct einsum_label *label = &sum->labels[i];
        const bool in_x = label->stride[p->x], in_w = label->stride[p->w], out = i < sum->outputs;
        if (label->dim == 1)
            continue;
        if (in_x + in_w + out != 2)
            return false;
        const size_t kind = !in_w ? OF_ROWS : !out ? SUMMED : OF_CONSTANT;
        p->kinds[kind][p->counts[kind]++] = i;
        p->sizes[kind] *= label->dim;
    }
    return p->counts[OF_ROWS] + p->counts[SUMMED] <= VIEW_RANK_MAX && p->counts[SUMMED] > 0;
}

/* Where in an operand element k of all labels of a kind is, the last label fastest. */
static ptrdiff_t place(const struct einsum *sum, const struct parts *p, size_t kind, size_t operand,
                       size_t k)
{
    ptrdiff_t at = 0;
    for (size_t i = p->counts[kind]; i-- > 0;) {
        const struct einsum_label *label = &sum->labels[p->kinds[kind][i]];
        at += label->stride[operand] * (ptrdiff_t)(k % label->dim);
        k /= label->dim;
    }
    return at;
}

static float *make_matrix(struct lowering *l, const struct einsum *sum, const struct parts *p)
{
    const size_t inputs = p->sizes[SUMMED], outputs = p->sizes[OF_CONSTANT];
    const float *w = lower_constant(l, p->w)->floats;
    float *matrix = lower_take(l, inputs * outputs, sizeof *matrix);
    for (size_t o = 0; o < outputs && matrix; o++)
        for (size_t i = 0; i < inputs; i++)
            matrix[o * inputs + i] =
                w[place(sum, p, OF_CONSTANT, p->w, o) + place(sum, p, SUMMED, p->w, i)];
    return matrix;
}

/* The rows, and then what is summed, as dimensions of a view. */
static struct view make_rows(const struct einsum *sum, const struct parts *p, const struct view *x)
{
    struct view rows = {.buffer = x->buffer, .offset = x->offset};
    for (size_t kind = OF_ROWS; kind <= SUMMED; kind++)
        for (size_t i = 0; i < p->counts[kind]; i++) {
            const struct einsum_label *label = &sum->labels[p->kinds[kind][i]];
            rows.dims[rows.rank] = label->dim;
            rows.strides[rows.rank++] = label->stride[p->x];
        }
    return rows;
}

static bool multiply(struct lowering *l, const struct einsum *sum, const struct parts *p,
                     const size_t *dims)
{
    const struct affine affine = {.inputs = p->sizes[SUMMED],
                                  .outputs = p->sizes[OF_CONSTANT],
                                  .matrix = make_matrix(l, sum, p)};
    const struct view x = packed_view(l, p->x), all = make_rows(sum, p, &x),
                      rows = lower_flat_rows(l, &all, p->counts[OF_ROWS]);
    struct value product = lower_blank(1);
    if (!affine.matrix || !lower_affine(l, &rows, &affine, &product))
        return false;
    struct view y = {
        .buffer = product.view.buffer, .rank = sum->outputs, .offset = product.view.offset};
    memcpy(y.dims, dims, y.rank * sizeof *dims);
    for (size_t i = 0; i < p->counts[OF_ROWS]; i++)
        y.strides[p->kinds[OF_ROWS][i]] = product.view.strides[i];
    ptrdiff_t stride = 1;
    for (size_t i = p->counts[OF_CONSTANT]; i-- > 0;) {
        y.strides[p->kinds[OF_CONSTANT][i]] = stride;
        stride *= (ptrdiff_t)sum->labels[p->kinds[OF_CONSTANT][i]].dim;
    }
    lower_set_view(lower_output(l, 0), &y, false);
    return true;
}

/* ---- As sums ---- */

static bool add_up(struct lowering *l, const struct einsum *sum, const size_t *dims)
{
    const size_t operands = l->node->input_count;
    struct loop loop = {
        .operand_count = operands,
        .term_count = 2 * operands - 1,
        .combine = function_find("add"),
        .terms = {{.kind = TERM_OPERAND, .operand = 0},
                  {.kind = TERM_OPERAND, .operand = 1},
                  {.kind = TERM_CALL, .function = function_find("mul"), .of = {0, 1}}}};
    size_t count = 1;
    for (size_t d = 0; d < sum->outputs; d++)
        count *= dims[d];
    const struct view y =
        view_dense(schedule_buffer(l->schedule, PLACE_ARENA, false, count), sum->outputs, dims);
    for (size_t t = 0; t < operands; t++)
        loop.operands[t].view = packed_view(l, t);
    loop.to = y;
    for (size_t i = 0; i < sum->count; i++) {
        if (sum->labels[i].dim == 1)
            continue;
        if (loop.rank == VIEW_RANK_MAX)
            return lower_refuse(l, "it has more than %d labels", VIEW_RANK_MAX);
        loop.dims[loop.rank] = sum->labels[i].dim;
        loop.reduced += i >= sum->outputs;
        for (size_t t = 0; t < operands; t++)
            loop.operands[t].view.strides[loop.rank] = sum->labels[i].stride[t];
        loop.to.strides[loop.rank++] = i < sum->outputs ? y.strides[i] : 0;
    }
    loop_simplify(&loop);
    schedule_step(l->schedule, STEP_LOOP, l->node->name)->loop = loop;
    lower_set_view(lower_output(l, 0), &y, false);
    return true;
}

bool lower_einsum(struct lowering *l)
{
    const onnx_tensor *shapes[EINSUM_OPERANDS] = {NULL};
    const onnx_call call = {l->node, shapes, NULL, l->scratch, l->failure};
    size_t dims[ONNX_RANK_MAX];
    struct einsum sum;
    for (size_t t = 0; t < l->node->input_count && t < EINSUM_OPERANDS; t++) {
        const struct value *value = lower_input(l, t);
        if (!value || value->is_int)
            return lower_refuse(l, "it works on floats only");
        if (!(shapes[t] = lower_shape(l, value)))
            return false;
    }
    if (!onnx_einsum_read(&call, &sum, dims))
        return lower_refuse(l, "%s", l->failure->sentence);
    for (size_t i = 0; i < sum.count; i++)
        if (!sum.labels[i].dim)
            return lower_refuse(l, "one of its operands has no elements");
    for (size_t w = 0; w < 2 && l->node->input_count == 2; w++) {
        struct parts parts = {.x = !w, .w = w};
        if (lower_constant(l, w) && part(&sum, &parts))
            return multiply(l, &sum, &parts, dims);
    }
    return add_up(l, &sum, dims);
}
