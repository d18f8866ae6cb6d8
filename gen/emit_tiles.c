/* SPDX-License-Identifier: MIT */
/* Register tiles: a few vectors of units (`vectors`) of a few batch rows (`rows`), all their
 * accumulators in named variables, straight-line code inside a loop over the columns of a region.
 * Three kinds: a plain tile walks every region; an ahead tile only that of the input, and writes
 * products; a hoisted tile starts from those products. */
#include "emit.h"

#include <stdlib.h>
#include <string.h>

enum kind { PLAIN, AHEAD, HOISTED };

static const char *const kind_names[] = {"tile", "ahead", "hoisted"};

struct tile {
    const struct stage *stage;
    enum kind kind;
    size_t rows, vectors;
    bool fused; /* goes on with the elementwise work; otherwise leaves sums in memory */
    const char *base[SUMS_MAX]; /* the name of each accumulator */
};

/* ---- Names ---- */

/* i for i_sum; n_x and n_h where a value is made of more than one sum; n_h_b where that is not
 * enough. */
static const char *sum_base(struct emitter *e, const struct stage *stage, size_t index)
{
    const struct graph *graph = e->program->graph;
    const struct node *nodes = graph->nodes;
    const struct node *own = &nodes[stage->sums[index]];
    const char *operand = emit_operand_name(e, graph->sums[own->index].operand[0]);
    const size_t length = strlen(own->name), cut = sizeof "_sum" - 1;
    const bool suffixed = length > cut && !strcmp(own->name + length - cut, "_sum");
    const char *base = emit_format(e, "%.*s", (int)(length - suffixed * cut), own->name);
    bool alone = true;
    char twin = 'a';
    for (size_t j = 0; j < stage->sum_count; j++) {
        const struct node *other = &nodes[stage->sums[j]];
        if (j == index || strcmp(own->name, other->name))
            continue;
        alone = false;
        if (!strcmp(emit_operand_name(e, graph->sums[other->index].operand[0]), operand))
            twin = (char)(twin + (j < index && twin < 'z'));
    }
    if (!alone)
        base = emit_format(e, "%s_%s", base, operand);
    return emit_identifier(e, twin > 'a' ? emit_format(e, "%s_%c", base, twin) : base);
}

static const char *accumulator(struct emitter *e, const struct tile *tile, size_t sum,
                               size_t vector, size_t row)
{
    return tile->rows == 1 ? emit_format(e, "%s%zu", tile->base[sum], vector)
                           : emit_format(e, "%s%zu_%zu", tile->base[sum], vector, row);
}

static const char *load(struct emitter *e, const char *pointer, size_t index)
{
    return emit_spell(e, e->isa->load, pointer, emit_format(e, "%zu", index), NULL);
}

/* ---- Which sums and regions a tile has ---- */

static bool tile_walks(const struct emitter *e, const struct tile *tile,
                       const struct region *region)
{
    if (region->operand < 0)
        return false;
    const bool input = region == stage_input_region(e->program, tile->stage);
    return tile->kind == PLAIN || (tile->kind == AHEAD) == input;
}

