/* SPDX-License-Identifier: MIT */
/* Layers as the nodes of ONNX, with their weights where ONNX has them. */
#include "formats/network.h"

#include <string.h>

/* Rows and columns of a matrix, one after another, the rows of gates in ONNX's order. */
static float *gather(struct network *network, const struct matrix *matrix, size_t gates,
                     const size_t *order, size_t units, size_t columns)
{
    float *to = network_take(network, gates * units * columns, sizeof *to);
    if (!to)
        return NULL;
    for (size_t g = 0; g < gates; g++)
        for (size_t u = 0; u < units; u++) {
            const float *row = matrix->at + (order[g] * units + u) * matrix->row;
            for (size_t c = 0; c < columns; c++)
                to[(g * units + u) * columns + c] = row[c * matrix->column];
        }
    return to;
}

char *network_dense(struct network *network, char *x, size_t inputs, size_t units,
                    const struct matrix *weights, const float *bias)
{
    const float *w = gather(network, weights, 1, &(size_t){0}, inputs, units);
    char *by = network_floats(network, w, 2, (const size_t[]){inputs, units});
    char *y = network_node(network, "MatMul", 2, (char *[]){x, by});
    if (!y || !bias)
        return y;
    return network_node(network, "Add", 2, (char *[]){y, network_floats(network, bias, 1, &units)});
}

/* ---- Recurrent ones ---- */

static size_t gate_count(const char *op)
{
    return !strcmp(op, "LSTM") ? 4 : !strcmp(op, "GRU") ? 3 : 1;
}

/* Both biases, one after the other. An empty name: there is none. */
static char *add_biases(struct network *network, const struct recurrent_layer *layer)
{
    const size_t gates = gate_count(layer->op), size = gates * layer->units;
    if (!layer->bias[0] && !layer->bias[1])
        return "";
    float *both = network_take(network, 2 * size, sizeof *both);
    if (!both)
        return NULL;
    for (size_t b = 0; b < 2; b++)
        for (size_t g = 0; g < gates; g++)
            for (size_t u = 0; u < layer->units; u++)
                both[b * size + g * layer->units + u] =
                    layer->bias[b] ? layer->bias[b][layer->order[g] * layer->units + u] : 0;
    return network_floats(network, both, 2, (const size_t[]){1, 2 * size});
}

char *network_recurrent(struct network *network, char *x, const struct recurrent_layer *layer)
{
    const size_t gates = gate_count(layer->op), rows = gates * layer->units;
    const struct matrix *matrices[] = {&layer->w, &layer->r};
    const size_t columns[] = {layer->inputs, layer->units};
    char *names[7] = {x, NULL, NULL, add_biases(network, layer), "", "", ""};
    for (size_t m = 0; m < 2; m++)
        names[1 + m] = network_floats(
            network, gather(network, matrices[m], gates, layer->order, layer->units, columns[m]), 3,
            (const size_t[]){1, rows, columns[m]});
    const bool is_lstm = gates == NETWORK_GATES;
    if (network->streams && (layer->start[0] || layer->start[1])) {
        fail(network->failure, "its states start elsewhere than at 0, which is for chains");
        return NULL;
    }
    for (size_t s = 0; s < 2; s++)
        if (layer->start[s])
            names[5 + s] =
                network_floats(network, layer->start[s], 3, (const size_t[]){1, 1, layer->units});
        else if (network->streams && s <= is_lstm)
            names[5 + s] = network_state(network, 1, layer->units);
    char *y = network_node(network, layer->op, is_lstm ? 7 : 6, names);
    for (size_t s = 0; y && network->streams && s <= is_lstm; s++)
        if (!network_keep(network, names[5 + s], network_another(network), 1, layer->units))
            return NULL;
    if (!y || !network_attribute_int(network, "hidden_size", (int64_t)layer->units))
        return NULL;
    if (!strcmp(layer->op, "GRU") && !network_attribute_int(network, "linear_before_reset", 1))
        return NULL;
    char *axis = network_ints(network, &(int64_t){1}, 1); /* of directions */
    return network_node(network, "Squeeze", 2, (char *[]){y, axis});
}

/* A product, which may be part of the cell of a recurrent layer before it, as a slice may not. */
char *network_first(struct network *network, char *x, size_t inputs, size_t width)
{
    if (inputs == width)
        return x;
    float *to = network_take(network, inputs * width, sizeof *to);
    if (!to)
        return NULL;
    for (size_t i = 0; i < inputs * width; i++)
        to[i] = i / width == i % width;
    char *by = network_floats(network, to, 2, (const size_t[]){inputs, width});
    return network_node(network, "MatMul", 2, (char *[]){x, by});
}
