/* SPDX-License-Identifier: MIT */
/* A cell made ready to be emitted: stages in order, and for each the regions of packed weights it
 * walks, its accumulators and its elementwise work. It is the same for every ISA; what the plan
 * decides (plan.h) is not in it. */
#ifndef WEIR_PROGRAM_H
#define WEIR_PROGRAM_H

#include "cell/graph.h"
#include "common/failure.h"

enum {
    STAGES_MAX = 16,
    SUMS_MAX = 64,
    /* Two of vectors, and one for each operand that there can be. */
    REGIONS_MAX = 2 + 1 + WEIR_STATES_MAX + WEIR_VALUES_MAX,
    SLOTS_MAX = 2 * SUMS_MAX
};

/* One parameter in a region, scaled, and the accumulator of the stage that it goes to (-1: none, it
 * is read by the elementwise work). */
struct slot {
    int param, scale, sum, node;
};

/* Parameters of one shape that are walked together: vectors (operand -1), or the matrices that
 * multiply one operand and go to the sums of one group. */
struct region {
    int operand; /* a node */
    enum weir_extent rows, cols;
    size_t group; /* of a matrix */
    struct slot slots[SLOTS_MAX];
    size_t count;
    size_t index; /* in the whole kernel */
};

/* Whether the products of a stage have fewer rows than WEIR_FEW: then each of its sums adds whole
 * products, and a product the partial sums of its columns, in an order of its own (design.md). In a
 * kernel for any size, the size decides when it runs. */
enum few { FEW_NEVER, FEW_ALWAYS, FEW_BY_SIZE };

struct stage {
    enum weir_extent extent;
    enum few few;
    int phase;
    int sums[SUMS_MAX]; /* nodes */
    size_t sum_count;
    /* The sums that a tile of several rows holds together: the plan groups them (panels.h). */
    size_t group[SUMS_MAX], group_count;
    struct region regions[REGIONS_MAX];
    size_t region_count;
    int *order; /* computed and loaded nodes, in an order in which they can be computed */
    size_t order_count; /* the first are for every run, the rest only for saved values */
    size_t saving_count; /* all of them */
    char suffix[24]; /* of the names of its functions; empty where there is one stage only */
};

/* What a program is in a kernel. */
enum role { ROLE_FORWARD, ROLE_BACKWARD, ROLE_INPUT, ROLE_COUNT };

/* What ends the names of its functions, types and tables in the emitted file. */
extern const char *const role_tags[ROLE_COUNT];

struct program {
    struct graph *graph;
    enum weir_math math;
    enum weir_type type; /* of its matrices */
    enum role role;
    struct stage *stages;
    size_t stage_count, region_count;
    /* Nodes in memory beside next states: the graph's outputs, what is stored between stages, and
     * then, in training only, what is saved. */
    int values[WEIR_VALUES_MAX];
    size_t value_count, saving_count; /* of every run; of all */
    int *stage_of; /* index of the stage of each node; -1: leaves and what is not used */
};

/* Takes over a graph in which sums were found (pass_sums). On a cell that is too large for a
 * kernel: NULL. */
struct program *program_create(struct graph *graph, enum weir_math math, enum weir_type type,
                               enum role role, struct failure *failure);
void program_free(struct program *program);

/* The state whose next value this node is, or -1; the stored value that it is, or -1. */
int program_next_state(const struct program *program, int node);
int program_value(const struct program *program, int node);

/* Whether any step reads what the one before left in a state: else it starts from nowhere. */
bool program_reads_state(const struct program *program, int state);

/* Whether a region is, or may be, one of products of few rows. */
bool program_may_be_few(const struct stage *stage, const struct region *region);

/* What the weights of a region are stored as: its matrices by the kernel's type. */
enum weir_type program_region_type(const struct program *program, const struct region *region);

/* The extent of a node. */
enum weir_extent program_extent(const struct program *program, int node);

#endif
