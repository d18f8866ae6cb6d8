/* SPDX-License-Identifier: MIT */
/* Products with constant matrices: each is a layer, or part of the one before it (head.c), whose
 * cell holds what is added to it and the functions before and after it. */
#include "deploy/chain.h"
#include "deploy/product.h"

#include <string.h>

/* Whether the value is one row a step, of as many floats as the matrix takes, on its last axis. */
static bool check_rows(struct chain *chain, size_t inputs)
{
    const size_t rank = chain->axes.rank;
    const struct axis *last = &chain->axes.axis[rank ? rank - 1 : 0];
    for (size_t i = 0; i + 1 < rank; i++)
        if (chain->axes.axis[i].kind == AXIS_UNIT || chain->axes.axis[i].kind == AXIS_DIRECTION)
            return chain_refuse(chain,
                                "its matrix does not have the size of one step of its input");
    if (rank && last->kind == AXIS_INPUT && (!last->size || last->size == inputs))
        return chain_tell(chain, last, AXIS_UNIT, inputs);
    return (rank && last->kind != AXIS_TIME && last->size == inputs) ||
           chain_refuse(chain, "its matrix does not have the size of one step of its input");
}

/* The product of a value with w, whose element for output o and input i is w[o*row + i*column]. */
static bool add_product(struct chain *chain, const onnx_tensor *w, size_t inputs, size_t outputs,
                        size_t row, size_t column)
{
    if (!check_rows(chain, inputs) || chain->again)
        return chain->again;
    if (inputs == 0 || outputs == 0)
        return chain_refuse(chain, "its matrix has no elements");
    struct product *product = chain_take(chain, 1, sizeof *product);
    float *matrix = product ? chain_take(chain, w->count, sizeof *matrix) : NULL;
    if (!matrix)
        return false;
    *product = (struct product){
        .matrix = matrix, .before = chain->before, .inputs = inputs, .outputs = outputs};
    for (size_t o = 0; o < outputs; o++)
        for (size_t i = 0; i < inputs; i++)
            matrix[o * inputs + i] = w->floats[o * row + i * column];
    if (!product_begin(chain, product))
        return false;
    chain->product = product;
    chain->before = NULL;
    chain->final = -1;
    chain->axes.axis[chain->axes.rank - 1] = axis_of(AXIS_UNIT, outputs, ONNX_RANK_MAX);
    return product_write(chain);
}

/* Where what is added to output o of a step lies in a constant that is broadcast to the value. */
static size_t place_in(const struct chain *chain, const onnx_tensor *bias, size_t o)
{
    const struct axes *axes = &chain->axes;
    size_t place = 0, stride = 1;
    for (size_t d = bias->rank; d-- > 0; stride *= bias->dims[d]) {
        const struct axis *axis = &axes->axis[axes->rank - bias->rank + d];
        size_t inner = 1; /* how far apart its elements lie in a step */
        for (size_t i = 0; i < axes->rank; i++)
            if (axes->axis[i].kind == AXIS_UNIT && axes->axis[i].place > axis->place)
                inner *= axes->axis[i].size;
        if (bias->dims[d] > 1)
            place += o / inner % axis->size * stride;
    }
    return place;
}

/* A constant must be broadcast to the value, and not differ from step to step. Where it has more
 * axes, the value gets those, too. */
static bool fit_bias(struct chain *chain, const onnx_tensor *bias, bool grows)
{
    struct axes *axes = &chain->axes;
    for (; axes->rank < bias->rank && grows; axes->rank++) {
        memmove(&axes->axis[1], axes->axis, axes->rank * sizeof *axes->axis);
        axes->axis[0] = axis_of(AXIS_ONE, 1, 0);
    }
    if (bias->rank > axes->rank)
        return chain_refuse(chain, "what it adds has more axes than the product");
    for (size_t d = 0; d < bias->rank; d++) {
        const struct axis *axis = &axes->axis[axes->rank - bias->rank + d];
        if (bias->dims[d] != 1 && (axis->kind != AXIS_UNIT || axis->size != bias->dims[d]))
            return chain_refuse(chain, "what it adds is not broadcast to every step alike");
    }
    return true;
}

