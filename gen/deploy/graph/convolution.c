/* SPDX-License-Identifier: MIT */
/* Conv and ConvTranspose. The rows of a product with the weights are what the kernel reads for each
 * output: where channels lie innermost, and the kernel is over one dimension, these are in memory
 * already, one overlapping the next; else they are copied. Outputs have their channels innermost. A
 * transposed one is a convolution, the other way round, over what has zeros between. */
#include "deploy/graph/lower.h"
#include "onnx/window.h"

#include <string.h>

/* A convolution in work. */
struct convolution {
    struct window window;
    size_t channels, groups, filters, size; /* size: of the kernel */
    const float *weights; /* [filters][channels / groups][kernel] */
    const float *bias; /* NULL: there is none */
    int64_t spread[2]; /* from one element that is read to the next, with zeros between */
};

/* ---- What it is ---- */

static bool check(struct lowering *l, onnx_call *call, const onnx_tensor *shape,
                  struct convolution *c)
{
    const onnx_tensor *kernel = lower_constant(l, 1), *bias = lower_constant(l, 2);
    const struct value *x = lower_input(l, 0);
    if (!x || x->is_int || !kernel || !kernel->floats || !kernel->count ||
        (lower_input(l, 2) && (!bias || !bias->floats)))
        return lower_refuse(l, "its weights are no constants");
    if (x->rank < 3 || x->rank > 4)
        return lower_refuse(l, "only convolutions over one or two dimensions are deployed");
    if (!onnx_check_convolution(call, shape, kernel, bias, &c->groups))
        return lower_refuse(l, "%s", l->failure->sentence);
    c->size = kernel->count / kernel->dims[0] / kernel->dims[1];
    c->channels = x->dims[1];
    c->bias = bias ? bias->floats : NULL;
    c->spread[0] = c->spread[1] = 1;
    return true;
}

static onnx_tensor shape_of(const struct value *x)
{
    onnx_tensor shape = {.type = ONNX_FLOAT, .rank = x ? x->rank : 0, .count = 1};
    static float nothing;
    shape.floats = &nothing;
    for (size_t d = 0; d < shape.rank; d++)
        shape.dims[d] = x->dims[d];
    return shape;
}

static bool read_conv(struct lowering *l, struct convolution *c)
{
    const onnx_tensor *kernel = lower_constant(l, 1), *bias = lower_constant(l, 2);
    const onnx_tensor shape = shape_of(lower_input(l, 0));
    const onnx_tensor *inputs[] = {&shape, kernel, bias};
    onnx_call call = {l->node, inputs, NULL, l->scratch, l->failure};
    if (!check(l, &call, &shape, c))
        return false;
    c->filters = kernel->dims[0];
    c->weights = kernel->floats;
    if (kernel->dims[0] % c->groups || c->channels != kernel->dims[1] * c->groups ||
        (bias && bias->count != c->filters))
        return lower_refuse(l, "the shapes of its inputs do not go together");
    return onnx_window_read(&call, &shape, kernel->dims + 2, false, &c->window) ||
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
    const onnx_tensor *kernel = lower_constant(l, 1), *bias = lower_constant(l, 2);
    const onnx_tensor shape = shape_of(lower_input(l, 0));
    const onnx_tensor *inputs[] = {&shape, kernel, bias};
    onnx_call call = {l->node, inputs, NULL, l->scratch, l->failure};
    struct window *w = &c->window;
    if (!check(l, &call, &shape, c))
        return false;
    c->filters = kernel->dims[1] * c->groups;
    if (kernel->dims[0] != c->channels || kernel->dims[0] % c->groups ||
        (bias && bias->count != c->filters))
        return lower_refuse(l, "the shapes of its inputs do not go together");
    if (!onnx_window_attributes(&call, &shape, kernel->dims + 2, w) ||
        !onnx_window_transposed(&call, shape.rank - 2, w))
        return lower_refuse(l, "%s", l->failure->sentence);
    for (size_t d = 0; d < SPATIAL_MAX; d++) {
        if (d > 0)
            c->spread[d - 1] = w->stride[d];
        w->before[d] = (int64_t)(w->kernel[d] - 1) * w->dilation[d] - w->before[d];
        w->stride[d] = 1;
        if (w->out[d] == 0)
            return lower_refuse(l, "its pads take all that it gives");
    }
    return turn_weights(l, c, kernel);
}

