/* SPDX-License-Identifier: MIT */
/* Which register tiles a stage has, and the functions that pick one. */
#include "emit/tiles.h"

#include "emit/choice.h"
#include "emit/profile.h"
#include "emit/tile.h"

static const char *const kind_names[] = {"tile", "ahead", "hoisted"};

bool tiles_halve(const struct emitter *e)
{
    return e->program->role == ROLE_INPUT && e->plan->rows > 3;
}

bool tiles_have_rows(const struct emitter *e, size_t rows)
{
    return rows == e->plan->rows || (rows < e->plan->rows && (rows & (rows - 1)) == 0);
}

bool part_occurs(size_t part, size_t greatest, size_t least, size_t most)
{
    for (size_t rows = least; rows <= most; rows++) {
        const size_t parts = (rows + greatest - 1) / greatest;
        if (rows / parts == part || (rows + parts - 1) / parts == part)
            return true;
    }
    return false;
}

/* Whether batches of `least` to `most` rows have a part of `rows` rows. */
static bool rows_occur(const struct emitter *e, size_t rows, size_t least, size_t most)
{
    return tiles_halve(e) ? tiles_have_rows(e, rows)
                          : part_occurs(rows, e->plan->rows, least, most);
}

/* Whether so many vectors side by side occur: where the size is known, there may be fewer. */
static bool vectors_occur(const struct emitter *e, const struct stage *stage, size_t vectors)
{
    if (!emit_is_known(e, stage->extent))
        return true;
    const size_t units = emit_known(e, stage->extent), lanes = e->isa->lanes;
    return vectors <= (emit_tail(e, stage) ? units / lanes : (units + lanes - 1) / lanes);
}

/* Emits the function of a tile, and gives the call of it. */
static const char *emit_one(struct emitter *e, struct tile *whole, struct tile *tail)
{
    const struct tile *first = whole ? whole : tail;
    const struct stage *stage = first->true_stage;
    const char *group = first->whole ? "" : group_suffix(e, stage, first->group);
    const char *vectors = whole ? emit_format(e, "x%zu", whole->vectors) : "";
    const char *name = emit_format(e, "%s%s_%zu%s%s%s", kind_names[first->kind], stage->suffix,
                                   first->rows, vectors, tail ? "_tail" : "", group);
    const char *mark = emit_mark_tile(e, first, whole ? tail : NULL, name);
    emit_tile(e, whole ? whole : tail, whole ? tail : NULL, name);
    return emit_format(e, "%s%s(s, block, row%s)", mark, name,
                       first->kind == AHEAD || first->fused ? "" : ", sums");
}

/* Emits the tile of some vectors, of the tail, or of both; where it cannot hold all sums, one for
 * each group of them. True if it leaves sums in memory. */
static bool emit_shape(struct emitter *e, const struct stage *stage, enum kind kind, size_t rows,
                       size_t vectors, bool with_tail, struct choices *choices)
{
    const struct tail *last = emit_tail(e, stage);
    const size_t held = rows * (vectors ? vectors : 1) * stage->sum_count;
    const bool all = rows == 1 || held <= plan_accumulators(e->program, e->isa);
    const bool fused = e->plan->fused && rows == 1 && kind != AHEAD;
    struct tile whole = {.stage = stage,
                         .true_stage = stage,
                         .kind = kind,
                         .rows = rows,
                         .vectors = vectors,
                         .width = vectors + with_tail,
                         .fused = fused,
                         .whole = all};
    struct tile tail = whole;
    if (with_tail) {
        tail.stage = &last->stage;
        tail.tail = last;
        tail.first = vectors;
        tail.vectors = 1;
    }
    struct choice choice = {.outer = rows, .inner = vectors + with_tail, .tailed = with_tail};
    for (size_t group = 0; group < (all ? 1 : stage->group_count); group++) {
        whole.group = tail.group = group;
        if (kind == AHEAD && !tile_has_products(e, &whole))
            continue;
        choice.calls[choice.call_count++] =
            emit_one(e, vectors ? &whole : NULL, with_tail ? &tail : NULL);
    }
    choices_add(choices, choice);
    return kind != AHEAD && !fused;
}

/* Emits the tiles of one kind for batches of `least` to `most` rows, and the function that picks
 * one: `<kind>(s, block, vectors[, tailed], row, rows[, sums])`. */
static void emit_kind(struct emitter *e, const struct stage *stage, enum kind kind, size_t least,
                      size_t most)
{
    const struct plan *plan = e->plan;
    const bool tail = emit_tail(e, stage), whole = vectors_occur(e, stage, 1);
    const bool joins = whole && stage_joins(e, stage);
    const bool wide = plan->vectors > 1 && vectors_occur(e, stage, plan->vectors);
    struct choices choices = {.count = 0};
    bool leaves_sums = kind == AHEAD; /* no use for them, and no parameter */
    for (size_t rows = 1; rows <= plan->rows; rows++) {
        const bool single = rows == 1 && least == 1;
        if (single && wide)
            leaves_sums |= emit_shape(e, stage, kind, 1, plan->vectors, false, &choices);
        if (single && wide && joins)
            leaves_sums |= emit_shape(e, stage, kind, 1, plan->vectors, true, &choices);
        if (single && joins)
            leaves_sums |= emit_shape(e, stage, kind, 1, 1, true, &choices);
        if (!single && !rows_occur(e, rows, least, most))
            continue;
        if (plan->batch_vectors > 1 && vectors_occur(e, stage, plan->batch_vectors) &&
            !(single && (plan->vectors == plan->batch_vectors || !rows_occur(e, 1, 2, most))))
            leaves_sums |= emit_shape(e, stage, kind, rows, plan->batch_vectors, false, &choices);
        if (whole)
            leaves_sums |= emit_shape(e, stage, kind, rows, 1, false, &choices);
        if (tail)
            leaves_sums |= emit_shape(e, stage, kind, rows, 0, true, &choices);
    }
    const char *parameters = emit_format(
        e, "const struct step%s *s, size_t block, size_t vectors%s, size_t row, size_t rows%s",
        e->tag, tail ? ", int tailed" : "", kind == AHEAD ? "" : ", float *sums");
    EMIT("%s\n{\n%s%s%s%s}\n\n",
         emit_signature(e, emit_format(e, "WEIR_CHOOSER %s%s", kind_names[kind], stage->suffix),
                        parameters),
         leaves_sums ? "" : "    (void)sums;\n", tail && !whole ? "    (void)tailed;\n" : "",
         choices_need_inner(&choices) ? "" : "    (void)vectors;\n",
         emit_choices(e, &choices, "    ", "rows", "vectors"));
}

void emit_tiles(struct emitter *e, const struct stage *stage)
{
    enum { MANY = 1024 }; /* a batch beyond which no new part sizes occur */
    if (stage->sum_count == 0 || stage->few == FEW_ALWAYS)
        return;
    if (!stage_hoists(e, stage)) {
        emit_kind(e, stage, PLAIN, 1, MANY);
        return;
    }
    emit_kind(e, stage, AHEAD, 1, MANY);
    emit_kind(e, stage, HOISTED, 1, e->plan->hoist_batch);
    emit_kind(e, stage, PLAIN, e->plan->hoist_batch + 1, MANY);
}
