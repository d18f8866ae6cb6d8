/* SPDX-License-Identifier: MIT */
/* A graph in which the nodes of each cell that was found are one node: what it needs stands before
 * it, what uses it after. */
#include "onnx/spelled_step.h"

#include <string.h>

int steps_place(const struct steps *s, int value)
{
    const onnx_node *maker =
        value < 0 || (size_t)value >= s->r->value_count ? NULL : s->r->makers[value];
    return maker >= s->graph->nodes && maker < s->graph->nodes + s->graph->node_count
               ? (int)(maker - s->graph->nodes)
               : -1;
}

/* The nodes of a cell as one, into `to`. */
static bool join(struct steps *s, int number, onnx_node *to)
{
    struct region *region = &s->regions[number];
    onnx_memory *memory = s->r->model->memory;
    const onnx_node *named = s->r->makers[region->outputs[0]];
    onnx_graph *inside = onnx_memory_take(memory, 1, sizeof *inside);
    *to = (onnx_node){.name = named->name,
                      .op = "Cell",
                      .opset = named->opset,
                      .form = region->form,
                      .branch = {inside},
                      .inputs = onnx_memory_take(memory, region->leaf_count, sizeof(int)),
                      .outputs = onnx_memory_take(memory, region->output_count, sizeof(int)),
                      .input_count = region->leaf_count,
                      .output_count = region->output_count};
    onnx_node *nodes = onnx_memory_take(memory, CELL_MAX, sizeof *nodes);
    if (!inside || !to->inputs || !to->outputs || !nodes)
        return false;
    *inside = (onnx_graph){.nodes = nodes};
    for (size_t n = 0; n < s->graph->node_count; n++)
        if (s->region[n] == number)
            nodes[inside->node_count++] = s->graph->nodes[n];
    for (size_t i = 0; i < region->leaf_count; i++)
        to->inputs[i] = region->leaves[i].value;
    memcpy(to->outputs, region->outputs, region->output_count * sizeof(int));
    return true;
}

static bool emit(struct steps *s, size_t place, onnx_graph *to);

/* What a node uses is there before it. */
static bool emit_inputs(struct steps *s, const onnx_node *node, onnx_graph *to)
{
    for (size_t i = 0; i < node->input_count; i++) {
        const int place = steps_place(s, node->inputs[i]);
        if (place >= 0 && !emit(s, (size_t)place, to))
            return false;
    }
    for (size_t b = 0; b < 2 && node->branch[b]; b++) {
        const onnx_graph *inner = node->branch[b];
        for (size_t n = 0; n < inner->node_count; n++)
            if (!emit_inputs(s, &inner->nodes[n], to))
                return false;
        for (size_t i = 0; i < inner->output_count; i++) {
            const int place = steps_place(s, inner->outputs[i]);
            if (place >= 0 && !emit(s, (size_t)place, to))
                return false;
        }
    }
    return true;
}

/* A node, or the one that it is part of. */
static bool emit(struct steps *s, size_t place, onnx_graph *to)
{
    const int number = s->region[place];
    if (number < 0) {
        if (s->member[place])
            return true;
        s->member[place] = 1; /* it is there */
        if (!emit_inputs(s, &s->graph->nodes[place], to))
            return false;
        to->nodes[to->node_count++] = s->graph->nodes[place];
        return true;
    }
    struct region *region = &s->regions[number];
    if (region->emitted)
        return true;
    region->emitted = true;
    for (size_t i = 0; i < region->leaf_count; i++) {
        const int leaf = steps_place(s, region->leaves[i].value);
        if (leaf >= 0 && !emit(s, (size_t)leaf, to))
            return false;
    }
    return join(s, number, &to->nodes[to->node_count++]);
}

void steps_rebuild(struct steps *s)
{
    onnx_graph made = *s->graph;
    made.node_count = 0;
    made.nodes = onnx_memory_take(s->r->model->memory, s->graph->node_count, sizeof *made.nodes);
    memset(s->member, 0, s->graph->node_count);
    bool right = made.nodes;
    for (size_t n = 0; right && n < s->graph->node_count; n++)
        right = emit(s, n, &made);
    s->r->has_failed |= !right;
    if (right)
        *s->graph = made;
}
