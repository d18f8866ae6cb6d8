/* SPDX-License-Identifier: MIT */
/* Products with weights of 8 bits: operands as bytes, and sums of integers. */
#include "emit/bytes.h"

#include "emit/columns.h"
#include "emit/names.h"
#include "packing.h"

bool emit_has_bytes(const struct emitter *e)
{
    return weir_is_bytes(e->program->type);
}

/* Whether they have zero points, whose part in a product is a multiple of the operand's sum. */
static bool has_zeros(const struct emitter *e)
{
    return e->program->type == WEIR_TYPE_U8;
}

/* ---- Operands ---- */

/* What the program's matrices multiply, each once. */
static size_t list_operands(const struct emitter *e, int operands[STAGES_MAX * REGIONS_MAX])
{
    const struct program *program = e->program;
    size_t count = 0;
    for (size_t i = 0; i < program->stage_count && emit_has_bytes(e); i++)
        for (size_t r = 0; r < program->stages[i].region_count; r++) {
            const int operand = program->stages[i].regions[r].operand;
            size_t known = 0;
            while (known < count && operands[known] != operand)
                known++;
            if (operand >= 0 && known == count)
                operands[count++] = operand;
        }
    return count;
}

static bool is_input(const struct emitter *e, int operand)
{
    return e->program->graph->nodes[operand].op == OP_INPUT;
}

static const char *bytes_name(struct emitter *e, int operand)
{
    return emit_identifier(e, emit_format(e, "bytes_%s", emit_operand_name(e, operand)));
}

static const char *quantised_name(struct emitter *e, int operand)
{
    return emit_identifier(e, emit_format(e, "quantised_%s", emit_operand_name(e, operand)));
}

/* The bytes of a row; `sizes` is what stands before I, H and P where they are not known. */
static const char *row_bytes(struct emitter *e, int operand, const char *sizes)
{
    const enum weir_extent extent = program_extent(e->program, operand);
    if (emit_is_known(e, extent))
        return emit_format(e, "weir_quads(%zu)", emit_known(e, extent));
    return emit_format(e, "weir_quads(%s%s)", sizes, extent_name(extent));
}

static bool hoists(const struct emitter *e)
{
    bool any = false;
    for (size_t i = 0; i < e->program->stage_count; i++)
        any |= stage_hoists(e, &e->program->stages[i]);
    return any;
}

/* The rows of an operand that there are at once: of the input also those that are computed ahead.
 */
static const char *row_count(struct emitter *e, int operand, const char *B)
{
    const size_t ahead = emit_product_rows(e);
    return is_input(e, operand) && hoists(e)
               ? emit_format(e, "(%s > %zu ? %s : %zu)", B, ahead, B, ahead)
               : B;
}

void emit_bytes_fields(struct emitter *e)
{
    int operands[STAGES_MAX * REGIONS_MAX];
    const size_t count = list_operands(e, operands);
    for (size_t i = 0; i < count; i++)
        EMIT("    int8_t *%s;\n    struct weir_quantised *%s;\n", bytes_name(e, operands[i]),
             quantised_name(e, operands[i]));
}

void emit_bytes_functions(struct emitter *e)
{
    int operands[STAGES_MAX * REGIONS_MAX];
    const size_t count = list_operands(e, operands);
    for (size_t i = 0; i < count; i++) {
        const int operand = operands[i];
        EMIT("static void quantise_%s%s(const struct step%s *s, size_t rows)\n{\n",
             bytes_name(e, operand), e->tag, e->tag);
        EMIT("    for (size_t row = 0; row < rows; row++) {\n");
        EMIT("        const float *from = %s + %s * %s;\n", emit_operand_pointer(e, operand),
             emit_operand_index(e, operand, "row"), emit_operand_row(e, operand));
        EMIT("        int8_t *to = %s;\n", emit_bytes_row(e, operand, "row"));
        const char *size = emit_size(e, program_extent(e->program, operand));
        EMIT("        weir_quantise_row(from, %s, to, s->%s + row);\n", size,
             quantised_name(e, operand));
        if (has_zeros(e))
            EMIT("        s->%s[row].total = weir_sum_bytes(to, %s, s->%s + row);\n",
                 quantised_name(e, operand), size, quantised_name(e, operand));
        EMIT("    }\n}\n\n");
    }
}

