/* SPDX-License-Identifier: MIT */
/* The pass that computes sigmoid and tanh, over common denominators.
 *
 * With e = exp(-u), sigmoid(u) = 1 / (1 + e); with e = exp(-2u), tanh(u) = (1 - e) / (1 + e). So
 * every gate is a fraction whose denominator is 1 + e, and a division costs more than the
 * multiplications around it. This pass carries numerators and denominators through products, sums
 * and differences (a/b * c/d = ac/bd; a/b + c/d over the union of the factors of b and d) and
 * divides once: where a state or a stored value is written, or where an operation needs the value
 * itself (the argument of another exponential, min, max, ...). 1 - sigmoid(u) becomes e / (1 + e),
 * exactly.
 *
 * Nothing overflows: exponents are clamped. A denominator is made of at most three factors; a
 * factor that appears among k is at most 1 + 2^(BITS / k), so that a denominator stays below
 * 2^(BITS + 3) and what it is multiplied into may reach 2^48, beyond which a state may become
 * infinite early. A gate therefore saturates at 2^-78, 2^-39 or 2^-26 instead of at zero.
 *
 * In a step backward, where a gate is recomputed it feeds several gradients, each of which would be
 * divided: there a gate is divided at once.
 *
 * The factors -1 and -2 (times log2(e) where the exponential is 2^z) are folded into the weights:
 * a sum that only feeds the exponent gets a scale, by which its packed weights are multiplied. */
#include "passes/passes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FACTORS_MAX = 3, BITS = 78, SCALE_DEPTH = 40 };

struct fraction {
    int numerator;
    int factor[FACTORS_MAX]; /* nodes of the denominator, ascending */
    size_t factors;
    int product; /* of the factors; -1 where there are none */
};

/* What is known of a node: of an original one, but for what is said to be of another. */
struct lowered {
    int stage, uses;
    bool kept; /* its value is wanted in memory anyway */
    int origin; /* the named value that it is part of */
    struct fraction fraction;
    struct fraction scaled; /* the same times its scale, where one was folded into it */
    int scale; /* -1: none was */
    int value; /* -1: not yet wanted */
    size_t crowd; /* of a sigmoid or tanh: factors that it appears among */
    int source; /* of a denominator: the original sigmoid or tanh */
    bool positive; /* of any node: positive and finite, as exponentials and denominators are */
};

struct lowering {
    struct graph *graph;
    enum weir_math math;
    bool divides; /* gates at once */
    bool folds; /* scales into weights */
    struct lowered *nodes;
};

static struct fraction lower(struct lowering *l, int node, int scale, int depth);

static int op2(struct lowering *l, enum op op, int a, int b)
{
    return graph_op(l->graph, op, a, b, -1);
}

/* The e of a node 1 + e or 1 - e; -1 for any other. */
static int exponential_in(const struct lowering *l, int node)
{
    const struct node *n = &l->graph->nodes[node];
    if ((n->op != OP_ADD && n->op != OP_SUB) || !graph_is_number(l->graph, n->arg[0], 1))
        return -1;
    return l->nodes[n->arg[1]].positive ? n->arg[1] : -1;
}

/* a * b; -1 stands for 1. a * (1 + e) is written as a + a*e, which becomes one fused operation that
 * does not wait for 1 + e; not where a may be infinite, because inf - inf*e is no number. */
static int multiply(struct lowering *l, int a, int b)
{
    if (a < 0 || b < 0)
        return a < 0 ? b : a;
    const bool swap = !l->nodes[a].positive || exponential_in(l, b) < 0;
    const int left = swap ? b : a, right = swap ? a : b, e = exponential_in(l, right);
    if (!l->nodes[left].positive || e < 0) {
        const int product = op2(l, OP_MUL, a, b);
        l->nodes[product].positive |= l->nodes[a].positive && l->nodes[b].positive;
        return product;
    }
    const bool adds = l->graph->nodes[right].op == OP_ADD;
    const int product = op2(l, adds ? OP_ADD : OP_SUB, left, op2(l, OP_MUL, left, e));
    l->nodes[product].positive |= adds;
    return product;
}

