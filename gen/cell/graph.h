/* SPDX-License-Identifier: MIT */
/* A cell as a graph of operations: hash-consed (equal expressions are one node) and with constants
 * folded as it is built. Nodes are numbered in an order in which every operand precedes its users.
 * What a cell is made of lives here; reading one is parse.c, and what is done to one are passes. */
#ifndef WEIR_GRAPH_H
#define WEIR_GRAPH_H

#include "kernel.h"

#include <stdbool.h>
#include <stddef.h>

enum op {
    OP_NUMBER, /* a constant */
    OP_SIZE, /* I, H or P as a constant; never folded, so that every size has the same graph */
    OP_INPUT, /* x */
    OP_STATE, /* the previous value of a state */
    OP_GIVEN, /* a value that an earlier pass over the sequence left in memory; see struct given */
    OP_VECTOR, /* a learned vector, times a constant: arg[0] or -1 */
    OP_PRODUCT, /* a learned matrix times arg[0] */
    OP_SUM, /* what one accumulator gathers: vectors, then products; see struct sum */
#define OP(id, spelling, arity, value, by_a, by_b) OP_##id,
#define FUNCTION(name, parameters, text)
#include "cell/ops.def"
#undef OP
#undef FUNCTION
    OP_COUNT
};

enum {
    NAME_SIZE = 25,
    ORIGIN_SIZE = NAME_SIZE + 8, /* a name, and what that of a gradient adds, such as delta_ */
    OPERATIONS_MAX = 5000, /* of a cell as it is written */
    NODES_MAX = 65536, /* of a graph, with all that derivation and passes make of a cell */
    PARAMS_MAX = 200,
    TERMS_MAX = 16,
    NAMED_MAX = 500,
    ORIGINS_MAX = 4 * NAMED_MAX
};

/* What a cell may have too much of, as it is or in its gradient; see passes/limits.h. */
enum limit {
    LIMIT_NONE,
    LIMIT_OPERATIONS,
    LIMIT_NAMES,
    LIMIT_SAVED,
    LIMIT_DELTAS,
    LIMIT_OUTERS,
    LIMIT_STAGES,
    LIMIT_SUMS,
    LIMIT_SLOTS,
    LIMIT_STORED
};

/* What a node is of the named value that it was made for. */
enum node_role {
    NODE_ITSELF,
    NODE_SUM, /* what accumulators gather for it */
    NODE_STORED, /* kept in memory for it */
    NODE_ARGUMENT, /* of an exponential */
    NODE_EXPONENTIAL,
    NODE_NUMERATOR,
    NODE_DENOMINATOR,
    NODE_PART, /* anything else that it is made of */
    NODE_SAVED, /* itself, as it is kept for training */
    NODE_ROLES
};

/* Where a given value comes from: index is that of a state, of a saved value or of a delta. */
enum given_kind { GIVEN_PREV, GIVEN_NEXT, GIVEN_VALUE, GIVEN_INPUT, GIVEN_DELTA };

struct given {
    enum given_kind kind;
    int index, extent;
    char name[ORIGIN_SIZE];
};

struct node {
    enum op op;
    int arg[3]; /* nodes, or -1 */
    double number; /* of a constant, where it is known */
    bool known; /* a constant that depends on no size that may be any */
    int terms; /* of a constant: how many numbers and sizes it is written with; else 0 */
    int index; /* of the size, state, parameter or sum */
    int extent; /* an extent variable; -1 for a constant */
    bool declared; /* the cell says its size */
    bool stored; /* its value is kept in memory for a later stage, or as an operand */
    int origin; /* of graph->origins: the named value that it was made for; 0: none */
    enum node_role role;
};

struct param {
    char name[NAME_SIZE];
    bool is_matrix;
    int rows, cols; /* extent variables; cols -1 for a vector */
    int line, column;
};

/* One accumulator: vectors (OP_VECTOR nodes) are added first, in order; then, for each product in
 * order, one fused multiply-add a column. scale is a constant node or -1. */
struct sum {
    int vector[TERMS_MAX], product[TERMS_MAX]; /* OP_VECTOR nodes; parameters */
    int operand[TERMS_MAX]; /* of each product */
    size_t vectors, products;
    int scale; /* of every product; that of a vector is the vector's own */
};

struct state {
    char name[ORIGIN_SIZE];
    int extent, node, next; /* next is -1 until it is assigned */
    int line, column;
};

