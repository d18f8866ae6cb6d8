/* SPDX-License-Identifier: MIT */
/* From the graph of a cell to the programs of a kernel. */
#include "plan/kernel_parts.h"

#include "common/text.h"
#include "packing.h"
#include "passes/passes.h"
#include "plan/panels.h"

#include <stdlib.h>
#include <string.h>

static bool add_program(struct kernel_parts *parts, enum role role, struct graph **graph,
                        enum weir_math math, enum weir_type type, struct failure *failure)
{
    struct graph *taken = *graph;
    *graph = NULL;
    if (role != ROLE_FORWARD)
        pass_sums(taken);
    parts->program[role] = program_create(taken, math, type, role, failure);
    if (!parts->program[role])
        return false;
    parts->plan[role] = plan_choose(parts->program[role], parts->isa);
    program_group(parts->program[role], parts->plan[role].sums);
    return true;
}

struct kernel_parts *kernel_parts_create(struct graph *graph, enum weir_math math,
                                         enum weir_type type, const struct isa *isa, bool trains,
                                         struct failure *failure)
{
    struct kernel_parts *parts = calloc(1, sizeof *parts);
    bool made = true;
    if (!parts) {
        graph_free(graph);
        fail_memory(failure);
        return NULL;
    }
    parts->isa = isa;
    pass_sums(graph);
    if (trains && !graph->over) {
        parts->derivation = derive(graph, failure);
        made = parts->derivation;
    }
    if (made)
        made = add_program(parts, ROLE_FORWARD, &graph, math, type, failure);
    if (made && parts->derivation)
        made = add_program(parts, ROLE_BACKWARD, &parts->derivation->step, math, type, failure);
    if (made && parts->derivation && parts->derivation->input)
        made = add_program(parts, ROLE_INPUT, &parts->derivation->input, math, type, failure);
    graph_free(graph);
    if (made)
        return parts;
    kernel_parts_free(parts);
    return NULL;
}

/* What comes before the fields of a pass. */
static const char *const prefixes[ROLE_COUNT] = {"", "backward.", "input."};

/* Overrides one field, of `length` characters, of the pass that its prefix names. */
static bool override_field(struct kernel_parts *parts, const char *text, size_t length,
                           struct failure *failure)
{
    size_t role = ROLE_COUNT - 1;
    while (strncmp(text, prefixes[role], strlen(prefixes[role])) != 0)
        role--; /* the first is empty */
    const size_t skipped = strlen(prefixes[role]);
    if (!parts->derivation && role != ROLE_FORWARD)
        return fail(failure, "--plan: '%.*s' is of a pass of training, expected --train as well",
                    (int)(length < 60 ? length : 60), text);
    if (!parts->program[role])
        return fail(failure,
                    "--plan: '%.*s' is of a pass that this kernel does not have, since the "
                    "gradient of the cell's input is 0",
                    (int)(length < 60 ? length : 60), text);
    char *field = text_format("%.*s", (int)(length - skipped), text + skipped);
    const bool fits = plan_override(&parts->plan[role], field, failure);
    program_group(parts->program[role], parts->plan[role].sums);
    free(field);
    return fits;
}

bool kernel_parts_override(struct kernel_parts *parts, const char *text, struct failure *failure)
{
    bool fits = true;
    while (*text && fits) {
        const size_t length = strcspn(text, ",");
        fits = override_field(parts, text, length, failure);
        text += length + (text[length] == ',');
    }
    return fits;
}

struct tail *kernel_parts_tail(const struct kernel_parts *parts, enum role role, size_t stage)
{
    const struct program *program = parts->program[role];
    const struct stage *of = &program->stages[stage];
    const double size = of->extent == WEIR_ONE ? 1 : program->graph->size[of->extent];
    return parts->plan[role].tails && size > 0 && of->few != FEW_ALWAYS
               ? tail_create(of, parts->isa->lanes, (size_t)size % parts->isa->lanes)
               : NULL;
}

char *kernel_parts_plan(const struct kernel_parts *parts)
{
    struct text out = {0};
    for (size_t role = 0; role < ROLE_COUNT; role++) {
        struct plan plan = parts->plan[role];
        for (size_t f = 0; parts->program[role] && f < PLAN_FIELD_COUNT; f++)
            text_add(&out, "%s%s%s=%zu", out.length ? "," : "", prefixes[role], plan_fields[f].name,
                     *plan_value(&plan, f));
    }
    return out.chars;
}

void kernel_parts_replan(struct kernel_parts *parts, const struct plan plan[ROLE_COUNT])
{
    for (size_t role = 0; role < ROLE_COUNT; role++) {
        parts->plan[role] = plan[role];
        if (parts->program[role])
            program_group(parts->program[role], plan[role].sums);
    }
}

char *kernel_stem(const struct program *program)
{
    const struct graph *graph = program->graph;
    struct text stem = {0};
    text_add(&stem, "%s_%s", graph->name, weir_type_name(program->type));
    if (graph->size[WEIR_I] > 0)
        text_add(&stem, "_i%.0f_h%.0f", graph->size[WEIR_I], graph->size[WEIR_H]);
    else
        text_add(&stem, "_any");
    if (graph->size[WEIR_I] > 0 && graph_has_extent(graph, WEIR_P))
        text_add(&stem, "_p%.0f", graph->size[WEIR_P]);
    return stem.chars;
}

void kernel_parts_free(struct kernel_parts *parts)
{
    if (!parts)
        return;
    for (size_t role = 0; role < ROLE_COUNT; role++)
        program_free(parts->program[role]);
    derivation_free(parts->derivation);
    free(parts);
}
