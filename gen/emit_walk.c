/* SPDX-License-Identifier: MIT */
/* The walk of a stage over its blocks of units and the rows of the batch, the products of the input
 * computed ahead, and the loop over time. */
#include "emit.h"

#include <string.h>

/* The share of this part: blocks first to last. */
static void emit_share(struct emitter *e, const struct stage *stage)
{
    const char *blocks = emit_blocks(e, stage->extent);
    EMIT("    const size_t first = %s * run->part / run->parts;\n", blocks);
    EMIT("    const size_t last = %s * (run->part + 1) / run->parts;\n", blocks);
}

/* Groups of `vectors` blocks, then single blocks; as a loop over n that gives block and vectors. */
static void emit_group_loop(struct emitter *e, bool serpentine)
{
    EMIT("    const size_t groups = (last - first) / wide;\n");
    EMIT("    const size_t total = groups + (last - first) %% wide;\n");
    EMIT("    for (size_t n = 0; n < total; n++) {\n");
    if (serpentine)
        EMIT("        const size_t g = backwards ? total - 1 - n : n;\n");
    else
        EMIT("        const size_t g = n;\n");
    EMIT("        const size_t vectors = g < groups ? wide : 1;\n");
    EMIT("        const size_t block = g < groups ? first + g * wide : last - (total - g);\n");
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
    if (!stage_hoists(e, stage)) {
        EMIT("            tile%s(s, block, vectors, row, rows, sums);\n", stage->suffix);
        return;
    }
    EMIT("            if (s->products%s)\n", stage->suffix);
    EMIT("                hoisted%s(s, block, vectors, row, rows, sums);\n", stage->suffix);
    EMIT("            else\n");
    EMIT("                tile%s(s, block, vectors, row, rows, sums);\n", stage->suffix);
}

static void emit_stage(struct emitter *e, const struct stage *stage)
{
    const struct plan *plan = e->plan;
    const bool serpentine = plan->serpentine;
    const size_t stash_single = plan->vectors, stash_batch = plan->rows * plan->batch_vectors;
    EMIT("static void stage%s(const struct weir_run *run, const struct step *s%s)\n{\n",
         stage->suffix, serpentine ? ", int backwards" : "");
    emit_share(e, stage);
    EMIT("    const size_t wide = run->B == 1 ? %zu : %zu;\n", plan->vectors, plan->batch_vectors);
    EMIT("    const size_t parts = (run->B + %zu) / %zu;\n", plan->rows - 1, plan->rows);
    if (stage->sum_count > 0)
        EMIT("    WEIR_ALIGNED float sums[%zu];\n",
             (stash_single > stash_batch ? stash_single : stash_batch) * stage->sum_count *
                 e->isa->lanes);
    emit_group_loop(e, serpentine);
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
    EMIT("static void multiply%s(const struct weir_run *run, const struct step *s, size_t m)\n{\n",
         stage->suffix);
    emit_share(e, stage);
    EMIT("    const size_t wide = m == 1 ? %zu : %zu;\n", e->plan->vectors, e->plan->batch_vectors);
    EMIT("    const size_t parts = (m + %zu) / %zu;\n", e->plan->rows - 1, e->plan->rows);
    emit_group_loop(e, false);
    emit_row_loop(e, "m");
    EMIT("            ahead%s(s, block, vectors, row, rows);\n", stage->suffix);
    EMIT("        }\n    }\n}\n\n");
}

/* The products of `steps` time steps from step t on: one product where rows are evenly spaced. */
static void emit_hoist(struct emitter *e, const struct stage *stage)
{
    emit_wrapped(e, emit_format(e, "static void hoist%s(", stage->suffix),
                 "const struct weir_run *run, const struct step *s, size_t t, size_t steps", ")\n");
    EMIT("{\n");
    EMIT("    struct step ahead = *s;\n");
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