void emit_bytes_pointers(struct emitter *e, const char *memory)
{
    int operands[STAGES_MAX * REGIONS_MAX];
    const size_t count = list_operands(e, operands);
    if (count)
        EMIT("    float *bytes = %s;\n", memory);
    for (size_t i = 0; i < count; i++) {
        const char *rows = row_count(e, operands[i], e->streams ? "1" : "run->B");
        EMIT("    s->%s = (struct weir_quantised *)(void *)bytes;\n"
             "    bytes += weir_bytes(sizeof *s->%s * %s) / 4;\n",
             quantised_name(e, operands[i]), quantised_name(e, operands[i]), rows);
        EMIT("    s->%s = (int8_t *)bytes;\n    bytes += %s * (%s / 4);\n",
             bytes_name(e, operands[i]), rows, row_bytes(e, operands[i], "s->"));
    }
    if (count)
        EMIT("    (void)bytes;\n");
}

const char *emit_part_bytes(struct emitter *e)
{
    return emit_format(e, "run->bytes + run->part * byte_floats%s(run->B, %s)", e->tag,
                       emit_is_generic(e) ? "run->I, run->H, run->P" : "0, 0, 0");
}

size_t emit_row_bytes(const struct emitter *e)
{
    int operands[STAGES_MAX * REGIONS_MAX];
    const size_t count = list_operands(e, operands), ahead = emit_product_rows(e);
    size_t floats = 0;
    for (size_t i = 0; i < count; i++) {
        const size_t rows = is_input(e, operands[i]) && hoists(e) && ahead > 1 ? ahead : 1;
        const size_t size = emit_known(e, program_extent(e->program, operands[i]));
        const size_t quads = weir_round_up(size, WEIR_BYTES_ROW) / 4;
        floats += (weir_round_up(rows * sizeof(struct weir_quantised), WEIR_BYTES_ROW) +
                   rows * quads * WEIR_QUAD_MOST) /
                  sizeof(float);
    }
    return floats;
}

void emit_byte_floats(struct emitter *e)
{
    int operands[STAGES_MAX * REGIONS_MAX];
    const size_t count = list_operands(e, operands);
    EMIT("static size_t byte_floats%s(size_t B, size_t I, size_t H, size_t P)\n{\n", e->tag);
    EMIT("    (void)B, (void)I, (void)H, (void)P;\n    size_t floats = 0;\n");
    for (size_t i = 0; i < count; i++) {
        const char *rows = row_count(e, operands[i], "B");
        EMIT("    floats += weir_bytes(sizeof(struct weir_quantised) * %s) / 4;\n    floats += %s "
             "* (%s / 4);\n",
             rows, rows, row_bytes(e, operands[i], ""));
    }
    EMIT("    return floats;\n}\n\n");
}

/* Whether an earlier stage of the step has made bytes of the operand whenever this one wants them.
 * Stages that compute ahead all do so, or none; but one that may have few rows wants them anyway.
 */
static bool is_made_before(const struct emitter *e, const struct stage *stage, int operand)
{
    for (const struct stage *before = e->program->stages; before < stage; before++)
        for (size_t r = 0; r < before->region_count; r++)
            if (before->regions[r].operand == operand &&
                (!is_input(e, operand) || !stage_hoists(e, before) ||
                 (stage_hoists(e, stage) && stage->few != FEW_BY_SIZE)))
                return true;
    return false;
}

const char *emit_stage_bytes(struct emitter *e, const struct stage *stage)
{
    const char *lines = "";
    for (size_t r = 0; r < stage->region_count && emit_has_bytes(e); r++) {
        const int operand = stage->regions[r].operand;
        const bool again = r > 0 && stage->regions[r - 1].operand == operand;
        if (operand < 0 || again || is_made_before(e, stage, operand))
            continue;
        const char *unless = "";
        if (is_input(e, operand) && stage_hoists(e, stage))
            unless = emit_format(e,
                                 stage->few == FEW_BY_SIZE ? "    if (!s->products%s || %s)\n    "
                                                           : "    if (!s->products%s)\n    ",
                                 stage->suffix, emit_is_few(e, stage));
        lines = emit_format(e, "%s%s    quantise_%s%s(s, %s);\n", lines, unless,
                            bytes_name(e, operand), e->tag, e->streams ? "1" : "run->B");
    }
    return lines;
}

const char *emit_input_bytes(struct emitter *e, const struct stage *stage)
{
    for (size_t r = 0; r < stage->region_count && emit_has_bytes(e); r++)
        if (is_input_region(e->program, &stage->regions[r]))
            return emit_format(e, "    quantise_%s%s(s, m);\n",
                               bytes_name(e, stage->regions[r].operand), e->tag);
    return "";
}

const char *emit_bytes_row(struct emitter *e, int operand, const char *row)
{
    return emit_format(e, "s->%s + %s * %s", bytes_name(e, operand), row,
                       row_bytes(e, operand, "s->"));
}

