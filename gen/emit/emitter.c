/* SPDX-License-Identifier: MIT */
/* What the emitters share: sizes as expressions, layout, what a stage is like. */
#include "emit/emitter.h"

#include "packing.h"

#include <stdlib.h>
#include <string.h>

const char *emit_format(struct emitter *e, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    struct text text = {0};
    text_add_list(&text, format, list);
    va_end(list);
    if ((e->string_count & (e->string_count - 1)) == 0) {
        char **strings =
            realloc(e->strings, (e->string_count ? 2 * e->string_count : 1) * sizeof *strings);
        if (!strings)
            abort();
        e->strings = strings;
    }
    e->strings[e->string_count++] = text.chars;
    return text.chars;
}

const char *emit_number(struct emitter *e, size_t number)
{
    return emit_format(e, "%zu", number);
}

const char *emit_tile_words(const struct emitter *e)
{
    return e->streams ? "static void" : "WEIR_TILE";
}

void emitter_free(struct emitter *e)
{
    for (size_t i = 0; i < e->string_count; i++)
        free(e->strings[i]);
    free(e->strings);
    for (size_t i = 0; i < STAGES_MAX; i++)
        free(e->tails[i]);
}

const char *emit_spell(struct emitter *e, const char *format, const char *a, const char *b,
                       const char *c)
{
    struct text text = {0};
    for (const char *at = format; *at; at++) {
        if (at[0] == '%' && at[1] >= '1' && at[1] <= '3' && at[2] == '$' && at[3] == 's') {
            const char *operand = at[1] == '1' ? a : at[1] == '2' ? b : c;
            const bool negates = at > format && at[-1] == '-' && operand[0] == '-';
            text_add(&text, negates ? "(%s)" : "%s", operand);
            at += 3;
        } else {
            text_add(&text, "%c", *at);
        }
    }
    const char *spelled = emit_format(e, "%s", text.chars);
    text_free(&text);
    return spelled;
}

/* ---- Sizes ---- */

bool emit_is_generic(const struct emitter *e)
{
    return e->program->graph->size[WEIR_I] <= 0;
}

bool emit_is_known(const struct emitter *e, enum weir_extent extent)
{
    return extent == WEIR_ONE || e->program->graph->size[extent] > 0;
}

size_t emit_known(const struct emitter *e, enum weir_extent extent)
{
    return extent == WEIR_ONE ? 1 : (size_t)e->program->graph->size[extent];
}

const char *emit_size(struct emitter *e, enum weir_extent extent)
{
    return emit_is_known(e, extent) ? emit_number(e, emit_known(e, extent))
                                    : emit_format(e, "s->%s", extent_name(extent));
}

const char *emit_constant(struct emitter *e, int node, const char *sizes)
{
    const struct node *n = &e->program->graph->nodes[node];
    static const char *const formats[OP_COUNT] = {
        [OP_ADD] = "(%1$s + %2$s)", [OP_SUB] = "(%1$s - %2$s)",    [OP_MUL] = "(%1$s * %2$s)",
        [OP_DIV] = "(%1$s / %2$s)", [OP_NEG] = "(-%1$s)",          [OP_SQRT] = "sqrt(%1$s)",
        [OP_ABS] = "fabs(%1$s)",    [OP_MIN] = "fmin(%1$s, %2$s)", [OP_MAX] = "fmax(%1$s, %2$s)"};
    if (n->known) {
        const char *digits = emit_format(e, "%.17g", n->number);
        return strpbrk(digits, ".en") ? digits : emit_format(e, "%s.0", digits);
    }
    if (n->op == OP_SIZE)
        return emit_format(e, "(double)%s%s", sizes, extent_name((enum weir_extent)n->index));
    return emit_spell(e, formats[n->op], emit_constant(e, n->arg[0], sizes),
                      n->arg[1] >= 0 ? emit_constant(e, n->arg[1], sizes) : NULL, NULL);
}

size_t row_floats(size_t size)
{
    return (size + WEIR_ROW - 1) / WEIR_ROW * WEIR_ROW;
}

