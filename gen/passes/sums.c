/* SPDX-License-Identifier: MIT */
/* The pass that finds the accumulators. In `Wi@x + pi*c + Ui@h + bi` the terms Wi@x, Ui@h and bi
 * become one sum, to which pi*c is added after. The order within a sum is fixed here, once: vectors
 * as they are written; then products, those of the input first, those of states in the order of
 * their declaration, those of named values last. */
#include "passes/passes.h"

#include <stdlib.h>
#include <string.h>

enum { LEAVES_MAX = 64 };

struct gather {
    struct graph *graph;
    const int *uses;
    int leaves[LEAVES_MAX];
    size_t count;
};

/* The terms of a chain of additions that nothing else uses. */
static bool gather_terms(struct gather *gather, int node, int depth)
{
    const struct node *n = &gather->graph->nodes[node];
    if (n->op == OP_ADD && (depth == 0 || gather->uses[node] == 1))
        return gather_terms(gather, n->arg[0], depth + 1) &&
               gather_terms(gather, n->arg[1], depth + 1);
    if (gather->count == LEAVES_MAX)
        return false;
    gather->leaves[gather->count++] = node;
    return true;
}

/* Where a product stands in the order of a sum. */
static int operand_rank(const struct graph *graph, int operand)
{
    const struct node *n = &graph->nodes[operand];
    return n->op == OP_INPUT ? -1 : n->op == OP_STATE ? n->index : WEIR_STATES_MAX + operand;
}

static void add_product(const struct graph *graph, struct sum *sum, int param, int operand)
{
    size_t at = sum->products++;
    for (; at > 0 && operand_rank(graph, sum->operand[at - 1]) > operand_rank(graph, operand);
         at--) {
        sum->product[at] = sum->product[at - 1];
        sum->operand[at] = sum->operand[at - 1];
    }
    sum->product[at] = param;
    sum->operand[at] = operand;
}

/* The sum of those leaves that are products or vectors, plus the others in their order; -1 where no
 * leaf is a product. */
static int build_sum(struct gather *gather, const int *map)
{
    struct graph *graph = gather->graph;
    struct sum sum = {.scale = -1};
    int others[LEAVES_MAX];
    size_t other_count = 0;
    int extent = -1;
    for (size_t i = 0; i < gather->count; i++) {
        const int leaf = gather->leaves[i];
        const struct node *n = &graph->nodes[leaf];
        extent = extent < 0 ? n->extent : extent;
        if (n->op == OP_PRODUCT && gather->uses[leaf] == 1 && sum.products < TERMS_MAX)
            add_product(graph, &sum, n->index, map[n->arg[0]]);
        else if (n->op == OP_VECTOR && sum.vectors < TERMS_MAX)
            sum.vector[sum.vectors++] = leaf;
        else
            others[other_count++] = map[leaf];
    }
    if (sum.products == 0)
        return -1;
    int node = graph_sum(graph, &sum, extent);
    for (size_t i = 0; i < other_count; i++)
        node = graph_op(graph, OP_ADD, node, others[i], -1);
    return node;
}

static int single_product(struct graph *graph, int node, const int *map)
{
    struct sum sum = {.scale = -1};
    add_product(graph, &sum, graph->nodes[node].index, map[graph->nodes[node].arg[0]]);
    return graph_sum(graph, &sum, graph->nodes[node].extent);
}

void pass_sums(struct graph *graph)
{
    int *uses = calloc(NODES_MAX, sizeof *uses), *map = calloc(NODES_MAX, sizeof *map);
    if (!uses || !map)
        abort();
    graph_count_uses(graph, uses);
    const int count = graph->count;
    for (int n = 0; n < count; n++) {
        const struct node node = graph->nodes[n];
        int built = -1;
        struct gather gather = {.graph = graph, .uses = uses};
        if (uses[n] == 0) {
            map[n] = n;
            continue;
        }
        if (node.op == OP_ADD && gather_terms(&gather, n, 0))
            built = build_sum(&gather, map);
        else if (node.op == OP_PRODUCT)
            built = single_product(graph, n, map);
        map[n] = built >= 0 ? built : graph_rebuild(graph, n, map);
        graph_name(graph, map[n], node.origin, node.role);
    }
    graph_remap(graph, map);
    free(uses);
    free(map);
}
