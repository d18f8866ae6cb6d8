/* SPDX-License-Identifier: MIT */
/* The axes of inputs are followed through nodes that keep or turn them, to those that say what an
 * axis is. */
#include "deploy/graph/roles.h"

#include <stdlib.h>
#include <string.h>

static void tell(struct telling *t, int value, size_t axis, enum meaning meaning)
{
    if (value < 0 || axis >= t->ranks[value])
        return;
    const struct origin *origin = &t->origins[value][axis];
    if (origin->input)
        t->meanings[origin->input][origin->axis] = meaning;
}

/* Whether the axes of Squeeze or Unsqueeze are constants; which they are, of the input or of what
 * there is with those that are added. */
static bool read_axes(const struct telling *t, const onnx_node *node, size_t rank, bool adds,
                      bool set[ONNX_RANK_MAX])
{
    const onnx_attribute *attribute = onnx_attribute_find(node, "axes");
    const onnx_tensor *tensor = node->input_count > 1 && node->inputs[1] >= 0
                                    ? t->onnx->values[node->inputs[1]].constant
                                    : NULL;
    const int64_t *axes = tensor ? tensor->ints : attribute ? attribute->ints : NULL;
    const size_t count = tensor ? tensor->count : attribute ? attribute->int_count : 0;
    const size_t all = rank + (adds ? count : 0);
    for (size_t k = 0; k < count && axes && all <= ONNX_RANK_MAX; k++) {
        const int64_t axis = axes[k] < 0 ? axes[k] + (int64_t)all : axes[k];
        if (axis >= 0 && axis < (int64_t)all)
            set[axis] = true;
    }
    return axes && all <= ONNX_RANK_MAX;
}

/* What the axes of a node's output are, where it only turns those of its input. */
static void follow(struct telling *t, const onnx_node *node)
{
    const int from = node->inputs[0], to = node->outputs[0];
    const onnx_attribute *perm = onnx_attribute_find(node, "perm");
    const bool adds = !strcmp(node->op, "Unsqueeze"), drops = !strcmp(node->op, "Squeeze");
    bool set[ONNX_RANK_MAX] = {false};
    const size_t rank = t->ranks[from];
    if (!strcmp(node->op, "Gather")) {
        const int64_t given = onnx_attribute_int(node, "axis", 0);
        const size_t axis = (size_t)(given < 0 ? given + (int64_t)rank : given);
        const onnx_tensor *index = node->input_count > 1 && node->inputs[1] >= 0
                                       ? t->onnx->values[node->inputs[1]].constant
                                       : NULL;
        for (size_t d = 0; index && index->rank < 2 && d < rank; d++)
            if (d != axis)
                t->origins[to][t->ranks[to]++] = t->origins[from][d];
            else if (index->rank == 1)
                t->origins[to][t->ranks[to]++] = (struct origin){0};
        return;
    }
    if (!strcmp(node->op, "Transpose")) {
        for (size_t d = 0; d < rank; d++) {
            const size_t axis =
                perm && perm->int_count == rank ? (size_t)perm->ints[d] : rank - 1 - d;
            if (axis < rank)
                t->origins[to][d] = t->origins[from][axis];
        }
        t->ranks[to] = rank;
        return;
    }
    if ((adds || drops) && !read_axes(t, node, rank, adds, set))
        return;
    for (size_t d = 0, k = 0; d < rank || (adds && set[k]); k++) {
        if (adds && set[k])
            t->origins[to][t->ranks[to]++] = (struct origin){0};
        else if (drops && set[k])
            d++;
        else
            t->origins[to][t->ranks[to]++] = t->origins[from][d++];
        if (t->ranks[to] == ONNX_RANK_MAX)
            return;
    }
}

enum { LOSES_NONE, LOSES_LAST, LOSES_CHANNELS }; /* axes that become others */

/* Operators whose output has the axes of an input in their places, and which it loses. */
static const struct {
    const char *op;
    int loses;
} keeping[] = {{"Add", LOSES_NONE},
               {"Sub", LOSES_NONE},
               {"Mul", LOSES_NONE},
               {"Div", LOSES_NONE},
               {"Pad", LOSES_NONE},
               {"Clip", LOSES_NONE},
               {"PRelu", LOSES_NONE},
               {"LeakyRelu", LOSES_NONE},
               {"Elu", LOSES_NONE},
               {"BatchNormalization", LOSES_NONE},
               {"InstanceNormalization", LOSES_NONE},
               {"LayerNormalization", LOSES_NONE},
               {"MatMul", LOSES_LAST},
               {"Conv", LOSES_CHANNELS},
               {"ConvTranspose", LOSES_CHANNELS},
               {"MaxPool", LOSES_CHANNELS},
               {"AveragePool", LOSES_CHANNELS}};

