/* SPDX-License-Identifier: MIT */
/* A program's struct step, which its functions work on, and its loop over time. */
#include "emit/loop.h"

#include "emit/blend.h"
#include "emit/bytes.h"
#include "emit/few.h"
#include "emit/profile.h"
#include "plan/layout.h"

#include <string.h>

/* ---- struct step ---- */

/* The last stage of a step backward, where nothing comes of it but next states: those of the last
 * step are often not wanted. NULL where it is not so. */
static const struct stage *ending_stage(const struct emitter *e)
{
    const struct program *program = e->program;
    const size_t last = program->stage_count - 1;
    if (program->role != ROLE_BACKWARD || last == 0)
        return NULL;
    for (size_t v = 0; v < program->saving_count; v++)
        if (program->stage_of[program->values[v]] == (int)last)
            return NULL;
    return &program->stages[last];
}

void emit_step(struct emitter *e)
{
    const struct program *program = e->program;
    const struct graph *graph = program->graph;
    EMIT("/* One time step: packed weights, what is read and what is written. */\n");
    EMIT("struct step%s {\n", e->tag);
    if (emit_is_generic(e))
        EMIT("    size_t I, H, P;\n");
    for (size_t r = 0; r < program->region_count; r++)
        EMIT("    const float *%s;\n", e->region[r]);
    if (e->plan->prefetch)
        EMIT("    size_t B, next; /* rows of the batch; the block that comes next */\n");
    if (emit_saves(e))
        EMIT("    int save; /* for training */\n");
    if (ending_stage(e))
        EMIT("    int ends; /* the next states are not wanted */\n");
    EMIT("    const float *x;\n    float *y;\n    ptrdiff_t x_row, y_row;\n");
    for (int s = 0; s < graph->state_count && emit_has_states(e); s++)
        EMIT("    const float *%s;\n    float *%s;\n", e->prev[s], e->next[s]);
    for (size_t v = 0; v < program->saving_count; v++)
        EMIT("    float *%s;\n", e->value[v]);
    for (int g = 0; g < graph->given_count; g++)
        EMIT("    const float *%s;\n", e->given[g]);
    emit_bytes_fields(e);
    for (size_t i = 0; i < program->stage_count; i++)
        if (stage_hoists(e, &program->stages[i]))
            EMIT("    float *products%s; /* W@x of this step; NULL: not computed ahead */\n",
                 program->stages[i].suffix);
    for (size_t i = 0; i < program->stage_count; i++)
        if (blend_turns(e, &program->stages[i]))
            EMIT("    float *ahead%s; /* of the next chunk's first step; NULL: not computed beside "
                 "*/\n",
                 program->stages[i].suffix);
    if (emit_blends(e))
        EMIT("    const float *x_ahead;\n    ptrdiff_t x_ahead_row;\n"
             "    size_t turn; /* steps of the chunk before this one */\n");
    EMIT("};\n\n");
}

/* ---- The loop over time ---- */

/* Goes on by the words of a region in memory, in a kernel for any size. */
static void emit_any_words(struct emitter *e, const struct stage *stage,
                           const struct region *region)
{
    enum { LINE = 100 };
    const char *blocks =
        emit_format(e, "padded(%s * %s)", emit_blocks(e, region->rows), emit_panel(e, region));
    if (!program_may_be_few(stage, region)) {
        EMIT("    weights += %s;\n", blocks);
        return;
    }
    const char *when = emit_format(e, "    weights += %s ", emit_is_few(e, stage));
    const char *few = emit_format(e, "? %s * %zu * %s", emit_size(e, region->rows), region->count,
                                  emit_few_words(e, region));
    const bool fits = strlen(when) + strlen(few) + strlen(" : ;") + strlen(blocks) <= LINE;
    EMIT("%s%s%s", when, few, fits ? " " : "\n");
    EMIT("%*s: %s;\n", fits ? 0 : (int)strlen(when), "", blocks);
}

static void emit_region_pointers(struct emitter *e)
{
    const struct program *program = e->program;
    size_t offset = 0;
    if (program->region_count > 0 && !e->streams)
        EMIT("    const float *weights = run->weights;\n");
    for (size_t i = 0; i < program->stage_count; i++)
        for (size_t r = 0; r < program->stages[i].region_count; r++) {
            const struct region *region = &program->stages[i].regions[r];
            if (emit_is_generic(e)) {
                EMIT("    s->%s = weights;\n", e->region[region->index]);
                emit_any_words(e, &program->stages[i], region);
                continue;
            }
            EMIT("    s->%s = weights + %zu;\n", e->region[region->index], offset);
            offset += layout_words(program, &program->stages[i], emit_tail(e, &program->stages[i]),
                                   r, e->isa->lanes);
        }
}

