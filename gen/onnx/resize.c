/* SPDX-License-Identifier: MIT */
/* Resize and Upsample to the nearest element: for each dimension a list of where every output comes
 * from, and a copy by those. */
#include "onnx/memory.h"
#include "onnx/operators.h"

#include <math.h>
#include <string.h>

/* How a dimension changes: an output stands `in / out` further in the input than the one before. */
struct change {
    size_t count; /* of outputs */
    double in, out; /* the scale is out / in */
};

struct resize {
    struct change change[ONNX_RANK_MAX];
    const char *place, *round; /* the modes, by their names */
};

/* ---- Sizes ---- */

/* Which dimensions scales and sizes are of: those listed, or all. */
static bool read_axes(const onnx_call *call, size_t count, size_t axes[ONNX_RANK_MAX])
{
    const onnx_attribute *given = onnx_attribute_find(call->node, "axes");
    const size_t rank = call->inputs[0]->rank;
    if (count != (given ? given->int_count : rank) || count > rank)
        return fail(call->failure, "its scales or sizes are %zu for %zu dimensions", count,
                    given ? given->int_count : rank);
    for (size_t k = 0; k < count; k++) {
        axes[k] = k;
        if (given && !onnx_axis(call, given->ints[k], rank, &axes[k]))
            return false;
    }
    return true;
}

static bool apply_scales(const onnx_call *call, const float *scales, size_t count,
                         struct resize *resize)
{
    size_t axes[ONNX_RANK_MAX];
    if (!read_axes(call, count, axes))
        return false;
    for (size_t k = 0; k < count; k++) {
        struct change *change = &resize->change[axes[k]];
        const double out = floor(change->in * (double)scales[k]);
        if (!(scales[k] > 0) || !(out < INT32_MAX))
            return fail(call->failure, "its scale %g is not supported", (double)scales[k]);
        *change = (struct change){(size_t)out, 1, (double)scales[k]};
    }
    return true;
}

static bool apply_sizes(const onnx_call *call, const onnx_tensor *sizes, struct resize *resize)
{
    const char *policy = onnx_attribute_string(call->node, "keep_aspect_ratio_policy", "stretch");
    const bool larger = !strcmp(policy, "not_smaller"), keeps = strcmp(policy, "stretch") != 0;
    size_t axes[ONNX_RANK_MAX];
    double scale = larger ? 0 : INFINITY;
    if (!read_axes(call, sizes->count, axes))
        return false;
    for (size_t k = 0; k < sizes->count; k++) {
        struct change *change = &resize->change[axes[k]];
        if (sizes->ints[k] < 0 || sizes->ints[k] > INT32_MAX || (sizes->ints[k] && !change->in))
            return fail(call->failure, "its size %lld is not supported", (long long)sizes->ints[k]);
        change->count = (size_t)sizes->ints[k];
        change->out = (double)sizes->ints[k];
        const double own = change->out / change->in;
        scale = larger ? fmax(scale, own) : fmin(scale, own);
    }
    for (size_t k = 0; keeps && k < sizes->count; k++) {
        struct change *change = &resize->change[axes[k]];
        const double out = floor(scale * change->in + 0.5);
        if (!(out < INT32_MAX))
            return fail(call->failure, "its sizes keep no ratio");
        *change = (struct change){(size_t)out, 1, scale};
    }
    return true;
}

/* Before opset 11, scales are all that there is: an attribute of Upsample before opset 9. */
static bool read_sizes(const onnx_call *call, struct resize *resize)
{
    enum { OF_FOUR_INPUTS = 11 };
    const bool is_new = call->node->opset >= OF_FOUR_INPUTS;
    const onnx_tensor *scales = onnx_input(call, is_new ? 2 : 1);
    const onnx_tensor *sizes = is_new ? onnx_input(call, 3) : NULL;
    const onnx_attribute *attribute = onnx_attribute_find(call->node, "scales");
    if (scales && !scales->count && sizes)
        scales = NULL;
    if (sizes && !sizes->count && scales)
        sizes = NULL;
    if ((scales && (!scales->floats || sizes)) || (sizes && !sizes->ints))
        return fail(call->failure, "it must have scales of floats, or sizes of whole numbers");
    if (sizes)
        return apply_sizes(call, sizes, resize);
    if (scales)
        return apply_scales(call, scales->floats, scales->count, resize);
    return attribute ? apply_scales(call, attribute->floats, attribute->float_count, resize)
                     : fail(call->failure, "it has neither scales nor sizes");
}

/* ---- Places ---- */