static int multiply_factors(struct lowering *l, const struct fraction *f)
{
    int product = -1;
    for (size_t i = 0; i < f->factors; i++)
        product = multiply(l, product, f->factor[i]);
    return product;
}

static int divide(struct lowering *l, const struct fraction *f, int origin)
{
    if (f->factors == 0)
        return f->numerator;
    graph_name(l->graph, f->numerator, origin, NODE_NUMERATOR);
    graph_name(l->graph, f->product, origin, NODE_DENOMINATOR);
    return op2(l, OP_DIV, f->numerator, f->product);
}

/* The value of an original node, divided out. */
static int value_of(struct lowering *l, int node)
{
    if (l->nodes[node].value < 0) {
        l->nodes[node].value = divide(l, &l->nodes[node].fraction, l->nodes[node].origin);
        graph_name(l->graph, l->nodes[node].value, l->graph->nodes[node].origin, NODE_ITSELF);
    }
    return l->nodes[node].value;
}

static struct fraction whole(int node)
{
    return (struct fraction){.numerator = node, .product = -1};
}

/* What a user sees of its operand: a fraction, or the value where that is in memory anyway. */
static struct fraction operand_of(struct lowering *l, int user, int operand, int scale, int depth)
{
    const bool crosses =
        !graph_is_leaf(l->graph, operand) && l->nodes[operand].stage < l->nodes[user].stage;
    if (!crosses && !l->nodes[operand].kept)
        return scale < 0 ? l->nodes[operand].fraction : lower(l, operand, scale, depth + 1);
    const int value = value_of(l, operand);
    l->graph->nodes[value].stored |= crosses;
    return whole(scale < 0 ? value : op2(l, OP_MUL, scale, value));
}

/* Whether a scale can be folded into this node at no cost: it ends in weights, and nothing else
 * sees the node. */
static bool absorbs_scale(const struct lowering *l, int user, int node, int depth)
{
    const struct node *n = &l->graph->nodes[node];
    if (!l->folds)
        return false;
    if (n->op == OP_VECTOR)
        return true;
    if (depth > SCALE_DEPTH || l->nodes[node].uses != 1 || l->nodes[node].kept ||
        l->nodes[node].stage < l->nodes[user].stage)
        return false;
    switch (n->op) {
    case OP_SUM:
        return true;
    case OP_ADD:
    case OP_SUB:
    case OP_MUL:
        return absorbs_scale(l, node, n->arg[0], depth + 1) ||
               absorbs_scale(l, node, n->arg[1], depth + 1);
    case OP_NEG:
        return absorbs_scale(l, node, n->arg[0], depth + 1);
    case OP_DIV:
        return graph_is_constant(l->graph, n->arg[1]) &&
               absorbs_scale(l, node, n->arg[0], depth + 1);
    default:
        return false;
    }
}

static int lower_sum(struct lowering *l, int node, int scale)
{
    struct graph *graph = l->graph;
    struct sum sum = graph->sums[graph->nodes[node].index];
    for (size_t i = 0; i < sum.products; i++) {
        const bool computed = !graph_is_leaf(graph, sum.operand[i]);
        sum.operand[i] = value_of(l, sum.operand[i]);
        graph->nodes[sum.operand[i]].stored |= computed;
    }
    for (size_t i = 0; i < sum.vectors && scale >= 0; i++)
        sum.vector[i] = graph_vector(graph, graph->nodes[sum.vector[i]].index, scale);
    sum.scale = scale;
    const int built = graph_sum(graph, &sum, graph->nodes[node].extent);
    graph_name(graph, built, l->nodes[node].origin, NODE_SUM);
    return built;
}

