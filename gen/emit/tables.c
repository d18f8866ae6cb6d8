/* SPDX-License-Identifier: MIT */
/* What a kernel says of itself: parameters, states, regions, scales, sizes, and the struct that
 * holds it all together. */
#include "emit/tables.h"

#include "emit/bytes.h"
#include "emit/emit.h"
#include "emit/names.h"
#include "plan/layout.h"

#include <stdlib.h>
#include <string.h>

const char *emit_type_constant(enum weir_type type)
{
    static const char *const names[WEIR_TYPE_COUNT] = {[WEIR_TYPE_F32] = "WEIR_TYPE_F32",
                                                       [WEIR_TYPE_BF16] = "WEIR_TYPE_BF16",
                                                       [WEIR_TYPE_F16] = "WEIR_TYPE_F16",
                                                       [WEIR_TYPE_I8] = "WEIR_TYPE_I8",
                                                       [WEIR_TYPE_U8] = "WEIR_TYPE_U8"};
    return names[type];
}

/* One row a line: the comments keep it so when the file is formatted. */
static void emit_names(struct emitter *e)
{
    const struct graph *graph = e->program->graph;
    EMIT("static const struct weir_param params[] = {\n");
    for (int p = 0; p < graph->param_count; p++) {
        const enum weir_extent rows = graph_extent(graph, graph->params[p].rows);
        const enum weir_extent cols = graph_extent(graph, graph->params[p].cols);
        EMIT("    {\"%s\", %s, %s}, /* [%s][%s] */\n", graph->params[p].name, extent_constant(rows),
             extent_constant(cols), extent_name(rows), extent_name(cols));
    }
    EMIT("};\n\nstatic const struct weir_state states[] = {\n");
    for (int s = 0; s < graph->state_count; s++) {
        const enum weir_extent size = graph_extent(graph, graph->states[s].extent);
        EMIT("    {\"%s\", %s}, /* [%s] */\n", graph->states[s].name, extent_constant(size),
             extent_name(size));
    }
    EMIT("};\n\n");
}

/* The sizes of stored values from `first` to `last`. */
static void emit_values(struct emitter *e, const char *table, size_t first, size_t last)
{
    if (first == last)
        return;
    EMIT("static const enum weir_extent %s%s[] = {\n", table, e->tag);
    for (size_t v = first; v < last; v++)
        EMIT("    %s, /* %s */\n",
             extent_constant(program_extent(e->program, e->program->values[v])),
             emit_node_name(e, e->program->values[v]));
    EMIT("};\n\n");
}

static void emit_tail_slots(struct emitter *e, const struct stage *stage, size_t r)
{
    const struct region *region = &stage->regions[r];
    const struct tail *tail = emit_tail(e, stage);
    if (!tail || !tail->width[r])
        return;
    EMIT("static const unsigned short tail%s_%zu[] = {\n", e->tag, region->index);
    for (size_t i = 0; i < region->count; i++)
        EMIT("    %u, /* %s */\n", tail->slot_at[r][i],
             e->program->graph->params[region->slots[i].param].name);
    EMIT("};\n\n");
}

static void emit_slots(struct emitter *e, const struct region *region)
{
    EMIT("static const unsigned char slots%s_%zu[] = {\n", e->tag, region->index);
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
    EMIT("static const struct weir_region regions%s[] = {\n", e->tag);
    for (size_t i = 0; i < program->stage_count; i++)
        for (size_t r = 0; r < program->stages[i].region_count; r++) {
            const struct stage *stage = &program->stages[i];
            const struct weir_region region = layout_region(program, stage, emit_tail(e, stage), r);
            const size_t index = stage->regions[r].index;
            EMIT("    {%s, %s, %zu, slots%s_%zu, %s, %zu, %d, %s}, /* %s */\n",
                 extent_constant(region.rows), extent_constant(region.cols), region.count, e->tag,
                 index, region.tail ? emit_format(e, "tail%s_%zu", e->tag, index) : "NULL",
                 region.tail_width, region.few, emit_type_constant(region.type), e->region[index]);
        }
    EMIT("};\n\n");
}

