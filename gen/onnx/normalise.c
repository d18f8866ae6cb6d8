/* SPDX-License-Identifier: MIT */
/* Operators that bring elements to a scale by what stands around them: softmax, and normalisation
 * by mean and variance. Sums are one after another, as elements lie. */
#include "onnx/operators.h"
#include "onnx/walk.h"

#include <math.h>
#include <string.h>

/* ---- Softmax ---- */

/* Over `count` elements that lie `stride` apart. */
static void softmax(const float *x, float *y, size_t count, size_t stride)
{
    float greatest = -INFINITY, sum = 0;
    for (size_t i = 0; i < count; i++)
        greatest = fmaxf(greatest, x[i * stride]);
    for (size_t i = 0; i < count; i++)
        sum += y[i * stride] = expf(x[i * stride] - greatest);
    for (size_t i = 0; i < count; i++)
        y[i * stride] /= sum;
}

static void log_softmax(const float *x, float *y, size_t count, size_t stride)
{
    float greatest = -INFINITY, sum = 0;
    for (size_t i = 0; i < count; i++)
        greatest = fmaxf(greatest, x[i * stride]);
    for (size_t i = 0; i < count; i++)
        sum += expf(x[i * stride] - greatest);
    for (size_t i = 0; i < count; i++)
        y[i * stride] = x[i * stride] - greatest - logf(sum);
}

/* Before opset 13 all dimensions from the axis on are one. */
static bool along_axis(onnx_call *call, void (*line)(const float *, float *, size_t, size_t))
{
    enum { OF_ONE_AXIS = 13 };
    const onnx_tensor *x = call->inputs[0];
    const bool one = call->node->opset >= OF_ONE_AXIS;
    size_t axis;
    if (!onnx_check_floats(call) ||
        !onnx_axis(call, onnx_attribute_int(call->node, "axis", one ? -1 : 1), x->rank, &axis))
        return false;
    onnx_tensor *y = onnx_output(call, x->type, x->rank, x->dims);
    if (!y)
        return false;
    struct onnx_lines lines = onnx_lines_of(x, axis);
    if (!one)
        lines = (struct onnx_lines){lines.outer, lines.count * lines.inner, 1};
    for (size_t k = 0; k < lines.outer * lines.inner; k++) {
        const size_t from = onnx_line_start(&lines, k);
        line(x->floats + from, y->floats + from, lines.count, lines.inner);
    }
    return true;
}

bool onnx_softmax(onnx_call *call)
{
    return along_axis(call, softmax);
}

bool onnx_log_softmax(onnx_call *call)
{
    return along_axis(call, log_softmax);
}

/* ---- By mean and variance ---- */

struct moments {
    float mean, over; /* 1 over the standard deviation */
};

static struct moments moments_of(const float *x, size_t count, float epsilon)
{
    float sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++)
        sum += x[i];
    const float mean = sum / (float)count;
    for (size_t i = 0; i < count; i++)
        squares = fmaf(x[i] - mean, x[i] - mean, squares);
    return (struct moments){mean, 1 / sqrtf(squares / (float)count + epsilon)};
}

static float epsilon_of(const onnx_call *call)
{
    return onnx_attribute_float(call->node, "epsilon", 1e-5f);
}

/* Whether a tensor, or none, is a list of so many. */
static bool is_list(const onnx_tensor *tensor, size_t count)
{
    return !tensor || (tensor->rank == 1 && tensor->count == count);
}

static bool make_moments(onnx_call *call, size_t axis)
{
    const onnx_tensor *x = call->inputs[0];
    size_t dims[ONNX_RANK_MAX];
    for (size_t d = 0; d < x->rank; d++)
        dims[d] = d < axis ? x->dims[d] : 1;
    for (size_t k = 1; k < 3; k++) {
        onnx_tensor *moment =
            onnx_wants(call, k) ? onnx_output_at(call, k, ONNX_FLOAT, x->rank, dims) : NULL;
        if (onnx_wants(call, k) && !moment)
            return false;
        for (size_t i = 0; moment && i < moment->count; i++)
            moment->floats[i] = NAN; /* what nothing has */
    }
    return true;
}

