/* SPDX-License-Identifier: MIT */
/* What a tile does for every column. Weights lie in words of one or several columns (packing.h). */
#include "emit/columns.h"

#include "emit/bytes.h"
#include "emit/names.h"
#include "packing.h"

/* ---- Weights and inputs ---- */

bool tile_has_one_pointer(const struct emitter *e, const struct tile *tile,
                          const struct region *region)
{
    return tile->rows > 1 && emit_is_known(e, region->cols);
}

/* What tells the variables of a word's columns apart. */
static const char *part_suffix(size_t part)
{
    return part ? "_odd" : "";
}

size_t tile_panel_words(const struct emitter *e, const struct region *region)
{
    return weir_lane_words(program_region_type(e->program, region), emit_known(e, region->cols)) *
           region->count * e->isa->lanes;
}

/* The weights of a slot for a vector of units, in a column of the word k. */
static const char *weight_at(struct emitter *e, const struct tile *tile,
                             const struct region *region, size_t vector, size_t slot, size_t part)
{
    static const char *const parts[] = {"even", "odd"};
    const size_t lanes = e->isa->lanes, width = region->count * lanes;
    const size_t columns = emit_word_columns(e, region);
    const size_t head = weir_head_words(program_region_type(e->program, region)) * width;
    const size_t panel = emit_is_known(e, region->cols) ? tile_panel_words(e, region) : 0;
    const bool shared = tile_has_one_pointer(e, tile, region);
    const size_t from = tile->first + (shared ? 0 : vector);
    const char *index = emit_format(e, "%s * %zu + %zu", emit_plus(e, "k", tile->column), width,
                                    head + slot * lanes + (shared ? vector * panel : 0));
    const char *pointer = emit_format(e, "%s%zu", e->region[region->index], from);
    if (columns == 1)
        return emit_spell(e, e->isa->load, pointer, index, NULL);
    if (emit_has_bytes(e))
        return emit_format(e, "v_load_words(%s + %s)", pointer, index);
    if (e->program->type == WEIR_TYPE_BF16)
        return emit_format(e, "v_bf16_%s(v_load_words(%s + %s))", parts[part], pointer, index);
    return part ? emit_format(e, "v_f16((const uint16_t *)(%s + %s) + %zu)", pointer, index, lanes)
                : emit_format(e, "v_f16(%s + %s)", pointer, index);
}

/* The variable that holds a column of a row of the operand in every lane. */
static const char *input_name(struct emitter *e, const struct tile *tile, size_t row, size_t part)
{
    return emit_format(e, "in%zu%s", row + tile->column, part_suffix(part));
}

/* The column of the operand: k counts words. */
static const char *column_index(struct emitter *e, const struct tile *tile,
                                const struct region *region, size_t part)
{
    const size_t columns = emit_word_columns(e, region), past = columns * tile->column + part;
    const char *first = columns > 1 ? emit_format(e, "%zu * k", columns) : "k";
    return past ? emit_format(e, "%s + %zu", first, past) : first;
}

static void emit_broadcast(struct emitter *e, const struct tile *tile, const struct region *region,
                           size_t row, size_t part)
{
    const char *operand = emit_operand_name(e, region->operand);
    if (emit_has_bytes(e)) {
        EMIT("        const v_quads %s = v_dot8_quad(%s + WEIR_QUAD * k);\n",
             input_name(e, tile, row, part), tile_row_pointer(e, operand, row));
        return;
    }
    const char *in = emit_format(e, "%s[%s]", tile_row_pointer(e, operand, row),
                                 column_index(e, tile, region, part));
    EMIT("        const %s %s = %s;\n", e->isa->vector, input_name(e, tile, row, part),
         emit_spell(e, e->isa->set1, in, NULL, NULL));
}

/* The product of a weight of slot i of region r, with a column of a row, goes to its sum. */
static void emit_fma(struct emitter *e, const struct tile *tile, size_t r, size_t slot,
                     size_t vector, size_t row, size_t part, const char *weight)
{
    const char *in = input_name(e, tile, row, part);
    if (emit_has_bytes(e)) {
        const char *name = bytes_accumulator(e, tile, r, slot, vector, row);
        EMIT("        %s = v_dot8(%s, %s, %s);\n", name, name, weight, in);
        return;
    }
    const int sum = tile->stage->regions[r].slots[slot].sum;
    const char *name = tile_accumulator(e, tile, (size_t)sum, vector, row);
    emit_assignment(e, "        ", name, emit_spell(e, e->isa->op[OP_FMA], weight, in, name));
    EMIT("\n");
}

