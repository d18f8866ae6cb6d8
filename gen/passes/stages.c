/* SPDX-License-Identifier: MIT */
/* The passes that decide in which phase each node is computed. */
#include "passes/passes.h"

#include <stdlib.h>
#include <string.h>

struct visit {
    const struct graph *graph;
    int *stage;
    int node;
    int result;
    bool *kept; /* of every node: in memory */
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
        fixed[n] |= graph->soon || graph->nodes[n].stored || (named && graph->nodes[n].origin);
        if (uses[n] > 0 && graph->nodes[n].op == OP_SUM)
            graph_operands(graph, n, mark_operand, fixed);
    }
    memset(stage, -1, (size_t)graph->count * sizeof *stage);
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

/* ---- As soon, or as late as it can be ---- */

static void keep_crossing(void *context, int operand)
{
    struct visit *visit = context;
    const bool is_operand = visit->graph->nodes[visit->node].op == OP_SUM;
    if (!graph_is_leaf(visit->graph, operand) &&
        (is_operand || visit->stage[operand] < visit->result))
        visit->kept[operand] = true;
}

/* How many values must be kept in memory between phases. */
static size_t count_kept(const struct graph *graph)
{
    int *stage = calloc(NODES_MAX, sizeof *stage), *uses = calloc(NODES_MAX, sizeof *uses);
    bool *kept = calloc(NODES_MAX, sizeof *kept);
    size_t count = 0;
    if (!stage || !uses || !kept)
        abort();
    graph_count_uses(graph, uses);
    pass_stages(graph, true, stage);
    for (int n = 0; n < graph->count; n++) {
        struct visit visit = {graph, stage, n, stage[n], kept};
        if (uses[n] > 0)
            graph_operands(graph, n, keep_crossing, &visit);
    }
    for (int i = 0; i < graph->output_count; i++)
        kept[graph->outputs[i]] = true;
    for (int s = 0; s < graph->state_count; s++)
        kept[graph->states[s].next] = false;
    for (int n = 0; n < graph->count; n++)
        count += kept[n];
    free(stage);
    free(uses);
    free(kept);
    return count;
}

void pass_soon(struct graph *graph)
{
    const size_t late = count_kept(graph);
    if (late <= WEIR_VALUES_MAX)
        return;
    graph->soon = true;
    graph->soon = count_kept(graph) < late;
}
