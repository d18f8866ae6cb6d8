/* SPDX-License-Identifier: MIT */
/* Cells by name or file; see cells.h. Kernels are made when Weir is built, so a file can only be
 * looked up among those texts. */
#define _GNU_SOURCE
#include "stock/cells.h"

#include "common/files.h"

#include <stdlib.h>
#include <string.h>

struct cell {
    const char *name, *text;
};

#define WEIR_CELL(name, text) {name, text},
static const struct cell cells[] = {
#include "cells.inc"
};
#undef WEIR_CELL

enum { CELLS = sizeof cells / sizeof *cells, TEXT_MAX = 65536 };

static bool unknown(const char *name, struct failure *failure)
{
    char list[512] = "";
    for (size_t c = 0; c < CELLS; c++)
        if (strlen(list) + strlen(cells[c].name) + 3 < sizeof list)
            strcat(strcat(list, c ? ", " : ""), cells[c].name);
    return fail(failure, "there is no cell '%.64s' in this build; there are: %s", name, list);
}

static const char *by_name(const char *name, struct failure *failure)
{
    for (size_t c = 0; c < CELLS; c++)
        if (strcmp(cells[c].name, name) == 0)
            return cells[c].name;
    unknown(name, failure);
    return NULL;
}

static const char *by_file(const char *path, struct failure *failure)
{
    size_t length;
    char *text = file_read(path, TEXT_MAX, &length, failure);
    const char *name = NULL;
    if (!text) {
        fail(failure, "%s; give a cell file, or the name of a cell", failure->sentence);
        return NULL;
    }
    for (size_t c = 0; c < CELLS && !name; c++)
        if (strlen(cells[c].text) == length && memcmp(cells[c].text, text, length) == 0)
            name = cells[c].name;
    free(text);
    if (name)
        return name;
    char *full = realpath(path, NULL);
    fail(failure,
         "%s: there are no kernels of this cell in this build; make them with "
         "cmake -B build -DWEIR_CELLS=%s and build again",
         path, full ? full : path);
    free(full);
    return NULL;
}

static bool cell_add(struct options *options, const char *word, struct failure *failure)
{
    const size_t length = strlen(word);
    const bool is_file = length > 5 && strcmp(word + length - 5, ".cell") == 0;
    const char *name = is_file ? by_file(word, failure) : by_name(word, failure);
    if (!name)
        return false;
    for (size_t c = 0; c < options->cell_count; c++)
        if (strcmp(options->cells[c], name) == 0)
            return fail(failure, "--cells names %s twice", name);
    if (options->cell_count == CELLS_MAX)
        return fail(failure, "--cells: more than %d cells", CELLS_MAX);
    snprintf(options->cells[options->cell_count++], CELL_NAME_MAX, "%s", name);
    return true;
}

bool cells_resolve(struct options *options, struct failure *failure)
{
    const char *list = options->cell_list;
    for (bool more = true; more;) {
        char word[512];
        const size_t length = strcspn(list, ",");
        if (length == 0 || length >= sizeof word)
            return fail(failure, "--cells '%.64s': expected names with single commas between them",
                        options->cell_list);
        memcpy(word, list, length);
        word[length] = 0;
        if (!cell_add(options, word, failure))
            return false;
        more = list[length] == ',';
        list += length + more;
    }
    return true;
}
