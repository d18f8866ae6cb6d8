/* SPDX-License-Identifier: MIT */
/* Sums, means and norms over axes, and softmax: each element of a sum is added in the order of its
 * axes, from 0 on. */
#include "deploy/graph/lower.h"

#include <math.h>
#include <string.h>

enum { OF_ONE_AXIS = 13 }; /* the opset from which on Softmax is over one */

/* ---- Reductions ---- */

static const struct {
    const char *op, *words, *combine;
    float start;
    const char *after; /* of the sum and the number of elements */
    const char *whole_words, *whole_combine; /* NULL: it works on floats only */
    int64_t whole_start;
} reductions[] = {
    {"ReduceMean", "a", "add", 0, "a b div", NULL, NULL, 0},
    {"GlobalAveragePool", "a", "add", 0, "a b div", NULL, NULL, 0},
    {"ReduceSum", "a", "add", 0, "a same", "a", "int_add", 0},
    {"ReduceMax", "a", "max", -INFINITY, "a same", "a", "int_max", INT64_MIN},
    {"ReduceMin", "a", "min", INFINITY, "a same", "a", "int_min", INT64_MAX},
    {"ReduceSumSquare", "a a mul", "add", 0, "a same", "a a int_mul", "int_add", 0},
    {"ReduceL2", "a a mul", "add", 0, "a sqrt", NULL, NULL, 0},
    {"ReduceL1", "a abs", "add", 0, "a same", "a int_abs", "int_add", 0},
    {"ReduceLogSum", "a", "add", 0, "a log", NULL, NULL, 0},
    {"ReduceProd", "a", "mul", 1, "a same", "a", "int_mul", 1},
    {"GlobalMaxPool", "a", "max", -INFINITY, "a same", NULL, NULL, 0},
};

static bool read_axes(const struct lowering *l, const struct value *x, bool axes[ONNX_RANK_MAX])
{
    const onnx_attribute *attribute = onnx_attribute_find(l->node, "axes");
    const onnx_tensor *tensor = lower_constant(l, 1);
    const int64_t *list = tensor ? tensor->ints : attribute ? attribute->ints : NULL;
    const size_t count = tensor ? tensor->count : attribute ? attribute->int_count : 0;
    const bool pools = !strncmp(l->node->op, "Global", 6);
    const bool all = !count && !onnx_attribute_int(l->node, "noop_with_empty_axes", 0);
    if (lower_input(l, 1) && (!tensor || !tensor->ints))
        return lower_refuse(l, "its axes are no constant whole numbers");
    for (size_t d = 0; d < x->rank; d++)
        axes[d] = pools ? d > 1 : all;
    for (size_t k = 0; k < count; k++) {
        size_t axis;
        if (!lower_axis(l, list[k], x, &axis))
            return false;
        axes[axis] = true;
    }
    return true;
}

bool lower_axes_count(struct lowering *l, const struct value *x, const bool axes[ONNX_RANK_MAX],
                      struct value *count)
{
    float number = 1;
    for (size_t d = 0; d < x->rank; d++)
        number *= axes[d] ? (float)x->dims[d] : 1;
    if (!lower_set_number(l, count, number))
        return false;
    count->counts = true;
    return true;
}

/* The nearest number that there is of a kind: where nothing is reduced, the start is the result. */
static int64_t clamp(enum whole whole, int64_t start)
{
    int64_t least, greatest;
    schedule_range(whole, &least, &greatest);
    return start < least ? least : start > greatest ? greatest : start;
}

bool lower_reduce(struct lowering *l)
{
    struct value *x = lower_input(l, 0), sum = lower_blank(1), count;
    const bool pools = !strncmp(l->node->op, "Global", 6);
    bool axes[ONNX_RANK_MAX];
    size_t i = 0;
    while (strcmp(reductions[i].op, l->node->op) != 0)
        i++;
    if (!x || (x->is_int && !reductions[i].whole_words))
        return lower_refuse(l, "it works on floats only");
    const bool is_int = x->is_int; /* and of 64 bits until the end */
    if (!read_axes(l, x, axes) || !lower_axes_count(l, x, axes, &count) ||
        !(is_int ? lower_whole_reduction(l, x, axes, reductions[i].whole_words,
                                         reductions[i].whole_combine,
                                         clamp(x->whole, reductions[i].whole_start), &sum)
                 : lower_reduction(l, x, axes, reductions[i].words, reductions[i].combine,
                                   reductions[i].start, &sum)))
        return false;
    if (!pools && !onnx_attribute_int(l->node, "keepdims", 1)) {
        lower_drop_axes(&sum.view, axes);
        lower_set_view(&sum, &sum.view, is_int);
        memset(sum.open, 0, sizeof sum.open); /* what its output's are is known */
    }
    struct value *of[] = {&sum, &count};
    if (is_int)
        return lower_wrapped(l, of, 1, "a int_same", x->whole, lower_output(l, 0));
    return lower_expression(l, of, strstr(reductions[i].after, " b ") ? 2 : 1, reductions[i].after,
                            lower_output(l, 0));
}

/* log(sum of exp(x)), of what is left when the greatest is taken away, so that none overflows; of
 * infinities, how many there are. */
bool lower_reduce_log_sum_exp(struct lowering *l)
{
    struct value *x = lower_input(l, 0), most = lower_blank(2), powers = lower_blank(1),
                 sum = lower_blank(1);
    bool axes[ONNX_RANK_MAX];
    if (!x || x->is_int)
        return lower_refuse(l, "it works on floats only");
    lower_view(l, x);
    struct value *less[] = {x, &most}, *parts[] = {&most, &sum};
    if (!read_axes(l, x, axes) || !lower_reduction(l, x, axes, "a", "max", -INFINITY, &most) ||
        !lower_expression(l, less, 2, "b abs 1e39 equal a b equal to_float a b sub exp where",
                          &powers) ||
        !lower_reduction(l, &powers, axes, "a", "add", 0, &sum))
        return false;
    for (size_t k = 0; k < 2 && !onnx_attribute_int(l->node, "keepdims", 1); k++) {
        lower_drop_axes(&parts[k]->view, axes);
        lower_set_view(parts[k], &parts[k]->view, false);
    }
    return lower_expression(l, parts, 2, "a b log add", lower_output(l, 0));
}

/* ---- Softmax ---- */

bool lower_softmax(struct lowering *l)
{
    const bool one = l->node->opset >= OF_ONE_AXIS, logs = l->node->op[0] == 'L';
    struct value *x = lower_input(l, 0), most = lower_blank(1), powers = lower_blank(2),
                 sum = lower_blank(1);
    bool axes[ONNX_RANK_MAX] = {false};
    size_t axis;
    if (!x || x->is_int)
        return lower_refuse(l, "it works on floats only");
    if (!lower_axis(l, onnx_attribute_int(l->node, "axis", one ? -1 : 1), x, &axis))
        return false;
    for (size_t d = axis; d < x->rank; d++)
        axes[d] = !one || d == axis;
    lower_view(l, x);
    struct value *less[] = {x, &most}, *part[] = {&powers, &sum};
    if (!lower_reduction(l, x, axes, "a", "max", -INFINITY, &most) ||
        !lower_expression(l, less, 2, logs ? "a b sub" : "a b sub exp", &powers) ||
        !lower_reduction(l, &powers, axes, logs ? "a exp" : "a", "add", 0, &sum))
        return false;
    return lower_expression(l, part, 2, logs ? "a b log sub" : "a b div", lower_output(l, 0));
}
