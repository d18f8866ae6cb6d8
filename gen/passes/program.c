/* SPDX-License-Identifier: MIT */
/* From the graph of a cell to the stages of a kernel. */
#include "passes/program.h"

#include "passes/limits.h"
#include "passes/passes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const role_tags[ROLE_COUNT] = {"", "_back", "_input"};

enum weir_extent program_extent(const struct program *program, int node)
{
    return graph_extent(program->graph, program->graph->nodes[node].extent);
}

int program_next_state(const struct program *program, int node)
{
    for (int s = 0; s < program->graph->state_count; s++)
        if (program->graph->states[s].next == node)
            return s;
    return -1;
}

int program_value(const struct program *program, int node)
{
    for (size_t v = 0; v < program->saving_count; v++)
        if (program->values[v] == node)
            return (int)v;
    return -1;
}

/* The stage of this phase and extent, made if there is none; -1 where there are too many, which is
 * noted. */
static int find_stage(struct program *program, int phase, enum weir_extent extent)
{
    for (size_t i = 0; i < program->stage_count; i++)
        if (program->stages[i].phase == phase && program->stages[i].extent == extent)
            return (int)i;
    if (program->stage_count == STAGES_MAX) {
        graph_pass(program->graph, LIMIT_STAGES);
        return -1;
    }
    size_t at = program->stage_count++;
    for (; at > 0 && program->stages[at - 1].phase > phase; at--)
        program->stages[at] = program->stages[at - 1];
    program->stages[at] = (struct stage){.extent = extent, .phase = phase};
    return (int)at;
}

/* The region of a stage with this operand (-1: vectors), and for vectors whether they go to sums.
 */
static struct region *find_region(struct program *program, struct stage *stage, int operand,
                                  bool for_sums)
{
    for (size_t i = 0; i < stage->region_count; i++) {
        struct region *region = &stage->regions[i];
        if (region->operand == operand && (operand >= 0 || (region->slots[0].sum >= 0) == for_sums))
            return region;
    }
    if (stage->region_count == REGIONS_MAX) { /* more operands than values can be kept */
        graph_pass(program->graph, LIMIT_STORED);
        return NULL;
    }
    struct region *region = &stage->regions[stage->region_count++];
    *region = (struct region){.operand = operand,
                              .rows = stage->extent,
                              .cols = operand < 0 ? WEIR_ONE : program_extent(program, operand)};
    return region;
}

static void add_slot(struct program *program, struct region *region, struct slot slot)
{
    if (region && region->count == SLOTS_MAX)
        graph_pass(program->graph, LIMIT_SLOTS);
    else if (region)
        region->slots[region->count++] = slot;
}

static void add_sum(struct program *program, struct stage *stage, int node)
{
    struct graph *graph = program->graph;
    const struct sum *sum = &graph->sums[graph->nodes[node].index];
    if (stage->sum_count == SUMS_MAX) {
        graph_pass(graph, LIMIT_SUMS);
        return;
    }
    const int index = (int)stage->sum_count++;
    stage->sums[index] = node;
    for (size_t i = 0; i < sum->vectors; i++) {
        const struct node *vector = &graph->nodes[sum->vector[i]];
        const struct slot slot = {vector->index, vector->arg[0], index, sum->vector[i]};
        add_slot(program, find_region(program, stage, -1, true), slot);
    }
    for (size_t i = 0; i < sum->products; i++) {
        const struct slot slot = {sum->product[i], sum->scale, index, -1};
        add_slot(program, find_region(program, stage, sum->operand[i], true), slot);
    }
}

/* Where a region stands: vectors for sums, then operands in the order in which every sum adds
 * their products (see sums.c), then vectors for the elementwise work. */
static int region_rank(const struct program *program, const struct region *region)
{
    if (region->operand < 0)
        return region->slots[0].sum >= 0 ? -2 : NODES_MAX + WEIR_STATES_MAX;
    const struct node *n = &program->graph->nodes[region->operand];
    return n->op == OP_INPUT   ? -1
           : n->op == OP_STATE ? n->index
                               : WEIR_STATES_MAX + region->operand;
}

