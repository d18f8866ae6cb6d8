/* SPDX-License-Identifier: MIT */
/* Choosing the plan. The rules come from measurements on a Zen 5 core, one field varied at a time;
 * those of PREFETCH_COLUMNS and of fewer sums from a Zen 3 and a Zen 4 (results/). bench/plans
 * repeats them anywhere, and weir-tune finds what is better on a machine. */
#include "plan/plan.h"

#include "common/text.h"
#include "packing.h"

#include <stdlib.h>
#include <string.h>

enum {
    LATENCY = 8, /* accumulators that two FMA units of four cycles' latency keep busy */
    ENOUGH_MIDDLING = 6, /* where loads miss the first-level cache, though not all of them */
    ROWS_WANTED = 4, /* rows that read a weight together: with fewer, a tile holds fewer sums */
    ROWS_FEW_SUMS = 6,
    ROWS_BYTES = 3, /* rows that read bytes together: their products take longer than loads */
    ROWS_ABREAST = 4, /* their divisions and exponentials wait together */
    SINGLE_MOST = 16, /* accumulators of a tile of one row beyond which nothing is gained */
    HOIST_ROWS = 96, /* rows ahead: fewer evict the recurrent weights too often */
    HOIST_BATCH = 4, /* beyond, W@x is as well computed where it is used */
    HOIST_INPUT = 32, /* below, writing and reading the products costs more than it saves */
    BLEND = 8, /* steps: more rows read each weight of W@x, and registers hold that many */
    BLEND_LANES = 16, /* with fewer, loads of weights leave no room for others */
    FIRST_BYTES = 32 << 10, /* weights a step that the first-level cache holds */
    NEAR_BYTES = 192 << 10, /* weights a step from which on the second-level cache sets the pace */
    PREFETCH_COLUMNS = 2, /* measured with 8 and 16 lanes: fewer leave lines out, more cost more */
    FAR_BYTES = 4 << 20, /* weights a step that come from beyond the second-level cache */
    CYCLE_BYTES = 64 /* what the second-level cache gives in a cycle; an FMA takes LATENCY / 2 */
};

size_t plan_accumulators(const struct program *program, const struct isa *isa)
{
    return program->type == WEIR_TYPE_F32 ? isa->accumulators
           : weir_is_bytes(program->type) ? isa->byte_accumulators
                                          : isa->half_accumulators;
}

/* The most accumulators that are live at once for one vector of units of one row. */
static size_t live_sums(const struct program *program)
{
    size_t most = 1;
    for (size_t i = 0; i < program->stage_count; i++)
        for (size_t r = 0; r < program->stages[i].region_count; r++) {
            const struct region *region = &program->stages[i].regions[r];
            if (region->operand >= 0 && region->count > most)
                most = region->count;
        }
    return most;
}

/* The bytes of weights that are read in every step: W@x may be hoisted. Unknown sizes count as 0.
 */
static double step_bytes(const struct program *program)
{
    const struct graph *graph = program->graph;
    double floats = 0;
    for (size_t i = 0; i < program->stage_count; i++)
        for (size_t r = 0; r < program->stages[i].region_count; r++) {
            const struct region *region = &program->stages[i].regions[r];
            if (region->operand >= 0 && graph->nodes[region->operand].op != OP_INPUT)
                floats +=
                    graph->size[region->rows] * graph->size[region->cols] * (double)region->count;
        }
    return sizeof(float) * floats / (double)weir_word_columns(program->type);
}

/* Whether the weights of a step lie between the first-level cache and those from which on nothing
 * but the second sets the pace; measured with 8 and 16 lanes. */
static bool is_middling(const struct program *program, const struct isa *isa)
{
    const double bytes = step_bytes(program);
    return program->role == ROLE_FORWARD && isa->lanes >= 8 && bytes >= FIRST_BYTES &&
           bytes < NEAR_BYTES;
}

/* The accumulators that a tile of one row needs: enough to hide the latency of an FMA; where the
 * cache sets the pace, enough for that. Fewer read one stream of weights, which is faster there. */
static size_t enough_sums(const struct program *program, const struct isa *isa)
{
    if (is_middling(program, isa))
        return ENOUGH_MIDDLING;
    const size_t columns = weir_is_bytes(program->type) ? 1 : weir_word_columns(program->type);
    const size_t paced = columns * LATENCY / 2 * CYCLE_BYTES / (isa->lanes * sizeof(float));
    if (columns > 1 && step_bytes(program) >= FAR_BYTES)
        return paced / columns;
    return step_bytes(program) < NEAR_BYTES || paced > LATENCY ? LATENCY : paced;
}

