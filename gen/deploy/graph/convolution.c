/* SPDX-License-Identifier: MIT */
/* Conv and ConvTranspose. The rows of a product with the weights are what the kernel reads for each
 * output: where channels lie innermost, and the kernel is over one dimension, these are in memory
 * already, one overlapping the next; else they are copied. Outputs have their channels innermost. A
 * transposed one is a convolution, the other way round, over what has zeros between. */
#include "deploy/graph/lower.h"
#include "onnx/window.h"

#include <string.h>

/* A convolution in work. Weights are [filters][channels / groups][kernel]; NULL: they, or the bias,
 * are computed. */
struct convolution {
    struct window window;
    size_t channels, groups, filters, size; /* size: of the kernel */
    const float *weights, *bias;
    int64_t spread[SPATIAL_MAX]; /* from one element that is read to the next, with zeros between */
};

/* ---- What it is ---- */

/* What stands for an input where only its shape is asked for. */
static onnx_tensor shape_of(const struct value *x)
{
    static float nothing;
    onnx_tensor shape = {.type = ONNX_FLOAT, .floats = &nothing};
    if (!x)
        return shape;
    shape.rank = x->rank;
    shape.count = lower_count(x);
    memcpy(shape.dims, x->dims, sizeof shape.dims);
    return shape;
}

static const float *floats_of(const struct lowering *l, size_t input)
{
    const onnx_tensor *tensor = lower_constant(l, input);
    return tensor ? tensor->floats : NULL;
}

/* The shapes of the input, the kernel and the bias. */
static bool check(struct lowering *l, onnx_call *call, onnx_tensor shapes[3], struct convolution *c)
{
    for (size_t i = 0; i < 3; i++) {
        const struct value *value = lower_input(l, i);
        if (value ? value->is_int : i < 2)
            return lower_refuse(l, "it works on floats");
        shapes[i] = shape_of(value);
    }
    const onnx_tensor *x = &shapes[0], *kernel = &shapes[1];
    if (!kernel->count ||
        !onnx_check_convolution(call, x, kernel, lower_input(l, 2) ? &shapes[2] : NULL, &c->groups))
        return lower_refuse(l, "%s", kernel->count ? l->failure->sentence : "its kernel is empty");
    c->size = kernel->count / kernel->dims[0] / kernel->dims[1];
    c->channels = x->dims[1];
    c->weights = floats_of(l, 1);
    c->bias = floats_of(l, 2);
    c->spread[0] = c->spread[1] = c->spread[2] = 1;
    return true;
}

static bool has_bias_for(const struct lowering *l, const struct convolution *c)
{
    return !lower_input(l, 2) || lower_count(lower_input(l, 2)) == c->filters;
}

static bool read_conv(struct lowering *l, struct convolution *c)
{
    onnx_tensor shapes[3], *const kernel = &shapes[1];
    onnx_call call = {l->node, NULL, NULL, l->scratch, l->failure};
    if (!check(l, &call, shapes, c))
        return false;
    c->filters = kernel->dims[0];
    if (kernel->dims[0] % c->groups || c->channels != kernel->dims[1] * c->groups ||
        !has_bias_for(l, c))
        return lower_refuse(l, "the shapes of its inputs do not go together");
    return onnx_window_read(&call, &shapes[0], kernel->dims + 2, false, &c->window) ||
           lower_refuse(l, "%s", l->failure->sentence);
}

/* The weights of the convolution that a transposed one is: [filters][planes of a group], each
 * kernel from its end. */
static bool turn_weights(struct lowering *l, struct convolution *c, const onnx_tensor *kernel)
{
    const size_t each = kernel->dims[1], planes = kernel->dims[0] / c->groups;
    float *weights = lower_take(l, kernel->count, sizeof *weights);
    if (!weights)
        return false;
    for (size_t f = 0; f < c->filters; f++)
        for (size_t p = 0; p < planes; p++)
            for (size_t k = 0; k < c->size; k++)
                weights[(f * planes + p) * c->size + k] =
                    kernel->floats[((f / each * planes + p) * each + f % each) * c->size + c->size -
                                   1 - k];
    c->weights = weights;
    return true;
}