static void sort_regions(struct program *program, struct stage *stage)
{
    for (size_t i = 1; i < stage->region_count; i++)
        for (size_t j = i; j > 0 && region_rank(program, &stage->regions[j - 1]) >
                                        region_rank(program, &stage->regions[j]);
             j--) {
            const struct region swap = stage->regions[j];
            stage->regions[j] = stage->regions[j - 1];
            stage->regions[j - 1] = swap;
        }
    for (size_t i = 0; i < stage->region_count; i++)
        stage->regions[i].index = program->region_count++;
}

struct need {
    bool needed; /* by what the stage computes */
    bool there; /* in its order already */
};

/* A stage needs what its own nodes use; what comes from another stage is loaded. */
static void need_operand(void *context, int operand)
{
    ((struct need *)context)[operand].needed = true;
}

/* Adds what a stage computes and loads, of the nodes used, to its order. */
static void add_order(struct program *program, int index, const int *uses)
{
    struct graph *graph = program->graph;
    struct stage *stage = &program->stages[index];
    struct need *needs = calloc(NODES_MAX, sizeof *needs);
    if (!needs)
        abort();
    for (size_t i = 0; i < stage->saving_count; i++)
        needs[stage->order[i]].there = true;
    for (int n = graph->count - 1; n >= 0; n--) {
        const bool here = uses[n] > 0 && program->stage_of[n] == index;
        const int state = program_next_state(program, n);
        const bool next_leaf = state >= 0 && graph_is_leaf(graph, n) && stage->phase == 0 &&
                               program_extent(program, n) == stage->extent;
        needs[n].needed |= here || next_leaf;
        if (here && graph->nodes[n].op != OP_SUM)
            graph_operands(graph, n, need_operand, needs);
    }
    for (int n = 0; n < graph->count; n++)
        if (needs[n].needed && !needs[n].there && !graph_is_constant(graph, n))
            stage->order[stage->saving_count++] = n;
    free(needs);
}

/* Passes of training keep one order: their products are mostly of many rows, and no step of a
 * stream waits for them. */
static enum few find_few(const struct program *program, const struct stage *stage)
{
    const double rows = program->graph->size[stage->extent];
    if (program->role != ROLE_FORWARD || stage->sum_count == 0)
        return FEW_NEVER;
    if (rows <= 0)
        return FEW_BY_SIZE;
    return rows < WEIR_FEW ? FEW_ALWAYS : FEW_NEVER;
}

bool program_reads_state(const struct program *program, int state)
{
    const int node = program->graph->states[state].node;
    bool reads = false;
    for (size_t i = 0; i < program->stage_count; i++) {
        const struct stage *stage = &program->stages[i];
        for (size_t n = 0; n < stage->order_count; n++)
            reads |= stage->order[n] == node;
        for (size_t r = 0; r < stage->region_count; r++)
            reads |= stage->regions[r].operand == node;
    }
    return reads;
}

bool program_may_be_few(const struct stage *stage, const struct region *region)
{
    return stage->few != FEW_NEVER && region->operand >= 0;
}

enum weir_type program_region_type(const struct program *program, const struct region *region)
{
    return region->operand < 0 ? WEIR_TYPE_F32 : program->type;
}

static void order_stage(struct program *program, int index, const int *uses, const int *saving)
{
    struct graph *graph = program->graph;
    struct stage *stage = &program->stages[index];
    stage->order = calloc(NODES_MAX, sizeof *stage->order);
    if (!stage->order)
        abort();
    add_order(program, index, uses);
    stage->order_count = stage->saving_count;
    add_order(program, index, saving);
    for (size_t i = 0; i < stage->saving_count && !graph->over; i++) {
        const int n = stage->order[i];
        if (graph->nodes[n].op == OP_SUM && program->stage_of[n] == index)
            add_sum(program, stage, n);
        if (graph->nodes[n].op == OP_VECTOR) {
            const struct slot slot = {graph->nodes[n].index, graph->nodes[n].arg[0], -1, n};
            add_slot(program, find_region(program, stage, -1, false), slot);
        }
    }
}

