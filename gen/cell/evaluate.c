/* SPDX-License-Identifier: MIT */
/* Evaluating the graph of a cell, as it is before the passes that prepare it for kernels. */
#include "cell/evaluate.h"

#include "common/hash.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Kinks are where the operands in these places are equal; the place past all operands holds 0. */
enum { ZERO_PLACE = 3 };
static const struct {
    bool has_kink;
    int left, right;
} kinks[OP_COUNT] = {
    [OP_MIN] = {true, 0, 1},
    [OP_MAX] = {true, 0, 1},
    [OP_ABS] = {true, 0, ZERO_PLACE},
    [OP_WHERE] = {true, 1, 2},
};

size_t evaluation_extent(const struct graph *graph, int extent)
{
    return (size_t)graph->size[graph_extent(graph, extent)];
}

struct evaluation evaluation_create(const struct graph *graph)
{
    struct evaluation evaluation = {.graph = graph, .stride = 1};
    for (int extent = WEIR_I; extent <= WEIR_P; extent++)
        if (evaluation_extent(graph, extent) > evaluation.stride)
            evaluation.stride = evaluation_extent(graph, extent);
    evaluation.uses = calloc(NODES_MAX, sizeof *evaluation.uses);
    const size_t count = (size_t)graph->count * evaluation.stride;
    evaluation.values = malloc(count * sizeof *evaluation.values);
    if (!evaluation.uses || !evaluation.values)
        abort();
    for (size_t i = 0; i < count; i++) /* what is past the extent of a node is not to be used */
        evaluation.values[i] = NAN;
    graph_count_uses_saving(graph, evaluation.uses);
    return evaluation;
}

void evaluation_free(struct evaluation *evaluation)
{
    free(evaluation->uses);
    free(evaluation->values);
}

const double *evaluation_value(const struct evaluation *evaluation, int node)
{
    return evaluation->values + (size_t)node * evaluation->stride;
}

/* value += matrix @ operand */
static void add_product(const struct evaluation *e, int param, int operand, double *value)
{
    const struct param *p = &e->graph->params[param];
    const size_t rows = evaluation_extent(e->graph, p->rows);
    const size_t cols = evaluation_extent(e->graph, p->cols);
    const double *matrix = e->param[param], *v = evaluation_value(e, operand);
    for (size_t row = 0; row < rows; row++)
        for (size_t col = 0; col < cols; col++)
            value[row] +=
                (e->transposed ? matrix[col * rows + row] : matrix[row * cols + col]) * v[col];
}

static void evaluate_sum(const struct evaluation *e, const struct sum *sum, size_t extent,
                         double *value)
{
    memset(value, 0, extent * sizeof *value);
    for (size_t i = 0; i < sum->vectors; i++)
        for (size_t k = 0; k < extent; k++)
            value[k] += evaluation_value(e, sum->vector[i])[k];
    for (size_t i = 0; i < sum->products; i++)
        add_product(e, sum->product[i], sum->operand[i], value);
}

/* An elementwise operation; the sides of its kinks go into the hash. */
static uint64_t evaluate_operation(const struct evaluation *e, const struct node *n, size_t extent,
                                   double *value, uint64_t hash)
{
    for (size_t k = 0; k < extent; k++) {
        double v[ZERO_PLACE + 1] = {0};
        for (size_t i = 0; i < op_arity(n->op); i++)
            v[i] = evaluation_value(e, n->arg[i])[graph_is_constant(e->graph, n->arg[i]) ? 0 : k];
        value[k] = op_value(n->op, v[0], v[1], v[2]);
        if (kinks[n->op].has_kink) {
            const double left = v[kinks[n->op].left], right = v[kinks[n->op].right];
            const unsigned char side = left < right ? 1 : left > right ? 2 : 3;
            hash = hash_bytes(hash, &side, 1);
        }
    }
    return hash;
}

uint64_t evaluate(struct evaluation *e)
{
    uint64_t hash = HASH_START;
    for (int node = 0; node < e->graph->count; node++) {
        const struct node *n = &e->graph->nodes[node];
        const size_t extent = evaluation_extent(e->graph, n->extent);
        double *value = e->values + (size_t)node * e->stride;
        const double *leaf = n->op == OP_INPUT    ? e->input
                             : n->op == OP_STATE  ? e->state[n->index]
                             : n->op == OP_GIVEN  ? e->given[n->index]
                             : n->op == OP_VECTOR ? e->param[n->index]
                                                  : NULL;
        if (e->uses[node] == 0)
            continue;
        if (graph_is_constant(e->graph, node)) {
            *value = n->number;
        } else if (leaf) {
            memcpy(value, leaf, extent * sizeof *value);
        } else if (n->op == OP_PRODUCT) {
            memset(value, 0, extent * sizeof *value);
            add_product(e, n->index, n->arg[0], value);
        } else if (n->op == OP_SUM) {
            evaluate_sum(e, &e->graph->sums[n->index], extent, value);
        } else {
            hash = evaluate_operation(e, n, extent, value, hash);
        }
    }
    return hash;
}