/* The cost of `blocks` vectors of units in tiles of `vectors` and singles, in FMA slots a column.
 */
static size_t single_cost(size_t blocks, size_t vectors, size_t sums, size_t enough)
{
    const size_t wide = vectors * sums > enough ? vectors * sums : enough;
    const size_t narrow = sums > enough ? sums : enough;
    return blocks / vectors * wide + blocks % vectors * narrow;
}

static size_t choose_vectors(const struct program *program, const struct isa *isa, size_t sums)
{
    const double units = program->graph->size[WEIR_H];
    const size_t whole = (size_t)units / isa->lanes; /* what is left has tiles of its own */
    const size_t blocks = units > 0 ? whole : 240; /* any size: a number with many divisors */
    const bool widens = program->type != WEIR_TYPE_F32 && step_bytes(program) >= FIRST_BYTES;
    const size_t room = widens && isa->accumulators < SINGLE_MOST ? LATENCY : isa->accumulators;
    const size_t most = room < SINGLE_MOST ? room : SINGLE_MOST;
    const size_t enough = enough_sums(program, isa);
    if (weir_is_bytes(program->type) && step_bytes(program) >= FAR_BYTES)
        return 1; /* the fewer streams come from afar, the better */
    /* Two have their elementwise work done in step, which matters as long as there is little else.
     */
    size_t best = is_middling(program, isa) && blocks > 1 && 2 * sums <= most ? 2 : 1;
    for (size_t vectors = 2; vectors <= 8 && vectors * sums <= most; vectors++)
        if (vectors <= blocks &&
            single_cost(blocks, vectors, sums, enough) < single_cost(blocks, best, sums, enough))
            best = vectors;
    return best;
}

/* The most vectors of units that any stage with sums has; many where the size may be any. */
static size_t most_blocks(const struct program *program, const struct isa *isa)
{
    size_t most = 1;
    for (size_t i = 0; i < program->stage_count; i++) {
        const double units = program->graph->size[program->stages[i].extent];
        const size_t blocks = units > 0 ? ((size_t)units + isa->lanes - 1) / isa->lanes : SIZE_MAX;
        if (program->stages[i].sum_count > 0 && blocks > most)
            most = blocks;
    }
    return most;
}

/* The tiles of several rows where weights of fewer bits leave few accumulators. */
static void choose_narrow(const struct program *program, const struct isa *isa, size_t sums,
                          struct plan *plan)
{
    const size_t room = plan_accumulators(program, isa);
    /* Every product of bytes needs registers by itself where it takes several instructions. */
    if (weir_is_bytes(program->type) && room < isa->accumulators) {
        const bool holds_all = sums * ROWS_BYTES <= room;
        plan->sums = holds_all ? 0 : room / ROWS_WANTED;
        plan->rows = holds_all ? room / (sums * plan->batch_vectors) : ROWS_WANTED;
        return;
    }
    /* A weight that is widened has a register of its own: a few more rows of one sum read it, or
     * of two, which are fewer streams of weights where there is one row. */
    plan->sums = program->type == WEIR_TYPE_BF16 && sums >= 4 ? 2 : 1;
    plan->batch_vectors = isa->accumulators / ROWS_FEW_SUMS / plan->sums;
    plan->rows = room / (plan->sums * plan->batch_vectors);
}