static void emit_prepare(struct emitter *e)
{
    EMIT("/* What is the same in every step. */\n");
    EMIT("static void prepare%s(const struct weir_run *run, struct step%s *s)\n{\n", e->tag,
         e->tag);
    if (emit_is_generic(e))
        EMIT("    s->I = run->I;\n    s->H = run->H;\n    s->P = run->P;\n");
    emit_region_pointers(e);
    if (e->plan->prefetch)
        EMIT("    s->B = run->B;\n");
    EMIT("    s->x_row = run->x_row;\n    s->y_row = run->y_row;\n");
    if (emit_has_bytes(e))
        emit_bytes_pointers(e, emit_part_bytes(e));
    if (emit_saves(e))
        EMIT("    s->save = run->tape != NULL;\n");
    for (size_t v = 0; v < e->program->saving_count; v++)
        EMIT("    s->%s = run->value[%zu];\n", e->value[v], v);
    EMIT("}\n\n");
}

/* What lies elsewhere in every step, where all of them are kept. */
static void emit_wind(struct emitter *e)
{
    const struct program *program = e->program;
    const bool keeps_states = program->role == ROLE_FORWARD;
    EMIT("static void wind%s(const struct weir_run *run, struct step%s *s, size_t t)\n{\n", e->tag,
         e->tag);
    EMIT("    const struct weir_tape *tape = run->tape;\n");
    EMIT("    const ptrdiff_t step = (ptrdiff_t)t;\n");
    for (int i = 0; i < program->graph->state_count && keeps_states; i++) {
        EMIT("    s->%s += step / 2 * tape->state_step[%d];\n", e->prev[i], i);
        EMIT("    s->%s += (step + 1) / 2 * tape->state_step[%d];\n", e->next[i], i);
    }
    for (size_t v = 0; v < program->saving_count; v++)
        EMIT("    s->%s = run->value[%zu] + step * tape->value_step[%zu];\n", e->value[v], v, v);
    for (int g = 0; g < program->graph->given_count; g++)
        EMIT("    s->%s = tape->given[%d] + step * tape->given_step[%d];\n", e->given[g], g, g);
    if (ending_stage(e))
        EMIT("    s->ends = tape->ends && t + 1 == run->T;\n");
    EMIT("}\n\n");
}

static void emit_begin(struct emitter *e)
{
    const bool trains = emit_trains(e);
    if (trains)
        emit_wind(e);
    EMIT("static void begin%s(const struct weir_run *run, struct step%s *s, size_t t)\n{\n", e->tag,
         e->tag);
    EMIT("    s->x = run->x + (ptrdiff_t)t * run->x_step;\n");
    EMIT("    s->y = run->y + (ptrdiff_t)t * run->y_step;\n");
    for (int i = 0; i < e->program->graph->state_count && emit_has_states(e); i++) {
        EMIT("    s->%s = run->state[t %% 2][%d];\n", e->prev[i], i);
        EMIT("    s->%s = run->state[(t + 1) %% 2][%d];\n", e->next[i], i);
    }
    if (trains)
        EMIT("    if (run->tape)\n        wind%s(run, s, t);\n", e->tag);
    EMIT("}\n\n");
}

static void emit_stage_calls(struct emitter *e)
{
    EMIT("static void step%s(const struct weir_run *run, %sstruct step%s *s%s)\n{\n", e->tag,
         e->plan->prefetch ? "" : "const ", e->tag, e->plan->serpentine ? ", int backwards" : "");
    for (size_t i = 0; i < e->program->stage_count; i++) {
        if (ending_stage(e) == &e->program->stages[i])
            EMIT("    if (s->ends)\n        return;\n");
        EMIT("    stage%s(run, s%s);\n", e->program->stages[i].suffix,
             e->plan->serpentine ? ", backwards" : "");
        EMIT("    if (run->parts > 1)\n        run->wait(run->barrier);\n");
    }
    EMIT("}\n\n");
}

/* The rows that are computed ahead, and what goes on at every step: where the products of each
 * stage are, and the calls that compute them; then on to those of the next step. */
