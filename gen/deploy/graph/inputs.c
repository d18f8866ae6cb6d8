/* SPDX-License-Identifier: MIT */
/* What the model is given and gives: the shapes of inputs, of which every axis must be a number. It
 * is declared, or asked for; an open batch is one unless it is said, and open time is --steps. */
#include "deploy/graph.h"
#include "deploy/graph/lower.h"

#include "common/text.h"

#include <stdlib.h>
#include <string.h>

/* What nodes tell of the axes of inputs. */
enum meaning { MEANS_NOTHING, MEANS_TIME, MEANS_BATCH };

/* Which axis of which input an axis of a value is; input 0: of none. */
struct origin {
    int input; /* its place among the model's, from 1 on */
    size_t axis;
};

struct telling {
    const onnx_model *onnx;
    struct origin (*origins)[ONNX_RANK_MAX]; /* of every value */
    size_t *ranks; /* 0: not known */
    bool untold; /* which axis of what a recurrent node reads is time */
    enum meaning meanings[256][ONNX_RANK_MAX];
};

enum { INPUTS_MOST = 255 };

/* ---- Roles ---- */

static void tell(struct telling *t, int value, size_t axis, enum meaning meaning)
{
    if (value < 0 || axis >= t->ranks[value])
        return;
    const struct origin *origin = &t->origins[value][axis];
    if (origin->input)
        t->meanings[origin->input][origin->axis] = meaning;
}

/* Whether the axes of Squeeze or Unsqueeze are constants; which of so many they are. */
static bool read_axes(const struct telling *t, const onnx_node *node, size_t rank,
                      bool set[ONNX_RANK_MAX])
{
    const onnx_attribute *attribute = onnx_attribute_find(node, "axes");
    const onnx_tensor *tensor = node->input_count > 1 && node->inputs[1] >= 0
                                    ? t->onnx->values[node->inputs[1]].constant
                                    : NULL;
    const int64_t *axes = tensor ? tensor->ints : attribute ? attribute->ints : NULL;
    const size_t count = tensor ? tensor->count : attribute ? attribute->int_count : 0;
    for (size_t k = 0; k < count && axes; k++) {
        const int64_t axis = axes[k] < 0 ? axes[k] + (int64_t)rank : axes[k];
        if (axis >= 0 && axis < (int64_t)rank)
            set[axis] = true;
    }
    return axes != NULL;
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
    if ((adds && (rank == ONNX_RANK_MAX || !read_axes(t, node, rank + 1, set))) ||
        (drops && !read_axes(t, node, rank, set)))
        return;
    for (size_t d = 0, k = 0; d < rank || (adds && set[k]); k++) {
        if (adds && k <= rank && set[k])
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

/* The only input of a node that is no constant, whose axes are known; -1: there is none. */
static int only_input(const struct telling *t, const onnx_node *node)
{
    int only = -1;
    for (size_t i = 0; i < node->input_count; i++) {
        const int value = node->inputs[i];
        if (value < 0 || t->onnx->values[value].constant)
            continue;
        if (only >= 0 || !t->ranks[value])
            return -1;
        only = value;
    }
    return only;
}

/* Windows say which axis counts batches; where they go along one other, that is time. */
static void tell_windows(struct telling *t, int value)
{
    const struct origin *batch = &t->origins[value][0], *time = &t->origins[value][2];
    if (!t->meanings[batch->input][batch->axis])
        tell(t, value, 0, MEANS_BATCH);
    if (t->ranks[value] == 3 && time->input && !t->meanings[time->input][time->axis] &&
        t->onnx->values[t->onnx->graph.inputs[time->input - 1]].dims[time->axis] < 0)
        tell(t, value, 2, MEANS_TIME);
}

static void keep_axes(struct telling *t, const onnx_node *node, int loses)
{
    const int from = only_input(t, node);
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

/* Of open axes that nothing is told of the only one is time, where steps are asked for and no other
 * is; else the first one of an input counts batches, unless that might be what a recurrent node
 * goes through: then whoever says how many there are says it. */
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
        if (!*meaning && t->onnx->values[value].dims[k % ONNX_RANK_MAX] < 0) {
            unknown++;
            only = meaning;
        }
    }
    if (has_steps && !times && unknown == 1)
        *only = MEANS_TIME;
    for (size_t i = 0; i < graph->input_count && (has_batch || !t->untold); i++)
        if (t->ranks[graph->inputs[i]] > 1 && !t->meanings[i + 1][0])
            t->meanings[i + 1][0] = MEANS_BATCH;
}

static bool find_roles(struct lowering *l, struct telling *t)
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
        tell_rest(t, l->request->steps > 0, l->request->batch > 0);
        tell_names(t);
    }
    free(t->origins);
    free(t->ranks);
    return ready || fail_memory(l->failure);
}

