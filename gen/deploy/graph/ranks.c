/* SPDX-License-Identifier: MIT */
/* TopK: the rank of an element is how many others go before it, and says where it goes. And OneHot,
 * which asks where a number is; and operators whose results are as large as values say. */
#include "deploy/graph/lower.h"

#include <string.h>

enum { LINE_MOST = 8192 }; /* elements that are ranked, for each of which all are looked at */

/* ---- TopK ---- */

/* The view with one more dimension at its end, of elements along an axis. */
static struct view doubled(const struct view *view, size_t axis, bool is_other)
{
    struct view two = *view;
    two.dims[two.rank] = view->dims[axis];
    two.strides[two.rank] = is_other ? view->strides[axis] : 0;
    two.strides[axis] = is_other ? 0 : view->strides[axis];
    two.rank++;
    return two;
}

/* How many go before each: those that are greater, or less, and of equal ones the first. */
static bool rank_all(struct lowering *l, const struct view *x, size_t axis, bool greatest,
                     struct value *ranks)
{
    bool axes[ONNX_RANK_MAX] = {false};
    struct value *numbers = lower_count_up(l, x->rank, axis, x->dims[axis], 0, 1, false);
    struct value of[2], places[2], claims = lower_blank(1), ties = claims, all = claims,
                                   sum = claims;
    if (!numbers)
        return false;
    struct view along = lower_view(l, numbers);
    along = view_broadcast(&along, x->rank, x->dims);
    axes[x->rank] = true;
    for (size_t k = 0; k < 2; k++) {
        const struct view view = doubled(x, axis, k), place = doubled(&along, axis, k);
        of[k] = places[k] = lower_blank(2);
        lower_set_view(&of[k], &view, false);
        lower_set_view(&places[k], &place, false);
    }
    struct value *order[] = {&of[!greatest], &of[greatest]}, *place[] = {&places[1], &places[0]},
                 *both[] = {&claims, &ties}, *one[] = {&sum};
    if (!lower_expression(l, order, 2, "b a order", &claims) ||
        !lower_expression(l, place, 2, "a b less", &ties))
        return false;
    if (!lower_expression(l, both, 2, "a a int_add b int_add to_float 0.5 greater to_float",
                          &all) ||
        !lower_reduction(l, &all, axes, "a", "add", 0, &sum))
        return false;
    lower_drop_axes(&sum.view, axes);
    lower_set_view(&sum, &sum.view, false);
    return lower_expression(l, one, 1, "a to_int", ranks);
}

/* Each element of a value to the place of its rank, in a buffer of its own. */
static struct view put(struct lowering *l, const struct view *from, const struct view *ranks,
                       size_t axis)
{
    const bool is_int = schedule_is_int(l->schedule, from);
    const struct view to =
        view_dense(schedule_buffer(l->schedule, PLACE_ARENA, is_int, view_count(from)), from->rank,
                   from->dims);
    struct step *step = schedule_step(l->schedule, STEP_LOOP, l->node->name);
    step->loop = (struct loop){.rank = from->rank,
                               .scatters = true,
                               .index = 0,
                               .bound = from->dims[axis],
                               .step = to.strides[axis],
                               .to = to,
                               .operand_count = 2,
                               .term_count = 2,
                               .operands = {{.view = *ranks}, {.view = *from}},
                               .terms = {{.kind = TERM_OPERAND, .is_int = true, .operand = 0},
                                         {.kind = TERM_OPERAND, .is_int = is_int, .operand = 1}}};
    memcpy(step->loop.dims, from->dims, sizeof from->dims);
    step->loop.to.strides[axis] = 0;
    return to;
}

static bool read_k(const struct lowering *l, const struct value *x, size_t axis, size_t *k)
{
    const onnx_tensor *given = lower_constant(l, 1);
    if (lower_input(l, 1) && (!given || !given->ints || given->count != 1))
        return lower_refuse(l, "its K is no constant whole number");
    const int64_t number = given ? given->ints[0] : onnx_attribute_int(l->node, "k", -1);
    *k = (size_t)number;
    return (number >= 0 && (uint64_t)number <= x->dims[axis]) ||
           lower_refuse(l, "its K is %lld, and there are %zu elements", (long long)number,
                        x->dims[axis]);
}