/* Whether an origin is an axis that the model leaves open. */
static bool is_open(const struct telling *t, const struct origin *origin)
{
    return origin->input &&
           t->onnx->values[t->onnx->graph.inputs[origin->input - 1]].dims[origin->axis] < 0;
}

/* The only input of a node that is no constant, whose axes are known, or the first of several with
 * as many; -1: there is none. */
static int first_input(const struct telling *t, const onnx_node *node, bool several)
{
    int first = -1;
    for (size_t i = 0; i < node->input_count; i++) {
        const int value = node->inputs[i];
        if (value < 0 || t->onnx->values[value].constant)
            continue;
        if (!t->ranks[value] || (first >= 0 && (!several || t->ranks[value] != t->ranks[first])))
            return -1;
        first = first < 0 ? value : first;
    }
    return first;
}

/* Windows go over rows, which are batches unless a recurrent node goes through them; where they go
 * along one other axis, that is time. */
static void tell_windows(struct telling *t, int value)
{
    const struct origin *batch = &t->origins[value][0], *time = &t->origins[value][2];
    if (!t->meanings[batch->input][batch->axis])
        tell(t, value, 0, MEANS_ROWS);
    if (t->ranks[value] == 3 && is_open(t, time) && !t->meanings[time->input][time->axis])
        tell(t, value, 2, MEANS_TIME);
}

static void keep_axes(struct telling *t, const onnx_node *node, int loses)
{
    const int from = first_input(t, node, loses == LOSES_NONE);
    if (from < 0 || !node->output_count || node->outputs[0] < 0)
        return;
    const size_t rank = t->ranks[from], lost = loses == LOSES_LAST ? rank - 1 : 1;
    for (size_t i = 0; i < node->input_count; i++)
        if (node->inputs[i] >= 0 && t->onnx->values[node->inputs[i]].constant &&
            loses != LOSES_CHANNELS && t->onnx->values[node->inputs[i]].constant->rank > rank)
            return; /* axes come before its own */
    if (loses == LOSES_CHANNELS && rank > 2)
        tell_windows(t, from);
    if (loses == LOSES_LAST && from != node->inputs[0])
        return;
    memcpy(t->origins[node->outputs[0]], t->origins[from], sizeof *t->origins);
    t->ranks[node->outputs[0]] = rank;
    if (loses != LOSES_NONE && lost < rank)
        t->origins[node->outputs[0]][lost] = (struct origin){0};
    for (size_t i = 0; i < node->input_count && loses == LOSES_NONE; i++) {
        const int other = node->inputs[i];
        for (size_t d = 0; other >= 0 && !t->onnx->values[other].constant && d < rank; d++)
            if (!is_open(t, &t->origins[node->outputs[0]][d]) && is_open(t, &t->origins[other][d]))
                t->origins[node->outputs[0]][d] = t->origins[other][d];
    }
}

static void tell_recurrent(struct telling *t, const onnx_recurrent *r)
{
    t->untold |= !t->ranks[r->x] && !t->onnx->values[r->x].constant;
    tell(t, r->x, r->batch_first, MEANS_TIME);
    tell(t, r->x, !r->batch_first, MEANS_BATCH);
    tell(t, r->initial_h, !r->batch_first, MEANS_BATCH);
    tell(t, r->initial_c, !r->batch_first, MEANS_BATCH);
}

static void tell_graph(struct telling *t, const onnx_graph *graph)
{
    static const char *const turns[] = {"Transpose", "Squeeze", "Unsqueeze", "Identity",
                                        "Cast",      "Relu",    "Tanh",      "Sigmoid",
                                        "Dropout",   "Slice",   "Gather"};
    for (size_t n = 0; n < graph->node_count; n++) {
        const onnx_node *node = &graph->nodes[n];
        for (size_t b = 0; b < 2 && node->branch[b]; b++)
            tell_graph(t, node->branch[b]);
        if (node->recurrent)
            tell_recurrent(t, node->recurrent);
        for (size_t i = 0; i < sizeof turns / sizeof *turns; i++)
            if (!strcmp(turns[i], node->op) && node->input_count && node->inputs[0] >= 0 &&
                node->output_count && node->outputs[0] >= 0 && t->ranks[node->inputs[0]])
                follow(t, node);
        for (size_t i = 0; i < sizeof keeping / sizeof *keeping; i++)
            if (!strcmp(keeping[i].op, node->op))
                keep_axes(t, node, keeping[i].loses);
    }
}

