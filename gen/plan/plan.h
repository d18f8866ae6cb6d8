/* SPDX-License-Identifier: MIT */
/* The plan: every decision about how a kernel is computed that does not change its results. It is
 * data; choosing never happens inside an emitter. An experiment can hold one field fixed and vary
 * another by weir-gen --plan field=value,... */
#ifndef WEIR_PLAN_H
#define WEIR_PLAN_H

#include "passes/program.h"
#include "plan/isa.h"

/* One row a field: name, least and greatest value, meaning. */
#define PLAN_FIELDS(FIELD)                                                                         \
    FIELD(vectors, 1, 8, "vectors of units a tile of one row computes")                            \
    FIELD(rows, 1, 8, "batch rows that a tile computes together")                                  \
    FIELD(batch_vectors, 1, 8, "vectors of units a tile of several rows computes")                 \
    FIELD(sums, 0, 16, "sums that a tile of several rows holds; 0: all that a stage has")          \
    FIELD(hoist, 0, 512, "rows of W@x computed ahead as one product; 0: none")                     \
    FIELD(hoist_batch, 1, 512, "the largest batch for which W@x is hoisted")                       \
    FIELD(blend, 0, 8, "steps whose W@x is computed beside one row's recurrent products; 0: none") \
    FIELD(fused, 0, 1, "elementwise work of one row in its tile, without a detour by memory")      \
    FIELD(abreast, 1, 4, "rows of several whose elementwise work is done side by side")            \
    FIELD(tails, 0, 1, "units past the last whole vector: their sums share vectors")               \
    FIELD(prefetch, 0, 64, "fetch weights of the next block every so many columns; 0: never")      \
    FIELD(fetch_rows, 0, 1, "fetch the rows that the next tile of several rows multiplies")        \
    FIELD(serpentine, 0, 1, "walk the blocks of weights backwards on odd steps")

struct plan {
#define FIELD(name, least, greatest, meaning) size_t name;
    PLAN_FIELDS(FIELD)
#undef FIELD
};

/* The same rows, to walk them. */
enum {
    PLAN_FIELD_COUNT = 0
#define FIELD(name, least, greatest, meaning) +1
    PLAN_FIELDS(FIELD)
#undef FIELD
};

struct plan_field {
    const char *name;
    size_t offset, least, greatest;
};

extern const struct plan_field plan_fields[PLAN_FIELD_COUNT];

size_t *plan_value(struct plan *plan, size_t field);

/* The accumulators that stay in registers beside what the type of the weights needs. */
size_t plan_accumulators(const struct program *program, const struct isa *isa);

/* The plan for a program on an ISA, from what was measured (see plan.c). */
struct plan plan_choose(const struct program *program, const struct isa *isa);

/* The plan for a step of several rows, whose weights lie as one by `lone`, which holds all sums of
 * a stage together, has them: of streams that are computed together. */
struct plan plan_together(const struct program *program, const struct isa *isa,
                          const struct plan *lone);

/* Overrides fields by "field=value,field=value". False: on bad input. */
bool plan_override(struct plan *plan, const char *text, struct failure *failure);

/* The plan as plan_override takes it; the caller frees it. */
char *plan_text(const struct plan *plan);

#endif
