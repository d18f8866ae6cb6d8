/* SPDX-License-Identifier: MIT */
/* ScatterElements and ScatterND by numbers that the model computes, or with a reduction: a copy of
 * what there is, and a loop over the updates, in their order, that writes where the numbers say.
 * With constants, and no reduction, they are moves where those are few. */
#include "deploy/graph/lower.h"

#include <string.h>

/* NULL with *is false: the reduction is none that is deployed. */
static const struct function *read_update(const struct lowering *l, bool *is)
{
    static const char *const names[] = {"add", "mul", "min", "max"};
    const onnx_attribute *given = onnx_attribute_find(l->node, "reduction");
    const char *name = given && given->s ? given->s : "none";
    *is = !strcmp(name, "none");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(names[i], name)) {
            *is = !lower_input(l, 0)->is_int;
            return function_find(name);
        }
    return NULL;
}

/* Whether it is a move. */
static bool try_move(struct lowering *l, bool *moved)
{
    struct value *x = lower_input(l, 0), *indices = lower_input(l, 1), *updates = lower_input(l, 2);
    bool known;
    *moved = false;
    if (!x || !indices || !updates || !indices->is_int || x->is_int != updates->is_int ||
        (x->is_int && x->whole != updates->whole))
        return lower_refuse(l,
                            "its indices are whole numbers, and its data and updates of one type");
    const struct function *update = read_update(l, &known);
    if (!known)
        return lower_refuse(l, "its reduction is none of add, mul, min and max of floats");
    *moved = !update && indices->constant && lower_move(l);
    return true;
}

/* The loop over updates, all but where its results go, which is a copy of the data. */
static struct loop begin(struct lowering *l, struct value *updates)
{
    bool known;
    struct value *x = lower_input(l, 0), *y = lower_output(l, 0);
    struct loop loop = {.rank = updates->rank,
                        .scatters = true,
                        .update = read_update(l, &known),
                        .operand_count = 1,
                        .term_count = 1};
    memcpy(loop.dims, updates->dims, sizeof loop.dims);
    loop.operands[0].view = lower_view(l, updates);
    loop.terms[0] = (struct term){.kind = TERM_OPERAND, .is_int = updates->is_int};
    const struct view from = lower_view(l, x),
                      to = view_dense(
                          schedule_buffer(l->schedule, PLACE_ARENA, x->is_int, view_count(&from)),
                          x->rank, x->dims);
    lower_copy(l, &from, &to);
    lower_set_view(y, &to, x->is_int);
    y->whole = x->whole;
    loop.to = (struct view){.buffer = to.buffer, .rank = loop.rank};
    memcpy(loop.to.dims, loop.dims, sizeof loop.dims);
    return loop;
}

/* Its last term is where; it becomes what is stored there. */
static void end(struct lowering *l, struct loop *loop)
{
    loop->index = loop->term_count - 1;
    loop->terms[loop->term_count] =
        (struct term){.kind = TERM_CALL,
                      .is_int = loop->terms[0].is_int,
                      .function = function_find(loop->terms[0].is_int ? "int_same" : "same")};
    loop->term_count++;
    schedule_step(l->schedule, STEP_LOOP, l->node->name)->loop = *loop;
}

bool lower_scatter_elements(struct lowering *l)
{
    struct value *x = lower_input(l, 0), *indices = lower_input(l, 1), *updates = lower_input(l, 2);
    size_t axis;
    bool moved;
    if (!try_move(l, &moved) || moved)
        return moved;
    if (indices->rank != x->rank || updates->rank != x->rank ||
        memcmp(updates->dims, indices->dims, x->rank * sizeof *x->dims) != 0)
        return lower_refuse(l, "the shapes of its inputs do not go together");
    if (!lower_axis(l, onnx_attribute_int(l->node, "axis", 0), x, &axis))
        return false;
    for (size_t d = 0; d < x->rank; d++)
        if (d != axis && indices->dims[d] > x->dims[d])
            return lower_refuse(l, "the shapes of its inputs do not go together");
    struct loop loop = begin(l, updates);
    loop.operands[loop.operand_count].view = lower_view(l, indices);
    loop.terms[loop.term_count++] =
        (struct term){.kind = TERM_OPERAND, .is_int = true, .operand = loop.operand_count++};
    memcpy(loop.to.strides, lower_output(l, 0)->view.strides, sizeof loop.to.strides);
    loop.bound = x->dims[axis];
    loop.step = loop.to.strides[axis];
    loop.to.strides[axis] = 0;
    end(l, &loop);
    return true;
}

bool lower_scatter_nd(struct lowering *l)
{
    struct value *x = lower_input(l, 0), *indices = lower_input(l, 1), *updates = lower_input(l, 2);
    struct index_rows rows;
    bool moved;
    if (!try_move(l, &moved) || moved)
        return moved;
    if (!lower_read_rows(l, x, indices, 0, &rows))
        return false;
    if (updates->rank != rows.rank ||
        memcmp(updates->dims, rows.dims, rows.rank * sizeof *rows.dims) != 0)
        return lower_refuse(l, "the shape of its updates is not that of what its indices name");
    struct loop loop = begin(l, updates);
    lower_add_rows(l, &rows, x, indices, &loop);
    const struct view *to = &lower_output(l, 0)->view;
    for (size_t d = rows.depth; d < x->rank; d++)
        loop.to.strides[indices->rank - 1 + d - rows.depth] = to->strides[d];
    loop.bound = rows.bound;
    loop.step = to->strides[rows.depth - 1];
    end(l, &loop);
    return true;
}