/* One row: every weight is used once. The columns of a word go to their sum one after the other. */
static void emit_single(struct emitter *e, const struct tile *tile, size_t leader, size_t r,
                        size_t first, size_t count)
{
    const struct region *region = &tile->stage->regions[r];
    for (size_t part = first; part < first + count && r == leader && !tile->first; part++)
        emit_broadcast(e, tile, region, 0, part);
    for (size_t v = 0; v < tile->vectors; v++)
        for (size_t i = 0; i < region->count; i++)
            for (size_t part = first; part < first + count; part++)
                emit_fma(e, tile, r, i, v, 0, part, weight_at(e, tile, region, v, i, part));
}

/* Several rows, in one column: keeps the fewer of weights and inputs in registers, and streams the
 * others. Where regions share a loop, the first loads the inputs for all. */
static void emit_several(struct emitter *e, const struct tile *tile, size_t leader, size_t r,
                         size_t part)
{
    const struct region *region = &tile->stage->regions[r];
    const size_t weights = region->count * tile->vectors;
    const char *prefix = r > leader ? emit_format(e, "w%zu_", r - leader) : "w";
    const char *suffix = part_suffix(part);
    const bool hold_weights = weights <= tile->rows && !tile_follows(e, tile, leader, leader + 1);
    for (size_t row = 0; row < tile->rows && !hold_weights && r == leader && !tile->first; row++)
        emit_broadcast(e, tile, region, row, part);
    for (size_t v = 0; v < tile->vectors; v++)
        for (size_t i = 0; i < region->count; i++) {
            const char *name = emit_format(e, "%s%zu%s", prefix, v * region->count + i, suffix);
            EMIT("        const %s %s = %s;\n", emit_has_bytes(e) ? "v_words" : e->isa->vector,
                 name, weight_at(e, tile, region, v, i, part));
            for (size_t row = 0; row < tile->rows && !hold_weights; row++)
                emit_fma(e, tile, r, i, v, row, part, name);
        }
    for (size_t row = 0; row < tile->rows && hold_weights; row++) {
        emit_broadcast(e, tile, region, row, part);
        for (size_t v = 0; v < tile->vectors; v++)
            for (size_t i = 0; i < region->count; i++)
                emit_fma(e, tile, r, i, v, row, part,
                         emit_format(e, "w%zu%s", v * region->count + i, suffix));
    }
}

/* Columns of a word of all regions that are walked with the region `leader`. */
static void emit_parts(struct emitter *e, const struct tile *tile, const struct tile *joined,
                       size_t leader, size_t part, size_t parts)
{
    for (const struct tile *t = tile; t; t = t == tile ? joined : NULL)
        for (size_t r = leader; tile_follows(e, t, leader, r); r++)
            if (t->rows > 1)
                emit_several(e, t, leader, r, part);
            else
                emit_single(e, t, leader, r, part, parts);
}

void emit_tile_column(struct emitter *e, const struct tile *tile, size_t leader)
{
    emit_parts(e, tile, NULL, leader, 0, 1);
}

/* ---- What comes after ---- */

/* Whether the tile brings in its share of the weights that come after its own: each of many rows
 * takes long enough for that to be done when they are wanted; one that goes on from what was
 * computed ahead has few. */
static bool tile_prefetches(const struct emitter *e, const struct tile *tile)
{
    return e->plan->prefetch && tile->kind != HOISTED && tile->rows > 1;
}

static void emit_prefetch_pointer(struct emitter *e, const struct tile *tile,
                                  const struct region *region)
{
    const char *name = e->region[region->index],
               *panel = emit_panel(e, tile_true_region(tile, region));
    const size_t vectors = tile->vectors;
    const char *share = emit_format(e, "s->%s + s->next * %s + row * %s%s / s->B", name, panel,
                                    panel, vectors > 1 ? emit_format(e, " * %zu", vectors) : "");
    emit_assignment(e, "    ", emit_format(e, "const float *%s_next", name), share);
    EMIT("\n");
    EMIT("    const size_t %s_share = (%zu + s->B - 1) / s->B; /* of a column */\n", name,
         region->count * e->isa->lanes * vectors * tile->rows);
}

