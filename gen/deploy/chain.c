/* SPDX-License-Identifier: MIT */
/* weir-gen --model: an ONNX model as a list of layers. The graph must be a chain, from one input to
 * one output: recurrent nodes, which the importer gives as cells; matrix products with what is
 * added to them and the functions around them, which become cells; and nodes that only say how data
 * lies. Or one recurrent node is taken out of a graph of any kind. */
#include "deploy/chain.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void chain_refuse(const struct chain *chain, const char *reason)
{
    fail(text_format("the node '%s' (%s, opset %lld) cannot be deployed: %s; --node NAME takes one "
                     "recurrent node out of a model",
                     chain->node->name, chain->node->op, (long long)chain->onnx->opset, reason));
}

void *chain_take(struct chain *chain, size_t count, size_t size)
{
    void *memory = onnx_memory_take(chain->memory, count, size);
    if (!memory)
        fail("out of memory");
    return memory;
}

struct source chain_cell(struct chain *chain, const char *text)
{
    struct source cell = {.name = chain->node->name, .length = strlen(text)};
    cell.text = chain_take(chain, cell.length + 1, 1);
    memcpy(cell.text, text, cell.length + 1);
    return cell;
}

/* ---- Recurrent nodes ---- */

struct deploy_layer *chain_add_layer(struct chain *chain)
{
    if (chain->model->layer_count == DEPLOY_LAYERS_MAX)
        chain_refuse(chain, text_format("a model has at most %d layers", DEPLOY_LAYERS_MAX));
    return &chain->model->layers[chain->model->layer_count++];
}

/* A pass's parameters, by the names of its cell; and its initial states where they are constants
 * that are not zeros. */
static void set_pass(struct chain *chain, struct deploy_layer *layer, size_t p)
{
    const onnx_recurrent *recurrent = chain->node->recurrent;
    const onnx_pass *from = &recurrent->pass[p];
    const int initial[] = {recurrent->initial_h, recurrent->initial_c};
    struct deploy_pass *pass = &layer->passes[p];
    pass->reversed = from->reversed;
    pass->cell = chain_cell(chain, from->cell);
    struct graph *graph = source_parse(&pass->cell, layer->size);
    for (int i = 0; i < graph->param_count; i++)
        for (size_t k = 0; k < from->weight_count; k++)
            if (!strcmp(graph->params[i].name, from->weights[k].name))
                pass->params[i] = from->weights[k].data;
    for (size_t s = 0; s < recurrent->state_count; s++) {
        const onnx_tensor *given = chain_value(chain, initial[s]);
        for (size_t k = 0; given && given->floats && k < given->count; k++)
            if (given->floats[k] != 0)
                pass->initial[s] = given->floats + p * recurrent->H;
        if (pass->initial[s] && given->count != recurrent->directions * recurrent->H)
            chain_refuse(chain, "its initial states differ from row to row of a batch");
    }
    graph_free(graph);
}

static void add_recurrent(struct chain *chain)
{
    const onnx_recurrent *recurrent = chain->node->recurrent;
    if (!recurrent->weights_known)
        chain_refuse(chain, "its weights are computed from inputs");
    struct deploy_layer *layer = chain_add_layer(chain);
    layer->size[WEIR_ONE] = 1;
    layer->size[WEIR_I] = (double)recurrent->I;
    layer->size[WEIR_H] = (double)recurrent->H;
    layer->pass_count = recurrent->directions;
    layer->by_length = recurrent->sequence_lens >= 0;
    chain->model->lengths |= layer->by_length;
    chain->lengths = layer->by_length ? recurrent->sequence_lens : chain->lengths;
    for (size_t p = 0; p < layer->pass_count; p++)
        set_pass(chain, layer, p);
}

/* The axis of time and the batch's are what they are at a recurrent node. */
static void find_time(struct chain *chain, size_t time, size_t batch)
{
    const int id = chain->axes[time].id;
    if (id == AXIS_PLAIN && chain->axes[time].size > 1)
        chain->fixed_steps = chain->axes[time].size;
    if (chain->axes[batch].id == AXIS_TIME)
        chain_refuse(chain, "its batch is the time of the layer before");
    if (chain->model->layer_count == 0)
        chain->batch_size = chain->axes[batch].size;
    chain->axes[time].id = AXIS_TIME;
    chain->axes[batch] = (struct axis){1, AXIS_PLAIN};
}

static void take_recurrent(struct chain *chain)
{
    const onnx_recurrent *recurrent = chain->node->recurrent;
    const size_t time = recurrent->batch_first, D = recurrent->directions, H = recurrent->H;
    const struct axis plain[] = {{D, AXIS_PLAIN}, {1, AXIS_PLAIN}, {H, AXIS_PLAIN}};
    if (chain->rank != 3)
        chain_refuse(chain, "its input is not known to have three axes");
    if (chain->before)
        chain_refuse(chain, text_format("%s comes before it", chain->before));
    find_time(chain, time, !time);
    add_recurrent(chain);
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
}

/* ---- The chain ---- */

/* What is done with each operator that is not recurrent; NULL: nothing. */
static const struct {
    const char *op;
    void (*take)(struct chain *chain);
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

static void take_operator(struct chain *chain)
{
    size_t i = 0;
    while (i < sizeof operators / sizeof *operators &&
           strcmp(operators[i].op, chain->node->op) != 0)
        i++;
    if (i == sizeof operators / sizeof *operators)
        chain_refuse(chain, "this operator is none of those that a chain may have");
    if (operators[i].take)
        operators[i].take(chain);
    chain->value = chain->node->outputs[0];
}

/* Which value the node goes on from: where the chain has come to, or the final state of the last
 * layer, whose outputs are then not wanted. */
static void enter(struct chain *chain)
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
    } else if (!goes_on) {
        chain_refuse(chain, "it does not go on from the node before it, so that the model is no "
                            "chain");
    }
}