/* A sigmoid or tanh: 1/(1 + e) or (1 - e)/(1 + e). */
static struct fraction lower_gate(struct lowering *l, int node)
{
    struct graph *graph = l->graph;
    const bool is_tanh = graph->nodes[node].op == OP_TANH, is_inline = l->math == WEIR_INLINE;
    const int argument = graph->nodes[node].arg[0];
    const double base = is_inline ? 0x1.71547652b82fep+0 /* log2(e) */ : 1;
    const int scale = graph_number(graph, (is_tanh ? -2 : -1) * base);
    const struct fraction exponent = operand_of(l, node, argument, scale, 0);
    const size_t crowd = l->nodes[node].crowd ? l->nodes[node].crowd : 1;
    const double bits = (double)(BITS / crowd);
    const int bound = graph_number(graph, is_inline ? bits : bits * 0x1.62e42fefa39efp-1);
    const int clamped = op2(l, OP_CLAMP, divide(l, &exponent, l->nodes[node].origin), bound);
    const int e = graph_op(graph, is_inline ? OP_EXP2 : OP_EXP, clamped, -1, -1);
    const int one = graph_number(graph, 1);
    const int denominator = op2(l, OP_ADD, one, e);
    graph_name(graph, e, l->nodes[node].origin, NODE_EXPONENTIAL);
    graph_name(graph, denominator, l->nodes[node].origin, NODE_DENOMINATOR);
    l->nodes[denominator].source = node;
    l->nodes[e].positive = l->nodes[denominator].positive = true;
    const struct fraction gate = {.numerator = is_tanh ? op2(l, OP_SUB, one, e) : one,
                                  .factor = {denominator},
                                  .factors = 1,
                                  .product = denominator};
    return l->divides ? whole(divide(l, &gate, l->nodes[node].origin)) : gate;
}

/* The ascending union of the factors of a and b; which of them a and b lack. False where that is
 * more than FACTORS_MAX. */
static bool unite(const struct fraction *a, const struct fraction *b, struct fraction *all,
                  struct fraction *lacks_a, struct fraction *lacks_b)
{
    size_t i = 0, j = 0;
    *all = *lacks_a = *lacks_b = (struct fraction){.numerator = -1, .product = -1};
    while (i < a->factors || j < b->factors) {
        const bool take_a = i < a->factors && (j == b->factors || a->factor[i] <= b->factor[j]);
        const bool take_b = j < b->factors && (i == a->factors || b->factor[j] <= a->factor[i]);
        const int factor = take_a ? a->factor[i] : b->factor[j];
        if (all->factors == FACTORS_MAX)
            return false;
        all->factor[all->factors++] = factor;
        if (!take_a)
            lacks_a->factor[lacks_a->factors++] = factor;
        if (!take_b)
            lacks_b->factor[lacks_b->factors++] = factor;
        i += take_a;
        j += take_b;
    }
    return true;
}

static void note_crowd(struct lowering *l, const struct fraction *f)
{
    for (size_t i = 0; i < f->factors; i++) {
        size_t *crowd = &l->nodes[l->nodes[f->factor[i]].source].crowd;
        if (f->factors > *crowd)
            *crowd = f->factors;
    }
}

/* a + b or a - b, where one side may be 1 and the other 1 + e. */
static int add_or_subtract(struct lowering *l, enum op op, int a, int b)
{
    const struct node *n = &l->graph->nodes[a];
    if (op == OP_SUB && n->op == OP_ADD && n->arg[0] == b && graph_is_number(l->graph, b, 1))
        return n->arg[1];
    return op2(l, op, a, b);
}

static struct fraction combine(struct lowering *l, enum op op, struct fraction a, struct fraction b)
{
    struct fraction all, lacks_a, lacks_b;
    bool fits = op == OP_MUL ? a.factors + b.factors <= FACTORS_MAX
                             : unite(&a, &b, &all, &lacks_a, &lacks_b);
    if (!fits) { /* divide the larger one out */
        struct fraction *larger = a.factors >= b.factors ? &a : &b;
        *larger = whole(divide(l, larger, 0));
        return combine(l, op, a, b);
    }
    if (op == OP_MUL) {
        all = a;
        all.numerator = multiply(l, a.numerator, b.numerator);
        all.product = multiply(l, a.product, b.product);
        for (size_t i = 0; i < b.factors; i++) {
            size_t at = all.factors++;
            for (; at > 0 && all.factor[at - 1] > b.factor[i]; at--)
                all.factor[at] = all.factor[at - 1];
            all.factor[at] = b.factor[i];
        }
    } else {
        const int more_a = multiply_factors(l, &lacks_a), more_b = multiply_factors(l, &lacks_b);
        const int left = multiply(l, a.numerator, more_a);
        const int right = multiply(l, b.numerator, more_b);
        all.numerator = add_or_subtract(l, op, left, right);
        all.product = more_b < 0 ? b.product : multiply(l, more_a, a.product);
    }
    note_crowd(l, &all);
    return all;
}

