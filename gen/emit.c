/* SPDX-License-Identifier: MIT */
/* The file of a kernel, from its header to its last line: what is included, the struct step that
 * its functions work on, the stages, and the loop over time. */
#include "emit.h"

#include <stdlib.h>
#include <string.h>

char *emit_name(const struct program *program, const struct isa *isa)
{
    const struct graph *graph = program->graph;
    struct text name = {0};
    text_add(&name, "%s_f32", graph->name);
    if (graph->size[WEIR_I] > 0)
        text_add(&name, "_i%.0f_h%.0f", graph->size[WEIR_I], graph->size[WEIR_H]);
    else
        text_add(&name, "_any");
    if (graph->size[WEIR_I] > 0 && graph_has_extent(graph, WEIR_P))
        text_add(&name, "_p%.0f", graph->size[WEIR_P]);
    text_add(&name, "__%s%s", isa->name, program->math == WEIR_SLEEF ? "_sleef" : "");
    return name.chars;
}

/* A comment that is wrapped at the width of our lines. */
static void emit_comment(struct emitter *e, const char *words)
{
    size_t column = 2;
    EMIT("/*");
    while (*words) {
        const size_t length = strcspn(words, " ");
        if (column + 1 + length > 97) {
            EMIT("\n *");
            column = 2;
        }
        EMIT(" %.*s", (int)length, words);
        column += 1 + length;
        words += length + (words[length] == ' ');
    }
    EMIT(" */\n");
}

static bool is_generic(const struct emitter *e)
{
    return e->program->graph->size[WEIR_I] <= 0;
}

/* The matrix work of one step and row, where the sizes are known. */
static void emit_work(struct emitter *e, struct text *words)
{
    const struct program *program = e->program;
    double products = 0, bytes = 0;
    size_t operations = 0;
    for (size_t i = 0; i < program->stage_count; i++) {
        const struct stage *stage = &program->stages[i];
        for (size_t r = 0; r < stage->region_count && !is_generic(e); r++) {
            const struct region *region = &stage->regions[r];
            const double size = (double)emit_known(e, region->rows) *
                                (double)emit_known(e, region->cols) * (double)region->count;
            products += region->operand >= 0 ? size : 0;
            bytes += 4 * size;
        }
        for (size_t n = 0; n < stage->order_count; n++) {
            const int node = stage->order[n];
            operations += program->graph->nodes[node].op > OP_SUM &&
                          &program->stages[program->stage_of[node]] == stage;
        }
    }
    if (!is_generic(e))
        text_add(words, " Per step and row: %.0f FLOP in products, %.0f bytes of weights.",
                 2 * products, bytes);
    text_add(words, " Per unit: %zu elementwise operations.", operations);
}

static void emit_head(struct emitter *e, const char *command)
{
    struct text words = {0};
    char *plan = plan_text(e->plan);
    text_add(&words, "Generated: %s. Do not edit. Plan: %s.", command, plan);
    for (char *c = words.chars; *c; c++) /* a plan may be broken at its commas */
        if (*c == ',' && c[1] != ' ' && c > strstr(words.chars, "Plan:"))
            *c = ' ';
    emit_work(e, &words);
    EMIT("/* SPDX-License-Identifier: MIT */\n");
    emit_comment(e, words.chars);
    EMIT("#include \"kernel.h\"\n#include \"%s\"\n", e->isa->header);
    if (e->program->math == WEIR_SLEEF)
        EMIT("\n#include <sleef.h>\n");
    EMIT("\n");
    free(plan);
    text_free(&words);
}

/* ---- struct step ---- */

static void name_regions(struct emitter *e)
{
    const struct program *program = e->program;
    for (size_t i = 0; i < program->stage_count; i++)
        for (size_t r = 0; r < program->stages[i].region_count; r++) {
            const struct stage *stage = &program->stages[i];
            const struct region *region = &stage->regions[r];
            e->region[region->index] =
                region->operand >= 0
                    ? emit_format(e, "w%s_%s", stage->suffix, emit_operand_name(e, region->operand))
                : region->slots[0].sum >= 0 ? emit_format(e, "bias%s", stage->suffix)
                                            : emit_format(e, "loose%s", stage->suffix);
        }
}

