/* SPDX-License-Identifier: MIT */
/* One register tile. Which ones a kernel has is tiles.c. */
#include "emit/tile.h"

#include "emit/blend.h"
#include "emit/bytes.h"
#include "emit/columns.h"
#include "emit/names.h"
#include "emit/profile.h"
#include "emit/units.h"

#include <stdlib.h>
#include <string.h>

enum { VECTORS_MOST = 8 }; /* as in plan.h */

static const char *accumulator_name(struct emitter *e, const struct tile *tile, size_t sum,
                                    size_t vector, size_t row)
{
    return tile->rows == 1 ? emit_format(e, "%s%zu", tile->base[sum], vector)
                           : emit_format(e, "%s%zu_%zu", tile->base[sum], vector, row);
}

const char *tile_accumulator(struct emitter *e, const struct tile *tile, size_t sum, size_t vector,
                             size_t row)
{
    return emit_identifier(e, accumulator_name(e, tile, sum, vector, row));
}

const char *tile_row_pointer(struct emitter *e, const char *operand, size_t row)
{
    return emit_identifier(e, emit_format(e, "%s_row%zu", operand, row));
}

static const char *load(struct emitter *e, const char *pointer, size_t index)
{
    return emit_spell(e, e->isa->load, pointer, emit_number(e, index), NULL);
}

/* ---- Which sums and regions a tile has ---- */

/* The block of units that a vector computes. */
static const char *block_of(struct emitter *e, const struct tile *tile, size_t vector)
{
    return emit_plus(e, "block", tile->first + vector);
}

const struct region *tile_true_region(const struct tile *tile, const struct region *region)
{
    return &tile->true_stage->regions[region - tile->stage->regions];
}

static bool has_group(const struct tile *tile, size_t group)
{
    return tile->whole || group == tile->group;
}

bool tile_walks(const struct emitter *e, const struct tile *tile, const struct region *region)
{
    if (region->operand < 0 || !has_group(tile, region->group))
        return false;
    return tile->kind == PLAIN || (tile->kind == AHEAD) == is_input_region(e->program, region);
}

/* Whether a region is the first that the tile walks with its operand: the others, which stand
 * behind it, are walked in the same loop. */
static bool tile_leads(const struct emitter *e, const struct tile *tile, size_t r)
{
    const struct region *region = &tile->stage->regions[r];
    return tile_walks(e, tile, region) &&
           !(r > 0 && region[-1].operand == region->operand && tile_walks(e, tile, region - 1));
}

bool tile_follows(const struct emitter *e, const struct tile *tile, size_t leader, size_t r)
{
    const struct stage *stage = tile->stage;
    return r < stage->region_count && stage->regions[r].operand == stage->regions[leader].operand &&
           tile_walks(e, tile, &stage->regions[r]);
}

static bool is_product(const struct emitter *e, const struct tile *tile, size_t sum)
{
    return product_slot(e->program, tile->stage, sum) < stage_products(e->program, tile->stage);
}

bool tile_has_products(const struct emitter *e, const struct tile *tile)
{
    bool has = false;
    for (size_t sum = 0; sum < tile->stage->sum_count; sum++)
        has |= has_group(tile, tile->stage->group[sum]) && is_product(e, tile, sum);
    return has;
}

static bool from_products(const struct emitter *e, const struct tile *tile, size_t sum)
{
    return tile->kind == HOISTED && is_product(e, tile, sum);
}

/* Whether this is the first (or last) region of the tile that a sum takes part in. */
static bool is_end(const struct emitter *e, const struct tile *tile, size_t region, size_t sum,
                   bool last)
{
    const struct stage *stage = tile->stage;
    if (sum_slot(&stage->regions[region], (int)sum) == stage->regions[region].count)
        return false;
    for (size_t r = last ? region + 1 : 0; r < (last ? stage->region_count : region); r++)
        if (tile_walks(e, tile, &stage->regions[r]) &&
            sum_slot(&stage->regions[r], (int)sum) < stage->regions[r].count)
            return false;
    return true;
}

/* ---- Parts of a tile ---- */

