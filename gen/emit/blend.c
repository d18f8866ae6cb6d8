/* SPDX-License-Identifier: MIT */
/* W@x of the next chunk of steps, beside the recurrent products of this one. A block of units
 * computes its own products. Those of a few sums of all rows of the chunk fit beside the tile's own
 * accumulators; in every turn (a step of the chunk) they come from memory, take some columns
 * further, and go back, so that each sum has its order. */
#include "emit/blend.h"

#include "emit/choice.h"
#include "emit/columns.h"
#include "emit/names.h"
#include "emit/profile.h"

/* The region whose columns a blended tile walks; NULL: there is none. */
static const struct region *walked_region(const struct program *program, const struct stage *stage)
{
    for (size_t r = 0; r < stage->region_count; r++)
        if (stage->regions[r].operand >= 0 && !is_input_region(program, &stage->regions[r]))
            return &stage->regions[r];
    return NULL;
}

/* How many recurrent columns stand beside one of the input's. */
static size_t columns_beside(const struct emitter *e, const struct stage *stage, size_t turns)
{
    const size_t columns = (emit_known(e, WEIR_I) + turns - 1) / turns;
    const size_t beside = emit_known(e, walked_region(e->program, stage)->cols) / columns;
    return beside < e->plan->blend ? beside : e->plan->blend;
}

/* The parts of a stage's products, each as large as registers allow. Returns how many; 0: the stage
 * is not blended. */
static size_t find_parts(const struct emitter *e, const struct stage *stage,
                         struct blend parts[SUMS_MAX])
{
    const struct region *walked = walked_region(e->program, stage);
    const size_t rows = e->plan->blend;
    size_t count = 0, own = 0;
    if (!rows || !stage_hoists(e, stage) || emit_is_generic(e) || emit_tail(e, stage) || !walked ||
        e->program->type != WEIR_TYPE_F32)
        return 0;
    for (size_t r = 0; r < stage->region_count; r++)
        if (stage->regions[r].operand == walked->operand)
            own += stage->regions[r].count;
    const size_t room = e->isa->accumulators > own ? (e->isa->accumulators - own) / rows : 0;
    const size_t most = room ? room : 1;
    for (size_t r = 0; r < stage->region_count; r++) {
        const struct region *region = &stage->regions[r];
        const size_t sums = region->count, pieces = (sums + most - 1) / most;
        for (size_t i = 0; i < pieces && is_input_region(e->program, region); i++)
            parts[count++] = (struct blend){.region = region,
                                            .beside = walked,
                                            .first = sums * i / pieces,
                                            .count = sums * (i + 1) / pieces - sums * i / pieces};
    }
    for (size_t i = 0; i < count; i++)
        parts[i].turns = rows / count;
    return rows < count || !columns_beside(e, stage, rows / count) ? 0 : count;
}

size_t blend_turns(const struct emitter *e, const struct stage *stage)
{
    struct blend parts[SUMS_MAX];
    const size_t count = find_parts(e, stage, parts);
    return count ? count * parts[0].turns : 0;
}

bool emit_blends(const struct emitter *e)
{
    for (size_t i = 0; i < e->program->stage_count; i++)
        if (blend_turns(e, &e->program->stages[i]))
            return true;
    return false;
}

/* ---- The columns ---- */

static size_t sum_ahead(const struct tile *tile, size_t slot)
{
    return (size_t)tile->blend->region->slots[tile->blend->first + slot].sum;
}

static const char *ahead_name(struct emitter *e, const struct tile *tile, size_t slot, size_t row)
{
    return emit_format(e, "%s_ahead%zu", tile->base[sum_ahead(tile, slot)], row);
}

/* Where a sum of some row is in memory between turns. */
static const char *ahead_memory(struct emitter *e, const struct tile *tile, size_t slot)
{
    const size_t product = product_slot(e->program, tile->stage, sum_ahead(tile, slot));
    return emit_number(e, product * e->isa->lanes);
}

/* Sums begin with what is added to their products. */
static void emit_beginning(struct emitter *e, const struct tile *tile, size_t slot)
{
    const char *name = ahead_name(e, tile, slot, 0);
    emit_sum_beginning(e, "        ", tile->stage, (int)sum_ahead(tile, slot), "bias", "", name);
    for (size_t row = 1; row < e->plan->blend; row++)
        EMIT("        %s = %s;\n", ahead_name(e, tile, slot, row), name);
}

/* Accumulators, which go on where the turn before has left them. */
static void emit_accumulators(struct emitter *e, const struct tile *tile)
{
    const struct region *bias = stage_bias(tile->stage);
    const size_t slots = tile->blend->count, rows = e->plan->blend;
    for (size_t i = 0; i < slots * rows; i++)
        EMIT("    %s %s;\n", e->isa->vector, ahead_name(e, tile, i / rows, i % rows));
    EMIT("    if (from == 0) {\n");
    if (bias)
        EMIT("        const float *bias = s->%s + block * %s;\n", e->region[bias->index],
             emit_panel(e, bias));
    for (size_t slot = 0; slot < slots; slot++)
        emit_beginning(e, tile, slot);
    EMIT("    } else {\n");
    for (size_t i = 0; i < slots * rows; i++)
        EMIT("        %s = %s;\n", ahead_name(e, tile, i / rows, i % rows),
             emit_spell(e, e->isa->load, emit_format(e, "out%zu", i % rows),
                        ahead_memory(e, tile, i / rows), NULL));
    EMIT("    }\n");
}

