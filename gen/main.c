/* SPDX-License-Identifier: MIT */
/* weir-gen: the command line of the generator. It reads a cell, by the name of a built-in one or
 * from a file, and prints a kernel, its maths, or what there is to choose from. */
#define _GNU_SOURCE /* getopt_long, getpid */
#include "dump.h"
#include "emit.h"
#include "lex.h"
#include "parse.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SIZE_LIMIT = 1 << 20, FILE_LIMIT = 4 << 20, EXIT_BAD = 2 };

static const struct {
    const char *name, *text;
} built_in[] = {
#define WEIR_CELL(name, text) {name, text},
#include "cells.inc"
#undef WEIR_CELL
};

enum { BUILT_IN_COUNT = sizeof built_in / sizeof *built_in };

struct request {
    bool trains;
    const char *cell, *dump, *output, *isa, *math, *plan;
    const char *size[4]; /* as given, by extent */
};

static const char help[] =
    "weir-gen: write a recurrent kernel in C from a cell file\n"
    "\n"
    "  weir-gen --cell NAME|FILE --input I --hidden H --isa ISA [options]   one kernel\n"
    "  weir-gen --product --isa ISA [-o FILE]   gradients of weights, for every cell and size\n"
    "  weir-gen --dump NAME|FILE    the graph of a cell as maths\n"
    "  weir-gen --list              cells, ISAs, maths forms, plan fields, operations\n"
    "\n"
    "  --cell NAME|FILE      a built-in cell, or a file with one\n"
    "  --input I|any         input size; any: one kernel for every size\n"
    "  --hidden H|any        hidden size; any where the input is any\n"
    "  --projection P|any    size P, for a cell that has a state of that size\n"
    "  --isa ISA             one of those that --list shows, such as avx2\n"
    "  --math inline|sleef   Weir's own exponential (default) or SLEEF's\n"
    "  --train               with what training needs: saved values, backward, gradients\n"
    "  --plan FIELD=VALUE,...  override decisions; --list shows the fields; backward.FIELD and\n"
    "                        input.FIELD are those of training's other passes\n"
    "  -o FILE               write there instead of to stdout\n"
    "  -h, --help            this text\n";

static _Noreturn void fail(const char *sentence)
{
    fprintf(stderr, "weir-gen: %s\n", sentence);
    exit(EXIT_BAD);
}

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

static void dump(const char *name)
{
    const double any[4] = {1, 0, 0, 0};
    struct text out = {0};
    struct source source = read_cell(name);
    struct graph *graph = parse_cell(&source, any);
    dump_graph(graph, &out);
    fputs(out.chars, stdout);
    text_free(&out);
    free(source.text);
    graph_free(graph);
}

/* A size as given: a number, or 0 for any. */
static double parse_size(const char *option, const char *given)
{
    if (!given)
        fail(text_format("%s is missing, expected a size or 'any'", option));
    if (!strcmp(given, "any"))
        return 0;
    char *stop;
    errno = 0;
    const unsigned long value = strtoul(given, &stop, 10);
    if (errno || *stop || given[0] < '0' || given[0] > '9' || value < 1 || value > SIZE_LIMIT)
        fail(text_format("%s '%s' is not a size, expected 1 to %d or 'any'", option, given,
                         SIZE_LIMIT));
    return (double)value;
}

static void parse_sizes(const struct request *request, double size[4])
{
    size[WEIR_ONE] = 1;
    size[WEIR_I] = parse_size("--input", request->size[WEIR_I]);
    size[WEIR_H] = parse_size("--hidden", request->size[WEIR_H]);
    size[WEIR_P] = request->size[WEIR_P] ? parse_size("--projection", request->size[WEIR_P]) : 0;
    if ((size[WEIR_I] > 0) != (size[WEIR_H] > 0))
        fail("--input and --hidden are both sizes or both 'any'");
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
    parse_sizes(request, size);
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

int main(int argc, char **argv)
{
    static const struct option options[] = {{"cell", required_argument, NULL, 'c'},
                                            {"input", required_argument, NULL, 'I'},
                                            {"hidden", required_argument, NULL, 'H'},
                                            {"isa", required_argument, NULL, 'a'},
                                            {"projection", required_argument, NULL, 'P'},
                                            {"math", required_argument, NULL, 'm'},
                                            {"plan", required_argument, NULL, 'p'},
                                            {"train", no_argument, NULL, 't'},
                                            {"product", no_argument, NULL, 'w'},
                                            {"dump", required_argument, NULL, 'd'},
                                            {"list", no_argument, NULL, 'l'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    struct request request = {0};
    bool wants_list = false, wants_product = false;
    for (int option; (option = getopt_long(argc, argv, "o:h", options, NULL)) != -1;) {
        switch (option) {
        case 'c':
            request.cell = optarg;
            break;
        case 'I':
            request.size[WEIR_I] = optarg;
            break;
        case 'H':
            request.size[WEIR_H] = optarg;
            break;
        case 'P':
            request.size[WEIR_P] = optarg;
            break;
        case 'a':
            request.isa = optarg;
            break;
        case 'm':
            request.math = optarg;
            break;
        case 'p':
            request.plan = optarg;
            break;
        case 'w':
            wants_product = true;
            break;
        case 't':
            request.trains = true;
            break;
        case 'd':
            request.dump = optarg;
            break;
        case 'o':
            request.output = optarg;
            break;
        case 'l':
            wants_list = true;
            break;
        case 'h':
            fputs(help, stdout);
            return 0;
        default:
            fputs("weir-gen --help tells how to call it\n", stderr);
            return EXIT_BAD;
        }
    }
    if (optind < argc)
        fail(text_format("unexpected argument '%s'; weir-gen --help tells how to call it",
                         argv[optind]));
    if (wants_list)
        list();
    else if (wants_product)
        generate_product(&request);
    else if (request.dump)
        dump(request.dump);
    else if (request.cell)
        generate(&request);
    else
        fail("expected --cell, --dump or --list; weir-gen --help tells how to call it");
    return 0;
}