static void emit_bias(struct emitter *e, const struct tile *tile, size_t sum, size_t vector)
{
    const char *name = tile_accumulator(e, tile, sum, vector, 0);
    emit_sum_beginning(e, "    ", tile->stage, (int)sum,
                       emit_format(e, "bias%zu", tile->first + vector),
                       emit_format(e, "%s ", e->isa->vector), name);
    for (size_t row = 1; row < tile->rows; row++)
        EMIT("    %s %s = %s;\n", e->isa->vector, tile_accumulator(e, tile, sum, vector, row),
             name);
}

/* Where a product is in what was computed ahead, from the tile's first block on. */
static size_t product_index(const struct emitter *e, const struct tile *tile, size_t sum,
                            size_t vector)
{
    const size_t block = (tile->first + vector) * stage_products(e->program, tile->true_stage);
    return (block + product_slot(e->program, tile->stage, sum)) * e->isa->lanes;
}

/* Loads what was computed ahead. */
static void emit_start(struct emitter *e, const struct tile *tile, size_t sum, size_t vector)
{
    const size_t index = product_index(e, tile, sum, vector);
    for (size_t row = 0; row < tile->rows; row++)
        EMIT("    %s %s = %s;\n", e->isa->vector, tile_accumulator(e, tile, sum, vector, row),
             load(e, emit_format(e, "start%zu", row), index));
}

static void emit_result(struct emitter *e, const struct tile *tile, size_t sum, size_t vector)
{
    if (tile->fused || (tile->tail && tile->kind != AHEAD))
        return;
    const size_t lanes = e->isa->lanes;
    for (size_t row = 0; row < tile->rows; row++) {
        const size_t stash = ((row * tile->stage->sum_count + sum) * tile->width + vector) * lanes;
        const char *to = tile->kind == AHEAD ? emit_format(e, "out%zu + %zu", row,
                                                           product_index(e, tile, sum, vector))
                                             : emit_format(e, "sums + %zu", stash);
        EMIT("    %s;\n",
             emit_spell(e, e->isa->store, to, tile_accumulator(e, tile, sum, vector, row), NULL));
    }
}

/* The pointers to the panels of weights and the rows of the operand. */
static void emit_pointers(struct emitter *e, const struct tile *tile, const struct region *region,
                          bool first)
{
    const char *panel = emit_panel(e, tile_true_region(tile, region));
    const char *operand = emit_operand_name(e, region->operand);
    for (size_t v = 0; v < (tile_has_one_pointer(e, tile, region) ? 1 : tile->vectors); v++)
        EMIT("    const float *%s%zu = s->%s + %s * %s;\n", e->region[region->index],
             tile->first + v, e->region[region->index], block_of(e, tile, v), panel);
    for (size_t row = 0; row < tile->rows && first && emit_has_bytes(e); row++)
        EMIT("    const int8_t *%s = %s;\n", tile_row_pointer(e, operand, row),
             emit_bytes_row(e, region->operand, emit_plus(e, "row", row)));
    for (size_t row = 0; row < tile->rows && first && !emit_has_bytes(e); row++)
        EMIT("    const float *%s = %s + %s * %s;\n", tile_row_pointer(e, operand, row),
             emit_operand_pointer(e, region->operand),
             emit_operand_index(e, region->operand, emit_plus(e, "row", row)),
             emit_operand_row(e, region->operand));
}

/* The sums that begin with a region. */
static void emit_beginnings(struct emitter *e, const struct tile *tile, size_t r)
{
    for (size_t sum = 0; sum < tile->stage->sum_count; sum++)
        for (size_t v = 0; v < tile->vectors && is_end(e, tile, r, sum, false); v++) {
            if (from_products(e, tile, sum))
                emit_start(e, tile, sum, v);
            else
                emit_bias(e, tile, sum, v);
        }
}

/* What a region needs before its loop. Sums of integers go to their sums after it, which need no
 * registers in it. */
static void emit_before(struct emitter *e, const struct tile *tile, size_t r, bool first)
{
    if (!emit_has_bytes(e))
        emit_beginnings(e, tile, r);
    emit_pointers(e, tile, &tile->stage->regions[r], first);
    emit_bytes_before(e, tile, r);
}

