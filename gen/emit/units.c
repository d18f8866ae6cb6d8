/* SPDX-License-Identifier: MIT */
/* The elementwise work of a stage: from finished sums to next states and stored values, one
 * operation a statement. Each waits for the one before: where several vectors are at hand, of other
 * units or of other rows, they go through it in step, and one works while another waits. */
#include "emit/units.h"

#include "emit/choice.h"
#include "emit/names.h"
#include "emit/profile.h"
#include "emit/tiles.h"

#include <stdlib.h>
#include <string.h>

/* One vector of units of one row. */
struct units {
    const struct stage *stage;
    size_t row; /* past `row`; several rows have the same units */
    const char **name; /* of each node, once it was given one */
    struct names *names;
    const char *block; /* the block of units, as an expression */
    const char *mark; /* what ends the emitters' own words for it */
    const char *const
        *accumulators; /* the sums' names, where they are variables; NULL: in memory */
};

static const char *literal(struct emitter *e, double number)
{
    const float value = (float)number;
    const char *digits = emit_format(e, "%.9g", (double)value);
    return emit_format(e, strpbrk(digits, ".e") ? "%sf" : "%s.0f", digits);
}

/* One of the emitters' own words, for this block of units. */
static const char *own(struct emitter *e, const struct units *units, const char *word)
{
    return emit_format(e, "%s%s", word, units->mark);
}

/* One of those, for this row as well. */
static const char *of_row(struct emitter *e, const struct units *units, const char *word)
{
    return units->row ? emit_format(e, "%s%zu", word, units->row) : own(e, units, word);
}

/* Where the units are in an array whose rows are not padded. */
static const char *row_units(struct emitter *e, const struct units *units, const char *array)
{
    return emit_format(e, "s->%s + (ptrdiff_t)%s * s->%s_row + %s", array,
                       emit_plus(e, "row", units->row), array, own(e, units, "unit"));
}

/* A value as an operand: a variable, or a constant in every lane. */
static const char *operand(struct emitter *e, const struct units *units, int node)
{
    const struct node *n = &e->program->graph->nodes[node];
    if (!graph_is_constant(e->program->graph, node))
        return units->name[node];
    const char *value = n->known ? literal(e, n->number)
                                 : emit_format(e, "(float)%s", emit_constant(e, node, "s->"));
    return emit_spell(e, e->isa->set1, value, NULL, NULL);
}

static const char *give_name(struct emitter *e, struct units *units, int node)
{
    const struct graph *graph = e->program->graph;
    const struct node *n = &graph->nodes[node];
    const char *base = n->op == OP_STATE   ? emit_format(e, "%s_prev", graph->states[n->index].name)
                       : n->op == OP_INPUT ? "input"
                       : n->op == OP_GIVEN ? graph->givens[n->index].name
                       : n->op == OP_VECTOR ? graph->params[n->index].name
                                            : emit_node_name(e, node);
    if (units->row)
        base = emit_format(e, "%s_row%zu", base, units->row);
    return units->name[node] = emit_identifier(e, emit_unique(e, units->names, base));
}

static const char *load_from(struct emitter *e, const char *pointer, const char *index)
{
    return emit_spell(e, e->isa->load, pointer, index, NULL);
}

static const struct region *loose_region(const struct stage *stage)
{
    if (stage->region_count == 0)
        return NULL;
    const struct region *last = &stage->regions[stage->region_count - 1];
    return last->operand < 0 && last->slots[0].sum < 0 ? last : NULL;
}

