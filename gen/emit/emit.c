/* SPDX-License-Identifier: MIT */
/* The file of a kernel, from its header to its last line: what is included, then each program, then
 * the tables. */
#include "emit/emit.h"

#include "emit/bytes.h"
#include "emit/emitter.h"
#include "emit/profile.h"
#include "emit/program.h"
#include "emit/tables.h"
#include "emit/template.h"

#include <stdlib.h>
#include <string.h>

char *emit_name(const struct kernel_parts *parts)
{
    const struct program *program = parts->program[ROLE_FORWARD];
    char *stem = kernel_stem(program);
    char *name = text_format("%s__%s%s%s%s", stem, parts->isa->name,
                             program->math == WEIR_SLEEF ? "_sleef" : "",
                             parts->tuned_for ? "_" : "", parts->tuned_for ? parts->tuned_for : "");
    free(stem);
    return name;
}

/* The matrix work of one step and row, where the sizes are known. */
static void emit_work(struct emitter *e, struct text *words)
{
    const struct program *program = e->program;
    double products = 0, bytes = 0;
    size_t operations = 0;
    for (size_t i = 0; i < program->stage_count; i++) {
        const struct stage *stage = &program->stages[i];
        for (size_t r = 0; r < stage->region_count && !emit_is_generic(e); r++) {
            const struct region *region = &stage->regions[r];
            const double size = (double)emit_known(e, region->rows) *
                                (double)emit_known(e, region->cols) * (double)region->count;
            products += region->operand >= 0 ? size : 0;
            bytes += 4 * size / (double)emit_word_columns(e, region);
        }
        for (size_t n = 0; n < stage->order_count; n++) {
            const int node = stage->order[n];
            operations += program->graph->nodes[node].op > OP_SUM &&
                          &program->stages[program->stage_of[node]] == stage;
        }
    }
    if (!emit_is_generic(e))
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
    EMIT("#include \"kernel.h\"\n#include \"%s\"\n%s%s\nWEIR_ISA_BEGIN\n\n", e->isa->header,
         emit_has_bytes(e) ? "#include \"quantise.h\"\n" : "",
         e->profile ? "#include \"profile.h\"\n" : "");
    emit_profile_begin(e);
    free(plan);
    text_free(&words);
}

static void emit_helpers(struct emitter *e)
{
    const size_t lanes = e->isa->lanes;
    if (emit_is_generic(e))
        EMIT_TEMPLATE("emit/sizes.c.in", {"LANES", emit_number(e, lanes)},
                      {"LANES_LESS_ONE", emit_number(e, lanes - 1)},
                      {"ROW", emit_number(e, WEIR_ROW)},
                      {"ROW_LESS_ONE", emit_number(e, WEIR_ROW - 1)});
}

struct text emit_kernel(const struct kernel_parts *parts, const char *command)
{
    struct emitter *emitters = calloc(ROLE_COUNT, sizeof *emitters), *e = emitters;
    char *name = emit_name(parts);
    struct text out = {0};
    struct profile profile = {.count = 0};
    if (!emitters)
        abort();
    for (size_t role = 0; role < ROLE_COUNT; role++) {
        e = &emitters[role];
        *e = (struct emitter){.parts = parts,
                              .tag = role_tags[role],
                              .program = parts->program[role],
                              .plan = &parts->plan[role],
                              .isa = parts->isa,
                              .out = out};
        if (role == ROLE_FORWARD) {
            e->profile = parts->profiled ? &profile : NULL;
            emit_head(e, command);
            emit_helpers(e);
        }
        if (e->program) {
            emit_program(e);
            emit_pass_tables(e);
        }
        out = e->out;
    }
    e = &emitters[ROLE_FORWARD];
    e->out = out;
    emit_profile_end(e, name);
    emit_tables(e, name);
    out = e->out;
    for (size_t role = 0; role < ROLE_COUNT; role++)
        emitter_free(&emitters[role]);
    free(emitters);
    free(name);
    text_free(&profile.rows);
    return out;
}

struct text emit_no_kernel(const struct kernel_parts *parts, const char *command)
{
    struct text out = {0};
    char *name = emit_name(parts);
    const struct template_value values[] = {{"COMMAND", command}, {"NAME", name}};
    template_add(&out, "emit/no_kernel.c.in", values, sizeof values / sizeof *values);
    free(name);
    return out;
}
