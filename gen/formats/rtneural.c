/* SPDX-License-Identifier: MIT */
/* RTNeural's files: the shape of the input, and layers one after another, each with its type, its
 * shape, whose last size is its width, and Keras's weights. Every layer goes on step by step, so
 * that a convolution sees the steps before alone. What AIDA-X adds at the top, a skip and gains in
 * dB, is taken too. */
#include "formats/json.h"
#include "formats/readers.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* One layer while it is read. */
struct layer {
    struct network *network;
    const cJSON *json, *weights;
    size_t inputs, width, count; /* count: of arrays in weights */
};

/* ---- Weights ---- */

static const float *floats(const struct layer *layer, size_t which, size_t rank, const size_t *dims)
{
    char name[32];
    snprintf(name, sizeof name, "weights[%zu]", which);
    return json_floats(layer->network->memory, cJSON_GetArrayItem(layer->weights, (int)which), name,
                       rank, dims, layer->network->failure);
}

static const float *matrix(const struct layer *layer, size_t which, size_t rows, size_t columns)
{
    return floats(layer, which, 2, (const size_t[]){rows, columns});
}

static const float *vector(const struct layer *layer, size_t which, size_t size)
{
    return floats(layer, which, 1, &size);
}

/* Whether there are so many arrays, or one fewer, the bias. */
static bool check_count(const struct layer *layer, size_t most)
{
    return layer->count == most || layer->count + 1 == most ||
           fail(layer->network->failure,
                "it has %zu arrays of weights, expected %zu, or %zu without "
                "a bias",
                layer->count, most, most - 1);
}

/* ---- Layers, by type ---- */

static char *read_dense(const struct layer *layer, char *x)
{
    if (!check_count(layer, 2))
        return NULL;
    const float *weights = matrix(layer, 0, layer->inputs, layer->width);
    const float *bias = weights && layer->count == 2 ? vector(layer, 1, layer->width) : NULL;
    if (!weights || (layer->count == 2 && !bias))
        return NULL;
    return network_dense(layer->network, x, layer->inputs, layer->width,
                         &(struct matrix){weights, layer->width, 1}, bias);
}

/* "" where it is not told; NULL: that is no text. */
static const char *activation_of(const struct layer *layer)
{
    return json_has(layer->json, "activation")
               ? json_text(layer->json, "activation", layer->network->failure)
               : "";
}

/* What a recurrent layer has for its activation is the one that RTNeural's have, or not told. */
static bool check_tanh(const struct layer *layer)
{
    const char *name = activation_of(layer);
    return name && (!*name || !strcmp(name, "tanh") ||
                    fail(layer->network->failure, "its activation is '%s', expected tanh",
                         quote(name).text));
}

/* Keras has matrices from the input on, [inputs][gates * units]. */
static char *read_recurrent(const struct layer *layer, struct recurrent_layer *into, size_t gates,
                            char *x)
{
    const size_t rows = gates * layer->width;
    if (!check_count(layer, 3) || !check_tanh(layer))
        return NULL;
    into->inputs = layer->inputs;
    into->units = layer->width;
    into->w = (struct matrix){matrix(layer, 0, layer->inputs, rows), 1, rows};
    if (!into->w.at)
        return NULL;
    into->r = (struct matrix){matrix(layer, 1, layer->width, rows), 1, rows};
    return into->r.at ? network_recurrent(layer->network, x, into) : NULL;
}

static char *read_lstm(const struct layer *layer, char *x)
{
    struct recurrent_layer into = {.op = "LSTM", .order = {0, 3, 1, 2}}; /* Keras: i f c o */
    if (layer->count == 3 && !(into.bias[0] = vector(layer, 2, 4 * layer->width)))
        return NULL;
    return read_recurrent(layer, &into, 4, x);
}

/* Keras resets after the product, with a bias of each. */
static char *read_gru(const struct layer *layer, char *x)
{
    struct recurrent_layer into = {.op = "GRU", .order = {0, 1, 2}}; /* Keras: z r h, as ONNX */
    if (layer->count == 3 && !(into.bias[0] = matrix(layer, 2, 2, 3 * layer->width)))
        return NULL;
    if (into.bias[0])
        into.bias[1] = into.bias[0] + 3 * layer->width;
    return read_recurrent(layer, &into, 3, x);
}

/* Keras: [kernel][inputs of a group][width]; ONNX: [width][inputs of a group][kernel]. */
static char *turn_filters(const struct layer *layer, const float *from, size_t kernel,
                          size_t inputs)
{
    const size_t dims[] = {layer->width, inputs, kernel};
    float *to = network_take(layer->network, layer->width * inputs * kernel, sizeof *to);
    if (!to)
        return NULL;
    for (size_t o = 0; o < dims[0]; o++)
        for (size_t i = 0; i < dims[1]; i++)
            for (size_t k = 0; k < dims[2]; k++)
                to[(o * dims[1] + i) * dims[2] + k] = from[(k * dims[1] + i) * dims[0] + o];
    return network_floats(layer->network, to, 3, dims);
}