static bool add_bias(struct chain *chain, const onnx_tensor *bias, float scale, bool grows)
{
    struct product *product = chain->product;
    if (!bias || !bias->floats || !product || product->after || product->bias || product->skip ||
        chain->before)
        return chain_refuse(chain,
                            "it adds something other than a constant to a product with a matrix");
    if (!fit_bias(chain, bias, grows))
        return false;
    product->bias = chain_take(chain, product->outputs, sizeof *product->bias);
    if (!product->bias)
        return false;
    for (size_t o = 0; o < product->outputs; o++)
        product->bias[o] = scale * bias->floats[place_in(chain, bias, o)];
    return product_write(chain);
}

bool chain_matmul(struct chain *chain)
{
    const onnx_tensor *w = chain_constant(chain, 1);
    if (!w || !w->floats || w->rank != 2)
        return chain_refuse(chain, "its second factor is no constant matrix");
    return add_product(chain, w, w->dims[0], w->dims[1], 1, w->dims[1]);
}

bool chain_gemm(struct chain *chain)
{
    const onnx_tensor *w = chain_constant(chain, 1);
    const bool transposed = onnx_attribute_int(chain->node, "transB", 0);
    if (!w || !w->floats || w->rank != 2 || onnx_attribute_int(chain->node, "transA", 0) ||
        onnx_attribute_float(chain->node, "alpha", 1) != 1)
        return chain_refuse(chain,
                            "its second factor is no constant matrix, or transA or alpha is set");
    if (chain->axes.rank != 2)
        return chain_refuse(chain, "its first factor is no matrix");
    const bool added = transposed ? add_product(chain, w, w->dims[1], w->dims[0], w->dims[1], 1)
                                  : add_product(chain, w, w->dims[0], w->dims[1], 1, w->dims[1]);
    if (!added || chain->again || chain->node->input_count <= 2 || chain->node->inputs[2] < 0)
        return added;
    return add_bias(chain, chain_constant(chain, 2), onnx_attribute_float(chain->node, "beta", 1),
                    false);
}

/* The constant, or what skips the layer, may stand on either side. */
bool chain_add(struct chain *chain)
{
    const onnx_tensor *left = chain_constant(chain, 0);
    const int skip = chain_skip(chain);
    return skip >= 0 ? product_skip(chain, skip)
                     : add_bias(chain, left ? left : chain_constant(chain, 1), 1, true);
}

bool chain_function(struct chain *chain)
{
    static const struct {
        const char *op, *name;
    } rows[] = {{"Relu", "relu"}, {"Sigmoid", "sigmoid"}, {"Tanh", "tanh"}};
    const char *name = NULL;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!strcmp(rows[i].op, chain->node->op))
            name = rows[i].name;
    if (chain->before)
        return chain_refuse(chain, "%s comes before it", chain->before);
    if (!chain->product || chain->product->after) {
        chain->before = name;
        chain->final = -1;
        return true;
    }
    chain->product->after = name;
    return product_write(chain);
}

/* Over the axis, or before opset 13 all from it on, which must be the innermost in a step. */
bool chain_softmax(struct chain *chain)
{
    enum { OF_ONE_AXIS = 13 };
    const bool one = chain->node->opset >= OF_ONE_AXIS;
    struct deploy_layer *layer = chain_last(chain);
    struct axes *axes = &chain->axes;
    size_t first, least = SIZE_MAX, group = 1;
    if (!chain_axis(chain, onnx_attribute_int(chain->node, "axis", one ? -1 : 1), axes->rank,
                    &first))
        return false;
    if (!layer || chain->before || layer->softmax)
        return chain_refuse(chain, "it does not follow a layer");
    for (size_t i = first; i < (one ? first + 1 : axes->rank); i++) {
        const struct axis *axis = &axes->axis[i];
        if (axis->kind == AXIS_TIME || axis->kind == AXIS_INPUT)
            return chain_refuse(chain, "it is over time");
        group *= axis->size;
        least = axis->kind != AXIS_ONE && axis->place < least ? axis->place : least;
    }
    for (size_t i = 0; i < axes->rank; i++) {
        struct axis *axis = &axes->axis[i];
        const bool inside = i >= first && (!one || i == first);
        if (!inside && axis->kind != AXIS_ONE && axis->place > least)
            return chain_refuse(chain, "what it is over does not lie together");
        axis->kind = axis->kind == AXIS_DIRECTION ? AXIS_UNIT : axis->kind;
    }
    layer->softmax = group;
    chain->final = -1;
    chain->product = NULL;
    return true;
}