static void emit_ahead_pointers(struct emitter *e, const struct tile *tile)
{
    const struct region *region = tile->blend->region;
    EMIT("    const float *ahead = s->%s + block * %s;\n", e->region[region->index],
         emit_panel(e, region));
    for (size_t row = 0; row < e->plan->blend; row++) {
        EMIT("    const float *x_row%zu = s->x_ahead + %zu * s->x_ahead_row;\n", row, row);
        EMIT("    float *out%zu = s->ahead%s + %zu * %s + block * %zu;\n", row, tile->stage->suffix,
             row, emit_product_row(e, tile->stage),
             stage_products(e->program, tile->stage) * e->isa->lanes);
    }
}

static void emit_ahead_stores(struct emitter *e, const struct tile *tile)
{
    for (size_t slot = 0; slot < tile->blend->count; slot++)
        for (size_t row = 0; row < e->plan->blend; row++) {
            const char *to = emit_format(e, "out%zu + %s", row, ahead_memory(e, tile, slot));
            EMIT("    %s;\n",
                 emit_spell(e, e->isa->store, to, ahead_name(e, tile, slot, row), NULL));
        }
}

/* One column of the input, for all rows, with as many recurrent ones as stand beside it. */
static void emit_ahead_column(struct emitter *e, const struct tile *tile, size_t leader,
                              size_t beside)
{
    const struct blend *blend = tile->blend;
    const size_t rows = e->plan->blend, lanes = e->isa->lanes;
    struct tile moved = *tile;
    for (size_t slot = 0; slot < blend->count; slot++) {
        const char *at = emit_format(e, "a * %zu + %zu", blend->region->count * lanes,
                                     (blend->first + slot) * lanes);
        EMIT("        const %s w%zu = %s;\n", e->isa->vector, slot,
             emit_spell(e, e->isa->load, "ahead", at, NULL));
    }
    for (size_t row = 0; row < rows; row++) {
        const char *x = emit_format(e, "x%zu", row);
        EMIT("        const %s %s = %s;\n", e->isa->vector, x,
             emit_spell(e, e->isa->set1, emit_format(e, "x_row%zu[a]", row), NULL, NULL));
        for (size_t slot = 0; slot < blend->count; slot++) {
            const char *name = ahead_name(e, tile, slot, row);
            EMIT("        %s = %s;\n", name,
                 emit_spell(e, e->isa->op[OP_FMA], emit_format(e, "w%zu", slot), x, name));
        }
        for (moved.column = beside * row / rows; moved.column < beside * (row + 1) / rows;
             moved.column++)
            emit_tile_column(e, &moved, leader);
    }
}

void emit_blended_columns(struct emitter *e, const struct tile *tile, size_t leader)
{
    const size_t columns = emit_known(e, tile->stage->regions[leader].cols);
    const size_t turns = tile->blend->turns, inputs = emit_known(e, WEIR_I);
    const size_t beside = columns_beside(e, tile->stage, turns);
    EMIT("    const size_t from = s->turn %% %zu * %zu / %zu;\n", turns, inputs, turns);
    EMIT("    const size_t to = (s->turn %% %zu + 1) * %zu / %zu;\n", turns, inputs, turns);
    emit_ahead_pointers(e, tile);
    emit_accumulators(e, tile);
    EMIT("    size_t k = 0;\n");
    EMIT("    for (size_t a = from; a < to; a++, k += %zu) {\n", beside);
    emit_ahead_column(e, tile, leader, beside);
    EMIT("    }\n");
    emit_ahead_stores(e, tile);
    EMIT("    for (; k < %zu; k++) {\n", columns);
    emit_tile_column(e, tile, leader);
    EMIT("    }\n");
}

/* ---- The tiles ---- */

void emit_blended(struct emitter *e, const struct stage *stage)
{
    struct blend parts[SUMS_MAX];
    struct choices choices = {.count = 0};
    const size_t count = find_parts(e, stage, parts);
    if (!count)
        return;
    for (size_t part = 0; part < count; part++) {
        struct tile tile = {.stage = stage,
                            .true_stage = stage,
                            .kind = HOISTED,
                            .rows = 1,
                            .vectors = 1,
                            .width = 1,
                            .fused = true,
                            .whole = true,
                            .blend = &parts[part]};
        const char *name = emit_format(e, "blended%s_%zu", stage->suffix, part);
        const char *mark = emit_mark_tile(e, &tile, NULL, name);
        emit_tile(e, &tile, NULL, name);
        choices_add(&choices,
                    (struct choice){.outer = part,
                                    .calls = {emit_format(e, "%s%s(s, block, 0)", mark, name)},
                                    .call_count = 1});
    }
    EMIT("static void blended%s(const struct step%s *s, size_t block, size_t vectors)\n{\n",
         stage->suffix, e->tag);
    EMIT(
        "    for (const size_t end = block + vectors; block < end; block++) {\n%s    }\n}\n\n",
        emit_choices(e, &choices, "        ", emit_format(e, "s->turn / %zu", parts[0].turns), ""));
}
