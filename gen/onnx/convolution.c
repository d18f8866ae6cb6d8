/* SPDX-License-Identifier: MIT */
/* Conv and ConvTranspose over up to three spatial dimensions, by plain loops. Every output is one
 * sum: its bias, then input plane by input plane, in each the kernel from its first element on. */
#include "onnx/operators.h"
#include "onnx/window.h"

#include <string.h>

bool onnx_check_convolution(const onnx_call *call, const onnx_tensor *x, const onnx_tensor *kernel,
                            const onnx_tensor *bias, size_t *group)
{
    const int64_t given = onnx_attribute_int(call->node, "group", 1);
    const onnx_attribute *shape = onnx_attribute_find(call->node, "kernel_shape");
    if (x->rank < 3 || x->rank > 2 + SPATIAL_MAX || kernel->rank != x->rank)
        return fail(call->failure, "only convolutions over one to three dimensions are supported");
    *group = (size_t)given;
    if (given < 1 || given > INT32_MAX || !kernel->dims[0] ||
        (bias && (bias->rank != 1 || !bias->floats != !x->floats)))
        return fail(call->failure, "the shapes of its inputs do not go together");
    for (size_t d = 0; shape && shape->int_count && d < x->rank - 2; d++)
        if (shape->int_count != x->rank - 2 || shape->ints[d] != (int64_t)kernel->dims[2 + d])
            return fail(call->failure, "its kernel_shape is not that of its kernel");
    return true;
}

/* ---- Conv ---- */

/* y += factor * x, of elements of x that lie `step` apart. */
static void add_run(const onnx_tensor *kernel, size_t tap, const onnx_tensor *x, size_t from,
                    size_t step, onnx_tensor *y, size_t to, size_t count)
{
    if (y->floats)
        for (size_t i = 0; i < count; i++)
            y->floats[to + i] += kernel->floats[tap] * x->floats[from + i * step];
    else
        for (size_t i = 0; i < count; i++)
            y->ints[to + i] += kernel->ints[tap] * x->ints[from + i * step];
}

/* Where along dimension d a tap meets the input: from which output on, and before which. */
struct reach {
    int64_t offset; /* of the input from the stride times the output */
    size_t first, end;
};

static struct reach reach_of(const struct window *w, size_t d, size_t tap)
{
    const int64_t offset = (int64_t)tap * w->dilation[d] - w->before[d], stride = w->stride[d];
    const int64_t last = (int64_t)w->in[d] - 1 - offset;
    const int64_t first = offset < 0 ? (-offset + stride - 1) / stride : 0;
    const int64_t end = last < 0 ? 0 : last / stride + 1;
    const int64_t out = (int64_t)w->out[d], least = end < out ? end : out;
    return (struct reach){offset, (size_t)first, (size_t)(least < first ? first : least)};
}

static size_t place(const struct window *w, const struct reach *reach, size_t d, size_t out)
{
    return (size_t)(reach[d].offset + (int64_t)out * w->stride[d]);
}

/* Adds the part of one input plane to one output plane; all three lie from an element on. */
static void add_plane(const struct window *w, const onnx_tensor *x, size_t from,
                      const onnx_tensor *kernel, size_t taps, onnx_tensor *y, size_t to)
{
    for (size_t k = 0; k < onnx_window_size(w->kernel); k++) {
        size_t tap[SPATIAL_MAX];
        struct reach reach[SPATIAL_MAX];
        onnx_window_place(w->kernel, k, tap);
        for (size_t d = 0; d < 3; d++)
            reach[d] = reach_of(w, d, tap[d]);
        for (size_t a = reach[0].first; a < reach[0].end; a++)
            for (size_t b = reach[1].first; b < reach[1].end; b++) {
                const size_t row = place(w, reach, 0, a) * w->in[1] + place(w, reach, 1, b);
                const size_t first = reach[2].first;
                add_run(kernel, taps + k, x, from + row * w->in[2] + place(w, reach, 2, first),
                        (size_t)w->stride[2], y, to + (a * w->out[1] + b) * w->out[2] + first,
                        reach[2].end - first);
            }
    }
}

