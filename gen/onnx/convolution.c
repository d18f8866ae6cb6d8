/* SPDX-License-Identifier: MIT */
/* Conv over one or two spatial dimensions, Pad and ReduceMean, by plain loops: what stands before
 * the recurrent nodes of models of sound. */
#include "onnx/operators.h"
#include "onnx/walk.h"

#include <string.h>

enum { SPATIAL_MAX = 2 };

/* ---- Conv ---- */

/* By spatial dimension; a convolution over one has 1 everywhere in the first. */
struct window {
    size_t in[SPATIAL_MAX], kernel[SPATIAL_MAX], out[SPATIAL_MAX];
    int64_t stride[SPATIAL_MAX], dilation[SPATIAL_MAX], before[SPATIAL_MAX], after[SPATIAL_MAX];
};

/* A list with one number each, or `otherwise`; of them `from` on, `count` many. */
static bool read_list(const onnx_call *call, const char *name, size_t from, size_t count,
                      size_t length, int64_t otherwise, int64_t *numbers)
{
    const onnx_attribute *attribute = onnx_attribute_find(call->node, name);
    if (attribute && attribute->int_count != length)
        return fail(call->failure, "its %s must be %zu numbers", name, length);
    for (size_t i = 0; i < count; i++) {
        numbers[i] = attribute ? attribute->ints[from + i] : otherwise;
        if (numbers[i] < otherwise || numbers[i] > INT32_MAX)
            return fail(call->failure, "its %s must be %lld or more", name, (long long)otherwise);
    }
    return true;
}

/* As many zeros as make the output as large as the input over the stride; an odd one goes where the
 * mode says. */
static void pad_same(struct window *w, size_t d, bool upper)
{
    const int64_t in = (int64_t)w->in[d], stride = w->stride[d];
    const int64_t span = ((in + stride - 1) / stride - 1) * stride +
                         w->dilation[d] * ((int64_t)w->kernel[d] - 1) + 1;
    const int64_t more = span > in ? span - in : 0;
    w->before[d] = upper ? more / 2 : more - more / 2;
    w->after[d] = more - w->before[d];
}

static bool read_window(const onnx_call *call, struct window *w)
{
    const onnx_tensor *x = call->inputs[0], *kernel = call->inputs[1];
    const size_t spatial = x->rank - 2, skip = SPATIAL_MAX - spatial;
    const onnx_attribute *attribute = onnx_attribute_find(call->node, "auto_pad");
    const char *mode = attribute && attribute->s ? attribute->s : "NOTSET";
    *w = (struct window){{1, 1}, {1, 1}, {1, 1}, {1, 1}, {1, 1}, {0, 0}, {0, 0}};
    if (!read_list(call, "strides", 0, spatial, spatial, 1, w->stride + skip) ||
        !read_list(call, "dilations", 0, spatial, spatial, 1, w->dilation + skip) ||
        !read_list(call, "pads", 0, spatial, 2 * spatial, 0, w->before + skip) ||
        !read_list(call, "pads", spatial, spatial, 2 * spatial, 0, w->after + skip))
        return false;
    for (size_t d = skip; d < SPATIAL_MAX; d++) {
        w->in[d] = x->dims[2 + d - skip];
        w->kernel[d] = kernel->dims[2 + d - skip];
        if (w->in[d] > INT32_MAX || w->kernel[d] > INT32_MAX || !w->kernel[d])
            return fail(call->failure, "its input or kernel is too large, or empty");
        if (!strncmp(mode, "SAME", 4))
            pad_same(w, d, !strcmp(mode, "SAME_UPPER"));
        const int64_t room = (int64_t)w->in[d] + w->before[d] + w->after[d] -
                             w->dilation[d] * ((int64_t)w->kernel[d] - 1) - 1;
        if (room < 0)
            return fail(call->failure, "its kernel is larger than its input");
        w->out[d] = (size_t)(room / w->stride[d]) + 1;
    }
    return true;
}

/* Adds the part of one input plane to one output plane. */
static void add_plane(const struct window *w, const float *x, const float *kernel, float *y)
{
    for (size_t k = 0; k < w->kernel[0] * w->kernel[1]; k++) {
        const int64_t row = (int64_t)(k / w->kernel[1]) * w->dilation[0] - w->before[0];
        const int64_t column = (int64_t)(k % w->kernel[1]) * w->dilation[1] - w->before[1];
        for (size_t r = 0; r < w->out[0]; r++) {
            const int64_t from_row = row + (int64_t)r * w->stride[0];
            if (from_row < 0 || from_row >= (int64_t)w->in[0])
                continue;
            for (size_t c = 0; c < w->out[1]; c++) {
                const int64_t from = column + (int64_t)c * w->stride[1];
                if (from >= 0 && from < (int64_t)w->in[1])
                    y[r * w->out[1] + c] +=
                        kernel[k] * x[(size_t)from_row * w->in[1] + (size_t)from];
            }
        }
    }
}

