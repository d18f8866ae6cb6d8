/* SPDX-License-Identifier: MIT */
/* MaxPool and AveragePool. */
#include "deploy/graph/lower.h"
#include "onnx/window.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool read_window(struct lowering *l, struct window *w)
{
    const struct value *x = lower_input(l, 0);
    const onnx_attribute *shape = onnx_attribute_find(l->node, "kernel_shape");
    onnx_tensor tensor = {.type = ONNX_FLOAT, .rank = x->rank};
    const onnx_call call = {l->node, NULL, NULL, l->scratch, l->failure};
    size_t kernel[SPATIAL_MAX];
    memcpy(tensor.dims, x->dims, sizeof tensor.dims);
    if (!shape || shape->int_count != x->rank - 2)
        return lower_refuse(l, "its kernel_shape must be %zu numbers", x->rank - 2);
    for (size_t d = 0; d < x->rank - 2; d++) {
        if (shape->ints[d] < 1 || shape->ints[d] > INT32_MAX)
            return lower_refuse(l, "its kernel_shape must be 1 or more");
        kernel[d] = (size_t)shape->ints[d];
    }
    return onnx_window_read(&call, &tensor, kernel,
                            onnx_attribute_int(l->node, "ceil_mode", 0) != 0, w) ||
           lower_refuse(l, "%s", l->failure->sentence);
}

/* How many elements a window in one dimension has within a range that begins before the input:
 * those before its end, less those before its start. */
static size_t count_inside(const struct window *w, size_t d, size_t out, int64_t before,
                           int64_t after)
{
    const int64_t first = (int64_t)out * w->stride[d] - w->before[d], step = w->dilation[d],
                  ends[] = {-before, (int64_t)w->in[d] + after};
    int64_t counts[2];
    for (size_t k = 0; k < 2; k++) {
        const int64_t below = ends[k] > first ? (ends[k] - first + step - 1) / step : 0;
        counts[k] = below < (int64_t)w->kernel[d] ? below : (int64_t)w->kernel[d];
    }
    return (size_t)(counts[1] - counts[0]);
}

/* A constant with a number for each output, which is broadcast over batch and channels. */
static onnx_tensor *numbers(struct lowering *l, const struct window *w)
{
    const size_t spatial = lower_input(l, 0)->rank - 2;
    return onnx_tensor_create(l->onnx->memory, ONNX_FLOAT, spatial, w->out + SPATIAL_MAX - spatial,
                              l->failure);
}

/* The number of elements that each average is over, as a constant: one for all, where they are the
 * same. */
static bool count_of(struct lowering *l, const struct window *w, struct value *count)
{
    const bool pads = onnx_attribute_int(l->node, "count_include_pad", 0) != 0;
    onnx_tensor *tensor = numbers(l, w);
    if (!tensor)
        return false;
    for (size_t i = 0; i < tensor->count; i++) {
        size_t all = 1, place[SPATIAL_MAX];
        onnx_window_place(w->out, i, place);
        for (size_t d = 0; d < SPATIAL_MAX; d++)
            all *= count_inside(w, d, place[d], pads ? w->before[d] : 0, pads ? w->after[d] : 0);
        tensor->floats[i] = all ? (float)all : 1;
    }
    bool same = true;
    for (size_t i = 1; i < tensor->count; i++)
        same &= tensor->floats[i] == tensor->floats[0];
    if (same) {
        tensor->rank = 0;
        tensor->count = 1;
    }
    *count = lower_blank(1);
    lower_set_constant(count, tensor);
    return true;
}

/* What is combined of each window. */
static bool combine(struct lowering *l, const struct window *w, float fill, const char *function,
                    float start, struct value *patches, struct value *result)
{
    static const bool axes[ONNX_RANK_MAX] = {
        [1 + SPATIAL_MAX] = true, [2 + SPATIAL_MAX] = true, [3 + SPATIAL_MAX] = true};
    static const int64_t together[] = {1, 1, 1};
    const struct view padded = lower_window_input(l, w, fill, together),
                      view = lower_window_patches(w, &padded, lower_input(l, 0)->dims[1]);
    *patches = *result = lower_blank(2);
    lower_set_view(patches, &view, false);
    return lower_reduction(l, patches, axes, "a", function, start, result);
}

/* The reduced patches under the node's axes. */
static struct view as_output(const struct lowering *l, const struct view *reduced)
{
    struct view made = *reduced;
    made.dims[1 + SPATIAL_MAX] = reduced->dims[reduced->rank - 1];
    made.strides[1 + SPATIAL_MAX] = reduced->strides[reduced->rank - 1];
    made.rank = 2 + SPATIAL_MAX;
    return lower_window_output(l, &made);
}

static bool lower_average(struct lowering *l, const struct window *w)
{
    struct value patches, sum, count, *of[] = {&sum, &count};
    if (!combine(l, w, 0, "add", 0, &patches, &sum) || !count_of(l, w, &count))
        return false;
    const struct view view = as_output(l, &sum.view);
    lower_set_view(&sum, &view, false);
    return lower_expression(l, of, 2, "a b div", lower_output(l, 0));
}

/* ---- The places of greatest elements ---- */

enum { NOWHERE = 1 << 24 }; /* up to which floats are whole numbers */

