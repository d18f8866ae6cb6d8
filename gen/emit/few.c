/* SPDX-License-Identifier: MIT */
/* Products of few rows. Where lanes are outputs, one output is one lane, and waits for one fused
 * multiply-add after another. Here lanes are columns: sixteen partial sums, whatever the ISA, of
 * which each takes every sixteenth column; then those of the upper half are added to those of the
 * lower, until there is one. Each row of weights lies by itself, so that both operands are loaded
 * as vectors. */
#include "emit/few.h"

#include "emit/bytes.h"
#include "emit/names.h"
#include "emit/profile.h"
#include "emit/units.h"
#include "packing.h"

#include <stdlib.h>

/* ---- One row times an operand ---- */

static const char *add(struct emitter *e, const char *a, const char *b)
{
    return emit_spell(e, e->isa->op[OP_ADD], a, b, NULL);
}

static const char *partial(struct emitter *e, size_t vector)
{
    return emit_format(e, "sum%zu", vector);
}

/* The first of the columns from k on that go to a vector. */
static const char *column(struct emitter *e, size_t vector)
{
    return emit_format(e, vector ? "k + %zu" : "k", vector * e->isa->lanes);
}

static void emit_columns(struct emitter *e, size_t vector, const char *in)
{
    const char *w = emit_spell(e, e->isa->load, "w", column(e, vector), NULL);
    EMIT("        %s = %s;\n", partial(e, vector),
         emit_spell(e, e->isa->op[OP_FMA], w, in, partial(e, vector)));
}

/* Of one float: a product of zeros is +0, which leaves a sum as it is, but for -0. */
static void emit_last_column(struct emitter *e, size_t vector)
{
    const char *sum = partial(e, vector), *w = emit_format(e, "w[%s]", column(e, vector));
    const char *in = emit_format(e, "in[%s]", column(e, vector));
    EMIT("        %s = left > %zu ? %s : %s;\n", sum, vector,
         emit_spell(e, e->isa->op[OP_FMA], w, in, sum), add(e, sum, e->isa->zero));
}

/* The last columns, `left` of them: those past the end, which may be all of a vector, count as +0
 * times +0. */
static void emit_last_columns(struct emitter *e, size_t vector)
{
    const size_t lanes = e->isa->lanes, first = vector * lanes;
    const char *name = emit_format(e, "in%zu", vector), *left = emit_number(e, first);
    const char *some =
        emit_spell(e, e->isa->load_first, emit_format(e, "in + %s", column(e, vector)),
                   first ? emit_format(e, "left - %s", left) : "left", NULL);
    if (lanes == WEIR_PARTIAL_SUMS) {
        EMIT("        const %s %s = %s;\n", e->isa->vector, name, some);
    } else {
        EMIT("        %s %s = %s;\n        ", e->isa->vector, name, e->isa->zero);
        if (first + lanes < WEIR_PARTIAL_SUMS)
            EMIT("if (left >= %zu)\n            %s = %s;\n        else ", first + lanes, name,
                 emit_spell(e, e->isa->load_any, "in", column(e, vector), NULL));
        EMIT("if (left > %s)\n            %s = %s;\n", left, name, some);
    }
    emit_columns(e, vector, name);
}

static void emit_row_body(struct emitter *e)
{
    const size_t lanes = e->isa->lanes, vectors = WEIR_PARTIAL_SUMS / lanes;
    for (size_t v = 0; v < vectors; v++)
        EMIT("    %s %s = %s;\n", e->isa->vector, partial(e, v), e->isa->zero);
    EMIT("    size_t k = 0;\n    for (; k + %d <= cols; k += %d) {\n", WEIR_PARTIAL_SUMS,
         WEIR_PARTIAL_SUMS);
    for (size_t v = 0; v < vectors; v++)
        emit_columns(e, v, emit_spell(e, e->isa->load_any, "in", column(e, v), NULL));
    EMIT("    }\n    if (k < cols) {\n        const size_t left = cols - k;\n");
    for (size_t v = 0; v < vectors; v++)
        (lanes == 1 ? emit_last_column : emit_last_columns)(e, v);
    EMIT("    }\n");
    for (size_t half = vectors / 2; half > 0; half /= 2)
        for (size_t v = 0; v < half; v++)
            EMIT("    %s = %s;\n", partial(e, v), add(e, partial(e, v), partial(e, v + half)));
    EMIT("    return v_total(%s);\n", partial(e, 0));
}

