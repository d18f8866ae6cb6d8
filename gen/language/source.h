/* SPDX-License-Identifier: MIT */
/* Cells by name or from files, and what is written. What goes wrong ends the program with one
 * sentence. */
#ifndef WEIR_SOURCE_H
#define WEIR_SOURCE_H

#include "cell/graph.h"
#include "common/text.h"

/* A cell as text. */
struct source {
    const char *name; /* as given on the command line */
    char *text;
    size_t length;
};

const char *source_built_in(size_t index); /* the name of a built-in cell; NULL past the last */

/* The text of a built-in cell or of a file; the caller frees it. */
struct source source_read(const char *name);
struct graph *source_parse(const struct source *source, const double size[4]);

/* Ends the program with a sentence about a place in a cell. */
_Noreturn void source_fail(const struct source *source, int line, int column, const char *sentence);

/* Writes a file whole or not at all, and not where it would not change, so that nothing is compiled
 * anew for it; NULL: to stdout. */
void source_write(const char *path, const struct text *text);

#endif
