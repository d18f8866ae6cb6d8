/* SPDX-License-Identifier: MIT */
/* weir-gen: the commands of the generator. It reads a cell, by the name of a built-in one or from a
 * file, and prints a kernel, its maths, how right its gradient is, or what there is to choose from.
 * The command line is read in options.c. */
#define _GNU_SOURCE /* getpid */
#include "check.h"
#include "dump.h"
#include "emit.h"
#include "lex.h"
#include "options.h"
#include "parse.h"

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

/* ---- Reading a cell ---- */

/* A cell as text. */
struct source {
    const char *name; /* as given on the command line */
    char *text;
    size_t length;
};

static _Noreturn void fail_in(const struct source *source, int line, int column,
                              const char *sentence)
{
    struct text error = {0};
    lexer_tell(&error, source->name, source->text, source->length, line, column, sentence);
    fputs(error.chars, stderr);
    exit(EXIT_BAD);
}

/* The text of a built-in cell or of a file; the caller frees it. */
static struct source read_cell(const char *name)
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
        fail_in(&source, 1, 1,
                text_format("the file is larger than %d bytes, expected a cell file", FILE_LIMIT));
    return source;
}

static struct graph *parse_cell(const struct source *source, const double size[4])
{
    struct text error = {0};
    struct graph *graph = cell_parse(source->name, source->text, source->length, size, &error);
    if (graph)
        return graph;
    fputs(error.chars, stderr);
    exit(EXIT_BAD);
}

/* ---- Commands ---- */

