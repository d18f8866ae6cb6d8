/* SPDX-License-Identifier: MIT */
/* Reverse mode over the graph of a cell. */
#include "passes/derive.h"

#include "language/parser.h"
#include "passes/limits.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The adjoint rules, by operation and operand. */
static const char *const rules[OP_COUNT][2] = {
#define OP(id, spelling, arity, value, by_a, by_b) [OP_##id] = {by_a, by_b},
#define FUNCTION(name, parameters, text)
#include "cell/ops.def"
#undef OP
#undef FUNCTION
};

/* What is known of a node of the step forward. */
struct reversed {
    int uses;
    int value; /* what it is in step; -1: not yet asked for */
    int gradient; /* in step; -1: none yet */
    const char *part_of; /* the name of what it is part of */
};

struct reverse {
    struct graph *forward, *step;
    struct derivation *derivation;
    struct reversed *nodes; /* of forward */
    int room; /* for named values to be saved, beside sums and operands of products */
    /* What the gradient of x is made of: matrices and the deltas they multiply (-1: the delta
     * itself). */
    struct {
        int param, delta;
    } by_x[OUTERS_MAX];
    size_t by_x_count;
};

static int extent_of(const struct reverse *r, int node)
{
    return (int)graph_extent(r->forward, r->forward->nodes[node].extent);
}

static int next_state(const struct graph *graph, int node)
{
    for (int s = 0; s < graph->state_count; s++)
        if (graph->states[s].next == node)
            return s;
    return -1;
}

/* ---- Values of the step forward ---- */

static int value_of(struct reverse *r, int node);

/* A value that is neither a leaf nor in memory: the same operation on the same values. */
static int value_again(struct reverse *r, int node)
{
    const struct node n = r->forward->nodes[node];
    int arg[3] = {-1, -1, -1};
    if (n.op == OP_NUMBER)
        return graph_number(r->step, n.number);
    if (n.op == OP_SIZE)
        return graph_size(r->step, (enum weir_extent)n.index);
    for (size_t i = 0; i < op_arity(n.op); i++)
        arg[i] = value_of(r, n.arg[i]);
    return graph_op(r->step, n.op, arg[0], arg[1], arg[2]);
}

static int find_value_of(struct reverse *r, int node)
{
    const struct graph *forward = r->forward;
    const struct node *n = &forward->nodes[node];
    const int extent = extent_of(r, node);
    const int state = n->op == OP_STATE ? n->index : next_state(forward, node);
    if (graph_is_constant(forward, node))
        return value_again(r, node);
    if (n->op == OP_INPUT)
        return graph_given(r->step, GIVEN_INPUT, 0, extent, forward->input_name);
    if (n->op == OP_STATE) {
        char name[ORIGIN_SIZE];
        snprintf(name, sizeof name, "%.*s_prev", NAME_SIZE - 1, forward->states[state].name);
        return graph_given(r->step, GIVEN_PREV, state, extent, name);
    }
    if (n->op == OP_VECTOR)
        return graph_vector(r->step, n->index, -1);
    if (state >= 0)
        return graph_given(r->step, GIVEN_NEXT, state, extent, forward->states[state].name);
    if (n->op == OP_SUM || (n->origin && r->room-- > 0))
        return graph_given(r->step, GIVEN_VALUE, graph_save(r->forward, node), extent,
                           n->origin ? forward->origins[n->origin] : r->nodes[node].part_of);
    return value_again(r, node);
}

static int value_of(struct reverse *r, int node)
{
    if (r->nodes[node].value < 0)
        r->nodes[node].value = find_value_of(r, node);
    return r->nodes[node].value;
}

/* ---- Gradients ---- */

static void gain(struct reverse *r, int node, int term)
{
    int *gradient = &r->nodes[node].gradient;
    if (!graph_is_constant(r->forward, node))
        *gradient = *gradient < 0 ? term : graph_op(r->step, OP_ADD, *gradient, term, -1);
}

/* Gives a gradient its name: that of what it is the gradient of, after a prefix. */
static void name_gradient(struct reverse *r, int gradient, const char *prefix, const char *name)
{
    char whole[ORIGIN_SIZE];
    snprintf(whole, sizeof whole, "%s%.*s", prefix, NAME_SIZE - 1, name);
    graph_name(r->step, gradient, graph_origin(r->step, whole), NODE_ITSELF);
}

