/* SPDX-License-Identifier: MIT */
/* From the graph of a cell to the programs of a kernel. */
#include "plan/kernel_parts.h"

#include "common/text.h"
#include "passes/passes.h"

#include <stdlib.h>
#include <string.h>

static bool add_program(struct kernel_parts *parts, enum role role, struct graph **graph,
                        enum weir_math math, char **error)
{
    struct graph *taken = *graph;
    *graph = NULL;
    if (role != ROLE_FORWARD)
        pass_sums(taken);
    parts->program[role] = program_create(taken, math, role, error);
    if (parts->program[role])
        parts->plan[role] = plan_choose(parts->program[role], parts->isa);
    return parts->program[role];
}

struct kernel_parts *kernel_parts_create(struct graph *graph, enum weir_math math,
                                         const struct isa *isa, bool trains, char **error)
{
    struct kernel_parts *parts = calloc(1, sizeof *parts);
    bool made = true;
    if (!parts)
        abort();
    parts->isa = isa;
    pass_sums(graph);
    if (trains && !graph->full) {
        parts->derivation = derive(graph, error);
        made = parts->derivation;
    }
    if (made)
        made = add_program(parts, ROLE_FORWARD, &graph, math, error);
    if (made && parts->derivation)
        made = add_program(parts, ROLE_BACKWARD, &parts->derivation->step, math, error);
    if (made && parts->derivation && parts->derivation->input)
        made = add_program(parts, ROLE_INPUT, &parts->derivation->input, math, error);
    graph_free(graph);
    if (made)
        return parts;
    kernel_parts_free(parts);
    return NULL;
}

bool kernel_parts_override(struct kernel_parts *parts, const char *text, char **error)
{
    static const char *const prefixes[] = {"", "backward.", "input."};
    bool fits = true;
    while (*text && fits) {
        const size_t length = strcspn(text, ",");
        size_t role = ROLE_COUNT - 1;
        while (strncmp(text, prefixes[role], strlen(prefixes[role])) != 0)
            role--; /* the first is empty */
        const size_t skipped = strlen(prefixes[role]);
        char *field = text_format("%.*s", (int)(length - skipped), text + skipped);
        fits = plan_override(&parts->plan[role], field, error);
        free(field);
        text += length + (text[length] == ',');
    }
    return fits;
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
