/* SPDX-License-Identifier: MIT */
/* weir-gen --deploy: a layer of a cell, be it built in or a user's own, with weights from a file of
 * float32, little-endian: every weight [rows][cols] in the order in which the cell's text first
 * names it, and where there are two directions, those of the backward one after. */
#include "common/files.h"
#include "deploy/deploy.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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

static bool is_longer(const char *path, size_t bytes)
{
    struct stat status;
    return stat(path, &status) == 0 && (size_t)status.st_size > bytes;
}

/* `count` floats, which is all that the file may hold; NULL: it cannot be read, or has not those.
 */
static float *read_floats(const char *path, size_t count, struct failure *failure)
{
    const size_t expected = count * sizeof(float);
    size_t bytes;
    if (!path) {
        fail(failure, "--from is missing, expected a file of float32");
        return NULL;
    }
    char *read = file_read(path, expected, &bytes, failure);
    if (read && bytes == expected)
        return (float *)(void *)read;
    if (read || is_longer(path, expected))
        fail(failure,
             "--from %.1000s is %s than the %zu bytes that the cell takes with these sizes and "
             "directions",
             path, read ? "shorter" : "longer", expected);
    else
        fail(failure, "--from %s", failure->sentence);
    free(read);
    return NULL;
}

/* Points a pass to its weights; returns what follows them. */
static const float *point(struct deploy_pass *pass, const struct graph *graph, const double size[4],
                          const float *floats)
{
    for (int i = 0; i < graph->param_count; i++) {
        const struct param *param = &graph->params[i];
        const double cols = param->cols < 0 ? 1 : size[graph_extent(graph, param->cols)];
        pass->params[i].data = floats;
        floats += (size_t)(size[graph_extent(graph, param->rows)] * cols);
    }
    return floats;
}

/* The layer's passes, whose weights are the caller's to free; NULL: there are none. */
static float *fill_layer(struct deploy_model *model, const struct deploy_request *request,
                         const struct source *cell, const struct graph *graph,
                         struct failure *failure)
{
    struct deploy_layer *layer = &model->layers[model->layer_count++];
    memcpy(layer->size, request->size, sizeof layer->size);
    deploy_add_file(model, request->cell, cell->text, cell->length);
    layer->pass_count = request->bidirectional ? 2 : 1;
    layer->passes[layer->pass_count - 1].reversed = request->bidirectional || request->reverse;
    layer->by_length = request->lengths;
    const size_t count = layer->pass_count * count_weights(graph, layer->size);
    float *floats = read_floats(request->from, count, failure);
    const float *next = floats;
    if (floats)
        deploy_add_file(model, request->from, floats, count * sizeof *floats);
    for (size_t p = 0; p < layer->pass_count && floats; p++) {
        layer->passes[p].cell = *cell;
        next = point(&layer->passes[p], graph, layer->size, next);
    }
    return floats;
}

bool deploy_cell(const struct deploy_request *request, const struct source *cell,
                 const struct graph *graph, struct failure *failure)
{
    if (request->size[WEIR_I] <= 0)
        return fail(failure, "a model has sizes, expected numbers for --input and --hidden");
    struct deploy_model *model = calloc(1, sizeof *model);
    float *floats = NULL;
    bool deployed = model || fail_memory(failure);
    deployed = deployed &&
               source_check_projection(graph, request->size, request->has_projection, failure) &&
               deploy_options(request, model, graph->name, failure);
    if (deployed && (request->reverse || request->bidirectional) && model->steps == 1)
        deployed = fail(failure, "backwards takes a whole sequence a call, expected --steps with "
                                 "the most there are");
    if (deployed) {
        floats = fill_layer(model, request, cell, graph, failure);
        deployed = floats && deploy_types(request, model, failure) &&
                   deploy_write(model, request->out, failure);
    }
    free(floats);
    free(model);
    return deployed;
}