static void emit_after(struct emitter *e, const struct tile *tile, size_t r)
{
    if (emit_has_bytes(e))
        emit_beginnings(e, tile, r);
    emit_bytes_after(e, tile, r);
    for (size_t sum = 0; sum < tile->stage->sum_count; sum++)
        for (size_t v = 0; v < tile->vectors && is_end(e, tile, r, sum, true); v++)
            emit_result(e, tile, sum, v);
}

/* What one tile does for all the regions of a loop: before it, or after it. */
enum moment { BEFORE, AFTER };

static void emit_moment(struct emitter *e, const struct tile *tile, size_t leader,
                        enum moment moment)
{
    for (size_t r = leader; tile_follows(e, tile, leader, r); r++) {
        const bool first = r == leader && !tile->first;
        if (moment == BEFORE)
            emit_before(e, tile, r, first);
        else
            emit_after(e, tile, r);
    }
}

static void emit_moments(struct emitter *e, const struct tile *tile, const struct tile *joined,
                         size_t leader, enum moment moment)
{
    emit_moment(e, tile, leader, moment);
    if (joined)
        emit_moment(e, joined, leader, moment);
}

/* The loop over the columns of an operand. */
static void emit_region(struct emitter *e, const struct tile *tile, const struct tile *joined,
                        size_t leader)
{
    const struct region *region = &tile->stage->regions[leader];
    emit_moments(e, tile, joined, leader, BEFORE);
    if (tile->blend && region->operand == tile->blend->beside->operand)
        emit_blended_columns(e, tile, leader);
    else
        emit_columns(e, tile, joined, leader);
    emit_moments(e, tile, joined, leader, AFTER);
}

/* Sums that are complete when they come from the input: copied to where the others go. */
static void emit_complete(struct emitter *e, const struct tile *tile)
{
    for (size_t sum = 0; sum < tile->stage->sum_count; sum++) {
        bool more = !from_products(e, tile, sum) || !has_group(tile, tile->stage->group[sum]);
        for (size_t r = 0; r < tile->stage->region_count; r++)
            more |= tile_walks(e, tile, &tile->stage->regions[r]) &&
                    sum_slot(&tile->stage->regions[r], (int)sum) < tile->stage->regions[r].count;
        for (size_t v = 0; v < tile->vectors && !more; v++) {
            emit_start(e, tile, sum, v);
            emit_result(e, tile, sum, v);
        }
    }
}

static void emit_bases(struct emitter *e, const struct tile *tile)
{
    const struct region *bias = stage_bias(tile->stage);
    bool biased = false;
    for (size_t sum = 0; sum < tile->stage->sum_count && bias; sum++)
        biased |= !from_products(e, tile, sum) && sum_slot(bias, (int)sum) < bias->count &&
                  (tile->kind != AHEAD || is_product(e, tile, sum)) &&
                  has_group(tile, tile->stage->group[sum]);
    for (size_t v = 0; v < tile->vectors && biased; v++)
        EMIT("    const float *bias%zu = s->%s + %s * %s;\n", tile->first + v,
             e->region[bias->index], block_of(e, tile, v),
             emit_panel(e, tile_true_region(tile, bias)));
    const bool ahead = tile->kind != PLAIN && !tile->first && tile_has_products(e, tile);
    for (size_t row = 0; row < tile->rows && ahead; row++)
        EMIT("    %sfloat *%s%zu = s->products%s + %s * %s + block * %s;\n",
             tile->kind == AHEAD ? "" : "const ", tile->kind == AHEAD ? "out" : "start", row,
             tile->stage->suffix, emit_plus(e, "row", row), emit_product_row(e, tile->true_stage),
             emit_number(e, stage_products(e->program, tile->true_stage) * e->isa->lanes));
}

