/* SPDX-License-Identifier: MIT */
/* weir-gen --dump: the graph of a cell as maths that the cell language could read again, but for
 * operations that start with _. An expression that is used more than once gets a name, so that the
 * text stays as small as the graph. */
#include "dump.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum binding_power { POWER_SUM = 1, POWER_TERM, POWER_FACTOR };

static const char *const extent_names[] = {"1", "I", "H", "P"};

struct dump {
    const struct graph *graph;
    char (*name)[NODE_NAME_SIZE +
                 1]; /* of each node that has a line of its own, once it is printed */
    int *uses;
    int next, shared; /* the next node to look at; how many got a name here */
    struct text *out;
};

static void dump_node(const struct dump *dump, int node, int power);

static void dump_operator(const struct dump *dump, const struct node *n, int power)
{
    const int own = n->op == OP_ADD || n->op == OP_SUB ? POWER_SUM : POWER_TERM;
    text_add(dump->out, own < power ? "(" : "");
    dump_node(dump, n->arg[0], own);
    text_add(dump->out, own == POWER_SUM ? " %s " : "%s", op_spelling(n->op));
    dump_node(dump, n->arg[1], own + 1);
    text_add(dump->out, own < power ? ")" : "");
}

static void dump_call(const struct dump *dump, const struct node *n)
{
    text_add(dump->out, "%s(", op_spelling(n->op));
    for (size_t i = 0; i < op_arity(n->op); i++) {
        text_add(dump->out, i ? ", " : "");
        dump_node(dump, n->arg[i], 0);
    }
    text_add(dump->out, ")");
}

/* The expression of a node, or its name. */
static void dump_node(const struct dump *dump, int node, int power)
{
    const struct graph *graph = dump->graph;
    const struct node *n = &graph->nodes[node];
    struct text *out = dump->out;
    if (dump->name[node][0]) {
        text_add(out, "%s", dump->name[node]);
        return;
    }
    switch (n->op) {
    case OP_NUMBER:
        text_add(out, n->number < 0 ? "(%.9g)" : "%.9g", n->number);
        break;
    case OP_SIZE:
        text_add(out, "%s", extent_names[n->index]);
        break;
    case OP_INPUT:
        text_add(out, "%s", graph->input_name);
        break;
    case OP_STATE:
        text_add(out, "%s", graph->states[n->index].name);
        break;
    case OP_VECTOR:
        text_add(out, "%s", graph->params[n->index].name);
        break;
    case OP_PRODUCT:
        text_add(out, "%s@", graph->params[n->index].name);
        dump_node(dump, n->arg[0], POWER_FACTOR + 1);
        break;
    case OP_ADD:
    case OP_SUB:
    case OP_MUL:
    case OP_DIV:
        dump_operator(dump, n, power);
        break;
    case OP_NEG:
        text_add(out, power > 0 ? "(-" : "-");
        dump_node(dump, n->arg[0], POWER_FACTOR);
        text_add(out, power > 0 ? ")" : "");
        break;
    default:
        dump_call(dump, n);
    }
}

static void dump_line(struct dump *dump, int node, const char *name)
{
    text_add(dump->out, "%s = ", name);
    dump_node(dump, node, 0);
    text_add(dump->out, "\n");
    if (!dump->name[node][0] && !graph_is_leaf(dump->graph, node))
        snprintf(dump->name[node], sizeof dump->name[node], "%s", name);
}

static bool is_name(const struct graph *graph, const char *name)
{
    bool found = !strcmp(graph->input_name, name);
    for (int s = 0; s < graph->state_count; s++)
        found |= !strcmp(graph->states[s].name, name);
    for (int p = 0; p < graph->param_count; p++)
        found |= !strcmp(graph->params[p].name, name);
    for (int v = 0; v < graph->named_count; v++)
        found |= !strcmp(graph->named_as[v], name);
    return found;
}

/* Lines for what precedes a node, is used more than once and has no name: t1, t2 ... */
static void dump_shared(struct dump *dump, int node)
{
    for (; dump->next < node; dump->next++) {
        if (dump->uses[dump->next] < 2 || dump->name[dump->next][0] ||
            graph_is_leaf(dump->graph, dump->next))
            continue;
        char name[NAME_SIZE];
        do
            snprintf(name, sizeof name, "t%d", ++dump->shared);
        while (is_name(dump->graph, name));
        dump_line(dump, dump->next, name);
    }
}

static void dump_declarations(const struct graph *graph, struct text *out)
{
    text_add(out, "cell  %s\ninput %s\nstate ", graph->name, graph->input_name);
    for (int s = 0; s < graph->state_count; s++)
        text_add(out, "%s%s[%s]", s ? ", " : "", graph->states[s].name,
                 extent_names[graph_extent(graph, graph->states[s].extent)]);
    text_add(out, "\n\n# learned\n");
    for (int p = 0; p < graph->param_count; p++) {
        const struct param *param = &graph->params[p];
        text_add(out, "#   %s[%s]", param->name, extent_names[graph_extent(graph, param->rows)]);
        if (param->is_matrix)
            text_add(out, "[%s]", extent_names[graph_extent(graph, param->cols)]);
        text_add(out, "\n");
    }
    text_add(out, "\n");
}

void dump_graph(const struct graph *graph, struct text *out)
{
    struct dump dump = {.graph = graph,
                        .name = calloc(NODES_MAX, sizeof *dump.name),
                        .uses = calloc(NODES_MAX, sizeof *dump.uses),
                        .out = out};
    if (!dump.name || !dump.uses)
        abort();
    graph_count_uses(graph, dump.uses);
    dump_declarations(graph, out);
    for (int v = 0; v < graph->named_count; v++) {
        const char *name = graph->named_as[v];
        const int node = graph->named[v];
        dump_shared(&dump, node);
        /* Another name for something needs no line, unless it is a next state. */
        if (strchr(name, '\'') || !(dump.name[node][0] || graph_is_leaf(graph, node)))
            dump_line(&dump, node, name);
    }
    free(dump.name);
    free(dump.uses);
}
