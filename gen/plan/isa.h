/* SPDX-License-Identifier: MIT */
/* What each ISA calls things: an ISA is a table. Spellings are printf formats with positional
 * operands: loads take (pointer, index), stores (pointer, value), operations their operands. */
#ifndef WEIR_ISA_H
#define WEIR_ISA_H

#include "cell/graph.h"
#include "common/failure.h"

struct isa {
    const char *name, *constant, *header, *vector; /* constant: of enum weir_isa */
    size_t lanes;
    size_t accumulators; /* that stay in registers beside what they are computed from */
    size_t half_accumulators; /* beside weights of 16 bits, both columns of which are widened */
    size_t byte_accumulators; /* of products of bytes */
    const char *load, *load_any, *load_first, *store, *store_any, *store_first, *zero, *set1;
    const char *window; /* (low, high, n): the lanes from n on of two vectors; n is a constant */
    const char *three; /* (a, b, c): three floats in the first lanes; one lane takes the first */
    const char *op[OP_COUNT];
    const char *sleef[OP_COUNT]; /* where the sleef form differs; NULL: as op */
    const char *guard; /* the compiler's macro for the architecture; NULL: any */
};

extern const struct isa isas[WEIR_ISA_COUNT];

/* The ISA of this name, or NULL. */
const struct isa *isa_find(const char *name);

/* The ISA that this one goes beyond by an instruction for weights of few bits: float32 gains
 * nothing by that, and runs on the base. NULL: it is a base itself. */
const struct isa *isa_base(const struct isa *isa);

/* Whether a CPU that has it has AVX2 and FMA. */
bool isa_has_avx2(const struct isa *isa);

/* Whether weights, which are bytes or not, gain from what an ISA has beyond its base; if not, that
 * is told. */
bool isa_check(const struct isa *isa, bool bytes, struct failure *failure);

/* The names of those that are, for a sentence: "a, b or c". The caller frees it. */
char *isa_names(void);

#endif
