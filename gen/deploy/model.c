/* SPDX-License-Identifier: MIT */
/* weir-gen --model: a trained model as a list of layers. It is a chain, from one input to one
 * output: recurrent nodes, which the importer gives as cells; matrix products with what is added to
 * them and the functions around them, which become cells; and nodes that only say how data lies. Or
 * recurrent nodes are taken out of a graph of any kind. What is no chain is handed to graph/. */
#include "common/files.h"
#include "common/text.h"
#include "deploy/chain.h"
#include "deploy/graph.h"
#include "formats/formats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where all calls must have the same length, the self-test is of that length. */
enum { STEPS_MOST = 4096 };
enum { DATA_MEMORY = 1 << 30 }; /* that --data may take */

/* What is done with each operator that is not recurrent; NULL: nothing. */
static const struct {
    const char *op;
    bool (*take)(struct chain *chain);
} operators[] = {
    {"Identity", NULL},         {"Dropout", chain_dropout},     {"Transpose", chain_transpose},
    {"Squeeze", chain_squeeze}, {"Unsqueeze", chain_unsqueeze}, {"Reshape", chain_reshape},
    {"Flatten", chain_flatten}, {"Cast", chain_cast},           {"Gather", chain_gather},
    {"Slice", chain_slice},     {"MatMul", chain_matmul},       {"Gemm", chain_gemm},
    {"Add", chain_add},         {"Relu", chain_function},       {"Sigmoid", chain_function},
    {"Tanh", chain_function},   {"Softmax", chain_softmax},
};

/* Which value the node works on: where the chain has come to, or the final state of the last layer,
 * whose outputs are then not wanted. */
static bool enter(struct chain *chain)
{
    const onnx_node *node = chain->node;
    const bool adds = !strcmp(node->op, "Add") && node->input_count > 1 &&
                      (chain_constant(chain, 0) || node->inputs[1] == chain->value);
    const size_t place = adds ? 1 : 0;
    const int value = node->input_count > place ? node->inputs[place] : -1;
    if (value >= 0 && value == chain->value)
        return true;
    if (value < 0 || value != chain->final)
        return chain_refuse(chain, "it does not go on from the node before it, so that the model "
                                   "is no chain");
    chain_last(chain)->gives = GIVES_FINAL;
    chain->axes = chain->known[value].axes;
    chain->final = -1;
    return true;
}

static void note(struct chain *chain)
{
    if (chain->value < 0)
        return;
    chain->known[chain->value].is_rows = true;
    chain->known[chain->value].axes = chain->axes;
}

static bool take_operator(struct chain *chain)
{
    size_t i = 0;
    while (i < sizeof operators / sizeof *operators &&
           strcmp(operators[i].op, chain->node->op) != 0)
        i++;
    if (i == sizeof operators / sizeof *operators)
        return chain_refuse(chain, "this operator is none of those that a chain may have");
    if (!enter(chain))
        return false;
    /* Reshape knows the axis of time by its size, which need not be known. */
    if (operators[i].take != chain_reshape && !chain_settle(chain))
        return false;
    const bool taken = !operators[i].take || operators[i].take(chain);
    chain->value = chain->node->outputs[0];
    return taken;
}

/* Whether the node only gives another input of the model, such as lengths, another type or name. */
static bool is_other_input(const struct chain *chain)
{
    const onnx_graph *graph = &chain->onnx->graph;
    const int root = chain_root(chain, chain->node->outputs[0]);
    bool is = false;
    for (size_t i = 0; i < graph->input_count; i++)
        is |= graph->inputs[i] == root && root != chain->input;
    return is;
}

/* Takes the next node. */
static bool take(struct chain *chain)
{
    bool computed;
    const bool recurs = chain->node->recurrent;
    if (!recurs && (chain->node->output_count == 0 || chain->node->outputs[0] < 0))
        return chain_refuse(chain, "it has no output");
    if (!chain_compute(chain, &computed))
        return false;
    if (computed || (!recurs && is_other_input(chain)))
        return true;
    if (!(recurs ? enter(chain) && chain_recurrent(chain) : take_operator(chain)))
        return false;
    note(chain);
    return true;
}

