/* SPDX-License-Identifier: MIT */
/* Time stamps and the table of phases. Every tile is a phase of its own; see profile.h. */
#include "emit/profile.h"

#include "emit/blend.h"
#include "emit/columns.h"
#include "packing.h"

/* Of one run of a tile, or of one vector of units. */
struct work {
    double flop, weights, others, columns, fmas;
};

static size_t add_phase(struct emitter *e, const char *name, const char *kind, struct work work)
{
    struct profile *profile = e->profile;
    text_add(&profile->rows,
             "    {.name = \"%s\", .kind = WEIR_PHASE_%s, .flop = %.0f, .weights = %.0f,\n"
             "     .others = %.0f, .columns = %.0f, .fmas = %.0f},\n",
             name, kind, work.flop, work.weights, work.others, work.columns, work.fmas);
    return profile->count++;
}

void emit_profile_begin(struct emitter *e)
{
    if (!e->profile)
        return;
    EMIT("static struct weir_profile profile; /* at the end */\n\n");
    add_phase(e, "outside", "OUTSIDE", (struct work){0}); /* in the order of kernels/profile.h */
    add_phase(e, "walk", "WALK", (struct work){0});
}

void emit_profile_end(struct emitter *e, const char *name)
{
    if (e->profile)
        EMIT_TEMPLATE("emit/profile.c.in", {"ROWS", e->profile->rows.chars},
                      {"COUNT", emit_number(e, e->profile->count)}, {"NAME", name});
}

static const char *mark_fixed(struct emitter *e, const char *indent, const char *phase)
{
    return e->profile ? emit_format(e, "%sweir_mark(&profile, %s, 0);\n", indent, phase) : "";
}

const char *emit_mark_walk(struct emitter *e, const char *indent)
{
    return mark_fixed(e, indent, "WEIR_WALK");
}

const char *emit_mark_outside(struct emitter *e, const char *indent)
{
    return mark_fixed(e, indent, "WEIR_OUTSIDE");
}

/* ---- Elementwise work ---- */

/* The multiplications and fused multiply-adds that an operation takes at least; what else there is
 * may have units of its own in a CPU. */
static double multiplications(enum op op)
{
    enum { EXP2 = 7, OTHERS = 9 }; /* polynomials: math_scalar.h */
    switch (op) {
    case OP_EXP2:
        return EXP2;
    case OP_EXP:
    case OP_LOG1P:
        return OTHERS;
    case OP_MUL:
    case OP_FMA:
    case OP_FMS:
    case OP_FNMA:
        return 1;
    default:
        return 0;
    }
}

/* Of one vector: a multiplication is two floating-point operations a lane, as it takes the place of
 * a fused multiply-add; and what is read and written. */
static struct work units_work(const struct emitter *e, const struct stage *stage)
{
    const struct program *program = e->program;
    const struct graph *graph = program->graph;
    const size_t lanes = e->isa->lanes;
    double products = 0, vectors = 0;
    for (size_t i = 0; i < stage->order_count; i++) {
        const int node = stage->order[i];
        const bool here = program->stage_of[node] == (int)(stage - program->stages);
        if (graph->nodes[node].op > OP_SUM && here)
            products += multiplications(graph->nodes[node].op);
        vectors += graph->nodes[node].op != OP_SUM && !here; /* read */
        vectors += here && program_value(program, node) >= 0;
        for (int s = 0; s < graph->state_count; s++)
            if (graph->states[s].next == node && here)
                vectors += 1 + (s == 0); /* the output, too */
    }
    return (struct work){.flop = 2 * products * (double)lanes,
                         .others = vectors * (double)(lanes * sizeof(float))};
}

/* The phase of the function that does the work of so many rows in step. */
static size_t units_phase(struct emitter *e, const struct stage *stage, size_t rows)
{
    size_t *phase = &e->profile->units[stage - e->program->stages][rows];
    struct work work = units_work(e, stage);
    work.columns = (double)rows;
    if (!*phase)
        *phase = add_phase(e, emit_units_name(e, stage, rows), "UNITS", work);
    return *phase;
}

