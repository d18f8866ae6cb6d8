/* SPDX-License-Identifier: MIT */
/* Products with constant matrices: each is a layer, whose cell holds what is added to it and the
 * functions before and after it. */
#include "deploy/chain.h"

#include "common/text.h"

#include <string.h>

/* The product that is the last layer. */
struct product {
    float *matrix, *bias; /* NULL: there is none */
    const char *before, *after; /* functions, or NULL */
    size_t outputs;
};

/* Writes the cell of the product. */
static bool write_product(struct chain *chain)
{
    const struct product *product = chain->product;
    struct deploy_pass *pass = &chain->model->layers[chain->model->layer_count - 1].passes[0];
    struct text text = {0};
    text_add(&text, "cell product\ninput x\nstate y\n\n");
    if (product->before)
        text_add(&text, "a  = %s(x)\n", product->before);
    text_add(&text, "y' = %s(W@%s%s)\n", product->after ? product->after : "",
             product->before ? "a" : "x", product->bias ? " + b" : "");
    pass->params[0] = product->matrix;
    pass->params[1] = product->bias;
    const bool written = chain_cell(chain, text.chars, &pass->cell);
    text_free(&text);
    return written;
}

/* The product of a value with w, whose element for output o and input i is w[o*row + i*column]. */
static bool add_product(struct chain *chain, const onnx_tensor *w, size_t inputs, size_t outputs,
                        size_t row, size_t column)
{
    struct deploy_layer *layer = chain_add_layer(chain);
    if (!layer)
        return false;
    if (chain->rank == 0 || chain_width(chain) != inputs || outputs == 0 ||
        chain->axes[chain->rank - 1].size != inputs)
        return chain_refuse(chain, "its matrix does not have the size of one step of its input");
    struct product *product = chain_take(chain, 1, sizeof *product);
    float *matrix = product ? chain_take(chain, w->count, sizeof *matrix) : NULL;
    if (!matrix)
        return false;
    *product = (struct product){.matrix = matrix, .before = chain->before, .outputs = outputs};
    for (size_t o = 0; o < outputs; o++)
        for (size_t i = 0; i < inputs; i++)
            matrix[o * inputs + i] = w->floats[o * row + i * column];
    *layer = (struct deploy_layer){.size = {1, (double)inputs, (double)outputs}, .pass_count = 1};
    chain->product = product;
    chain->before = NULL;
    chain->final = -1;
    chain->axes[chain->rank - 1].size = outputs;
    return write_product(chain);
}

static bool add_bias(struct chain *chain, const onnx_tensor *bias, float scale)
{
    struct product *product = chain->product;
    if (!bias || !bias->floats || !product || product->after || product->bias)
        return chain_refuse(chain,
                            "it adds something other than a constant to a product with a matrix");
    if (bias->count != product->outputs && bias->count != 1)
        return chain_refuse(chain, "what it adds does not have the size of a step");
    product->bias = chain_take(chain, product->outputs, sizeof *product->bias);
    if (!product->bias)
        return false;
    for (size_t o = 0; o < product->outputs; o++)
        product->bias[o] = scale * bias->floats[bias->count == 1 ? 0 : o];
    return write_product(chain);
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
    const bool added = transposed ? add_product(chain, w, w->dims[1], w->dims[0], w->dims[1], 1)
                                  : add_product(chain, w, w->dims[0], w->dims[1], 1, w->dims[1]);
    if (!added || chain->node->input_count <= 2 || chain->node->inputs[2] < 0)
        return added;
    return add_bias(chain, chain_constant(chain, 2), onnx_attribute_float(chain->node, "beta", 1));
}

/* The constant may stand on either side. */
bool chain_add(struct chain *chain)
{
    const onnx_tensor *left = chain_constant(chain, 0);
    return add_bias(chain, left ? left : chain_constant(chain, 1), 1);
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
        return true;
    }
    chain->product->after = name;
    return write_product(chain);
}