static void add_value(struct program *program, int node)
{
    if (program->saving_count == WEIR_VALUES_MAX)
        graph_pass(program->graph, LIMIT_STORED);
    else
        program->values[program->saving_count++] = node;
}

/* Gives what is kept in memory its places. */
static void list_values(struct program *program, const int *uses)
{
    struct graph *graph = program->graph;
    for (int i = 0; i < graph->output_count; i++)
        add_value(program, graph->outputs[i]);
    for (int n = 0; n < graph->count; n++)
        if (uses[n] > 0 && graph->nodes[n].stored && !graph_is_leaf(graph, n) &&
            program_next_state(program, n) < 0 && program_value(program, n) < 0)
            add_value(program, n);
    program->value_count = program->saving_count;
    for (int i = 0; i < graph->saved_count; i++)
        if (program_value(program, graph->saved[i]) < 0)
            add_value(program, graph->saved[i]);
}

struct crossing {
    struct graph *graph;
    const int *phase;
    int user;
};

static void mark_crossing(void *context, int operand)
{
    const struct crossing *c = context;
    struct node *n = &c->graph->nodes[operand];
    const bool is_operand = c->graph->nodes[c->user].op == OP_SUM;
    if (!graph_is_leaf(c->graph, operand) && (is_operand || c->phase[operand] < c->phase[c->user]))
        n->stored = true;
}

struct latest {
    const int *phase;
    int result;
};

static void find_latest(void *context, int operand)
{
    struct latest *latest = context;
    if (latest->phase[operand] > latest->result)
        latest->result = latest->phase[operand];
}

/* Finds the stages, and which nodes must be kept in memory between them. What is computed only to
 * be saved is computed where its operands are. */
static void find_stages(struct program *program, const int *uses, const int *saving)
{
    struct graph *graph = program->graph;
    int *phase = calloc(NODES_MAX, sizeof *phase);
    if (!phase)
        abort();
    pass_stages(graph, false, phase);
    for (int n = 0; n < graph->count; n++) {
        struct crossing crossing = {graph, phase, n};
        struct latest latest = {phase, 0};
        if (saving[n] > 0 && uses[n] == 0 && !graph_is_leaf(graph, n)) {
            graph_operands(graph, n, find_latest, &latest);
            phase[n] = latest.result;
        }
        if (saving[n] > 0)
            graph_operands(graph, n, mark_crossing, &crossing);
    }
    for (int round = 0; round < 2; round++) /* first make them all: making one may move others */
        for (int n = 0; n < graph->count && !graph->over; n++) {
            const bool is_next = program_next_state(program, n) >= 0;
            program->stage_of[n] = -1;
            if (saving[n] == 0 || graph_is_constant(graph, n) ||
                (graph_is_leaf(graph, n) && !is_next))
                continue;
            const int stage = find_stage(program, phase[n], program_extent(program, n));
            if (!graph_is_leaf(graph, n))
                program->stage_of[n] = stage;
        }
    free(phase);
}

struct naming {
    struct graph *graph;
    int origin;
};

static void name_operand(void *context, int operand)
{
    const struct naming *naming = context;
    const struct node *n = &naming->graph->nodes[operand];
    const enum node_role role = n->op == OP_SUM     ? NODE_SUM
                                : n->stored         ? NODE_STORED
                                : n->op == OP_CLAMP ? NODE_ARGUMENT
                                                    : NODE_PART;
    graph_name(naming->graph, operand, naming->origin, role);
}

/* Makes every node that was made for no value a part of one that it goes into. */
static void name_nodes(struct graph *graph, const int *uses)
{
    for (int n = graph->count - 1; n >= 0; n--)
        if (uses[n] > 0)
            graph_operands(graph, n, name_operand, &(struct naming){graph, graph->nodes[n].origin});
}

/* A constant of a node that no float holds, or NULL. Constants that are folded into weights may
 * overflow although each of them fits. */