bool lower_top_k(struct lowering *l)
{
    struct value *x = lower_input(l, 0), ranks = lower_blank(1);
    size_t axis, k = 0;
    if (!x || x->is_int || x->rank == VIEW_RANK_MAX)
        return lower_refuse(l, "it works on floats of at most %d dimensions", VIEW_RANK_MAX - 1);
    if (!lower_axis(l, onnx_attribute_int(l->node, "axis", -1), x, &axis) ||
        !read_k(l, x, axis, &k))
        return false;
    if (x->dims[axis] > LINE_MOST)
        return lower_refuse(l, "its axis has %zu elements, and at most %d are deployed",
                            x->dims[axis], LINE_MOST);
    const struct view from = lower_view(l, x);
    if (!rank_all(l, &from, axis, onnx_attribute_int(l->node, "largest", 1) != 0, &ranks))
        return false;
    struct value *numbers = lower_count_up(l, x->rank, axis, x->dims[axis], 0, 1, true);
    if (!numbers)
        return false;
    struct view places = lower_view(l, numbers);
    places = view_broadcast(&places, x->rank, x->dims);
    const struct view where = lower_view(l, &ranks), *const of[] = {&from, &places};
    for (size_t i = 0; i < 2; i++) {
        struct value *y = lower_output(l, i);
        if (!y || !y->uses)
            continue;
        struct view view = put(l, of[i], &where, axis);
        view.dims[axis] = k;
        lower_set_view(y, &view, i > 0);
    }
    return true;
}

/* ---- OneHot ---- */

/* One of its two values. */
static struct value value_of(struct lowering *l, size_t number)
{
    struct value *values = lower_input(l, 2), one = lower_blank(1);
    const struct view all = lower_view(l, values);
    const struct view view = {.buffer = all.buffer,
                              .offset = all.offset + (ptrdiff_t)number * all.strides[0]};
    lower_set_view(&one, &view, values->is_int);
    return one;
}

bool lower_one_hot(struct lowering *l)
{
    struct value *indices = lower_input(l, 0), *values = lower_input(l, 2), *y = lower_output(l, 0),
                 whole = lower_blank(1), claims = whole;
    const onnx_tensor *depth = lower_constant(l, 1);
    const int64_t given = onnx_attribute_int(l->node, "axis", -1);
    if (!indices || !values || values->rank != 1 || values->dims[0] != 2 || !depth ||
        depth->count != 1)
        return lower_refuse(l, "its depth is no constant number, or its values are not two");
    const double asked = depth->ints ? (double)depth->ints[0] : (double)depth->floats[0];
    const int64_t rank = (int64_t)indices->rank + 1, at = given < 0 ? given + rank : given,
                  count = asked >= 1 && asked <= INT32_MAX ? (int64_t)asked : 0;
    if (rank > VIEW_RANK_MAX || at < 0 || at >= rank || !count)
        return lower_refuse(l, "its axis or its depth is none that there can be");
    if (!lower_expression(l, &indices, 1, indices->is_int ? "a int_same" : "a to_int", &whole))
        return false;
    const struct view numbers = lower_view(l, &whole);
    struct view view = numbers; /* with one more axis, along which all are the same */
    for (size_t d = (size_t)at; d < (size_t)rank; d++) {
        view.dims[d] = d == (size_t)at ? 1 : numbers.dims[d - 1];
        view.strides[d] = d == (size_t)at ? 0 : numbers.strides[d - 1];
    }
    view.rank = (size_t)rank;
    lower_set_view(&whole, &view, true);
    struct value off = value_of(l, 0), on = value_of(l, 1);
    struct value *of[] = {&whole,
                          lower_count_up(l, view.rank, (size_t)at, (size_t)count, 0, 1, true),
                          lower_count_up(l, view.rank, (size_t)at, (size_t)count, -count, 1, true)};
    struct value *choice[] = {&claims, &on, &off};
    return of[1] && of[2] &&
           lower_expression(l, of, 3, "a b int_equal a c int_equal int_or", &claims) &&
           lower_wrapped(l, choice, 3, values->is_int ? "a b c int_where" : "a b c where",
                         values->is_int ? values->whole : WHOLE_64, y);
}

/* ---- What has no shape ---- */

bool lower_compress(struct lowering *l)
{
    return lower_constant(l, 1) ? lower_move(l) : lower_unsized(l);
}

bool lower_unsized(struct lowering *l)
{
    return lower_refuse(l, "how large its result is depends on what the model computes");
}