struct plan plan_choose(const struct program *program, const struct isa *isa)
{
    const size_t sums = live_sums(program);
    const double input = program->graph->size[WEIR_I];
    struct plan plan = {.serpentine = 1, .hoist_batch = HOIST_BATCH};
    plan.vectors = choose_vectors(program, isa, sums);
    plan.batch_vectors = sums >= 3 ? 1 : 4 / sums;
    /* A step back through time has its rows for one sum: a weight that is read for fewer of them is
     * read again for the others. */
    if (program->role == ROLE_BACKWARD && plan.batch_vectors > 1 && isa->lanes > 1 &&
        isa->accumulators / (sums * plan.batch_vectors) < ROWS_WANTED)
        plan.batch_vectors = isa->accumulators / ROWS_FEW_SUMS / sums;
    const size_t blocks = most_blocks(program, isa);
    if (plan.batch_vectors > blocks)
        plan.batch_vectors = blocks;
    plan.rows = plan_accumulators(program, isa) / (sums * plan.batch_vectors);
    if (plan.batch_vectors == 1 && plan.rows < ROWS_WANTED && isa->lanes > 1) {
        plan.sums = isa->accumulators / ROWS_FEW_SUMS;
        plan.rows = ROWS_FEW_SUMS;
    }
    if (program->type != WEIR_TYPE_F32 && isa->lanes > 1 &&
        isa->accumulators < ROWS_FEW_SUMS * ROWS_WANTED)
        choose_narrow(program, isa, sums, &plan);
    plan.rows = plan.rows < 1 ? 1 : plan.rows > 8 ? 8 : plan.rows;
    /* A call of SLEEF clobbers every vector register: few sums can wait in them. */
    plan.fused = isa->accumulators > LATENCY && (program->math == WEIR_INLINE || plan.vectors == 1);
    plan.abreast = program->role == ROLE_FORWARD && isa->lanes >= 8 ? ROWS_ABREAST : 1;
    plan.tails = program->graph->size[WEIR_H] > 0;
    plan.prefetch = isa->lanes >= 8 && step_bytes(program) >= FAR_BYTES ? PREFETCH_COLUMNS : 0;
    if (program->role == ROLE_INPUT) { /* many rows: they come from far, and each block once */
        plan.fetch_rows = 1;
        plan.prefetch = 0;
    }
    plan.hoist = input > 0 && input < HOIST_INPUT ? 0 : HOIST_ROWS;
    /* The weights of W@x are then read for eight steps, not for many: not where they are far. */
    if (plan.hoist && input > 0 && isa->lanes >= BLEND_LANES && step_bytes(program) <= FAR_BYTES &&
        program->type == WEIR_TYPE_F32)
        plan.blend = BLEND;
    return plan;
}

struct plan plan_together(const struct program *program, const struct isa *isa,
                          const struct plan *lone)
{
    const size_t sums = live_sums(program), room = plan_accumulators(program, isa);
    struct plan plan = plan_choose(program, isa);
    if (plan.sums) { /* what rows have for themselves is then less, but never for one alone */
        const size_t blocks = most_blocks(program, isa), wanted = sums >= 3 ? 1 : 4 / sums;
        plan.batch_vectors = wanted < blocks ? wanted : blocks;
        const size_t most = room / (sums * plan.batch_vectors);
        plan.rows = most < 2 ? 2 : most > 8 ? 8 : most;
    }
    plan.sums = plan.hoist = plan.blend = 0;
    plan.tails = lone->tails;
    return plan;
}

const struct plan_field plan_fields[PLAN_FIELD_COUNT] = {
#define FIELD(name, least, greatest, meaning) {#name, offsetof(struct plan, name), least, greatest},
    PLAN_FIELDS(FIELD)
#undef FIELD
};

size_t *plan_value(struct plan *plan, size_t field)
{
    return (size_t *)(void *)((char *)plan + plan_fields[field].offset);
}

static char *list_fields(void)
{
    struct text text = {0};
    for (size_t f = 0; f < PLAN_FIELD_COUNT; f++)
        text_add(&text, "%s%s (%zu to %zu)", f ? ", " : "", plan_fields[f].name,
                 plan_fields[f].least, plan_fields[f].greatest);
    return text.chars;
}

bool plan_override(struct plan *plan, const char *text, struct failure *failure)
{
    while (*text) {
        const size_t length = strcspn(text, ","), name = strcspn(text, "=,");
        size_t field = 0;
        while (field < PLAN_FIELD_COUNT && (strlen(plan_fields[field].name) != name ||
                                            strncmp(plan_fields[field].name, text, name) != 0))
            field++;
        char *stop = NULL;
        const bool digits = text[name] == '=' && text[name + 1] >= '0' && text[name + 1] <= '9';
        const unsigned long value = digits ? strtoul(text + name + 1, &stop, 10) : 0;
        if (field == PLAN_FIELD_COUNT || stop != text + length ||
            value < plan_fields[field].least || value > plan_fields[field].greatest) {
            char *list = list_fields();
            fail(failure, "--plan: '%.*s' is not a field and its value, expected %s",
                 (int)(length < 60 ? length : 60), text, list);
            free(list);
            return false;
        }
        *plan_value(plan, field) = value;
        text += length + (text[length] == ',');
    }
    return true;
}

char *plan_text(const struct plan *plan)
{
    struct text text = {0};
    struct plan copy = *plan;
    for (size_t f = 0; f < PLAN_FIELD_COUNT; f++)
        text_add(&text, "%s%s=%zu", f ? "," : "", plan_fields[f].name, *plan_value(&copy, f));
    return text.chars;
}
