/* SPDX-License-Identifier: MIT */
/* Recurrent nodes: their layers, where their states start, where their sequences end, and which
 * axes are time and batch. */
#include "deploy/recurrent.h"

#include "deploy/chain.h"

#include <string.h>

/* ---- The layer ---- */

/* A state that starts from something else than zeros. Inputs of the model, and for a single node
 * whatever is computed before it, are the state of the stream, which begins as zeros. */
static bool set_initial(struct chain *chain, struct deploy_layer *layer, size_t s, int value)
{
    const onnx_recurrent *recurrent = chain->node->recurrent;
    const size_t D = recurrent->directions, H = recurrent->H, first = recurrent->batch_first;
    const onnx_tensor *given = chain_value(chain, value);
    const onnx_graph *graph = &chain->onnx->graph;
    bool zeros = true, is_input = value < 0 || chain->input < 0;
    for (size_t p = 0; p < D && value >= 0 && !given; p++)
        layer->passes[p].input[s] =
            (struct deploy_input){chain->onnx->values[chain_root(chain, value)].name, p * H, D * H};
    for (size_t i = 0; i < graph->input_count; i++)
        is_input |=
            graph->inputs[i] == chain_root(chain, value) && graph->inputs[i] != chain->input;
    if (!given)
        return is_input || chain_refuse(chain, "its initial states are computed by the model");
    if (!given->floats)
        return chain_refuse(chain, "its initial states are no floats");
    for (size_t k = 0; k < given->count; k++)
        zeros &= given->floats[k] == 0;
    const bool one = given->rank == 3 && given->dims[first] == D && given->dims[!first] == 1 &&
                     given->dims[2] == H;
    if (!one && !(zeros && chain->input < 0))
        return chain_refuse(chain, "its initial states differ from row to row of a batch, or have "
                                   "another shape than a batch of one");
    for (size_t p = 0; p < D && !zeros; p++)
        layer->passes[p].initial[s] = given->floats + p * H;
    return true;
}

/* A weight as it came. */
static struct weir_numbers numbers_of(const onnx_weight *weight)
{
    const onnx_bytes *bytes = weight->bytes;
    if (!bytes)
        return (struct weir_numbers){.data = weight->data};
    return (struct weir_numbers){.data = bytes->bytes,
                                 .type = weir_type_named(bytes->type),
                                 .scales = bytes->scales,
                                 .zeros = bytes->zeros,
                                 .one_scale = bytes->scale_count == 1,
                                 .one_zero = bytes->zero_count == 1};
}

bool recurrent_weights(const onnx_recurrent *recurrent, size_t direction,
                       struct deploy_layer *layer, size_t pass, struct failure *failure)
{
    const onnx_pass *from = &recurrent->pass[direction];
    struct deploy_pass *to = &layer->passes[pass];
    struct graph *graph = source_parse(&to->cell, layer->size, failure);
    const bool parsed = graph;
    for (int i = 0; parsed && i < graph->param_count; i++)
        for (size_t k = 0; k < from->weight_count; k++)
            if (!strcmp(graph->params[i].name, from->weights[k].name))
                to->params[i] = numbers_of(&from->weights[k]);
    layer->has_bytes = recurrent->type;
    if (layer->has_bytes)
        layer->type = weir_type_named(recurrent->type);
    graph_free(graph);
    return parsed;
}

static bool set_pass(struct chain *chain, struct deploy_layer *layer, size_t p)
{
    const onnx_recurrent *recurrent = chain->node->recurrent;
    layer->passes[p].reversed = recurrent->pass[p].reversed;
    return chain_cell(chain, recurrent->pass[p].cell, &layer->passes[p].cell) &&
           recurrent_weights(recurrent, p, layer, p, chain->failure);
}

/* ---- Lengths ---- */

/* The sequence ends where a constant says. */
static bool set_length(struct chain *chain, struct deploy_layer *layer, const onnx_tensor *given)
{
    struct deploy_model *model = chain->model;
    if (!given->ints || given->count != 1 || given->ints[0] < 0 ||
        (chain->steps && (uint64_t)given->ints[0] > chain->steps))
        return chain_refuse(chain, "its sequence_lens is no length of one sequence of its input");
    const size_t length = (size_t)given->ints[0];
    if (chain->is_fixed && length == chain->steps)
        return true;
    if (model->lengths && model->length != length)
        return chain_refuse(chain, "its sequence ends elsewhere than that of a layer before");
    layer->by_length = model->lengths = true;
    model->length = length;
    return true;
}

