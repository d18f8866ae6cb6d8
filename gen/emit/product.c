/* SPDX-License-Identifier: MIT */
/* The kernel of gradients of weights: the sum over time and rows of delta operand^T, one product
 * for any size. Lanes are columns of the gradient as far as whole vectors go: the operand is
 * copied, some steps at a time, to a panel of a few vectors of columns, and a tile of `rows` times
 * `vectors` accumulators walks down it. What columns are left have lanes that are rows: a tile
 * holds a few vectors of rows times a few columns and walks down the deltas. Sums that are not done
 * lie in the gradient itself, so that each is one chain of fused multiply-adds whatever the blocks
 * are. */
#include "emit/emit.h"

#include "emit/choice.h"
#include "emit/emitter.h"

enum { PANEL_WIDTH = 64, PANEL_STEPS = 128, ROWS_MOST = 6, COLUMNS_MOST = 6 };

/* The vectors of a tile: what leaves registers for the operands. */
static size_t most_vectors(const struct isa *isa, size_t others)
{
    const size_t vectors = isa->accumulators / others;
    const size_t fits = PANEL_WIDTH / isa->lanes;
    return vectors < 1 ? 1 : vectors > fits ? fits : vectors > 4 ? 4 : vectors;
}

/* The steps of a panel. Where a tile's deltas lie together there may be twice as many, if they fit:
 * the more there are, the less often sums are stored. */
static size_t most_steps(const struct isa *isa, bool together)
{
    const size_t fits = WEIR_PANEL / (most_vectors(isa, ROWS_MOST) * isa->lanes);
    return together && fits >= 2 * PANEL_STEPS ? 2 * PANEL_STEPS : PANEL_STEPS;
}

/* ---- Lanes are columns ---- */

static void emit_wide_tile(struct emitter *e, const char *name, size_t rows, size_t vectors)
{
    const struct isa *isa = e->isa;
    EMIT("%s\n{\n",
         emit_signature(e, emit_format(e, "WEIR_TILE %s", name),
                        "const struct weir_product *p, const float *panel, const float *delta, "
                        "size_t step, size_t steps, size_t r, size_t c, int fresh"));
    EMIT("    float *gradient = p->gradient + r * p->cols + c;\n");
    for (size_t row = 0; row < rows; row++)
        for (size_t v = 0; v < vectors; v++) {
            const char *from =
                emit_spell(e, isa->load_any, "gradient",
                           row ? emit_format(e, "%zu * p->cols + %zu", row, v * isa->lanes)
                               : emit_number(e, v * isa->lanes),
                           NULL);
            EMIT("    %s s%zu_%zu = fresh ? %s : %s;\n", isa->vector, row, v, isa->zero, from);
        }
    EMIT("    for (size_t i = 0; i < steps; i++) {\n");
    for (size_t v = 0; v < vectors; v++)
        EMIT("        const %s in%zu = %s;\n", isa->vector, v,
             emit_spell(e, isa->load, "panel", emit_number(e, v * isa->lanes), NULL));
    for (size_t row = 0; row < rows; row++) {
        EMIT("        const %s d%zu = %s;\n", isa->vector, row,
             emit_spell(e, isa->set1, emit_format(e, "delta[%zu]", row), NULL, NULL));
        for (size_t v = 0; v < vectors; v++) {
            const char *sum = emit_format(e, "s%zu_%zu", row, v);
            EMIT("        %s = %s;\n", sum,
                 emit_spell(e, isa->op[OP_FMA], emit_format(e, "in%zu", v),
                            emit_format(e, "d%zu", row), sum));
        }
    }
    EMIT("        panel += %zu;\n        delta += step;\n    }\n", vectors * isa->lanes);
    for (size_t row = 0; row < rows; row++)
        for (size_t v = 0; v < vectors; v++)
            EMIT("    %s;\n", emit_spell(e, isa->store_any,
                                         row ? emit_format(e, "gradient + %zu * p->cols + %zu", row,
                                                           v * isa->lanes)
                                             : emit_format(e, "gradient + %zu", v * isa->lanes),
                                         emit_format(e, "v_canonical(s%zu_%zu)", row, v), NULL));
    EMIT("}\n\n");
}

