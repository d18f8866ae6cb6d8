/* SPDX-License-Identifier: MIT */
/* Normalisations: less the mean, over the deviation, of some axes, in two passes; and as it was
 * learned. */
#include "deploy/graph/lower.h"

#include <math.h>

/* What a normalisation is made from: sums of the elements and of their squares less the mean. */
struct moments {
    struct value count, sum, squares;
};

static bool normalise(struct lowering *l, struct value *x, const bool axes[ONNX_RANK_MAX],
                      struct moments *m, struct value *result)
{
    struct value centred = lower_blank(3);
    m->sum = m->squares = lower_blank(1);
    lower_view(l, x);
    struct value *less[] = {x, &m->sum, &m->count}, *over[] = {&centred, &m->squares, &m->count};
    return lower_axes_count(l, x, axes, &m->count) &&
           lower_reduction(l, x, axes, "a", "add", 0, &m->sum) &&
           lower_expression(l, less, 3, "a b c div sub", &centred) &&
           lower_reduction(l, &centred, axes, "a a mul", "add", 0, &m->squares) &&
           lower_expression(l, over, 3, "a b c div epsilon=1e-5 add sqrt div", result);
}

/* ---- By layers ---- */

/* The mean, and 1 over the deviation, where they are asked for. */
static bool give_moments(struct lowering *l, struct moments *m)
{
    struct value *const mean = lower_output(l, 1), *const over = lower_output(l, 2);
    struct value *of[2][2] = {{&m->sum, &m->count}, {&m->squares, &m->count}};
    return (!mean || !mean->uses || lower_expression(l, of[0], 2, "a b div", mean)) &&
           (!over || !over->uses ||
            lower_expression(l, of[1], 2, "a b div epsilon=1e-5 add sqrt reciprocal", over));
}

bool lower_layer_norm(struct lowering *l)
{
    struct value *x = lower_input(l, 0), *scale = lower_input(l, 1), *bias = lower_input(l, 2);
    struct value result = lower_blank(1);
    struct moments moments;
    bool axes[ONNX_RANK_MAX] = {false};
    size_t axis;
    if (!x || x->is_int || !scale)
        return lower_refuse(l, "it works on floats only");
    if (!lower_axis(l, onnx_attribute_int(l->node, "axis", -1), x, &axis))
        return false;
    for (size_t d = axis; d < x->rank; d++)
        axes[d] = true;
    struct value *of[] = {&result, scale, bias};
    return normalise(l, x, axes, &moments, &result) && give_moments(l, &moments) &&
           lower_expression(l, of, bias ? 3 : 2, bias ? "a b mul c add" : "a b mul",
                            lower_output(l, 0));
}

/* ---- By channels, and groups of them ---- */

bool lower_read_channels(struct lowering *l, size_t input, size_t rank, const size_t sizes[2],
                         struct value *value)
{
    struct value *given = lower_input(l, input);
    const size_t count = sizes[0] * (sizes[1] ? sizes[1] : 1);
    if (!given || given->is_int || given->rank != 1 || given->dims[0] != count)
        return lower_refuse(l, "its input %zu is not a list of %zu floats", input, count);
    const struct view from = lower_view(l, given);
    struct view view = {.buffer = from.buffer, .rank = rank - 1, .offset = from.offset};
    for (size_t d = 0; d < view.rank; d++)
        view.dims[d] = d < 2 && sizes[d] ? sizes[d] : 1;
    view.strides[1] = sizes[1] ? from.strides[0] : 0;
    view.strides[0] = from.strides[0] * (ptrdiff_t)(sizes[1] ? sizes[1] : 1);
    *value = lower_blank(1);
    lower_set_view(value, &view, false);
    return true;
}

bool lower_instance_norm(struct lowering *l)
{
    struct value *x = lower_input(l, 0), result = lower_blank(1), scale, bias;
    struct moments moments;
    bool axes[ONNX_RANK_MAX] = {false};
    if (!x || x->is_int || x->rank < 2)
        return lower_refuse(l, "it works on floats of two dimensions or more");
    for (size_t d = 2; d < x->rank; d++)
        axes[d] = true;
    const size_t sizes[] = {x->dims[1], 0};
    struct value *of[] = {&result, &scale, &bias};
    return normalise(l, x, axes, &moments, &result) &&
           lower_read_channels(l, 1, x->rank, sizes, &scale) &&
           lower_read_channels(l, 2, x->rank, sizes, &bias) &&
           lower_expression(l, of, 3, "a b mul c add", lower_output(l, 0));
}