/* ---- As a product ---- */

/* Patches as rows, which are copied where they do not lie so. */
static struct view find_rows(struct lowering *l, const struct view *patches)
{
    struct view last = *patches, rows = *patches;
    last.rank = 3;
    memcpy(last.dims, patches->dims + 3, 3 * sizeof *last.dims);
    memcpy(last.strides, patches->strides + 3, 3 * sizeof *last.strides);
    if (!view_is_dense(&last))
        rows = lower_pack(l, patches);
    rows.rank = 4;
    rows.dims[3] = view_count(&last);
    rows.strides[3] = 1;
    return rows;
}

static bool convolve(struct lowering *l, struct convolution *c, const struct view *x)
{
    const struct view patches = lower_window_patches(&c->window, x, c->channels);
    const struct view rows = find_rows(l, &patches);
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
    struct value *result = lower_output(l, 0);
    if (!lower_affine(l, &rows, &affine, result))
        return false;
    const struct view view = lower_window_output(l, &result->view);
    lower_set_view(result, &view, false);
    result->affine_axis = 1;
    return true;
}

/* ---- In groups ---- */

/* There is too little to multiply for a kernel: each output is a sum by itself. */
static struct loop sum_groups(const struct convolution *c, const struct view *patches, int weights,
                              const struct view *made)
{
    const size_t each = c->filters / c->groups, planes = c->channels / c->groups;
    struct loop loop = {
        .rank = 8,
        .reduced = 3,
        .dims = {made->dims[0], made->dims[1], made->dims[2], c->groups, each, planes,
                 patches->dims[3], patches->dims[4]},
        .combine = function_find("add"),
        .operand_count = 2,
        .term_count = 3,
        .terms = {{.kind = TERM_OPERAND, .operand = 0},
                  {.kind = TERM_OPERAND, .operand = 1},
                  {.kind = TERM_CALL, .function = function_find("mul"), .of = {0, 1}}}};
    loop.operands[0].view =
        (struct view){.buffer = patches->buffer,
                      .offset = patches->offset,
                      .strides = {patches->strides[0], patches->strides[1], patches->strides[2],
                                  patches->strides[5] * (ptrdiff_t)planes, 0, patches->strides[5],
                                  patches->strides[3], patches->strides[4]}};
    loop.operands[1].view = (struct view){
        .buffer = weights,
        .strides = {0, 0, 0, (ptrdiff_t)(each * planes * c->size), (ptrdiff_t)(planes * c->size),
                    (ptrdiff_t)c->size, (ptrdiff_t)patches->dims[4], 1}};
    loop.to = (struct view){
        .buffer = made->buffer,
        .strides = {made->strides[0], made->strides[1], made->strides[2], (ptrdiff_t)each, 1}};
    return loop;
}

static bool convolve_groups(struct lowering *l, struct convolution *c, const struct view *x)
{
    const struct view patches = lower_window_patches(&c->window, x, c->channels / c->groups);
    const int weights = schedule_buffer(l->schedule, PLACE_CONSTANT, false,
                                        c->filters * (c->channels / c->groups) * c->size);
    l->schedule->buffers[weights].data = c->weights;
    const size_t dims[] = {patches.dims[0], patches.dims[1], patches.dims[2], c->filters};
    const struct view made = view_dense(
        schedule_buffer(l->schedule, PLACE_ARENA, false, dims[0] * dims[1] * dims[2] * dims[3]), 4,
        dims);
    struct loop loop = sum_groups(c, &patches, weights, &made);
    loop_simplify(&loop);
    schedule_step(l->schedule, STEP_LOOP, l->node->name)->loop = loop;
    const struct view view = lower_window_output(l, &made);
    if (!c->bias) {
        lower_set_view(lower_output(l, 0), &view, false);
        return true;
    }
    struct value product = lower_blank(1), bias;
    lower_set_view(&product, &view, false);
    struct value *of[] = {&product, &bias};
    return lower_set_channels(l, &bias, view.rank, c->filters, c->bias) &&
           lower_expression(l, of, 2, "a b add", lower_output(l, 0));
}

static bool lower_either(struct lowering *l, struct convolution *c)
{
    const struct view x = lower_window_input(l, &c->window, 0, c->spread);
    return c->groups == 1 ? convolve(l, c, &x) : convolve_groups(l, c, &x);
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
