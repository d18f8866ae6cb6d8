/* SPDX-License-Identifier: MIT */
/* Building the graph of a cell: hash-consing, constant folding, extents. */
#include "cell/graph.h"

#include "common/hash.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TABLE_SIZE = 2 * NODES_MAX, EXTENTS_MAX = 2 * NODES_MAX + 8 };

static const struct {
    const char *spelling;
    size_t arity;
} op_rows[OP_COUNT] = {
#define OP(id, spelling, arity, value, by_a, by_b) [OP_##id] = {spelling, arity},
#define FUNCTION(name, parameters, text)
#include "cell/ops.def"
#undef OP
#undef FUNCTION
};

size_t op_arity(enum op op)
{
    return op == OP_PRODUCT ? 1 : op_rows[op].arity;
}

const char *op_spelling(enum op op)
{
    return op_rows[op].spelling;
}

static const struct {
    const char *name, *constant;
} extent_names[] = {[WEIR_ONE] = {"1", "WEIR_ONE"},
                    [WEIR_I] = {"I", "WEIR_I"},
                    [WEIR_H] = {"H", "WEIR_H"},
                    [WEIR_P] = {"P", "WEIR_P"}};

const char *extent_name(enum weir_extent extent)
{
    return extent_names[extent].name;
}

const char *extent_constant(enum weir_extent extent)
{
    return extent_names[extent].constant;
}

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count, size);
    if (!memory)
        abort();
    return memory;
}

struct graph *graph_create(void)
{
    struct graph *graph = allocate(1, sizeof *graph);
    graph->nodes = allocate(NODES_MAX, sizeof *graph->nodes);
    graph->table = allocate(TABLE_SIZE, sizeof *graph->table);
    graph->extents = allocate(EXTENTS_MAX, sizeof *graph->extents);
    graph->sums = allocate(NODES_MAX, sizeof *graph->sums);
    graph->origins = allocate(ORIGINS_MAX, sizeof *graph->origins);
    graph->origin_count = 1;
    for (; graph->extent_count < 4; graph->extent_count++)
        graph->extents[graph->extent_count] = graph->extent_count;
    graph->input = -1;
    return graph;
}

void graph_free(struct graph *graph)
{
    if (!graph)
        return;
    free(graph->nodes);
    free(graph->table);
    free(graph->extents);
    free(graph->sums);
    free(graph->origins);
    free(graph);
}

/* Shrinks an array to what is used of it. */
static void *shrink(void *array, int count, size_t size)
{
    void *less = realloc(array, (size_t)(count ? count : 1) * size);
    return less ? less : array;
}

void graph_close(struct graph *graph)
{
    free(graph->table);
    graph->table = NULL;
    graph->nodes = shrink(graph->nodes, graph->count, sizeof *graph->nodes);
    graph->extents = shrink(graph->extents, graph->extent_count, sizeof *graph->extents);
    graph->sums = shrink(graph->sums, graph->sum_count, sizeof *graph->sums);
    graph->origins = shrink(graph->origins, graph->origin_count, sizeof *graph->origins);
}

void graph_pass(struct graph *graph, enum limit limit)
{
    if (!graph->over)
        graph->over = limit;
}

static uint64_t hash_node(const struct node *node)
{
    uint64_t bits;
    memcpy(&bits, &node->number, sizeof bits);
    const uint64_t words[] = {(uint64_t)node->op,           (uint64_t)(node->arg[0] + 1),
                              (uint64_t)(node->arg[1] + 1), (uint64_t)(node->arg[2] + 1),
                              (uint64_t)(node->index + 1),  bits};
    return hash_bytes(HASH_START, words, sizeof words);
}

static bool same_node(const struct node *a, const struct node *b)
{
    return a->op == b->op && a->index == b->index && memcmp(a->arg, b->arg, sizeof a->arg) == 0 &&
           memcmp(&a->number, &b->number, sizeof a->number) == 0;
}