static void list(void)
{
    printf("Cells:");
    for (size_t i = 0; i < BUILT_IN_COUNT; i++)
        printf(" %s", built_in[i].name);
    printf("\nISAs:");
    for (size_t i = 0; i < WEIR_ISA_COUNT; i++)
        printf(" %s", isas[i].name);
    printf("\nMaths forms: inline sleef\nPlan fields:\n");
#define FIELD(name, least, greatest, meaning)                                                      \
    printf("  %-14s %d to %d: %s\n", #name, least, greatest, meaning);
    PLAN_FIELDS(FIELD)
#undef FIELD
    printf("Operations: + - * / @");
#define OP(id, spelling, arity, value, by_a, by_b)                                                 \
    if (spelling[0] >= 'a')                                                                        \
        printf(" %s", spelling);
#define FUNCTION(name, parameters, text)
#include "ops.def"
#undef OP
#undef FUNCTION
    printf("\nFunctions (parameters, meaning):\n");
#define OP(id, spelling, arity, value, by_a, by_b)
#define FUNCTION(name, parameters, text) printf("  %-16s (%s)  %s\n", name, parameters, text);
#include "ops.def"
#undef OP
#undef FUNCTION
}

static void dump(const struct request *request)
{
    const double any[4] = {1, 0, 0, 0};
    struct text out = {0};
    char *error = NULL;
    struct source source = read_cell(request->cell);
    struct graph *graph = parse_cell(&source, any);
    if (!request->backward)
        dump_graph(graph, &out);
    else if (!dump_gradient(graph, &out, &error))
        fail_in(&source, graph->line, graph->column, error);
    fputs(out.chars, stdout);
    text_free(&out);
    free(source.text);
    graph_free(graph);
}

/* The file is written whole or not at all. */
static void write_output(const char *path, const struct text *text)
{
    if (!path) {
        if (fwrite(text->chars, 1, text->length, stdout) != text->length || fflush(stdout))
            fail("writing to stdout failed");
        return;
    }
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

/* The command that makes a kernel, as its header tells it: no path, nothing that is the default. */
static char *command_text(const struct request *request, bool has_projection)
{
    struct text text = {0};
    const char *slash = strrchr(request->cell, '/');
    text_add(&text, "weir-gen --cell %s --input %s --hidden %s", slash ? slash + 1 : request->cell,
             request->size[WEIR_I], request->size[WEIR_H]);
    if (has_projection)
        text_add(&text, " --projection %s", request->size[WEIR_P]);
    text_add(&text, " --isa %s", request->isa);
    if (request->trains)
        text_add(&text, " --train");
    if (request->math && strcmp(request->math, "inline") != 0)
        text_add(&text, " --math %s", request->math);
    if (request->plan)
        text_add(&text, " --plan %s", request->plan);
    return text.chars;
}

static void check_projection(const struct request *request, const struct graph *graph,
                             const double size[4])
{
    const bool has = graph_has_extent(graph, WEIR_P);
    if (has && !request->size[WEIR_P])
        fail(text_format("the cell '%s' has a state of size P, expected --projection as well",
                         graph->name));
    if (!has && request->size[WEIR_P])
        fail(text_format("the cell '%s' has no state of size P, expected no --projection",
                         graph->name));
    if (has && (size[WEIR_I] > 0) != (size[WEIR_P] > 0))
        fail("--input, --hidden and --projection are all sizes or all 'any'");
}

static const struct isa *find_isa(const struct request *request)
{
    const struct isa *isa = request->isa ? isa_find(request->isa) : NULL;
    if (!isa)
        fail(text_format("--isa %s, expected %s", request->isa ? request->isa : "is missing",
                         isa_names()));
    return isa;
}

static void generate(const struct request *request)
{
    const struct isa *isa = find_isa(request);
    const bool sleef = request->math && !strcmp(request->math, "sleef");
    if (request->math && !sleef && strcmp(request->math, "inline") != 0)
        fail(text_format("--math %s, expected inline or sleef", request->math));
    double size[4];
    char *error = NULL;
    options_sizes(request, size);
    struct source source = read_cell(request->cell);
    struct graph *graph = parse_cell(&source, size);
    const bool has_projection = graph_has_extent(graph, WEIR_P);
    const int line = graph->line, column = graph->column;
    check_projection(request, graph, size);
    struct kernel_parts *parts =
        kernel_parts_create(graph, sleef ? WEIR_SLEEF : WEIR_INLINE, isa, request->trains, &error);
    if (!parts)
        fail_in(&source, line, column, error);
    if (request->plan && !kernel_parts_override(parts, request->plan, &error))
        fail(error);
    char *command = command_text(request, has_projection);
    struct text kernel = emit_kernel(parts, command);
    write_output(request->output, &kernel);
    text_free(&kernel);
    free(command);
    free(source.text);
    kernel_parts_free(parts);
}

/* The kernel of gradients of weights. */
static void generate_product(const struct request *request)
{
    struct text kernel = emit_product(find_isa(request));
    write_output(request->output, &kernel);
    text_free(&kernel);
}

/* The exit status. */
static int check(const struct request *request)
{
    double size[4];
    struct text out = {0};
    char *error = NULL;
    options_check_sizes(request, size);
    struct source source = read_cell(request->cell);
    struct graph *graph = parse_cell(&source, size);
    if (request->size[WEIR_P])
        check_projection(request, graph, size);
    const enum check_result result = check_gradient(graph, &out, &error);
    if (result == CHECK_TOO_LARGE)
        fail_in(&source, graph->line, graph->column, error);
    fputs(out.chars ? out.chars : "", stdout);
    fflush(stdout);
    if (result == CHECK_FAILED)
        fprintf(stderr, "weir-gen: %s\n", error);
    free(error);
    text_free(&out);
    free(source.text);
    graph_free(graph);
    return result == CHECK_PASSED ? 0 : 1;
}

int main(int argc, char **argv)
{
    const struct request request = options_read(argc, argv);
    switch (request.command) {
    case COMMAND_LIST:
        list();
        return 0;
    case COMMAND_PRODUCT:
        generate_product(&request);
        return 0;
    case COMMAND_DUMP:
        dump(&request);
        return 0;
    case COMMAND_CHECK:
        return check(&request);
    default:
        generate(&request);
        return 0;
    }
}