/* Asks for what the tile of the next rows multiplies, a line of each row at a time. Rows of bytes
 * are near: they have just been made. */
static void emit_fetch_rows(struct emitter *e, const struct tile *tile, const struct region *region)
{
    enum { LINE_FLOATS = 16 };
    const char *operand = emit_operand_name(e, region->operand);
    const size_t columns = emit_word_columns(e, region);
    const char *k = columns > 1 ? emit_format(e, "%zu * k", columns) : "k";
    if (!e->plan->fetch_rows || tile->rows == 1 || emit_has_bytes(e))
        return;
    EMIT("        if (k %% %zu == 0) {\n", LINE_FLOATS / columns);
    for (size_t row = 0; row < tile->rows; row++)
        EMIT("            WEIR_PREFETCH(%s, %s + %zu * %s);\n", tile_row_pointer(e, operand, row),
             k, tile->rows, emit_operand_row(e, region->operand));
    EMIT("        }\n");
}

/* Asks for the share of what comes after, in a column or before the columns. */
static void emit_prefetches(struct emitter *e, const struct tile *tile, size_t leader, bool before)
{
    const size_t every = e->plan->prefetch;
    const char *when = every > 1 ? emit_format(e, "        if (k %% %zu == 0)\n    ", every) : "";
    for (size_t r = leader; tile_prefetches(e, tile) && tile_follows(e, tile, leader, r); r++) {
        const char *name = e->region[tile->stage->regions[r].index];
        if (before)
            emit_prefetch_pointer(e, tile, &tile->stage->regions[r]);
        else
            EMIT("%s        WEIR_PREFETCH(%s_next, k * %s_share);\n", when, name, name);
    }
}

/* ---- Words of several columns ---- */

/* The words all of whose columns there are, as an expression. */
static const char *whole_words(struct emitter *e, const struct region *region)
{
    const size_t columns = emit_word_columns(e, region);
    const size_t more = emit_has_bytes(e) ? columns - 1 : 0; /* zeros add nothing to integers */
    if (emit_is_known(e, region->cols))
        return emit_number(e, (emit_known(e, region->cols) + more) / columns);
    const char *size = emit_size(e, region->cols);
    if (more)
        return emit_format(e, "(%s + %zu) / %zu", size, more, columns);
    return columns > 1 ? emit_format(e, "%s / %zu", size, columns) : size;
}

/* The last column of an odd number. The other in its word, of padding, is never multiplied: a sum
 * of -0 would become +0, and infinity times zero is NaN. */
static void emit_last_column(struct emitter *e, const struct tile *tile, const struct tile *joined,
                             size_t leader)
{
    const struct region *region = &tile->stage->regions[leader];
    const size_t columns = emit_word_columns(e, region);
    const bool is_known = emit_is_known(e, region->cols);
    if (columns == 1 || emit_has_bytes(e) ||
        (is_known && emit_known(e, region->cols) % columns == 0))
        return;
    EMIT(is_known ? "    {\n" : "    if (%s %% %zu) {\n", emit_size(e, region->cols), columns);
    EMIT("        const size_t k = %s;\n", whole_words(e, region));
    emit_parts(e, tile, joined, leader, 0, 1);
    EMIT("    }\n");
}

/* The loop over words that are whole. A single column has none where a word holds two. */
static void emit_whole_words(struct emitter *e, const struct tile *tile, const struct tile *joined,
                             size_t leader)
{
    const struct region *region = &tile->stage->regions[leader];
    if (emit_is_known(e, region->cols) && !emit_has_bytes(e) &&
        emit_known(e, region->cols) < emit_word_columns(e, region))
        return;
    emit_prefetches(e, tile, leader, true);
    EMIT("    for (size_t k = 0; k < %s; k++) {\n", whole_words(e, region));
    emit_prefetches(e, tile, leader, false);
    emit_fetch_rows(e, tile, region);
    const size_t columns = emit_has_bytes(e) ? 1 : emit_word_columns(e, region);
    const size_t together = tile->rows > 1 ? 1 : columns;
    for (size_t part = 0; part < columns; part += together)
        emit_parts(e, tile, joined, leader, part, together);
    EMIT("    }\n");
}

void emit_columns(struct emitter *e, const struct tile *tile, const struct tile *joined,
                  size_t leader)
{
    emit_whole_words(e, tile, joined, leader);
    emit_last_column(e, tile, joined, leader);
}
