/* SPDX-License-Identifier: MIT */
/* weir-gen --model: an ONNX model as a list of layers. The graph must be a chain, from one input to
 * one output: recurrent nodes, which the importer gives as cells; matrix products with what is
 * added to them and the functions around them, which become cells; and nodes that only say how data
 * lies. Or one recurrent node is taken out of a graph of any kind. */
#include "common/text.h"
#include "deploy/chain.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- Recurrent nodes ---- */

/* A pass's parameters, by the names of its cell; and its initial states where they are constants
 * that are not zeros. */
static bool set_pass(struct chain *chain, struct deploy_layer *layer, size_t p)
{
    const onnx_recurrent *recurrent = chain->node->recurrent;
    const onnx_pass *from = &recurrent->pass[p];
    const int initial[] = {recurrent->initial_h, recurrent->initial_c};
    struct deploy_pass *pass = &layer->passes[p];
    pass->reversed = from->reversed;
    struct graph *graph = chain_cell(chain, from->cell, &pass->cell)
                              ? source_parse(&pass->cell, layer->size, chain->failure)
                              : NULL;
    if (!graph)
        return false;
    for (int i = 0; i < graph->param_count; i++)
        for (size_t k = 0; k < from->weight_count; k++)
            if (!strcmp(graph->params[i].name, from->weights[k].name))
                pass->params[i] = from->weights[k].data;
    graph_free(graph);
    for (size_t s = 0; s < recurrent->state_count; s++) {
        const onnx_tensor *given = chain_value(chain, initial[s]);
        for (size_t k = 0; given && given->floats && k < given->count; k++)
            if (given->floats[k] != 0)
                pass->initial[s] = given->floats + p * recurrent->H;
        if (pass->initial[s] && given->count != recurrent->directions * recurrent->H)
            return chain_refuse(chain, "its initial states differ from row to row of a batch");
    }
    return true;
}

static bool add_recurrent(struct chain *chain)
{
    const onnx_recurrent *recurrent = chain->node->recurrent;
    if (!recurrent->weights_known)
        return chain_refuse(chain, "its weights are computed from inputs");
    struct deploy_layer *layer = chain_add_layer(chain);
    if (!layer)
        return false;
    layer->size[WEIR_ONE] = 1;
    layer->size[WEIR_I] = (double)recurrent->I;
    layer->size[WEIR_H] = (double)recurrent->H;
    layer->pass_count = recurrent->directions;
    layer->by_length = recurrent->sequence_lens >= 0;
    chain->model->lengths |= layer->by_length;
    chain->lengths = layer->by_length ? recurrent->sequence_lens : chain->lengths;
    bool set = true;
    for (size_t p = 0; p < layer->pass_count && set; p++)
        set = set_pass(chain, layer, p);
    return set;
}

/* The axis of time and the batch's are what they are at a recurrent node. */
static bool find_time(struct chain *chain, size_t time, size_t batch)
{
    const int id = chain->axes[time].id;
    if (id == AXIS_PLAIN && chain->axes[time].size > 1)
        chain->fixed_steps = chain->axes[time].size;
    if (chain->axes[batch].id == AXIS_TIME)
        return chain_refuse(chain, "its batch is the time of the layer before");
    if (chain->model->layer_count == 0)
        chain->batch_size = chain->axes[batch].size;
    chain->axes[time].id = AXIS_TIME;
    chain->axes[batch] = (struct axis){1, AXIS_PLAIN};
    return true;
}

static bool take_recurrent(struct chain *chain)
{
    const onnx_recurrent *recurrent = chain->node->recurrent;
    const size_t time = recurrent->batch_first, D = recurrent->directions, H = recurrent->H;
    const struct axis plain[] = {{D, AXIS_PLAIN}, {1, AXIS_PLAIN}, {H, AXIS_PLAIN}};
    if (chain->rank != 3)
        return chain_refuse(chain, "its input is not known to have three axes");
    if (chain->before)
        return chain_refuse(chain, "%s comes before it", chain->before);
    if (!find_time(chain, time, !time) || !add_recurrent(chain))
        return false;
    const struct axis steps = chain->axes[time];
    const struct axis first[] = {steps, plain[0], plain[1], plain[2]};
    const struct axis batched[] = {plain[1], steps, plain[0], plain[2]};
    memcpy(chain->axes, time ? batched : first, sizeof first);
    chain->rank = 4;
    memcpy(chain->final_axes, plain, sizeof plain);
    chain->final_rank = 3;
    chain->value = recurrent->y;
    chain->final = recurrent->y_h;
    chain->product = NULL;
    return true;
}

/* ---- The chain ---- */

/* What is done with each operator that is not recurrent; NULL: nothing. */
static const struct {
    const char *op;
    bool (*take)(struct chain *chain);
} operators[] = {
    {"Identity", NULL},
    {"Dropout", NULL},
    {"Transpose", chain_transpose},
    {"Squeeze", chain_squeeze},
    {"Unsqueeze", chain_unsqueeze},
    {"Reshape", chain_reshape},
    {"Cast", chain_cast},
    {"Gather", chain_gather},
    {"Slice", chain_slice},
    {"MatMul", chain_matmul},
    {"Gemm", chain_gemm},
    {"Add", chain_add},
    {"Relu", chain_function},
    {"Sigmoid", chain_function},
    {"Tanh", chain_function},
};

