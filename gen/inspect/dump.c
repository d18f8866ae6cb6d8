/* SPDX-License-Identifier: MIT */
/* weir-gen --dump: the graph of a cell as maths that the cell language could read again, but for
 * operations that start with _; and its gradient, in the same hand, with transposed matrices. An
 * expression that is used more than once, or that the step backward is given, gets a name, so that
 * the text stays as small as the graph. A name means one thing in all of the text. */
#include "inspect/dump.h"

#include "passes/derive.h"
#include "passes/passes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum binding_power { POWER_SUM = 1, POWER_TERM, POWER_FACTOR };

enum { SHOWN_SIZE = ORIGIN_SIZE + 16 };

struct dump {
    const struct graph *graph;
    const char *mark; /* after the name of a matrix */
    char (*name)[SHOWN_SIZE]; /* of each node that has a line of its own, once it is printed, and of
                               * leaves that have another name than in the graph */
    int *uses;
    int next, shared; /* the next node to look at; how many got a name here */
    struct text *out, *taken; /* taken: every name there is, a line each */
};

static void dump_node(const struct dump *dump, int node, int power);

static void dump_operator(const struct dump *dump, const struct node *n, int power)
{
    const int own = n->op == OP_ADD || n->op == OP_SUB ? POWER_SUM : POWER_TERM;
    const struct node *right = &dump->graph->nodes[n->arg[1]];
    /* What the rules add is often the negative of something. */
    const bool subtracts =
        dump->mark[0] && n->op == OP_ADD && right->op == OP_NEG && !dump->name[n->arg[1]][0];
    text_add(dump->out, own < power ? "(" : "");
    dump_node(dump, n->arg[0], own);
    text_add(dump->out, own == POWER_SUM ? " %s " : "%s", subtracts ? "-" : op_spelling(n->op));
    dump_node(dump, subtracts ? right->arg[0] : n->arg[1], own + 1);
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

static void dump_sum(const struct dump *dump, const struct sum *sum, int power)
{
    const bool alone = sum->products + sum->vectors == 1;
    text_add(dump->out, !alone && power > POWER_SUM ? "(" : "");
    for (size_t i = 0; i < sum->products; i++) {
        text_add(dump->out, "%s%s%s@", i ? " + " : "", dump->graph->params[sum->product[i]].name,
                 dump->mark);
        dump_node(dump, sum->operand[i], POWER_FACTOR + 1);
    }
    for (size_t i = 0; i < sum->vectors; i++) {
        text_add(dump->out, sum->products + i ? " + " : "");
        dump_node(dump, sum->vector[i], POWER_FACTOR);
    }
    text_add(dump->out, !alone && power > POWER_SUM ? ")" : "");
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
        text_add(out, "%s", extent_name((enum weir_extent)n->index));
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
        text_add(out, "%s%s@", graph->params[n->index].name, dump->mark);
        dump_node(dump, n->arg[0], POWER_FACTOR + 1);
        break;
    case OP_SUM:
        dump_sum(dump, &graph->sums[n->index], power);
        break;
    case OP_COPY:
        dump_node(dump, n->arg[0], power);
        break;
    case OP_ZERO:
        text_add(out, "0");
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

/* ---- Names ---- */

static bool is_taken(const struct dump *dump, const char *name)
{
    char *line = text_format("\n%s\n", name);
    const bool found = strstr(dump->taken->chars, line);
    free(line);
    return found;
}

static bool is_state(const struct graph *graph, const char *name)
{
    bool found = false;
    for (int s = 0; s < graph->state_count; s++)
        found |= !strcmp(graph->states[s].name, name);
    return found;
}

/* Takes a name, or one like it that is free. The gradient of a state's next value has, in the
 * graph, the name of what the step after passed on, which is a part of it. */
static void take_name(const struct dump *dump, const char *name, char shown[SHOWN_SIZE])
{
    snprintf(shown, SHOWN_SIZE, "%s", name);
    if (is_taken(dump, shown) && is_state(dump->graph, name))
        snprintf(shown, SHOWN_SIZE, "%s_all", name);
    for (int number = 2; is_taken(dump, shown); number++)
        snprintf(shown, SHOWN_SIZE, "%s_%d", name, number);
    text_add(dump->taken, "%s\n", shown);
}

/* The names of a cell, which its file tells apart. */
static void take_names(const struct dump *dump)
{
    const struct graph *graph = dump->graph;
    text_add(dump->taken, "\n%s\n", graph->input_name);
    for (int s = 0; s < graph->state_count; s++)
        text_add(dump->taken, "%s\n", graph->states[s].name);
    for (int p = 0; p < graph->param_count; p++)
        text_add(dump->taken, "%s\n", graph->params[p].name);
    for (int v = 0; v < graph->named_count; v++)
        text_add(dump->taken, "%s\n", graph->named_as[v]);
}

/* ---- Lines ---- */

static void dump_extent(const struct graph *graph, int extent, struct text *out)
{
    text_add(out, "[%s]", extent_name(graph_extent(graph, extent)));
}

/* What is more than another name for a leaf: it is computed, or its size is told with its name. */
static bool wants_name(const struct graph *graph, int node)
{
    return !graph_is_leaf(graph, node) || graph->nodes[node].declared;
}

static void dump_line(struct dump *dump, int node, const char *name)
{
    const struct graph *graph = dump->graph;
    text_add(dump->out, "%s", name);
    if (graph->nodes[node].declared && !strchr(name, '\''))
        dump_extent(graph, graph->nodes[node].extent, dump->out);
    text_add(dump->out, " = ");
    dump_node(dump, node, 0);
    text_add(dump->out, "\n");
    if (!dump->name[node][0] && wants_name(graph, node))
        snprintf(dump->name[node], sizeof dump->name[node], "%s", name);
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
        while (is_taken(dump, name));
        text_add(dump->taken, "%s\n", name);
        dump_line(dump, dump->next, name);
    }
}

static void dump_head(const struct graph *graph, struct text *out)
{
    text_add(out, "cell  %s\ninput %s\nstate ", graph->name, graph->input_name);
    for (int s = 0; s < graph->state_count; s++) {
        text_add(out, "%s%s", s ? ", " : "", graph->states[s].name);
        dump_extent(graph, graph->states[s].extent, out);
    }
    text_add(out, "\n\n# learned\n");
    for (int p = 0; p < graph->param_count; p++) {
        const struct param *param = &graph->params[p];
        text_add(out, "#   %s", param->name);
        dump_extent(graph, param->rows, out);
        if (param->is_matrix)
            dump_extent(graph, param->cols, out);
        text_add(out, "\n");
    }
    text_add(out, "\n");
}

static struct dump dump_create(const struct graph *graph, const char *mark, struct text *out,
                               struct text *taken)
{
    struct dump dump = {.graph = graph,
                        .mark = mark,
                        .name = calloc(NODES_MAX, sizeof *dump.name),
                        .uses = calloc(NODES_MAX, sizeof *dump.uses),
                        .out = out,
                        .taken = taken};
    if (!dump.name || !dump.uses)
        abort();
    graph_count_uses(graph, dump.uses);
    /* What other graphs refer to needs a name, as what is used twice does. */
    for (int i = 0; i < graph->saved_count; i++)
        dump.uses[graph->saved[i]] += 2;
    for (int i = 0; i < graph->output_count; i++)
        dump.uses[graph->outputs[i]] += 2;
    return dump;
}

static void dump_free(struct dump *dump)
{
    free(dump->name);
    free(dump->uses);
}

static void dump_cell(struct dump *dump)
{
    const struct graph *graph = dump->graph;
    take_names(dump);
    dump_head(graph, dump->out);
    for (int v = 0; v < graph->named_count; v++) {
        const char *name = graph->named_as[v];
        const int node = graph->named[v];
        dump_shared(dump, node);
        /* Another name for something needs no line, unless it is a next state or says a size. */
        if (strchr(name, '\'') || (!dump->name[node][0] && wants_name(graph, node)))
            dump_line(dump, node, name);
    }
}

void dump_graph(const struct graph *graph, struct text *out)
{
    struct text taken = {0};
    struct dump dump = dump_create(graph, "", out, &taken);
    dump_cell(&dump);
    dump_free(&dump);
    text_free(&taken);
}

/* ---- The gradient ---- */

struct gradient {
    const struct derivation *derivation;
    struct dump forward, step, input;
    char prev[WEIR_STATES_MAX][SHOWN_SIZE]; /* names of the states before the step */
};

/* What is given, as a node of the step forward; and its name. */
static int given_node(const struct gradient *gradient, enum given_kind kind, int index)
{
    const struct graph *forward = gradient->forward.graph;
    return kind == GIVEN_PREV    ? forward->states[index].node
           : kind == GIVEN_NEXT  ? forward->states[index].next
           : kind == GIVEN_INPUT ? forward->input
                                 : forward->saved[index];
}

static void given_name(const struct gradient *gradient, enum given_kind kind, int index,
                       char shown[SHOWN_SIZE])
{
    const struct graph *forward = gradient->forward.graph;
    if (kind == GIVEN_PREV)
        snprintf(shown, SHOWN_SIZE, "%s", gradient->prev[index]);
    else if (kind == GIVEN_NEXT)
        snprintf(shown, SHOWN_SIZE, "%s'", forward->states[index].name);
    else if (kind == GIVEN_INPUT)
        snprintf(shown, SHOWN_SIZE, "%s", forward->input_name);
    else if (kind == GIVEN_VALUE)
        snprintf(shown, SHOWN_SIZE, "%s", gradient->forward.name[forward->saved[index]]);
    else
        snprintf(shown, SHOWN_SIZE, "%s",
                 gradient->step.name[gradient->derivation->step->outputs[index]]);
}

/* A line for a given value, unless there is one. */
static void declare_given(const struct gradient *gradient, enum given_kind kind, int index,
                          struct text *declared)
{
    char shown[SHOWN_SIZE];
    given_name(gradient, kind, index, shown);
    char *line = text_format("\n#   %s[", shown);
    if (!strstr(declared->chars, line)) {
        text_add(declared, "#   %s", shown);
        dump_extent(gradient->forward.graph,
                    gradient->forward.graph->nodes[given_node(gradient, kind, index)].extent,
                    declared);
        text_add(declared, "\n");
    }
    free(line);
}

static void dump_givens(const struct gradient *gradient)
{
    const struct derivation *derivation = gradient->derivation;
    struct text declared = {0};
    text_add(&declared, "\n# given by the step forward; _prev is before it\n");
    for (int g = 0; g < derivation->step->given_count; g++)
        declare_given(gradient, derivation->step->givens[g].kind, derivation->step->givens[g].index,
                      &declared);
    for (size_t i = 0; i < derivation->outer_count; i++)
        if (!derivation->outers[i].is_vector)
            declare_given(gradient, derivation->outers[i].kind, derivation->outers[i].index,
                          &declared);
    text_add(gradient->step.out, "%s\n", declared.chars);
    text_free(&declared);
}

/* Gives leaves that are given their names. */
static void name_givens(const struct gradient *gradient, struct dump *dump)
{
    for (int n = 0; n < dump->graph->count; n++) {
        const struct node *node = &dump->graph->nodes[n];
        if (node->op == OP_GIVEN)
            given_name(gradient, dump->graph->givens[node->index].kind,
                       dump->graph->givens[node->index].index, dump->name[n]);
    }
}

/* The gradients that a step begins with, and their declarations. */
static void dump_step_head(const struct gradient *gradient)
{
    const struct dump *step = &gradient->step;
    const struct graph *graph = step->graph;
    text_add(step->out, "\n# one step backward\ncell  %s_backward\ninput ", graph->name);
    take_name(step, graph->input_name, step->name[graph->input]);
    text_add(step->out, "%s", step->name[graph->input]);
    dump_extent(graph, graph->nodes[graph->input].extent, step->out);
    for (int s = 0; s < graph->state_count; s++) {
        char *name = step->name[graph->states[s].node];
        take_name(step, graph->states[s].name, name);
        text_add(step->out, "%s%s", s ? ", " : "\nstate ", name);
        dump_extent(graph, graph->states[s].extent, step->out);
    }
    text_add(step->out, "\n");
}

/* The state whose next value a node is by its name; -1: none. */
static int state_named(const struct graph *graph, int node, const char *name)
{
    const size_t length = strcspn(name, "'");
    for (int s = 0; s < graph->state_count; s++)
        if (graph->states[s].next == node && strlen(graph->states[s].name) == length &&
            !strncmp(graph->states[s].name, name, length))
            return s;
    return -1;
}

static void dump_step(struct dump *step)
{
    const struct graph *graph = step->graph;
    for (int v = 0; v < graph->named_count; v++) {
        const int node = graph->named[v], state = state_named(graph, node, graph->named_as[v]);
        char shown[SHOWN_SIZE] = "";
        dump_shared(step, node);
        if (state >= 0)
            snprintf(shown, sizeof shown, "%.*s'", SHOWN_SIZE - 2,
                     step->name[graph->states[state].node]);
        else if (!step->name[node][0])
            take_name(step, graph->named_as[v], shown);
        if (shown[0] && strcmp(step->name[node], shown) != 0)
            dump_line(step, node, shown);
    }
    dump_shared(step, graph->count);
}

static void dump_input(const struct gradient *gradient)
{
    struct text *out = gradient->step.out;
    char shown[SHOWN_SIZE], *name = text_format("d_%s", gradient->forward.graph->input_name);
    take_name(&gradient->step, name, shown);
    free(name);
    text_add(out, "\n# the gradient of the input\n%s = ", shown);
    if (gradient->input.graph)
        dump_node(&gradient->input, gradient->input.graph->states[0].next, 0);
    else
        text_add(out, "0");
    text_add(out, "\n");
}

static void dump_learned(const struct gradient *gradient)
{
    const struct derivation *derivation = gradient->derivation;
    struct text *out = gradient->step.out;
    text_add(out, "\n# the gradients of what is learned, summed over time and batch\n");
    for (int p = 0; p < gradient->forward.graph->param_count; p++) {
        char shown[SHOWN_SIZE], *name = text_format("d%s", gradient->forward.graph->params[p].name);
        size_t terms = 0;
        take_name(&gradient->step, name, shown);
        free(name);
        text_add(out, "%s =", shown);
        for (size_t i = 0; i < derivation->outer_count; i++) {
            const struct outer *outer = &derivation->outers[i];
            if (outer->param != p)
                continue;
            given_name(gradient, GIVEN_DELTA, outer->delta, shown);
            text_add(out, "%s %s", terms++ ? " +" : "", shown);
            if (outer->is_vector)
                continue;
            given_name(gradient, outer->kind, outer->index, shown);
            text_add(out, " %s^T", shown);
        }
        text_add(out, terms ? "\n" : " 0\n");
    }
}

bool dump_gradient(struct graph *graph, struct text *out, struct failure *failure)
{
    pass_sums(graph);
    struct derivation *derivation = derive(graph, failure);
    if (!derivation)
        return false;
    struct text taken = {0};
    struct gradient gradient = {.derivation = derivation,
                                .forward = dump_create(graph, "", out, &taken),
                                .step = dump_create(derivation->step, "^T", out, &taken)};
    dump_cell(&gradient.forward);
    for (int s = 0; s < graph->state_count; s++) {
        char *name = text_format("%s_prev", graph->states[s].name);
        take_name(&gradient.forward, name, gradient.prev[s]);
        free(name);
    }
    gradient.step.shared = gradient.forward.shared;
    dump_step_head(&gradient);
    dump_givens(&gradient);
    name_givens(&gradient, &gradient.step);
    dump_step(&gradient.step);
    if (derivation->input) {
        gradient.input = dump_create(derivation->input, "^T", out, &taken);
        name_givens(&gradient, &gradient.input);
    }
    dump_input(&gradient);
    dump_learned(&gradient);
    dump_free(&gradient.forward);
    dump_free(&gradient.step);
    dump_free(&gradient.input);
    text_free(&taken);
    derivation_free(derivation);
    return true;
}
