/* SPDX-License-Identifier: MIT */
/* weir-gen: the commands of the generator. It reads a cell, by the name of a built-in one or from a
 * file, and prints a kernel, its maths, how right its gradient is, or what there is to choose from.
 * The command line is read in options.c. */
#include "deploy/deploy.h"
#include "emit/emit.h"
#include "inspect/check.h"
#include "inspect/dump.h"
#include "language/source.h"
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Commands ---- */

static void list(void)
{
    printf("Cells:");
    for (size_t i = 0; source_built_in(i); i++)
        printf(" %s", source_built_in(i));
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
#include "cell/ops.def"
#undef OP
#undef FUNCTION
    printf("\nFunctions (parameters, meaning):\n");
#define OP(id, spelling, arity, value, by_a, by_b)
#define FUNCTION(name, parameters, text) printf("  %-16s (%s)  %s\n", name, parameters, text);
#include "cell/ops.def"
#undef OP
#undef FUNCTION
}

static void dump(const struct request *request)
{
    const double any[4] = {1, 0, 0, 0};
    struct text out = {0};
    char *error = NULL;
    struct source source = source_read(request->cell);
    struct graph *graph = source_parse(&source, any);
    if (!request->backward)
        dump_graph(graph, &out);
    else if (!dump_gradient(graph, &out, &error))
        source_fail(&source, graph->line, graph->column, error);
    fputs(out.chars, stdout);
    text_free(&out);
    free(source.text);
    graph_free(graph);
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
    struct source source = source_read(request->cell);
    struct graph *graph = source_parse(&source, size);
    const bool has_projection = graph_has_extent(graph, WEIR_P);
    const int line = graph->line, column = graph->column;
    options_check_projection(request, graph, size);
    struct kernel_parts *parts =
        kernel_parts_create(graph, sleef ? WEIR_SLEEF : WEIR_INLINE, isa, request->trains, &error);
    if (!parts)
        source_fail(&source, line, column, error);
    if (request->plan && !kernel_parts_override(parts, request->plan, &error))
        fail(error);
    char *command = command_text(request, has_projection);
    struct text kernel = emit_kernel(parts, command);
    source_write(request->output, &kernel);
    text_free(&kernel);
    free(command);
    free(source.text);
    kernel_parts_free(parts);
}

/* The kernel of gradients of weights. */
static void generate_product(const struct request *request)
{
    struct text kernel = emit_product(find_isa(request));
    source_write(request->output, &kernel);
    text_free(&kernel);
}

/* The exit status. */
static int check(const struct request *request)
{
    double size[4];
    struct text out = {0};
    char *error = NULL;
    options_check_sizes(request, size);
    struct source source = source_read(request->cell);
    struct graph *graph = source_parse(&source, size);
    if (request->size[WEIR_P])
        options_check_projection(request, graph, size);
    const enum check_result result = check_gradient(graph, &out, &error);
    if (result == CHECK_TOO_LARGE)
        source_fail(&source, graph->line, graph->column, error);
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
    case COMMAND_DEPLOY:
        deploy_cell(&request);
        return 0;
    case COMMAND_MODEL:
#ifdef WEIR_HAS_ONNX
        deploy_model(&request);
        return 0;
#else
        fail("--model: this weir-gen was built without protobuf-c, which reading ONNX takes");
#endif
    default:
        generate(&request);
        return 0;
    }
}
