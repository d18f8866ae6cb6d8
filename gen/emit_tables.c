/* SPDX-License-Identifier: MIT */
/* What a kernel says of itself: parameters, states, regions, scales, sizes, and the struct that
 * holds it all together. */
#include "emit.h"

#include <stdlib.h>
#include <string.h>

static const char *const extent_names[] = {"WEIR_ONE", "WEIR_I", "WEIR_H", "WEIR_P"};

enum { PREFIX = sizeof "WEIR_" - 1 };

static const char *extent_name(const struct emitter *e, int variable)
{
    return extent_names[graph_extent(e->program->graph, variable)];
}

/* One row a line: the comments keep it so when the file is formatted. */
static void emit_names(struct emitter *e)
{
    const struct graph *graph = e->program->graph;
    EMIT("static const struct weir_param params[] = {\n");
    for (int p = 0; p < graph->param_count; p++) {
        const char *rows = extent_name(e, graph->params[p].rows);
        const char *cols = extent_name(e, graph->params[p].cols);
        EMIT("    {\"%s\", %s, %s}, /* [%s][%s] */\n", graph->params[p].name, rows, cols,
             rows + PREFIX, strcmp(cols, "WEIR_ONE") ? cols + PREFIX : "1");
    }
    EMIT("};\n\nstatic const struct weir_state states[] = {\n");
    for (int s = 0; s < graph->state_count; s++) {
        const char *size = extent_name(e, graph->states[s].extent);
        EMIT("    {\"%s\", %s}, /* [%s] */\n", graph->states[s].name, size, size + PREFIX);
    }
    EMIT("};\n\n");
    if (e->program->value_count > 0) {
        EMIT("static const enum weir_extent values[] = {\n");
        for (size_t v = 0; v < e->program->value_count; v++)
            EMIT("    %s, /* %s */\n",
                 extent_names[program_extent(e->program, e->program->values[v])],
                 e->program->graph->nodes[e->program->values[v]].name);
        EMIT("};\n\n");
    }
}

static void emit_tail_slots(struct emitter *e, const struct stage *stage, size_t r)
{
    const struct region *region = &stage->regions[r];
    const struct tail *tail = emit_tail(e, stage);
    if (!tail || !tail->width[r])
        return;
    EMIT("static const unsigned short tail_%zu[] = {\n", region->index);
    for (size_t i = 0; i < region->count; i++)
        EMIT("    %u, /* %s */\n", tail->slot_at[r][i],
             e->program->graph->params[region->slots[i].param].name);
    EMIT("};\n\n");
}

static void emit_slots(struct emitter *e, const struct region *region)
{
    EMIT("static const unsigned char slots_%zu[] = {\n", region->index);
    for (size_t i = 0; i < region->count; i++)
        EMIT("    %d, /* %s */\n", region->slots[i].param,
             e->program->graph->params[region->slots[i].param].name);
    EMIT("};\n\n");
}

static void emit_regions(struct emitter *e)
{
    const struct program *program = e->program;
    for (size_t i = 0; i < program->stage_count; i++)
        for (size_t r = 0; r < program->stages[i].region_count; r++) {
            emit_slots(e, &program->stages[i].regions[r]);
            emit_tail_slots(e, &program->stages[i], r);
        }
    if (program->region_count == 0)
        return;
    EMIT("static const struct weir_region regions[] = {\n");
    for (size_t i = 0; i < program->stage_count; i++)
        for (size_t r = 0; r < program->stages[i].region_count; r++) {
            const struct region *region = &program->stages[i].regions[r];
            const struct tail *tail = emit_tail(e, &program->stages[i]);
            const size_t width = tail ? tail->width[r] : 0;
            EMIT("    {%s, %s, %zu, slots_%zu, %s, %zu}, /* %s */\n", extent_names[region->rows],
                 extent_names[region->cols], region->count, region->index,
                 width ? emit_format(e, "tail_%zu", region->index) : "NULL", width,
                 e->region[region->index]);
        }
    EMIT("};\n\n");
}