/* Every output plane: its bias, and the input planes of its group. */
static void convolve(const onnx_call *call, const struct window *w, size_t group, onnx_tensor *y)
{
    const onnx_tensor *x = call->inputs[0], *kernel = call->inputs[1];
    const onnx_tensor *bias = call->node->input_count > 2 ? call->inputs[2] : NULL;
    const size_t filters = kernel->dims[0], planes = kernel->dims[1];
    const size_t in = w->in[0] * w->in[1], out = w->out[0] * w->out[1];
    const size_t size = w->kernel[0] * w->kernel[1];
    for (size_t k = 0; k < x->dims[0] * filters; k++) {
        const size_t n = k / filters, filter = k % filters;
        const size_t first = n * x->dims[1] + filter / (filters / group) * planes;
        float *plane = y->floats + k * out;
        for (size_t i = 0; i < out; i++)
            plane[i] = bias ? bias->floats[filter] : 0;
        for (size_t p = 0; p < planes; p++)
            add_plane(w, x->floats + (first + p) * in,
                      kernel->floats + (filter * planes + p) * size, plane);
    }
}

bool onnx_conv(onnx_call *call)
{
    const onnx_tensor *x = call->inputs[0], *kernel = call->inputs[1];
    const onnx_tensor *bias = call->node->input_count > 2 ? call->inputs[2] : NULL;
    const int64_t group = onnx_attribute_int(call->node, "group", 1);
    struct window w;
    if (!x->floats || !kernel->floats || (bias && !bias->floats))
        return fail(call->failure, "it works on floats only");
    if (x->rank < 3 || x->rank > 2 + SPATIAL_MAX || kernel->rank != x->rank)
        return fail(call->failure, "only convolutions over one or two dimensions are supported");
    if (group < 1 || group > INT32_MAX || kernel->dims[0] % (size_t)group || !kernel->dims[0] ||
        x->dims[1] != kernel->dims[1] * (size_t)group ||
        (bias && (bias->rank != 1 || bias->count != kernel->dims[0])))
        return fail(call->failure, "the shapes of its inputs do not go together");
    if (!read_window(call, &w))
        return false;
    size_t dims[2 + SPATIAL_MAX] = {x->dims[0], kernel->dims[0]};
    for (size_t d = 0; d < x->rank - 2; d++)
        dims[2 + d] = w.out[SPATIAL_MAX - (x->rank - 2) + d];
    onnx_tensor *y = onnx_output(call, x->type, x->rank, dims);
    if (y && y->count)
        convolve(call, &w, (size_t)group, y);
    return y != NULL;
}

/* ---- Pad ---- */

enum fill { FILL_CONSTANT, FILL_REFLECT, FILL_EDGE };

/* Where what stands at `at` comes from; -1: from nowhere. */
static int64_t source_of(int64_t at, int64_t count, enum fill fill)
{
    if (at >= 0 && at < count)
        return at;
    if (fill == FILL_CONSTANT)
        return -1;
    if (fill == FILL_EDGE)
        return at < 0 ? 0 : count - 1;
    return at < 0 ? -at : 2 * (count - 1) - at;
}

/* The shape of the output, and how far the input lies in it. */
static bool measure_pad(const onnx_call *call, const int64_t *pads, enum fill fill, size_t *dims)
{
    const onnx_tensor *x = call->inputs[0];
    for (size_t d = 0; d < x->rank; d++) {
        const int64_t before = pads[d], after = pads[x->rank + d], in = (int64_t)x->dims[d];
        if (before < -INT32_MAX || before > INT32_MAX || after < -INT32_MAX || after > INT32_MAX ||
            in > INT32_MAX || in + before + after < 0)
            return fail(call->failure, "its pads are too large, or take more than there is");
        if ((fill == FILL_REFLECT && (before >= in || after >= in)) || (fill == FILL_EDGE && !in))
            return fail(call->failure, "its pads are larger than what there is to repeat");
        dims[d] = (size_t)(in + before + after);
    }
    return true;
}