/* The input that the chain starts from: the first of the model that is made of floats. */
static void begin(struct chain *chain)
{
    const onnx_graph *graph = &chain->onnx->graph;
    size_t input = 0;
    while (input < graph->input_count &&
           !onnx_type_is_float(chain->onnx->values[graph->inputs[input]].type))
        input++;
    if (graph->node_count == 0 || input == graph->input_count)
        fail("the model has no nodes that depend on an input of floats");
    chain->node = graph->nodes;
    chain->value = chain->input = graph->inputs[input];
    chain->final = -1;
    chain->product = NULL;
    chain->before = NULL;
    memset(chain->known, 0, chain->onnx->value_count * sizeof *chain->known);
    const onnx_value *value = &chain->onnx->values[chain->value];
    if (!value->has_shape)
        chain_refuse(chain, "the shape of the model's input is not declared");
    chain->rank = value->rank;
    for (size_t i = 0; i < value->rank; i++)
        chain->axes[i] = value->dims[i] < 0 ? (struct axis){0, (int)i}
                                            : (struct axis){(size_t)value->dims[i], AXIS_PLAIN};
    chain_note(chain);
}

/* Takes the next node. False: it told which axis is the batch, so that shapes before it were wrong.
 */
static bool take(struct chain *chain)
{
    const bool recurs = chain->node->recurrent;
    if (!recurs && (chain->node->output_count == 0 || chain->node->outputs[0] < 0))
        chain_refuse(chain, "it has no output");
    if (chain_compute(chain))
        return true;
    enter(chain);
    if (recurs && chain->rank == 3) {
        const struct axis *batch = &chain->axes[!chain->node->recurrent->batch_first];
        if (batch->id >= 0 && batch->id != chain->batch) {
            chain->batch = batch->id;
            return false;
        }
    }
    if (recurs)
        take_recurrent(chain);
    else
        take_operator(chain);
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
static void end(struct chain *chain)
{
    chain->output = is_output(chain, chain->value) ? chain->value : chain->final;
    if (!is_output(chain, chain->output) || chain->before || chain->model->layer_count == 0)
        chain_refuse(chain, "the chain does not end in a layer that is an output of the model");
    if (chain->output != chain->value)
        chain->model->layers[chain->model->layer_count - 1].gives = GIVES_FINAL;
}

static void walk(struct chain *chain)
{
    const onnx_graph *graph = &chain->onnx->graph;
    begin(chain);
    for (size_t n = 0; n < graph->node_count;) {
        chain->node = &graph->nodes[n++];
        if (take(chain))
            continue;
        chain->model->layer_count = n = 0; /* again, and knowing better */
        begin(chain);
    }
    end(chain);
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

static void take_node(struct chain *chain, const char *name)
{
    const size_t before = chain->model->layer_count;
    const struct deploy_layer *layers = chain->model->layers;
    struct text names = {0};
    chain->node = find_node(&chain->onnx->graph, name);
    if (!chain->node) {
        add_names(&chain->onnx->graph, &names);
        fail(text_format("--node '%s' is no recurrent node of the model, expected %s", name,
                         names.length ? names.chars : "a model that has one"));
    }
    add_recurrent(chain);
    if (before && layers[before].size[WEIR_I] !=
                      layers[before - 1].size[WEIR_H] * (double)layers[before - 1].pass_count)
        chain_refuse(chain, "it does not take what the node before it in --node gives");
}

/* Nodes that follow one another, as a list with commas. */
static void take_nodes(struct chain *chain, const char *list)
{
    while (*list) {
        const size_t length = strcspn(list, ",");
        char *name = text_format("%.*s", (int)length, list);
        take_node(chain, name);
        free(name);
        list += length + (list[length] == ',');
    }
    if (chain->model->layer_count == 0)
        fail("--node is empty, expected the name of a recurrent node");
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
static void check_steps(const struct request *request, const struct chain *chain)
{
    struct deploy_model *model = chain->model;
    bool whole = model->lengths;
    if (!request->steps && chain->fixed_steps)
        model->steps = chain->fixed_steps;
    for (size_t l = 0; l < model->layer_count; l++)
        for (size_t p = 0; p < model->layers[l].pass_count; p++)
            whole |= model->layers[l].passes[p].reversed;
    if (whole && model->steps == 1 && !chain->fixed_steps)
        fail("the model reads whole sequences, expected --steps with the most time steps there "
             "are");
}

void deploy_model(const struct request *request)
{
    onnx_error error;
    onnx_model *onnx = onnx_load_file(request->model, &error);
    if (!onnx)
        fail(text_format("%s", error.message));
    struct deploy_model *model = calloc(1, sizeof *model);
    struct chain chain = {.onnx = onnx,
                          .model = model,
                          .memory = onnx_memory_create(SIZE_MAX / 2),
                          .lengths = -1,
                          .final = -1,
                          .batch = -1};
    if (!model || !chain.memory)
        fail("out of memory");
    chain.known = chain_take(&chain, onnx->value_count + 1, sizeof *chain.known);
    memset(chain.known, 0, (onnx->value_count + 1) * sizeof *chain.known);
    char *name = name_from(request->model);
    deploy_options(request, model, name);
    if (request->node)
        take_nodes(&chain, request->node);
    else
        walk(&chain);
    check_steps(request, &chain);
    if (request->data && request->node)
        fail("--data is for whole models, expected no --node");
    if (request->data)
        chain_data(&chain, request->data);
    deploy_write(model, request->out);
    free(name);
    onnx_memory_destroy(chain.memory);
    onnx_free(onnx);
    free(model);
}
