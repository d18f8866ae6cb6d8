/* SPDX-License-Identifier: MIT */
/* Windows: their attributes, and how many of them an input has. */
#include "onnx/window.h"

#include <string.h>

bool onnx_window_list(const onnx_call *call, const char *name, size_t from, size_t count,
                      size_t length, int64_t otherwise, int64_t least, int64_t *numbers)
{
    const onnx_attribute *attribute = onnx_attribute_find(call->node, name);
    const bool given = attribute && attribute->int_count;
    if (given && attribute->int_count != length)
        return fail(call->failure, "its %s must be %zu numbers", name, length);
    for (size_t i = 0; i < count; i++) {
        numbers[i] = given ? attribute->ints[from + i] : otherwise;
        if (numbers[i] < least || numbers[i] > INT32_MAX)
            return fail(call->failure, "its %s must be %lld or more", name, (long long)least);
    }
    return true;
}

bool onnx_window_attributes(const onnx_call *call, const onnx_tensor *x, const size_t *kernel,
                            struct window *w)
{
    const size_t spatial = x->rank - 2, skip = SPATIAL_MAX - spatial;
    *w = (struct window){{1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {0}, {0}};
    for (size_t d = 0; d < spatial; d++) {
        w->in[skip + d] = x->dims[2 + d];
        w->kernel[skip + d] = kernel[d];
        if (x->dims[2 + d] > INT32_MAX || kernel[d] > INT32_MAX || !kernel[d])
            return fail(call->failure, "its input or kernel is too large, or empty");
    }
    return onnx_window_list(call, "strides", 0, spatial, spatial, 1, 1, w->stride + skip) &&
           onnx_window_list(call, "dilations", 0, spatial, spatial, 1, 1, w->dilation + skip) &&
           onnx_window_list(call, "pads", 0, spatial, 2 * spatial, 0, 0, w->before + skip) &&
           onnx_window_list(call, "pads", spatial, spatial, 2 * spatial, 0, 0, w->after + skip);
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

/* A last window that would begin behind the input and what is before it is none. */
static size_t count_windows(const struct window *w, size_t d, int64_t room, bool ceil)
{
    const int64_t stride = w->stride[d];
    int64_t count = (ceil ? room + stride - 1 : room) / stride + 1;
    if (ceil && (count - 1) * stride >= (int64_t)w->in[d] + w->before[d])
        count--;
    return (size_t)count;
}

bool onnx_window_read(const onnx_call *call, const onnx_tensor *x, const size_t *kernel, bool ceil,
                      struct window *w)
{
    const char *mode = onnx_attribute_string(call->node, "auto_pad", "NOTSET");
    const bool same = !strncmp(mode, "SAME", 4);
    if (!onnx_window_attributes(call, x, kernel, w))
        return false;
    for (size_t d = SPATIAL_MAX - (x->rank - 2); d < SPATIAL_MAX; d++) {
        if (same)
            pad_same(w, d, !strcmp(mode, "SAME_UPPER"));
        if (!strcmp(mode, "VALID"))
            w->before[d] = w->after[d] = 0;
        const int64_t room = (int64_t)w->in[d] + w->before[d] + w->after[d] -
                             w->dilation[d] * ((int64_t)w->kernel[d] - 1) - 1;
        if (room + (ceil ? w->stride[d] - 1 : 0) < 0)
            return fail(call->failure, "its kernel is larger than its input");
        w->out[d] = count_windows(w, d, room, ceil && !same);
    }
    return true;
}

onnx_tensor *onnx_window_output(onnx_call *call, const struct window *w, enum onnx_type type,
                                size_t planes)
{
    const onnx_tensor *x = call->inputs[0];
    size_t dims[2 + SPATIAL_MAX] = {x->dims[0], planes};
    memcpy(dims + 2, w->out + SPATIAL_MAX - (x->rank - 2), (x->rank - 2) * sizeof *dims);
    return onnx_output(call, type, x->rank, dims);
}
