/* SPDX-License-Identifier: MIT */
/* One register tile. Which ones a kernel has is tiles.c. */
#include "emit/tile.h"

#include "emit/blend.h"
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

static const char *accumulator(struct emitter *e, const struct tile *tile, size_t sum,
                               size_t vector, size_t row)
{
    return emit_identifier(e, accumulator_name(e, tile, sum, vector, row));
}

/* The pointer to a row of an operand. */
static const char *row_pointer(struct emitter *e, const char *operand, size_t row)
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

/* A region as it is outside the tail. */
static const struct region *true_region(const struct tile *tile, const struct region *region)
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

/* Whether a region is walked in the loop of the one that leads. */
static bool tile_follows(const struct emitter *e, const struct tile *tile, size_t leader, size_t r)
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
    const char *name = accumulator(e, tile, sum, vector, 0);
    emit_sum_beginning(e, "    ", tile->stage, (int)sum,
                       emit_format(e, "bias%zu", tile->first + vector),
                       emit_format(e, "%s ", e->isa->vector), name);
    for (size_t row = 1; row < tile->rows; row++)
        EMIT("    %s %s = %s;\n", e->isa->vector, accumulator(e, tile, sum, vector, row), name);
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
        EMIT("    %s %s = %s;\n", e->isa->vector, accumulator(e, tile, sum, vector, row),
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
             emit_spell(e, e->isa->store, to, accumulator(e, tile, sum, vector, row), NULL));
    }
}

static void emit_fma(struct emitter *e, const struct tile *tile, int sum, size_t vector, size_t row,
                     const char *weight)
{
    const char *name = accumulator(e, tile, (size_t)sum, vector, row);
    EMIT("        %s = %s;\n", name,
         emit_spell(e, e->isa->op[OP_FMA], weight, emit_format(e, "in%zu", row + tile->column),
                    name));
}

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
    const char *name = e->region[region->index], *panel = emit_panel(e, true_region(tile, region));
    const size_t vectors = tile->vectors;
    const char *share = emit_format(e, "s->%s + s->next * %s + row * %s%s / s->B", name, panel,
                                    panel, vectors > 1 ? emit_format(e, " * %zu", vectors) : "");
    emit_assignment(e, "    ", emit_format(e, "const float *%s_next", name), share);
    EMIT("\n");
    EMIT("    const size_t %s_share = (%zu + s->B - 1) / s->B; /* of a column */\n", name,
         region->count * e->isa->lanes * vectors * tile->rows);
}

/* Whether one pointer leads to the panels of all vectors, at distances that are known: several rows
 * and several vectors want more pointers than there are registers. */
static bool has_one_pointer(const struct emitter *e, const struct tile *tile,
                            const struct region *region)
{
    return tile->rows > 1 && emit_is_known(e, region->cols);
}

/* The weights of a slot for a vector of units, in the column k. */
static const char *weight_at(struct emitter *e, const struct tile *tile,
                             const struct region *region, size_t vector, size_t slot)
{
    const size_t lanes = e->isa->lanes, width = region->count * lanes;
    const size_t panel = emit_is_known(e, region->cols) ? emit_known(e, region->cols) * width : 0;
    const bool shared = has_one_pointer(e, tile, region);
    const size_t from = tile->first + (shared ? 0 : vector);
    const char *index = emit_format(e, "%s * %zu + %zu", emit_plus(e, "k", tile->column), width,
                                    slot * lanes + (shared ? vector * panel : 0));
    return emit_spell(e, e->isa->load, emit_format(e, "%s%zu", e->region[region->index], from),
                      index, NULL);
}

static void emit_broadcast(struct emitter *e, const struct tile *tile, const char *operand,
                           size_t row)
{
    const char *pointer = row_pointer(e, operand, row);
    const char *in = tile->column ? emit_format(e, "%s[k + %zu]", pointer, tile->column)
                                  : emit_format(e, "%s[k]", pointer);
    EMIT("        const %s in%zu = %s;\n", e->isa->vector, row + tile->column,
         emit_spell(e, e->isa->set1, in, NULL, NULL));
}

/* One column: keeps the fewer of weights and inputs in registers, and streams the others. Where
 * regions share a loop, the first loads the inputs for all. */
static void emit_column(struct emitter *e, const struct tile *tile, size_t leader, size_t r)
{
    const struct region *region = &tile->stage->regions[r];
    const size_t weights = region->count * tile->vectors;
    const char *operand = emit_operand_name(e, region->operand);
    const char *prefix = r > leader ? emit_format(e, "w%zu_", r - leader) : "w";
    const bool hold_weights =
        tile->rows > 1 && weights <= tile->rows && !tile_follows(e, tile, leader, leader + 1);
    for (size_t row = 0; row < tile->rows && !hold_weights && r == leader && !tile->first; row++)
        emit_broadcast(e, tile, operand, row);
    for (size_t v = 0; v < tile->vectors; v++)
        for (size_t i = 0; i < region->count; i++) {
            const char *weight = weight_at(e, tile, region, v, i);
            if (tile->rows > 1) {
                const char *name = emit_format(e, "%s%zu", prefix, v * region->count + i);
                EMIT("        const %s %s = %s;\n", e->isa->vector, name, weight);
                weight = name;
            }
            for (size_t row = 0; row < tile->rows && !hold_weights; row++)
                emit_fma(e, tile, region->slots[i].sum, v, row, weight);
        }
    for (size_t row = 0; row < tile->rows && hold_weights; row++) {
        emit_broadcast(e, tile, operand, row);
        for (size_t v = 0; v < tile->vectors; v++)
            for (size_t i = 0; i < region->count; i++)
                emit_fma(e, tile, region->slots[i].sum, v, row,
                         emit_format(e, "w%zu", v * region->count + i));
    }
}