static void emit_scales(struct emitter *e)
{
    const struct program *program = e->program;
    size_t slot = 0;
    EMIT("static void scales%s(size_t I, size_t H, size_t P, float *scale)\n{\n", e->tag);
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
    struct text width = {0};
    for (size_t i = 0; i < program->stage_count; i++)
        if (stage_hoists(e, &program->stages[i]))
            text_add(&width, "%s(%s + %zu) / %zu * %zu", width.length ? " + " : "",
                     extent_name(program->stages[i].extent), lanes - 1, lanes,
                     stage_products(program, &program->stages[i]) * lanes);
    EMIT("static size_t hoist_floats(size_t B, size_t I, size_t H, size_t P)\n{\n");
    EMIT("    (void)B, (void)I, (void)H, (void)P;\n");
    if (width.length)
        EMIT("    return %zu * (%s);\n}\n\n", emit_product_rows(e), width.chars);
    else
        EMIT("    return 0;\n}\n\n");
    text_free(&width);
}

static size_t table_size(const struct emitter *e, enum weir_extent extent)
{
    const struct graph *graph = e->program->graph;
    return extent == WEIR_P && !graph_has_extent(graph, WEIR_P) ? 0 : (size_t)graph->size[extent];
}

/* A plan as a string of C, on as many lines as it takes, broken after commas. */
static const char *quoted_plan(struct emitter *e, const struct plan *plan)
{
    enum { ROOM = 100 - (int)sizeof "    .plan = \"\"," };
    char *text = plan_text(plan);
    const char *at = text, *quoted = "";
    while (strlen(at) > ROOM) {
        size_t cut = ROOM;
        while (cut > 0 && at[cut - 1] != ',')
            cut--;
        quoted = emit_format(e, "%s\"%.*s\"\n            ", quoted, (int)cut, at);
        at += cut;
    }
    quoted = emit_format(e, "%s\"%s\"", quoted, at);
    free(text);
    return quoted;
}

/* The line of a table of so many rows, and one that says how many; empty where there are none. */
static const char *rows_lines(struct emitter *e, const char *table, const char *row,
                              const char *tag, size_t count)
{
    return count ? emit_format(e, "    .%s = %s%s,\n    .%s_count = %zu,", table, table, tag, row,
                               count)
                 : "";
}

static const char *const source_names[] = {[GIVEN_PREV] = "WEIR_PREV",
                                           [GIVEN_NEXT] = "WEIR_NEXT",
                                           [GIVEN_VALUE] = "WEIR_VALUE",
                                           [GIVEN_INPUT] = "WEIR_X",
                                           [GIVEN_DELTA] = "WEIR_DELTA"};

/* Where a given value or an operand is: the index of a saved value becomes that of a stored one. */
static const char *given_row(struct emitter *e, enum given_kind kind, int index,
                             enum weir_extent size)
{
    const struct program *forward = e->parts->program[ROLE_FORWARD];
    if (kind == GIVEN_VALUE)
        index = program_value(forward, forward->graph->saved[index]);
    return emit_format(e, "{%s, %d, %s}", source_names[kind], index, extent_constant(size));
}

static void emit_givens(struct emitter *e)
{
    const struct graph *graph = e->program->graph;
    if (graph->given_count == 0)
        return;
    EMIT("static const struct weir_given givens%s[] = {\n", e->tag);
    for (int g = 0; g < graph->given_count; g++) {
        const struct given *given = &graph->givens[g];
        EMIT("    %s, /* %s */\n",
             given_row(e, given->kind, given->index, graph_extent(graph, given->extent)),
             given->name);
    }
    EMIT("};\n\n");
}

void emit_packing(struct emitter *e)
{
    emit_regions(e);
    emit_scales(e);
}

void emit_pass_tables(struct emitter *e)
{
    emit_packing(e);
    emit_values(e, "values", 0, e->program->value_count);
    emit_values(e, "saved", e->program->value_count, e->program->saving_count);
    emit_givens(e);
}

/* ---- Training ---- */