/* Where the value of a node comes from, if it is not computed here. */
static const char *loaded(struct emitter *e, const struct units *units, int node)
{
    const struct stage *stage = units->stage;
    const struct node *n = &e->program->graph->nodes[node];
    const size_t lanes = e->isa->lanes;
    const int stage_index = e->program->stage_of[node];
    if (n->op == OP_INPUT)
        return emit_spell(e, e->isa->load_first, row_units(e, units, "x"), own(e, units, "count"),
                          NULL);
    if (n->op == OP_STATE)
        return load_from(e, emit_format(e, "s->%s", e->prev[n->index]), of_row(e, units, "at"));
    if (n->op == OP_GIVEN)
        return load_from(e, emit_format(e, "s->%s", e->given[n->index]), of_row(e, units, "at"));
    if (n->op == OP_VECTOR) {
        const struct region *region = loose_region(stage);
        size_t slot = 0;
        while (region->slots[slot].node != node)
            slot++;
        return load_from(e, own(e, units, "vector"), emit_number(e, slot * lanes));
    }
    if (&e->program->stages[stage_index] != stage) {
        const int state = program_next_state(e->program, node);
        return load_from(
            e,
            emit_format(e, "s->%s",
                        state >= 0 ? e->next[state] : e->value[program_value(e->program, node)]),
            of_row(e, units, "at"));
    }
    size_t sum = 0;
    while (sum < stage->sum_count && stage->sums[sum] != node)
        sum++;
    if (sum == stage->sum_count)
        return NULL;
    if (units->accumulators)
        return emit_identifier(e, units->accumulators[sum]);
    return load_from(e, units->row ? emit_format(e, "sums%zu", units->row) : "sums",
                     sum ? emit_format(e, "(%zu * vectors + v) * %zu", sum, lanes)
                         : emit_format(e, "v * %zu", lanes));
}

static const char *computed(struct emitter *e, const struct units *units, int node)
{
    const struct node *n = &e->program->graph->nodes[node];
    const char *arg[3] = {NULL, NULL, NULL};
    for (size_t i = 0; i < op_arity(n->op); i++)
        arg[i] = operand(e, units, n->arg[i]);
    const bool sleef = e->program->math == WEIR_SLEEF && e->isa->sleef[n->op];
    return emit_spell(e, sleef ? e->isa->sleef[n->op] : e->isa->op[n->op], arg[0], arg[1], arg[2]);
}

/* The rows of y are as wide as the output and not padded. */
static void emit_output(struct emitter *e, const struct units *units, const char *name)
{
    const enum weir_extent extent = units->stage->extent;
    const bool whole = emit_is_known(e, extent) && emit_known(e, extent) % e->isa->lanes == 0;
    const char *y = of_row(e, units, "y");
    EMIT("        float *%s = %s;\n", y, row_units(e, units, "y"));
    EMIT("        %s;\n", emit_spell(e, whole ? e->isa->store_any : e->isa->store_first, y, name,
                                     own(e, units, "count")));
}

/* Whether a state is stored: a stream has no use for one that no step reads. */
static bool keeps_state(const struct emitter *e, int state)
{
    return emit_has_states(e) && (!e->streams || program_reads_state(e->program, state));
}

static bool is_computed_here(const struct emitter *e, const struct units *units, int node)
{
    const int own = e->program->stage_of[node];
    return own >= 0 && &e->program->stages[own] == units->stage;
}

/* Stores a node to those of the values from `first` to `last` that it is. */
static void emit_values(struct emitter *e, const struct units *units, int node, size_t first,
                        size_t last, const char *indent)
{
    for (size_t v = first; v < last && is_computed_here(e, units, node); v++)
        if (e->program->values[v] == node)
            EMIT("%s%s;\n", indent,
                 emit_spell(e, e->isa->store,
                            emit_format(e, "s->%s + %s", e->value[v], of_row(e, units, "at")),
                            units->name[node], NULL));
}

static void emit_stores(struct emitter *e, struct units *units, int node)
{
    const struct graph *graph = e->program->graph;
    const char *name = units->name[node];
    for (int s = 0; s < graph->state_count; s++) {
        const bool leaf_here = graph_is_leaf(graph, node) && units->stage->phase == 0;
        if (graph->states[s].next != node || !(is_computed_here(e, units, node) || leaf_here))
            continue;
        if (keeps_state(e, s))
            EMIT("        %s;\n",
                 emit_spell(e, e->isa->store,
                            emit_format(e, "s->%s + %s", e->next[s], of_row(e, units, "at")), name,
                            NULL));
        if (s == 0 && e->program->role != ROLE_BACKWARD)
            emit_output(e, units, emit_format(e, "v_canonical(%s)", name));
    }
    emit_values(e, units, node, 0, e->program->value_count, "        ");
}

/* What a named value is, in the words of the cell. */
static const char *comment(const struct emitter *e, int node)
{
    const struct graph *graph = e->program->graph;
    for (int s = 0; s < graph->state_count; s++)
        if (graph->states[s].next == node && !graph_is_leaf(graph, node))
            return graph->states[s].name;
    return NULL;
}