/* ---- Shapes that are asked for ---- */

/* Numbers with commas between them, at most so many. */
static bool read_shape(const char *text, size_t *rank, size_t *dims)
{
    *rank = 0;
    for (;;) {
        char *end;
        const unsigned long long number =
            *text >= '0' && *text <= '9' ? strtoull(text, &end, 10) : 0;
        if (!number || number > INT32_MAX || *rank == ONNX_RANK_MAX)
            return false;
        dims[(*rank)++] = (size_t)number;
        if (*end == '\0' || *end == '\n')
            return true;
        if (*end != ',')
            return false;
        text = end + 1;
    }
}

static bool set_shape(struct lowering *l, const onnx_value *declared, const char *given,
                      struct value *value)
{
    size_t rank, dims[ONNX_RANK_MAX];
    if (!read_shape(given, &rank, dims))
        return fail(l->failure, "--shape of '%.80s' is no list of sizes, such as 1,30,9",
                    quote(declared->name).text);
    bool fits = !declared->has_shape || declared->rank == rank;
    for (size_t d = 0; d < rank && fits && declared->has_shape; d++)
        fits = declared->dims[d] < 0 || declared->dims[d] == (int64_t)dims[d];
    if (!fits)
        return fail(l->failure, "--shape of '%.80s' is another than the model declares",
                    quote(declared->name).text);
    value->rank = rank;
    memcpy(value->dims, dims, sizeof value->dims);
    return true;
}

/* That of a call, which was held to what is declared. */
static bool take_shape(struct lowering *l, const onnx_value *declared,
                       const struct deploy_shape *given, struct value *value)
{
    value->rank = given->rank;
    memcpy(value->dims, given->dims, sizeof value->dims);
    for (size_t d = 0; d < given->rank; d++)
        if (!given->dims[d])
            return fail(l->failure, "the input '%.80s' has no elements",
                        quote(declared->name).text);
    return true;
}

static void add_open(struct text *open, const onnx_value *declared, size_t axis)
{
    const char *name = declared->axes[axis];
    text_add(open, "%saxis %zu of '%.80s'", open->length ? ", " : "", axis,
             quote(declared->name).text);
    if (name)
        text_add(open, " (%.40s)", quote(name).text);
}

/* The shape of an input; what is open of it is added to a list. */
static bool find_shape(struct lowering *l, const struct telling *t, size_t i, struct text *open)
{
    const int number = l->onnx->graph.inputs[i];
    const onnx_value *declared = &l->onnx->values[number];
    struct value *value = &l->values[number];
    const char *given = lower_find_line(l->request->shapes, declared->name);
    if (l->request->inputs)
        return take_shape(l, declared, &l->request->inputs[i], value);
    if (given)
        return set_shape(l, declared, given, value);
    if (!declared->has_shape)
        return fail(l->failure,
                    "the shape of the input '%.80s' is not declared, expected --shape NAME=...",
                    quote(declared->name).text);
    value->rank = declared->rank;
    for (size_t d = 0; d < value->rank; d++) {
        const enum meaning meaning = t->meanings[i + 1][d];
        value->dims[d] = declared->dims[d] >= 0   ? (size_t)declared->dims[d]
                         : meaning == MEANS_BATCH ? (l->request->batch ? l->request->batch : 1)
                         : meaning == MEANS_TIME  ? l->request->steps
                                                  : 0;
        if (meaning == MEANS_TIME && l->request->steps && value->dims[d] != l->request->steps)
            return fail(l->failure,
                        "the model reads whole sequences of %zu steps, expected no --steps",
                        value->dims[d]);
        if (declared->dims[d] == 0)
            return fail(l->failure, "the input '%.80s' has an axis of size 0",
                        quote(declared->name).text);
        if (!value->dims[d])
            add_open(open, declared, d);
    }
    return true;
}

