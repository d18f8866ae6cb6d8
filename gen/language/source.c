/* SPDX-License-Identifier: MIT */
/* Cells that are built in, and those in files. */
#include "language/source.h"

#include "common/files.h"
#include "common/text.h"
#include "language/lex.h"
#include "language/parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of a cell; and of what is read at all, so that the beginning of a larger file can be shown. */
enum { FILE_LIMIT = 4 << 20, READ_LIMIT = 16 * FILE_LIMIT };

static const struct {
    const char *name, *text;
} built_in[] = {
#define WEIR_CELL(name, text) {name, text},
#include "cells.inc"
#undef WEIR_CELL
};

enum { BUILT_IN_COUNT = sizeof built_in / sizeof *built_in };

const char *source_built_in(size_t index)
{
    return index < BUILT_IN_COUNT ? built_in[index].name : NULL;
}

bool source_fail(const struct source *source, int line, int column, struct failure *failure)
{
    return lexer_tell(failure, source->name, source->text, source->length, line, column,
                      failure->sentence);
}

bool source_read(const char *name, struct source *source, struct failure *failure)
{
    *source = (struct source){.name = name};
    for (size_t i = 0; i < BUILT_IN_COUNT; i++)
        if (!strcmp(built_in[i].name, name)) {
            source->length = strlen(built_in[i].text);
            source->text = text_format("%s", built_in[i].text);
            return true;
        }
    if (access(name, R_OK))
        return fail(failure,
                    "'%.1000s' is neither a built-in cell (weir-gen --list shows them) nor a file "
                    "that can be read: %s",
                    name, strerror(errno));
    source->text = file_read(name, READ_LIMIT, &source->length, failure);
    if (!source->text)
        return false;
    if (source->length <= FILE_LIMIT)
        return true;
    fail(failure, "the file is larger than %d bytes, expected a cell file", FILE_LIMIT);
    source_fail(source, 1, 1, failure);
    free(source->text);
    return false;
}

struct graph *source_parse(const struct source *source, const double size[4],
                           struct failure *failure)
{
    return cell_parse(source->name, source->text, source->length, size, failure);
}

struct graph *source_graph(const char *name, const double size[4], struct failure *failure)
{
    struct source source;
    if (!source_read(name, &source, failure))
        return NULL;
    struct graph *graph = source_parse(&source, size, failure);
    free(source.text);
    return graph;
}

void source_warn(const struct source *source, const struct graph *graph, struct text *warnings)
{
    for (int p = graph_undecided(graph, 0); p < graph->param_count;
         p = graph_undecided(graph, p + 1)) {
        const struct param *param = &graph->params[p];
        struct failure warning;
        fail(
            &warning,
            param->is_matrix
                ? "warning: nothing says how many rows the matrix '%s' has: taken for H; expected "
                  "a size after the name of what it makes, such as m[H] = %s@x"
                : "warning: nothing says how long the vector '%s' is: taken for H; expected a size "
                  "after the name of what it makes, such as m[H] = %s",
            param->name, param->name);
        source_fail(source, param->line, param->column, &warning);
        text_add(warnings, "%s", warning.sentence);
    }
}

bool source_check_projection(const struct graph *graph, const double size[4], bool is_given,
                             struct failure *failure)
{
    const bool has = graph_has_extent(graph, WEIR_P);
    if (has && !is_given)
        return fail(failure, "the cell '%s' has a state of size P, expected --projection as well",
                    graph->name);
    if (!has && is_given)
        return fail(failure, "the cell '%s' has no state of size P, expected no --projection",
                    graph->name);
    if (has && (size[WEIR_I] > 0) != (size[WEIR_P] > 0))
        return fail(failure, "--input, --hidden and --projection are all sizes or all 'any'");
    return true;
}