/* The node equal to this one, made if there is none. */
static int intern(struct graph *graph, struct node node)
{
    size_t slot = hash_node(&node) % TABLE_SIZE;
    for (; graph->table[slot]; slot = (slot + 1) % TABLE_SIZE)
        if (same_node(&graph->nodes[graph->table[slot] - 1], &node))
            return graph->table[slot] - 1;
    if (graph->count == NODES_MAX) {
        graph_pass(graph, LIMIT_OPERATIONS);
        return 0;
    }
    graph->nodes[graph->count] = node;
    graph->table[slot] = ++graph->count;
    return graph->count - 1;
}

double op_value(enum op op, double a, double b, double c)
{
    switch (op) {
#define OP(id, spelling, arity, value, by_a, by_b)                                                 \
    case OP_##id:                                                                                  \
        (void)a, (void)b, (void)c;                                                                 \
        return value;
#define FUNCTION(name, parameters, text)
#include "cell/ops.def"
#undef OP
#undef FUNCTION
    default:
        return NAN;
    }
}

static double number_of(const struct graph *graph, int node)
{
    return node < 0 ? 0 : graph->nodes[node].number;
}

int graph_op(struct graph *graph, enum op op, int a, int b, int c)
{
    const struct node *nodes = graph->nodes;
    struct node node = {.op = op, .arg = {a, b, c}, .index = -1, .extent = -1, .known = true};
    bool folds = true;
    for (size_t i = 0; i < op_arity(op); i++) {
        const struct node *operand = &nodes[node.arg[i]];
        folds &= operand->op == OP_NUMBER;
        node.known &= operand->known;
        node.terms += operand->terms;
        if (node.extent < 0)
            node.extent = operand->extent;
    }
    if (node.extent >= 0)
        node.terms = 0;
    if (node.known)
        node.number = op_value(op, number_of(graph, a), number_of(graph, b), number_of(graph, c));
    if (folds)
        return graph_number(graph, node.number);
    if (op == OP_MUL && graph_is_number(graph, a, 1))
        return b;
    if ((op == OP_MUL || op == OP_DIV) && graph_is_number(graph, b, 1))
        return a;
    if (op == OP_NEG && nodes[a].op == OP_NEG)
        return nodes[a].arg[0];
    return intern(graph, node);
}

int graph_number(struct graph *graph, double number)
{
    const struct node node = {.op = OP_NUMBER,
                              .arg = {-1, -1, -1},
                              .number = number,
                              .known = true,
                              .terms = 1,
                              .index = -1,
                              .extent = -1};
    return intern(graph, node);
}

int graph_size(struct graph *graph, enum weir_extent extent)
{
    const struct node node = {.op = OP_SIZE,
                              .arg = {-1, -1, -1},
                              .number = graph->size[extent],
                              .known = graph->size[extent] > 0,
                              .terms = 1,
                              .index = (int)extent,
                              .extent = -1};
    return intern(graph, node);
}

int graph_leaf(struct graph *graph, enum op op, int index, int extent)
{
    return intern(graph,
                  (struct node){.op = op, .arg = {-1, -1, -1}, .index = index, .extent = extent});
}

int graph_vector(struct graph *graph, int param, int scale)
{
    const struct node node = {.op = OP_VECTOR,
                              .arg = {scale, -1, -1},
                              .index = param,
                              .extent = graph->params[param].rows};
    return intern(graph, node);
}

int graph_product(struct graph *graph, int param, int operand)
{
    const struct node node = {.op = OP_PRODUCT,
                              .arg = {operand, -1, -1},
                              .index = param,
                              .extent = graph->params[param].rows};
    return intern(graph, node);
}

static bool same_sum(const struct sum *a, const struct sum *b)
{
    return a->vectors == b->vectors && a->products == b->products && a->scale == b->scale &&
           memcmp(a->vector, b->vector, a->vectors * sizeof *a->vector) == 0 &&
           memcmp(a->product, b->product, a->products * sizeof *a->product) == 0 &&
           memcmp(a->operand, b->operand, a->products * sizeof *a->operand) == 0;
}

