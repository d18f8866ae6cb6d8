/* SPDX-License-Identifier: MIT */
/* Neural Amp Modeler's files (.nam): the architecture and its sizes, and all weights in one list.
 * Of an LSTM that is, layer by layer, a matrix over [x; h] whose rows are the gates i f g o, their
 * bias, and where h and c start; then the head's matrix and bias. */
#include "formats/json.h"
#include "formats/readers.h"

#include <stdlib.h>
#include <string.h>

struct sizes {
    size_t inputs, outputs, units, layers;
};

/* "0.5.4" and the like. */
static bool check_version(const cJSON *top, struct failure *failure)
{
    enum { MINOR_LEAST = 5, MINOR_MOST = 7 };
    const char *version = json_text(top, "version", failure);
    if (!version)
        return false;
    char *end;
    const long minor = !strncmp(version, "0.", 2) ? strtol(version + 2, &end, 10) : -1;
    return (minor >= MINOR_LEAST && minor <= MINOR_MOST && *end == '.') ||
           fail(failure, "its version is '%s', expected 0.%d to 0.%d", quote(version).text,
                MINOR_LEAST, MINOR_MOST);
}

static bool read_sizes(const cJSON *config, struct sizes *sizes, struct failure *failure)
{
    size_t channels;
    sizes->outputs = 1;
    if (!json_size(config, "input_size", 1, WIDTH_MOST, &sizes->inputs, failure) ||
        !json_size(config, "hidden_size", 1, WIDTH_MOST, &sizes->units, failure) ||
        !json_size(config, "num_layers", 1, LAYERS_MOST, &sizes->layers, failure))
        return false;
    if (json_has(config, "in_channels") &&
        !json_size(config, "in_channels", sizes->inputs, sizes->inputs, &channels, failure))
        return false;
    return !json_has(config, "out_channels") ||
           json_size(config, "out_channels", 1, WIDTH_MOST, &sizes->outputs, failure);
}

static size_t layer_inputs(const struct sizes *sizes, size_t layer)
{
    return layer ? sizes->units : sizes->inputs;
}

static size_t count_weights(const struct sizes *sizes)
{
    size_t count = sizes->outputs * (sizes->units + 1);
    for (size_t l = 0; l < sizes->layers; l++)
        count += sizes->units * (4 * (layer_inputs(sizes, l) + sizes->units + 1) + 2);
    return count;
}

static bool build(struct network *network, const struct sizes *sizes, const float *weights)
{
    char *x = network_input(network, sizes->inputs);
    for (size_t l = 0; l < sizes->layers; l++) {
        const size_t inputs = layer_inputs(sizes, l), columns = inputs + sizes->units;
        const float *bias = weights + 4 * sizes->units * columns;
        const float *start = bias + 4 * sizes->units;
        x = network_recurrent(network, x,
                              &(struct recurrent_layer){.op = "LSTM",
                                                        .inputs = inputs,
                                                        .units = sizes->units,
                                                        .order = {0, 3, 1, 2},
                                                        .w = {weights, columns, 1},
                                                        .r = {weights + inputs, columns, 1},
                                                        .bias = {bias},
                                                        .start = {start, start + sizes->units}});
        weights = start + 2 * sizes->units;
    }
    const struct matrix head = {weights, 1, sizes->units};
    x = network_dense(network, x, sizes->units, sizes->outputs, &head,
                      weights + sizes->outputs * sizes->units);
    return network_output(network, x, sizes->outputs);
}

bool read_nam(struct network *network, const cJSON *top)
{
    struct failure *failure = network->failure;
    struct sizes sizes;
    const char *architecture = json_text(top, "architecture", failure);
    if (!architecture || !check_version(top, failure))
        return false;
    if (strcmp(architecture, "LSTM") != 0)
        return fail(failure, "its architecture is '%s', expected LSTM, the only one that is read",
                    quote(architecture).text);
    const cJSON *config = json_object(top, "config", failure);
    if (!config || !read_sizes(config, &sizes, failure))
        return false;
    const size_t count = count_weights(&sizes);
    const float *weights =
        json_floats(network->memory, cJSON_GetObjectItemCaseSensitive(top, "weights"), "weights", 1,
                    &count, failure);
    return weights && build(network, &sizes, weights);
}
