/* SPDX-License-Identifier: MIT */
/* The pass that decides in which phase each node is computed. */
#include "passes/passes.h"

#include <stdlib.h>
#include <string.h>

struct visit {
    const struct graph *graph;
    int *stage;
    int node;
    int result;
};

static void raise_stage(void *context, int operand)
{
    struct visit *visit = context;
    const struct node *n = &visit->graph->nodes[operand];
    const bool waits = visit->graph->nodes[visit->node].op == OP_SUM && n->op != OP_VECTOR &&
                       !graph_is_leaf(visit->graph, operand);
    const int ready = visit->stage[operand] + waits;
    if (ready > visit->result)
        visit->result = ready;
}

/* The latest stage that this user allows its operand. */
static void lower_stage(void *context, int operand)
{
    struct visit *visit = context;
    int *latest = visit->stage;
    if (latest[operand] < 0 || visit->result < latest[operand])
        latest[operand] = visit->result;
}

static void mark_operand(void *context, int operand)
{
    ((bool *)context)[operand] = true;
}

void pass_stages(const struct graph *graph, bool named, int *stage)
{
    int *soonest = calloc(NODES_MAX, sizeof *soonest), *uses = calloc(NODES_MAX, sizeof *uses);
    bool *fixed = calloc(NODES_MAX, sizeof *fixed);
    if (!soonest || !uses || !fixed)
        abort();
    graph_count_uses(graph, uses);
    for (int n = 0; n < graph->count; n++) {
        struct visit visit = {.graph = graph, .stage = soonest, .node = n};
        graph_operands(graph, n, raise_stage, &visit);
        soonest[n] = visit.result;
        fixed[n] |= graph->nodes[n].stored || (named && graph->nodes[n].origin);
        if (uses[n] > 0 && graph->nodes[n].op == OP_SUM)
            graph_operands(graph, n, mark_operand, fixed);
    }
    memset(stage, -1, NODES_MAX * sizeof *stage);
    for (int s = 0; s < graph->state_count; s++) {
        const int next = graph->states[s].next;
        fixed[next] = true;
        stage[next] = soonest[next];
    }
    for (int i = 0; i < graph->output_count; i++)
        fixed[graph->outputs[i]] = true;
    for (int n = graph->count - 1; n >= 0; n--) {
        if (uses[n] == 0)
            continue;
        if (fixed[n])
            stage[n] = soonest[n];
        struct visit visit = {.graph = graph, .stage = stage, .node = n, .result = stage[n]};
        graph_operands(graph, n, lower_stage, &visit);
    }
    free(soonest);
    free(uses);
    free(fixed);
}