/* For each output and element of the kernel its place in the input's plane, as a constant. */
static onnx_tensor *make_places(struct lowering *l, const struct window *w)
{
    const size_t dims[] = {w->out[0],    w->out[1],    w->out[2],
                           w->kernel[0], w->kernel[1], w->kernel[2]};
    const size_t taps = onnx_window_size(w->kernel);
    onnx_tensor *tensor = onnx_tensor_create(l->onnx->memory, ONNX_FLOAT, 6, dims, l->failure);
    for (size_t i = 0; tensor && i < tensor->count; i++) {
        size_t out[SPATIAL_MAX], tap[SPATIAL_MAX];
        int64_t at[SPATIAL_MAX];
        bool is_inside = true;
        onnx_window_place(w->out, i / taps, out);
        onnx_window_place(w->kernel, i % taps, tap);
        for (size_t d = 0; d < SPATIAL_MAX; d++) {
            at[d] =
                (int64_t)out[d] * w->stride[d] + (int64_t)tap[d] * w->dilation[d] - w->before[d];
            is_inside &= at[d] >= 0 && at[d] < (int64_t)w->in[d];
        }
        const int64_t place = (at[0] * (int64_t)w->in[1] + at[1]) * (int64_t)w->in[2] + at[2];
        tensor->floats[i] = is_inside ? (float)place : NOWHERE;
    }
    return tensor;
}

/* Where each plane of the input begins, as a constant [batch][channels] and ones. */
static bool make_starts(struct lowering *l, const struct window *w, struct value *starts)
{
    const struct value *x = lower_input(l, 0);
    size_t dims[ONNX_RANK_MAX];
    for (size_t d = 0; d < x->rank; d++)
        dims[d] = d < 2 ? x->dims[d] : 1;
    onnx_tensor *tensor =
        onnx_tensor_create(l->onnx->memory, ONNX_INT64, x->rank, dims, l->failure);
    for (size_t i = 0; tensor && i < tensor->count; i++)
        tensor->ints[i] = (int64_t)(i * onnx_window_size(w->in));
    *starts = lower_blank(1);
    if (tensor)
        lower_set_constant(starts, tensor);
    return tensor;
}

/* What was found, of all planes: with the first dimension fastest, of the same elements, where that
 * is asked for. */
static bool give_places(struct lowering *l, const struct window *w, struct value *found,
                        struct value *starts)
{
    enum { WORDS_MAX = 400 };
    const bool columns_first = onnx_attribute_int(l->node, "storage_order", 0) != 0;
    struct value *of[] = {found, starts};
    char words[WORDS_MAX] = "a to_int b int_add";
    if (columns_first)
        snprintf(words, sizeof words,
                 "a to_int #%zu int_rest #%zu int_mul a to_int #%zu int_div #%zu int_rest int_add "
                 "#%zu int_mul a to_int #%zu int_div int_add b int_add",
                 w->in[2], w->in[1], w->in[2], w->in[1], w->in[0], w->in[1] * w->in[2]);
    return lower_expression(l, of, 2, words, lower_output(l, 1));
}

/* The place of the first element of each window that is the greatest, or a NaN. */
static bool lower_places(struct lowering *l, const struct window *w, struct value *patches,
                         struct value *most)
{
    static const bool axes[ONNX_RANK_MAX] = {
        [1 + SPATIAL_MAX] = true, [2 + SPATIAL_MAX] = true, [3 + SPATIAL_MAX] = true};
    struct value places = lower_blank(1), starts, there = places, found = places;
    for (size_t d = 0; d < SPATIAL_MAX; d++)
        for (size_t out = 0; out < w->out[d]; out++)
            if (!count_inside(w, d, out, 0, 0))
                return lower_refuse(l, "a window has no element, and so no index");
    if (onnx_window_size(w->in) >= NOWHERE)
        return lower_refuse(l, "its planes are too large for indices");
    onnx_tensor *tensor = make_places(l, w);
    if (!tensor || !make_starts(l, w, &starts))
        return false;
    lower_set_constant(&places, tensor);
    struct view view = lower_view(l, &places); /* the same for all of the batch and all channels */
    view.rank = patches->rank;
    for (size_t d = view.rank - 1; d-- > 1;) {
        view.dims[d] = view.dims[d - 1];
        view.strides[d] = view.strides[d - 1];
    }
    view.dims[0] = view.dims[view.rank - 1] = 1;
    view.strides[0] = view.strides[view.rank - 1] = 0;
    places = lower_blank(1);
    lower_set_view(&places, &view, false);
    struct value *of[] = {patches, most, &places};
    if (!lower_expression(l, of, 3, "a b equal a a equal int_not int_or c 16777216 where",
                          &there) ||
        !lower_reduction(l, &there, axes, "a", "min", NOWHERE, &found))
        return false;
    view = as_output(l, &found.view);
    lower_set_view(&found, &view, false);
    return give_places(l, w, &found, &starts);
}

static bool lower_greatest(struct lowering *l, const struct window *w)
{
    struct value patches, most, *indices = lower_output(l, 1);
    if (!combine(l, w, -INFINITY, "max", -INFINITY, &patches, &most) ||
        (indices && indices->uses && !lower_places(l, w, &patches, &most)))
        return false;
    const struct view view = as_output(l, &most.view);
    lower_set_view(lower_output(l, 0), &view, false);
    return true;
}

bool lower_pool(struct lowering *l)
{
    const struct value *x = lower_input(l, 0);
    struct window w;
    if (!x || x->is_int || x->rank < 3 || x->rank > 2 + SPATIAL_MAX)
        return lower_refuse(l, "it works on floats in one to three dimensions");
    return read_window(l, &w) &&
           (l->node->op[0] == 'A' ? lower_average(l, &w) : lower_greatest(l, &w));
}