static bool take_operator(struct chain *chain)
{
    size_t i = 0;
    while (i < sizeof operators / sizeof *operators &&
           strcmp(operators[i].op, chain->node->op) != 0)
        i++;
    if (i == sizeof operators / sizeof *operators)
        return chain_refuse(chain, "this operator is none of those that a chain may have");
    const bool taken = !operators[i].take || operators[i].take(chain);
    chain->value = chain->node->outputs[0];
    return taken;
}

/* Which value the node goes on from: where the chain has come to, or the final state of the last
 * layer, whose outputs are then not wanted. */
static bool enter(struct chain *chain)
{
    const onnx_node *node = chain->node;
    bool goes_on = false, is_final = false;
    for (size_t i = 0; i < node->input_count; i++) {
        goes_on |= node->inputs[i] >= 0 && node->inputs[i] == chain->value;
        is_final |= node->inputs[i] >= 0 && node->inputs[i] == chain->final;
    }
    if (node->recurrent)
        goes_on = node->recurrent->x == chain->value;
    if (is_final && !goes_on) {
        chain->model->layers[chain->model->layer_count - 1].gives = GIVES_FINAL;
        memcpy(chain->axes, chain->final_axes, sizeof chain->axes);
        chain->rank = chain->final_rank;
        return true;
    }
    return goes_on || chain_refuse(chain, "it does not go on from the node before it, so that the "
                                          "model is no chain");
}

/* The input that the chain starts from: the first of the model that is made of floats. */
static bool begin(struct chain *chain)
{
    const onnx_graph *graph = &chain->onnx->graph;
    size_t input = 0;
    while (input < graph->input_count &&
           !onnx_type_is_float(chain->onnx->values[graph->inputs[input]].type))
        input++;
    if (graph->node_count == 0 || input == graph->input_count)
        return fail(chain->failure, "the model has no nodes that depend on an input of floats");
    chain->node = graph->nodes;
    chain->value = chain->input = graph->inputs[input];
    chain->final = -1;
    chain->product = NULL;
    chain->before = NULL;
    memset(chain->known, 0, chain->onnx->value_count * sizeof *chain->known);
    const onnx_value *value = &chain->onnx->values[chain->value];
    if (!value->has_shape)
        return chain_refuse(chain, "the shape of the model's input is not declared");
    chain->rank = value->rank;
    for (size_t i = 0; i < value->rank; i++)
        chain->axes[i] = value->dims[i] < 0 ? (struct axis){0, (int)i}
                                            : (struct axis){(size_t)value->dims[i], AXIS_PLAIN};
    chain_note(chain);
    return true;
}

/* Takes the next node. `again`: it told which axis is the batch, so that shapes before it were
 * wrong. */
static bool take(struct chain *chain, bool *again)
{
    bool computed;
    const bool recurs = chain->node->recurrent;
    if (!recurs && (chain->node->output_count == 0 || chain->node->outputs[0] < 0))
        return chain_refuse(chain, "it has no output");
    if (!chain_compute(chain, &computed))
        return false;
    if (computed)
        return true;
    if (!enter(chain))
        return false;
    if (recurs && chain->rank == 3) {
        const struct axis *batch = &chain->axes[!chain->node->recurrent->batch_first];
        if (batch->id >= 0 && batch->id != chain->batch) {
            chain->batch = batch->id;
            *again = true;
            return true;
        }
    }
    if (!(recurs ? take_recurrent(chain) : take_operator(chain)))
        return false;
    chain_note(chain);
    return true;
}

static bool is_output(const struct chain *chain, int value)
{
    bool is = false;
    for (size_t i = 0; i < chain->onnx->graph.output_count; i++)
        is |= value >= 0 && chain->onnx->graph.outputs[i] == value;
    return is;
}

/* Where the chain ends must be what the model gives: outputs, or a final state. */
static bool end(struct chain *chain)
{
    chain->output = is_output(chain, chain->value) ? chain->value : chain->final;
    if (!is_output(chain, chain->output) || chain->before || chain->model->layer_count == 0)
        return chain_refuse(chain,
                            "the chain does not end in a layer that is an output of the model");
    if (chain->output != chain->value)
        chain->model->layers[chain->model->layer_count - 1].gives = GIVES_FINAL;
    return true;
}

static bool walk(struct chain *chain)
{
    const onnx_graph *graph = &chain->onnx->graph;
    bool taken = begin(chain);
    for (size_t n = 0; n < graph->node_count && taken;) {
        bool again = false;
        chain->node = &graph->nodes[n++];
        taken = take(chain, &again);
        if (!again)
            continue;
        chain->model->layer_count = n = 0; /* again, and knowing better */
        taken = begin(chain);
    }
    return taken && end(chain);
}