static bool read_transposed(struct lowering *l, struct convolution *c)
{
    onnx_tensor shapes[3], *const kernel = &shapes[1];
    onnx_call call = {l->node, NULL, NULL, l->scratch, l->failure};
    struct window *w = &c->window;
    if (!check(l, &call, shapes, c))
        return false;
    if (!c->weights)
        return lower_refuse(l, "its weights are no constants");
    c->filters = kernel->dims[1] * c->groups;
    if (kernel->dims[0] != c->channels || kernel->dims[0] % c->groups || !has_bias_for(l, c))
        return lower_refuse(l, "the shapes of its inputs do not go together");
    if (!onnx_window_attributes(&call, &shapes[0], kernel->dims + 2, w) ||
        !onnx_window_transposed(&call, shapes[0].rank - 2, w))
        return lower_refuse(l, "%s", l->failure->sentence);
    for (size_t d = 0; d < SPATIAL_MAX; d++) {
        c->spread[d] = w->stride[d];
        w->before[d] = (int64_t)(w->kernel[d] - 1) * w->dilation[d] - w->before[d];
        w->stride[d] = 1;
        if (w->out[d] == 0)
            return lower_refuse(l, "its pads take all that it gives");
    }
    return turn_weights(l, c, lower_constant(l, 1));
}

/* ---- As a product ---- */

enum { OUTER = 1 + SPATIAL_MAX }; /* dimensions of patches before the kernel: batch and output */

static bool convolve(struct lowering *l, struct convolution *c, const struct view *x,
                     struct value *result)
{
    const struct view patches = lower_window_patches(&c->window, x, c->channels);
    const struct view rows = lower_flat_rows(l, &patches, OUTER);
    float *matrix = lower_take(l, c->filters * c->channels * c->size, sizeof *matrix);
    if (!matrix)
        return false;
    for (size_t f = 0; f < c->filters; f++)
        for (size_t p = 0; p < c->channels; p++)
            for (size_t k = 0; k < c->size; k++)
                matrix[(f * c->size + k) * c->channels + p] =
                    c->weights[(f * c->channels + p) * c->size + k];
    const struct affine affine = {
        .inputs = c->size * c->channels, .outputs = c->filters, .matrix = matrix, .bias = c->bias};
    if (!lower_affine(l, &rows, &affine, result))
        return false;
    const struct view view = lower_window_output(l, &result->view);
    lower_set_view(result, &view, false);
    result->affine_axis = 1;
    return true;
}

/* ---- As sums ---- */

/* In groups there is too little to multiply for a kernel, and of weights that are computed there is
 * none: each output is a sum by itself. */

/* One dimension of that: its size, and how far apart elements lie. False: there are too many. */
static bool add_dim(struct loop *loop, size_t size, ptrdiff_t input, ptrdiff_t weight, ptrdiff_t to)
{
    if (size == 1)
        return true;
    if (loop->rank == VIEW_RANK_MAX)
        return false;
    loop->dims[loop->rank] = size;
    loop->operands[0].view.strides[loop->rank] = input;
    loop->operands[1].view.strides[loop->rank] = weight;
    loop->to.strides[loop->rank++] = to;
    return true;
}

/* Constant ones lie with filters innermost: sums of neighbours read neighbours, and compilers add
 * them up side by side. There is no buffer where memory ran out. */
static struct view weights_view(struct lowering *l, const struct convolution *c)
{
    const size_t dims[] = {c->filters, c->channels / c->groups, c->size};
    if (!c->weights) {
        struct view view = lower_view(l, lower_input(l, 1));
        if (!view_is_dense(&view))
            view = lower_pack(l, &view);
        const ptrdiff_t offset = view.offset;
        view = view_dense(view.buffer, 3, dims);
        view.offset = offset;
        return view;
    }
    const size_t each = dims[1] * dims[2];
    float *weights = lower_take(l, c->filters * each, sizeof *weights);
    if (!weights)
        return (struct view){.buffer = -1};
    for (size_t i = 0; i < c->filters * each; i++)
        weights[i % each * c->filters + i / each] = c->weights[i];
    const int buffer = schedule_buffer(l->schedule, PLACE_CONSTANT, false, c->filters * each);
    l->schedule->buffers[buffer].data = weights;
    return (struct view){.buffer = buffer,
                         .strides = {1, (ptrdiff_t)(c->size * c->filters), (ptrdiff_t)c->filters}};
}

