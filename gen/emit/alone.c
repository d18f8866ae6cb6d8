/* SPDX-License-Identifier: MIT */
/* Kernels for a model that stands alone: those of all its layers for one ISA in one file, which is
 * C and C++, and in which nothing but one table is visible to the model's other files. */
#include "emit/emit.h"

#include "emit/bytes.h"
#include "emit/emitter.h"
#include "emit/loop.h"
#include "emit/program.h"
#include "emit/tables.h"

#include <stdio.h>
#include <stdlib.h>

/* Gives the functions of a program names that differ from those of the others in the file. */
static const char *rename_program(struct emitter *e, struct program *program, bool many,
                                  size_t index)
{
    const char *tag = emit_format(e, many ? "_many%zu" : "_%zu", index);
    for (size_t i = 0; i < program->stage_count; i++) {
        struct stage *stage = &program->stages[i];
        snprintf(stage->suffix, sizeof stage->suffix, "%s", tag);
        if (program->stage_count > 1)
            snprintf(stage->suffix, sizeof stage->suffix, "%s_%zu", tag, i);
    }
    return tag;
}

static struct emitter *emitter_of(const struct kernel_parts *parts, bool streams, struct text out)
{
    struct emitter *e = calloc(1, sizeof *e);
    if (!e)
        abort();
    *e = (struct emitter){.parts = parts,
                          .program = parts->program[ROLE_FORWARD],
                          .plan = &parts->plan[ROLE_FORWARD],
                          .isa = parts->isa,
                          .streams = streams,
                          .out = out};
    return e;
}

size_t emit_alone_products(const struct kernel_parts *parts)
{
    struct emitter *e = emitter_of(parts, false, (struct text){0});
    const size_t floats = emit_product_rows(e) * emit_product_floats(e);
    free(e);
    return floats;
}

size_t emit_alone_bytes(const struct kernel_parts *parts)
{
    struct emitter *e = emitter_of(parts, false, (struct text){0});
    const size_t floats = emit_row_bytes(e);
    free(e);
    return floats;
}

/* The table of its rows, and what they are. */
static const char *table_of(struct emitter *e, const struct alone *alone)
{
    return emit_format(e, "%s_kernels_%s%s", alone->name, alone->many ? "many_" : "", alone->form);
}

static const char *kind_of(const struct alone *alone)
{
    return alone->many ? "kernel_many" : "kernel";
}

/* The row of a kernel. */
static void add_row(struct emitter *e, bool packs, struct text *rows)
{
    const size_t count = e->program->region_count;
    text_add(rows, "    {%s", emit_run_name(e));
    if (packs) {
        text_add(rows, ", %zu, ", e->isa->lanes);
        text_add(rows, count ? "regions%s" : "NULL", e->tag);
        text_add(rows, ", %zu, scales%s", count, e->tag);
    }
    text_add(rows, "},\n");
}

static void emit_beginning(struct emitter *e, const struct alone *alone)
{
    const char *guard = e->isa->guard;
    EMIT_TEMPLATE("emit/alone_begin.c.in", {"NAME", alone->name}, {"ISA", alone->form},
                  {"WORDS", alone->many ? ", of several streams at once" : ""},
                  {"ORIGIN", alone->origin}, {"HEADER", e->isa->header},
                  {"QUANTISE", alone->bytes ? "#include \"quantise.h\"" : ""},
                  {"GUARD", guard ? emit_format(e, "#if defined(%s)\n\n", guard) : ""});
}

static void emit_end(struct emitter *e, const struct alone *alone, const struct text *rows)
{
    EMIT_TEMPLATE("emit/alone_end.c.in", {"NAME", alone->name}, {"ROWS", rows->chars},
                  {"TABLE", table_of(e, alone)}, {"KIND", kind_of(alone)},
                  {"END", e->isa->guard ? "\n#endif" : ""});
}

struct text emit_alone(const struct alone *alone)
{
    struct text out = {0}, rows = {0};
    for (size_t i = 0; i < alone->count; i++) {
        struct program *program = alone->parts[i]->program[ROLE_FORWARD];
        struct emitter *e = emitter_of(alone->parts[i], alone->streams, out);
        e->tag = rename_program(e, program, alone->many, i);
        if (i == 0)
            emit_beginning(e, alone);
        char *plan = plan_text(e->plan);
        emit_comment(e, emit_format(e, "%s, by the plan %s.", program->graph->name, plan));
        free(plan);
        EMIT("\n");
        emit_program(e);
        if (alone->packs)
            emit_packing(e);
        add_row(e, alone->packs, &rows);
        if (i + 1 == alone->count)
            emit_end(e, alone, &rows);
        out = e->out;
        emitter_free(e);
        free(e);
    }
    text_free(&rows);
    return out;
}
