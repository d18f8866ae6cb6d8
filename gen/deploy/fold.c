/* SPDX-License-Identifier: MIT */
/* Heads in a graph of any kind. From each recurrent node on, a chain is walked as far as nothing
 * else uses the values on it; what is then part of the node's cell is its head. What a chain
 * refuses, and what would not fit a batch, ends the walk. */
#include "deploy/fold.h"
#include "deploy/product.h"
#include "onnx/memory.h"

#include <stdlib.h>
#include <string.h>

/* A walk goes through the whole graph, and each head may be a kernel to compile: this many
 * recurrent nodes of a model get one, so that no file makes more work than that. */
enum { WALKS_MAX = 64 };

/* Nodes that may stand between the layer and the end of its head. */
static const struct {
    const char *op;
    bool (*take)(struct chain *chain);
} operators[] = {
    {"Identity", NULL},
    {"Dropout", chain_dropout},
    {"Transpose", chain_transpose},
    {"Squeeze", chain_squeeze},
    {"Unsqueeze", chain_unsqueeze},
    {"MatMul", chain_matmul},
    {"Gemm", chain_gemm},
    {"Add", chain_add},
    {"Relu", chain_function},
    {"Sigmoid", chain_function},
    {"Tanh", chain_function},
};

struct folding {
    const onnx_model *onnx;
    struct chain chain;
    size_t *uses; /* of every value */
    struct fold *folds;
    const struct fold **inside;
};

/* ---- Uses ---- */

static void count_uses(const onnx_graph *graph, size_t *uses)
{
    for (size_t n = 0; n < graph->node_count; n++) {
        const onnx_node *node = &graph->nodes[n];
        for (size_t i = 0; i < node->input_count; i++)
            if (node->inputs[i] >= 0)
                uses[node->inputs[i]]++;
        for (size_t b = 0; b < 2 && node->branch[b]; b++)
            count_uses(node->branch[b], uses);
    }
    for (size_t i = 0; i < graph->output_count; i++)
        uses[graph->outputs[i]]++;
}

/* The node after `n` that takes a value which nothing else does; NULL: there is none. */
static const onnx_node *find_next(const struct folding *folding, const onnx_graph *graph, size_t n,
                                  int value)
{
    const onnx_node *found = NULL;
    for (n++; folding->uses[value] == 1 && n < graph->node_count && !found; n++)
        for (size_t i = 0; i < graph->nodes[n].input_count; i++)
            if (graph->nodes[n].inputs[i] == value)
                found = &graph->nodes[n];
    for (size_t i = 1; found && i < found->output_count; i++)
        if (found->outputs[i] >= 0 && folding->uses[found->outputs[i]])
            return NULL;
    return found;
}

/* ---- The walk ---- */

/* The value that a Transpose made this one of, and its axes; else the value itself. */
static int find_source(const onnx_graph *graph, int value, const struct axes *axes,
                       struct axes *source)
{
    *source = *axes;
    for (size_t n = 0; n < graph->node_count; n++) {
        const onnx_node *node = &graph->nodes[n];
        const onnx_attribute *perm = onnx_attribute_find(node, "perm");
        if (strcmp(node->op, "Transpose") != 0 || node->input_count == 0 || node->inputs[0] < 0 ||
            node->output_count == 0 || node->outputs[0] != value || !perm ||
            perm->int_count != axes->rank)
            continue;
        for (size_t i = 0; i < axes->rank; i++)
            if (perm->ints[i] >= 0 && perm->ints[i] < (int64_t)axes->rank)
                source->axis[perm->ints[i]] = axes->axis[i];
        return node->inputs[0];
    }
    return value;
}