/* The sequence ends where the caller says: all layers that end early do so at the same input. */
static bool set_lengths(struct chain *chain, struct deploy_layer *layer)
{
    struct deploy_model *model = chain->model;
    const onnx_graph *graph = &chain->onnx->graph;
    const int value = chain->node->recurrent->sequence_lens, root = chain_root(chain, value);
    const onnx_tensor *constant = chain_value(chain, value);
    bool is_input = chain->input < 0;
    if (value < 0)
        return true;
    for (const struct deploy_layer *before = model->layers; before < layer; before++)
        if (before->gives != GIVES_ALL)
            return chain_refuse(chain, "it has sequence_lens after the last step was taken");
    if (constant)
        return set_length(chain, layer, constant);
    for (size_t i = 0; i < graph->input_count; i++)
        is_input |= graph->inputs[i] == root;
    if (!is_input)
        return chain_refuse(chain, "its sequence_lens is computed by the model");
    if (model->lengths && (model->length != DEPLOY_ANY_LENGTH || chain->lengths != root))
        return chain_refuse(chain, "its sequence ends elsewhere than that of a layer before");
    layer->by_length = model->lengths = true;
    chain->lengths = root;
    return true;
}

bool chain_add_recurrent(struct chain *chain)
{
    const onnx_recurrent *recurrent = chain->node->recurrent;
    const int initial[] = {recurrent->initial_h, recurrent->initial_c};
    if (!recurrent->weights_known)
        return chain_refuse(chain, "its weights are computed from inputs");
    struct deploy_layer *layer = chain_add_layer(chain);
    if (!layer || !chain_settle(chain))
        return false;
    layer->size[WEIR_ONE] = 1;
    layer->size[WEIR_I] = (double)recurrent->I;
    layer->size[WEIR_H] = (double)recurrent->H;
    layer->pass_count = recurrent->directions;
    bool set = set_lengths(chain, layer);
    for (size_t p = 0; p < layer->pass_count && set; p++)
        set = set_pass(chain, layer, p);
    for (size_t s = 0; s < recurrent->state_count && set; s++)
        set = set_initial(chain, layer, s, initial[s]);
    return set;
}

/* ---- Its axes ---- */

/* What the node tells of axes that are the model's input's. */
static bool tell_axes(struct chain *chain, const struct axis *time, const struct axis *batch,
                      const struct axis *units)
{
    if (batch->kind == AXIS_INPUT && batch->size)
        return chain_refuse(chain, "its batch is %zu, expected one sequence", batch->size);
    if (units->kind == AXIS_INPUT && units->size && units->size != chain->node->recurrent->I)
        return chain_refuse(chain, "its weights do not have the size of one step of its input");
    if (time->kind == AXIS_INPUT)
        chain_tell(chain, time, AXIS_TIME, time->size);
    if (batch->kind == AXIS_INPUT)
        chain_tell(chain, batch, AXIS_ONE, 1);
    if (units->kind == AXIS_INPUT)
        chain_tell(chain, units, AXIS_UNIT, chain->node->recurrent->I);
    return true;
}

static bool check_axes(const struct chain *chain, const struct axis *time, const struct axis *batch,
                       const struct axis *units)
{
    const size_t I = chain->node->recurrent->I;
    if (batch->kind != AXIS_ONE)
        return chain_refuse(chain, batch->kind == AXIS_TIME
                                       ? "its batch is the time of the layer before"
                                       : "its batch is more than one sequence");
    if (time->kind != AXIS_TIME && time->kind != AXIS_ONE)
        return chain_refuse(chain, "its time is no axis of time");
    if (units->kind == AXIS_TIME || units->size != I)
        return chain_refuse(chain, "its weights do not have the size of one step of its input");
    return true;
}

/* The axes of its outputs: Y, and then the final states. */
static void set_axes(struct chain *chain, const struct axis *time)
{
    const onnx_recurrent *recurrent = chain->node->recurrent;
    struct axis steps = *time;
    const struct axis one = axis_of(AXIS_ONE, 1, 0), units = axis_of(AXIS_UNIT, recurrent->H, 2),
                      directions = axis_of(AXIS_DIRECTION, recurrent->directions, 1);
    steps.place = 0;
    const struct axes y[] = {{4, {steps, directions, one, units}},
                             {4, {one, steps, directions, units}}};
    const struct axes final[] = {{3, {directions, one, units}}, {3, {one, directions, units}}};
    chain->axes = y[recurrent->batch_first];
    chain->value = recurrent->y;
    chain->final = recurrent->y_h;
    if (chain->final >= 0) {
        chain->known[chain->final].is_rows = true;
        chain->known[chain->final].axes = final[recurrent->batch_first];
    }
}

bool chain_recurrent(struct chain *chain)
{
    const size_t first = chain->node->recurrent->batch_first;
    struct axis *axes = chain->axes.axis, *time = &axes[first], *batch = &axes[!first];
    if (!chain->node->recurrent->weights_known)
        return chain_refuse(chain, "its weights are computed from inputs");
    if (chain->axes.rank != 3)
        return chain_refuse(chain, "its input is not known to have three axes");
    if (chain->before)
        return chain_refuse(chain, "%s comes before it", chain->before);
    if (!tell_axes(chain, time, batch, &axes[2]) || chain->again)
        return chain->again;
    if (!check_axes(chain, time, batch, &axes[2]) || !chain_add_recurrent(chain))
        return false;
    chain->fed = chain->node->recurrent->x;
    set_axes(chain, time);
    chain->product = NULL;
    return true;
}
