/* SPDX-License-Identifier: MIT */
/* What the emitters share: the text that grows, sizes as C expressions, layout of lines, and what
 * is asked of a stage. */
#ifndef WEIR_EMITTER_H
#define WEIR_EMITTER_H

#include "common/text.h"
#include "emit/template.h"
#include "plan/kernel_parts.h"

/* The text of one program of a kernel. Its functions work on a `struct step` (emitted): the
 * pointers of one time step. */
struct emitter {
    const struct kernel_parts *parts;
    const char *tag; /* what ends the names of this program's functions and types */
    const struct program *program;
    const struct plan *plan;
    const struct isa *isa;
    bool streams; /* a call is one step of one row, by one thread */
    struct tail *tails[STAGES_MAX]; /* NULL: a stage has whole vectors only */
    struct text out;
    struct profile *profile; /* NULL: no time stamps */
    char **strings; /* made by emit_format, freed at the end */
    size_t string_count;
    /* The fields of struct step, by index of region, state and value. */
    const char *region[STAGES_MAX * REGIONS_MAX];
    const char *prev[WEIR_STATES_MAX], *next[WEIR_STATES_MAX], *value[WEIR_VALUES_MAX];
    /* What they are called where a matrix multiplies them. */
    const char *state_operand[WEIR_STATES_MAX], *next_operand[WEIR_STATES_MAX];
    const char *value_operand[WEIR_VALUES_MAX];
    const char *given[WEIR_GIVEN_MAX], *given_operand[WEIR_GIVEN_MAX];
};

#define EMIT(...) text_add(&e->out, __VA_ARGS__)

/* Emits a template with its values: {"NAME", value}, ... */
#define EMIT_TEMPLATE(file, ...)                                                                   \
    template_add(&e->out, file, (const struct template_value[]){__VA_ARGS__},                      \
                 sizeof((const struct template_value[]){__VA_ARGS__}) /                            \
                     sizeof(struct template_value))

/* Frees what an emitter holds but for its text. */
void emitter_free(struct emitter *e);

/* A string that lives as long as the emitter. */
const char *emit_format(struct emitter *e, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What declares a tile. In a stream there is one call of each, where all that it is given is known.
 */
const char *emit_tile_words(const struct emitter *e);

const char *emit_number(struct emitter *e, size_t number);

/* The spelling of an ISA's format with its operands. */
const char *emit_spell(struct emitter *e, const char *format, const char *a, const char *b,
                       const char *c);

/* ---- Sizes ---- */

/* Sizes as C expressions inside a function that has a struct step *s: numbers where they are known.
 * size: an extent; padded: a row of a state in memory; blocks: vectors of units; panel: words of
 * one block of a region; product_row: floats of one row of a stage's hoisted products. */
bool emit_is_generic(const struct emitter *e);
bool emit_is_known(const struct emitter *e, enum weir_extent extent);
size_t emit_known(const struct emitter *e, enum weir_extent extent);
const char *emit_size(struct emitter *e, enum weir_extent extent);
size_t row_floats(size_t size); /* with the padding of a row */
const char *emit_padded(struct emitter *e, enum weir_extent extent);
const char *emit_blocks(struct emitter *e, enum weir_extent extent);
const char *emit_panel(struct emitter *e, const struct region *region);
size_t emit_word_columns(const struct emitter *e, const struct region *region); /* of a word */
const char *emit_product_row(struct emitter *e, const struct stage *stage);

/* Whether a stage has few rows (program.h), as an expression, in a kernel for any size. */
const char *emit_is_few(struct emitter *e, const struct stage *stage);

/* name, or (name + n). */
const char *emit_plus(struct emitter *e, const char *name, size_t n);

/* A constant in double precision, computed as the generator does where sizes are known; sizes is
 * what stands before I, H and P. */
const char *emit_constant(struct emitter *e, int node, const char *sizes);

/* ---- Layout ---- */

void emit_comment(struct emitter *e, const char *words); /* wrapped at the width of our lines */

/* name(parameters), where parameters are separated by ", ": broken where lines end and aligned
 * after the parenthesis. */
const char *emit_signature(struct emitter *e, const char *name, const char *parameters);

/* Writes `name = value;`, broken after the equals sign where the line is too long. */
void emit_assignment(struct emitter *e, const char *indent, const char *name, const char *value);

/* ---- What a program and its stages are like ---- */

/* Whether the kernel has passes of training; whether the program keeps its states from step to
 * step: the one that gives the gradient of x has none; whether it has values in training only. */
bool emit_trains(const struct emitter *e);
bool emit_has_states(const struct emitter *e);
bool emit_saves(const struct emitter *e);

/* Products of the input can be computed ahead: whether a region is of such, how many a stage has,
 * which of them goes to a sum (as many as there are: none), and whether that is done. */
bool is_input_region(const struct program *program, const struct region *region);
size_t stage_products(const struct program *program, const struct stage *stage);
size_t product_slot(const struct program *program, const struct stage *stage, size_t sum);
bool stage_hoists(const struct emitter *e, const struct stage *stage);
size_t emit_product_rows(const struct emitter *e); /* that memory for products holds */
size_t emit_product_floats(const struct emitter *e); /* of one of them, where sizes are known */
size_t sum_slot(const struct region *region, int sum); /* region->count: none */
const struct tail *emit_tail(const struct emitter *e, const struct stage *stage); /* or NULL */
/* The vectors that sums begin with; NULL: there are none. */
const struct region *stage_bias(const struct stage *stage);
/* Emits the beginning of a sum: its vectors, which the pointer leads to, or +0. The type, and a
 * blank, declare it; or an empty text. */
void emit_sum_beginning(struct emitter *e, const char *indent, const struct stage *stage, int sum,
                        const char *pointer, const char *type, const char *name);
/* What tells groups of sums, and their panels, apart in names, where a stage has several. */
const char *group_suffix(struct emitter *e, const struct stage *stage, size_t group);
/* Whether the tail of one row joins the whole vectors before it in one tile: side by side they wait
 * for one another's results less. */
bool stage_joins(const struct emitter *e, const struct stage *stage);

#endif
