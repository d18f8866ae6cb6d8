/* SPDX-License-Identifier: MIT */
/* Names in the emitted file. A cell file may call its values what it likes: words of C, names of
 * functions that the emitted code calls, or what the emitters themselves write. */
#include "emit/names.h"

#include <stdlib.h>
#include <string.h>

/* ---- Identifiers ---- */

/* Words of C and C++, functions that are called, and what the emitters write. */
static const char *const reserved[] = {
    "alignas",   "alignof",  "and",      "asm",     "at",      "auto",      "bias",    "block",
    "blocks",    "bool",     "break",    "case",    "catch",   "char",      "class",   "const",
    "constexpr", "continue", "count",    "default", "delete",  "do",        "double",  "else",
    "enum",      "errno",    "explicit", "extern",  "fabs",    "false",     "float",   "fmaf",
    "fmax",      "fmin",     "for",      "friend",  "goto",    "if",        "in",      "inline",
    "int",       "k",        "linux",    "long",    "mutable", "namespace", "new",     "not",
    "nullptr",   "operator", "or",       "out",     "padded",  "private",   "public",  "register",
    "restrict",  "return",   "row",      "rows",    "run",     "s",         "short",   "signed",
    "sizeof",    "start",    "static",   "struct",  "sums",    "switch",    "t",       "template",
    "this",      "throw",    "true",     "try",     "typedef", "typename",  "typeof",  "union",
    "unit",      "unix",     "unsigned", "using",   "v",       "vector",    "vectors", "virtual",
    "void",      "volatile", "w",        "while",   "x",       "xor",       "y"};

static bool ends_in(const char *name, const char *ending)
{
    const size_t length = strlen(name), cut = strlen(ending);
    return length >= cut && !strcmp(name + length - cut, ending);
}

const char *emit_identifier(struct emitter *e, const char *name)
{
    bool taken = !strncmp(name, "w_", 2) || !strncmp(name, "v_", 2) || !strncmp(name, "bias", 4) ||
                 strstr(name, "_row") || ends_in(name, "_") || ends_in(name, "_t") ||
                 ends_in(name, "_f32") /* types and functions of NEON */;
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        taken |= !strcmp(name, reserved[i]);
    /* A capital never starts a value's name in a cell file. */
    return taken ? emit_format(e, "V%s", name) : name;
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
    const size_t room = 2 * ((size_t)e->program->graph->count + NAMED_MAX);
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

/* Fields of regions start with w_. */
static const char *field_base(struct emitter *e, const char *name)
{
    return !strcmp(name, "w") || !strncmp(name, "w_", 2) ? emit_format(e, "V%s", name) : name;
}

/* Names stored values: first what the cell itself names, which keeps its name. */
static void name_values(struct emitter *e, struct names *names, bool themselves)
{
    for (size_t v = 0; v < e->program->saving_count; v++) {
        const int node = e->program->values[v];
        if (emit_is_itself(e, node) != themselves)
            continue;
        e->value_operand[v] = emit_unique(e, names, emit_node_name(e, node));
        e->value[v] = emit_format(e, "%s_value", field_base(e, e->value_operand[v]));
    }
}

void emit_name_operands(struct emitter *e)
{
    const struct program *program = e->program;
    const struct graph *graph = program->graph;
    struct names *names = names_create(e);
    emit_unique(e, names, "x");
    for (int s = 0; s < graph->state_count; s++) {
        const char *base = field_base(e, graph->states[s].name);
        e->prev[s] = emit_format(e, "%s_prev", base);
        e->next[s] = emit_format(e, "%s_next", base);
        e->state_operand[s] = emit_unique(e, names, graph->states[s].name);
        e->next_operand[s] = emit_unique(e, names, e->next[s]);
    }
    for (int g = 0; g < graph->given_count; g++) {
        e->given_operand[g] = emit_unique(e, names, graph->givens[g].name);
        e->given[g] = emit_format(e, "%s_given", field_base(e, e->given_operand[g]));
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