void emit_row_product(struct emitter *e)
{
    bool needed = false;
    for (size_t i = 0; i < e->program->stage_count; i++)
        needed |= e->program->stages[i].few != FEW_NEVER;
    if (!needed)
        return;
    EMIT("/* One row of a product of few rows. */\n");
    if (emit_has_bytes(e)) {
        const char *head =
            emit_signature(e, emit_format(e, "static inline float row_product%s", e->tag),
                           "const float *w, const int8_t *in, const struct weir_quantised *row, "
                           "size_t cols");
        EMIT_TEMPLATE(
            "emit/few_bytes.c.in", {"HEAD", head},
            {"ZERO", e->program->type == WEIR_TYPE_U8 ? template_text("emit/few_zero.c.in") : ""});
        return;
    }
    EMIT("static inline float row_product%s(const float *w, const float *in, size_t cols)\n{\n",
         e->tag);
    emit_row_body(e);
    EMIT("}\n\n");
}

/* ---- A stage ---- */

const char *emit_few_words(struct emitter *e, const struct region *region)
{
    const enum weir_type type = program_region_type(e->program, region);
    if (emit_is_known(e, region->cols))
        return emit_number(e, weir_few_words(type, emit_known(e, region->cols)));
    return weir_is_bytes(type)
               ? emit_format(e, "(%d + weir_bytes(%s) / 4)", WEIR_ROW, emit_size(e, region->cols))
               : emit_padded(e, region->cols);
}

/* Where a row of a parameter begins in its region. Where a vector is one unit, the row is the
 * block. */
static const char *row_start(struct emitter *e, const struct region *region, size_t slot,
                             size_t row)
{
    const char *width = emit_few_words(e, region), *size = emit_size(e, region->rows);
    const char *unit = e->isa->lanes == 1 ? "block" : emit_number(e, row);
    if (slot == 0)
        return emit_format(e, "%s * %s", unit, width);
    if (emit_is_known(e, region->rows) && e->isa->lanes > 1)
        return emit_format(e, "%zu * %s", slot * emit_known(e, region->rows) + row, width);
    return emit_format(e, "(%zu * %s + %s) * %s", slot, size, unit, width);
}

/* Adds a product to its sum, `name`: a float for each row, and those in the lanes of a vector. */
static void emit_slot(struct emitter *e, const struct region *region, size_t slot, const char *name)
{
    const bool is_known = emit_is_known(e, region->rows);
    const size_t rows = e->isa->lanes == 1 ? 1
                        : is_known         ? emit_known(e, region->rows)
                                           : WEIR_FEW - 1;
    const char *operand = emit_identifier(e, emit_operand_name(e, region->operand));
    const char *product[WEIR_FEW - 1] = {"0.0f", "0.0f", "0.0f"};
    const char *of_row = emit_has_bytes(e)
                             ? emit_format(e, "%s, ", emit_bytes_of_row(e, region->operand, "row"))
                             : "";
    EMIT("    {\n");
    const char *scale[WEIR_FEW - 1] = {"0.0f", "0.0f", "0.0f"};
    for (size_t row = 0; row < rows; row++) {
        const char *lacks = is_known || row == 0 /* whether there are not so many rows */
                                ? NULL
                                : emit_format(e, "%s <= %zu ? ", emit_size(e, region->rows), row);
        const char *start = row_start(e, region, slot, row);
        const char *weights = emit_format(e, "w%zu", row);
        if (lacks)
            start = emit_format(e, "(%s0 : %s)", lacks, start);
        product[row] = emit_format(e, "row%zu", row);
        emit_assignment(e, "        ", emit_format(e, "const float *%s", weights),
                        emit_format(e, "s->%s + %s", e->region[region->index], start));
        EMIT("\n");
        emit_assignment(e, "        ", emit_format(e, "const float %s", product[row]),
                        emit_format(e, "%srow_product%s(%s, %srow, %s%s)",
                                    lacks ? emit_format(e, "%s0.0f : ", lacks) : "", e->tag,
                                    weights, operand, of_row, emit_size(e, region->cols)));
        EMIT("\n");
        if (!emit_has_bytes(e))
            continue;
        scale[row] = emit_format(e, "scale%zu", row);
        EMIT("        const float %s = %s[0] * %s;\n", scale[row], weights,
             emit_bytes_scale(e, region->operand, "row"));
    }
    const char *products = emit_spell(e, e->isa->three, product[0], product[1], product[2]);
    const char *scales = emit_spell(e, e->isa->three, scale[0], scale[1], scale[2]);
    if (emit_has_bytes(e)) {
        EMIT("        const %s scales = %s;\n", e->isa->vector, scales);
        scales = "scales";
    }
    EMIT("        %s = %s;\n    }\n", name,
         emit_has_bytes(e) ? emit_spell(e, e->isa->op[OP_FMA], products, scales, name)
                           : add(e, name, products));
}