/* The place among the deltas of the gradient of a node. */
static int delta_of(struct reverse *r, int node)
{
    int gradient = r->nodes[node].gradient;
    if (graph_is_leaf(r->step, gradient))
        gradient = graph_op(r->step, OP_COPY, gradient, -1, -1);
    name_gradient(r, gradient, "delta_", r->nodes[node].part_of);
    return graph_output(r->step, gradient);
}

static void add_outer(struct reverse *r, struct outer outer)
{
    if (r->derivation->outer_count == OUTERS_MAX)
        graph_pass(r->step, LIMIT_OUTERS);
    else
        r->derivation->outers[r->derivation->outer_count++] = outer;
}

static void add_by_x(struct reverse *r, int param, int delta)
{
    if (r->by_x_count == OUTERS_MAX) {
        graph_pass(r->step, LIMIT_OUTERS);
        return;
    }
    r->by_x[r->by_x_count].param = param;
    r->by_x[r->by_x_count++].delta = delta;
}

/* W@v, where delta is the gradient of the sum it is part of. */
static void reverse_product(struct reverse *r, int param, int operand, int delta)
{
    const struct node *v = &r->forward->nodes[operand];
    const int state = v->op == OP_STATE ? v->index : next_state(r->forward, operand);
    struct outer outer = {.param = param, .delta = delta, .index = state};
    if (v->op == OP_INPUT) {
        outer.kind = GIVEN_INPUT;
        outer.index = 0;
        add_by_x(r, param, delta);
    } else {
        outer.kind = v->op == OP_STATE ? GIVEN_PREV : GIVEN_NEXT;
        if (state < 0) {
            outer.kind = GIVEN_VALUE;
            outer.index = graph_save(r->forward, operand);
        }
        gain(r, operand, graph_product(r->step, param, r->step->outputs[delta]));
    }
    add_outer(r, outer);
}

static void reverse_sum(struct reverse *r, int node)
{
    const struct sum sum = r->forward->sums[r->forward->nodes[node].index];
    const int delta = delta_of(r, node);
    for (size_t i = 0; i < sum.vectors; i++)
        add_outer(r, (struct outer){.param = r->forward->nodes[sum.vector[i]].index,
                                    .delta = delta,
                                    .is_vector = true});
    for (size_t i = 0; i < sum.products; i++)
        reverse_product(r, sum.product[i], sum.operand[i], delta);
}

/* Whether a rule names one of its operands, which are single letters. */
static bool mentions(const char *rule, char operand)
{
    for (const char *at = rule; (at = strchr(at, operand)); at++) {
        const bool begins = at == rule || !(isalnum((unsigned char)at[-1]) || at[-1] == '_');
        if (begins && !isalnum((unsigned char)at[1]) && at[1] != '_')
            return true;
    }
    return false;
}

/* What the gradient of an operand gains by a rule. */
static int apply_rule(struct reverse *r, int node, const char *rule)
{
    static const char names[] = "abcy";
    const struct node n = r->forward->nodes[node];
    struct binding bindings[BINDINGS_MAX] = {{"d", r->nodes[node].gradient}};
    size_t count = 1;
    for (size_t i = 0; names[i]; i++) {
        if (!mentions(rule, names[i]))
            continue;
        bindings[count].name[0] = names[i];
        bindings[count++].node = value_of(r, names[i] == 'y' ? node : n.arg[i]);
    }
    return parse_rule(r->step, rule, bindings, count);
}

static void reverse_operation(struct reverse *r, int node)
{
    const struct node n = r->forward->nodes[node];
    for (size_t i = 0; i < 2 && i < op_arity(n.op); i++)
        if (rules[n.op][i] && !graph_is_constant(r->forward, n.arg[i]))
            gain(r, n.arg[i], apply_rule(r, node, rules[n.op][i]));
}

static void reverse_node(struct reverse *r, int node)
{
    const struct node *n = &r->forward->nodes[node];
    if (n->origin)
        name_gradient(r, r->nodes[node].gradient, "d_", r->forward->origins[n->origin]);
    switch (n->op) {
    case OP_STATE:
        r->step->states[n->index].next = r->nodes[node].gradient;
        break;
    case OP_INPUT:
        add_by_x(r, -1, delta_of(r, node));
        break;
    case OP_VECTOR:
        add_outer(r, (struct outer){n->index, delta_of(r, node), .is_vector = true});
        break;
    case OP_SUM:
        reverse_sum(r, node);
        break;
    default:
        reverse_operation(r, node);
    }
}