static void emit_step(struct emitter *e)
{
    const struct program *program = e->program;
    const struct graph *graph = program->graph;
    EMIT("/* One time step: packed weights, what is read and what is written. */\nstruct step {\n");
    if (is_generic(e))
        EMIT("    size_t I, H, P;\n");
    for (size_t r = 0; r < program->region_count; r++)
        EMIT("    const float *%s;\n", e->region[r]);
    if (e->plan->prefetch)
        EMIT("    size_t B, next; /* rows of the batch; the block that comes next */\n");
    EMIT("    const float *x;\n    float *y;\n    ptrdiff_t x_row, y_row;\n");
    for (int s = 0; s < graph->state_count; s++)
        EMIT("    const float *%s;\n    float *%s;\n", e->prev[s], e->next[s]);
    for (size_t v = 0; v < program->value_count; v++)
        EMIT("    float *%s;\n", e->value[v]);
    for (size_t i = 0; i < program->stage_count; i++)
        if (stage_hoists(e, &program->stages[i]))
            EMIT("    float *products%s; /* W@x of this step; NULL: not computed ahead */\n",
                 program->stages[i].suffix);
    EMIT("};\n\n");
}

static void emit_helpers(struct emitter *e)
{
    const size_t lanes = e->isa->lanes;
    if (!is_generic(e))
        return;
    EMIT("static inline size_t blocks(size_t rows)\n{\n    return (rows + %zu) / %zu;\n}\n\n",
         lanes - 1, lanes);
    EMIT("static inline size_t padded(size_t rows)\n{\n    return (rows + %d) / %d * %d;\n}\n\n",
         WEIR_ROW - 1, WEIR_ROW, WEIR_ROW);
}

/* ---- The loop over time ---- */

/* The floats of a region whose size is known, in memory. */
static size_t region_floats(const struct emitter *e, const struct stage *stage, size_t r)
{
    const struct region *region = &stage->regions[r];
    const struct tail *tail = emit_tail(e, stage);
    const size_t lanes = e->isa->lanes, rows = emit_known(e, region->rows);
    const size_t whole = rows / lanes * lanes * region->count;
    const size_t last = tail && tail->width[r] ? tail->width[r] : lanes * region->count;
    const size_t floats = (whole + (rows % lanes ? last : 0)) * emit_known(e, region->cols);
    return (floats + WEIR_ROW - 1) / WEIR_ROW * WEIR_ROW;
}

static void emit_region_pointers(struct emitter *e)
{
    const struct program *program = e->program;
    size_t offset = 0;
    EMIT("    const float *weights = run->weights;\n");
    for (size_t i = 0; i < program->stage_count; i++)
        for (size_t r = 0; r < program->stages[i].region_count; r++) {
            const struct region *region = &program->stages[i].regions[r];
            if (is_generic(e)) {
                EMIT("    s->%s = weights;\n", e->region[region->index]);
                EMIT("    weights += padded(%s * %s);\n", emit_blocks(e, region->rows),
                     emit_panel(e, region));
                continue;
            }
            EMIT("    s->%s = weights + %zu;\n", e->region[region->index], offset);
            offset += region_floats(e, &program->stages[i], r);
        }
}

static void emit_prepare(struct emitter *e)
{
    const struct program *program = e->program;
    EMIT("/* What is the same in every step. */\n");
    EMIT("static void prepare(const struct weir_run *run, struct step *s)\n{\n");
    if (is_generic(e))
        EMIT("    s->I = run->I;\n    s->H = run->H;\n    s->P = run->P;\n");
    emit_region_pointers(e);
    if (e->plan->prefetch)
        EMIT("    s->B = run->B;\n");
    EMIT("    s->x_row = run->x_row;\n    s->y_row = run->y_row;\n");
    for (size_t v = 0; v < program->value_count; v++)
        EMIT("    s->%s = run->value[%zu];\n", e->value[v], v);
    EMIT("}\n\n");
    EMIT("static void begin(const struct weir_run *run, struct step *s, size_t t)\n{\n");
    EMIT("    s->x = run->x + (ptrdiff_t)t * run->x_step;\n");
    EMIT("    s->y = run->y + (ptrdiff_t)t * run->y_step;\n");
    for (int i = 0; i < program->graph->state_count; i++) {
        EMIT("    s->%s = run->state[t %% 2][%d];\n", e->prev[i], i);
        EMIT("    s->%s = run->state[(t + 1) %% 2][%d];\n", e->next[i], i);
    }
    EMIT("}\n\n");
}