static void fill_padded(const onnx_tensor *x, const int64_t *pads, enum fill fill,
                        const onnx_tensor *value, onnx_tensor *y)
{
    onnx_walk walk = {.rank = y->rank};
    ptrdiff_t strides[ONNX_RANK_MAX];
    memcpy(walk.dims, y->dims, sizeof walk.dims);
    onnx_dense_strides(x, strides);
    for (size_t i = 0; i < y->count; i++, onnx_walk_next(&walk)) {
        ptrdiff_t from = 0;
        bool there = true;
        for (size_t d = 0; d < y->rank; d++) {
            const int64_t at =
                source_of((int64_t)walk.index[d] - pads[d], (int64_t)x->dims[d], fill);
            there = there && at >= 0;
            from += (ptrdiff_t)at * strides[d];
        }
        if (y->floats)
            y->floats[i] = there ? x->floats[from] : value ? value->floats[0] : 0;
        else
            y->ints[i] = there ? x->ints[from] : value ? value->ints[0] : 0;
    }
}

/* Since opset 11 pads and value are inputs. */
bool onnx_pad(onnx_call *call)
{
    static const char *const modes[] = {"constant", "reflect", "edge"};
    const onnx_tensor *x = call->inputs[0];
    const onnx_tensor *value = call->node->input_count > 2 ? call->inputs[2] : NULL;
    const onnx_attribute *attribute = onnx_attribute_find(call->node, "mode");
    size_t fill = 0, count, dims[ONNX_RANK_MAX];
    const int64_t *pads;
    while (attribute && attribute->s && fill < 3 && strcmp(attribute->s, modes[fill]) != 0)
        fill++;
    if (fill == 3 || onnx_attribute_find(call->node, "value") || call->node->input_count > 3)
        return fail(call->failure, "its mode, value or axes are not supported");
    if (!onnx_whole_numbers(call, 1, "pads", &pads, &count))
        return false;
    if (count != 2 * x->rank || (value && (value->count != 1 || !value->floats != !x->floats)))
        return fail(call->failure, "its pads must be %zu numbers, and its value one of its type",
                    2 * x->rank);
    if (!measure_pad(call, pads, (enum fill)fill, dims))
        return false;
    onnx_tensor *y = onnx_output(call, x->type, x->rank, dims);
    if (y)
        fill_padded(x, pads, (enum fill)fill, value, y);
    return y != NULL;
}

/* ---- ReduceMean ---- */

/* Adds every element to that of the output which lies where the reduced axes are left out. */
static void sum_axes(const onnx_tensor *x, const bool reduced[ONNX_RANK_MAX], onnx_tensor *y)
{
    onnx_walk walk = {.rank = x->rank};
    ptrdiff_t stride = 1;
    memcpy(walk.dims, x->dims, sizeof walk.dims);
    for (size_t d = x->rank; d-- > 0;) {
        walk.stride[0][d] = reduced[d] ? 0 : stride;
        stride *= reduced[d] ? 1 : (ptrdiff_t)x->dims[d];
    }
    memset(y->floats, 0, y->count * sizeof *y->floats);
    for (size_t i = 0; x->count && i < x->count; i++, onnx_walk_next(&walk))
        y->floats[walk.at[0]] += x->floats[i];
}

/* Axes are an attribute until opset 17, and an input from 18 on; all where there are none. */
bool onnx_reduce_mean(onnx_call *call)
{
    const onnx_tensor *x = call->inputs[0];
    const bool keeps = onnx_attribute_int(call->node, "keepdims", 1) != 0;
    const int64_t *axes;
    size_t count, dims[ONNX_RANK_MAX], rank = 0;
    bool reduced[ONNX_RANK_MAX] = {false};
    if (!x->floats)
        return fail(call->failure, "it works on floats only");
    if (!onnx_whole_numbers(call, 1, "axes", &axes, &count))
        return false;
    if (!count && onnx_attribute_int(call->node, "noop_with_empty_axes", 0))
        return onnx_identity(call);
    for (size_t i = 0, axis; i < count; i++) {
        if (!onnx_axis(call, axes[i], x->rank, &axis))
            return false;
        reduced[axis] = true;
    }
    for (size_t d = 0; d < x->rank; d++) {
        reduced[d] = reduced[d] || !count;
        if (keeps || !reduced[d])
            dims[rank++] = reduced[d] ? 1 : x->dims[d];
    }
    onnx_tensor *y = onnx_output(call, x->type, rank, dims);
    if (!y)
        return false;
    sum_axes(x, reduced, y);
    for (size_t i = 0; i < y->count; i++)
        y->floats[i] /= (float)(x->count / y->count);
    return true;
}
