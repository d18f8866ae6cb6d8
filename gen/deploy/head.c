/* SPDX-License-Identifier: MIT */
/* What a product with a matrix becomes. After a recurrent layer that gives every step it is the
 * head of that layer's cell: a call of one kernel then does for both, and the rows between them are
 * nowhere. The output is a state that no step reads,
 *
 *     state y[P], h, c
 *     ...
 *     y' = tanh(D@h' + d)
 *
 * and the sums are those that a layer of its own would have. Where directions stand side by side,
 * where a sequence ends early, where less than every step goes on, or where matrices came as bytes,
 * it is a layer of its own. */
#include "deploy/product.h"

#include "common/text.h"

#include <string.h>

/* Whether each row that the last layer gives is what its only pass computes in that step, its type
 * may be the head's, and it has no head yet. */
static bool takes_head(const struct chain *chain, const struct deploy_layer *layer)
{
    return layer && !layer->is_product && !layer->has_bytes && layer->pass_count == 1 &&
           layer->gives == GIVES_ALL && !layer->by_length && !layer->softmax && !chain->product;
}

/* The pass's first state is the output: those of the cell move up. */
static void move_states(struct deploy_pass *pass)
{
    enum { MOVED = WEIR_STATES_MAX - 1 };
    memmove(pass->initial + 1, pass->initial, MOVED * sizeof *pass->initial);
    memmove(pass->tested + 1, pass->tested, MOVED * sizeof *pass->tested);
    memmove(pass->input + 1, pass->input, MOVED * sizeof *pass->input);
    pass->initial[0] = pass->tested[0] = NULL;
    pass->input[0] = (struct deploy_input){0};
}

bool product_begin(struct chain *chain, struct product *product)
{
    struct deploy_layer *layer = chain_last(chain);
    if (takes_head(chain, layer)) {
        struct deploy_pass *pass = &layer->passes[0];
        product->recurrent = pass->cell.text;
        while (pass->params[product->params].data)
            product->params++;
        move_states(pass);
        return true;
    }
    layer = chain_add_layer(chain);
    if (layer)
        *layer = (struct deploy_layer){.node = chain->node->name,
                                       .size = {1, (double)product->inputs},
                                       .pass_count = 1,
                                       .is_product = true};
    return layer;
}

/* ---- The cell ---- */

/* A recurrent cell with one more state before its own. */
static void add_recurrent(struct text *text, const char *cell, const char *size)
{
    static const char first[] = "\nstate ";
    const size_t name = strcspn(cell, "\n");
    const char *states = strstr(cell, first) + strlen(first);
    text_add(text, "%.*s_head", (int)name, cell);
    text_add(text, "%.*s", (int)(states - cell - (ptrdiff_t)name), cell + name);
    text_add(text, "y[%s], %s", size, states);
}

/* The lines that are the product's own. */
static void add_product(struct text *text, const struct product *product, const char *operand)
{
    const char *after = product->after ? product->after : "";
    if (product->before)
        text_add(text, "a  = %s(%s)\n", product->before, operand);
    text_add(text, "y' = %s(D@%s%s%s)%s\n", after, product->before ? "a" : operand,
             product->bias ? " + d" : "", product->skip == SKIP_BEFORE ? " + x" : "",
             product->skip == SKIP_AFTER ? " + x" : "");
}

bool product_write(struct chain *chain)
{
    const struct product *product = chain->product;
    struct deploy_layer *layer = chain_last(chain);
    struct deploy_pass *pass = &layer->passes[0];
    struct text text = {0};
    if (product->recurrent)
        add_recurrent(&text, product->recurrent, product->skip ? "I" : "P");
    else
        text_add(&text, "cell product\ninput x\nstate y\n\n");
    add_product(&text, product, product->recurrent ? "h'" : "x");
    const enum weir_extent rows = !product->recurrent ? WEIR_H : product->skip ? WEIR_I : WEIR_P;
    layer->size[WEIR_P] = 0;
    layer->size[rows] = (double)product->outputs;
    pass->params[product->params].data = product->matrix;
    pass->params[product->params + 1].data = product->bias;
    const bool written = chain_cell(chain, text.chars, &pass->cell);
    text_free(&text);
    return written;
}

/* ---- What skips the layer ---- */

int chain_skip(const struct chain *chain)
{
    const onnx_node *node = chain->node;
    const size_t other = node->inputs[0] == chain->value;
    const bool is_rows = node->input_count == 2 && node->inputs[other] >= 0 &&
                         chain->known[node->inputs[other]].is_rows;
    return is_rows ? node->inputs[other] : -1;
}

/* Whether two values have their axes alike, one beside the other, and no more than one of units. */
static bool same_axes(const struct axes *a, const struct axes *b)
{
    bool same = a->rank == b->rank;
    size_t units = 0;
    for (size_t i = 0; i < a->rank && same; i++) {
        same = a->axis[i].kind == b->axis[i].kind && a->axis[i].size == b->axis[i].size;
        units += a->axis[i].kind == AXIS_UNIT;
    }
    return same && units <= 1;
}

bool product_skip(struct chain *chain, int value)
{
    struct product *product = chain->product;
    if (!product || !product->recurrent || product->skip || chain->before ||
        chain_rows(chain, value) != chain_rows(chain, chain->fed))
        return chain_refuse(chain, "it adds something other than a constant, or the input of the "
                                   "recurrent node before it, to a product with a matrix");
    if ((double)product->outputs != chain_last(chain)->size[WEIR_I] ||
        !same_axes(&chain->axes, &chain->known[value].axes))
        return chain_refuse(chain, "what it adds has another shape than the product");
    product->skip = product->after ? SKIP_AFTER : SKIP_BEFORE;
    return product_write(chain);
}
