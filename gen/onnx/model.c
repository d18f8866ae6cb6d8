/* SPDX-License-Identifier: MIT */
/* A model, from the bytes of its file: which opset it is of, its graph, and which of its
 * values are used. */
#include "onnx/importer.h"
#include "onnx/memory.h"
#include "onnx/message.h"

#include <string.h>

/* ---- What is used ---- */

static void mark(bool *used, const int *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (values[i] >= 0)
            used[values[i]] = true;
}

static void mark_graph(bool *used, const onnx_graph *graph)
{
    mark(used, graph->outputs, graph->output_count);
    for (size_t i = 0; i < graph->node_count; i++) {
        mark(used, graph->nodes[i].inputs, graph->nodes[i].input_count);
        for (size_t b = 0; b < 2 && graph->nodes[i].branch[b]; b++)
            mark_graph(used, graph->nodes[i].branch[b]);
    }
}

static void drop_unused(const bool *used, onnx_graph *graph)
{
    for (size_t i = 0; i < graph->node_count; i++) {
        onnx_recurrent *recurrent = graph->nodes[i].recurrent;
        for (size_t b = 0; b < 2 && graph->nodes[i].branch[b]; b++)
            drop_unused(used, graph->nodes[i].branch[b]);
        if (!recurrent)
            continue;
        int *const outputs[] = {&recurrent->y, &recurrent->y_h, &recurrent->y_c};
        for (size_t k = 0; k < 3; k++)
            if (*outputs[k] >= 0 && !used[*outputs[k]])
                *outputs[k] = -1;
    }
}

/* ---- Reading ---- */

int64_t onnx_import_opset(Onnx__OperatorSet *const *sets, size_t count, int64_t otherwise,
                          struct failure *failure)
{
    int64_t opset = otherwise;
    for (size_t i = 0; i < count; i++)
        if (!sets[i]->domain || !*sets[i]->domain || !strcmp(sets[i]->domain, "ai.onnx"))
            opset = sets[i]->version;
    if (opset >= ONNX_OPSET_LEAST && opset <= ONNX_OPSET_GREATEST)
        return opset;
    if (opset)
        fail(failure, "it is of opset %lld, and %d to %d are supported", (long long)opset,
             ONNX_OPSET_LEAST, ONNX_OPSET_GREATEST);
    else
        fail(failure, "it does not say of which opset it is, so it is no ONNX model");
    return 0;
}

static bool import_model(onnx_model *model, const void *data, size_t size, const onnx_place *place,
                         struct failure *failure)
{
    const Onnx__Model *from =
        onnx_message(model->memory, &onnx__model__descriptor, data, size, failure);
    if (!from ||
        !(model->opset = onnx_import_opset(from->opset_import, from->n_opset_import, 0, failure)))
        return false;
    if (!from->graph)
        return fail(failure, "it has no graph");
    importer importer = {.model = model,
                         .place = place,
                         .producer = from->producer_name ? from->producer_name : "",
                         .failure = failure,
                         .names = onnx_names_create(model->memory),
                         .opset = model->opset};
    if (!importer.names)
        return fail_limit(failure);
    if (!onnx_import_functions(&importer, from) ||
        !onnx_import_graph(&importer, from->graph, &model->graph))
        return false;
    bool *used = onnx_memory_take(model->memory, model->value_count, sizeof *used);
    if (!used)
        return fail_limit(failure);
    memset(used, 0, model->value_count * sizeof *used);
    mark_graph(used, &model->graph);
    drop_unused(used, &model->graph);
    return true;
}

onnx_model *onnx_load(const void *data, size_t size, const onnx_place *place,
                      struct failure *failure)
{
    const size_t limit = size < (SIZE_MAX - ONNX_MEMORY_MORE) / ONNX_MEMORY_TIMES
                             ? size * ONNX_MEMORY_TIMES + ONNX_MEMORY_MORE
                             : SIZE_MAX;
    onnx_memory *memory = onnx_memory_create(limit);
    onnx_model *model = memory ? onnx_memory_take(memory, 1, sizeof *model) : NULL;
    if (model) {
        *model = (onnx_model){.memory = memory};
        if (import_model(model, data, size, place, failure))
            return model;
    } else {
        fail_limit(failure);
    }
    onnx_memory_destroy(memory);
    return NULL;
}

void onnx_free(onnx_model *model)
{
    if (model)
        onnx_memory_destroy(model->memory);
}