const char *emit_padded(struct emitter *e, enum weir_extent extent)
{
    if (!emit_is_known(e, extent))
        return emit_format(e, "padded(%s)", emit_size(e, extent));
    return emit_number(e, row_floats(emit_known(e, extent)));
}

const char *emit_blocks(struct emitter *e, enum weir_extent extent)
{
    const size_t lanes = e->isa->lanes;
    if (!emit_is_known(e, extent))
        return emit_format(e, "blocks(%s)", emit_size(e, extent));
    return emit_number(e, (emit_known(e, extent) + lanes - 1) / lanes);
}

size_t emit_word_columns(const struct emitter *e, const struct region *region)
{
    return weir_word_columns(program_region_type(e->program, region));
}

const char *emit_panel(struct emitter *e, const struct region *region)
{
    const size_t width = region->count * e->isa->lanes;
    const size_t columns = emit_word_columns(e, region);
    const size_t head = weir_head_words(program_region_type(e->program, region));
    if (!emit_is_known(e, region->cols) && columns > 1)
        return emit_format(e, "((%s + %zu) / %zu * %zu)", emit_size(e, region->cols),
                           columns - 1 + head * columns, columns, width);
    if (!emit_is_known(e, region->cols))
        return emit_format(e, "(%s * %zu)", emit_size(e, region->cols), width);
    return emit_number(e, ((emit_known(e, region->cols) + columns - 1) / columns + head) * width);
}

const char *emit_is_few(struct emitter *e, const struct stage *stage)
{
    return emit_format(e, "%s < %d", emit_size(e, stage->extent), WEIR_FEW);
}

const char *emit_product_row(struct emitter *e, const struct stage *stage)
{
    const size_t lanes = e->isa->lanes;
    const size_t width = stage_products(e->program, stage) * lanes;
    if (!emit_is_known(e, stage->extent))
        return emit_format(e, "(%s * %zu)", emit_blocks(e, stage->extent), width);
    return emit_number(e, (emit_known(e, stage->extent) + lanes - 1) / lanes * width);
}

const char *emit_plus(struct emitter *e, const char *name, size_t n)
{
    return n ? emit_format(e, "(%s + %zu)", name, n) : name;
}

/* ---- Layout ---- */

void emit_comment(struct emitter *e, const char *words)
{
    size_t column = 2;
    EMIT("/*");
    while (*words) {
        const size_t length = strcspn(words, " ");
        if (column + 1 + length > 97) {
            EMIT("\n *");
            column = 2;
        }
        EMIT(" %.*s", (int)length, words);
        column += 1 + length;
        words += length + (words[length] == ' ');
    }
    EMIT(" */\n");
}

const char *emit_signature(struct emitter *e, const char *name, const char *parameters)
{
    enum { LINE = 100 };
    const size_t indent = strlen(name) + 1;
    size_t column = indent;
    struct text text = {0};
    text_add(&text, "%s(", name);
    for (const char *at = parameters; *at;) {
        const size_t length = strcspn(at, ",") + 1; /* with the comma, or the parenthesis */
        const bool fits = column + (at > parameters) + length <= LINE;
        if (!fits)
            text_add(&text, "\n%*s", (int)indent, "");
        else if (at > parameters)
            text_add(&text, " ");
        column = (fits ? column + (at > parameters) : indent) + length;
        const bool last = !at[length - 1];
        text_add(&text, "%.*s", (int)length, at);
        at += last ? length - 1 : length + 1;
    }
    const char *signature = emit_format(e, "%s)", text.chars);
    text_free(&text);
    return signature;
}

void emit_assignment(struct emitter *e, const char *indent, const char *name, const char *value)
{
    enum { LINE = 100 };
    const size_t length = strlen(indent) + strlen(name) + strlen(" = ;") + strlen(value);
    EMIT(length > LINE ? "%s%s =\n%s    %s;" : "%s%s =%.0s %s;", indent, name, indent, value);
}

/* ---- Programs and stages ---- */

bool emit_trains(const struct emitter *e)
{
    return e->parts->derivation;
}

bool emit_has_states(const struct emitter *e)
{
    return e->program->role != ROLE_INPUT;
}

bool emit_saves(const struct emitter *e)
{
    return e->program->saving_count > e->program->value_count;
}

