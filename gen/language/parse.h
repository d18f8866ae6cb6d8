/* SPDX-License-Identifier: MIT */
/* Reading a cell file: text in, graph out, or one sentence with file, line and column. */
#ifndef WEIR_PARSE_H
#define WEIR_PARSE_H

#include "cell/graph.h"
#include "common/failure.h"

/* The graph of the cell in text[0..length), with the given sizes by extent (0: any size). On bad
 * input: NULL, and as the sentence "file:line:column: sentence", the line itself and a caret. */
struct graph *cell_parse(const char *file, const char *text, size_t length, const double size[4],
                         struct failure *failure);

#endif