/* ---- The graphs ---- */

/* An empty graph with the sizes and parameters of another, matrices transposed. */
static struct graph *transposed(const struct graph *forward)
{
    struct graph *graph = graph_create();
    memcpy(graph->size, forward->size, sizeof graph->size);
    memcpy(graph->name, forward->name, sizeof graph->name);
    graph->param_count = forward->param_count;
    for (int p = 0; p < forward->param_count; p++) {
        const struct param *from = &forward->params[p];
        struct param *to = &graph->params[p];
        *to = *from;
        to->rows = (int)graph_extent(forward, from->is_matrix ? from->cols : from->rows);
        to->cols = from->is_matrix ? (int)graph_extent(forward, from->rows) : -1;
    }
    return graph;
}

static void add_state(struct graph *graph, const char *name, int extent)
{
    struct state *state = &graph->states[graph->state_count];
    snprintf(state->name, sizeof state->name, "d_%.*s", NAME_SIZE - 1, name);
    state->extent = extent;
    state->next = -1;
    state->node = graph_leaf(graph, OP_STATE, graph->state_count++, extent);
}

/* The gradients that the step begins with. */
static void begin(struct reverse *r)
{
    const struct graph *forward = r->forward;
    struct graph *step = r->step;
    for (int s = 0; s < forward->state_count; s++)
        add_state(step, forward->states[s].name,
                  (int)graph_extent(forward, forward->states[s].extent));
    snprintf(step->input_name, sizeof step->input_name, "d_y");
    step->input = graph_leaf(step, OP_INPUT, 0, step->states[0].extent);
    for (int s = 0; s < forward->state_count; s++) {
        const int given = step->states[s].node;
        gain(r, forward->states[s].next,
             s ? given : graph_op(step, OP_ADD, given, step->input, -1));
    }
}

struct passing {
    struct reversed *nodes;
    int user;
};

static void pass_name(void *context, int operand)
{
    const struct passing *p = context;
    if (!p->nodes[operand].part_of[0])
        p->nodes[operand].part_of = p->nodes[p->user].part_of;
}

/* Which named value, vector or input every node is part of. */
static void find_names(struct reverse *r)
{
    struct graph *forward = r->forward;
    for (int n = forward->count - 1; n >= 0; n--) {
        const struct node *node = &forward->nodes[n];
        const char **name = &r->nodes[n].part_of;
        if (r->nodes[n].uses == 0)
            continue;
        if (node->op == OP_VECTOR)
            *name = forward->params[node->index].name;
        else if (node->op == OP_INPUT)
            *name = forward->input_name;
        else if (node->origin)
            *name = forward->origins[node->origin];
        graph_operands(forward, n, pass_name, &(struct passing){r->nodes, n});
    }
}

/* The gradient of x: products of deltas, and deltas. */
static struct graph *input_graph(const struct reverse *r)
{
    if (r->by_x_count == 0)
        return NULL;
    struct graph *graph = transposed(r->forward);
    int total = -1;
    add_state(graph, r->forward->input_name, WEIR_I);
    for (size_t i = 0; i < r->by_x_count; i++) {
        const int delta = r->by_x[i].delta, param = r->by_x[i].param;
        const struct node *from = &r->step->nodes[r->step->outputs[delta]];
        const int given =
            graph_given(graph, GIVEN_DELTA, delta, from->extent, r->step->origins[from->origin]);
        const int term = param < 0 ? given : graph_product(graph, param, given);
        total = total < 0 ? term : graph_op(graph, OP_ADD, total, term, -1);
    }
    graph->states[0].next = total;
    graph_name(graph, total, graph_origin(graph, graph->states[0].name), NODE_ITSELF);
    return graph;
}

/* Named values of the step, for --dump: all that have a name, then the next states. */
static void list_names(struct graph *graph)
{
    int *uses = calloc(NODES_MAX, sizeof *uses);
    if (!uses)
        abort();
    graph_count_uses(graph, uses);
    for (int n = 0; n < graph->count + graph->state_count; n++) {
        const bool is_next = n >= graph->count;
        const struct state *state = &graph->states[is_next ? n - graph->count : 0];
        const int node = is_next ? state->next : n;
        const char *name = is_next ? state->name : graph->origins[graph->nodes[n].origin];
        const int room = NAMED_MAX - (is_next ? 0 : graph->state_count);
        if (!name[0] || uses[node] == 0 || graph->named_count >= room)
            continue;
        snprintf(graph->named_as[graph->named_count], sizeof *graph->named_as, "%s%s", name,
                 is_next ? "'" : "");
        graph->named[graph->named_count++] = node;
    }
    free(uses);
}