static void emit_outers(struct emitter *e)
{
    const struct derivation *derivation = e->parts->derivation;
    const struct graph *graph = e->program->graph;
    EMIT("static const struct weir_outer outers[] = {\n");
    for (size_t i = 0; i < derivation->outer_count; i++) {
        const struct outer *outer = &derivation->outers[i];
        const struct param *param = &graph->params[outer->param];
        EMIT("    {%d, %d, %s}, /* %s */\n", outer->param, outer->delta,
             outer->is_vector
                 ? "{WEIR_DELTA, 0, WEIR_ONE}"
                 : given_row(e, outer->kind, outer->index, graph_extent(graph, param->cols)),
             param->name);
    }
    EMIT("};\n\n");
}

/* A pass; false where there is none of this role. */
static bool emit_pass(struct emitter *e, enum role role, const char *name)
{
    const struct program *program = e->parts->program[role];
    const char *tag = role_tags[role];
    if (!program)
        return false;
    EMIT_TEMPLATE(
        "emit/pass.c.in", {"TAG", tag}, {"PLAN", quoted_plan(e, &e->parts->plan[role])},
        {"REGIONS", rows_lines(e, "regions", "region", tag, program->region_count)},
        {"VALUES", rows_lines(e, "values", "value", tag, program->value_count)},
        {"GIVENS", rows_lines(e, "givens", "given", tag, (size_t)program->graph->given_count)},
        {"RUN", name});
    return true;
}

static void emit_training(struct emitter *e)
{
    const struct program *forward = e->program;
    emit_outers(e);
    emit_pass(e, ROLE_BACKWARD, "backward");
    const bool has_input = emit_pass(e, ROLE_INPUT, "input");
    EMIT_TEMPLATE(
        "emit/training.c.in",
        {"SAVED",
         rows_lines(e, "saved", "saved", "", forward->saving_count - forward->value_count)},
        {"BACKWARD", role_tags[ROLE_BACKWARD]},
        {"DELTA_COUNT",
         emit_number(e, (size_t)e->parts->program[ROLE_BACKWARD]->graph->output_count)},
        {"INPUT", has_input ? emit_format(e, "    .input = &pass%s,", role_tags[ROLE_INPUT]) : ""},
        {"OUTER_COUNT", emit_number(e, e->parts->derivation->outer_count)});
}

void emit_tables(struct emitter *e, const char *name)
{
    const struct program *program = e->program;
    const struct graph *graph = program->graph;
    emit_names(e);
    emit_hoist_floats(e);
    if (emit_trains(e))
        emit_training(e);
    EMIT_TEMPLATE(
        "emit/kernel.c.in", {"NAME", name}, {"CELL", graph->name},
        {"PLAN", quoted_plan(e, e->plan)}, {"ISA", e->isa->constant},
        {"MATH", program->math == WEIR_SLEEF ? "WEIR_SLEEF" : "WEIR_INLINE"},
        {"TYPE", emit_type_constant(program->type)},
        {"BYTE_FLOATS", emit_has_bytes(e) ? emit_format(e, "byte_floats%s", e->tag) : "NULL"},
        {"TUNED_FOR", e->parts->tuned_for
                          ? emit_format(e, "    .tuned_for = \"%s\",", e->parts->tuned_for)
                          : ""},
        {"I", emit_number(e, table_size(e, WEIR_I))}, {"H", emit_number(e, table_size(e, WEIR_H))},
        {"P", emit_number(e, table_size(e, WEIR_P))}, {"LANES", emit_number(e, e->isa->lanes)},
        {"PARAM_COUNT", emit_number(e, (size_t)graph->param_count)},
        {"STATE_COUNT", emit_number(e, (size_t)graph->state_count)},
        {"VALUES", program->value_count ? "values" : "NULL"},
        {"VALUE_COUNT", emit_number(e, program->value_count)},
        {"REGIONS", program->region_count ? "regions" : "NULL"},
        {"REGION_COUNT", emit_number(e, program->region_count)},
        {"TRAINING", emit_trains(e) ? "    .training = &training," : ""});
}
