/* SPDX-License-Identifier: MIT */
/* From a program, a plan and an ISA to the text of a kernel. Nothing is chosen here. */
#ifndef WEIR_EMIT_H
#define WEIR_EMIT_H

#include "common/text.h"
#include "plan/kernel_parts.h"
#include "plan/tails.h"

/* What the emitters share. A kernel's functions work on a `struct step` (emitted): the pointers of
 * one time step. */
struct emitter {
    const struct kernel_parts *parts;
    const char *tag; /* what ends the names of this program's functions and types */
    const struct program *program;
    const struct plan *plan;
    const struct isa *isa;
    struct tail *tails[STAGES_MAX]; /* NULL: a stage has whole vectors only */
    struct text out;
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

/* The names that are taken in a scope of the emitted file. */
enum { NAMES_MAX = 4 * NODES_MAX };
struct names {
    struct taken {
        const char *name;
        int twins; /* names made of this one */
    } taken[NAMES_MAX];
};

/* Emits one kernel; the caller frees the text. command is what made it, for its header. */
struct text emit_kernel(const struct kernel_parts *parts, const char *command);

/* Emits the kernel of gradients of weights for an ISA; the caller frees the text. */
struct text emit_product(const struct isa *isa);

/* Frees what an emitter holds but for its text. */
void emitter_free(struct emitter *e);

/* The name of the kernel: cell_f32_iI_hH[_pP]__isa[_sleef], or cell_f32_any__isa[_sleef]. */
char *emit_name(const struct program *program, const struct isa *isa);

/* Whether the kernel has passes of training; whether the program keeps its states from step to
 * step: the one that gives the gradient of x has none. */
bool emit_trains(const struct emitter *e);
bool emit_has_states(const struct emitter *e);
bool emit_saves(const struct emitter *e); /* some values in training only */

/* Emits the kernels of a model that stands alone, for one ISA, as one file; `name` begins every
 * name that others see. Programs are renamed: parts are for nothing else after. */
struct text emit_alone(struct kernel_parts *const *parts, size_t count, const char *name);

/* ---- Shared by the emitters ---- */

/* emit.c: a program and its tables; what the emitter holds is freed. */
void emit_program(struct emitter *e);
void emitter_free(struct emitter *e);
void emit_comment(struct emitter *e, const char *words); /* wrapped at the width of our lines */

#define EMIT(...) text_add(&e->out, __VA_ARGS__)

/* The shape of a tile: its vectors of units, of which the last is the tail where TAIL_SHAPE is
 * added. */
enum { TAIL_SHAPE = 10, SHAPES = 20 };

/* A string that lives as long as the emitter. */
const char *emit_format(struct emitter *e, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The spelling of an ISA's format with its operands. */
const char *emit_spell(struct emitter *e, const char *format, const char *a, const char *b,
                       const char *c);

/* Sizes as C expressions inside a function that has a struct step *s: numbers where they are known.
 * rows: an extent; padded: a row of a state in memory; blocks: vectors of units; panel: floats of
 * one block of a region. */
bool emit_is_generic(const struct emitter *e);
bool emit_is_known(const struct emitter *e, enum weir_extent extent);
size_t emit_known(const struct emitter *e, enum weir_extent extent);
const char *emit_size(struct emitter *e, enum weir_extent extent);
const char *emit_padded(struct emitter *e, enum weir_extent extent);
const char *emit_blocks(struct emitter *e, enum weir_extent extent);
const char *emit_panel(struct emitter *e, const struct region *region);
/* floats of one row of a stage's hoisted products */
const char *emit_product_row(struct emitter *e, const struct stage *stage);
/* name, or (name + n). */
const char *emit_plus(struct emitter *e, const char *name, size_t n);

/* A constant in double precision, computed as the generator does where sizes are known; sizes is
 * what stands before I, H and P. */
const char *emit_constant(struct emitter *e, int node, const char *sizes);

/* A name from a cell file as a C identifier that nothing the emitters write collides with. */
const char *emit_identifier(struct emitter *e, const char *name);

/* An empty scope, which the caller frees; the name, or one made of it where it is taken, which is
 * taken from then on. */
struct names *names_create(void);
const char *emit_unique(struct emitter *e, struct names *names, const char *name);

/* Names the fields of struct step for states and values, and the operands of products. */
void emit_name_operands(struct emitter *e);

/* What a region multiplies: x, a state or a stored value. Its name; a pointer to its first row; the
 * index of a row in the type of the stride; the stride. */
const char *emit_operand_name(struct emitter *e, int node);
const char *emit_operand_pointer(struct emitter *e, int node);
const char *emit_operand_index(struct emitter *e, int node, const char *row);
const char *emit_operand_row(struct emitter *e, int node);

/* Writes head, then the parameters (separated by ", "), then tail, broken where lines end and
 * aligned after the head. */
void emit_wrapped(struct emitter *e, const char *head, const char *parameters, const char *tail);

/* Writes `name = value;`, broken after the equals sign where the line is too long. */
void emit_assignment(struct emitter *e, const char *indent, const char *name, const char *value);

/* Regions and sums of a stage that come from the input, and so can be computed ahead. */
const struct region *stage_input_region(const struct program *program, const struct stage *stage);
bool stage_hoists(const struct emitter *e, const struct stage *stage);
size_t sum_slot(const struct region *region, int sum); /* region->count: none */
const struct tail *emit_tail(const struct emitter *e, const struct stage *stage); /* or NULL */
/* Whether the tail of one row joins the whole vectors before it in one tile: side by side they wait
 * for one another's results less. */
bool stage_joins(const struct emitter *e, const struct stage *stage);

/* emit_tiles.c: the register tiles of a stage (each is emit_tile.c), and what picks one. */
void emit_tiles(struct emitter *e, const struct stage *stage);
/* emit_units.c: the elementwise work of a stage, as a function `units` over sums in memory, or in
 * place for one block whose sums are the variables named. */
void emit_units(struct emitter *e, const struct stage *stage);
void emit_fused_units(struct emitter *e, const struct stage *stage, const char *block,
                      const char *const *accumulators);
/* emit_walk.c: the walk over blocks and rows of a stage, and the products computed ahead. */
void emit_walk(struct emitter *e, const struct stage *stage);
/* emit_loop.c: a program's struct step, and the loop over time. */
void emit_step(struct emitter *e);
void emit_run(struct emitter *e);
const char *emit_run_name(struct emitter *e); /* of the function that runs the program */
/* emit_tables.c: what the kernel says of a program, and of itself (with the forward one). */
void emit_pass_tables(struct emitter *e);
void emit_tables(struct emitter *e, const char *name);

#endif