/* Takes the sums of a tail apart: into variables for the elementwise work, or to memory. */
static void emit_parting(struct emitter *e, const struct tile *tile, const char **sums)
{
    const struct stage *stage = tile->true_stage;
    const size_t lanes = e->isa->lanes;
    for (size_t sum = 0; sum < stage->sum_count; sum++)
        for (size_t row = 0; row < tile->rows && has_group(tile, stage->group[sum]); row++) {
            const size_t v = tile->tail->at[sum] / lanes, from = tile->tail->at[sum] % lanes;
            const size_t next = from + tile->tail->units > lanes ? v + 1 : v;
            const size_t stash =
                ((row * stage->sum_count + sum) * tile->width + tile->first) * lanes;
            const char *to = emit_format(e, "sums + %zu", stash);
            const char *value = tile_accumulator(e, tile, v, 0, row);
            if (from)
                value = emit_spell(e, e->isa->window, value,
                                   tile_accumulator(e, tile, next, 0, row), emit_number(e, from));
            if (tile->fused)
                EMIT("    const %s %s = %s;\n", e->isa->vector, emit_identifier(e, sums[sum]),
                     value);
            else
                EMIT("    %s;\n", emit_spell(e, e->isa->store, to, value, NULL));
        }
}

static const char *sums_parameter(const struct tile *tile)
{
    return tile->kind == AHEAD || tile->fused ? "" : ", float *sums";
}

/* The names of accumulators; in a tail also those of the sums that are taken out of them. */
static void name_sums(struct emitter *e, struct tile *tile, struct names *names, const char **sums)
{
    const struct stage *stage = tile->true_stage;
    for (size_t v = 0; v < tile->stage->sum_count && tile->tail; v++)
        tile->base[v] = emit_unique(e, names, "shared");
    for (size_t sum = 0; sum < stage->sum_count; sum++) {
        const char *base = emit_sum_name(e, stage, sum);
        if (tile->tail)
            sums[sum] = emit_unique(e, names, emit_format(e, "%s%zu", base, tile->first));
        else
            tile->base[sum] = emit_unique(e, names, base);
    }
}

/* What follows the last region: sums taken apart, elementwise work. */
static void emit_ending(struct emitter *e, const struct tile *tile, const char **sums,
                        const struct tile *joined, const char **joined_sums)
{
    struct fused_block blocks[VECTORS_MOST + 1];
    size_t count = 0;
    for (const struct tile *t = tile; t; t = t == tile ? joined : NULL) {
        const char **apart = t == tile ? sums : joined_sums;
        if (t->tail && t->kind != AHEAD)
            emit_parting(e, t, apart);
        for (size_t v = 0; v < t->vectors && t->fused; v++) {
            struct fused_block *block = &blocks[count++];
            block->block = block_of(e, t, v);
            for (size_t sum = 0; sum < t->true_stage->sum_count; sum++)
                block->sums[sum] = t->tail ? apart[sum] : accumulator_name(e, t, sum, v, 0);
        }
    }
    emit_fused_units(e, tile->true_stage, blocks, count);
}

void emit_tile(struct emitter *e, struct tile *tile, struct tile *joined, const char *name)
{
    const char *sums[SUMS_MAX], *joined_sums[SUMS_MAX];
    struct names *names = names_create(e);
    name_sums(e, tile, names, sums);
    if (joined)
        name_sums(e, joined, names, joined_sums);
    free(names);
    EMIT("%s %s(const struct step%s *s, size_t block, size_t row%s)\n{\n", emit_tile_words(e), name,
         e->tag, sums_parameter(tile));
    emit_bases(e, tile);
    if (joined)
        emit_bases(e, joined);
    for (size_t i = 0; i < 2 && tile->kind == HOISTED; i++)
        if (i == 0 || joined)
            emit_complete(e, i ? joined : tile);
    for (size_t r = 0; r < tile->stage->region_count; r++)
        if (tile_leads(e, tile, r))
            emit_region(e, tile, joined, r);
    if (tile->fused)
        EMIT("%s", emit_mark_units(e, tile->true_stage, "    ",
                                   emit_number(e, tile->vectors + (joined != NULL))));
    emit_ending(e, tile, sums, joined, joined_sums);
    EMIT("}\n\n");
}
