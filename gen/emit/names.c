/* SPDX-License-Identifier: MIT */
/* Names in the emitted file. A cell file may call its values what it likes: words of C or C++,
 * macros, functions that the emitted code calls, or what the emitters themselves write. None of
 * these begins in lower case and ends in one underscore, which is how every identifier that is made
 * of a name of the cell ends: there is no list of words that would have to be complete. */
#include "emit/names.h"

#include <stdlib.h>
#include <string.h>

/* ---- Identifiers ---- */

const char *emit_identifier(struct emitter *e, const char *name)
{
    return emit_format(e, "%s_", name);
}

/* ---- Nodes ---- */

const char *emit_node_name(struct emitter *e, int node)
{
    static const char *const endings[NODE_ROLES] = {
        [NODE_ITSELF] = "",          [NODE_SUM] = "_sum",       [NODE_STORED] = "_in",
        [NODE_ARGUMENT] = "_arg",    [NODE_PART] = "_part",     [NODE_EXPONENTIAL] = "_exp",
        [NODE_DENOMINATOR] = "_den", [NODE_NUMERATOR] = "_num", [NODE_SAVED] = "_saved"};
    const struct graph *graph = e->program->graph;
    const struct node *n = &graph->nodes[node];
    return emit_format(e, "%s%s", graph->origins[n->origin], endings[n->role]);
}

bool emit_is_itself(const struct emitter *e, int node)
{
    return e->program->graph->nodes[node].role == NODE_ITSELF;
}

const char *emit_sum_name(struct emitter *e, const struct stage *stage, size_t index)
{
    const struct graph *graph = e->program->graph;
    const struct node *own = &graph->nodes[stage->sums[index]];
    const char *operand = emit_operand_name(e, graph->sums[own->index].operand[0]);
    const char *base =
        own->role == NODE_SUM ? graph->origins[own->origin] : emit_node_name(e, stage->sums[index]);
    bool alone = true;
    char twin = 'a';
    for (size_t j = 0; j < stage->sum_count; j++) {
        const struct node *other = &graph->nodes[stage->sums[j]];
        if (j == index || own->origin != other->origin || own->role != other->role)
            continue;
        alone = false;
        if (!strcmp(emit_operand_name(e, graph->sums[other->index].operand[0]), operand))
            twin = (char)(twin + (j < index && twin < 'z'));
    }
    if (!alone)
        base = emit_format(e, "%s_%s", base, operand);
    return twin > 'a' ? emit_format(e, "%s_%c", base, twin) : base;
}

/* ---- Scopes ---- */

static struct taken *find_taken(struct names *names, const char *name)
{
    size_t slot = 5381;
    for (const char *c = name; *c; c++)
        slot = slot * 33 + (unsigned char)*c;
    for (slot %= names->room; names->taken[slot].name; slot = (slot + 1) % names->room)
        if (!strcmp(names->taken[slot].name, name))
            break;
    return &names->taken[slot];
}

struct names *names_create(const struct emitter *e)
{
    const size_t room = 4 * ((size_t)e->program->graph->count + NAMED_MAX);
    struct names *names = calloc(1, sizeof *names + room * sizeof *names->taken);
    if (!names)
        abort();
    names->room = room;
    return names;
}

const char *emit_unique(struct emitter *e, struct names *names, const char *name)
{
    struct taken *first = find_taken(names, name), *own = first;
    while (own->name) {
        name = emit_format(e, "%s_%d", first->name, first->twins++ + 2);
        own = find_taken(names, name);
    }
    own->name = name;
    return name;
}

/* ---- Fields of struct step, and operands ---- */

/* Names stored values: first what the cell itself names, which keeps its name. */
static void name_values(struct emitter *e, struct names *names, bool themselves)
{
    for (size_t v = 0; v < e->program->saving_count; v++) {
        const int node = e->program->values[v];
        if (emit_is_itself(e, node) != themselves)
            continue;
        e->value_operand[v] = emit_unique(e, names, emit_node_name(e, node));
        e->value[v] = emit_format(e, "%s_value_", e->value_operand[v]);
    }
}

void emit_name_operands(struct emitter *e)
{
    const struct program *program = e->program;
    const struct graph *graph = program->graph;
    struct names *names = names_create(e);
    emit_unique(e, names, "x");
    for (int s = 0; s < graph->state_count; s++) {
        const char *name = graph->states[s].name;
        e->prev[s] = emit_format(e, "%s_prev_", name);
        e->next[s] = emit_format(e, "%s_next_", name);
        e->state_operand[s] = emit_unique(e, names, name);
        e->next_operand[s] = emit_unique(e, names, emit_format(e, "%s_next", name));
    }
    for (int g = 0; g < graph->given_count; g++) {
        e->given_operand[g] = emit_unique(e, names, graph->givens[g].name);
        e->given[g] = emit_format(e, "%s_given_", e->given_operand[g]);
    }
    name_values(e, names, true);
    name_values(e, names, false);
    free(names);
}

const char *emit_operand_name(struct emitter *e, int node)
{
    const struct node *n = &e->program->graph->nodes[node];
    if (n->op == OP_INPUT)
        return "x";
    if (n->op == OP_STATE)
        return e->state_operand[n->index];
    if (n->op == OP_GIVEN)
        return e->given_operand[n->index];
    const int state = program_next_state(e->program, node);
    return state >= 0 ? e->next_operand[state] : e->value_operand[program_value(e->program, node)];
}

const char *emit_operand_pointer(struct emitter *e, int node)
{
    const struct node *n = &e->program->graph->nodes[node];
    if (n->op == OP_INPUT)
        return "s->x";
    if (n->op == OP_STATE)
        return emit_format(e, "s->%s", e->prev[n->index]);
    if (n->op == OP_GIVEN)
        return emit_format(e, "s->%s", e->given[n->index]);
    const int state = program_next_state(e->program, node);
    return emit_format(e, "s->%s",
                       state >= 0 ? e->next[state] : e->value[program_value(e->program, node)]);
}

const char *emit_operand_index(struct emitter *e, int node, const char *row)
{
    return e->program->graph->nodes[node].op == OP_INPUT ? emit_format(e, "(ptrdiff_t)%s", row)
                                                         : row;
}

const char *emit_operand_row(struct emitter *e, int node)
{
    return e->program->graph->nodes[node].op == OP_INPUT
               ? "s->x_row"
               : emit_padded(e, program_extent(e->program, node));
}