int graph_sum(struct graph *graph, const struct sum *sum, int extent)
{
    int index = 0;
    while (index < graph->sum_count && !same_sum(&graph->sums[index], sum))
        index++;
    if (index == NODES_MAX) {
        graph_pass(graph, LIMIT_OPERATIONS);
        return 0;
    }
    if (index == graph->sum_count)
        graph->sums[graph->sum_count++] = *sum;
    return graph_leaf(graph, OP_SUM, index, extent);
}

int graph_new_extent(struct graph *graph)
{
    if (graph->extent_count == EXTENTS_MAX) {
        graph_pass(graph, LIMIT_OPERATIONS);
        return WEIR_H;
    }
    graph->extents[graph->extent_count] = graph->extent_count;
    return graph->extent_count++;
}

static int extent_root(const struct graph *graph, int variable)
{
    while (graph->extents[variable] != variable)
        variable = graph->extents[variable];
    return variable;
}

bool graph_same_extent(struct graph *graph, int a, int b)
{
    if (a < 0 || b < 0)
        return true;
    const int root_a = extent_root(graph, a), root_b = extent_root(graph, b);
    if (root_a < 4 && root_b < 4)
        return root_a == root_b;
    if (root_a < 4)
        graph->extents[root_b] = root_a;
    else
        graph->extents[root_a] = root_b;
    return true;
}

enum weir_extent graph_extent(const struct graph *graph, int variable)
{
    if (variable < 0)
        return WEIR_ONE;
    const int root = extent_root(graph, variable);
    return root < 4 ? (enum weir_extent)root : WEIR_H;
}

int graph_undecided(const struct graph *graph, int param)
{
    for (; param < graph->param_count; param++) {
        const int root = extent_root(graph, graph->params[param].rows);
        int earlier = 0;
        while (earlier < param && extent_root(graph, graph->params[earlier].rows) != root)
            earlier++;
        if (root >= 4 && earlier == param)
            break;
    }
    return param;
}

bool graph_is_constant(const struct graph *graph, int node)
{
    return graph->nodes[node].extent < 0;
}

bool graph_is_number(const struct graph *graph, int node, double number)
{
    return graph->nodes[node].op == OP_NUMBER && graph->nodes[node].number == number;
}

bool graph_is_leaf(const struct graph *graph, int node)
{
    const enum op op = graph->nodes[node].op;
    return graph_is_constant(graph, node) || op == OP_INPUT || op == OP_STATE || op == OP_GIVEN ||
           op == OP_VECTOR;
}

bool graph_has_extent(const struct graph *graph, enum weir_extent extent)
{
    for (int s = 0; s < graph->state_count; s++)
        if (graph_extent(graph, graph->states[s].extent) == extent)
            return true;
    return false;
}

void graph_operands(const struct graph *graph, int node, void (*visit)(void *context, int operand),
                    void *context)
{
    const struct node *n = &graph->nodes[node];
    if (n->op == OP_SUM) {
        const struct sum *sum = &graph->sums[n->index];
        for (size_t i = 0; i < sum->vectors; i++)
            visit(context, sum->vector[i]);
        for (size_t i = 0; i < sum->products; i++)
            visit(context, sum->operand[i]);
        return;
    }
    for (size_t i = 0; i < op_arity(n->op); i++)
        visit(context, n->arg[i]);
}

static void count_use(void *context, int operand)
{
    ((int *)context)[operand]++;
}

static void count_uses(const struct graph *graph, bool saving, int *uses)
{
    memset(uses, 0, (size_t)graph->count * sizeof *uses);
    for (int s = 0; s < graph->state_count; s++)
        if (graph->states[s].next >= 0)
            uses[graph->states[s].next]++;
    for (int i = 0; i < graph->output_count; i++)
        uses[graph->outputs[i]]++;
    for (int i = 0; i < graph->saved_count && saving; i++)
        uses[graph->saved[i]]++;
    for (int n = graph->count - 1; n >= 0; n--)
        if (uses[n] > 0)
            graph_operands(graph, n, count_use, uses);
}

