/* SPDX-License-Identifier: MIT */
/* Nodes that hold graphs: If, of which one branch runs, and Loop and Scan, whose body runs once a
 * step. What is inside sees the names around it. */
#include "onnx/importer.h"
#include "onnx/memory.h"

#include <string.h>

static const Onnx__Graph *find_graph(const Onnx__Node *from, const char *name)
{
    for (size_t i = 0; i < from->n_attribute; i++)
        if (from->attribute[i]->name && !strcmp(from->attribute[i]->name, name))
            return from->attribute[i]->g;
    return NULL;
}

/* The nodes of a graph inside are added to `into`; its inputs and outputs become those of `ends`.
 */
static bool import_inside(importer *importer, const Onnx__Graph *from, struct builder *into,
                          onnx_graph *ends)
{
    const size_t inputs = from->n_input;
    if (importer->branch_depth == BRANCH_DEPTH_MAX)
        return fail(importer->failure, "its branches are nested more than %d deep",
                    BRANCH_DEPTH_MAX);
    importer->branch_depth++;
    onnx_names_enter(importer->names);
    bool imported =
        onnx_import_initializers(importer, from) && onnx_import_inputs(importer, from, ends);
    if (imported && ends->input_count != inputs)
        imported = fail(importer->failure, "an input of its body is a constant there, too");
    imported = imported && onnx_import_nodes(importer, from->node, from->n_node, into) &&
               onnx_import_outputs(importer, from, ends);
    onnx_names_leave(importer->names);
    importer->branch_depth--;
    return imported;
}

/* The same as a graph of its own. */
static onnx_graph *import_graph(importer *importer, const Onnx__Graph *from)
{
    onnx_graph *graph = onnx_memory_take(importer->model->memory, 1, sizeof *graph);
    if (!graph) {
        fail_limit(importer->failure);
        return NULL;
    }
    *graph = (onnx_graph){0};
    struct builder inside = {.graph = graph};
    return import_inside(importer, from, &inside, graph) ? graph : NULL;
}

/* ---- If ---- */

static bool check_branch(importer *importer, const Onnx__Graph *branch, size_t outputs)
{
    return (!branch->n_input && branch->n_output == outputs) ||
           fail(importer->failure,
                "a branch has %zu inputs and %zu outputs, and must have "
                "none and %zu",
                branch->n_input, branch->n_output, outputs);
}

/* On a constant: the nodes of the branch taken stand in for the If. */
static bool inline_branch(importer *importer, const Onnx__Node *from, const Onnx__Graph *branch,
                          struct builder *into)
{
    onnx_graph ends = {0};
    if (!check_branch(importer, branch, from->n_output) ||
        !import_inside(importer, branch, into, &ends))
        return false;
    for (size_t i = 0; i < from->n_output; i++)
        if (*from->output[i] && !onnx_import_name(importer, from->output[i], ends.outputs[i]))
            return false;
    return true;
}

static bool import_if(importer *importer, const Onnx__Node *from, onnx_node *node,
                      struct builder *into)
{
    const Onnx__Graph *branches[2] = {find_graph(from, "else_branch"),
                                      find_graph(from, "then_branch")};
    if (node->input_count != 1 || !branches[0] || !branches[1])
        return fail(importer->failure, "it must have one input, a then_branch and an "
                                       "else_branch");
    const onnx_tensor *condition = importer->model->values[node->inputs[0]].constant;
    if (condition && (condition->count != 1 || !condition->ints))
        return fail(importer->failure, "its condition must be one bool");
    if (condition)
        return inline_branch(importer, from, branches[condition->ints[0] != 0], into);
    for (size_t b = 0; b < 2; b++)
        if (!check_branch(importer, branches[b], from->n_output) ||
            !(node->branch[b] = import_graph(importer, branches[b])))
            return false;
    return onnx_define_outputs(importer, from, node) && onnx_add_node(importer, into, node);
}

/* ---- Loop and Scan ---- */

/* Axes and directions of `count` tensors, from the attributes that may say them. */
static const onnx_slices *read_slices(importer *importer, const onnx_node *node, size_t count,
                                      const char *axes, const char *directions)
{
    const onnx_attribute *of_axes = onnx_attribute_find(node, axes),
                         *of_directions = onnx_attribute_find(node, directions);
    onnx_slices *slices = onnx_memory_take(importer->model->memory, count, sizeof *slices);
    if (!slices)
        fail_limit(importer->failure);
    for (size_t i = 0; slices && i < count; i++)
        slices[i] = (onnx_slices){.axis = 0};
    if (slices && ((of_axes && of_axes->int_count != count) ||
                   (of_directions && of_directions->int_count != count))) {
        fail(importer->failure, "its %s and %s must be %zu numbers each", axes, directions, count);
        return NULL;
    }
    for (size_t i = 0; slices && of_axes && i < count; i++)
        slices[i].axis = of_axes->ints[i];
    for (size_t i = 0; slices && of_directions && i < count; i++)
        slices[i].reversed = of_directions->ints[i] != 0;
    return slices;
}

