/* SPDX-License-Identifier: MIT */
/* cut_model MODEL DIR NODE...: two models out of one, for runtimes that do not tell what is inside
 * of a model. DIR/before.onnx computes what the first NODE reads; DIR/recurrent.onnx is the NODEs,
 * which stand in one graph, perhaps in a branch, and what lies between them: from x and every
 * node's initial_h and initial_c to the last one's Y and every node's Y_h and Y_c, in this order.
 */
#include "onnx.pb-c.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { X, INITIAL_H = 5, INITIAL_C, NODE_INPUTS, OUTPUTS = 3, DEPTH_MAX = 8, NAMES_MAX = 8192 };

static _Noreturn void fail(const char *what, const char *which)
{
    printf("cut_model: %s %s\n", what, which);
    exit(EXIT_FAILURE);
}

static void *make(size_t count, size_t size)
{
    void *made = calloc(count + 1, size);
    if (!made)
        fail("no memory for", "a model");
    return made;
}

/* ---- Names ---- */

struct names {
    const char *all[NAMES_MAX];
    size_t count;
};

static bool has(const struct names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (!strcmp(names->all[i], name))
            return true;
    return false;
}

static void add(struct names *names, const char *name)
{
    if (!*name || has(names, name))
        return;
    if (names->count == NAMES_MAX)
        fail("there are more names than", "expected");
    names->all[names->count++] = name;
}

/* ---- Graphs ---- */

/* The graphs from the model's own to the one that a node stands in. */
struct path {
    Onnx__Graph *graphs[DEPTH_MAX];
    size_t depth;
};

static bool find(struct path *path, Onnx__Graph *graph, const char *node)
{
    if (path->depth == DEPTH_MAX)
        fail("branches are nested too deeply before", node);
    path->graphs[path->depth++] = graph;
    for (size_t n = 0; n < graph->n_node; n++) {
        const Onnx__Node *at = graph->node[n];
        if (at->name && !strcmp(at->name, node))
            return true;
        for (size_t a = 0; a < at->n_attribute; a++)
            if (at->attribute[a]->g && find(path, at->attribute[a]->g, node))
                return true;
    }
    path->depth--;
    return false;
}

static const Onnx__Node *node_of(const Onnx__Graph *graph, const char *name)
{
    for (size_t n = 0; n < graph->n_node; n++)
        if (graph->node[n]->name && !strcmp(graph->node[n]->name, name))
            return graph->node[n];
    fail("the nodes stand in several graphs: not found is", name);
}

/* What a node reads, also from within its branches. */
static void add_read(struct names *needed, const Onnx__Node *node)
{
    for (size_t i = 0; i < node->n_input; i++)
        add(needed, node->input[i]);
    for (size_t a = 0; a < node->n_attribute; a++)
        for (size_t n = 0; node->attribute[a]->g && n < node->attribute[a]->g->n_node; n++)
            add_read(needed, node->attribute[a]->g->node[n]);
}

/* Leaves of the path's nodes those that what is needed depends on, up to the inputs. */
static void cut(Onnx__Graph *to, const struct path *path, const struct names *inputs,
                struct names *needed)
{
    size_t nodes = 0, tensors = 0, count = 0;
    for (size_t d = 0; d < path->depth; d++) {
        nodes += path->graphs[d]->n_node;
        tensors += path->graphs[d]->n_initializer;
    }
    to->node = make(nodes, sizeof *to->node);
    to->initializer = make(tensors, sizeof *to->initializer);
    for (size_t d = path->depth; d-- > 0;)
        for (size_t n = path->graphs[d]->n_node; n-- > 0;) {
            Onnx__Node *node = path->graphs[d]->node[n];
            bool wanted = false;
            for (size_t i = 0; i < node->n_output; i++)
                wanted |= has(needed, node->output[i]) && !has(inputs, node->output[i]);
            if (wanted) {
                add_read(needed, node);
                to->node[nodes - ++count] = node;
            }
        }
    to->n_node = count;
    memmove(to->node, to->node + (nodes - count), count * sizeof *to->node);
    for (size_t d = 0; d < path->depth; d++)
        for (size_t i = 0; i < path->graphs[d]->n_initializer; i++)
            if (has(needed, path->graphs[d]->initializer[i]->name))
                to->initializer[to->n_initializer++] = path->graphs[d]->initializer[i];
}

