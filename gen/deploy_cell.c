/* SPDX-License-Identifier: MIT */
/* weir-gen --deploy: a layer of a cell, be it built in or a user's own, with weights from a file of
 * float32, little-endian: every weight [rows][cols] in the order in which the cell's text first
 * names it, and where there are two directions, those of the backward one after. */
#include "deploy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS_MAX = 1 << 20, NAME_MAX_LENGTH = 24 };

static size_t count_weights(const struct graph *graph, const double size[4])
{
    size_t count = 0;
    for (int i = 0; i < graph->param_count; i++) {
        const struct param *param = &graph->params[i];
        const double cols = param->cols < 0 ? 1 : size[graph_extent(graph, param->cols)];
        count += (size_t)(size[graph_extent(graph, param->rows)] * cols);
    }
    return count;
}

/* `count` floats, which is all that the file may hold. */
static float *read_floats(const char *path, size_t count)
{
    FILE *file = path ? fopen(path, "rb") : NULL;
    if (!file)
        fail(path ? text_format("--from %s cannot be read: %s", path, strerror(errno))
                  : "--from is missing, expected a file of float32");
    float *floats = malloc((count + 1) * sizeof *floats);
    if (!floats)
        fail("out of memory");
    const size_t bytes = fread(floats, 1, count * sizeof *floats + 1, file);
    fclose(file);
    if (bytes != count * sizeof *floats)
        fail(text_format("--from %s is %s than the %zu bytes that the cell takes with these "
                         "sizes and directions",
                         path, bytes < count * sizeof *floats ? "shorter" : "longer",
                         count * sizeof *floats));
    return floats;
}

/* Points a pass to its weights; returns what follows them. */
static const float *point(struct deploy_pass *pass, const struct graph *graph, const double size[4],
                          const float *floats)
{
    for (int i = 0; i < graph->param_count; i++) {
        const struct param *param = &graph->params[i];
        const double cols = param->cols < 0 ? 1 : size[graph_extent(graph, param->cols)];
        pass->params[i] = floats;
        floats += (size_t)(size[graph_extent(graph, param->rows)] * cols);
    }
    return floats;
}

static bool is_name(const char *name)
{
    const char *letters = "abcdefghijklmnopqrstuvwxyz",
               *all = "abcdefghijklmnopqrstuvwxyz0123456789_";
    return *name && strchr(letters, *name) && strspn(name, all) == strlen(name) &&
           strlen(name) <= NAME_MAX_LENGTH;
}

/* Whether the model's header would be taken for one of C, or for one that comes with the model. */
static bool hides_header(const char *name)
{
    static const char *const headers[] = {
        "assert",  "complex", "ctype",  "errno",  "fenv",   "float",       "inttypes", "iso646",
        "limits",  "locale",  "math",   "setjmp", "signal", "stdalign",    "stdarg",   "stdatomic",
        "stdbool", "stddef",  "stdint", "stdio",  "stdlib", "stdnoreturn", "string",   "tgmath",
        "threads", "time",    "uchar",  "wchar",  "wctype", "cpuid",       "immintrin"};
    bool hides = deploy_ships(name);
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        hides |= !strcmp(headers[i], name);
    return hides;
}

void deploy_options(const struct request *request, struct deploy_model *model, const char *name)
{
    char *stop;
    model->name = request->name ? request->name : name;
    if (!is_name(model->name))
        fail(text_format("--name '%s' cannot begin names in C, expected at most %d lower-case "
                         "letters, digits and underscores",
                         model->name, NAME_MAX_LENGTH));
    if (hides_header(model->name))
        fail(text_format("--name '%s' would hide another header %s.h, expected another name",
                         model->name, model->name));
    const long steps = request->steps ? strtol(request->steps, &stop, 10) : 1;
    if (request->steps && (steps < 1 || steps > STEPS_MAX || *stop))
        fail(text_format("--steps '%s' is not a number of time steps, expected 1 to %d",
                         request->steps, STEPS_MAX));
    model->steps = (size_t)steps;
    model->lengths = request->lengths;
    model->weights_file = request->weights;
    if (!request->out)
        fail("--out is missing, expected the directory to write");
    if (model->lengths && model->steps == 1)
        fail("--lengths is for calls of several steps, expected --steps as well");
    deploy_isas(request->isa, model->isas);
}

void deploy_isas(const char *list, bool chosen[WEIR_ISA_COUNT])
{
    for (size_t i = 0; i < WEIR_ISA_COUNT && !list; i++)
        chosen[i] = true;
    while (list && *list) {
        const size_t length = strcspn(list, ",");
        char *name = text_format("%.*s", (int)length, list);
        const struct isa *isa = isa_find(name);
        if (!isa)
            fail(text_format("--isa %s, expected %s, or several with commas between", name,
                             isa_names()));
        chosen[isa - isas] = true;
        free(name);
        list += length + (list[length] == ',');
    }
    bool any = false;
    for (size_t i = 0; i < WEIR_ISA_COUNT; i++)
        any |= chosen[i];
    if (!any)
        fail(text_format("--isa is empty, expected %s, or several with commas between",
                         isa_names()));
}

void deploy_cell(const struct request *request)
{
    struct deploy_model *model = calloc(1, sizeof *model);
    if (!model)
        fail("out of memory");
    struct deploy_layer *layer = &model->layers[0];
    options_sizes(request, layer->size);
    if (layer->size[WEIR_I] <= 0)
        fail("a model has sizes, expected numbers for --input and --hidden");
    struct source cell = source_read(request->cell);
    struct graph *graph = source_parse(&cell, layer->size);
    options_check_projection(request, graph, layer->size);
    deploy_options(request, model, graph->name);
    model->layer_count = 1;
    layer->pass_count = request->bidirectional ? 2 : 1;
    layer->passes[layer->pass_count - 1].reversed = request->bidirectional || request->reverse;
    layer->by_length = request->lengths;
    if ((request->reverse || request->bidirectional) && model->steps == 1)
        fail("backwards takes a whole sequence a call, expected --steps with the most there are");
    float *floats =
        read_floats(request->from, layer->pass_count * count_weights(graph, layer->size));
    const float *next = floats;
    for (size_t p = 0; p < layer->pass_count; p++) {
        layer->passes[p].cell = cell;
        next = point(&layer->passes[p], graph, layer->size, next);
    }
    deploy_write(model, request->out);
    free(floats);
    free(cell.text);
    graph_free(graph);
    free(model);
}