/* Whether a value is an input of the model whose batch is declared to be one. */
static bool is_one_row(const onnx_model *onnx, int value, const struct axes *axes)
{
    const onnx_value *declared = &onnx->values[value];
    bool is_input = false, is_one = false;
    for (size_t i = 0; i < onnx->graph.input_count; i++)
        is_input |= onnx->graph.inputs[i] == value;
    for (size_t i = 0; i < axes->rank && declared->has_shape && declared->rank == axes->rank; i++)
        is_one |= axes->axis[i].kind == AXIS_BATCH && declared->dims[i] == 1;
    return is_input && is_one;
}

/* What a recurrent node is given, what that was turned from, and what it gives. */
struct ends {
    struct axes x, source, y;
    int source_value;
};

static void find_ends(const struct folding *folding, const onnx_graph *graph,
                      const onnx_recurrent *recurrent, struct ends *ends)
{
    const bool first = recurrent->batch_first;
    const struct axis one = axis_of(AXIS_ONE, 1, 0), time = {AXIS_TIME, 0, 0, 0},
                      inputs = axis_of(AXIS_UNIT, recurrent->I, 2),
                      units = axis_of(AXIS_UNIT, recurrent->H, 2);
    struct axis batch = {AXIS_BATCH, 0, 1, 0};
    for (int k = 0; k < 2; k++) { /* again where the batch turns out to be one */
        const struct axes x[] = {{3, {time, batch, inputs}}, {3, {batch, time, inputs}}};
        const struct axes y[] = {{4, {time, one, batch, units}}, {4, {batch, time, one, units}}};
        ends->x = x[first];
        ends->y = y[first];
        ends->source_value = find_source(graph, recurrent->x, &ends->x, &ends->source);
        if (is_one_row(folding->onnx, ends->source_value, &ends->source))
            batch = one;
    }
}

/* The layer by itself, where it may have a head. */
static bool begin(struct folding *folding, const onnx_recurrent *recurrent, const struct ends *ends)
{
    struct chain *chain = &folding->chain;
    struct deploy_layer *layer = &chain->model->layers[0];
    if (!recurrent->weights_known || recurrent->type || recurrent->directions != 1 ||
        recurrent->sequence_lens >= 0 || recurrent->y < 0)
        return false;
    *layer = (struct deploy_layer){.size = {1, (double)recurrent->I, (double)recurrent->H},
                                   .pass_count = 1};
    layer->passes[0].cell.text = (char *)recurrent->pass[0].cell;
    chain->model->layer_count = 1;
    chain->axes = ends->y;
    chain->value = recurrent->y;
    chain->fed = recurrent->x;
    chain->before = NULL;
    chain->product = NULL;
    chain->known[ends->source_value] = (struct known){.is_rows = true, .axes = ends->source};
    chain->known[recurrent->x] = (struct known){.is_rows = true, .axes = ends->x};
    return true;
}

/* Takes the next node, where the rules of chains allow it and do not ask for one row a call. */
static bool take(struct chain *chain, const onnx_node *node)
{
    const bool multiplies = !strcmp(node->op, "MatMul") || !strcmp(node->op, "Gemm");
    const bool squeezes_any = !strcmp(node->op, "Squeeze") && node->input_count == 1 &&
                              !onnx_attribute_find(node, "axes");
    const size_t rank = chain->axes.rank;
    size_t i = 0;
    while (i < sizeof operators / sizeof *operators && strcmp(operators[i].op, node->op) != 0)
        i++;
    if (i == sizeof operators / sizeof *operators || squeezes_any ||
        (chain->product && multiplies) || node->output_count == 0 ||
        (node->inputs[0] != chain->value && strcmp(node->op, "Add") != 0))
        return false;
    chain->node = node;
    if (operators[i].take && !operators[i].take(chain))
        return false;
    chain->value = node->outputs[0];
    return chain->value >= 0 && (strcmp(node->op, "Add") != 0 || chain->axes.rank == rank);
}