static bool needs_count(const struct emitter *e, const struct stage *stage)
{
    const struct graph *graph = e->program->graph;
    const bool whole =
        emit_is_known(e, stage->extent) && emit_known(e, stage->extent) % e->isa->lanes == 0;
    bool needed = false;
    for (size_t i = 0; i < stage->saving_count; i++) {
        const int node = stage->order[i], own = e->program->stage_of[node];
        needed |= graph->nodes[node].op == OP_INPUT;
        needed |= !whole && graph->states[0].next == node && e->program->role != ROLE_BACKWARD &&
                  (own < 0 || &e->program->stages[own] == stage);
    }
    return needed;
}

static bool needs_at(const struct emitter *e, const struct stage *stage)
{
    for (size_t i = 0; i < stage->saving_count; i++) {
        const int node = stage->order[i];
        const struct node *n = &e->program->graph->nodes[node];
        const int state = program_next_state(e->program, node);
        if (n->op == OP_STATE || n->op == OP_GIVEN || n->stored ||
            program_value(e->program, node) >= 0 || (state >= 0 && keeps_state(e, state)))
            return true;
    }
    return false;
}

static void emit_indices(struct emitter *e, const struct units *units)
{
    const struct stage *stage = units->stage;
    const struct region *loose = loose_region(stage);
    const size_t lanes = e->isa->lanes;
    const char *unit = own(e, units, "unit");
    if (units->row == 0)
        EMIT("        const size_t %s = %s * %zu;\n", unit, units->block, lanes);
    if (needs_at(e, stage))
        EMIT("        const size_t %s = %s * %s + %s;\n", of_row(e, units, "at"),
             emit_plus(e, "row", units->row), emit_padded(e, stage->extent), unit);
    if (units->row)
        return;
    if (needs_count(e, stage))
        EMIT("        const size_t %s = %s - %s < %zu ? %s - %s : %zu;\n", own(e, units, "count"),
             emit_size(e, stage->extent), unit, lanes, emit_size(e, stage->extent), unit, lanes);
    if (loose)
        EMIT("        const float *%s = s->%s + %s * %s;\n", own(e, units, "vector"),
             e->region[loose->index], units->block, emit_panel(e, loose));
}

/* A node as a variable. */
static void emit_node(struct emitter *e, struct units *units, int node, const char *indent)
{
    const char *name = units->name[node] ? units->name[node] : give_name(e, units, node);
    const char *load = loaded(e, units, node), *maths = comment(e, node);
    emit_assignment(e, indent, emit_format(e, "const %s %s", e->isa->vector, name),
                    load ? load : computed(e, units, node));
    if (maths && !load)
        EMIT(" /* %s' */", maths);
    EMIT("\n");
}

/* What training keeps of this vector. */
static void emit_saving(struct emitter *e, struct units *units)
{
    const struct stage *stage = units->stage;
    const struct program *program = e->program;
    bool saves = false;
    for (size_t i = 0; i < stage->saving_count; i++)
        for (size_t v = program->value_count; v < program->saving_count; v++)
            saves |= program->values[v] == stage->order[i] &&
                     is_computed_here(e, units, stage->order[i]);
    if (!saves)
        return;
    EMIT("        if (s->save) {\n");
    for (size_t i = 0; i < stage->saving_count; i++) {
        if (i >= stage->order_count)
            emit_node(e, units, stage->order[i], "            ");
        emit_values(e, units, stage->order[i], program->value_count, program->saving_count,
                    "            ");
    }
    EMIT("        }\n");
}

/* The work on some vectors of units, two levels deep. */
static void emit_vectors(struct emitter *e, struct units *units, size_t count)
{
    const struct stage *stage = units->stage;
    struct names *names = names_create(e);
    for (size_t v = 0; v < count; v++) {
        units[v].names = names;
        units[v].name = calloc(NODES_MAX, sizeof *units->name);
        if (!units[v].name)
            abort();
        for (size_t i = 0; i < stage->sum_count && units[v].accumulators; i++)
            emit_unique(e, names, units[v].accumulators[i]); /* taken */
    }
    for (size_t v = 0; v < count; v++) { /* what the cell itself names keeps its name */
        for (size_t i = 0; i < stage->saving_count; i++)
            if (emit_is_itself(e, stage->order[i]))
                give_name(e, &units[v], stage->order[i]);
        emit_indices(e, &units[v]);
    }
    for (size_t i = 0; i < stage->order_count * count; i++) {
        emit_node(e, &units[i % count], stage->order[i / count], "        ");
        emit_stores(e, &units[i % count], stage->order[i / count]);
    }
    for (size_t v = 0; v < count; v++) {
        emit_saving(e, &units[v]);
        free(units[v].name);
    }
    free(names);
}

