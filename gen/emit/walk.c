/* SPDX-License-Identifier: MIT */
/* The walk of a stage over its blocks of units and the rows of the batch, and the products of the
 * input computed ahead. */
#include "emit/walk.h"

#include "emit/blend.h"
#include "emit/bytes.h"
#include "emit/few.h"
#include "emit/profile.h"
#include "emit/tiles.h"

/* A function that walks: groups of `wide` blocks, then single blocks, then the tail, which for one
 * row joins the group before it; and for each all rows, in parts (tiles.h). */
struct walk {
    const char *name; /* of the function */
    const char *batch; /* the number of rows */
    const char *parameter; /* by which it is told that, or empty */
    const char *bytes; /* the lines that make bytes of what it multiplies, or empty */
    const char *few; /* the lines that leave a stage of few rows to others, or empty */
    const char *begin; /* a line that it begins with, or empty */
    const char *work; /* on `vectors` blocks from `block` on, of `rows` rows from `row` on */
    bool serpentine, prefetch;
};

/* Products of few rows are not computed by tiles. */
static const char *few_exit(struct emitter *e, const struct stage *stage)
{
    return stage->few == FEW_BY_SIZE
               ? emit_format(e, "    if (%s) {\n        %s(run, s);\n        return;\n    }\n",
                             emit_is_few(e, stage), emit_few_name(e, stage))
               : "";
}

/* The line that says which block is the next. */
static const char *next_block(const struct walk *walk)
{
    if (!walk->prefetch)
        return "";
    return walk->serpentine
               ? "        const size_t before = g <= groups ? wide : 1;\n"
                 "        s->next = n + 1 == total ? block : backwards ? block - before : block + "
                 "vectors;"
               : "        s->next = n + 1 == total ? block : block + vectors;";
}

/* The loop over parts of the batch, down to what is done for one. */
static const char *cut(struct emitter *e)
{
    if (!tiles_halve(e))
        return "        for (size_t part = 0; part < parts; part++) {\n"
               "            const size_t row = parts > 1 ? B * part / parts : 0;\n"
               "            const size_t rows = parts > 1 ? B * (part + 1) / parts - row : "
               "B;\n";
    const char *choice = "1";
    for (size_t rows = 2; rows <= e->plan->rows; rows++)
        if (tiles_have_rows(e, rows))
            choice = emit_format(e, "rest >= %zu ? %zu : %s", rows, rows, choice);
    return emit_format(e,
                       "        for (size_t row = 0, rows; row < B; row += rows) {\n"
                       "            const size_t rest = B - row;\n"
                       "            rows = %s;\n",
                       choice);
}

static void emit_walk_by(struct emitter *e, const struct stage *stage, const struct walk *walk)
{
    const bool tail = emit_tail(e, stage), joins = stage_joins(e, stage);
    const struct plan *plan = e->plan;
    const char *direction = walk->serpentine ? ", int backwards" : "";
    const char *parameters =
        emit_format(e, "%s%sstruct step%s *s%s", e->streams ? "" : "const struct weir_run *run, ",
                    plan->prefetch ? "" : "const ", e->tag, direction);
    EMIT_TEMPLATE(
        e->streams ? "emit/walk_stream.c.in" : "emit/walk.c.in",
        {"HEAD", emit_signature(e, emit_format(e, "static void %s", walk->name),
                                emit_format(e, "%s%s", parameters, walk->parameter))},
        {"WALK_HEAD", emit_signature(e, emit_format(e, "WEIR_CHOOSER walk_%s", walk->name),
                                     emit_format(e, "%s, size_t B, int shared", parameters))},
        {"NAME", walk->name}, {"DIRECTION", walk->serpentine ? ", backwards" : ""},
        {"BYTES", walk->bytes}, {"FEW", walk->few}, {"BATCH", walk->batch}, {"BEGIN", walk->begin},
        {"WORK", walk->work}, {"NEXT", next_block(walk)}, {"BLOCKS", emit_blocks(e, stage->extent)},
        {"VECTORS", emit_number(e, plan->vectors)},
        {"BATCH_VECTORS", emit_number(e, plan->batch_vectors)},
        {"PARTS", tiles_halve(e) ? ""
                                 : emit_format(e, "    const size_t parts = (B + %zu) / %zu;",
                                               plan->rows - 1, plan->rows)},
        {"CUT", cut(e)},
        {"WHOLE", tail ? "    const size_t tail = last == @BLOCKS@, whole = last - first - tail;"
                       : "    const size_t whole = last - first;"},
        {"JOINED", !joins       ? ""
                   : e->streams ? "    const size_t joined = tail > 0 && whole > 0;"
                                : "    const size_t joined = tail && whole && B == 1;"},
        {"MORE", joins  ? " + tail - joined"
                 : tail ? " + tail"
                        : ""},
        {"ORDER", walk->serpentine ? "backwards ? total - 1 - n : n" : "n"},
        {"JOINING", joins ? " + (joined && g + 1 == total)" : ""},
        {"TAILED", tail ? "        const int tailed = tail && g + 1 == total;" : ""});
}

/* The call of tiles, which leave sums, or go on with them where they are fused. */
static const char *sums_call(struct emitter *e, const struct stage *stage)
{
    const char *arguments = emit_format(e, "%s(s, block, %s, row, rows, sums);\n", stage->suffix,
                                        emit_tail(e, stage) ? "vectors, tailed" : "vectors");
    if (!stage_hoists(e, stage))
        return emit_format(e, "            tile%s", arguments);
    return emit_format(e,
                       "            if (s->products%s)\n"
                       "                hoisted%s"
                       "            else\n"
                       "                tile%s",
                       stage->suffix, arguments, arguments);
}

