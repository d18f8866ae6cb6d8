/* SPDX-License-Identifier: MIT */
/* The pass that fuses multiplications and additions: a*b + c is rounded once, on every ISA. */
#include "passes/passes.h"

#include <stdlib.h>

static bool is_free_product(const struct graph *graph, const int *uses, int node)
{
    const struct node *n = &graph->nodes[node];
    return n->op == OP_MUL && uses[node] == 1 && !n->stored && !graph_is_constant(graph, node);
}

static int contract(struct graph *graph, const int *uses, int node, const int *map)
{
    const struct node n = graph->nodes[node];
    const int a = n.arg[0], b = n.arg[1];
    if (n.op != OP_ADD && n.op != OP_SUB)
        return graph_rebuild(graph, node, map);
    const bool first = is_free_product(graph, uses, a);
    if (!first && !is_free_product(graph, uses, b))
        return graph_rebuild(graph, node, map);
    const struct node *product = &graph->nodes[first ? a : b];
    const enum op op = n.op == OP_ADD ? OP_FMA : first ? OP_FMS : OP_FNMA;
    const int built =
        graph_op(graph, op, map[product->arg[0]], map[product->arg[1]], map[first ? b : a]);
    graph_name(graph, built, n.origin, n.role);
    graph->nodes[built].stored |= n.stored;
    return built;
}

void pass_contract(struct graph *graph)
{
    int *uses = calloc(NODES_MAX, sizeof *uses), *map = calloc(NODES_MAX, sizeof *map);
    int *all = calloc(NODES_MAX, sizeof *all);
    if (!uses || !map || !all)
        abort();
    graph_count_uses_saving(graph, all);
    graph_count_uses(graph, uses);
    const int count = graph->count;
    for (int n = 0; n < count; n++)
        map[n] = all[n] > 0 ? contract(graph, uses, n, map) : n;
    graph_remap(graph, map);
    free(all);
    free(uses);
    free(map);
}
