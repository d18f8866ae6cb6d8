/* SPDX-License-Identifier: MIT */
/* How the weights of a program lie in memory. What a region is like is said here, once: its type,
 * its tail, whether its rows may lie by themselves; what that means in words is kernels/packing.h.
 * Tables, offsets and packed models are made from it. */
#ifndef WEIR_LAYOUT_H
#define WEIR_LAYOUT_H

#include "passes/program.h"
#include "plan/tails.h"

/* Region r of a stage as a kernel describes it, without its parameters; the tail is that of the
 * stage, or NULL. */
struct weir_region layout_region(const struct program *program, const struct stage *stage,
                                 const struct tail *tail, size_t r);

/* The words that it takes in memory, where sizes are known. */
size_t layout_words(const struct program *program, const struct stage *stage,
                    const struct tail *tail, size_t r, size_t lanes);

#endif