/* Copies some steps of so many deltas. */
static void emit_fill(struct emitter *e, const char *name, size_t rows)
{
    EMIT("%s\n{\n", emit_signature(e, emit_format(e, "WEIR_TILE %s", name),
                                   "const float *delta, size_t step, size_t steps, float *to"));
    EMIT("    for (size_t i = 0; i < steps; i++, delta += step, to += %zu)\n"
         "        __builtin_memcpy(to, delta, %zu * sizeof *to);\n}\n\n",
         rows, rows);
}

static void emit_wide(struct emitter *e)
{
    const size_t most = most_vectors(e->isa, ROWS_MOST);
    const size_t together = most_steps(e->isa, true);
    struct choices choices = {.count = 0}, fills = {.count = 0};
    for (size_t rows = 1; rows <= ROWS_MOST; rows++) {
        const char *fill = emit_format(e, "fill_%zu", rows);
        const char *call = emit_format(e, "%s(delta, p->delta_row, steps, to)", fill);
        emit_fill(e, fill, rows);
        choices_add(&fills, (struct choice){rows, 0, false, {call}, 1});
    }
    for (size_t rows = 1; rows <= ROWS_MOST; rows++)
        for (size_t vectors = 1; vectors <= most; vectors++) {
            const char *name = emit_format(e, "wide_%zux%zu", rows, vectors);
            const char *call =
                emit_format(e, "%s(p, panel, delta, step, steps, r, c, fresh)", name);
            emit_wide_tile(e, name, rows, vectors);
            choices_add(&choices, (struct choice){rows, vectors, false, {call}, 1});
        }
    EMIT_TEMPLATE("emit/product_wide.c.in", {"LANES", emit_number(e, e->isa->lanes)},
                  {"MOST", emit_number(e, most)},
                  {"COPY", emit_spell(e, e->isa->store, "to + j",
                                      emit_spell(e, e->isa->load_any, "from", "j", NULL), NULL)},
                  {"STEPS", emit_number(e, most_steps(e->isa, false))},
                  {"TOGETHER", emit_number(e, together)},
                  {"DELTA_ROWS", emit_number(e, WEIR_DELTAS / together)},
                  {"ROWS", emit_number(e, ROWS_MOST)},
                  {"ROWS_LESS_ONE", emit_number(e, ROWS_MOST - 1)},
                  {"FILL", emit_choices(e, &fills, "        ", "height", "none")},
                  {"CHOICE", emit_choices(e, &choices, "        ", "height", "vectors")});
}

/* ---- Lanes are rows ---- */

/* The gradient is row-major, and a lane is a row: it is taken apart into columns and put together
 * again. */