bool onnx_layer_normalization(onnx_call *call)
{
    const onnx_tensor *x = call->inputs[0], *scale = call->inputs[1], *bias = onnx_input(call, 2);
    size_t axis;
    if (!onnx_check_floats(call) ||
        !onnx_axis(call, onnx_attribute_int(call->node, "axis", -1), x->rank, &axis))
        return false;
    if (!onnx_broadcasts_to(scale, x) || (bias && !onnx_broadcasts_to(bias, x)))
        return fail(call->failure, "the shapes of its inputs do not go together");
    onnx_tensor *y = onnx_output(call, x->type, x->rank, x->dims);
    if (!y || !make_moments(call, axis))
        return false;
    const struct onnx_lines lines = onnx_lines_of(x, axis);
    const size_t count = lines.count * lines.inner;
    onnx_walk walk = {.rank = x->rank};
    memcpy(walk.dims, x->dims, sizeof walk.dims);
    onnx_walk_broadcast(&walk, 0, scale);
    if (bias)
        onnx_walk_broadcast(&walk, 1, bias);
    for (size_t k = 0; k < lines.outer; k++) {
        const struct moments m = moments_of(x->floats + k * count, count, epsilon_of(call));
        for (size_t i = k * count; i < (k + 1) * count; i++, onnx_walk_next(&walk))
            y->floats[i] = (x->floats[i] - m.mean) * m.over * scale->floats[walk.at[0]] +
                           (bias ? bias->floats[walk.at[1]] : 0);
        if (onnx_wants(call, 1))
            call->outputs[1]->floats[k] = m.mean;
        if (onnx_wants(call, 2))
            call->outputs[2]->floats[k] = m.over;
    }
    return true;
}

/* The channels of each of so many groups together; scale and bias are one a channel, or, before
 * opset 21, one a group. */
static bool normalise_groups(onnx_call *call, size_t groups, bool by_group)
{
    const onnx_tensor *x = call->inputs[0], *scale = call->inputs[1], *bias = call->inputs[2];
    const size_t channels = x->dims[1];
    if (!groups || channels % groups || !is_list(scale, by_group ? groups : channels) ||
        !is_list(bias, by_group ? groups : channels))
        return fail(call->failure, "the shapes of its inputs do not go together");
    onnx_tensor *y = onnx_output(call, x->type, x->rank, x->dims);
    if (!y || !y->count)
        return y != NULL;
    const size_t plane = x->count / (x->dims[0] * channels), many = channels / groups;
    for (size_t k = 0; k < x->dims[0] * groups; k++) {
        const size_t from = k * many * plane;
        const struct moments m = moments_of(x->floats + from, many * plane, epsilon_of(call));
        for (size_t i = from; i < from + many * plane; i++) {
            const size_t s = by_group ? k % groups : i / plane % channels;
            y->floats[i] = (x->floats[i] - m.mean) * m.over * scale->floats[s] + bias->floats[s];
        }
    }
    return true;
}

static bool check_planes(const onnx_call *call)
{
    return onnx_check_floats(call) &&
           (call->inputs[0]->rank >= 2 ||
            fail(call->failure, "its input must have two dimensions or more"));
}

bool onnx_instance_normalization(onnx_call *call)
{
    return check_planes(call) && normalise_groups(call, call->inputs[0]->dims[1], false);
}

bool onnx_group_normalization(onnx_call *call)
{
    enum { BY_CHANNEL = 21 };
    const int64_t groups = onnx_attribute_int(call->node, "num_groups", 0);
    if (groups < 1 || groups > INT32_MAX)
        return fail(call->failure, "its num_groups must be 1 or more");
    return check_planes(call) &&
           normalise_groups(call, (size_t)groups, call->node->opset < BY_CHANNEL);
}

/* With what was learned, not with what the batch has. */
bool onnx_batch_normalization(onnx_call *call)
{
    const onnx_tensor *x = call->inputs[0];
    const size_t channels = x->rank > 1 ? x->dims[1] : 1;
    if (!onnx_check_floats(call))
        return false;
    if (onnx_attribute_int(call->node, "training_mode", 0) ||
        !onnx_attribute_int(call->node, "spatial", 1))
        return fail(call->failure, "it is to train, or not by channel, and Weir does neither");
    for (size_t k = 1; k < 5; k++)
        if (!is_list(call->inputs[k], channels))
            return fail(call->failure, "its input %zu must be a list of %zu, one a channel", k,
                        channels);
    onnx_tensor *y = onnx_output(call, x->type, x->rank, x->dims);
    if (!y || !y->count)
        return y != NULL;
    const float *scale = call->inputs[1]->floats, *bias = call->inputs[2]->floats;
    const float *mean = call->inputs[3]->floats, *variance = call->inputs[4]->floats;
    const float epsilon = epsilon_of(call);
    const size_t plane = x->rank > 1 ? x->count / (x->dims[0] * channels) : x->count;
    for (size_t k = 0; k < y->count / plane; k++) {
        const size_t c = k % channels;
        const float over = 1 / sqrtf(variance[c] + epsilon);
        for (size_t i = k * plane; i < (k + 1) * plane; i++)
            y->floats[i] = (x->floats[i] - mean[c]) * over * scale[c] + bias[c];
    }
    return true;
}
