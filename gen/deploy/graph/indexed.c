/* SPDX-License-Identifier: MIT */
/* Elements from where numbers say that the model computes: GatherElements, GatherND, and
 * ReverseSequence. With constants these are moves. */
#include "deploy/graph/lower.h"

#include <string.h>

/* The result of a loop over what it reads, the last of which is moved by the term before it. */
static void give(struct lowering *l, struct loop *loop, const struct value *x)
{
    struct value *y = lower_output(l, 0);
    struct operand *data = &loop->operands[loop->operand_count - 1];
    data->is_indexed = true;
    data->index = loop->term_count - 1;
    loop->terms[loop->term_count++] = (struct term){
        .kind = TERM_OPERAND, .is_int = x->is_int, .operand = loop->operand_count - 1};
    for (size_t k = 0; k < loop->operand_count; k++) {
        loop->operands[k].view.rank = loop->rank;
        memcpy(loop->operands[k].view.dims, loop->dims, sizeof loop->dims);
    }
    y->deferred = loop;
    y->is_int = x->is_int;
    y->whole = x->whole;
    y->rank = loop->rank;
    memcpy(y->dims, loop->dims, sizeof y->dims);
}

/* ---- Along an axis ---- */

/* For every element of the indices that of x which lies there, but for the axis, along which the
 * index says. The indices may have fewer dimensions: they are the same in all further ones. */
static bool gather_along(struct lowering *l, struct value *x, size_t axis, struct value *indices,
                         const size_t *dims)
{
    struct loop *loop = lower_take_loop(l);
    if (!loop)
        return false;
    const struct view data = lower_view(l, x), numbers = lower_view(l, indices);
    *loop = (struct loop){.rank = x->rank, .operand_count = 2, .term_count = 1};
    memcpy(loop->dims, dims, x->rank * sizeof *dims);
    loop->operands[0].view = numbers;
    loop->operands[1].view = data;
    loop->operands[1].view.strides[axis] = 0;
    loop->operands[1].bound = data.dims[axis];
    loop->operands[1].step = data.strides[axis];
    loop->terms[0] = (struct term){.kind = TERM_OPERAND, .is_int = true, .operand = 0};
    give(l, loop, x);
    return true;
}

bool lower_gather_elements(struct lowering *l)
{
    struct value *x = lower_input(l, 0), *indices = lower_input(l, 1);
    size_t axis;
    if (indices && indices->constant)
        return lower_move(l);
    if (!x || !indices || !indices->is_int || indices->rank != x->rank)
        return lower_refuse(l, "its indices are no whole numbers for its input");
    if (!lower_axis(l, onnx_attribute_int(l->node, "axis", 0), x, &axis))
        return false;
    for (size_t d = 0; d < x->rank; d++)
        if (d != axis && indices->dims[d] > x->dims[d])
            return lower_refuse(l, "the shapes of its inputs do not go together");
    return gather_along(l, x, axis, indices, indices->dims);
}

/* ---- Rows of indices ---- */

bool lower_read_rows(struct lowering *l, struct value *x, struct value *indices, size_t batch,
                     struct index_rows *rows)
{
    const bool fits = x && indices && indices->is_int && indices->rank > batch;
    *rows = (struct index_rows){.batch = batch, .bound = 1};
    rows->depth = fits ? indices->dims[indices->rank - 1] : 0;
    if (!fits || !rows->depth || batch + rows->depth > x->rank ||
        memcmp(x->dims, indices->dims, batch * sizeof *x->dims) != 0)
        return lower_refuse(l, "the shapes of its inputs do not go together");
    for (size_t d = 0; d + 1 < indices->rank; d++)
        rows->dims[rows->rank++] = indices->dims[d];
    for (size_t d = batch + rows->depth; d < x->rank; d++) {
        if (rows->rank == VIEW_RANK_MAX)
            return lower_refuse(l, "it gives more than %d dimensions", VIEW_RANK_MAX);
        rows->dims[rows->rank++] = x->dims[d];
    }
    for (size_t k = 0; k < rows->depth; k++)
        rows->bound *= x->dims[batch + k];
    return true;
}