static void convolve(const struct window *w, size_t group, const onnx_tensor *x,
                     const onnx_tensor *kernel, const onnx_tensor *bias, onnx_tensor *y)
{
    const size_t filters = kernel->dims[0], planes = kernel->dims[1];
    const size_t in = onnx_window_size(w->in), out = onnx_window_size(w->out);
    for (size_t k = 0; k < x->dims[0] * filters; k++) {
        const size_t n = k / filters, filter = k % filters;
        const size_t first = n * x->dims[1] + filter / (filters / group) * planes;
        for (size_t i = 0; i < out; i++)
            if (y->floats)
                y->floats[k * out + i] = bias ? bias->floats[filter] : 0;
            else
                y->ints[k * out + i] = bias ? bias->ints[filter] : 0;
        for (size_t p = 0; p < planes; p++)
            add_plane(w, x, (first + p) * in, kernel,
                      (filter * planes + p) * onnx_window_size(w->kernel), y, k * out);
    }
}

bool onnx_convolution(onnx_call *call, const onnx_tensor *x, const onnx_tensor *kernel,
                      const onnx_tensor *bias, enum onnx_type type)
{
    size_t group;
    struct window w;
    if (!onnx_check_convolution(call, x, kernel, bias, &group))
        return false;
    const size_t filters = kernel->dims[0];
    if (filters % group || x->dims[1] != kernel->dims[1] * group ||
        (bias && bias->count != filters))
        return fail(call->failure, "the shapes of its inputs do not go together");
    if (!onnx_window_read(call, x, kernel->dims + 2, false, &w))
        return false;
    onnx_tensor *y = onnx_window_output(call, &w, type, filters);
    if (!y || !onnx_check_work(call, 3,
                               (size_t[]){y->count, kernel->dims[1], onnx_window_size(w.kernel)}))
        return false;
    if (y->count)
        convolve(&w, group, x, kernel, bias, y);
    onnx_wrap(y);
    return true;
}

bool onnx_conv(onnx_call *call)
{
    const onnx_tensor *x = call->inputs[0];
    return onnx_check_floats(call) &&
           onnx_convolution(call, x, call->inputs[1], onnx_input(call, 2), x->type);
}

/* ---- ConvTranspose ---- */

/* out[] and the pads, which are what output_shape leaves, or make the output as large as the input
 * times the stride. */
bool onnx_window_transposed(const onnx_call *call, size_t spatial, struct window *w)
{
    const char *mode = onnx_attribute_string(call->node, "auto_pad", "NOTSET");
    const onnx_attribute *shape = onnx_attribute_find(call->node, "output_shape");
    const bool given = shape && shape->int_count, same = !strncmp(mode, "SAME", 4);
    const size_t skip = SPATIAL_MAX - spatial;
    int64_t more[SPATIAL_MAX] = {0}, wanted[SPATIAL_MAX] = {0};
    if (!onnx_window_list(call, "output_padding", 0, spatial, spatial, 0, 0, more + skip) ||
        !onnx_window_list(call, "output_shape", 0, spatial, spatial, 0, 0, wanted + skip))
        return false;
    for (size_t d = skip; d < SPATIAL_MAX; d++) {
        const int64_t in = (int64_t)w->in[d], stride = w->stride[d];
        const int64_t reach = ((int64_t)w->kernel[d] - 1) * w->dilation[d];
        if (in * stride > INT32_MAX || reach > INT32_MAX)
            return fail(call->failure, "its strides or dilations are too large");
        const int64_t span = (in - 1) * stride + more[d] + reach + 1;
        if (given || same) {
            const int64_t out = given ? wanted[d] : in * stride;
            const int64_t pads = span > out ? span - out : 0;
            w->before[d] = strcmp(mode, "SAME_UPPER") ? pads - pads / 2 : pads / 2;
            w->after[d] = span - out - w->before[d];
        } else if (!strcmp(mode, "VALID")) {
            w->before[d] = w->after[d] = 0;
        }
        const int64_t out = in ? span - w->before[d] - w->after[d] : 0;
        if (out < 0 || out > INT32_MAX)
            return fail(call->failure, "its output would have %lld elements along a dimension",
                        (long long)out);
        w->out[d] = (size_t)out;
    }
    return true;
}