static struct fraction lower_binary(struct lowering *l, int node, int scale, int depth)
{
    const struct node n = l->graph->nodes[node];
    const int a = n.arg[0], b = n.arg[1];
    int scale_a = scale, scale_b = scale;
    if (n.op == OP_MUL && scale >= 0) { /* one side takes it */
        const bool first = absorbs_scale(l, node, a, depth + 1);
        scale_a = first ? scale : -1;
        scale_b = first ? -1 : scale;
    }
    const struct fraction left = operand_of(l, node, a, scale_a, depth);
    const struct fraction right = operand_of(l, node, b, scale_b, depth);
    return combine(l, n.op, left, right);
}

/* A division: by a constant it scales, by a vector it needs both values. */
static struct fraction lower_division(struct lowering *l, int node, int scale, int depth)
{
    const struct node n = l->graph->nodes[node];
    const struct fraction right = operand_of(l, node, n.arg[1], -1, depth);
    if (graph_is_constant(l->graph, n.arg[1]) && scale >= 0)
        return operand_of(l, node, n.arg[0], op2(l, OP_DIV, scale, right.numerator), depth);
    struct fraction left = operand_of(l, node, n.arg[0], -1, depth);
    if (graph_is_constant(l->graph, n.arg[1])) {
        left.numerator = op2(l, OP_DIV, left.numerator, right.numerator);
        return left;
    }
    /* One after the other: which is first would else depend on the compiler of weir-gen. */
    const int divisor = divide(l, &right, 0);
    const int dividend = divide(l, &left, 0);
    return whole(op2(l, OP_DIV, dividend, divisor));
}

/* Any other operation works on values. */
static struct fraction lower_other(struct lowering *l, int node)
{
    const struct node n = l->graph->nodes[node];
    int arg[3] = {-1, -1, -1};
    for (size_t i = 0; i < op_arity(n.op); i++) {
        const struct fraction f = operand_of(l, node, n.arg[i], -1, 0);
        arg[i] = divide(l, &f, 0);
    }
    return whole(op_arity(n.op) ? graph_op(l->graph, n.op, arg[0], arg[1], arg[2]) : node);
}

static struct fraction lower_into(struct lowering *l, int node, int scale, int depth)
{
    const struct node *n = &l->graph->nodes[node];
    switch (n->op) {
    case OP_SUM:
        return whole(lower_sum(l, node, scale));
    case OP_VECTOR:
        return whole(scale < 0 ? node : graph_vector(l->graph, n->index, scale));
    case OP_SIGMOID:
    case OP_TANH:
        return lower_gate(l, node);
    case OP_ADD:
    case OP_SUB:
    case OP_MUL:
        return lower_binary(l, node, scale, depth);
    case OP_DIV:
        return lower_division(l, node, scale, depth);
    case OP_NEG: {
        struct fraction f = operand_of(l, node, n->arg[0], scale, depth);
        f.numerator = graph_op(l->graph, OP_NEG, f.numerator, -1, -1);
        return f;
    }
    default:
        return lower_other(l, node);
    }
}

/* The fraction of scale * node. */
static struct fraction lower(struct lowering *l, int node, int scale, int depth)
{
    const bool constant = graph_is_constant(l->graph, node);
    if (scale >= 0 && (constant || !absorbs_scale(l, node, node, depth))) {
        struct fraction f = l->nodes[node].fraction;
        f.numerator = op2(l, OP_MUL, scale, f.numerator);
        return f;
    }
    if (constant)
        return whole(node);
    const struct fraction f = lower_into(l, node, scale, depth);
    if (scale >= 0) {
        l->nodes[node].scaled = f;
        l->nodes[node].scale = scale;
    }
    return f;
}