const char *emit_bytes_of_row(struct emitter *e, int operand, const char *row)
{
    return emit_format(e, "s->%s + %s", quantised_name(e, operand), row);
}

const char *emit_bytes_scale(struct emitter *e, int operand, const char *row)
{
    return emit_format(e, "s->%s[%s].scale", quantised_name(e, operand), row);
}

static const char *bytes_total(struct emitter *e, int operand, const char *row)
{
    return emit_format(e, "s->%s[%s].total", quantised_name(e, operand), row);
}

/* ---- Sums ---- */

const char *bytes_accumulator(struct emitter *e, const struct tile *tile, size_t r, size_t slot,
                              size_t vector, size_t row)
{
    return emit_format(e, "n%zu_%zu_%zu_%zu", r, slot, tile->first + vector, row);
}

/* The pointer to the panel of a vector of units, and how far from it the head of a slot is. */
static const char *panel_of(struct emitter *e, const struct tile *tile, const struct region *region,
                            size_t vector)
{
    const bool shared = tile_has_one_pointer(e, tile, region);
    return emit_format(e, "%s%zu", e->region[region->index], tile->first + (shared ? 0 : vector));
}

static size_t head_at(const struct emitter *e, const struct tile *tile, const struct region *region,
                      size_t vector, size_t slot, size_t word)
{
    const bool shared = tile_has_one_pointer(e, tile, region);
    return (word * region->count + slot) * e->isa->lanes +
           (shared ? vector * tile_panel_words(e, region) : 0);
}

static const char *head_load(struct emitter *e, const struct tile *tile,
                             const struct region *region, size_t vector, size_t slot)
{
    return emit_spell(e, e->isa->load, panel_of(e, tile, region, vector),
                      emit_number(e, head_at(e, tile, region, vector, slot, 0)), NULL);
}

void emit_bytes_before(struct emitter *e, const struct tile *tile, size_t r)
{
    const struct region *region = &tile->stage->regions[r];
    for (size_t v = 0; v < tile->vectors && emit_has_bytes(e); v++)
        for (size_t slot = 0; slot < region->count; slot++)
            for (size_t row = 0; row < tile->rows; row++)
                EMIT("    v_words %s = v_dot8_start(%s + %zu, %s);\n",
                     bytes_accumulator(e, tile, r, slot, v, row), panel_of(e, tile, region, v),
                     head_at(e, tile, region, v, slot, 1),
                     emit_bytes_of_row(e, region->operand, emit_plus(e, "row", row)));
}

/* Takes zero points away from the sums of a row of the batch. */
static void emit_zeros(struct emitter *e, const struct tile *tile, size_t r, size_t row)
{
    const struct region *region = &tile->stage->regions[r];
    const char *total = emit_format(e, "t%zu_%zu_%zu", r, tile->first, row);
    if (!has_zeros(e))
        return;
    EMIT("    const int32_t %s = %s;\n", total,
         bytes_total(e, region->operand, emit_plus(e, "row", row)));
    for (size_t slot = 0; slot < region->count; slot++)
        for (size_t v = 0; v < tile->vectors; v++) {
            const char *products = bytes_accumulator(e, tile, r, slot, v, row);
            EMIT("    %s = v_less(%s, v_load_words(%s + %zu), %s);\n", products, products,
                 panel_of(e, tile, region, v), head_at(e, tile, region, v, slot, 2), total);
        }
}

void emit_bytes_after(struct emitter *e, const struct tile *tile, size_t r)
{
    const struct region *region = &tile->stage->regions[r];
    const char *type = e->isa->vector;
    for (size_t row = 0; row < tile->rows && emit_has_bytes(e); row++) {
        const char *scale = emit_format(e, "s%zu_%zu_%zu", r, tile->first, row);
        emit_zeros(e, tile, r, row);
        EMIT("    const %s %s = %s;\n", type, scale,
             emit_spell(e, e->isa->set1,
                        emit_bytes_scale(e, region->operand, emit_plus(e, "row", row)), NULL,
                        NULL));
        for (size_t slot = 0; slot < region->count; slot++)
            for (size_t v = 0; v < tile->vectors; v++) {
                const char *sum =
                    tile_accumulator(e, tile, (size_t)region->slots[slot].sum, v, row);
                const char *products = bytes_accumulator(e, tile, r, slot, v, row);
                const char *both = emit_format(e, "f%s", products + 1);
                EMIT("    const %s %s = v_mul(%s, %s);\n", type, both, scale,
                     head_load(e, tile, region, v, slot));
                EMIT("    %s = %s;\n", sum,
                     emit_spell(e, e->isa->op[OP_FMA],
                                emit_format(e, "v_int_to_float(%s)", products), both, sum));
            }
    }
}