static void emit_narrow_tile(struct emitter *e, const char *name, size_t vectors, size_t columns)
{
    const struct isa *isa = e->isa;
    EMIT("WEIR_TILE %s(const struct weir_product *p, size_t r, size_t c)\n{\n", name);
    EMIT("    const size_t left = p->last - r, rows = left < %zu ? left : %zu;\n",
         vectors * isa->lanes, vectors * isa->lanes);
    EMIT("    WEIR_ALIGNED float column[%zu][%zu] = {{0}};\n", columns, vectors * isa->lanes);
    EMIT("    const float *delta = p->delta + r;\n");
    EMIT("    float *gradient = p->gradient + r * p->cols + c;\n");
    EMIT("    for (size_t i = 0; i < rows && p->accumulate; i++)\n"
         "        for (size_t j = 0; j < %zu; j++)\n"
         "            column[j][i] = gradient[i * p->cols + j];\n",
         columns);
    for (size_t j = 0; j < columns; j++)
        for (size_t v = 0; v < vectors; v++)
            EMIT("    %s s%zu_%zu = %s;\n", isa->vector, j, v,
                 emit_spell(e, isa->load, emit_format(e, "column[%zu]", j),
                            emit_number(e, v * isa->lanes), NULL));
    EMIT("    for (size_t t = 0; t < p->T; t++) {\n"
         "        const float *from = p->operand + (ptrdiff_t)t * p->step + c;\n"
         "        for (size_t b = 0; b < p->B; b++) {\n");
    for (size_t v = 0; v < vectors; v++)
        EMIT("            const %s d%zu = %s;\n", isa->vector, v,
             emit_spell(e, isa->load, "delta", emit_number(e, v * isa->lanes), NULL));
    for (size_t j = 0; j < columns; j++) {
        EMIT("            const %s in%zu = %s;\n", isa->vector, j,
             emit_spell(e, isa->set1, emit_format(e, "from[%zu]", j), NULL, NULL));
        for (size_t v = 0; v < vectors; v++) {
            const char *sum = emit_format(e, "s%zu_%zu", j, v);
            EMIT("            %s = %s;\n", sum,
                 emit_spell(e, isa->op[OP_FMA], emit_format(e, "d%zu", v),
                            emit_format(e, "in%zu", j), sum));
        }
    }
    EMIT("            delta += p->delta_row;\n            from += p->row;\n        }\n    }\n");
    for (size_t j = 0; j < columns; j++)
        for (size_t v = 0; v < vectors; v++)
            EMIT("    %s;\n",
                 emit_spell(e, isa->store, emit_format(e, "column[%zu] + %zu", j, v * isa->lanes),
                            emit_format(e, "v_canonical(s%zu_%zu)", j, v), NULL));
    EMIT("    for (size_t i = 0; i < rows; i++)\n"
         "        for (size_t j = 0; j < %zu; j++)\n"
         "            gradient[i * p->cols + j] = column[j][i];\n}\n\n",
         columns);
}

static void emit_narrow(struct emitter *e)
{
    const size_t lanes = e->isa->lanes, most = most_vectors(e->isa, COLUMNS_MOST);
    struct choices choices = {.count = 0};
    for (size_t vectors = 1; vectors <= most; vectors += most > 1 ? most - 1 : 1)
        for (size_t columns = 1; columns <= COLUMNS_MOST; columns++) {
            const char *name = emit_format(e, "narrow_%zux%zu", vectors, columns);
            const char *call = emit_format(e, "%s(p, r, from)", name);
            emit_narrow_tile(e, name, vectors, columns);
            choices_add(&choices, (struct choice){vectors, columns, false, {call}, 1});
        }
    EMIT_TEMPLATE("emit/product_narrow.c.in", {"LANES", emit_number(e, lanes)},
                  {"MOST", emit_number(e, most)}, {"MANY", emit_number(e, (most - 1) * lanes)},
                  {"COLUMNS", emit_number(e, COLUMNS_MOST)},
                  {"COLUMNS_LESS_ONE", emit_number(e, COLUMNS_MOST - 1)},
                  {"CHOICE", emit_choices(e, &choices, "            ", "vectors", "columns")},
                  {"KERNEL", emit_format(e, "product_f32_any__%s", e->isa->name)},
                  {"ISA", e->isa->constant});
}

struct text emit_product(const struct isa *isa)
{
    struct emitter emitter = {.isa = isa, .tag = ""}, *e = &emitter;
    EMIT_TEMPLATE("emit/product_begin.c.in", {"NAME", isa->name}, {"HEADER", isa->header},
                  {"ROWS", emit_number(e, ROWS_MOST)}, {"COLUMNS", emit_number(e, COLUMNS_MOST)},
                  {"WIDE", emit_number(e, most_vectors(isa, ROWS_MOST))},
                  {"NARROW", emit_number(e, most_vectors(isa, COLUMNS_MOST))});
    emit_wide(e);
    emit_narrow(e);
    emitter_free(e);
    return e->out;
}
