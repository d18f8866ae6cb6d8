/* SPDX-License-Identifier: MIT */
/* The walk of a stage over its blocks of units and the rows of the batch, and the products of the
 * input computed ahead. */
#include "emit/walk.h"

#include "emit/tiles.h"

/* The share of this part: blocks first to last. */
static void emit_share(struct emitter *e, const struct stage *stage)
{
    const char *blocks = emit_blocks(e, stage->extent);
    EMIT("    const size_t first = %s * run->part / run->parts;\n", blocks);
    EMIT("    const size_t last = %s * (run->part + 1) / run->parts;\n", blocks);
}

/* Groups of `wide` blocks, then single blocks, then the tail, which for one row joins the group
 * before it; as a loop over n that gives block, vectors and shape. */
static void emit_group_loop(struct emitter *e, const struct stage *stage, const char *rows,
                            bool serpentine, bool prefetch)
{
    const bool tail = emit_tail(e, stage), joins = stage_joins(e, stage);
    if (tail)
        EMIT("    const size_t tail = last == %s, whole = last - first - tail;\n",
             emit_blocks(e, stage->extent));
    else
        EMIT("    const size_t whole = last - first;\n");
    if (joins)
        EMIT("    const size_t joined = tail && whole && %s == 1;\n", rows);
    EMIT("    const size_t groups = whole / wide;\n");
    EMIT("    const size_t total = groups + whole %% wide%s%s;\n", tail ? " + tail" : "",
         joins ? " - joined" : "");
    EMIT("    for (size_t n = 0; n < total; n++) {\n");
    EMIT("        const size_t g = %s;\n", serpentine ? "backwards ? total - 1 - n : n" : "n");
    EMIT("        const size_t block = first + (g < groups ? g * wide : whole %s);\n",
         "- whole % wide + g - groups");
    EMIT("        const size_t vectors = (g < groups ? wide : 1)%s;\n",
         joins ? " + (joined && g + 1 == total)" : "");
    if (tail)
        EMIT("        const size_t shape = tail && g + 1 == total ? vectors + %d : vectors;\n",
             TAIL_SHAPE);
    if (prefetch && serpentine)
        EMIT("        const size_t before = g <= groups ? wide : 1;\n"
             "        s->next = n + 1 == total ? block : backwards ? block - before : block + "
             "vectors;\n");
    else if (prefetch)
        EMIT("        s->next = n + 1 == total ? block : block + vectors;\n");
}

/* Even parts of at most plan.rows rows, as a loop that gives row and rows. */
static void emit_row_loop(struct emitter *e, const char *total)
{
    EMIT("        for (size_t part = 0; part < parts; part++) {\n");
    EMIT("            const size_t row = %s * part / parts;\n", total);
    EMIT("            const size_t rows = %s * (part + 1) / parts - row;\n", total);
}

static void emit_sums_call(struct emitter *e, const struct stage *stage)
{
    const char *shape = emit_tail(e, stage) ? "shape" : "vectors";
    if (!stage_hoists(e, stage)) {
        EMIT("            tile%s(s, block, %s, row, rows, sums);\n", stage->suffix, shape);
        return;
    }
    EMIT("            if (s->products%s)\n", stage->suffix);
    EMIT("                hoisted%s(s, block, %s, row, rows, sums);\n", stage->suffix, shape);
    EMIT("            else\n");
    EMIT("                tile%s(s, block, %s, row, rows, sums);\n", stage->suffix, shape);
}

static void emit_stage(struct emitter *e, const struct stage *stage)
{
    const struct plan *plan = e->plan;
    const bool serpentine = plan->serpentine;
    const size_t stash_single = plan->vectors + stage_joins(e, stage),
                 stash_batch = plan->rows * plan->batch_vectors;
    EMIT("static void stage%s(const struct weir_run *run, %sstruct step%s *s%s)\n{\n",
         stage->suffix, plan->prefetch ? "" : "const ", e->tag,
         serpentine ? ", int backwards" : "");
    emit_share(e, stage);
    EMIT("    const size_t wide = run->B == 1 ? %zu : %zu;\n", plan->vectors, plan->batch_vectors);
    EMIT("    const size_t parts = (run->B + %zu) / %zu;\n", plan->rows - 1, plan->rows);
    if (stage->sum_count > 0)
        EMIT("    WEIR_ALIGNED float sums[%zu];\n",
             (stash_single > stash_batch ? stash_single : stash_batch) * stage->sum_count *
                 e->isa->lanes);
    emit_group_loop(e, stage, "run->B", serpentine, plan->prefetch);
    emit_row_loop(e, "run->B");
    if (stage->sum_count > 0) {
        emit_sums_call(e, stage);
        EMIT("            for (size_t r = 0; r < rows%s; r++)\n",
             plan->fused ? " && rows > 1" : "");
        EMIT("                units%s(s, block, vectors, row + r, sums + r * vectors * %zu);\n",
             stage->suffix, stage->sum_count * e->isa->lanes);
    } else {
        EMIT("            for (size_t r = 0; r < rows; r++)\n");
        EMIT("                units%s(s, block, vectors, row + r);\n", stage->suffix);
    }
    EMIT("        }\n    }\n}\n\n");
}

/* The products of `rows` rows of the input, evenly spaced from s->x on. */
static void emit_ahead(struct emitter *e, const struct stage *stage)
{
    EMIT(
        "static void multiply%s(const struct weir_run *run, const struct step%s *s, size_t m)\n{\n",
        stage->suffix, e->tag);
    emit_share(e, stage);
    EMIT("    const size_t wide = m == 1 ? %zu : %zu;\n", e->plan->vectors, e->plan->batch_vectors);
    EMIT("    const size_t parts = (m + %zu) / %zu;\n", e->plan->rows - 1, e->plan->rows);
    emit_group_loop(e, stage, "m", false, false);
    emit_row_loop(e, "m");
    EMIT("            ahead%s(s, block, %s, row, rows);\n", stage->suffix,
         emit_tail(e, stage) ? "shape" : "vectors");
    EMIT("        }\n    }\n}\n\n");
}

/* The products of `steps` time steps from step t on: one product where rows are evenly spaced. */
static void emit_hoist(struct emitter *e, const struct stage *stage)
{
    emit_wrapped(e, emit_format(e, "static void hoist%s(", stage->suffix),
                 emit_format(e,
                             "const struct weir_run *run, const struct step%s *s, size_t t, "
                             "size_t steps",
                             e->tag),
                 ")\n");
    EMIT("{\n");
    EMIT("    struct step%s ahead = *s;\n", e->tag);
    EMIT("    const int even = run->B == 1 || run->x_step == (ptrdiff_t)run->B * run->x_row;\n");
    EMIT("    ahead.x = run->x + (ptrdiff_t)t * run->x_step;\n");
    EMIT("    ahead.x_row = run->B == 1 ? run->x_step : run->x_row;\n");
    EMIT("    if (even) {\n        multiply%s(run, &ahead, steps * run->B);\n        return;\n"
         "    }\n",
         stage->suffix);
    EMIT("    for (size_t i = 0; i < steps; i++) {\n");
    EMIT("        multiply%s(run, &ahead, run->B);\n", stage->suffix);
    EMIT("        ahead.x += run->x_step;\n");
    EMIT("        ahead.products%s += run->B * %s;\n    }\n}\n\n", stage->suffix,
         emit_product_row(e, stage));
}

void emit_walk(struct emitter *e, const struct stage *stage)
{
    emit_stage(e, stage);
    if (!stage_hoists(e, stage))
        return;
    emit_ahead(e, stage);
    emit_hoist(e, stage);
}