/* How many sequences a Scan has. */
static bool read_sequences(importer *importer, const onnx_node *node, onnx_repeat *repeat)
{
    const int64_t sequences = onnx_attribute_int(node, "num_scan_inputs", 0);
    if (node->opset < 9)
        return fail(importer->failure, "a Scan of opset 8, which has a batch and lengths of its "
                                       "own, is not supported: export it with opset 9 or more");
    if (sequences < 1 || (uint64_t)sequences > node->input_count)
        return fail(importer->failure, "its num_scan_inputs is %lld, and it has %zu inputs",
                    (long long)sequences, node->input_count);
    for (size_t i = 0; i < node->input_count; i++)
        if (node->inputs[i] < 0)
            return fail(importer->failure, "its input %zu is missing", i);
    repeat->sequences = (size_t)sequences;
    repeat->states = node->input_count - repeat->sequences;
    return true;
}

static bool read_states(importer *importer, const onnx_node *node, onnx_repeat *repeat)
{
    enum { OWN = 2 }; /* trip count and condition */
    repeat->states = node->input_count > OWN ? node->input_count - OWN : 0;
    for (size_t i = OWN; i < node->input_count; i++)
        if (node->inputs[i] < 0)
            return fail(importer->failure, "its input %zu is missing", i);
    return true;
}

/* Whether the body has what the node needs; how much that collects. */
static bool check_body(importer *importer, const Onnx__Node *from, const Onnx__Graph *body,
                       onnx_repeat *repeat)
{
    const size_t inputs = (repeat->is_loop ? 2 : 0) + repeat->states + repeat->sequences;
    const size_t outputs = (repeat->is_loop ? 1 : 0) + repeat->states;
    if (body->n_input != inputs || body->n_output < outputs)
        return fail(importer->failure,
                    "its body has %zu inputs and %zu outputs, and must have %zu and %zu or more",
                    body->n_input, body->n_output, inputs, outputs);
    repeat->collected = body->n_output - outputs;
    return from->n_output <= repeat->states + repeat->collected ||
           fail(importer->failure, "it has %zu outputs, and its body makes %zu", from->n_output,
                repeat->states + repeat->collected);
}

static bool import_repeat(importer *importer, const Onnx__Node *from, onnx_node *node,
                          struct builder *into)
{
    const Onnx__Graph *body = find_graph(from, "body");
    onnx_repeat *repeat = onnx_memory_take(importer->model->memory, 1, sizeof *repeat);
    if (!repeat)
        return fail_limit(importer->failure);
    *repeat = (onnx_repeat){.is_loop = !strcmp(node->op, "Loop")};
    if (!body || !from->n_output)
        return fail(importer->failure, "it must have a body and an output");
    if (!(repeat->is_loop ? read_states : read_sequences)(importer, node, repeat) ||
        !check_body(importer, from, body, repeat))
        return false;
    repeat->from =
        read_slices(importer, node, repeat->sequences, "scan_input_axes", "scan_input_directions");
    repeat->into = repeat->from ? read_slices(importer, node, repeat->collected, "scan_output_axes",
                                              "scan_output_directions")
                                : NULL;
    if (!repeat->into || !(node->branch[0] = import_graph(importer, body)))
        return false;
    node->repeat = repeat;
    return onnx_define_outputs(importer, from, node) && onnx_add_node(importer, into, node);
}

/* ---- All of them ---- */

static const struct {
    const char *op;
    bool (*import)(importer *importer, const Onnx__Node *from, onnx_node *node,
                   struct builder *into);
} kinds[] = {{"If", import_if}, {"Loop", import_repeat}, {"Scan", import_repeat}};

enum { KINDS = sizeof kinds / sizeof *kinds };

static size_t find_kind(const char *op)
{
    size_t kind = 0;
    while (kind < KINDS && strcmp(kinds[kind].op, op) != 0)
        kind++;
    return kind;
}

bool onnx_has_branches(const char *op)
{
    return find_kind(op) < KINDS;
}

bool onnx_import_branches(importer *importer, const Onnx__Node *from, onnx_node *node,
                          struct builder *into)
{
    return kinds[find_kind(node->op)].import(importer, from, node, into);
}
