/* SPDX-License-Identifier: MIT */
/* All that a kernel is made of before it is text: the program of each pass, its plan, and what
 * joins them. */
#ifndef WEIR_KERNEL_PARTS_H
#define WEIR_KERNEL_PARTS_H

#include "passes/derive.h"
#include "passes/program.h"
#include "plan/plan.h"
#include "plan/tails.h"

struct kernel_parts {
    struct program *program[ROLE_COUNT]; /* NULL: the kernel has no such pass */
    struct plan plan[ROLE_COUNT];
    const struct isa *isa;
    const char *tuned_for; /* as struct weir_kernel has it */
    struct derivation *derivation; /* NULL: not to be trained */
    bool profiled; /* time stamps between the phases of the forward pass */
};

/* The parts of a kernel for a cell, whose graph is taken over; plans are those that plan_choose
 * makes. `trains`: with the passes of training, which are for float32 alone. Where the cell is too
 * large: NULL. */
struct kernel_parts *kernel_parts_create(struct graph *graph, enum weir_math math,
                                         enum weir_type type, const struct isa *isa, bool trains,
                                         struct failure *failure);

/* Overrides fields of plans by "field=value,...": forward's, or with "backward." or "input." before
 * a field those of a pass of training. False: on bad input, or where the kernel has no such pass.
 */
bool kernel_parts_override(struct kernel_parts *parts, const char *text, struct failure *failure);

/* The tail of a stage, which the caller frees, where the plan wants one and the stage has it; or
 * NULL.
 */
struct tail *kernel_parts_tail(const struct kernel_parts *parts, enum role role, size_t stage);

/* The plans of all passes, as kernel_parts_override takes them; the caller frees them. */
char *kernel_parts_plan(const struct kernel_parts *parts);

/* Puts other plans in the place of all. */
void kernel_parts_replan(struct kernel_parts *parts, const struct plan plan[ROLE_COUNT]);

/* What the name of a kernel begins with: cell_type_iI_hH[_pP], or cell_type_any. The caller frees
 * it.
 */
char *kernel_stem(const struct program *program);

void kernel_parts_free(struct kernel_parts *parts);

#endif
