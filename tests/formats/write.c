/* SPDX-License-Identifier: MIT */
/* The texts, as Neural Amp Modeler, Automated-GuitarAmpModelling and RTNeural's export from Keras
 * write them: each number is asked for by where it stands in the file. */
#include "formats/files.h"

#include <string.h>

typedef float (*number)(const struct layer64 *layer, size_t i, size_t j, size_t k);

struct array {
    const struct layer64 *layer;
    number at;
    size_t dims[3], index[3]; /* the last `rank` of them */
};

static void write_dims(struct text *text, struct array *array, size_t d)
{
    size_t *index = array->index;
    if (d == 3) {
        text_add(text, "%.9g", (double)array->at(array->layer, index[0], index[1], index[2]));
        return;
    }
    text_add(text, "[");
    for (index[d] = 0; index[d] < array->dims[d]; index[d]++) {
        text_add(text, index[d] ? ", " : "");
        write_dims(text, array, d + 1);
    }
    text_add(text, "]");
}

static void write_array(struct text *text, const struct layer64 *layer, number at, size_t rank,
                        const size_t *dims)
{
    struct array array = {layer, at, {0}, {0}};
    memcpy(array.dims + 3 - rank, dims, rank * sizeof *dims);
    write_dims(text, &array, 3 - rank);
}

/* ---- Neural Amp Modeler ---- */

static void add_number(struct text *text, float value)
{
    text_add(text, "%.17g, ", (double)value);
}

static void write_nam_layer(const struct layer64 *layer, struct text *text)
{
    for (size_t g = 0; g < GATES; g++) /* i f g o */
        for (size_t u = 0; u < layer->width; u++) {
            for (size_t k = 0; k < layer->inputs; k++)
                add_number(text, layer->w[g][u][k]);
            for (size_t k = 0; k < layer->width; k++)
                add_number(text, layer->u[g][u][k]);
        }
    for (size_t g = 0; g < GATES; g++)
        for (size_t u = 0; u < layer->width; u++)
            add_number(text, layer->b[g][u]);
    for (size_t s = 0; s < 2; s++)
        for (size_t u = 0; u < layer->width; u++)
            add_number(text, layer->start[s][u]);
}

void write_nam(struct random *random, const struct model64 *model, struct text *text)
{
    const struct layer64 *head = &model->layers[model->count - 1];
    text_add(
        text,
        "{\"version\": \"0.%zu.%zu\", \"metadata\": {\"name\": \"a \\\"}, [{ \\\\\", \"gain\": "
        "0.1, \"training\": {\"checks\": [null, [1, 2], true]}}, \"architecture\": \"LSTM\", "
        "\"config\": {\"input_size\": %zu, \"hidden_size\": %zu, \"num_layers\": %zu",
        5 + random_below(random, 3), random_below(random, 12), model->inputs, head->inputs,
        model->count - 1);
    if (head->width > 1)
        text_add(text, ", \"in_channels\": %zu, \"out_channels\": %zu", model->inputs, head->width);
    text_add(text, "}, \"weights\": [");
    for (size_t i = 0; i + 1 < model->count; i++)
        write_nam_layer(&model->layers[i], text);
    for (size_t u = 0; u < head->width; u++)
        for (size_t k = 0; k < head->inputs; k++)
            add_number(text, head->w[0][u][k]);
    for (size_t u = 0; u < head->width; u++)
        text_add(text, "%s%.9g", u ? ", " : "", (double)head->b[0][u]);
    text_add(text, "], \"sample_rate\": 48000}");
}

/* ---- GuitarML ---- */

/* PyTorch's rows: the gates one after another, i f g o or r z n. */
static float torch_w(const struct layer64 *layer, size_t i, size_t row, size_t k)
{
    (void)i;
    return layer->w[row / layer->width][row % layer->width][k];
}

static float torch_u(const struct layer64 *layer, size_t i, size_t row, size_t k)
{
    (void)i;
    return layer->u[row / layer->width][row % layer->width][k];
}

static float torch_b(const struct layer64 *layer, size_t i, size_t j, size_t row)
{
    (void)i, (void)j;
    return layer->b[row / layer->width][row % layer->width];
}

static float torch_c(const struct layer64 *layer, size_t i, size_t j, size_t row)
{
    (void)i, (void)j;
    return layer->c[row / layer->width][row % layer->width];
}

static size_t gate_count(const struct layer64 *layer)
{
    return layer->kind == LSTM ? 4 : layer->kind == GRU ? 3 : 1;
}

void write_guitarml(struct random *random, const struct model64 *model, struct text *text)
{
    static const char *const units[] = {"LSTM", "GRU", "RNN"};
    const struct layer64 *head = &model->layers[model->count - 1];
    (void)random;
    text_add(text,
             "{\"model_data\": {\"model\": \"SimpleRNN\", \"input_size\": %zu, \"skip\": %zu, "
             "\"output_size\": %zu, \"unit_type\": \"%s\", \"num_layers\": %zu, \"hidden_size\": "
             "%zu, \"bias_fl\": %s}, \"state_dict\": {",
             model->inputs, model->has_skip ? head->width : 0, head->width,
             units[model->layers[0].kind], model->count - 1, head->inputs,
             head->has_bias ? "true" : "false");
    for (size_t i = 0; i + 1 < model->count; i++) {
        const struct layer64 *layer = &model->layers[i];
        const size_t rows = gate_count(layer) * layer->width;
        text_add(text, "\"rec.weight_ih_l%zu\": ", i);
        write_array(text, layer, torch_w, 2, (const size_t[]){rows, layer->inputs});
        text_add(text, ", \"rec.weight_hh_l%zu\": ", i);
        write_array(text, layer, torch_u, 2, (const size_t[]){rows, layer->width});
        text_add(text, ", \"rec.bias_ih_l%zu\": ", i);
        write_array(text, layer, torch_b, 1, &rows);
        text_add(text, ", \"rec.bias_hh_l%zu\": ", i);
        write_array(text, layer, torch_c, 1, &rows);
        text_add(text, ", ");
    }
    text_add(text, "\"lin.weight\": ");
    write_array(text, head, torch_w, 2, (const size_t[]){head->width, head->inputs});
    if (head->has_bias) {
        text_add(text, ", \"lin.bias\": ");
        write_array(text, head, torch_b, 1, &head->width);
    }
    text_add(text, "}}\n");
}

