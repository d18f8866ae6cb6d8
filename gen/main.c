/* SPDX-License-Identifier: MIT */
/* weir-gen: the commands of the generator. It reads a cell, by the name of a built-in one or from a
 * file, and prints a kernel, its maths, how right its gradient is, or what there is to choose from.
 * The command line is read in options.c. What fails anywhere in gen/ is told here. */
#include "common/ending.h"
#include "common/files.h"
#include "common/rooms.h"
#include "deploy/deploy.h"
#include "emit/emit.h"
#include "inspect/check.h"
#include "inspect/dump.h"
#include "language/source.h"
#include "options.h"
#include "packing.h"

#include "version.inc"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The exit status of a gradient that is wrong, and of all else that fails. */
enum { EXIT_WRONG = 1, EXIT_BAD = 2 };

/* ---- Commands ---- */

static void print_list(void)
{
    printf("Cells:");
    for (size_t i = 0; source_built_in(i); i++)
        printf(" %s", source_built_in(i));
    printf("\nISAs:");
    for (size_t i = 0; i < WEIR_ISA_COUNT; i++)
        if (!isa_base(&isas[i]))
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

/* Writes to a file, or to stdout where there is none. */
static bool write_text(const char *path, const struct text *text, struct failure *failure)
{
    if (path)
        return file_write(path, text->chars, text->length, failure);
    fwrite(text->chars, 1, text->length, stdout); /* what fails is told at the end */
    return true;
}

/* The graph of a cell; what is doubtful in it is told at once. */
static struct graph *read_graph(const struct source *source, const double size[4],
                                struct failure *failure)
{
    struct graph *graph = source_parse(source, size, failure);
    struct text warnings = {0};
    if (graph)
        source_warn(source, graph, &warnings);
    if (warnings.length)
        fputs(warnings.chars, stderr);
    text_free(&warnings);
    return graph;
}

static bool dump_source(const struct request *request, const struct source *source,
                        struct failure *failure)
{
    const double any[4] = {1, 0, 0, 0};
    struct text out = {0};
    struct graph *graph = read_graph(source, any, failure);
    bool dumped = graph;
    if (graph && !request->backward)
        dump_graph(graph, &out);
    else if (graph && !dump_gradient(graph, &out, failure))
        dumped = source_fail(source, graph->line, graph->column, failure);
    dumped = dumped && write_text(NULL, &out, failure);
    text_free(&out);
    graph_free(graph);
    return dumped;
}

static bool dump(const struct request *request, struct failure *failure)
{
    struct source source;
    if (!source_read(request->cell, &source, failure))
        return false;
    const bool dumped = dump_source(request, &source, failure);
    free(source.text);
    return dumped;
}

/* What a path names, without its folders. */
static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The command that makes a kernel, as its header tells it: no path, nothing that is the default. */
static char *command_text(const struct request *request, bool measured)
{
    struct text text = {0};
    text_add(&text, "weir-gen --cell %s --input %s --hidden %s", base_name(request->cell),
             request->size[WEIR_I], request->size[WEIR_H]);
    if (request->size[WEIR_P])
        text_add(&text, " --projection %s", request->size[WEIR_P]);
    text_add(&text, " --isa %s", request->isa);
    if (request->type && strcmp(request->type, weir_type_name(WEIR_TYPE_F32)) != 0)
        text_add(&text, " --type %s", request->type);
    if (request->trains)
        text_add(&text, " --train");
    if (request->profiled)
        text_add(&text, " --profile");
    if (request->math && strcmp(request->math, "inline") != 0)
        text_add(&text, " --math %s", request->math);
    if (measured && request->tuning)
        text_add(&text, " --tuning %s", base_name(request->tuning));
    if (request->variant)
        text_add(&text, " --variant %s", base_name(request->variant));
    if (request->plan)
        text_add(&text, " --plan %s", request->plan);
    return text.chars;
}

/* Measured plans, where files of them are named. */
struct measured {
    struct tuning tuning;
    struct variants_list variants;
};

static bool open_measured(const struct request *request, struct measured *measured,
                          struct failure *failure)
{
    *measured = (struct measured){.variants = {.count = 0}};
    if (request->command == COMMAND_KERNEL && request->tuning && request->variant)
        return fail(failure,
                    "--tuning is for the usual kernel and --variant for another one, expected "
                    "one of them");
    return (!request->tuning || tuning_open(&measured->tuning, request->tuning, failure)) &&
           (!request->variant ||
            variants_list_open(&measured->variants, request->variant, failure)) &&
           (request->command != COMMAND_KERNEL || measured->variants.count <= 1 ||
            fail(failure, "--variant names several files, expected one for a kernel"));
}

static void close_measured(struct measured *measured)
{
    if (measured->tuning.warnings.length)
        fputs(measured->tuning.warnings.chars, stderr);
    tuning_free(&measured->tuning);
    variants_list_close(&measured->variants);
}

/* How a kernel came by its plans. */
enum plans { PLANS_CHOSEN, PLANS_MEASURED, PLANS_MISSING };

static enum plans find_plans(struct measured *measured, struct kernel_parts *parts)
{
    struct failure why;
    if (!measured->variants.count)
        return tuning_use(&measured->tuning, parts) ? PLANS_MEASURED : PLANS_CHOSEN;
    if (variants_use(&measured->variants.of[0], parts, &why))
        return PLANS_MEASURED;
    fprintf(stderr, "%s\n", why.sentence);
    return PLANS_MISSING;
}

/* The parts of the kernel that is asked for, and how it came by its plans; NULL: there is none. */
static struct kernel_parts *make_parts(const struct request *request, const struct source *source,
                                       struct measured *measured, enum plans *plans,
                                       struct failure *failure)
{
    double size[4];
    enum weir_math math;
    enum weir_type type;
    const struct isa *isa = options_isa(request, failure);
    if (!isa || !options_math(request, &math, failure) || !options_type(request, &type, failure) ||
        !options_sizes(request, size, failure))
        return NULL;
    struct graph *graph = read_graph(source, size, failure);
    if (!graph)
        return NULL;
    const int line = graph->line, column = graph->column;
    if (!source_check_projection(graph, size, request->size[WEIR_P], failure)) {
        graph_free(graph);
        return NULL;
    }
    struct kernel_parts *parts =
        kernel_parts_create(graph, math, type, isa, request->trains, failure);
    if (!parts) {
        source_fail(source, line, column, failure);
        return NULL;
    }
    parts->profiled = request->profiled;
    *plans = find_plans(measured, parts);
    if (request->plan && !kernel_parts_override(parts, request->plan, failure)) {
        kernel_parts_free(parts);
        parts = NULL;
    }
    return parts;
}

static bool generate(const struct request *request, struct failure *failure)
{
    struct source source;
    struct measured measured;
    enum plans plans;
    bool written = false;
    if (!open_measured(request, &measured, failure) ||
        !source_read(request->cell, &source, failure)) {
        close_measured(&measured);
        return false;
    }
    struct kernel_parts *parts = make_parts(request, &source, &measured, &plans, failure);
    if (parts) {
        char *command = command_text(request, plans == PLANS_MEASURED);
        struct text kernel =
            plans == PLANS_MISSING ? emit_no_kernel(parts, command) : emit_kernel(parts, command);
        written = write_text(request->output, &kernel, failure);
        text_free(&kernel);
        free(command);
    }
    close_measured(&measured);
    kernel_parts_free(parts);
    free(source.text);
    return written;
}

/* The kernel of gradients of weights. */
static bool generate_product(const struct request *request, struct failure *failure)
{
    const struct isa *isa = options_isa(request, failure);
    if (!isa)
        return false;
    struct text kernel = emit_product(isa);
    const bool written = write_text(request->output, &kernel, failure);
    text_free(&kernel);
    return written;
}

/* The exit status. */
static int check_source(const struct request *request, const struct source *source,
                        struct failure *failure)
{
    double size[4];
    struct text out = {0};
    enum check_result result = CHECK_TOO_LARGE;
    struct graph *graph =
        options_check_sizes(request, size, failure) ? read_graph(source, size, failure) : NULL;
    if (graph && (!request->size[WEIR_P] || source_check_projection(graph, size, true, failure))) {
        result = check_gradient(graph, &out, failure);
        if (result == CHECK_TOO_LARGE)
            source_fail(source, graph->line, graph->column, failure);
    }
    if (out.chars && !write_text(NULL, &out, failure))
        result = CHECK_TOO_LARGE;
    text_free(&out);
    graph_free(graph);
    return result == CHECK_PASSED ? EXIT_SUCCESS : result == CHECK_FAILED ? EXIT_WRONG : EXIT_BAD;
}

static int check(const struct request *request, struct failure *failure)
{
    struct source source;
    if (!source_read(request->cell, &source, failure))
        return EXIT_BAD;
    const int status = check_source(request, &source, failure);
    free(source.text);
    return status;
}

static bool deploy_source(const struct deploy_request *wanted, struct failure *failure)
{
    struct source source;
    if (!source_read(wanted->cell, &source, failure))
        return false;
    struct graph *graph = read_graph(&source, wanted->size, failure);
    const bool deployed = graph && deploy_cell(wanted, &source, graph, failure);
    graph_free(graph);
    free(source.text);
    return deployed;
}

static bool deploy_wanted(const struct request *request, const struct deploy_request *wanted,
                          struct failure *failure)
{
    if (request->command == COMMAND_DEPLOY)
        return deploy_source(wanted, failure);
#ifdef WEIR_HAS_ONNX
    return deploy_model(wanted, failure);
#else
    return fail(failure,
                "--model: this weir-gen was built without protobuf-c, which reading ONNX takes");
#endif
}

static bool deploy(const struct request *request, struct failure *failure)
{
    struct deploy_request wanted;
    struct measured measured;
    if (!options_deploy(request, &wanted, failure))
        return false;
    if (!open_measured(request, &measured, failure)) {
        close_measured(&measured);
        return false;
    }
    char *command = options_command(request);
    wanted.command = command;
    wanted.tuning = &measured.tuning;
    wanted.variants = &measured.variants;
    const bool deployed = deploy_wanted(request, &wanted, failure);
    free(command);
    close_measured(&measured);
    return deployed;
}

static bool print_help(struct failure *failure)
{
    struct text help = {0};
    options_help(&help);
    const bool written = write_text(NULL, &help, failure);
    text_free(&help);
    return written;
}

/* Does what is asked for; the exit status. */
static int run(const struct request *request, struct failure *failure)
{
    bool done = true;
    switch (request->command) {
    case COMMAND_CHECK:
        return check(request, failure);
    case COMMAND_LIST:
        print_list();
        break;
    case COMMAND_PRODUCT:
        done = generate_product(request, failure);
        break;
    case COMMAND_DUMP:
        done = dump(request, failure);
        break;
    case COMMAND_DEPLOY:
    case COMMAND_MODEL:
        done = deploy(request, failure);
        break;
    case COMMAND_HELP:
        done = print_help(failure);
        break;
    case COMMAND_VERSION:
        puts(WEIR_GEN_VERSION);
        break;
    default:
        done = generate(request, failure);
    }
    return done ? EXIT_SUCCESS : EXIT_BAD;
}

/* A sentence that ends its line itself is about a place in a file, as compilers tell it. */
static void tell(const char *sentence)
{
    const size_t length = strlen(sentence);
    const bool has_place = length && sentence[length - 1] == '\n';
    fprintf(stderr, has_place ? "%s" : "weir-gen: %s\n", sentence);
}

int main(int argc, char **argv)
{
    keep_rooms_apart();
    struct request request;
    struct failure failure;
    const int status =
        options_read(argc, argv, &request, &failure) ? run(&request, &failure) : EXIT_BAD;
    if (status != EXIT_SUCCESS)
        tell(failure.sentence);
    options_free(&request);
    return end_program("weir-gen", status);
}