static const double *find_overflow(const struct graph *graph, int node)
{
    const struct node *n = &graph->nodes[node];
    const int constant = graph_is_constant(graph, node) ? node
                         : n->op == OP_VECTOR           ? n->arg[0]
                         : n->op == OP_SUM              ? graph->sums[n->index].scale
                                                        : -1;
    if (constant < 0 || !graph->nodes[constant].known)
        return NULL;
    const float value = (float)graph->nodes[constant].number;
    return value - value == 0 ? NULL : &graph->nodes[constant].number;
}

/* Whether nothing keeps a cell from being a kernel. */
static bool is_kernel(const struct program *program, const int *uses, struct failure *failure)
{
    const struct graph *graph = program->graph;
    const double *overflow = NULL;
    if (graph->over)
        return fail_limit(failure, graph, program->role != ROLE_FORWARD || graph->saved_count > 0);
    for (int n = 0; n < graph->count && !overflow; n++)
        overflow = uses[n] > 0 ? find_overflow(graph, n) : NULL;
    return !overflow || fail(failure,
                             "the cell '%s' multiplies by %g in the end, which no float holds; "
                             "expected constants that are not so large",
                             graph->name, *overflow);
}

/* What is made has room for all that there may be; models have hundreds of programs at once. */
static void close_program(struct program *program)
{
    const size_t nodes = (size_t)program->graph->count, stages = program->stage_count;
    int *stage_of = realloc(program->stage_of, (nodes + 1) * sizeof *stage_of);
    struct stage *shrunk = realloc(program->stages, (stages + 1) * sizeof *shrunk);
    program->stage_of = stage_of ? stage_of : program->stage_of;
    program->stages = shrunk ? shrunk : program->stages;
    for (size_t i = 0; i < stages; i++) {
        struct stage *stage = &program->stages[i];
        int *order = realloc(stage->order, (stage->saving_count + 1) * sizeof *order);
        stage->order = order ? order : stage->order;
    }
    graph_close(program->graph);
}

struct program *program_create(struct graph *graph, enum weir_math math, enum weir_type type,
                               enum role role, struct failure *failure)
{
    struct program *program = calloc(1, sizeof *program);
    int *uses = calloc(NODES_MAX, sizeof *uses), *saving = calloc(NODES_MAX, sizeof *saving);
    if (!program || !uses || !saving)
        abort();
    program->graph = graph;
    program->math = math;
    program->type = type;
    program->role = role;
    program->stage_of = calloc(NODES_MAX, sizeof *program->stage_of);
    program->stages = calloc(STAGES_MAX, sizeof *program->stages);
    if (!program->stage_of || !program->stages)
        abort();
    pass_soon(graph);
    /* A scale that is folded into a weight is rounded with it, which only float32 has the bits for.
     */
    pass_lower(graph, math, role != ROLE_FORWARD, type == WEIR_TYPE_F32);
    pass_contract(graph);
    graph_count_uses(graph, uses);
    graph_count_uses_saving(graph, saving);
    if (!graph->over)
        find_stages(program, uses, saving);
    name_nodes(graph, saving);
    for (size_t i = 0; i < program->stage_count && !graph->over; i++) {
        struct stage *stage = &program->stages[i];
        order_stage(program, (int)i, uses, saving);
        sort_regions(program, stage);
        stage->few = find_few(program, stage);
        snprintf(stage->suffix, sizeof stage->suffix, "%s", role_tags[role]);
        if (program->stage_count > 1)
            snprintf(stage->suffix, sizeof stage->suffix, "%s_%zu", role_tags[role], i);
    }
    if (!graph->over)
        list_values(program, uses);
    const bool made = is_kernel(program, saving, failure);
    free(uses);
    free(saving);
    if (made) {
        close_program(program);
        return program;
    }
    program_free(program);
    return NULL;
}

void program_free(struct program *program)
{
    if (!program)
        return;
    for (size_t i = 0; i < program->stage_count; i++)
        free(program->stages[i].order);
    free(program->stages);
    free(program->stage_of);
    graph_free(program->graph);
    free(program);
}
