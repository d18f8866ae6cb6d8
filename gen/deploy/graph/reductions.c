/* SPDX-License-Identifier: MIT */
/* Sums, means and norms over axes, softmax and normalisations: each element of a sum is added in
 * the order of its axes, from 0 on. */
#include "deploy/graph/lower.h"

#include <math.h>
#include <string.h>

enum { OF_ONE_AXIS = 13 }; /* the opset from which on Softmax is over one */

/* ---- Reductions ---- */

static const struct {
    const char *op, *words, *combine;
    float start;
    const char *after; /* of the sum and the number of elements */
} reductions[] = {
    {"ReduceMean", "a", "add", 0, "a b div"},
    {"GlobalAveragePool", "a", "add", 0, "a b div"},
    {"ReduceSum", "a", "add", 0, "a same"},
    {"ReduceMax", "a", "max", -INFINITY, "a same"},
    {"ReduceMin", "a", "min", INFINITY, "a same"},
    {"ReduceSumSquare", "a a mul", "add", 0, "a same"},
    {"ReduceL2", "a a mul", "add", 0, "a sqrt"},
    {"ReduceL1", "a abs", "add", 0, "a same"},
    {"ReduceLogSum", "a", "add", 0, "a log"},
    {"ReduceProd", "a", "mul", 1, "a same"},
    {"GlobalMaxPool", "a", "max", -INFINITY, "a same"},
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

/* The number of elements over some axes, as a value. */
static bool count_of(struct lowering *l, const struct value *x, const bool axes[ONNX_RANK_MAX],
                     struct value *count)
{
    onnx_tensor *tensor = onnx_tensor_create(l->onnx->memory, ONNX_FLOAT, 0, NULL, l->failure);
    if (!tensor)
        return false;
    tensor->floats[0] = 1;
    for (size_t d = 0; d < x->rank; d++)
        tensor->floats[0] *= axes[d] ? (float)x->dims[d] : 1;
    *count = lower_blank(1);
    lower_set_constant(count, tensor);
    return true;
}

bool lower_reduce(struct lowering *l)
{
    struct value *x = lower_input(l, 0), sum = lower_blank(1), count;
    const bool pools = !strncmp(l->node->op, "Global", 6);
    bool axes[ONNX_RANK_MAX];
    size_t i = 0;
    while (strcmp(reductions[i].op, l->node->op) != 0)
        i++;
    if (!x || x->is_int)
        return lower_refuse(l, "it works on floats only");
    if (!read_axes(l, x, axes) || !count_of(l, x, axes, &count) ||
        !lower_reduction(l, x, axes, reductions[i].words, reductions[i].combine,
                         reductions[i].start, &sum))
        return false;
    if (!pools && !onnx_attribute_int(l->node, "keepdims", 1)) {
        lower_drop_axes(&sum.view, axes);
        lower_set_view(&sum, &sum.view, false);
    }
    struct value *of[] = {&sum, &count};
    return lower_expression(l, of, 2, reductions[i].after, lower_output(l, 0));
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

/* ---- Normalisations ---- */

/* Less its mean, over its deviation, along some axes. */
static bool normalise(struct lowering *l, struct value *x, const bool axes[ONNX_RANK_MAX],
                      struct value *result)
{
    struct value count, sum = lower_blank(1), centred = lower_blank(3), squares = lower_blank(1);
    lower_view(l, x);
    if (!count_of(l, x, axes, &count) || !lower_reduction(l, x, axes, "a", "add", 0, &sum))
        return false;
    struct value *less[] = {x, &sum, &count};
    if (!lower_expression(l, less, 3, "a b c div sub", &centred) ||
        !lower_reduction(l, &centred, axes, "a a mul", "add", 0, &squares))
        return false;
    struct value *over[] = {&centred, &squares, &count};
    return lower_expression(l, over, 3, "a b c div epsilon=1e-5 add sqrt div", result);
}

bool lower_layer_norm(struct lowering *l)
{
    struct value *x = lower_input(l, 0), *scale = lower_input(l, 1), *bias = lower_input(l, 2);
    struct value result = lower_blank(1);
    bool axes[ONNX_RANK_MAX] = {false};
    size_t axis;
    if (!x || x->is_int || !scale || lower_output(l, 1) || lower_output(l, 2))
        return lower_refuse(l, "it works on floats only, and gives one output");
    if (!lower_axis(l, onnx_attribute_int(l->node, "axis", -1), x, &axis))
        return false;
    for (size_t d = axis; d < x->rank; d++)
        axes[d] = true;
    struct value *of[] = {&result, scale, bias};
    return normalise(l, x, axes, &result) &&
           lower_expression(l, of, bias ? 3 : 2, bias ? "a b mul c add" : "a b mul",
                            lower_output(l, 0));
}

static const float *channels(const struct lowering *l, size_t input, const struct value *x)
{
    const onnx_tensor *tensor = lower_constant(l, input);
    return tensor && tensor->floats && tensor->count == x->dims[1] ? tensor->floats : NULL;
}

bool lower_instance_norm(struct lowering *l)
{
    struct value *x = lower_input(l, 0), result = lower_blank(1), scale, bias;
    bool axes[ONNX_RANK_MAX] = {false};
    if (!x || x->is_int || x->rank < 3 || !channels(l, 1, x) || !channels(l, 2, x))
        return lower_refuse(l, "its scale and bias are no constants for each channel");
    for (size_t d = 2; d < x->rank; d++)
        axes[d] = true;
    struct value *of[] = {&result, &scale, &bias};
    return normalise(l, x, axes, &result) &&
           lower_set_channels(l, &scale, x->rank, x->dims[1], channels(l, 1, x)) &&
           lower_set_channels(l, &bias, x->rank, x->dims[1], channels(l, 2, x)) &&
           lower_expression(l, of, 3, "a b mul c add", lower_output(l, 0));
}

/* As it was learned: a factor and a summand for each channel. */
bool lower_batch_norm(struct lowering *l)
{
    struct value *x = lower_input(l, 0), factor, summand;
    const float *given[4], epsilon = onnx_attribute_float(l->node, "epsilon", 1e-5f);
    bool known = x && !x->is_int && x->rank >= 2;
    for (size_t k = 0; k < 4 && known; k++)
        known = (given[k] = channels(l, k + 1, x));
    if (!known || onnx_attribute_int(l->node, "training_mode", 0))
        return lower_refuse(l, "what it has learned is no constant for each channel");
    const size_t count = x->dims[1];
    float *numbers = lower_take(l, 2 * count, sizeof *numbers);
    if (!numbers)
        return false;
    for (size_t c = 0; c < count; c++) {
        const double by = given[0][c] / sqrt((double)given[3][c] + epsilon);
        numbers[c] = (float)by;
        numbers[count + c] = (float)(given[1][c] - given[2][c] * by);
    }
    struct value *of[] = {x, &factor, &summand};
    return lower_set_channels(l, &factor, x->rank, count, numbers) &&
           lower_set_channels(l, &summand, x->rank, count, numbers + count) &&
           lower_expression(l, of, 3, "a b mul c add", lower_output(l, 0));
}