/* Whether the chain is at the end of a head, a row of which lies in one piece. */
static bool is_whole(const struct chain *chain)
{
    bool together = true;
    for (size_t i = 0; i + 1 < chain->axes.rank; i++)
        together &= chain->axes.axis[i].kind != AXIS_UNIT;
    return chain->product && !chain->before && together;
}

/* ---- What is found ---- */

static void note_fold(const struct folding *folding, const onnx_recurrent *recurrent,
                      struct fold *fold)
{
    const struct chain *chain = &folding->chain;
    const struct product *product = chain->product;
    const char *cell = chain->model->layers[0].passes[0].cell.text, *name = strchr(cell, ' ');
    onnx_pass *pass = &fold->pass;
    name += strspn(name, " ");
    *pass = recurrent->pass[0];
    pass->cell = cell;
    pass->name = onnx_format(folding->onnx->memory, "%.*s", (int)strcspn(name, "\n"), name);
    pass->weights[pass->weight_count++] = (onnx_weight){
        .name = "D", .rows = product->outputs, .cols = product->inputs, .data = product->matrix};
    if (product->bias)
        pass->weights[pass->weight_count++] =
            (onnx_weight){.name = "d", .rows = product->outputs, .cols = 1, .data = product->bias};
    fold->outputs = product->outputs;
    fold->has_projection = !product->skip;
    fold->value = pass->name ? chain->value : -1; /* there is memory, or no fold */
    fold->axes = chain->axes;
}

static void note_inside(const struct folding *folding, const onnx_graph *graph, size_t n, int from,
                        const struct fold *fold)
{
    for (int value = from; value != fold->value;) {
        const onnx_node *node = find_next(folding, graph, n, value);
        value = node->outputs[0];
        folding->inside[value] = fold;
    }
}

static void fold_node(struct folding *folding, const onnx_graph *graph, size_t n)
{
    struct chain *chain = &folding->chain;
    const onnx_recurrent *recurrent = graph->nodes[n].recurrent;
    struct fold *fold = &folding->folds[recurrent->index];
    struct ends ends;
    find_ends(folding, graph, recurrent, &ends);
    if (!begin(folding, recurrent, &ends))
        return;
    const onnx_node *node = find_next(folding, graph, n, chain->value);
    while (node && take(chain, node)) {
        if (is_whole(chain))
            note_fold(folding, recurrent, fold);
        node = find_next(folding, graph, n, chain->value);
    }
    chain->known[ends.source_value].is_rows = chain->known[recurrent->x].is_rows = false;
    if (fold->value >= 0)
        note_inside(folding, graph, n, recurrent->y, fold);
}

static void fold_graph(struct folding *folding, const onnx_graph *graph)
{
    for (size_t n = 0; n < graph->node_count; n++) {
        const onnx_node *node = &graph->nodes[n];
        for (size_t b = 0; b < 2 && node->branch[b]; b++)
            fold_graph(folding, node->branch[b]);
        if (node->recurrent && node->recurrent->index < WALKS_MAX)
            fold_node(folding, graph, n);
    }
}

bool fold_find(const onnx_model *onnx, struct fold *folds, const struct fold **inside,
               struct failure *failure)
{
    struct failure refusal;
    struct folding folding = {
        .onnx = onnx,
        .chain = {.onnx = onnx,
                  .model = calloc(1, sizeof *folding.chain.model),
                  .failure = &refusal,
                  .known = calloc(onnx->value_count + 1, sizeof *folding.chain.known)},
        .uses = calloc(onnx->value_count + 1, sizeof *folding.uses),
        .folds = folds,
        .inside = inside};
    const bool ready = folding.chain.model && folding.chain.known && folding.uses;
    for (size_t i = 0; i < onnx->recurrent_count; i++)
        folds[i].value = -1;
    if (ready) {
        count_uses(&onnx->graph, folding.uses);
        fold_graph(&folding, &onnx->graph);
    }
    free(folding.chain.model);
    free(folding.chain.known);
    free(folding.uses);
    return ready || fail_memory(failure);
}