/* The pointer to the operand's row, at the first region that multiplies it. */
static void emit_operand(struct emitter *e, const struct stage *stage, size_t r)
{
    const int operand = stage->regions[r].operand;
    if (r > 0 && stage->regions[r - 1].operand == operand)
        return;
    if (emit_has_bytes(e)) {
        EMIT("    const int8_t *%srow = %s;\n", emit_identifier(e, emit_operand_name(e, operand)),
             emit_bytes_row(e, operand, "row"));
        return;
    }
    emit_assignment(
        e, "    ",
        emit_format(e, "const float *%srow", emit_identifier(e, emit_operand_name(e, operand))),
        emit_format(e, "%s + %s * %s", emit_operand_pointer(e, operand),
                    emit_operand_index(e, operand, "row"), emit_operand_row(e, operand)));
    EMIT("\n");
}

static const char *tile_name(struct emitter *e, const struct stage *stage)
{
    return emit_format(e, "few%s", stage->suffix);
}

/* One block of units of one row of the batch: its sums, and the elementwise work. */
static void emit_few_tile(struct emitter *e, const struct stage *stage)
{
    struct fused_block fused = {.block = "block"};
    const struct region *bias = stage_bias(stage);
    struct names *names = names_create(e);
    EMIT("%s %s(const struct step%s *s, size_t block, size_t row)\n{\n", emit_tile_words(e),
         tile_name(e, stage), e->tag);
    if (bias)
        EMIT("    const float *bias = s->%s + block * %s;\n", e->region[bias->index],
             emit_panel(e, bias));
    for (size_t sum = 0; sum < stage->sum_count; sum++) {
        fused.sums[sum] = emit_unique(e, names, emit_sum_name(e, stage, sum));
        emit_sum_beginning(e, "    ", stage, (int)sum, "bias",
                           emit_format(e, "%s ", e->isa->vector),
                           emit_identifier(e, fused.sums[sum]));
    }
    free(names);
    for (size_t r = 0; r < stage->region_count; r++) {
        const struct region *region = &stage->regions[r];
        if (region->operand < 0)
            continue;
        emit_operand(e, stage, r);
        for (size_t slot = 0; slot < region->count; slot++)
            emit_slot(e, region, slot, emit_identifier(e, fused.sums[region->slots[slot].sum]));
    }
    EMIT("%s", emit_mark_units(e, stage, "    ", "1"));
    emit_fused_units(e, stage, &fused, 1);
    EMIT("}\n\n");
}

const char *emit_few_name(struct emitter *e, const struct stage *stage)
{
    return emit_format(e, "stage_few%s", stage->suffix);
}

void emit_few_stage(struct emitter *e, const struct stage *stage)
{
    const bool always = stage->few == FEW_ALWAYS, turns = always && e->plan->serpentine;
    if (stage->few == FEW_NEVER)
        return;
    emit_few_tile(e, stage);
    EMIT_TEMPLATE(
        e->streams ? "emit/few_stream.c.in" : "emit/few.c.in",
        {"NAME", always ? emit_format(e, "stage%s", stage->suffix) : emit_few_name(e, stage)},
        {"TAG", e->tag}, {"CONST", always && e->plan->prefetch ? "" : "const "},
        {"DIRECTION", turns ? ", int backwards" : ""},
        {"NO_DIRECTION", turns ? "    (void)backwards;" : ""},
        {"BYTES", always ? emit_stage_bytes(e, stage) : ""},
        {"BLOCKS", emit_blocks(e, stage->extent)},
        {"TILE",
         emit_format(e, "%s%s", emit_mark_few(e, stage, tile_name(e, stage)), tile_name(e, stage))},
        {"WALK", emit_mark_walk(e, "            ")});
}