static bool sum_groups(struct lowering *l, const struct convolution *c, const struct view *patches,
                       const struct view *made)
{
    const size_t each = c->filters / c->groups, planes = c->channels / c->groups;
    const struct view weights = weights_view(l, c);
    if (weights.buffer < 0)
        return false;
    struct loop loop = {
        .combine = function_find("add"),
        .operand_count = 2,
        .operands = {{.view = {.buffer = patches->buffer, .offset = patches->offset}},
                     {.view = {.buffer = weights.buffer, .offset = weights.offset}}},
        .term_count = 3,
        .terms = {{.kind = TERM_OPERAND, .operand = 0},
                  {.kind = TERM_OPERAND, .operand = 1},
                  {.kind = TERM_CALL, .function = function_find("mul"), .of = {0, 1}}},
        .to = {.buffer = made->buffer}};
    const ptrdiff_t channel = patches->strides[patches->rank - 1], filter = weights.strides[0];
    bool fits = true;
    for (size_t d = 0; d < OUTER; d++)
        fits = fits && add_dim(&loop, patches->dims[d], patches->strides[d], 0, made->strides[d]);
    fits = fits &&
           add_dim(&loop, c->groups, channel * (ptrdiff_t)planes, filter * (ptrdiff_t)each,
                   (ptrdiff_t)each) &&
           add_dim(&loop, each, 0, filter, 1);
    const size_t kept = loop.rank;
    ptrdiff_t tap = (ptrdiff_t)c->size * weights.strides[2];
    fits = fits && add_dim(&loop, planes, channel, weights.strides[1], 0);
    for (size_t d = OUTER; d < OUTER + SPATIAL_MAX; d++) {
        tap /= (ptrdiff_t)patches->dims[d];
        fits = fits && add_dim(&loop, patches->dims[d], patches->strides[d], tap, 0);
    }
    if (!fits)
        return lower_refuse(l, "its sums have more than %d dimensions", VIEW_RANK_MAX);
    loop.reduced = loop.rank - kept;
    loop.to.rank = kept;
    loop_simplify(&loop);
    schedule_step(l->schedule, STEP_LOOP, l->node->name)->loop = loop;
    return true;
}

static bool convolve_groups(struct lowering *l, struct convolution *c, const struct view *x,
                            struct value *result)
{
    const struct view patches = lower_window_patches(&c->window, x, c->channels / c->groups);
    size_t dims[OUTER + 1], count = c->filters;
    for (size_t d = 0; d < OUTER; d++) {
        dims[d] = patches.dims[d];
        count *= dims[d];
    }
    dims[OUTER] = c->filters;
    const struct view made =
        view_dense(schedule_buffer(l->schedule, PLACE_ARENA, false, count), OUTER + 1, dims);
    if (!sum_groups(l, c, &patches, &made))
        return false;
    const struct view view = lower_window_output(l, &made);
    lower_set_view(result, &view, false);
    return true;
}

/* A product has the bias that is a constant. */
static bool lower_either(struct lowering *l, struct convolution *c)
{
    const bool multiplies = c->groups == 1 && c->weights;
    const bool adds = lower_input(l, 2) && !(multiplies && c->bias);
    struct value product = lower_blank(1), bias, *result = adds ? &product : lower_output(l, 0);
    struct value *of[] = {&product, &bias};
    const struct view x = lower_window_input(l, &c->window, 0, c->spread);
    if (!(multiplies ? convolve : convolve_groups)(l, c, &x, result))
        return false;
    return !adds || (lower_read_channels(l, 2, product.rank, (size_t[]){c->filters, 0}, &bias) &&
                     lower_expression(l, of, 2, "a b add", lower_output(l, 0)));
}

bool lower_conv(struct lowering *l)
{
    struct convolution c;
    return read_conv(l, &c) && lower_either(l, &c);
}

bool lower_conv_transpose(struct lowering *l)
{
    struct convolution c;
    return read_transposed(l, &c) && lower_either(l, &c);
}