void graph_count_uses(const struct graph *graph, int *uses)
{
    count_uses(graph, false, uses);
}

void graph_count_uses_saving(const struct graph *graph, int *uses)
{
    count_uses(graph, true, uses);
}

int graph_given(struct graph *graph, enum given_kind kind, int index, int extent, const char *name)
{
    int at = 0;
    while (at < graph->given_count &&
           (graph->givens[at].kind != kind || graph->givens[at].index != index))
        at++;
    if (at == WEIR_GIVEN_MAX) {
        graph_pass(graph, LIMIT_SAVED);
        return 0;
    }
    if (at == graph->given_count) {
        struct given *given = &graph->givens[graph->given_count++];
        *given = (struct given){.kind = kind, .index = index, .extent = extent};
        snprintf(given->name, sizeof given->name, "%s", name);
    }
    return graph_leaf(graph, OP_GIVEN, at, extent);
}

static int add_once(struct graph *graph, int *list, int *count, int node, enum limit limit)
{
    int at = 0;
    while (at < *count && list[at] != node)
        at++;
    if (at == WEIR_VALUES_MAX) {
        graph_pass(graph, limit);
        return 0;
    }
    if (at == *count)
        list[(*count)++] = node;
    return at;
}

int graph_output(struct graph *graph, int node)
{
    return add_once(graph, graph->outputs, &graph->output_count, node, LIMIT_DELTAS);
}

int graph_save(struct graph *graph, int node)
{
    return add_once(graph, graph->saved, &graph->saved_count, node, LIMIT_SAVED);
}

int graph_origin(struct graph *graph, const char *name)
{
    int origin = 0;
    while (origin < graph->origin_count && strcmp(graph->origins[origin], name) != 0)
        origin++;
    if (origin == ORIGINS_MAX) {
        graph_pass(graph, LIMIT_NAMES);
        return 0;
    }
    if (origin == graph->origin_count)
        snprintf(graph->origins[graph->origin_count++], ORIGIN_SIZE, "%s", name);
    return origin;
}

void graph_name(struct graph *graph, int node, int origin, enum node_role role)
{
    struct node *n = &graph->nodes[node];
    if (!origin || n->origin || graph_is_leaf(graph, node))
        return;
    n->origin = origin;
    n->role = role;
}

int graph_rebuild(struct graph *graph, int node, const int *map)
{
    const struct node old = graph->nodes[node];
    int built = node;
    if (old.op == OP_SUM) {
        struct sum sum = graph->sums[old.index];
        for (size_t i = 0; i < sum.products; i++)
            sum.operand[i] = map[sum.operand[i]];
        built = graph_sum(graph, &sum, old.extent);
    } else if (old.op == OP_PRODUCT) {
        built = graph_product(graph, old.index, map[old.arg[0]]);
    } else if (op_arity(old.op) > 0) {
        int arg[3] = {-1, -1, -1};
        for (size_t i = 0; i < op_arity(old.op); i++)
            arg[i] = map[old.arg[i]];
        built = graph_op(graph, old.op, arg[0], arg[1], arg[2]);
    }
    graph_name(graph, built, old.origin, old.role);
    graph->nodes[built].stored |= old.stored;
    return built;
}

void graph_remap(struct graph *graph, const int *map)
{
    for (int s = 0; s < graph->state_count; s++)
        graph->states[s].next = map[graph->states[s].next];
    for (int v = 0; v < graph->named_count; v++)
        graph->named[v] = map[graph->named[v]];
    for (int i = 0; i < graph->output_count; i++)
        graph->outputs[i] = map[graph->outputs[i]];
    for (int i = 0; i < graph->saved_count; i++)
        graph->saved[i] = map[graph->saved[i]];
}