/* As a convolution the other way: what an output is to its input there, an input is to its output
 * here. */
static void spread_plane(const struct window *back, const float *x, const float *kernel, float *y)
{
    for (size_t k = 0; k < onnx_window_size(back->kernel); k++) {
        size_t tap[SPATIAL_MAX];
        struct reach reach[SPATIAL_MAX];
        onnx_window_place(back->kernel, k, tap);
        for (size_t d = 0; d < 3; d++)
            reach[d] = reach_of(back, d, tap[d]);
        for (size_t a = reach[0].first; a < reach[0].end; a++)
            for (size_t b = reach[1].first; b < reach[1].end; b++)
                for (size_t c = reach[2].first; c < reach[2].end; c++) {
                    const size_t to =
                        (place(back, reach, 0, a) * back->in[1] + place(back, reach, 1, b)) *
                            back->in[2] +
                        place(back, reach, 2, c);
                    y[to] += kernel[k] * x[(a * back->out[1] + b) * back->out[2] + c];
                }
    }
}

/* The kernel is [planes][filters of a group]... */
static void convolve_transposed(const struct window *w, size_t group, const onnx_tensor *x,
                                const onnx_tensor *kernel, const onnx_tensor *bias, onnx_tensor *y)
{
    const size_t filters = kernel->dims[1], planes = kernel->dims[0] / group;
    const size_t in = onnx_window_size(w->in), out = onnx_window_size(w->out);
    struct window back = *w;
    memcpy(back.in, w->out, sizeof back.in);
    memcpy(back.out, w->in, sizeof back.out);
    for (size_t k = 0; k < x->dims[0] * group * filters; k++) {
        const size_t n = k / (group * filters), filter = k % (group * filters);
        const size_t first = filter / filters * planes;
        float *plane = y->floats + k * out;
        for (size_t i = 0; i < out; i++)
            plane[i] = bias ? bias->floats[filter] : 0;
        for (size_t p = first; p < first + planes; p++)
            spread_plane(&back, x->floats + (n * x->dims[1] + p) * in,
                         kernel->floats +
                             (p * filters + filter % filters) * onnx_window_size(w->kernel),
                         plane);
    }
}

bool onnx_conv_transpose(onnx_call *call)
{
    const onnx_tensor *x = call->inputs[0], *kernel = call->inputs[1], *bias = onnx_input(call, 2);
    size_t group;
    struct window w;
    if (!onnx_check_floats(call) || !onnx_check_convolution(call, x, kernel, bias, &group))
        return false;
    if (x->dims[1] != kernel->dims[0] || kernel->dims[0] % group || !kernel->dims[1] ||
        kernel->dims[1] > INT32_MAX || (bias && bias->count != kernel->dims[1] * group))
        return fail(call->failure, "the shapes of its inputs do not go together");
    if (!onnx_window_attributes(call, x, kernel->dims + 2, &w) ||
        !onnx_window_transposed(call, x->rank - 2, &w))
        return false;
    onnx_tensor *y = onnx_window_output(call, &w, x->type, kernel->dims[1] * group);
    if (!y || !onnx_check_work(call, 3,
                               (size_t[]){x->count, kernel->dims[1], onnx_window_size(w.kernel)}))
        return false;
    if (y->count)
        convolve_transposed(&w, group, x, kernel, bias, y);
    return true;
}
