/* SPDX-License-Identifier: MIT */
/* Files that weir-gen reads and writes. What goes wrong with one ends the program. */
#define _GNU_SOURCE /* getpid */
#include "language/source.h"

#include "language/lex.h"
#include "language/parse.h"
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_LIMIT = 4 << 20 };

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

/* ---- Reading a cell ---- */

_Noreturn void source_fail(const struct source *source, int line, int column, const char *sentence)
{
    struct text error = {0};
    lexer_tell(&error, source->name, source->text, source->length, line, column, sentence);
    fputs(error.chars, stderr);
    exit(EXIT_BAD);
}

/* The text of a built-in cell or of a file; the caller frees it. */
struct source source_read(const char *name)
{
    struct source source = {.name = name};
    for (size_t i = 0; i < BUILT_IN_COUNT; i++)
        if (!strcmp(built_in[i].name, name)) {
            source.length = strlen(built_in[i].text);
            source.text = text_format("%s", built_in[i].text);
            return source;
        }
    FILE *file = fopen(name, "rb");
    if (!file)
        fail(text_format("'%s' is neither a built-in cell (weir-gen --list shows them) nor a file "
                         "that can be read: %s",
                         name, strerror(errno)));
    source.text = malloc(FILE_LIMIT + 1);
    if (!source.text)
        fail("out of memory");
    source.length = fread(source.text, 1, FILE_LIMIT + 1, file);
    const bool failed = ferror(file);
    fclose(file);
    if (failed)
        fail(text_format("%s: reading failed: %s", name, strerror(errno)));
    if (source.length > FILE_LIMIT)
        source_fail(
            &source, 1, 1,
            text_format("the file is larger than %d bytes, expected a cell file", FILE_LIMIT));
    return source;
}

struct graph *source_parse(const struct source *source, const double size[4])
{
    struct text error = {0};
    struct graph *graph = cell_parse(source->name, source->text, source->length, size, &error);
    if (graph)
        return graph;
    fputs(error.chars, stderr);
    exit(EXIT_BAD);
}

/* ---- Writing ---- */

/* Whether a file holds this text already. */
static bool holds(const char *path, const struct text *text)
{
    FILE *file = fopen(path, "rb");
    char *there = file ? malloc(text->length + 1) : NULL;
    const bool same = there && fread(there, 1, text->length + 1, file) == text->length &&
                      memcmp(there, text->chars, text->length) == 0;
    free(there);
    if (file)
        fclose(file);
    return same;
}

void source_write(const char *path, const struct text *text)
{
    if (!path) {
        if (fwrite(text->chars, 1, text->length, stdout) != text->length || fflush(stdout))
            fail("writing to stdout failed");
        return;
    }
    if (holds(path, text))
        return;
    char *temporary = text_format("%s.%ld.tmp", path, (long)getpid());
    FILE *file = fopen(temporary, "wb");
    const bool written = file && fwrite(text->chars, 1, text->length, file) == text->length;
    const bool closed = file && fclose(file) == 0;
    if (!written || !closed || rename(temporary, path) != 0) {
        const int reason = errno;
        remove(temporary);
        fail(text_format("%s cannot be written: %s", path, strerror(reason)));
    }
    free(temporary);
}