/* Inputs and outputs of floats whose shapes are not declared. */
static Onnx__ValueInfo **floats(const struct names *names)
{
    static Onnx__TensorType tensor = ONNX__TENSOR_TYPE__INIT;
    static Onnx__Type type = ONNX__TYPE__INIT;
    tensor.has_elem_type = true;
    tensor.elem_type = 1;
    type.tensor_type = &tensor;
    Onnx__ValueInfo **infos = make(names->count, sizeof *infos);
    for (size_t i = 0; i < names->count; i++) {
        infos[i] = make(1, sizeof **infos);
        onnx__value_info__init(infos[i]);
        infos[i]->name = (char *)names->all[i];
        infos[i]->type = &type;
    }
    return infos;
}

/* ---- Models ---- */

/* Inputs of the same types as the whole model's, or, where there are names, these. */
static void write_cut(const Onnx__Model *whole, const struct path *path, const struct names *inputs,
                      const struct names *outputs, const char *folder, const char *name)
{
    char file_name[4096];
    Onnx__Model model = *whole;
    Onnx__Graph graph = ONNX__GRAPH__INIT;
    struct names *needed = make(1, sizeof *needed);
    graph.name = (char *)"cut";
    graph.n_output = outputs->count;
    graph.output = floats(outputs);
    graph.n_input = inputs->count ? inputs->count : whole->graph->n_input;
    graph.input = inputs->count ? floats(inputs) : whole->graph->input;
    for (size_t i = 0; i < outputs->count; i++)
        add(needed, outputs->all[i]);
    cut(&graph, path, inputs, needed);
    model.graph = &graph;
    snprintf(file_name, sizeof file_name, "%s/%s", folder, name);
    FILE *file = fopen(file_name, "wb");
    const size_t size = onnx__model__get_packed_size(&model);
    uint8_t *bytes = make(size, 1);
    onnx__model__pack(&model, bytes);
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file))
        fail("cannot write", file_name);
}

static Onnx__Model *read_model(const char *path)
{
    enum { ROOM = 64 << 20 };
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = make(ROOM, 1);
    const size_t size = file ? fread(bytes, 1, ROOM, file) : 0;
    Onnx__Model *model = size ? onnx__model__unpack(NULL, size, bytes) : NULL;
    if (!model || !model->graph)
        fail("cannot read", path);
    return model;
}

int main(int count, char **arguments)
{
    struct path path = {.depth = 0};
    struct names none = {.count = 0}, inputs = {.count = 0}, outputs = {.count = 0};
    if (count < 4)
        return EXIT_FAILURE;
    Onnx__Model *model = read_model(arguments[1]);
    if (!find(&path, model->graph, arguments[3]))
        fail("no node has the name", arguments[3]);
    const Onnx__Graph *graph = path.graphs[path.depth - 1];
    const Onnx__Node *first = node_of(graph, arguments[3]);
    add(&inputs, first->input[X]);
    add(&outputs, node_of(graph, arguments[count - 1])->output[0]);
    for (int i = 3; i < count; i++) {
        const Onnx__Node *node = node_of(graph, arguments[i]);
        if (node->n_input < NODE_INPUTS || node->n_output < OUTPUTS)
            fail("states are not given and taken by", arguments[i]);
        add(&inputs, node->input[INITIAL_H]);
        add(&inputs, node->input[INITIAL_C]);
        add(&outputs, node->output[1]);
        add(&outputs, node->output[2]);
    }
    write_cut(model, &path, &inputs, &outputs, arguments[2], "recurrent.onnx");
    outputs = none;
    add(&outputs, first->input[X]);
    write_cut(model, &path, &none, &outputs, arguments[2], "before.onnx");
    return EXIT_SUCCESS;
}