/* The pointers to the panels of weights and the rows of the operand. */
static void emit_pointers(struct emitter *e, const struct tile *tile, const struct region *region,
                          bool first)
{
    const char *panel = emit_panel(e, true_region(tile, region));
    const char *operand = emit_operand_name(e, region->operand);
    for (size_t v = 0; v < (has_one_pointer(e, tile, region) ? 1 : tile->vectors); v++)
        EMIT("    const float *%s%zu = s->%s + %s * %s;\n", e->region[region->index],
             tile->first + v, e->region[region->index], block_of(e, tile, v), panel);
    for (size_t row = 0; row < tile->rows && first; row++)
        EMIT("    const float *%s = %s + %s * %s;\n", row_pointer(e, operand, row),
             emit_operand_pointer(e, region->operand),
             emit_operand_index(e, region->operand, emit_plus(e, "row", row)),
             emit_operand_row(e, region->operand));
}

/* What a region needs before its loop: sums that begin with it, and pointers. */
static void emit_before(struct emitter *e, const struct tile *tile, size_t r, bool first)
{
    for (size_t sum = 0; sum < tile->stage->sum_count; sum++)
        for (size_t v = 0; v < tile->vectors && is_end(e, tile, r, sum, false); v++) {
            if (from_products(e, tile, sum))
                emit_start(e, tile, sum, v);
            else
                emit_bias(e, tile, sum, v);
        }
    emit_pointers(e, tile, &tile->stage->regions[r], first);
}

static void emit_after(struct emitter *e, const struct tile *tile, size_t r)
{
    for (size_t sum = 0; sum < tile->stage->sum_count; sum++)
        for (size_t v = 0; v < tile->vectors && is_end(e, tile, r, sum, true); v++)
            emit_result(e, tile, sum, v);
}

/* Asks for what the tile of the next rows multiplies, a line of each row at a time. */
static void emit_fetch_rows(struct emitter *e, const struct tile *tile, const struct region *region)
{
    enum { LINE_FLOATS = 16 };
    const char *operand = emit_operand_name(e, region->operand);
    if (!e->plan->fetch_rows || tile->rows == 1)
        return;
    EMIT("        if (k %% %d == 0) {\n", LINE_FLOATS);
    for (size_t row = 0; row < tile->rows; row++)
        EMIT("            WEIR_PREFETCH(%s, k + %zu * %s);\n", row_pointer(e, operand, row),
             tile->rows, emit_operand_row(e, region->operand));
    EMIT("        }\n");
}

/* What one tile does for all the regions of a loop: before it, for each column, after it. */
enum moment { BEFORE, COLUMN, AFTER };

static void emit_moment(struct emitter *e, const struct tile *tile, size_t leader,
                        enum moment moment)
{
    for (size_t r = leader; tile_follows(e, tile, leader, r); r++) {
        const bool first = r == leader && !tile->first;
        if (moment == BEFORE)
            emit_before(e, tile, r, first);
        else if (moment == COLUMN)
            emit_column(e, tile, leader, r);
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

void emit_tile_column(struct emitter *e, const struct tile *tile, size_t leader)
{
    emit_moment(e, tile, leader, COLUMN);
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

/* The loop over the columns of an operand. */
static void emit_region(struct emitter *e, const struct tile *tile, const struct tile *joined,
                        size_t leader)
{
    const struct region *region = &tile->stage->regions[leader];
    emit_moments(e, tile, joined, leader, BEFORE);
    if (tile->blend && region->operand == tile->blend->beside->operand) {
        emit_blended_columns(e, tile, leader);
        emit_moments(e, tile, joined, leader, AFTER);
        return;
    }
    emit_prefetches(e, tile, leader, true);
    EMIT("    for (size_t k = 0; k < %s; k++) {\n", emit_size(e, region->cols));
    emit_prefetches(e, tile, leader, false);
    emit_fetch_rows(e, tile, region);
    emit_moments(e, tile, joined, leader, COLUMN);
    EMIT("    }\n");
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
             e->region[bias->index], block_of(e, tile, v), emit_panel(e, true_region(tile, bias)));
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
            const char *value = accumulator(e, tile, v, 0, row);
            if (from)
                value = emit_spell(e, e->isa->window, value, accumulator(e, tile, next, 0, row),
                                   emit_number(e, from));
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