bool is_input_region(const struct program *program, const struct region *region)
{
    return region->operand >= 0 && program->graph->nodes[region->operand].op == OP_INPUT;
}

size_t stage_products(const struct program *program, const struct stage *stage)
{
    size_t count = 0;
    for (size_t r = 0; r < stage->region_count; r++)
        count += is_input_region(program, &stage->regions[r]) ? stage->regions[r].count : 0;
    return count;
}

size_t product_slot(const struct program *program, const struct stage *stage, size_t sum)
{
    size_t before = 0;
    for (size_t r = 0; r < stage->region_count; r++) {
        const struct region *region = &stage->regions[r];
        const size_t slot = sum_slot(region, (int)sum);
        if (is_input_region(program, region) && slot < region->count)
            return before + slot;
        before += is_input_region(program, region) ? region->count : 0;
    }
    return before;
}

bool stage_hoists(const struct emitter *e, const struct stage *stage)
{
    return e->plan->hoist > 0 && stage->few != FEW_ALWAYS && stage_products(e->program, stage) > 0;
}

size_t emit_product_rows(const struct emitter *e)
{
    const struct plan *plan = e->plan;
    const size_t rows = plan->hoist > plan->hoist_batch ? plan->hoist : plan->hoist_batch;
    return rows > 2 * plan->blend ? rows : 2 * plan->blend; /* a chunk, and the next */
}

size_t emit_product_floats(const struct emitter *e)
{
    const struct program *program = e->program;
    const size_t lanes = e->isa->lanes;
    size_t floats = 0;
    for (size_t i = 0; i < program->stage_count; i++) {
        const struct stage *stage = &program->stages[i];
        if (stage_hoists(e, stage))
            floats += (emit_known(e, stage->extent) + lanes - 1) / lanes * lanes *
                      stage_products(program, stage);
    }
    return floats;
}

const struct tail *emit_tail(const struct emitter *e, const struct stage *stage)
{
    return e->tails[stage - e->program->stages];
}

const struct region *stage_bias(const struct stage *stage)
{
    const struct region *first = stage->regions;
    return stage->region_count && first->operand < 0 && first->slots[0].sum >= 0 ? first : NULL;
}

void emit_sum_beginning(struct emitter *e, const char *indent, const struct stage *stage, int sum,
                        const char *pointer, const char *type, const char *name)
{
    const struct region *bias = stage_bias(stage);
    bool begun = false;
    for (size_t i = 0; bias && i < bias->count; i++) {
        if (bias->slots[i].sum != sum)
            continue;
        const char *value =
            emit_spell(e, e->isa->load, pointer, emit_number(e, i * e->isa->lanes), NULL);
        if (begun)
            EMIT("%s%s = %s;\n", indent, name,
                 emit_spell(e, e->isa->op[OP_ADD], name, value, NULL));
        else
            EMIT("%s%s%s = %s;\n", indent, type, name, value);
        begun = true;
    }
    if (!begun)
        EMIT("%s%s%s = %s;\n", indent, type, name, e->isa->zero);
}

const char *group_suffix(struct emitter *e, const struct stage *stage, size_t group)
{
    return stage->group_count > 1 ? emit_format(e, "_p%zu", group) : "";
}

/* The most slots that the regions of one operand, which stand together, have. */
static size_t most_slots(const struct stage *stage)
{
    size_t most = 0, count = 0;
    for (size_t r = 0; r < stage->region_count; r++) {
        const struct region *region = &stage->regions[r];
        const bool more = r > 0 && stage->regions[r - 1].operand == region->operand;
        count = region->count + (more ? count : 0);
        most = region->operand >= 0 && count > most ? count : most;
    }
    return most;
}

bool stage_joins(const struct emitter *e, const struct stage *stage)
{
    const struct tail *tail = emit_tail(e, stage);
    return tail &&
           e->plan->vectors * most_slots(stage) + most_slots(&tail->stage) <= e->isa->accumulators;
}

size_t sum_slot(const struct region *region, int sum)
{
    size_t slot = 0;
    while (slot < region->count && region->slots[slot].sum != sum)
        slot++;
    return slot;
}