static void emit_scales(struct emitter *e)
{
    const struct program *program = e->program;
    size_t slot = 0;
    EMIT("static void scales(size_t I, size_t H, size_t P, float *scale)\n{\n");
    EMIT("    (void)I, (void)H, (void)P, (void)scale;\n");
    for (size_t i = 0; i < program->stage_count; i++)
        for (size_t r = 0; r < program->stages[i].region_count; r++) {
            const struct region *region = &program->stages[i].regions[r];
            for (size_t j = 0; j < region->count; j++, slot++)
                EMIT(
                    "    scale[%zu] = %s; /* %s */\n", slot,
                    region->slots[j].scale < 0
                        ? "1.0f"
                        : emit_format(e, "(float)%s", emit_constant(e, region->slots[j].scale, "")),
                    program->graph->params[region->slots[j].param].name);
        }
    EMIT("}\n\n");
}

/* The floats of hoisted products: those of the rows computed ahead, of every stage that has any. */
static void emit_hoist_floats(struct emitter *e)
{
    const struct program *program = e->program;
    const size_t lanes = e->isa->lanes;
    size_t rows = e->plan->hoist > e->plan->hoist_batch ? e->plan->hoist : e->plan->hoist_batch;
    struct text width = {0};
    for (size_t i = 0; i < program->stage_count; i++)
        if (stage_hoists(e, &program->stages[i]))
            text_add(&width, "%s(%s + %zu) / %zu * %zu", width.length ? " + " : "",
                     extent_names[program->stages[i].extent] + PREFIX, lanes - 1, lanes,
                     stage_input_region(program, &program->stages[i])->count * lanes);
    EMIT("static size_t hoist_floats(size_t B, size_t I, size_t H, size_t P)\n{\n");
    EMIT("    (void)B, (void)I, (void)H, (void)P;\n");
    if (width.length)
        EMIT("    return %zu * (%s);\n}\n\n", rows, width.chars);
    else
        EMIT("    return 0;\n}\n\n");
    text_free(&width);
}

static size_t table_size(const struct emitter *e, enum weir_extent extent)
{
    const struct graph *graph = e->program->graph;
    return extent == WEIR_P && !graph_has_extent(graph, WEIR_P) ? 0 : (size_t)graph->size[extent];
}

/* On as many lines as it takes, broken after commas. */
static void emit_plan(struct emitter *e, const char *plan)
{
    enum { ROOM = 100 - (int)sizeof "    .plan = \"\"," };
    EMIT("    .plan = ");
    while (strlen(plan) > ROOM) {
        size_t cut = ROOM;
        while (cut > 0 && plan[cut - 1] != ',')
            cut--;
        EMIT("\"%.*s\"\n            ", (int)cut, plan);
        plan += cut;
    }
    EMIT("\"%s\",\n", plan);
}

void emit_tables(struct emitter *e, const char *name)
{
    const struct program *program = e->program;
    const struct graph *graph = program->graph;
    char *plan = plan_text(e->plan);
    emit_names(e);
    emit_regions(e);
    emit_scales(e);
    emit_hoist_floats(e);
    EMIT("extern const struct weir_kernel %s;\n\n", name);
    EMIT("const struct weir_kernel %s = {\n", name);
    EMIT("    .name = \"%s\",\n    .cell = \"%s\",\n", name, graph->name);
    emit_plan(e, plan);
    EMIT("    .isa = %s,\n    .math = %s,\n", e->isa->constant,
         program->math == WEIR_SLEEF ? "WEIR_SLEEF" : "WEIR_INLINE");
    EMIT("    .I = %zu,\n    .H = %zu,\n    .P = %zu,\n", table_size(e, WEIR_I),
         table_size(e, WEIR_H), table_size(e, WEIR_P));
    EMIT("    .lanes = %zu,\n", e->isa->lanes);
    EMIT("    .params = params,\n    .param_count = %d,\n", graph->param_count);
    EMIT("    .states = states,\n    .state_count = %d,\n", graph->state_count);
    EMIT("    .values = %s,\n    .value_count = %zu,\n", program->value_count ? "values" : "NULL",
         program->value_count);
    EMIT("    .regions = %s,\n    .region_count = %zu,\n",
         program->region_count ? "regions" : "NULL", program->region_count);
    EMIT("    .scales = scales,\n    .hoist_floats = hoist_floats,\n    .forward = forward,\n};\n");
    free(plan);
}
