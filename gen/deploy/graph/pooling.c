/* SPDX-License-Identifier: MIT */
/* MaxPool and AveragePool. */
#include "deploy/graph/lower.h"
#include "onnx/window.h"

#include <math.h>
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

/* How many elements a window in one dimension has within a range that begins before the input. */
static size_t count_inside(const struct window *w, size_t d, size_t out, int64_t before,
                           int64_t after)
{
    size_t count = 0;
    for (size_t k = 0; k < w->kernel[d]; k++) {
        const int64_t at = (int64_t)out * w->stride[d] + (int64_t)k * w->dilation[d] - w->before[d];
        count += at >= -before && at < (int64_t)w->in[d] + after;
    }
    return count;
}

/* The number of elements that each average is over, as a constant. */
static bool count_of(struct lowering *l, const struct window *w, struct value *count)
{
    const bool pads = onnx_attribute_int(l->node, "count_include_pad", 0) != 0;
    const bool flat = lower_input(l, 0)->rank == 3;
    onnx_tensor *tensor = onnx_tensor_create(l->onnx->memory, ONNX_FLOAT, flat ? 1 : 2,
                                             w->out + (flat ? 2 : 1), l->failure);
    if (!tensor)
        return false;
    for (size_t i = 0; i < tensor->count; i++) {
        size_t all = 1;
        for (size_t d = 1; d < SPATIAL_MAX; d++)
            all *= count_inside(w, d, d == 1 ? i / w->out[2] : i % w->out[2],
                                pads ? w->before[d] : 0, pads ? w->after[d] : 0);
        tensor->floats[i] = all ? (float)all : 1;
    }
    *count = lower_blank(1);
    lower_set_constant(count, tensor);
    return true;
}

bool lower_pool(struct lowering *l)
{
    static const bool axes[ONNX_RANK_MAX] = {false, false, false, true, true};
    static const int64_t together[] = {1, 1};
    const bool averages = l->node->op[0] == 'A';
    struct value *x = lower_input(l, 0), all = lower_blank(1), sum = all, count;
    struct window w;
    if (!x || x->is_int || x->rank < 3 || x->rank > 4 || (lower_output(l, 1)))
        return lower_refuse(l, "it works on floats in one or two dimensions, and gives one output");
    if (!read_window(l, &w))
        return false;
    const struct view padded = lower_window_input(l, &w, averages ? 0 : -INFINITY, together);
    const struct view patches = lower_window_patches(&w, &padded, x->dims[1]);
    lower_set_view(&all, &patches, false);
    if (!lower_reduction(l, &all, axes, "a", averages ? "add" : "max", averages ? 0 : -INFINITY,
                         &sum))
        return false;
    struct view made = sum.view;
    made.rank = 4;
    made.dims[3] = made.dims[5];
    made.strides[3] = made.strides[5];
    const struct view view = lower_window_output(l, &made);
    lower_set_view(averages ? &sum : lower_output(l, 0), &view, false);
    struct value *of[] = {&sum, &count};
    return !averages ||
           (count_of(l, &w, &count) && lower_expression(l, of, 2, "a b div", lower_output(l, 0)));
}