/* ---- One node ---- */

static const onnx_node *find_node(const onnx_graph *graph, const char *name)
{
    const onnx_node *found = NULL;
    for (size_t n = 0; n < graph->node_count && !found; n++) {
        const onnx_node *node = &graph->nodes[n];
        if (node->recurrent && !strcmp(node->name, name))
            found = node;
        for (size_t b = 0; b < 2 && !found; b++)
            found = node->branch[b] ? find_node(node->branch[b], name) : NULL;
    }
    return found;
}

static void add_names(const onnx_graph *graph, struct text *names)
{
    for (size_t n = 0; n < graph->node_count; n++) {
        const onnx_node *node = &graph->nodes[n];
        if (node->recurrent)
            text_add(names, "%s'%s'", names->length ? ", " : "", node->name);
        for (size_t b = 0; b < 2; b++)
            if (node->branch[b])
                add_names(node->branch[b], names);
    }
}

static bool fail_node(struct chain *chain, const char *name)
{
    struct text names = {0};
    add_names(&chain->onnx->graph, &names);
    fail(chain->failure, "--node '%.1000s' is no recurrent node of the model, expected %.2000s",
         name, names.length ? names.chars : "a model that has one");
    text_free(&names);
    return false;
}

static bool take_node(struct chain *chain, const char *name)
{
    const size_t before = chain->model->layer_count;
    const struct deploy_layer *layers = chain->model->layers;
    chain->node = find_node(&chain->onnx->graph, name);
    if (!chain->node)
        return fail_node(chain, name);
    if (!add_recurrent(chain))
        return false;
    if (before && layers[before].size[WEIR_I] !=
                      layers[before - 1].size[WEIR_H] * (double)layers[before - 1].pass_count)
        return chain_refuse(chain, "it does not take what the node before it in --node gives");
    return true;
}

/* Nodes that follow one another, as a list with commas. */
static bool take_nodes(struct chain *chain, const char *list)
{
    bool taken = true;
    while (*list && taken) {
        const size_t length = strcspn(list, ",");
        char *name = text_format("%.*s", (int)length, list);
        taken = take_node(chain, name);
        free(name);
        list += length + (list[length] == ',');
    }
    if (taken && chain->model->layer_count == 0)
        return fail(chain->failure, "--node is empty, expected the name of a recurrent node");
    return taken;
}

/* ---- The command ---- */

/* The name of a file without folder and ending, as a name in C. */
static char *name_from(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *name = text_format("%s", slash ? slash + 1 : path), *to = name;
    name[strcspn(name, ".")] = '\0';
    for (const char *from = name; *from; from++)
        if (isalnum((unsigned char)*from) || *from == '_')
            *to++ = (char)tolower((unsigned char)*from);
    *to = '\0';
    return name;
}

/* Calls of as many steps as the model has, where they are fixed; and of one only where all it needs
 * is the past. */
static bool set_steps(const struct deploy_request *request, const struct chain *chain)
{
    struct deploy_model *model = chain->model;
    bool whole = model->lengths;
    if (!request->steps && chain->fixed_steps)
        model->steps = chain->fixed_steps;
    for (size_t l = 0; l < model->layer_count; l++)
        for (size_t p = 0; p < model->layers[l].pass_count; p++)
            whole |= model->layers[l].passes[p].reversed;
    if (whole && model->steps == 1 && !chain->fixed_steps)
        return fail(chain->failure, "the model reads whole sequences, expected --steps with the "
                                    "most time steps there are");
    return true;
}

/* The chain's layers are filled from the model that was read. */
static bool fill(struct chain *chain, const struct deploy_request *request)
{
    const size_t count = chain->onnx->value_count + 1;
    chain->known = chain_take(chain, count, sizeof *chain->known);
    if (!chain->known)
        return false;
    memset(chain->known, 0, count * sizeof *chain->known);
    if (!(request->node ? take_nodes(chain, request->node) : walk(chain)))
        return false;
    if (!set_steps(request, chain))
        return false;
    if (request->data && request->node)
        return fail(chain->failure, "--data is for whole models, expected no --node");
    return !request->data || chain_data(chain, request->data);
}

bool deploy_model(const struct deploy_request *request, struct failure *failure)
{
    onnx_model *onnx = onnx_load_file(request->model, failure);
    if (!onnx)
        return false;
    struct chain chain = {.onnx = onnx,
                          .model = calloc(1, sizeof *chain.model),
                          .failure = failure,
                          .memory = onnx_memory_create(SIZE_MAX / 2),
                          .lengths = -1,
                          .final = -1,
                          .batch = -1};
    char *name = name_from(request->model);
    bool deployed = (chain.model && chain.memory) || fail_memory(failure);
    deployed = deployed && deploy_options(request, chain.model, name, failure) &&
               fill(&chain, request) && deploy_write(chain.model, request->out, failure);
    free(name);
    free(chain.model);
    onnx_memory_destroy(chain.memory);
    onnx_free(onnx);
    return deployed;
}
