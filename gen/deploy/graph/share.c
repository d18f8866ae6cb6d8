/* SPDX-License-Identifier: MIT */
/* Kernels that have the same cell and the same weights, as unrolled layers have one in each step:
 * they are one, and its weights are stored once. */
#include "deploy/graph/lower.h"

#include <stdlib.h>
#include <string.h>

/* How many numbers each learned matrix or vector has; false: the cell cannot be read. */
static bool count_numbers(struct lowering *l, const struct deploy_layer *layer,
                          size_t counts[PARAMS_MAX], size_t *param_count)
{
    struct graph *graph = source_parse(&layer->passes[0].cell, layer->size, l->failure);
    if (!graph)
        return false;
    *param_count = (size_t)graph->param_count;
    for (int i = 0; i < graph->param_count; i++) {
        const struct param *param = &graph->params[i];
        const double cols = param->cols < 0 ? 1 : layer->size[graph_extent(graph, param->cols)];
        counts[i] = (size_t)(layer->size[graph_extent(graph, param->rows)] * cols);
    }
    graph_free(graph);
    return true;
}

static bool same_cell(const struct deploy_layer *a, const struct deploy_layer *b)
{
    const struct source *one = &a->passes[0].cell, *other = &b->passes[0].cell;
    return !a->has_bytes && !b->has_bytes && a->is_work == b->is_work &&
           a->is_product == b->is_product && a->is_exact == b->is_exact && a->type == b->type &&
           !memcmp(a->size, b->size, sizeof a->size) && one->length == other->length &&
           !memcmp(one->text, other->text, one->length);
}

static bool same_weights(const struct deploy_layer *a, const struct deploy_layer *b,
                         const size_t *counts, size_t param_count)
{
    bool same = true;
    for (size_t i = 0; i < param_count && same; i++) {
        const float *one = a->passes[0].params[i].data, *other = b->passes[0].params[i].data;
        same = one == other || (one && other && !memcmp(one, other, counts[i] * sizeof *one));
    }
    return same;
}

/* The layer before a number that is the same; or the number. */
static bool find_same(struct lowering *l, size_t number, size_t *found)
{
    const struct deploy_layer *layers = l->model->layers;
    size_t counts[PARAMS_MAX], param_count = 0;
    bool counted = false;
    for (*found = 0; *found < number; ++*found) {
        if (!same_cell(&layers[*found], &layers[number]))
            continue;
        if (!counted && !count_numbers(l, &layers[number], counts, &param_count))
            return false;
        counted = true;
        if (same_weights(&layers[*found], &layers[number], counts, param_count))
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