/* Axes of the same name are the same. */
static void tell_names(struct telling *t)
{
    const onnx_graph *graph = &t->onnx->graph;
    for (size_t k = 0; k < graph->input_count * ONNX_RANK_MAX; k++) {
        const onnx_value *value = &t->onnx->values[graph->inputs[k / ONNX_RANK_MAX]];
        const char *name = value->axes[k % ONNX_RANK_MAX];
        enum meaning *meaning = &t->meanings[k / ONNX_RANK_MAX + 1][k % ONNX_RANK_MAX];
        for (size_t i = 0; i < graph->input_count && name && !*meaning; i++)
            for (size_t d = 0; d < t->ranks[graph->inputs[i]]; d++) {
                const char *other = t->onnx->values[graph->inputs[i]].axes[d];
                if (other && !strcmp(other, name) && t->meanings[i + 1][d])
                    *meaning = t->meanings[i + 1][d];
            }
    }
}

/* An open axis that is called a batch, as exporters do, is one where no node says otherwise. */
static void tell_batches(struct telling *t)
{
    const onnx_graph *graph = &t->onnx->graph;
    for (size_t i = 0; i < graph->input_count; i++)
        for (size_t d = 0; d < t->ranks[graph->inputs[i]]; d++) {
            const onnx_value *value = &t->onnx->values[graph->inputs[i]];
            const bool is_called = value->axes[d] && strstr(value->axes[d], "batch");
            if (is_called && value->dims[d] < 0 && t->meanings[i + 1][d] != MEANS_TIME)
                t->meanings[i + 1][d] = MEANS_BATCH;
        }
}

/* Of open axes that nothing is told of the only one is time, where steps are asked for and no other
 * is; else the first one of an input counts batches where no other does, unless that might be what
 * a recurrent node goes through: then whoever says how many there are says it. */
static void tell_rest(struct telling *t, bool has_steps, bool has_batch)
{
    const onnx_graph *graph = &t->onnx->graph;
    enum meaning *only = NULL;
    size_t unknown = 0, times = 0;
    for (size_t k = 0; k < graph->input_count * ONNX_RANK_MAX; k++) {
        const int value = graph->inputs[k / ONNX_RANK_MAX];
        enum meaning *meaning = &t->meanings[k / ONNX_RANK_MAX + 1][k % ONNX_RANK_MAX];
        if (k % ONNX_RANK_MAX >= t->ranks[value])
            continue;
        times += *meaning == MEANS_TIME;
        if (*meaning == MEANS_ROWS)
            *meaning = has_batch || !t->untold ? MEANS_BATCH : MEANS_NOTHING;
        if (!*meaning && t->onnx->values[value].dims[k % ONNX_RANK_MAX] < 0) {
            unknown++;
            only = meaning;
        }
    }
    if (has_steps && !times && unknown == 1)
        *only = MEANS_TIME;
    for (size_t i = 0; i < graph->input_count && (has_batch || !t->untold); i++) {
        bool has = false; /* an axis that counts batches */
        for (size_t d = 0; d < t->ranks[graph->inputs[i]]; d++)
            has |= t->meanings[i + 1][d] == MEANS_BATCH;
        if (t->ranks[graph->inputs[i]] > 1 && !t->meanings[i + 1][0] && !has)
            t->meanings[i + 1][0] = MEANS_BATCH;
    }
}

bool lower_find_roles(struct lowering *l, struct telling *t)
{
    const onnx_graph *graph = &l->onnx->graph;
    t->onnx = l->onnx;
    t->origins = calloc(l->onnx->value_count + 1, sizeof *t->origins);
    t->ranks = calloc(l->onnx->value_count + 1, sizeof *t->ranks);
    const bool ready = t->origins && t->ranks;
    for (size_t i = 0; i < graph->input_count && ready; i++) {
        const int value = graph->inputs[i];
        t->ranks[value] = l->onnx->values[value].has_shape ? l->onnx->values[value].rank : 0;
        for (size_t d = 0; d < t->ranks[value]; d++)
            t->origins[value][d] = (struct origin){(int)i + 1, d};
    }
    if (ready) {
        tell_graph(t, graph);
        for (size_t i = 0; i < graph->input_count; i++) /* those of inputs alone */
            t->ranks[graph->inputs[i]] = l->onnx->values[graph->inputs[i]].has_shape
                                             ? l->onnx->values[graph->inputs[i]].rank
                                             : 0;
        tell_names(t);
        tell_batches(t);
        tell_rest(t, l->request->steps > 0, l->request->batch > 0);
        tell_names(t);
    }
    free(t->origins);
    free(t->ranks);
    return ready || fail_memory(l->failure);
}