/* The mark before the elementwise work; tiles of one row that go on with it have their own, and so
 * have functions for several rows. */
static const char *marks_units(struct emitter *e, const struct stage *stage, bool fused)
{
    if (e->plan->abreast > 1)
        return "";
    return emit_mark_units(e, stage,
                           fused ? "            if (rows > 1)\n                " : "            ",
                           "rows * vectors");
}

/* One row whose tiles compute products of the next chunk beside: they go on with their sums. */
static const char *blended_call(struct emitter *e, const struct stage *stage)
{
    const size_t turns = blend_turns(e, stage);
    if (!turns)
        return "";
    return emit_format(e,
                       "            if (s->ahead%s%s) {\n"
                       "                blended%s(s, block, vectors);\n"
                       "%s                continue;\n"
                       "            }\n",
                       stage->suffix,
                       turns < e->plan->blend ? emit_format(e, " && s->turn < %zu", turns) : "",
                       stage->suffix, emit_mark_walk(e, "                "));
}

/* The call of the elementwise work that tiles leave. */
static const char *units_call(struct emitter *e, const struct stage *stage)
{
    const size_t abreast = e->plan->abreast, width = stage->sum_count * e->isa->lanes;
    const char *left = width && e->plan->fused ? " && rows > 1" : "";
    const char *sums = width ? emit_format(e, ", sums + r * vectors * %zu", width) : "";
    if (abreast == 1)
        return emit_format(e,
                           "            for (size_t r = 0; r < rows%s; r++)\n"
                           "                units%s(s, block, vectors, row + r%s);\n",
                           left, stage->suffix, sums);
    return emit_format(e,
                       "            size_t left = %s(rows + %zu) / %zu;\n"
                       "            for (size_t r = 0, count; left; r += count, left--) {\n"
                       "                count = (rows - r) / left;\n"
                       "                units%s(s, block, vectors, row + r, count%s);\n"
                       "            }\n",
                       *left ? "rows == 1 ? 0 : " : "", abreast - 1, abreast, stage->suffix, sums);
}

static void emit_stage(struct emitter *e, const struct stage *stage)
{
    const struct plan *plan = e->plan;
    const size_t width = stage->sum_count * e->isa->lanes; /* of what a block and row leave */
    const size_t single = plan->vectors + stage_joins(e, stage),
                 batch = plan->rows * plan->batch_vectors;
    const bool sums = stage->sum_count > 0, fused = sums && plan->fused;
    const char *work =
        emit_format(e, "%s%s%s%s%s", blended_call(e, stage), sums ? sums_call(e, stage) : "",
                    marks_units(e, stage, fused), fused && e->streams ? "" : units_call(e, stage),
                    emit_mark_walk(e, "            "));
    emit_walk_by(
        e, stage,
        &(struct walk){.name = emit_format(e, "stage%s", stage->suffix),
                       .bytes = emit_stage_bytes(e, stage),
                       .few = few_exit(e, stage),
                       .batch = "run->B",
                       .parameter = "",
                       .begin = sums ? emit_format(e, "    WEIR_ALIGNED float sums[%zu];",
                                                   (single > batch ? single : batch) * width)
                                     : "",
                       .work = work,
                       .serpentine = plan->serpentine,
                       .prefetch = plan->prefetch});
}

/* The products of `m` rows of the input, evenly spaced from s->x on. */
static void emit_ahead(struct emitter *e, const struct stage *stage)
{
    const char *work = emit_format(
        e, "            ahead%s(s, block, %s, row, rows);\n%s", stage->suffix,
        emit_tail(e, stage) ? "vectors, tailed" : "vectors", emit_mark_walk(e, "            "));
    emit_walk_by(e, stage,
                 &(struct walk){.name = emit_format(e, "multiply%s", stage->suffix),
                                .bytes = emit_input_bytes(e, stage),
                                .few = "",
                                .batch = "m",
                                .parameter = ", size_t m",
                                .begin = e->plan->prefetch ? "    s->B = B;" : "",
                                .work = work,
                                .prefetch = e->plan->prefetch});
}

/* The products of `steps` time steps from step t on: one product where rows are evenly spaced. */
static void emit_hoist(struct emitter *e, const struct stage *stage)
{
    const char *head = emit_signature(
        e, emit_format(e, "static void hoist%s", stage->suffix),
        emit_format(e, "const struct weir_run *run, const struct step%s *s, size_t t, size_t steps",
                    e->tag));
    EMIT_TEMPLATE("emit/hoist.c.in", {"HEAD", head}, {"TAG", e->tag}, {"SUFFIX", stage->suffix},
                  {"FEW", stage->few == FEW_BY_SIZE ? emit_format(e, "    if (%s)\n        return;",
                                                                  emit_is_few(e, stage))
                                                    : ""},
                  {"PRODUCT_ROW", emit_product_row(e, stage)});
}

void emit_walk(struct emitter *e, const struct stage *stage)
{
    emit_few_stage(e, stage);
    if (stage->few == FEW_ALWAYS)
        return;
    emit_stage(e, stage);
    if (!stage_hoists(e, stage))
        return;
    emit_ahead(e, stage);
    emit_hoist(e, stage);
}
