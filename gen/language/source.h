/* SPDX-License-Identifier: MIT */
/* Cells by name or from files: the text of one, and from that its graph. */
#ifndef WEIR_SOURCE_H
#define WEIR_SOURCE_H

#include "cell/graph.h"
#include "common/failure.h"
#include "common/text.h"

/* A cell as text. */
struct source {
    const char *name; /* of a built-in cell, or a file's path */
    char *text;
    size_t length;
};

const char *source_built_in(size_t index); /* the name of a built-in cell; NULL past the last */

/* The text of a built-in cell or of a file; the caller frees it. */
bool source_read(const char *name, struct source *source, struct failure *failure);
struct graph *source_parse(const struct source *source, const double size[4],
                           struct failure *failure);

/* Both: the graph of a built-in cell or of a file. */
struct graph *source_graph(const char *name, const double size[4], struct failure *failure);

/* Warns, a sentence with its place each, of sizes that nothing in the cell decides and that are
 * taken for H. */
void source_warn(const struct source *source, const struct graph *graph, struct text *warnings);

/* Tells the sentence of a failure again as one about a place in the cell. */
bool source_fail(const struct source *source, int line, int column, struct failure *failure);

/* Whether a size P is given where the cell has a state of that size, and only there, and is a
 * number where the others are. */
bool source_check_projection(const struct graph *graph, const double size[4], bool is_given,
                             struct failure *failure);

#endif