static char *turn(struct network *network, char *x, const int64_t perm[3])
{
    char *y = network_node(network, "Transpose", 1, &x);
    return y && network_attribute(network, "perm", perm, 3) ? y : NULL;
}

/* x with as many steps before it as a convolution sees, of the calls before. */
static char *add_before(struct network *network, char *x, size_t before, size_t width)
{
    char *state = network_state(network, before, width);
    x = network_node(network, "Concat", 2, (char *[]){state, x});
    if (!x || !network_attribute_int(network, "axis", 0))
        return NULL;
    char *from = network_ints(network, &(int64_t){-(int64_t)before}, 1);
    char *to = network_ints(network, &(int64_t){INT64_MAX}, 1);
    char *axis = network_ints(network, &(int64_t){0}, 1);
    char *next = network_node(network, "Slice", 4, (char *[]){x, from, to, axis});
    return network_keep(network, state, next, before, width) ? x : NULL;
}

static char *read_conv1d(const struct layer *layer, char *x)
{
    enum { KERNEL_MOST = 1 << 16 };
    struct network *network = layer->network;
    struct failure *failure = network->failure;
    size_t kernel, dilation, groups = 1;
    if (!json_size(layer->json, "kernel_size", 1, KERNEL_MOST, &kernel, failure) ||
        !json_size(layer->json, "dilation", 1, WIDTH_MOST, &dilation, failure) ||
        (json_has(layer->json, "groups") &&
         !json_size(layer->json, "groups", 1, layer->inputs, &groups, failure)))
        return NULL;
    if (layer->inputs % groups || layer->width % groups) {
        fail(failure, "its %zu inputs and %zu outputs do not make %zu groups", layer->inputs,
             layer->width, groups);
        return NULL;
    }
    const size_t inputs = layer->inputs / groups;
    if (!check_count(layer, 2))
        return NULL;
    const float *weights = floats(layer, 0, 3, (const size_t[]){kernel, inputs, layer->width});
    const float *bias = weights && layer->count == 2 ? vector(layer, 1, layer->width) : NULL;
    if (!weights || (layer->count == 2 && !bias))
        return NULL;
    const size_t before = (kernel - 1) * dilation;
    if (network->streams && before)
        x = add_before(network, x, before, layer->inputs);
    char *turned = turn(network, x, (const int64_t[]){1, 2, 0});
    char *w = turn_filters(layer, weights, kernel, inputs);
    char *b = bias ? network_floats(network, bias, 1, &layer->width) : "";
    char *y = network_node(network, "Conv", bias ? 3 : 2, (char *[]){turned, w, b});
    if (!y || !network_attribute_int(network, "group", (int64_t)groups) ||
        !network_attribute(network, "dilations", &(int64_t){(int64_t)dilation}, 1) ||
        !network_attribute(network, "pads",
                           (const int64_t[]){network->streams ? 0 : (int64_t)before, 0}, 2))
        return NULL;
    return turn(network, y, (const int64_t[]){2, 0, 1});
}

/* One slope for all, or one for each of a step. */
static char *read_prelu(const struct layer *layer, char *x)
{
    if (layer->count != 1) {
        fail(layer->network->failure, "it has %zu arrays of weights, expected 1", layer->count);
        return NULL;
    }
    const cJSON *row = cJSON_GetArrayItem(cJSON_GetArrayItem(layer->weights, 0), 0);
    const size_t size = cJSON_GetArraySize(row) == 1 ? 1 : layer->width;
    const float *slopes = matrix(layer, 0, 1, size);
    return network_node(layer->network, "PRelu", 2,
                        (char *[]){x, network_floats(layer->network, slopes, 1, &size)});
}

/* gamma and beta, which may be left out, mean and variance: a factor and a term. */
static char *read_batchnorm(const struct layer *layer, char *x)
{
    struct network *network = layer->network;
    const size_t first = layer->count == 4 ? 2 : 0;
    const float *part[4] = {0};
    double epsilon;
    if (layer->count != 2 && layer->count != 4) {
        fail(network->failure, "it has %zu arrays of weights, expected 2 or 4", layer->count);
        return NULL;
    }
    if (!json_number(layer->json, "epsilon", &epsilon, network->failure))
        return NULL;
    for (size_t p = 0; p < layer->count; p++)
        if (!(part[p] = vector(layer, p, layer->width)))
            return NULL;
    float *both = network_take(network, 2 * layer->width, sizeof *both);
    if (!both)
        return NULL;
    for (size_t u = 0; u < layer->width; u++) {
        const double factor =
            (first ? (double)part[0][u] : 1) / sqrt((double)part[first + 1][u] + epsilon);
        const double term = (first ? (double)part[1][u] : 0) - (double)part[first][u] * factor;
        both[u] = (float)factor;
        both[layer->width + u] = (float)term;
        if (!isfinite(both[u]) || !isfinite(both[layer->width + u])) {
            fail(network->failure, "its variance %zu and epsilon have no square root to divide by",
                 u);
            return NULL;
        }
    }
    char *factors = network_floats(network, both, 1, &layer->width);
    char *terms = network_floats(network, both + layer->width, 1, &layer->width);
    x = network_node(network, "Mul", 2, (char *[]){x, factors});
    return network_node(network, "Add", 2, (char *[]){x, terms});
}