struct graph {
    struct node *nodes;
    int count;
    int *table; /* hash table, for equal nodes to be found: what they are, counted from 1 */
    /* Extent variables: a forest; the roots 0 to 3 are ONE, I, H, P. */
    int *extents;
    int extent_count;
    struct param params[PARAMS_MAX];
    int param_count;
    struct state states[WEIR_STATES_MAX];
    int state_count;
    struct sum *sums;
    int sum_count;
    int input;
    char name[NAME_SIZE], input_name[NAME_SIZE];
    int line, column; /* where the cell is given its name */
    int named[NAMED_MAX]; /* nodes in the order in which they were named, for --dump */
    char named_as[NAMED_MAX][ORIGIN_SIZE + 1];
    int named_count;
    char (*origins)[ORIGIN_SIZE]; /* names of values, each once; the first is none */
    int origin_count;
    struct given givens[WEIR_GIVEN_MAX];
    int given_count;
    /* Nodes that are wanted in memory beside the next states: always, and in training only. What is
     * saved does not count as used, so that saving it changes no bit of the rest. */
    int outputs[WEIR_VALUES_MAX], saved[WEIR_VALUES_MAX];
    int output_count, saved_count;
    double size[4]; /* by extent; 0: not known, the kernel is to serve any */
    enum limit over; /* the first that was passed: the graph is not to be used */
    bool soon; /* nodes are computed as soon as they can be: fewer values cross from stage to stage
                */
};

struct graph *graph_create(void);
void graph_free(struct graph *graph);

/* Gives back the room that a complete graph does not need: nothing is added to it after that. */
void graph_close(struct graph *graph);

/* Notes that a limit was passed. */
void graph_pass(struct graph *graph, enum limit limit);

/* The node for an operation, folded where its operands are numbers. */
int graph_op(struct graph *graph, enum op op, int a, int b, int c);
int graph_number(struct graph *graph, double number);
int graph_size(struct graph *graph, enum weir_extent extent);
int graph_leaf(struct graph *graph, enum op op, int index, int extent);
int graph_vector(struct graph *graph, int param, int scale);
int graph_product(struct graph *graph, int param, int operand);
int graph_sum(struct graph *graph, const struct sum *sum, int extent);

/* Extent variables: a new one, two made one (false if they are different sizes), the extent that
 * one stands for (H where nothing decided). */
int graph_new_extent(struct graph *graph);
bool graph_same_extent(struct graph *graph, int a, int b);
enum weir_extent graph_extent(const struct graph *graph, int variable);

/* The first learned matrix or vector from number `param` on whose rows nothing decides, unless an
 * earlier one has as many; param_count: there is none. Where anything in a cell has a size that
 * nothing decides, the rows of one of these have it. */
int graph_undecided(const struct graph *graph, int param);

/* An extent as cells write it (1, I, H or P), and as C does: WEIR_ONE, WEIR_I, ... */
const char *extent_name(enum weir_extent extent);
const char *extent_constant(enum weir_extent extent);

bool graph_is_constant(const struct graph *graph, int node);
bool graph_is_number(const struct graph *graph, int node, double number);
bool graph_is_leaf(const struct graph *graph, int node); /* loaded or constant: never computed */
size_t op_arity(enum op op);
const char *op_spelling(enum op op);
double op_value(enum op op, double a, double b, double c); /* NAN where ops.def has no row */
bool graph_has_extent(const struct graph *graph, enum weir_extent extent);

/* Calls visit for every operand of a node: its args, or a sum's vectors and operands. */
void graph_operands(const struct graph *graph, int node, void (*visit)(void *context, int operand),
                    void *context);

/* uses[n], of every node, = how many operands of reachable nodes, next states and outputs are n; 0
 * for what is not reachable from those. With saved values: those too. */
void graph_count_uses(const struct graph *graph, int *uses);
void graph_count_uses_saving(const struct graph *graph, int *uses);

/* The given value of a kind and index, made if there is none. */
int graph_given(struct graph *graph, enum given_kind kind, int index, int extent, const char *name);

/* Adds a node to the outputs, or to the saved values, unless it is there: its place among them. */
int graph_output(struct graph *graph, int node);
int graph_save(struct graph *graph, int node);

/* The origin of this name, made if there is none. */
int graph_origin(struct graph *graph, const char *name);

/* Says what a computed node is, unless that is known or the origin is none. */
void graph_name(struct graph *graph, int node, int origin, enum node_role role);

/* The node like `node` with its operands replaced by map[operand]; what it is and stored are kept.
 */
int graph_rebuild(struct graph *graph, int node, const int *map);

/* Replaces next states and named values by map[node]. */
void graph_remap(struct graph *graph, const int *map);

#endif
