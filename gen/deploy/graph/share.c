/* SPDX-License-Identifier: MIT */
/* Whether kernels are the same. Those with the same cell and the same weights, as unrolled layers
 * have one in each step, become one, whose weights are stored once. */
#include "deploy/deployment.h"
#include "deploy/graph/lower.h"

#include <string.h>

bool lower_read_sizes(const struct deploy_layer *layer, struct lower_sizes *sizes,
                      struct failure *failure)
{
    struct graph *graph = source_parse(&layer->passes[0].cell, layer->size, failure);
    if (!graph)
        return false;
    sizes->count = (size_t)graph->param_count;
    for (size_t i = 0; i < sizes->count; i++) {
        sizes->rows[i] = deployment_size(layer, graph, graph->params[i].rows);
        sizes->cols[i] = deployment_size(layer, graph, graph->params[i].cols);
    }
    graph_free(graph);
    return true;
}

static bool same_numbers(const struct weir_numbers *a, const struct weir_numbers *b, size_t rows,
                         size_t cols)
{
    const bool bytes = weir_is_bytes(a->type);
    if (!a->data || !b->data || a->type != b->type)
        return !a->data && !b->data;
    bool same = a->data == b->data ||
                !memcmp(a->data, b->data, rows * cols * sizeof(float) / weir_word_columns(a->type));
    for (size_t row = 0; row < rows && bytes; row++)
        same &= weir_scale_of(a, row, row * cols, 1, cols) ==
                    weir_scale_of(b, row, row * cols, 1, cols) &&
                weir_zero_of(a, row) == weir_zero_of(b, row);
    return same;
}

/* Whether kernels are the same, but for what they have learned. */
static bool same_kernel(const struct deploy_layer *a, const struct deploy_layer *b)
{
    const struct source *cell = &a->passes[0].cell, *other = &b->passes[0].cell;
    return a->pass_count == b->pass_count && a->has_bytes == b->has_bytes &&
           a->is_product == b->is_product && a->is_work == b->is_work &&
           a->is_exact == b->is_exact && a->type == b->type && cell->length == other->length &&
           !memcmp(a->size, b->size, sizeof a->size) &&
           !memcmp(cell->text, other->text, cell->length);
}

bool lower_same_layer(const struct deploy_layer *a, const struct deploy_layer *b,
                      const struct lower_sizes *sizes)
{
    bool same = same_kernel(a, b);
    for (size_t i = 0; same && i < sizes->count; i++)
        same = same_numbers(&a->passes[0].params[i], &b->passes[0].params[i], sizes->rows[i],
                            sizes->cols[i]);
    return same;
}

/* The layer before a number that is the same; or the number. */
static bool find_same(struct lowering *l, size_t number, size_t *found)
{
    const struct deploy_layer *layers = l->model->layers;
    struct lower_sizes sizes;
    bool measured = false;
    for (*found = 0; *found < number; ++*found) {
        if (layers[number].has_bytes || !same_kernel(&layers[*found], &layers[number]))
            continue;
        if (!measured && !lower_read_sizes(&layers[number], &sizes, l->failure))
            return false;
        measured = true;
        if (lower_same_layer(&layers[*found], &layers[number], &sizes))
            return true;
    }
    return true;
}

bool lower_share(struct lowering *l)
{
    struct deploy_model *model = l->model;
    size_t *places = lower_take(l, model->layer_count, sizeof *places), count = 0;
    if (!places)
        return false;
    for (size_t n = 0, same; n < model->layer_count; n++) {
        model->layers[count] = model->layers[n];
        if (!find_same(l, count, &same))
            return false;
        places[n] = same;
        count += same == count;
    }
    model->layer_count = count;
    for (size_t s = 0; s < l->schedule->step_count; s++)
        if (l->schedule->steps[s].kind == STEP_KERNEL)
            l->schedule->steps[s].kernel.layer = places[l->schedule->steps[s].kernel.layer];
    return true;
}