/* Where in the input output x stands. */
static double original(const struct resize *resize, const struct change *change, double in,
                       double x)
{
    const char *mode = resize->place;
    const double width = change->out / change->in * in; /* of the output, not rounded */
    if (!strcmp(mode, "align_corners"))
        return change->count > 1 ? x * (in - 1) / (double)(change->count - 1) : 0;
    if (!strcmp(mode, "asymmetric"))
        return x * change->in / change->out;
    if (!strcmp(mode, "tf_half_pixel_for_nn"))
        return (x + 0.5) * change->in / change->out;
    if (!strcmp(mode, "pytorch_half_pixel") && change->count == 1)
        return -0.5;
    const double offset =
        strcmp(mode, "half_pixel_symmetric") ? 0 : in / 2 * (1 - (double)change->count / width);
    return offset + (x + 0.5) * change->in / change->out - 0.5;
}

static double nearest(const struct resize *resize, const struct change *change, double x)
{
    const char *mode = resize->round;
    if (!strcmp(mode, "round_prefer_floor"))
        return ceil(x - 0.5);
    if (!strcmp(mode, "round_prefer_ceil"))
        return floor(x + 0.5);
    if (!strcmp(mode, "ceil"))
        return ceil(x);
    if (!strcmp(mode, "simple")) /* before opset 11 */
        return change->out < change->in ? ceil(x) : floor(x);
    return floor(x);
}

static bool read_modes(const onnx_call *call, struct resize *resize)
{
    enum { OF_MODES = 11 };
    static const char *const places[] = {"half_pixel",         "align_corners",
                                         "asymmetric",         "tf_half_pixel_for_nn",
                                         "pytorch_half_pixel", "half_pixel_symmetric"};
    static const char *const rounds[] = {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil",
                                         "simple"};
    const bool is_new = call->node->opset >= OF_MODES;
    const char *mode = onnx_attribute_string(call->node, "mode", "nearest");
    const char *place = onnx_attribute_string(call->node, "coordinate_transformation_mode",
                                              is_new ? "half_pixel" : "asymmetric");
    const char *round =
        onnx_attribute_string(call->node, "nearest_mode", is_new ? "round_prefer_floor" : "simple");
    size_t p = 0, r = 0;
    while (p < 6 && strcmp(places[p], place) != 0)
        p++;
    while (r < 5 && strcmp(rounds[r], round) != 0)
        r++;
    if (strcmp(mode, "nearest") != 0 || p == 6 || r == 5)
        return fail(call->failure, "its mode '%.40s' with '%.40s' and '%.40s' is not supported",
                    quote(mode).text, quote(place).text, quote(round).text);
    resize->place = places[p];
    resize->round = rounds[r];
    return true;
}

/* For each output of a dimension, which input it is. */
static size_t *find_sources(onnx_call *call, const struct resize *resize, size_t d)
{
    const struct change *change = &resize->change[d];
    const double in = (double)call->inputs[0]->dims[d];
    size_t *sources = onnx_memory_take(call->memory, change->count, sizeof *sources);
    if (!sources)
        fail_limit(call->failure);
    for (size_t i = 0; sources && i < change->count; i++) {
        const double at = nearest(resize, change, original(resize, change, in, (double)i));
        sources[i] = (size_t)fmax(0, fmin(in - 1, at));
    }
    return sources;
}

bool onnx_resize(onnx_call *call)
{
    const onnx_tensor *x = call->inputs[0];
    struct resize resize;
    size_t dims[ONNX_RANK_MAX], *sources[ONNX_RANK_MAX];
    for (size_t d = 0; d < x->rank; d++)
        resize.change[d] = (struct change){x->dims[d], (double)x->dims[d], (double)x->dims[d]};
    if (!read_modes(call, &resize) || !read_sizes(call, &resize))
        return false;
    for (size_t d = 0; d < x->rank; d++)
        dims[d] = resize.change[d].count;
    onnx_tensor *y = onnx_output(call, x->type, x->rank, dims);
    if (!y || !y->count)
        return y != NULL;
    for (size_t d = 0; d < x->rank; d++)
        if (!(sources[d] = find_sources(call, &resize, d)))
            return false;
    for (size_t i = 0; i < y->count; i++) {
        size_t from = 0, stride = 1, left = i;
        for (size_t d = x->rank; d-- > 0; left /= dims[d], stride *= x->dims[d])
            from += sources[d][left % dims[d]] * stride;
        onnx_copy(x, from, y, i, 1);
    }
    return true;
}