static char *read_nothing(const struct layer *layer, char *x)
{
    (void)layer;
    return x;
}

static const struct {
    const char *type;
    char *(*read)(const struct layer *layer, char *x);
    bool has_activation; /* after it */
    bool keeps_width;
} types[] = {
    {"dense", read_dense, true, false},         {"time-distributed-dense", read_dense, true, false},
    {"lstm", read_lstm, false, false},          {"gru", read_gru, false, false},
    {"conv1d", read_conv1d, true, false},       {"prelu", read_prelu, false, true},
    {"batchnorm", read_batchnorm, false, true}, {"activation", read_nothing, true, true},
};

enum { TYPE_COUNT = sizeof types / sizeof *types };

/* ---- Activations ---- */

static const struct {
    const char *name, *op;
} activations[] = {{"tanh", "Tanh"},
                   {"relu", "Relu"},
                   {"sigmoid", "Sigmoid"},
                   {"softmax", "Softmax"},
                   {"elu", "Elu"}};

/* The function that is named after a layer, if there is one. */
static char *add_activation(const struct layer *layer, char *x)
{
    const char *name = activation_of(layer);
    if (!name || !*name)
        return name ? x : NULL;
    for (size_t a = 0; a < sizeof activations / sizeof *activations; a++)
        if (!strcmp(activations[a].name, name))
            return network_node(layer->network, activations[a].op, 1, &x);
    fail(layer->network->failure,
         "its activation is '%s', expected tanh, relu, sigmoid, softmax or elu", quote(name).text);
    return NULL;
}

/* ---- The whole ---- */

static char *read_layer(struct layer *layer, const char *type, char *x)
{
    struct failure *failure = layer->network->failure;
    size_t t = 0;
    while (t < TYPE_COUNT && strcmp(types[t].type, type) != 0)
        t++;
    if (t == TYPE_COUNT) {
        fail(failure, "its type is not read, expected dense, time-distributed-dense, lstm, gru, "
                      "conv1d, prelu, batchnorm or activation");
        return NULL;
    }
    layer->weights = cJSON_GetObjectItemCaseSensitive(layer->json, "weights");
    layer->count = (size_t)cJSON_GetArraySize(layer->weights);
    const size_t least = types[t].keeps_width ? layer->inputs : 1;
    const size_t most = types[t].keeps_width ? layer->inputs : WIDTH_MOST;
    if (!json_size(layer->json, "shape", least, most, &layer->width, failure))
        return NULL;
    x = types[t].read(layer, x);
    return x && types[t].has_activation ? add_activation(layer, x) : x;
}

static char *read_layers(struct network *network, const cJSON *layers, size_t *width, char *x)
{
    size_t number = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, layers)
    {
        struct layer layer = {.network = network, .json = item, .inputs = *width};
        if (++number > LAYERS_MOST) {
            fail(network->failure, "it has more layers than %d", LAYERS_MOST);
            return NULL;
        }
        const char *type = json_text(item, "type", network->failure);
        x = type ? read_layer(&layer, type, x) : NULL;
        if (!x) {
            fail(network->failure, "layer %zu (%.40s): %s", number,
                 type ? quote(type).text : "of no type", network->failure->sentence);
            return NULL;
        }
        *width = layer.width;
    }
    return x;
}

/* A factor in dB, which AIDA-X takes for nothing at -90. */
static char *add_gain(struct network *network, const cJSON *top, const char *key, char *x)
{
    enum { SILENCE = -90, DECADE = 20 };
    double gain = 0;
    if (json_has(top, key) && !json_number(top, key, &gain, network->failure))
        return NULL;
    if (gain == 0)
        return x;
    const double factor = gain > SILENCE ? pow(10, gain / DECADE) : 0;
    if (!isfinite((float)factor)) {
        fail(network->failure, "'%s' is more dB than a float32 holds", key);
        return NULL;
    }
    return network_node(network, "Mul", 2, (char *[]){x, network_scalar(network, factor)});
}

bool read_rtneural(struct network *network, const cJSON *top)
{
    struct failure *failure = network->failure;
    const cJSON *layers = cJSON_GetObjectItemCaseSensitive(top, "layers");
    size_t inputs, skip = 0;
    if (!cJSON_IsArray(layers) || !layers->child)
        return fail(failure, "'layers' holds none, expected an array of layers");
    if (!json_size(top, "in_shape", 1, WIDTH_MOST, &inputs, failure) ||
        (json_has(top, "in_skip") && !json_size(top, "in_skip", 0, 1, &skip, failure)))
        return false;
    size_t width = inputs;
    char *x = add_gain(network, top, "in_gain", network_input(network, inputs));
    char *y = x ? read_layers(network, layers, &width, x) : NULL;
    if (!y)
        return false;
    if (skip && width != 1)
        return fail(failure, "'in_skip' adds the input to %zu outputs, expected one", width);
    if (skip)
        y = network_node(network, "Add", 2,
                         (char *[]){y, network_first(network, x, inputs, width)});
    y = y ? add_gain(network, top, "out_gain", y) : NULL;
    return network_output(network, y, width);
}