void emit_fused_units(struct emitter *e, const struct stage *stage,
                      const struct fused_block *blocks, size_t count)
{
    /* Not around calls, which keep nothing in registers. */
    const size_t most = e->program->math == WEIR_INLINE ? 2 : 1;
    for (size_t from = 0; from < count; from += most) {
        struct units units[2];
        const size_t vectors = count - from < most ? count - from : most;
        for (size_t v = 0; v < vectors; v++)
            units[v] = (struct units){.stage = stage,
                                      .block = blocks[from + v].block,
                                      .mark = v ? "2" : "",
                                      .accumulators = blocks[from + v].sums};
        EMIT("    {\n");
        emit_vectors(e, units, vectors);
        EMIT("    }\n");
    }
}

/* The function for so many rows. */
static void emit_rows(struct emitter *e, const struct stage *stage, const char *name, size_t rows)
{
    struct units units[UNITS_ROWS_MOST];
    const bool sums = stage->sum_count > 0;
    const char *parameters =
        emit_format(e, "const struct step%s *s, size_t block, size_t vectors, size_t row%s", e->tag,
                    sums ? ", const float *sums" : "");
    EMIT("%s\n{\n",
         emit_signature(e, emit_format(e, "%s %s", emit_tile_words(e), name), parameters));
    for (size_t row = 0; row < rows; row++) {
        units[row] = (struct units){.stage = stage, .row = row, .block = "(block + v)", .mark = ""};
        if (row && sums)
            EMIT("    const float *sums%zu = sums + %zu * vectors;\n", row,
                 row * stage->sum_count * e->isa->lanes);
    }
    EMIT("    for (size_t v = 0; v < vectors; v++) {\n");
    emit_vectors(e, units, rows);
    EMIT("    }\n}\n\n");
}

const char *emit_units_name(struct emitter *e, const struct stage *stage, size_t rows)
{
    const char *name = emit_format(e, "units%s", stage->suffix);
    return e->plan->abreast > 1 ? emit_format(e, "%s_%zu", name, rows) : name;
}

void emit_units(struct emitter *e, const struct stage *stage)
{
    const char *sums = stage->sum_count > 0 ? ", const float *sums" : "";
    struct choices choices = {.count = 0};
    if (stage->few == FEW_ALWAYS) /* its units are computed where its sums are */
        return;
    if (e->streams && e->plan->fused && stage->sum_count > 0)
        return; /* tiles do it */
    if (e->plan->abreast == 1) {
        emit_rows(e, stage, emit_units_name(e, stage, 1), 1);
        return;
    }
    const size_t least = e->plan->fused && stage->sum_count > 0 ? 2 : 1; /* tiles do one row */
    const size_t most = e->plan->rows > least ? e->plan->rows : least;
    for (size_t rows = 1; rows <= e->plan->abreast; rows++) {
        if (!part_occurs(rows, e->plan->abreast, least, most))
            continue;
        const char *one = emit_units_name(e, stage, rows);
        const char *call = emit_format(e, "%s%s(s, block, vectors, row%s)",
                                       emit_mark_rows(e, stage, rows), one, *sums ? ", sums" : "");
        emit_rows(e, stage, one, rows);
        choices_add(&choices, (struct choice){rows, 0, false, {call}, 1});
    }
    const char *parameters = emit_format(
        e, "const struct step%s *s, size_t block, size_t vectors, size_t row, size_t rows%s",
        e->tag, sums);
    EMIT("%s\n{\n%s}\n\n",
         emit_signature(e, emit_format(e, "WEIR_CHOOSER units%s", stage->suffix), parameters),
         emit_choices(e, &choices, "    ", "rows", ""));
}