static void emit_stage_calls(struct emitter *e)
{
    EMIT("static void step(const struct weir_run *run, %sstruct step *s%s)\n{\n",
         e->plan->prefetch ? "" : "const ", e->plan->serpentine ? ", int backwards" : "");
    for (size_t i = 0; i < e->program->stage_count; i++) {
        EMIT("    stage%s(run, s%s);\n", e->program->stages[i].suffix,
             e->plan->serpentine ? ", backwards" : "");
        EMIT("    if (run->parts > 1)\n        run->wait(run->barrier);\n");
    }
    EMIT("}\n\n");
}

/* Sets where the products of each stage are, and computes them. */
static void emit_hoist_calls(struct emitter *e)
{
    const struct program *program = e->program;
    const char *at = "run->products";
    for (size_t i = 0; i < program->stage_count; i++) {
        const struct stage *stage = &program->stages[i];
        if (!stage_hoists(e, stage))
            continue;
        EMIT("            s->products%s = %s;\n", stage->suffix, at);
        EMIT("            hoist%s(run, s, t, steps);\n", stage->suffix);
        at = emit_format(e, "s->products%s + ahead * run->B * %s", stage->suffix,
                         emit_product_row(e, stage));
    }
}

static bool hoists(const struct emitter *e)
{
    bool any = false;
    for (size_t i = 0; i < e->program->stage_count; i++)
        any |= stage_hoists(e, &e->program->stages[i]);
    return any;
}

static void emit_forward(struct emitter *e)
{
    const struct program *program = e->program;
    const char *direction = e->plan->serpentine ? ", t % 2" : "";
    EMIT("static void forward(const struct weir_run *run)\n{\n");
    EMIT("    struct step storage = {0}, *s = &storage;\n");
    EMIT("    prepare(run, s);\n");
    if (!hoists(e)) {
        EMIT("    for (size_t t = 0; t < run->T; t++) {\n");
        EMIT("        begin(run, s, t);\n        step(run, s%s);\n    }\n}\n\n", direction);
        return;
    }
    const size_t rows =
        e->plan->hoist > e->plan->hoist_batch ? e->plan->hoist : e->plan->hoist_batch;
    EMIT("    const size_t ahead = run->B <= %zu ? %zu / run->B : 0;\n", e->plan->hoist_batch,
         rows);
    EMIT("    for (size_t t = 0; t < run->T; t++) {\n");
    EMIT("        if (ahead && t %% ahead == 0) {\n");
    EMIT("            const size_t steps = run->T - t < ahead ? run->T - t : ahead;\n");
    emit_hoist_calls(e);
    EMIT("        }\n        begin(run, s, t);\n        step(run, s%s);\n", direction);
    for (size_t i = 0; i < program->stage_count; i++)
        if (stage_hoists(e, &program->stages[i])) {
            EMIT("        if (ahead)\n            s->products%s += run->B * %s;\n",
                 program->stages[i].suffix, emit_product_row(e, &program->stages[i]));
        }
    EMIT("    }\n}\n\n");
}

struct text emit_kernel(const struct program *program, const struct plan *plan,
                        const struct isa *isa, const char *command)
{
    struct emitter emitter = {.program = program, .plan = plan, .isa = isa}, *e = &emitter;
    char *name = emit_name(program, isa);
    for (size_t i = 0; i < program->stage_count; i++) {
        const struct stage *stage = &program->stages[i];
        if (plan->tails && emit_is_known(e, stage->extent))
            e->tails[i] = tail_create(stage, isa->lanes, emit_known(e, stage->extent) % isa->lanes);
    }
    emit_name_operands(e);
    name_regions(e);
    emit_head(e, command);
    emit_helpers(e);
    emit_step(e);
    for (size_t i = 0; i < program->stage_count; i++) {
        emit_tiles(e, &program->stages[i]);
        emit_units(e, &program->stages[i]);
        emit_walk(e, &program->stages[i]);
    }
    emit_prepare(e);
    emit_stage_calls(e);
    emit_forward(e);
    emit_tables(e, name);
    for (size_t i = 0; i < e->string_count; i++)
        free(e->strings[i]);
    free(e->strings);
    for (size_t i = 0; i < program->stage_count; i++)
        free(e->tails[i]);
    free(name);
    return e->out;
}