void lower_add_rows(struct lowering *l, const struct index_rows *rows, struct value *x,
                    struct value *indices, struct loop *loop)
{
    const struct view numbers = lower_view(l, indices);
    const size_t last = numbers.rank - 1;
    loop->terms[loop->term_count++] = (struct term){.kind = TERM_NUMBER, .is_int = true};
    for (size_t k = 0; k < rows->depth; k++) {
        struct view *view = &loop->operands[loop->operand_count].view;
        *view = (struct view){.buffer = numbers.buffer,
                              .rank = loop->rank,
                              .offset = numbers.offset + (ptrdiff_t)k * numbers.strides[last]};
        memcpy(view->dims, loop->dims, sizeof view->dims);
        memcpy(view->strides, numbers.strides, last * sizeof *view->strides);
        const size_t before = loop->term_count - 1;
        loop->terms[before + 1] =
            (struct term){.kind = TERM_OPERAND, .is_int = true, .operand = loop->operand_count++};
        loop->terms[before + 2] = (struct term){
            .kind = TERM_NUMBER, .is_int = true, .whole = (int64_t)x->dims[rows->batch + k]};
        loop->terms[before + 3] = (struct term){.kind = TERM_CALL,
                                                .is_int = true,
                                                .function = function_find("int_place"),
                                                .of = {before, before + 1, before + 2}};
        loop->term_count += 3;
    }
}

bool lower_gather_nd(struct lowering *l)
{
    struct value *x = lower_input(l, 0), *indices = lower_input(l, 1);
    const int64_t batch = onnx_attribute_int(l->node, "batch_dims", 0);
    struct index_rows rows;
    if (indices && indices->constant)
        return lower_move(l);
    if (batch < 0 || batch > VIEW_RANK_MAX)
        return lower_refuse(l, "its batch_dims are %lld", (long long)batch);
    struct loop *loop = lower_take_loop(l);
    if (!loop || !lower_read_rows(l, x, indices, (size_t)batch, &rows))
        return false;
    struct view data = lower_view(l, x);
    if (!view_is_dense(&data))
        data = lower_pack(l, &data);
    *loop = (struct loop){.rank = rows.rank};
    memcpy(loop->dims, rows.dims, sizeof rows.dims);
    lower_add_rows(l, &rows, x, indices, loop);
    struct operand *operand = &loop->operands[loop->operand_count++];
    const size_t first = rows.batch + rows.depth, before = indices->rank - 1;
    *operand = (struct operand){
        .view = {.buffer = data.buffer, .offset = data.offset}, .bound = rows.bound, .step = 1};
    for (size_t d = first; d < x->rank; d++)
        operand->step *= (ptrdiff_t)x->dims[d];
    ptrdiff_t stride = 1;
    for (size_t d = x->rank; d-- > 0; stride *= (ptrdiff_t)x->dims[d])
        if (d < rows.batch || d >= first)
            operand->view.strides[d < rows.batch ? d : before + d - first] = stride;
    give(l, loop, x);
    return true;
}

/* ---- ReverseSequence ---- */

bool lower_reverse_sequence(struct lowering *l)
{
    struct value *x = lower_input(l, 0), *lengths = lower_input(l, 1), known = lower_blank(1),
                 numbers = known, turned = known;
    const int64_t batch = onnx_attribute_int(l->node, "batch_axis", 1);
    const size_t time = batch == 0;
    if (lengths && lengths->constant)
        return lower_move(l);
    if (!x || x->rank < 2 || batch < 0 || batch > 1 ||
        onnx_attribute_int(l->node, "time_axis", 0) != 1 - batch)
        return lower_refuse(l, "its batch_axis and time_axis must be 0 and 1, or 1 and 0");
    if (!lengths || !lengths->is_int || lengths->rank != 1 || lengths->dims[0] != x->dims[batch])
        return lower_refuse(l, "its lengths must be %zu whole numbers", x->dims[batch]);
    const int64_t T = (int64_t)x->dims[time];
    struct view view = lower_view(l, lengths);
    if (batch == 0) {
        view.rank = 2;
        view.dims[1] = 1;
        view.strides[1] = 0;
    }
    lower_set_view(&numbers, &view, true);
    /* One below 0 becomes one that is too large, so that the call fails. Then step t, while it is
     * less than the length, is length - (1 + 2t) further on. */
    struct value *checked[] = {&numbers, lower_count_up(l, 1, 0, 1, T + 1, 1, true)};
    struct value *of[] = {lower_count_up(l, 1 + (time == 0), 0, (size_t)T, 0, 1, true), &known,
                          lower_count_up(l, 1 + (time == 0), 0, (size_t)T, 1, 2, true)};
    if (!checked[1] || !of[0] || !of[2] ||
        !lower_expression(l, checked, 2, "a a a int_sub int_less b a int_sub int_mul a int_add",
                          &known) ||
        !lower_expression(l, of, 3, "a b int_less b c int_sub int_mul a int_add", &turned))
        return false;
    return gather_along(l, x, time, &turned, x->dims);
}