/* The input's axes, as far as they are told. Rows are handed over step by step, so that time must
 * be the first that moves. */
static bool begin_axes(struct chain *chain, const onnx_value *value)
{
    const struct axis *before = NULL; /* the last that is told and more than one */
    chain->axes.rank = value->rank;
    for (size_t i = 0; i < value->rank; i++) {
        const size_t size = value->dims[i] < 0 ? 0 : (size_t)value->dims[i];
        struct axis *axis = &chain->axes.axis[i];
        *axis = chain->told[i].kind != AXIS_INPUT
                    ? chain->told[i]
                    : (struct axis){size == 1 ? AXIS_ONE : AXIS_INPUT, size, i, i};
        if (axis->kind == AXIS_TIME && before)
            return chain_refuse(chain, "time is not the first axis of the model's input that is "
                                       "more than one");
        before = axis->kind == AXIS_UNIT || axis->kind == AXIS_TIME ? axis : before;
    }
    return true;
}

static void reset(struct chain *chain)
{
    struct deploy_model *model = chain->model;
    memset(chain->known, 0, chain->onnx->value_count * sizeof *chain->known);
    memset(model->layers, 0, sizeof model->layers);
    model->layer_count = 0;
    model->exact_steps = model->lengths = false;
    model->length = DEPLOY_ANY_LENGTH;
    chain->lengths = chain->final = -1;
    chain->before = NULL;
    chain->product = NULL;
    chain->again = false;
    for (size_t i = 0; i < ONNX_RANK_MAX; i++)
        if (chain->told[i].kind == AXIS_TIME && chain->told[i].size) {
            chain->steps = chain->told[i].size;
            chain->is_fixed = true;
        }
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
    reset(chain);
    chain->node = graph->nodes;
    chain->value = chain->input = graph->inputs[input];
    const onnx_value *value = &chain->onnx->values[chain->value];
    if (!value->has_shape)
        return chain_refuse(chain, "the shape of the model's input is not declared");
    for (size_t i = 0; i < value->rank; i++)
        if (value->dims[i] == 0)
            return chain_refuse(chain, "the model's input has an axis of size 0");
    if (!begin_axes(chain, value))
        return false;
    note(chain);
    return true;
}

static bool is_output(const struct chain *chain, int value)
{
    bool is = false;
    for (size_t i = 0; i < chain->onnx->graph.output_count; i++)
        is |= value >= 0 && chain->onnx->graph.outputs[i] == value;
    return is;
}

/* An axis that no node told anything of is that of time, where there is only one. */
static bool tell_rest(struct chain *chain)
{
    const struct axis *last = NULL;
    size_t count = 0;
    for (size_t i = 0; i < chain->axes.rank; i++) {
        const struct axis *axis = &chain->axes.axis[i];
        count += axis->kind == AXIS_TIME || axis->kind == AXIS_INPUT;
        last = axis->kind == AXIS_INPUT ? axis : last;
    }
    if (last && count > 1)
        return chain_refuse(chain, "which axis of the model's input is time is not known");
    return !last || chain_tell(chain, last, AXIS_TIME, last->size);
}

/* Where the chain ends must be what the model gives: outputs, or a final state. */
static bool end(struct chain *chain)
{
    if (!tell_rest(chain) || chain->again)
        return chain->again;
    chain->output = is_output(chain, chain->value) ? chain->value : chain->final;
    if (!is_output(chain, chain->output) || chain->before || chain->model->layer_count == 0)
        return chain_refuse(chain,
                            "the chain does not end in a layer that is an output of the model");
    if (chain->output != chain->value) {
        chain_last(chain)->gives = GIVES_FINAL;
        return true;
    }
    return chain_is_ordered(chain) ||
           chain_refuse(chain, "what it gives does not lie in the order of its axes");
}

