/* SPDX-License-Identifier: MIT */
/* A kernel for a cell that is given as text. Where the build has a cell that computes the same, its
 * kernels serve; else the generator writes one for the best ISA of this machine. Kernels that were
 * loaded stay until the program ends, since layers point into them. */
#include "emit/emit.h"
#include "inspect/dump.h"
#include "language/parse.h"
#include "packing.h"
#include "plan/tuning.h"
#include "run/run.h"
#include "weir.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *text;
} built_in[] = {
#define WEIR_CELL(name, text) {name, text},
#include "cells.inc"
#undef WEIR_CELL
};

/* The headers that a kernel includes, as text. */
static const struct run_header headers[] = {
#define WEIR_SHIPPED(name, text) {name, text},
#include "shipped.inc"
#undef WEIR_SHIPPED
};

/* ---- Cells of the build ---- */

/* What a cell computes, without its name: the graph as maths, from its second line on. */
static char *maths_of(const char *text)
{
    const double any[4] = {1, 0, 0, 0};
    struct text out = {0};
    struct failure failure;
    struct graph *graph = cell_parse("cell", text, strlen(text), any, &failure);
    if (!graph)
        return NULL;
    dump_graph(graph, &out);
    graph_free(graph);
    char *line = strchr(out.chars, '\n');
    memmove(out.chars, line, strlen(line) + 1);
    return out.chars;
}

const char *run_built_in(const onnx_pass *pass)
{
    const char *found = NULL;
    char *wanted = maths_of(pass->cell);
    for (size_t i = 0; wanted && !found && i < sizeof built_in / sizeof *built_in; i++) {
        char *maths = maths_of(built_in[i].text);
        found = maths && !strcmp(maths, wanted) ? built_in[i].name : NULL;
        free(maths);
    }
    free(wanted);
    return found;
}

/* Whether this build holds a kernel of that cell and type that serves these sizes on an ISA. */
static bool build_has(const char *cell, const char *type, const char *isa, size_t I, size_t H)
{
    for (size_t i = 0; i < weir_kernel_count(); i++) {
        const weir_kernel_info kernel = weir_kernel_describe(weir_kernel_at(i));
        if (!strcmp(kernel.cell, cell) && !strcmp(kernel.type, type) && !strcmp(kernel.isa, isa) &&
            (!kernel.H || (kernel.I == I && kernel.H == H)))
            return true;
    }
    return false;
}

/* ---- Kernels of one's own ---- */

/* What a kernel of a cell is made of; NULL: the cell is none that can be had. */
static struct kernel_parts *make_parts(const onnx_pass *pass, const char *type,
                                       const struct isa *isa, const double size[4],
                                       struct failure *failure)
{
    struct graph *graph = cell_parse(pass->name, pass->cell, strlen(pass->cell), size, failure);
    struct kernel_parts *parts =
        graph ? kernel_parts_create(graph, WEIR_INLINE, weir_type_named(type), isa, false, failure)
              : NULL;
    /* The first line says what is wrong, those after it show where. */
    if (!parts)
        fail(failure, "the generator does not take its cell: %.*s",
             (int)strcspn(failure->sentence, "\n"), failure->sentence);
    return parts;
}

/* The text of a kernel that needs no other file. */
static struct text generate(const struct kernel_parts *parts)
{
    const struct graph *graph = parts->program[ROLE_FORWARD]->graph;
    char *sizes = graph->size[WEIR_I] > 0 ? text_format("--input %.0f --hidden %.0f",
                                                        graph->size[WEIR_I], graph->size[WEIR_H])
                                          : text_format("--input any --hidden any");
    char *command =
        text_format("weir-gen --cell %s --type %s %s --isa %s", graph->name,
                    weir_type_name(parts->program[ROLE_FORWARD]->type), sizes, parts->isa->name);
    struct text kernel = emit_kernel(parts, command), whole = {0};
    run_join(&whole, kernel.chars, headers, sizeof headers / sizeof *headers);
    text_free(&kernel);
    free(command);
    free(sizes);
    return whole;
}

static bool make_kernel(const struct kernel_parts *parts, const run_options *options,
                        run_kernel *kernel, struct failure *failure)
{
    struct text text = generate(parts);
    const struct run_source source = {.texts = (const char *const[]){text.chars},
                                      .count = 1,
                                      .flags = options->flags ? options->flags : "-O2"};
    void *library = run_compile(&source, failure);
    char *name = emit_name(parts);
    char *symbol = text_format("weir_%s", name);
    kernel->own = library ? dlsym(library, symbol) : NULL;
    if (library && !kernel->own)
        fail(failure, "the compiled kernel has no %s", symbol);
    free(symbol);
    free(name);
    text_free(&text);
    return kernel->own != NULL;
}

/* Gives a kernel the plans that were measured; whether these are not those that are chosen. */
static bool is_tuned(struct tuning *tuning, struct kernel_parts *parts)
{
    const size_t used = tuning->used;
    tuning_use(tuning, parts);
    return tuning->used > used;
}

bool run_isa(const char *type, const char **isa, struct failure *failure)
{
    weir_error weir;
    if (weir_isa_level(isa, &weir))
        return fail(failure, "%s", weir.message);
    if (!weir_is_bytes(weir_type_named(type)))
        *isa = weir_isa_base(*isa);
    return true;
}

bool run_kernel_find(const onnx_pass *pass, const size_t sizes[3], const char *type,
                     const run_options *options, run_kernel *kernel, struct failure *failure)
{
    const char *level;
    if (!run_isa(type, &level, failure))
        return false;
    const char *cell = run_built_in(pass);
    const bool any = options->any_size;
    const bool has = cell && build_has(cell, type, level, sizes[0], sizes[1]);
    const bool asks = options->tuning && options->tuning->count && !any;
    *kernel = (run_kernel){.cell = has ? cell : pass->name};
    if (has && !asks)
        return true;
    const double size[4] = {1, any ? 0 : (double)sizes[0], any ? 0 : (double)sizes[1],
                            any ? 0 : (double)sizes[2]};
    struct kernel_parts *parts = make_parts(pass, type, isa_find(level), size, failure);
    if (!parts)
        return false;
    const bool tuned = asks && is_tuned(options->tuning, parts);
    bool found = has;
    if (tuned || !has) {
        kernel->cell = pass->name;
        found = make_kernel(parts, options, kernel, failure);
    }
    kernel_parts_free(parts);
    return found;
}
