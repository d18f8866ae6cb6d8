/* SPDX-License-Identifier: MIT */
/* The limits of a cell in words: how many of what, and what helps. */
#include "passes/limits.h"

#include "passes/derive.h"
#include "passes/program.h"

static const struct {
    int most;
    const char *what, *expected;
} limits[] = {
    [LIMIT_OPERATIONS] = {NODES_MAX, "operations, with all that it is made into",
                          "fewer operations"},
    [LIMIT_NAMES] = {ORIGINS_MAX, "names of gradients", "fewer named values"},
    [LIMIT_SAVED] = {WEIR_VALUES_MAX, "sums of products to save for its gradient",
                     "fewer products, or more of them added together at once"},
    [LIMIT_DELTAS] = {WEIR_VALUES_MAX, "gradients of sums and of learned vectors",
                      "fewer products and learned vectors, or more of them added together at once"},
    [LIMIT_OUTERS] = {OUTERS_MAX, "uses of learned matrices and vectors", "fewer uses of them"},
    [LIMIT_STAGES] = {STAGES_MAX, "stages, in each of which products wait for those before",
                      "fewer products of values that come from products"},
    [LIMIT_SUMS] = {SUMS_MAX, "sums in a stage", "fewer sums of products that wait for nothing"},
    [LIMIT_SLOTS] = {SLOTS_MAX, "learned matrices of one operand, or vectors of one stage",
                     "fewer of them"},
    [LIMIT_STORED] = {WEIR_VALUES_MAX,
                      "values to keep in memory between stages, or for the gradient",
                      "fewer values that are used after a product has used them"},
};

bool fail_limit(struct failure *failure, const struct graph *graph, bool trains)
{
    return fail(failure, "the cell '%s' is too large %s: it has more than %d %s; expected %s",
                graph->name, trains ? "to be trained" : "for one kernel", limits[graph->over].most,
                limits[graph->over].what, limits[graph->over].expected);
}