static void add_hoisting(struct emitter *e, struct text *hoist, struct text *advance)
{
    const char *at = emit_blends(e) ? emit_format(e, "run->products + (odd ? %zu : 0)",
                                                  e->plan->blend * emit_product_floats(e))
                                    : "run->products";
    for (size_t i = 0; i < e->program->stage_count; i++) {
        const struct stage *stage = &e->program->stages[i];
        if (!stage_hoists(e, stage))
            continue;
        const char *row = emit_product_row(e, stage);
        text_add(hoist, "            s->products%s = %s;\n", stage->suffix, at);
        if (blend_turns(e, stage))
            text_add(hoist, "            if (!s->ahead%s)\n    ", stage->suffix);
        text_add(hoist, "            hoist%s(run, s, t, steps);\n", stage->suffix);
        if (blend_turns(e, stage))
            text_add(hoist, "            s->ahead%s = more ? s->products%s + other : NULL;\n",
                     stage->suffix, stage->suffix);
        text_add(advance, "        if (ahead)\n            s->products%s += run->B * %s;\n",
                 stage->suffix, row);
        at = emit_format(e, "s->products%s + ahead * run->B * %s", stage->suffix, row);
    }
}

/* ---- A step of a stream ---- */

/* Where the states of the cell are in the rows of all of them, which follow one another. */
static void emit_stream_states(struct emitter *e)
{
    const struct graph *graph = e->program->graph;
    size_t offset = 0;
    for (int i = 0; i < graph->state_count; i++) {
        const size_t size = emit_known(e, graph_extent(graph, graph->states[i].extent));
        EMIT("    s->%s = prev + %zu;\n    s->%s = next + %zu;\n", e->prev[i], offset, e->next[i],
             offset);
        offset += row_floats(size);
    }
}

static void emit_stream_values(struct emitter *e)
{
    size_t offset = 0;
    for (size_t v = 0; v < e->program->value_count; v++) {
        const size_t size = emit_known(e, program_extent(e->program, e->program->values[v]));
        EMIT("    s->%s = values + %zu;\n", e->value[v], offset);
        offset += row_floats(size);
    }
    if (emit_has_bytes(e))
        emit_bytes_pointers(e, emit_format(e, "values + %zu", offset));
    if (e->program->value_count == 0)
        EMIT("    (void)values;\n");
}

/* One function, which is told where all is that is not known. On odd steps, on which blocks of
 * weights are walked backwards, the rows in use lie behind the others. */
static void emit_stream(struct emitter *e)
{
    EMIT("%s\n{\n", emit_signature(e, emit_format(e, "static void %s", emit_run_name(e)),
                                   "const float *weights, const float *prev, float *next, "
                                   "float *values, const float *x, float *y"));
    EMIT("    struct step%s storage = WEIR_ZEROED, *s = &storage;\n", e->tag);
    emit_region_pointers(e);
    if (e->program->region_count == 0)
        EMIT("    (void)weights;\n");
    EMIT("    s->x = x;\n    s->y = y;\n");
    emit_stream_states(e);
    emit_stream_values(e);
    for (size_t i = 0; i < e->program->stage_count; i++)
        EMIT("    stage%s(s%s);\n", e->program->stages[i].suffix,
             e->plan->serpentine ? ", prev > next" : "");
    EMIT("}\n\n");
}

const char *emit_run_name(struct emitter *e)
{
    static const char *const names[] = {"forward", "backward", "input"};
    const enum role role = e->program->role;
    return role == ROLE_FORWARD ? emit_format(e, "forward%s", e->tag) : names[role];
}

void emit_run(struct emitter *e)
{
    const struct plan *plan = e->plan;
    const size_t rows = plan->hoist > plan->hoist_batch ? plan->hoist : plan->hoist_batch;
    struct text hoist = {0}, advance = {0};
    if (e->streams) {
        emit_stream(e);
        return;
    }
    emit_prepare(e);
    emit_begin(e);
    emit_stage_calls(e);
    add_hoisting(e, &hoist, &advance);
    const bool blends = emit_blends(e);
    EMIT_TEMPLATE(
        blends         ? "emit/run_blended.c.in"
        : hoist.length ? "emit/run_ahead.c.in"
                       : "emit/run.c.in",
        {"NAME", emit_run_name(e)}, {"TAG", e->tag},
        {"DIRECTION", plan->serpentine ? ", t % 2" : ""},
        {"BATCH", emit_number(e, plan->hoist_batch)}, {"ROWS", emit_number(e, rows)},
        {"CHUNK", emit_number(e, plan->blend)},
        {"CHUNK_FLOATS", emit_number(e, blends ? e->plan->blend * emit_product_floats(e) : 0)},
        {"HOIST", hoist.chars}, {"ADVANCE", advance.chars}, {"ENTER", emit_mark_walk(e, "    ")},
        {"LEAVE", emit_mark_outside(e, "    ")});
    text_free(&hoist);
    text_free(&advance);
}