/* What is kept of a node for training: its value. Where a scale was folded into it, that is taken
 * out again: the node without the scale has no user, and would be sums of its own. */
static int saved_value(struct lowering *l, int node)
{
    int value;
    if (l->nodes[node].scale < 0) {
        value = value_of(l, node);
    } else {
        const int inverse = op2(l, OP_DIV, graph_number(l->graph, 1), l->nodes[node].scale);
        value = op2(l, OP_MUL, inverse, divide(l, &l->nodes[node].scaled, 0));
    }
    graph_name(l->graph, value, l->nodes[node].origin, NODE_SAVED);
    return value;
}

struct passing {
    struct lowered *nodes;
    int user;
};

static void pass_origin(void *context, int operand)
{
    const struct passing *p = context;
    if (!p->nodes[operand].origin)
        p->nodes[operand].origin = p->nodes[p->user].origin;
}

/* Which named values intermediate ones are made for. */
static void find_origins(struct lowering *l)
{
    for (int n = l->graph->count - 1; n >= 0; n--) {
        if (l->nodes[n].uses == 0)
            continue;
        if (l->graph->nodes[n].origin)
            l->nodes[n].origin = l->graph->nodes[n].origin;
        graph_operands(l->graph, n, pass_origin, &(struct passing){l->nodes, n});
    }
}

static void mark_kept(void *context, int operand)
{
    ((struct lowered *)context)[operand].kept = true;
}

static void find_kept(struct lowering *l)
{
    const struct graph *graph = l->graph;
    for (int s = 0; s < graph->state_count; s++)
        l->nodes[graph->states[s].next].kept = true;
    for (int i = 0; i < graph->output_count; i++)
        l->nodes[graph->outputs[i]].kept = true;
    for (int n = 0; n < graph->count; n++)
        if (l->nodes[n].uses > 0 && graph->nodes[n].op == OP_SUM)
            graph_operands(graph, n, mark_kept, l->nodes);
}

/* What is known of every node before any is lowered. */
static struct lowered *look_at(const struct graph *graph)
{
    struct lowered *nodes = calloc(NODES_MAX, sizeof *nodes);
    int *uses = calloc(NODES_MAX, sizeof *uses), *stage = calloc(NODES_MAX, sizeof *stage);
    if (!nodes || !uses || !stage)
        abort();
    graph_count_uses(graph, uses);
    pass_stages(graph, true, stage);
    for (int n = 0; n < graph->count; n++) {
        nodes[n].uses = uses[n];
        nodes[n].stage = stage[n];
        nodes[n].scale = -1;
    }
    free(uses);
    free(stage);
    return nodes;
}

/* Lowers every node that is used. Done twice: the first time finds among how many factors each
 * denominator appears, the second time clamps accordingly. */
static void lower_all(struct lowering *l, int count)
{
    struct graph *graph = l->graph;
    for (int n = 0; n < count; n++) {
        l->nodes[n].value = -1;
        if (l->nodes[n].uses > 0)
            l->nodes[n].fraction = lower(l, n, -1, 0);
    }
    for (int s = 0; s < graph->state_count; s++)
        value_of(l, graph->states[s].next);
    for (int i = 0; i < graph->output_count; i++)
        value_of(l, graph->outputs[i]);
}

void pass_lower(struct graph *graph, enum weir_math math, bool divides, bool folds)
{
    struct lowering l = {graph, math, divides, folds, look_at(graph)};
    const int count = graph->count;
    int saved[WEIR_VALUES_MAX];
    find_origins(&l);
    find_kept(&l);
    lower_all(&l, count);
    lower_all(&l, count);
    for (int i = 0; i < graph->saved_count; i++)
        saved[i] = saved_value(&l, graph->saved[i]);
    int *map = calloc(NODES_MAX, sizeof *map);
    if (!map)
        abort();
    for (int n = 0; n < count; n++)
        map[n] = l.nodes[n].value < 0 ? n : l.nodes[n].value;
    graph_remap(graph, map);
    memcpy(graph->saved, saved, (size_t)graph->saved_count * sizeof *saved);
    free(map);
    free(l.nodes);
}