static const char open_axes[] = "axes of the model's inputs are open";

bool graph_is_open(const struct failure *failure)
{
    return !strncmp(failure->sentence, open_axes, strlen(open_axes));
}

/* ---- Buffers ---- */

static bool make_input(struct lowering *l, size_t i)
{
    const int number = l->onnx->graph.inputs[i];
    const onnx_value *declared = &l->onnx->values[number];
    struct value *value = &l->values[number];
    const bool is_int = declared->type != ONNX_NONE && !onnx_type_is_float(declared->type);
    const bool kept = lower_is_kept(l, declared->name);
    if (is_int && declared->type != ONNX_INT64 && declared->type != ONNX_INT32 &&
        declared->type != ONNX_BOOL)
        return fail(
            l->failure,
            "the input '%.80s' is of type %s, and floats, int32, int64 and bool are deployed",
            quote(declared->name).text, onnx_type_name(declared->type));
    size_t count = 1;
    if (onnx_type_is_half(declared->type))
        return fail(l->failure, "the input '%.80s' is of 16 bits, and floats are deployed",
                    quote(declared->name).text);
    for (size_t d = 0; d < value->rank; d++) {
        if (value->dims[d] > (size_t)INT32_MAX / count)
            return fail(l->failure, "the input '%.80s' is too large", quote(declared->name).text);
        count *= value->dims[d];
    }
    const int buffer = schedule_buffer(l->schedule, kept ? PLACE_KEPT : PLACE_INPUT, is_int, count);
    struct buffer *made = &l->schedule->buffers[buffer];
    made->name = declared->name;
    made->rank = value->rank;
    memcpy(made->dims, value->dims, sizeof made->dims);
    made->index = kept ? 0 : l->schedule->input_count++;
    const struct view view = view_dense(buffer, value->rank, value->dims);
    lower_set_view(value, &view, is_int);
    value->is_narrow = declared->type == ONNX_INT32;
    return true;
}

bool lower_inputs(struct lowering *l)
{
    static const struct telling blank;
    const onnx_graph *graph = &l->onnx->graph;
    struct telling *t = lower_take(l, 1, sizeof *t);
    struct text open = {0};
    if (!t || graph->input_count > INPUTS_MOST)
        return fail(l->failure, "the model has more than %d inputs", INPUTS_MOST);
    *t = blank;
    bool found = lower_pairs(l) && find_roles(l, t);
    for (size_t i = 0; i < graph->input_count && found; i++)
        found = find_shape(l, t, i, &open);
    if (found && open.length)
        found = fail(l->failure,
                     "%s: %.2000s; expected their sizes by --steps T, --batch N or --shape "
                     "NAME=SIZE,...",
                     open_axes, open.chars);
    text_free(&open);
    for (size_t i = 0; i < graph->input_count && found; i++)
        found = make_input(l, i);
    return found;
}

/* ---- What it gives ---- */

bool lower_outputs(struct lowering *l)
{
    const onnx_graph *graph = &l->onnx->graph;
    l->node = NULL;
    for (size_t i = 0; i < graph->output_count; i++) {
        const onnx_value *declared = &l->onnx->values[graph->outputs[i]];
        struct value *value = &l->values[graph->outputs[i]];
        int number;
        if (onnx_type_is_half(declared->type))
            return fail(l->failure, "the output '%.80s' is of 16 bits, and floats are deployed",
                        quote(declared->name).text);
        if (lower_find_kept(l, declared->name, &number))
            continue;
        size_t count = 1;
        for (size_t d = 0; d < value->rank; d++)
            count *= value->dims[d];
        const int buffer = schedule_buffer(l->schedule, PLACE_OUTPUT, value->is_int, count);
        struct buffer *made = &l->schedule->buffers[buffer];
        made->name = declared->name;
        made->index = l->schedule->output_count++;
        made->rank = value->rank;
        memcpy(made->dims, value->dims, sizeof made->dims);
        const struct view to = view_dense(buffer, value->rank, value->dims);
        lower_into(l, value, &to);
    }
    return lower_carry(l);
}
