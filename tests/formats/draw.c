/* SPDX-License-Identifier: MIT */
/* Random models, each of what its format has. */
#include "formats/files.h"

#include <string.h>

static float draw(struct random *random, float scale)
{
    return scale * (float)((double)(random_next(random) >> 40) / (double)(1 << 23) - 1);
}

/* All numbers of a layer, as large as keeps its gates alive. */
static void fill(struct random *random, struct layer64 *layer)
{
    const float scale = layer->kind < RNN ? 0.7f : 0.3f;
    for (size_t g = 0; g < GATES; g++)
        for (size_t to = 0; to < WIDTH; to++) {
            for (size_t from = 0; from < WIDTH; from++) {
                layer->w[g][to][from] = draw(random, scale);
                layer->u[g][to][from] = draw(random, scale);
                layer->taps[g][to][from] = draw(random, scale);
            }
            layer->b[g][to] = layer->has_bias ? draw(random, scale) : 0;
            layer->c[g][to] = layer->has_bias ? draw(random, scale) : 0;
        }
    for (size_t u = 0; layer->kind == NORM && u < WIDTH; u++)
        layer->b[VARIANCE][u] = 1 + draw(random, 0.5f);
}

static struct layer64 *add(struct random *random, struct model64 *model, enum kind kind,
                           size_t width)
{
    struct layer64 *layer = &model->layers[model->count];
    *layer = (struct layer64){.kind = kind,
                              .inputs = model->count ? layer[-1].width : model->inputs,
                              .width = width,
                              .has_bias = true};
    model->count++;
    fill(random, layer);
    return layer;
}

static size_t one_of(struct random *random, size_t least, size_t most)
{
    return least + random_below(random, most - least + 1);
}

/* ---- Formats ---- */

/* One bias a gate, and learned states. */
static void draw_nam(struct random *random, struct model64 *model)
{
    const size_t layers = one_of(random, 1, 3), width = one_of(random, 1, WIDTH);
    model->inputs = one_of(random, 0, 3) ? 1 : 2;
    for (size_t i = 0; i < layers; i++) {
        struct layer64 *layer = add(random, model, LSTM, width);
        memset(layer->c, 0, sizeof layer->c);
        for (size_t u = 0; u < width; u++)
            for (size_t s = 0; s < 2; s++)
                layer->start[s][u] = draw(random, 0.9f);
    }
    add(random, model, DENSE, one_of(random, 0, 3) ? 1 : 2);
}

static void draw_guitarml(struct random *random, struct model64 *model)
{
    const enum kind kind = (enum kind)one_of(random, LSTM, RNN);
    const size_t layers = one_of(random, 1, 2), width = one_of(random, 1, WIDTH);
    model->inputs = one_of(random, 1, 3);
    for (size_t i = 0; i < layers; i++)
        add(random, model, kind, width);
    struct layer64 *head = add(random, model, DENSE, one_of(random, 1, model->inputs));
    model->has_skip = one_of(random, 0, 2);
    if (!one_of(random, 0, 2)) {
        head->has_bias = false;
        memset(head->b, 0, sizeof head->b);
    }
}

static void draw_convolution(struct random *random, struct layer64 *layer)
{
    layer->kernel = one_of(random, 1, KERNEL);
    layer->dilation = one_of(random, 1, DILATION);
    layer->groups = 1;
    if (layer->inputs % 2 == 0 && one_of(random, 0, 1)) {
        layer->groups = 2;
        layer->width = 2 * one_of(random, 1, WIDTH / 2);
    }
}

/* Layers of any kind, and AIDA-X's additions. */
static void draw_rtneural(struct random *random, struct model64 *model)
{
    static const enum kind kinds[] = {LSTM, GRU, DENSE, DENSE, CONV, PRELU, NORM, FUNCTION};
    enum { KINDS = sizeof kinds / sizeof *kinds };
    const size_t layers = one_of(random, 1, LAYERS - 1);
    model->inputs = one_of(random, 1, 3);
    for (size_t i = 0; i < layers; i++) {
        const enum kind kind = kinds[random_below(random, KINDS)];
        const size_t inputs = i ? model->layers[i - 1].width : model->inputs;
        struct layer64 *layer = add(
            random, model, kind,
            kind == PRELU || kind == NORM || kind == FUNCTION ? inputs : one_of(random, 1, WIDTH));
        if (kind == CONV)
            draw_convolution(random, layer);
        if (kind == DENSE || kind == CONV || kind == FUNCTION)
            layer->function = (enum function)one_of(random, kind == FUNCTION, ELU);
        if (kind == LSTM)
            memset(layer->c, 0, sizeof layer->c);
        layer->epsilon = 0.001f;
        layer->is_shared = one_of(random, 0, 1);
        layer->is_affine = one_of(random, 0, 1);
        if (kind <= DENSE && !one_of(random, 0, 3)) {
            layer->has_bias = false;
            memset(layer->b, 0, sizeof layer->b);
            memset(layer->c, 0, sizeof layer->c);
        }
    }
    if (one_of(random, 0, 1))
        return;
    add(random, model, DENSE, 1);
    model->has_skip = one_of(random, 0, 1);
    for (size_t g = 0; g < 2; g++)
        model->gains[g] = one_of(random, 0, 2) ? 0 : (double)one_of(random, 1, 8) - 4.5;
}

/* What AIDA-X plays: a recurrent layer, a dense one, a skip. */
static void draw_aida(struct random *random, struct model64 *model)
{
    model->inputs = 1;
    struct layer64 *layer = add(random, model, one_of(random, 0, 1) ? LSTM : GRU, WIDTH);
    if (layer->kind == LSTM)
        memset(layer->c, 0, sizeof layer->c);
    add(random, model, DENSE, 1);
    model->has_skip = one_of(random, 0, 1);
}

const struct file_format file_formats[] = {
    {"nam", "model.nam", draw_nam, write_nam},
    {"guitarml", "model.json", draw_guitarml, write_guitarml},
    {"rtneural", "model.json", draw_rtneural, write_rtneural},
    {"aida", "model.json", draw_aida, write_rtneural},
    {0},
};

const struct file_format *file_format_find(const char *name)
{
    const struct file_format *format = file_formats;
    while (format->name && strcmp(format->name, name) != 0)
        format++;
    return format->name ? format : NULL;
}

void file_format_draw(const struct file_format *format, struct random *random,
                      struct model64 *model)
{
    memset(model, 0, sizeof *model);
    format->draw(random, model);
    for (size_t t = 0; t < STEPS; t++)
        for (size_t u = 0; u < model->inputs; u++)
            model->x[t][u] = draw(random, 1);
}
