/* SPDX-License-Identifier: MIT */
/* weir-gen --deploy: a layer of a cell, be it built in or a user's own, with weights from a file of
 * float32, little-endian: every weight [rows][cols] in the order in which the cell's text first
 * names it, and where there are two directions, those of the backward one after. */
#include "deploy/deploy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
