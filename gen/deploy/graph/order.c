/* SPDX-License-Identifier: MIT */
/* ArgMax, ArgMin and CumSum, which ask where along an axis an element is. */
#include "deploy/graph/lower.h"

#include <math.h>
#include <string.h>

enum { WHOLE_MOST = 1 << 24 }; /* up to which floats are whole numbers */

static bool read_axis(struct lowering *l, int64_t given, const struct value *x, size_t *axis)
{
    return lower_axis(l, given, x, axis) &&
           (x->dims[*axis] < WHOLE_MOST || lower_refuse(l, "its axis is too long"));
}

/* The number of an element that is the one sought, or else one that is never chosen: by whether
 * elements are whole numbers, and whether the last one is sought. */
static const char *const find_words[2][2] = {
    {"a b equal a a equal int_not int_or c 16777216 where",
     "a b equal a a equal int_not int_or c -1 where"},
    {"a b int_equal c 16777216 where", "a b int_equal c -1 where"}};

/* Where the greatest or least element is: of those that are as great, the first or last. A NaN is
 * greater than any other. */
bool lower_arg(struct lowering *l)
{
    const bool last = onnx_attribute_int(l->node, "select_last_index", 0) != 0;
    const bool greatest = !strcmp(l->node->op, "ArgMax");
    struct value *x = lower_input(l, 0), most = lower_blank(1), there = most, found = most,
                 numbered = most;
    bool axes[ONNX_RANK_MAX] = {false};
    size_t axis = 0;
    if (!x)
        return lower_refuse(l, "its input is missing");
    if (!read_axis(l, onnx_attribute_int(l->node, "axis", 0), x, &axis))
        return false;
    axes[axis] = true;
    lower_view(l, x);
    if (!greatest &&
        !x->is_int) { /* what is no number is never the least, but where there is nothing else */
        if (!lower_expression(l, &x, 1, "a a equal a 1e39 where", &numbered))
            return false;
        x = &numbered;
        lower_view(l, x);
    }
    if (!(x->is_int ? lower_whole_reduction(l, x, axes, "a", greatest ? "int_max" : "int_min",
                                            greatest ? INT64_MIN : INT64_MAX, &most)
                    : lower_reduction(l, x, axes, "a", greatest ? "max" : "min",
                                      greatest ? -INFINITY : INFINITY, &most)))
        return false;
    struct value *of[] = {x, &most, lower_count_up(l, x->rank, axis, x->dims[axis], 0, 1, false)};
    if (!of[2] || !lower_expression(l, of, 3, find_words[x->is_int][last], &there) ||
        !lower_reduction(l, &there, axes, "a", last ? "max" : "min", last ? -1 : WHOLE_MOST,
                         &found))
        return false;
    if (!onnx_attribute_int(l->node, "keepdims", 1)) {
        lower_drop_axes(&found.view, axes);
        lower_set_view(&found, &found.view, false);
    }
    struct value *one[] = {&found};
    return lower_expression(l, one, 1, "a to_int", lower_output(l, 0));
}

/* Each sum by itself, over all elements, of which those that come later count as 0. */
bool lower_cum_sum(struct lowering *l)
{
    const onnx_tensor *given = lower_constant(l, 1);
    const bool exclusive = onnx_attribute_int(l->node, "exclusive", 0) != 0;
    const bool reverse = onnx_attribute_int(l->node, "reverse", 0) != 0;
    struct value *x = lower_input(l, 0);
    size_t axis = 0;
    if (!x || x->is_int || !given || !given->ints || given->count != 1 || x->rank == VIEW_RANK_MAX)
        return lower_refuse(l, "it works on floats, along an axis that is a constant");
    if (!read_axis(l, given->ints[0], x, &axis))
        return false;
    const struct view view = lower_view(l, x);
    const size_t count = x->dims[axis];
    int64_t *taken = lower_take(l, count * count, sizeof *taken);
    if (!taken)
        return false;
    for (size_t i = 0; i < count * count; i++) {
        const size_t to = i / count, from = i % count;
        taken[i] = to == from ? !exclusive : reverse ? from > to : from < to;
    }
    const int table = schedule_buffer(l->schedule, PLACE_CONSTANT, true, count * count);
    l->schedule->buffers[table].data = taken;
    const struct view y = view_dense(
        schedule_buffer(l->schedule, PLACE_ARENA, false, view_count(&view)), x->rank, x->dims);
    struct loop loop = {
        .rank = x->rank + 1,
        .reduced = 1,
        .combine = function_find("add"),
        .operand_count = 2,
        .term_count = 4,
        .terms = {{.kind = TERM_OPERAND, .is_int = true, .operand = 0},
                  {.kind = TERM_OPERAND, .operand = 1},
                  {.kind = TERM_NUMBER},
                  {.kind = TERM_CALL, .function = function_find("where"), .of = {0, 1, 2}}},
        .to = y};
    memcpy(loop.dims, x->dims, x->rank * sizeof *x->dims);
    loop.dims[x->rank] = count;
    loop.operands[0].view = (struct view){.buffer = table};
    loop.operands[0].view.strides[axis] = (ptrdiff_t)count;
    loop.operands[0].view.strides[x->rank] = 1;
    loop.operands[1].view = view;
    loop.operands[1].view.strides[axis] = 0;
    loop.operands[1].view.strides[x->rank] = view.strides[axis];
    loop_simplify(&loop);
    schedule_step(l->schedule, STEP_LOOP, l->node->name)->loop = loop;
    lower_set_view(lower_output(l, 0), &y, false);
    return true;
}