/* ---- RTNeural ---- */

/* Keras's columns: the gates one after another, i f c o or z r h. */
static size_t keras_gate(const struct layer64 *layer, size_t column)
{
    static const size_t gru[] = {UPDATE, RESET, NEW};
    const size_t gate = column / layer->width;
    return layer->kind == GRU ? gru[gate] : gate;
}

static float keras_w(const struct layer64 *layer, size_t i, size_t from, size_t column)
{
    (void)i;
    return layer->w[keras_gate(layer, column)][column % layer->width][from];
}

static float keras_u(const struct layer64 *layer, size_t i, size_t from, size_t column)
{
    (void)i;
    return layer->u[keras_gate(layer, column)][column % layer->width][from];
}

/* The first of two rows, or all there is. */
static float keras_b(const struct layer64 *layer, size_t i, size_t row, size_t column)
{
    const size_t gate = keras_gate(layer, column);
    (void)i;
    return row ? layer->c[gate][column % layer->width] : layer->b[gate][column % layer->width];
}

/* The last tap is the newest step. */
static float keras_tap(const struct layer64 *layer, size_t k, size_t from, size_t to)
{
    return layer->taps[layer->kernel - 1 - k][to][from];
}

static float keras_part(const struct layer64 *layer, size_t i, size_t j, size_t column)
{
    (void)i, (void)j;
    return layer->b[0][column];
}

static void write_weights(const struct layer64 *layer, struct text *text)
{
    const size_t columns = gate_count(layer) * layer->width;
    if (layer->kind <= DENSE)
        write_array(text, layer, keras_w, 2, (const size_t[]){layer->inputs, columns});
    if (layer->kind < DENSE) {
        text_add(text, ", ");
        write_array(text, layer, keras_u, 2, (const size_t[]){layer->width, columns});
    }
    if (layer->kind == CONV)
        write_array(text, layer, keras_tap, 3,
                    (const size_t[]){layer->kernel, layer->inputs / layer->groups, layer->width});
    if (layer->kind == GRU && layer->has_bias) {
        text_add(text, ", ");
        write_array(text, layer, keras_b, 2, (const size_t[]){2, columns});
    } else if ((layer->kind <= DENSE || layer->kind == CONV) && layer->has_bias) {
        text_add(text, ", ");
        write_array(text, layer, keras_b, 1, &columns);
    }
    if (layer->kind == PRELU)
        write_array(text, layer, keras_part, 2,
                    (const size_t[]){1, layer->is_shared ? 1 : layer->width});
    for (size_t p = layer->is_affine ? GAMMA : MEAN; layer->kind == NORM && p <= VARIANCE; p++) {
        struct layer64 part = *layer;
        memcpy(part.b[0], layer->b[p], sizeof part.b[0]);
        write_array(text, &part, keras_part, 1, &layer->width);
        text_add(text, p < VARIANCE ? ", " : "");
    }
}

void write_rtneural(struct random *random, const struct model64 *model, struct text *text)
{
    static const char *const types[] = {"lstm",   "gru",   "",          "dense",
                                        "conv1d", "prelu", "batchnorm", "activation"};
    static const char *const functions[] = {"", "tanh", "relu", "sigmoid", "softmax", "elu"};
    text_add(text, "\n\t{\n  \"in_shape\": [null, null, %zu],", model->inputs);
    if (model->has_skip)
        text_add(text, " \"in_skip\": 1,");
    for (size_t g = 0; g < 2; g++)
        if (model->gains[g] != 0)
            text_add(text, " \"%s\": %g,", g ? "out_gain" : "in_gain", model->gains[g]);
    text_add(text, " \"layers\": [");
    for (size_t i = 0; i < model->count; i++) {
        const struct layer64 *layer = &model->layers[i];
        const bool is_timed = layer->kind == DENSE && random_below(random, 2);
        text_add(text,
                 "%s{\n\"type\": \"%s\", \"activation\": \"%s\", \"shape\": [null, 100, %zu], ",
                 i ? ",\n" : "", is_timed ? "time-distributed-dense" : types[layer->kind],
                 layer->kind < DENSE ? "tanh" : functions[layer->function], layer->width);
        if (layer->kind == CONV)
            text_add(text, "\"kernel_size\": [%zu], \"dilation\": [%zu], ", layer->kernel,
                     layer->dilation);
        if (layer->kind == CONV && layer->groups > 1)
            text_add(text, "\"groups\": %zu, ", layer->groups);
        if (layer->kind == NORM)
            text_add(text, "\"epsilon\": %.9g, ", (double)layer->epsilon);
        text_add(text, "\"weights\": [");
        write_weights(layer, text);
        text_add(text, "]}");
    }
    text_add(text, "]}\n \n");
}