/* Once more whenever an axis of the input is told. */
static bool walk(struct chain *chain)
{
    const onnx_graph *graph = &chain->onnx->graph;
    bool taken;
    do {
        taken = begin(chain);
        for (size_t n = 0; n < graph->node_count && taken && !chain->again; n++) {
            chain->node = &graph->nodes[n];
            taken = take(chain);
        }
        taken = taken && (chain->again || end(chain));
    } while (taken && chain->again);
    return taken;
}

/* ---- One node ---- */

static const onnx_node *find_node(const onnx_graph *graph, const char *name)
{
    const onnx_node *found = NULL;
    for (size_t n = 0; n < graph->node_count && !found; n++) {
        const onnx_node *node = &graph->nodes[n];
        if (node->recurrent && !strcmp(node->name, name))
            found = node;
        if (node->form && !found)
            found = find_node(&node->form->graph, name);
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
        if (node->form)
            add_names(&node->form->graph, names);
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
    if (!chain_add_recurrent(chain))
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

/* Whether a call must be a whole sequence: something reads backwards, or starts after the last step
 * was taken, or a length says where it ends. */
static bool is_whole(const struct deploy_model *model)
{
    bool whole = model->lengths, ended = false;
    for (size_t l = 0; l < model->layer_count; l++) {
        const struct deploy_layer *layer = &model->layers[l];
        for (size_t p = 0; p < layer->pass_count; p++)
            whole |= layer->passes[p].reversed;
        whole |= ended && !layer->is_product;
        ended |= layer->gives != GIVES_ALL;
    }
    return whole;
}

/* Calls of as many steps as the model has, where they are fixed; and of one only where all it needs
 * is the past. */
static bool set_steps(const struct deploy_request *request, const struct chain *chain)
{
    struct deploy_model *model = chain->model;
    if (!request->steps && chain->is_fixed)
        model->steps = chain->steps;
    if (model->exact_steps && model->steps != chain->steps)
        return fail(chain->failure, "the model computes with its %zu steps, expected no --steps",
                    chain->steps);
    if ((model->exact_steps && model->steps > STEPS_MOST) ||
        (model->length != DEPLOY_ANY_LENGTH && model->length > STEPS_MOST))
        return fail(chain->failure,
                    "a constant of the model is right for one number of steps alone, "
                    "which is more than %d",
                    STEPS_MOST);
    if (is_whole(model) && model->steps < (chain->is_fixed ? chain->steps : 2))
        return fail(chain->failure, "the model reads whole sequences, expected --steps with the "
                                    "most time steps there are");
    if (model->lengths && model->length != DEPLOY_ANY_LENGTH && model->length > model->steps)
        return fail(chain->failure,
                    "the model's sequences end after %zu steps, expected --steps "
                    "with no fewer",
                    model->length);
    return true;
}

/* The chain's layers are filled from the model that was read. */
static bool fill(struct chain *chain, const struct deploy_request *request)
{
    const size_t count = chain->onnx->value_count + 1;
    chain->steps = request->steps;
    chain->known = chain_take(chain, count, sizeof *chain->known);
    if (!chain->known)
        return false;
    memset(chain->known, 0, count * sizeof *chain->known);
    for (size_t i = 0; i < ONNX_RANK_MAX; i++)
        chain->told[i].kind = AXIS_INPUT;
    if (!(request->node ? take_nodes(chain, request->node) : walk(chain)))
        return false;
    return set_steps(request, chain);
}

static bool fill_chain(struct chain *chain, const struct deploy_request *request)
{
    size_t passes = 0;
    if (!fill(chain, request))
        return false;
    for (size_t l = 0; l < chain->model->layer_count; l++)
        passes += chain->model->layers[l].pass_count;
    if (passes > LAYOUT_TURNS_MAX)
        return fail(chain->failure,
                    "the model cannot be deployed as a chain: its layers go %zu times through a "
                    "sequence, and at most %d are possible",
                    passes, LAYOUT_TURNS_MAX);
    if (request->data && request->node)
        return fail(chain->failure, "--data is for whole models, expected no --node");
    return !request->data || chain_data(chain, request->data);
}

/* A schedule of a graph, as it is asked for. */
static bool fill_graph(struct chain *chain, const struct deploy_request *request)
{
    struct deploy_model *model = chain->model;
    memset(model->layers, 0, sizeof model->layers);
    model->layer_count = 0;
    model->lengths = model->exact_steps = false;
    model->length = DEPLOY_ANY_LENGTH;
    model->schedule = schedule_create();
    return graph_lower(chain->onnx, request, model, chain->failure) &&
           (!request->data ||
            graph_data(chain->onnx, request->data, model, chain->data, chain->failure));
}

/* What is no chain, or has shapes that are asked for, is a graph of any kind; and where its format
 * means it for streams, one that keeps what goes on from call to call. */
static bool fill_model(struct chain *chain, onnx_model **onnx, const struct deploy_request *request)
{
    struct failure why = {{0}};
    const bool is_graph = request->shapes || request->batch || request->carry;
    if (request->node && is_graph)
        return fail(chain->failure, "--shape, --batch and --carry are for whole models, expected "
                                    "no --node");
    struct failure *failure = chain->failure;
    chain->failure = is_graph || request->node ? failure : &why;
    if (!is_graph && fill_chain(chain, request))
        return true;
    chain->failure = failure;
    onnx_model *stream = NULL;
    char *carry = NULL;
    if (request->node)
        return false;
    if (!is_graph && !model_load_stream(request->model, &stream, &carry, failure))
        return fail(failure, "%s; or %s", why.sentence, failure->sentence);
    struct deploy_request kept = *request;
    if (stream) {
        onnx_free(*onnx);
        chain->onnx = *onnx = stream;
        kept.carry = *carry ? carry : NULL;
        kept.steps = request->steps ? request->steps : 1;
    }
    const bool filled = fill_graph(chain, &kept);
    free(carry);
    return filled;
}

/* Notes the model's file. */
static bool add_file(struct deploy_model *model, const char *path, struct failure *failure)
{
    size_t size;
    char *bytes = file_read_regular(path, SIZE_MAX - 1, &size, failure);
    if (bytes)
        deploy_add_file(model, path, bytes, size);
    free(bytes);
    return bytes;
}

bool deploy_model(const struct deploy_request *request, struct failure *failure)
{
    onnx_model *onnx = model_load_file(request->model, request->links, failure);
    if (!onnx)
        return false;
    if (onnx->doubt)
        fprintf(stderr, "weir-gen: %s: %s\n", request->model, onnx->doubt);
    onnx_recognise(onnx);
    struct chain chain = {.onnx = onnx,
                          .model = calloc(1, sizeof *chain.model),
                          .failure = failure,
                          .data = onnx_memory_create(DATA_MEMORY),
                          .input = -1,
                          .lengths = -1,
                          .final = -1};
    bool deployed = (chain.model && chain.data) || fail_memory(failure);
    deployed = deployed && deploy_options(request, chain.model, request->model, failure) &&
               add_file(chain.model, request->model, failure) && fill_model(&chain, &onnx, request);
    if (deployed)
        graph_find_room(chain.onnx, chain.model);
    deployed = deployed && deploy_types(request, chain.model, failure) &&
               deploy_write(chain.model, request->out, failure);
    if (deployed && deploy_has_bytes(chain.model))
        fprintf(stderr, "weir-gen: " ONNX_BYTES_WORDS "\n", request->model);
    if (chain.model)
        deploy_free_schedules(chain.model);
    free(chain.model);
    onnx_memory_destroy(chain.data);
    onnx_free(onnx);
    return deployed;
}