/* What is known of every node of the step forward at first. */
static struct reversed *look_at(const struct graph *forward)
{
    struct reversed *nodes = calloc(NODES_MAX, sizeof *nodes);
    int *uses = calloc(NODES_MAX, sizeof *uses);
    if (!nodes || !uses)
        abort();
    graph_count_uses(forward, uses);
    for (int n = 0; n < forward->count; n++)
        nodes[n] = (struct reversed){uses[n], .value = -1, .gradient = -1, .part_of = ""};
    free(uses);
    return nodes;
}

/* Gives the states of the step backward what they pass on: zeros from what no step reads. */
static void end(struct reverse *r)
{
    struct graph *step = r->step;
    for (int s = 0; s < step->state_count; s++) {
        const int extent = step->states[s].extent; /* by which zeros are told apart */
        if (step->states[s].next < 0)
            step->states[s].next = graph_leaf(step, OP_ZERO, extent, extent);
    }
    for (int s = 0; s < step->state_count; s++)
        graph_name(step, step->states[s].next, graph_origin(step, step->states[s].name),
                   NODE_ITSELF);
}

/* The first limit that any graph of a derivation passes. */
static enum limit limit_of(const struct derivation *derivation, const struct graph *forward)
{
    const struct graph *input = derivation->input;
    return forward->over                      ? forward->over
           : derivation->step->over || !input ? derivation->step->over
                                              : input->over;
}

/* A derivation, which is not to be used where it passes a limit. */
static struct derivation *derive_once(struct graph *forward, int room)
{
    struct derivation *derivation = calloc(1, sizeof *derivation);
    struct reverse *r = calloc(1, sizeof *r);
    if (!derivation || !r)
        abort();
    *r = (struct reverse){.forward = forward,
                          .step = transposed(forward),
                          .derivation = derivation,
                          .nodes = look_at(forward),
                          .room = room};
    find_names(r);
    begin(r);
    for (int n = forward->count - 1; n >= 0 && !forward->over && !r->step->over; n--)
        if (r->nodes[n].uses > 0 && r->nodes[n].gradient >= 0)
            reverse_node(r, n);
    end(r);
    derivation->step = r->step;
    derivation->input = input_graph(r);
    list_names(derivation->step);
    if (derivation->input)
        list_names(derivation->input);
    free(r->nodes);
    free(r);
    return derivation;
}

static void mark(void *context, int operand)
{
    ((int *)context)[operand] = 1;
}

/* How many values there is no choice about: sums, and what matrices multiply. */
static int must_save(const struct graph *forward)
{
    int *uses = calloc(NODES_MAX, sizeof *uses), *saved = calloc(NODES_MAX, sizeof *saved);
    int count = 0;
    if (!uses || !saved)
        abort();
    graph_count_uses(forward, uses);
    for (int n = 0; n < forward->count; n++)
        if (uses[n] > 0 && forward->nodes[n].op == OP_SUM) {
            saved[n] = 1;
            graph_operands(forward, n, mark, saved);
        }
    for (int n = 0; n < forward->count; n++)
        count += saved[n] && !graph_is_leaf(forward, n);
    free(uses);
    free(saved);
    return count;
}

struct derivation *derive(struct graph *forward, struct failure *failure)
{
    struct derivation *derivation = derive_once(forward, WEIR_VALUES_MAX + 1);
    if (forward->over == LIMIT_SAVED) { /* named values are computed again, too, as far as needed */
        derivation_free(derivation);
        forward->over = LIMIT_NONE;
        forward->saved_count = 0;
        derivation = derive_once(forward, WEIR_VALUES_MAX - must_save(forward));
    }
    const enum limit over = limit_of(derivation, forward);
    if (!over)
        return derivation;
    forward->over = over;
    fail_limit(failure, forward, true);
    derivation_free(derivation);
    return NULL;
}

void derivation_free(struct derivation *derivation)
{
    if (!derivation)
        return;
    graph_free(derivation->step);
    graph_free(derivation->input);
    free(derivation);
}
