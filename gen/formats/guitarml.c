/* SPDX-License-Identifier: MIT */
/* GuitarML's files, which Automated-GuitarAmpModelling writes: model_data says what the network is,
 * and state_dict holds PyTorch's tensors of it: the recurrent layers `rec` and the dense one,
 * `lin`. With a skip the first inputs are added to the output. */
#include "formats/json.h"
#include "formats/readers.h"

#include <stdio.h>
#include <string.h>

struct description {
    size_t inputs, outputs, units, layers, skip;
    const char *unit;
    bool has_bias; /* in the dense layer */
};

/* PyTorch's order of gates: i f g o, and r z n. */
static const struct {
    const char *op;
    size_t gates, order[NETWORK_GATES];
} units[] = {{"LSTM", 4, {0, 3, 1, 2}}, {"GRU", 3, {1, 0, 2}}, {"RNN", 1, {0}}};

enum { UNIT_COUNT = sizeof units / sizeof *units, PARTS = 4 }; /* PARTS: tensors of a layer */

static bool describe(const cJSON *data, struct description *into, struct failure *failure)
{
    const char *model = json_text(data, "model", failure);
    if (!model)
        return false;
    if (strcmp(model, "SimpleRNN") != 0)
        return fail(failure, "its model is '%s', expected SimpleRNN, the only one that is read",
                    quote(model).text);
    into->unit = json_text(data, "unit_type", failure);
    if (!into->unit || !json_size(data, "input_size", 1, WIDTH_MOST, &into->inputs, failure) ||
        !json_size(data, "output_size", 1, WIDTH_MOST, &into->outputs, failure) ||
        !json_size(data, "hidden_size", 1, WIDTH_MOST, &into->units, failure) ||
        !json_size(data, "num_layers", 1, LAYERS_MOST, &into->layers, failure) ||
        !json_size(data, "skip", 0, into->inputs, &into->skip, failure))
        return false;
    into->has_bias = !cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(data, "bias_fl"));
    return !into->skip || into->skip == into->outputs ||
           fail(failure, "its skip adds %zu inputs to %zu outputs, expected one to each",
                into->skip, into->outputs);
}

/* A tensor [rows][columns]; without columns a vector. */
static const float *tensor(struct network *network, const cJSON *state, const char *name,
                           size_t rows, size_t columns)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(state, name);
    if (!item) {
        fail(network->failure, "the tensor '%s' is missing in state_dict", name);
        return NULL;
    }
    return json_floats(network->memory, item, name, columns ? 2 : 1,
                       (const size_t[]){rows, columns}, network->failure);
}

static char *add_recurrent(struct network *network, const cJSON *state,
                           const struct description *from, char *x)
{
    size_t u = 0;
    while (u < UNIT_COUNT && strcmp(units[u].op, from->unit) != 0)
        u++;
    if (u == UNIT_COUNT) {
        fail(network->failure, "its unit_type is '%s', expected LSTM, GRU or RNN",
             quote(from->unit).text);
        return NULL;
    }
    for (size_t l = 0; l < from->layers && x; l++) {
        static const char *const names[PARTS] = {"weight_ih", "weight_hh", "bias_ih", "bias_hh"};
        const size_t inputs = l ? from->units : from->inputs, rows = units[u].gates * from->units;
        const size_t columns[PARTS] = {inputs, from->units};
        const float *parts[PARTS];
        for (size_t p = 0; p < PARTS; p++) {
            char name[32];
            snprintf(name, sizeof name, "rec.%s_l%zu", names[p], l);
            if (!(parts[p] = tensor(network, state, name, rows, columns[p])))
                return NULL;
        }
        struct recurrent_layer layer = {.op = units[u].op,
                                        .inputs = inputs,
                                        .units = from->units,
                                        .w = {parts[0], inputs, 1},
                                        .r = {parts[1], from->units, 1},
                                        .bias = {parts[2], parts[3]}};
        memcpy(layer.order, units[u].order, sizeof layer.order);
        x = network_recurrent(network, x, &layer);
    }
    return x;
}

/* Floats, and zeros after them. */
static const float *widen(struct network *network, const float *from, size_t count, size_t size)
{
    if (!from || count == size)
        return from;
    float *to = network_take(network, size, sizeof *to);
    return to ? memcpy(to, from, count * sizeof *to) : NULL;
}

/* The dense layer and the skip. Where x is wider than the output, the layer is made as wide, so
 * that all of x is added to it, and what nobody asked for is left out then: so far, that is part of
 * the recurrent layer's cell. */
static char *add_head(struct network *network, const cJSON *state, const struct description *from,
                      char *x, char *y)
{
    const size_t width = from->skip ? from->inputs : from->outputs;
    const float *weights = tensor(network, state, "lin.weight", from->outputs, from->units);
    weights = widen(network, weights, from->outputs * from->units, width * from->units);
    const float *bias =
        weights && from->has_bias ? tensor(network, state, "lin.bias", from->outputs, 0) : NULL;
    bias = widen(network, bias, from->outputs, width);
    if (!weights || (from->has_bias && !bias))
        return NULL;
    y = network_dense(network, y, from->units, width, &(struct matrix){weights, 1, from->units},
                      bias);
    if (from->skip)
        y = network_node(network, "Add", 2, (char *[]){y, x});
    return network_first(network, y, width, from->outputs);
}

/* Whether there are no more tensors than were read: of layers that num_layers does not count, of
 * another direction, of a bias that bias_fl denies. */
static bool check_tensors(const cJSON *state, const struct description *from,
                          struct failure *failure)
{
    const size_t count = (size_t)cJSON_GetArraySize(state);
    const size_t expected = from->layers * PARTS + 1 + from->has_bias;
    return count == expected || fail(failure,
                                     "its state_dict has %zu tensors, expected %zu, which its "
                                     "model_data says",
                                     count, expected);
}

bool read_guitarml(struct network *network, const cJSON *top)
{
    struct failure *failure = network->failure;
    struct description from;
    const cJSON *data = json_object(top, "model_data", failure);
    const cJSON *state = data ? json_object(top, "state_dict", failure) : NULL;
    if (!state || !describe(data, &from, failure))
        return false;
    char *x = network_input(network, from.inputs);
    char *y = add_recurrent(network, state, &from, x);
    return y && network_output(network, add_head(network, state, &from, x, y), from.outputs) &&
           check_tensors(state, &from, failure);
}
