/* SPDX-License-Identifier: MIT */
/* A cell printed as maths. */
#ifndef WEIR_DUMP_H
#define WEIR_DUMP_H

#include "graph.h"
#include "text.h"

/* The graph as it was read: folded, with functions written out, one line a named value. */
void dump_graph(const struct graph *graph, struct text *out);

#endif