const char *emit_mark_units(struct emitter *e, const struct stage *stage, const char *indent,
                            const char *amount)
{
    if (!e->profile)
        return "";
    return emit_format(e, "%sweir_mark(&profile, %zu, %s);\n", indent, units_phase(e, stage, 1),
                       amount);
}

const char *emit_mark_rows(struct emitter *e, const struct stage *stage, size_t rows)
{
    if (!e->profile)
        return "";
    return emit_format(e, "weir_mark(&profile, %zu, %zu * vectors), ", units_phase(e, stage, rows),
                       rows);
}

/* ---- Tiles ---- */

/* What a blended tile computes ahead, in a turn. */
static void add_ahead(const struct emitter *e, const struct blend *blend, struct work *work)
{
    const double rows = (double)e->plan->blend, lanes = (double)e->isa->lanes;
    const double cols = (double)emit_known(e, WEIR_I) / (double)blend->turns;
    const double weights = cols * (double)blend->count;
    work->weights += weights * lanes * sizeof(float);
    work->fmas += weights * rows;
    work->flop += 2 * weights * rows * lanes;
    work->others += (cols + 2 * (double)blend->count * lanes) * rows * sizeof(float);
}

/* The columns that one instruction multiplies: four of bytes. */
static double multiplied(const struct emitter *e, const struct region *region)
{
    return weir_is_bytes(program_region_type(e->program, region))
               ? (double)emit_word_columns(e, region)
               : 1;
}

static void add_tile(const struct emitter *e, const struct tile *tile, bool leads,
                     struct work *work)
{
    const struct stage *stage = tile->stage;
    const double rows = (double)tile->rows, lanes = (double)e->isa->lanes;
    int operand = -1;
    for (size_t r = 0; r < stage->region_count; r++) {
        const struct region *region = &stage->regions[r];
        if (!tile_walks(e, tile, region))
            continue;
        const double cols = (double)emit_known(e, region->cols);
        const double weights = cols * (double)(region->count * tile->vectors);
        work->weights += (double)(tile->vectors * tile_panel_words(e, region) * sizeof(float));
        work->fmas += weights * rows / multiplied(e, region);
        work->flop += 2 * weights * rows * lanes;
        if (leads && region->operand != operand) { /* its columns are walked, its values read */
            work->columns += cols;
            work->others += cols * rows * sizeof(float);
        }
        operand = region->operand;
    }
    for (size_t sum = 0; sum < stage->sum_count && tile->kind != PLAIN; sum++)
        if (product_slot(e->program, stage, sum) < stage_products(e->program, stage))
            work->others += rows * (double)tile->vectors * lanes * sizeof(float);
    if (tile->blend)
        add_ahead(e, tile->blend, work);
}

const char *emit_mark_tile(struct emitter *e, const struct tile *tile, const struct tile *joined,
                           const char *name)
{
    struct work work = {0};
    if (!e->profile)
        return "";
    add_tile(e, tile, true, &work);
    if (joined)
        add_tile(e, joined, false, &work);
    return emit_format(e, "weir_mark(&profile, %zu, 1), ",
                       add_phase(e, name, tile->kind == AHEAD ? "AHEAD" : "SUMS", work));
}

const char *emit_mark_few(struct emitter *e, const struct stage *stage, const char *name)
{
    struct work work = {0};
    int operand = -1;
    if (!e->profile)
        return "";
    for (size_t r = 0; r < stage->region_count; r++) {
        const struct region *region = &stage->regions[r];
        if (region->operand < 0)
            continue;
        const double cols = (double)emit_known(e, region->cols);
        const double products = (double)(emit_known(e, region->rows) * region->count);
        const enum weir_type type = program_region_type(e->program, region);
        const double words = (double)weir_few_words(type, emit_known(e, region->cols));
        work.weights += products * words * sizeof(float);
        work.fmas += products * (words - (double)weir_few_head(type)) / (double)e->isa->lanes;
        work.flop += 2 * products * cols;
        if (region->operand != operand) {
            work.columns += cols;
            work.others += cols * sizeof(float);
        }
        operand = region->operand;
    }
    return emit_format(e, "weir_mark(&profile, %zu, 1), ", add_phase(e, name, "SUMS", work));
}