/* The channels, which are the second dimension, as two: groups, and those of one. */
static struct view split_channels(const struct view *x, size_t groups)
{
    struct view split = *x;
    const size_t each = x->dims[1] / groups;
    split.rank++;
    for (size_t d = x->rank; d > 2; d--) {
        split.dims[d] = x->dims[d - 1];
        split.strides[d] = x->strides[d - 1];
    }
    split.dims[1] = groups;
    split.dims[2] = each;
    split.strides[1] = x->strides[1] * (ptrdiff_t)each;
    split.strides[2] = x->strides[1];
    return split;
}

bool lower_group_norm(struct lowering *l)
{
    enum { BY_CHANNEL = 21 }; /* the opset since which scale and bias are */
    struct value *x = lower_input(l, 0), parted = lower_blank(1), result = parted, scaled = parted,
                 scale, bias;
    const int64_t groups = onnx_attribute_int(l->node, "num_groups", 0);
    struct moments moments;
    bool axes[ONNX_RANK_MAX] = {false};
    if (!x || x->is_int || x->rank < 2 || x->rank == VIEW_RANK_MAX)
        return lower_refuse(l, "it works on floats of two to %d dimensions", VIEW_RANK_MAX - 1);
    if (groups < 1 || x->dims[1] % (size_t)groups)
        return lower_refuse(l, "its groups do not part its channels");
    const struct view given = lower_view(l, x), split = split_channels(&given, (size_t)groups);
    const size_t sizes[] = {(size_t)groups, l->node->opset < BY_CHANNEL ? 0 : split.dims[2]};
    lower_set_view(&parted, &split, false);
    for (size_t d = 2; d < split.rank; d++)
        axes[d] = true;
    struct value *of[] = {&result, &scale, &bias};
    if (!normalise(l, &parted, axes, &moments, &result) ||
        !lower_read_channels(l, 1, split.rank, sizes, &scale) ||
        !lower_read_channels(l, 2, split.rank, sizes, &bias) ||
        !lower_expression(l, of, 3, "a b mul c add", &scaled))
        return false;
    const struct view whole = view_dense(
        schedule_buffer(l->schedule, PLACE_ARENA, false, view_count(&given)), x->rank, x->dims);
    const struct view to = split_channels(&whole, (size_t)groups);
    lower_into(l, &scaled, &to);
    lower_set_view(lower_output(l, 0), &whole, false);
    return true;
}

static const float *constants(const struct lowering *l, size_t input, size_t count)
{
    const onnx_tensor *tensor = lower_constant(l, input);
    return tensor && tensor->floats && tensor->count == count ? tensor->floats : NULL;
}

/* As it was learned, by constants: a factor and a summand for each channel. */
static bool scale_channels(struct lowering *l, struct value *x, const float *const given[4])
{
    struct value factor, summand;
    const float epsilon = onnx_attribute_float(l->node, "epsilon", 1e-5f);
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

bool lower_batch_norm(struct lowering *l)
{
    struct value *x = lower_input(l, 0), list[4], factor = lower_blank(1), scaled = factor;
    const float *given[4];
    bool known = true;
    if (!x || x->is_int || x->rank < 2)
        return lower_refuse(l, "it works on floats of two dimensions or more");
    if (onnx_attribute_int(l->node, "training_mode", 0) ||
        !onnx_attribute_int(l->node, "spatial", 1))
        return lower_refuse(l, "it is to train, or not by channel, and Weir does neither");
    for (size_t k = 0; k < 4 && known; k++)
        known = (given[k] = constants(l, k + 1, x->dims[1]));
    if (known)
        return scale_channels(l, x, given);
    for (size_t k = 0; k < 4; k++)
        if (!lower_read_channels(l, k + 1, x->rank, (size_t[]){x->dims[1], 0}, &list[k]))
            return false;
    struct value *deviation[] = {&list[0], &list[3]}, *of[] = {x, &list[2], &factor},
                 *last[] = {&scaled, &list[1]};
    return lower_expression(l, deviation, 2, "a b epsilon=1e-5 add sqrt div", &factor) &&
           lower_expression(l, of, 3, "a b sub c mul", &scaled) &&
           lower_expression(l, last, 2, "a b add", lower_output(l, 0));
}