static bool from_products(const struct emitter *e, const struct tile *tile, size_t sum)
{
    const struct region *input = stage_input_region(e->program, tile->stage);
    return tile->kind == HOISTED && input && sum_slot(input, (int)sum) < input->count;
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

static const struct region *bias_region(const struct stage *stage)
{
    const struct region *first = stage->regions;
    return stage->region_count && first->operand < 0 && first->slots[0].sum >= 0 ? first : NULL;
}

static void emit_bias(struct emitter *e, const struct tile *tile, size_t sum, size_t vector)
{
    const struct region *bias = bias_region(tile->stage);
    const char *name = accumulator(e, tile, sum, vector, 0);
    bool first = true;
    for (size_t i = 0; bias && i < bias->count; i++) {
        if (bias->slots[i].sum != (int)sum)
            continue;
        const char *value = load(e, emit_format(e, "bias%zu", vector), i * e->isa->lanes);
        if (first)
            EMIT("    %s %s = %s;\n", e->isa->vector, name, value);
        else
            EMIT("    %s = %s;\n", name, emit_spell(e, e->isa->op[OP_ADD], name, value, NULL));
        first = false;
    }
    if (first)
        EMIT("    %s %s = %s;\n", e->isa->vector, name, e->isa->zero);
    for (size_t row = 1; row < tile->rows; row++)
        EMIT("    %s %s = %s;\n", e->isa->vector, accumulator(e, tile, sum, vector, row), name);
}

/* Loads what was computed ahead. */
static void emit_start(struct emitter *e, const struct tile *tile, size_t sum, size_t vector)
{
    const struct region *input = stage_input_region(e->program, tile->stage);
    const size_t index = (vector * input->count + sum_slot(input, (int)sum)) * e->isa->lanes;
    for (size_t row = 0; row < tile->rows; row++)
        EMIT("    %s %s = %s;\n", e->isa->vector, accumulator(e, tile, sum, vector, row),
             load(e, emit_format(e, "start%zu", row), index));
}

static void emit_result(struct emitter *e, const struct tile *tile, size_t sum, size_t vector)
{
    if (tile->fused)
        return;
    const size_t lanes = e->isa->lanes;
    const struct region *input = stage_input_region(e->program, tile->stage);
    for (size_t row = 0; row < tile->rows; row++) {
        const size_t stash =
            ((row * tile->stage->sum_count + sum) * tile->vectors + vector) * lanes;
        const char *to =
            tile->kind == AHEAD
                ? emit_format(e, "out%zu + %zu", row,
                              (vector * input->count + sum_slot(input, (int)sum)) * lanes)
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
         emit_spell(e, e->isa->op[OP_FMA], weight, emit_format(e, "in%zu", row), name));
}

static void emit_broadcast(struct emitter *e, const char *operand, size_t row)
{
    EMIT("        const %s in%zu = %s;\n", e->isa->vector, row,
         emit_spell(e, e->isa->set1, emit_format(e, "%s_row%zu[k]", operand, row), NULL, NULL));
}

/* One column: keeps the fewer of weights and inputs in registers, and streams the others. */
static void emit_column(struct emitter *e, const struct tile *tile, const struct region *region)
{
    const size_t lanes = e->isa->lanes, weights = region->count * tile->vectors;
    const char *operand = emit_operand_name(e, region->operand);
    const bool hold_weights = tile->rows > 1 && weights <= tile->rows;
    for (size_t row = 0; row < tile->rows && !hold_weights; row++)
        emit_broadcast(e, operand, row);
    for (size_t v = 0; v < tile->vectors; v++)
        for (size_t i = 0; i < region->count; i++) {
            const char *index = emit_format(e, "k * %zu + %zu", region->count * lanes, i * lanes);
            const char *from = emit_format(e, "%s%zu", e->region[region->index], v);
            const char *weight = emit_spell(e, e->isa->load, from, index, NULL);
            if (tile->rows > 1) {
                const char *name = emit_format(e, "w%zu", v * region->count + i);
                EMIT("        const %s %s = %s;\n", e->isa->vector, name, weight);
                weight = name;
            }
            for (size_t row = 0; row < tile->rows && !hold_weights; row++)
                emit_fma(e, tile, region->slots[i].sum, v, row, weight);
        }
    for (size_t row = 0; row < tile->rows && hold_weights; row++) {
        emit_broadcast(e, operand, row);
        for (size_t v = 0; v < tile->vectors; v++)
            for (size_t i = 0; i < region->count; i++)
                emit_fma(e, tile, region->slots[i].sum, v, row,
                         emit_format(e, "w%zu", v * region->count + i));
    }
}

/* The pointers to the panels of weights and the rows of the operand. */
static void emit_pointers(struct emitter *e, const struct tile *tile, const struct region *region)
{
    const char *panel = emit_panel(e, region);
    const char *operand = emit_operand_name(e, region->operand);
    for (size_t v = 0; v < tile->vectors; v++)
        EMIT("    const float *%s%zu = s->%s + %s * %s;\n", e->region[region->index], v,
             e->region[region->index], emit_plus(e, "block", v), panel);
    for (size_t row = 0; row < tile->rows; row++)
        EMIT("    const float *%s_row%zu = %s + %s * %s;\n", operand, row,
             emit_operand_pointer(e, region->operand),
             emit_operand_index(e, region->operand, emit_plus(e, "row", row)),
             emit_operand_row(e, region->operand));
}

static void emit_region(struct emitter *e, const struct tile *tile, size_t r)
{
    const struct region *region = &tile->stage->regions[r];
    for (size_t sum = 0; sum < tile->stage->sum_count; sum++)
        for (size_t v = 0; v < tile->vectors && is_end(e, tile, r, sum, false); v++) {
            if (from_products(e, tile, sum))
                emit_start(e, tile, sum, v);
            else
                emit_bias(e, tile, sum, v);
        }
    emit_pointers(e, tile, region);
    EMIT("    for (size_t k = 0; k < %s; k++) {\n", emit_size(e, region->cols));
    emit_column(e, tile, region);
    EMIT("    }\n");
    for (size_t sum = 0; sum < tile->stage->sum_count; sum++)
        for (size_t v = 0; v < tile->vectors && is_end(e, tile, r, sum, true); v++)
            emit_result(e, tile, sum, v);
}

/* Sums that are complete when they come from the input: copied to where the others go. */
static void emit_complete(struct emitter *e, const struct tile *tile)
{
    for (size_t sum = 0; sum < tile->stage->sum_count; sum++) {
        bool more = !from_products(e, tile, sum);
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
    const struct region *bias = bias_region(tile->stage);
    const struct region *input = stage_input_region(e->program, tile->stage);
    bool biased = false;
    for (size_t sum = 0; sum < tile->stage->sum_count && bias; sum++)
        biased |= !from_products(e, tile, sum) && sum_slot(bias, (int)sum) < bias->count &&
                  (tile->kind != AHEAD || sum_slot(input, (int)sum) < input->count);
    for (size_t v = 0; v < tile->vectors && biased; v++)
        EMIT("    const float *bias%zu = s->%s + %s * %s;\n", v, e->region[bias->index],
             emit_plus(e, "block", v), emit_panel(e, bias));
    for (size_t row = 0; row < tile->rows && tile->kind != PLAIN; row++)
        EMIT("    %sfloat *%s%zu = s->products%s + %s * %s + block * %s;\n",
             tile->kind == AHEAD ? "" : "const ", tile->kind == AHEAD ? "out" : "start", row,
             tile->stage->suffix, emit_plus(e, "row", row), emit_product_row(e, tile->stage),
             emit_format(e, "%zu", input->count * e->isa->lanes));
}

static const char *sums_parameter(const struct tile *tile)
{
    return tile->kind == AHEAD || tile->fused ? "" : ", float *sums";
}

static void emit_tile(struct emitter *e, struct tile *tile)
{
    const struct stage *stage = tile->stage;
    struct names *names = names_create();
    for (size_t sum = 0; sum < stage->sum_count; sum++)
        tile->base[sum] = emit_unique(e, names, sum_base(e, stage, sum));
    free(names);
    EMIT("WEIR_TILE %s%s_%zux%zu(const struct step *s, size_t block, size_t row%s)\n{\n",
         kind_names[tile->kind], stage->suffix, tile->rows, tile->vectors, sums_parameter(tile));
    emit_bases(e, tile);
    if (tile->kind == HOISTED)
        emit_complete(e, tile);
    for (size_t r = 0; r < stage->region_count; r++)
        if (tile_walks(e, tile, &stage->regions[r]))
            emit_region(e, tile, r);
    for (size_t v = 0; v < tile->vectors && tile->fused; v++) {
        const char *accumulators[SUMS_MAX];
        for (size_t sum = 0; sum < stage->sum_count; sum++)
            accumulators[sum] = accumulator(e, tile, sum, v, 0);
        emit_fused_units(e, stage, emit_plus(e, "block", v), accumulators);
    }
    EMIT("}\n\n");
}

/* ---- Which tiles there are ---- */

/* Whether batches of `least` to `most` rows, cut into even parts of at most plan.rows, have a part
 * of `rows` rows. */
static bool rows_occur(const struct emitter *e, size_t rows, size_t least, size_t most)
{
    for (size_t batch = least; batch <= most; batch++) {
        const size_t parts = (batch + e->plan->rows - 1) / e->plan->rows;
        if (batch / parts == rows || (batch + parts - 1) / parts == rows)
            return true;
    }
    return false;
}

/* True if the tile leaves sums in memory. */
static bool emit_width(struct emitter *e, const struct stage *stage, enum kind kind, size_t rows,
                       size_t vectors, struct text *cases)
{
    const bool fused = e->plan->fused && rows == 1 && kind != AHEAD;
    struct tile tile = {
        .stage = stage, .kind = kind, .rows = rows, .vectors = vectors, .fused = fused};
    emit_tile(e, &tile);
    text_add(cases, "    case %zu:\n        %s%s_%zux%zu(s, block, row%s);\n        break;\n",
             rows * 10 + vectors, kind_names[kind], stage->suffix, rows, vectors,
             kind == AHEAD || fused ? "" : ", sums");
    return kind != AHEAD && !fused;
}

/* Emits the tiles of one kind for batches of `least` to `most` rows, and the function that picks
 * one: `<kind>(s, block, vectors, row, rows[, sums])`. */
static void emit_kind(struct emitter *e, const struct stage *stage, enum kind kind, size_t least,
                      size_t most)
{
    const struct plan *plan = e->plan;
    struct text cases = {0};
    bool leaves_sums = kind == AHEAD; /* no use for them, and no parameter */
    for (size_t rows = 1; rows <= plan->rows; rows++) {
        const bool single = rows == 1 && least == 1;
        if (single && plan->vectors > 1)
            leaves_sums |= emit_width(e, stage, kind, 1, plan->vectors, &cases);
        if (!single && !rows_occur(e, rows, least, most))
            continue;
        if (plan->batch_vectors > 1 && !(single && plan->vectors == plan->batch_vectors))
            leaves_sums |= emit_width(e, stage, kind, rows, plan->batch_vectors, &cases);
        leaves_sums |= emit_width(e, stage, kind, rows, 1, &cases);
    }
    emit_wrapped(
        e, emit_format(e, "static void %s%s(", kind_names[kind], stage->suffix),
        emit_format(e,
                    "const struct step *s, size_t block, size_t vectors, size_t row, size_t "
                    "rows%s",
                    kind == AHEAD ? "" : ", float *sums"),
        ")\n");
    EMIT("{\n%s    switch (rows * 10 + vectors) {\n%s    }\n}\n\n",
         leaves_sums ? "" : "    (void)sums;\n", cases.chars);
    text_free(&cases);
}

void emit_tiles(struct emitter *e, const struct stage *stage)
{
    enum { MANY = 1024 }; /* a batch beyond which no new part sizes occur */
    if (stage->sum_count == 0)
        return;
    if (!stage_hoists(e, stage)) {
        emit_kind(e, stage, PLAIN, 1, MANY);
        return;
    }
    emit_kind(e, stage, AHEAD, 1, MANY);
    emit_kind(e, stage, HOISTED, 1, e->plan->hoist_batch);
    emit_kind(e, stage, PLAIN, e->plan->hoist_batch + 1, MANY);
}
