/* SPDX-License-Identifier: MIT */
/* The formulas; see model64.h. */
#include "formats/model64.h"

#include <math.h>
#include <string.h>

typedef double sequence[STEPS][WIDTH];

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static double dot(const float *row, const double *vector, size_t size)
{
    double sum = 0;
    for (size_t k = 0; k < size; k++)
        sum += (double)row[k] * vector[k];
    return sum;
}

/* ---- Recurrent layers ---- */

static double from_x(const struct layer64 *l, size_t gate, size_t unit, const double *x)
{
    return dot(l->w[gate][unit], x, l->inputs) + (double)l->b[gate][unit];
}

static double from_h(const struct layer64 *l, size_t gate, size_t unit, const double *h)
{
    return dot(l->u[gate][unit], h, l->width) + (double)l->c[gate][unit];
}

static void step_lstm(const struct layer64 *l, const double *x, double *h, double *c)
{
    double next[WIDTH];
    for (size_t u = 0; u < l->width; u++) {
        double sum[GATES];
        for (size_t g = 0; g < GATES; g++)
            sum[g] = from_x(l, g, u, x) + from_h(l, g, u, h);
        c[u] = sigmoid(sum[FORGET_GATE]) * c[u] + sigmoid(sum[INPUT_GATE]) * tanh(sum[CANDIDATE]);
        next[u] = sigmoid(sum[OUTPUT_GATE]) * tanh(c[u]);
    }
    memcpy(h, next, l->width * sizeof *h);
}

static void step_gru(const struct layer64 *l, const double *x, double *h)
{
    double next[WIDTH];
    for (size_t u = 0; u < l->width; u++) {
        const double r = sigmoid(from_x(l, RESET, u, x) + from_h(l, RESET, u, h));
        const double z = sigmoid(from_x(l, UPDATE, u, x) + from_h(l, UPDATE, u, h));
        const double n = tanh(from_x(l, NEW, u, x) + r * from_h(l, NEW, u, h));
        next[u] = (1 - z) * n + z * h[u];
    }
    memcpy(h, next, l->width * sizeof *h);
}

static void step_rnn(const struct layer64 *l, const double *x, double *h)
{
    double next[WIDTH];
    for (size_t u = 0; u < l->width; u++)
        next[u] = tanh(from_x(l, 0, u, x) + from_h(l, 0, u, h));
    memcpy(h, next, l->width * sizeof *h);
}

static void run_recurrent(const struct layer64 *l, sequence x, sequence y)
{
    double h[WIDTH], c[WIDTH];
    for (size_t u = 0; u < l->width; u++) {
        h[u] = (double)l->start[0][u];
        c[u] = (double)l->start[1][u];
    }
    for (size_t t = 0; t < STEPS; t++) {
        if (l->kind == LSTM)
            step_lstm(l, x[t], h, c);
        else if (l->kind == GRU)
            step_gru(l, x[t], h);
        else
            step_rnn(l, x[t], h);
        memcpy(y[t], h, sizeof h);
    }
}

/* ---- The others ---- */

/* Output `u` of a convolution sees the inputs of its group, and before the first step zeros. */
static double convolve(const struct layer64 *l, sequence x, size_t t, size_t u)
{
    const size_t share = l->inputs / l->groups, group = u / (l->width / l->groups);
    double sum = (double)l->b[0][u];
    for (size_t k = 0; k < l->kernel && k * l->dilation <= t; k++)
        sum += dot(l->taps[k][u], x[t - k * l->dilation] + group * share, share);
    return sum;
}

static double apply(const struct layer64 *l, sequence x, size_t t, size_t u)
{
    switch (l->kind) {
    case DENSE:
        return from_x(l, 0, u, x[t]);
    case CONV:
        return convolve(l, x, t, u);
    case PRELU:
        return x[t][u] < 0 ? (double)l->b[0][l->is_shared ? 0 : u] * x[t][u] : x[t][u];
    case NORM: {
        const double gamma = l->is_affine ? (double)l->b[GAMMA][u] : 1;
        const double beta = l->is_affine ? (double)l->b[BETA][u] : 0;
        return (x[t][u] - (double)l->b[MEAN][u]) /
                   sqrt((double)l->b[VARIANCE][u] + (double)l->epsilon) * gamma +
               beta;
    }
    default:
        return x[t][u];
    }
}

static void call(enum function function, double *x, size_t width)
{
    double sum = 0;
    for (size_t u = 0; u < width; u++)
        sum += exp(x[u]);
    for (size_t u = 0; u < width; u++)
        switch (function) {
        case TANH:
            x[u] = tanh(x[u]);
            break;
        case RELU:
            x[u] = x[u] > 0 ? x[u] : 0;
            break;
        case SIGMOID:
            x[u] = sigmoid(x[u]);
            break;
        case SOFTMAX:
            x[u] = exp(x[u]) / sum;
            break;
        case ELU:
            x[u] = x[u] < 0 ? exp(x[u]) - 1 : x[u];
            break;
        default:
            break;
        }
}

/* ---- The whole ---- */

size_t model64_outputs(const struct model64 *model)
{
    return model->layers[model->count - 1].width;
}

void model64_run(struct model64 *model)
{
    static sequence values[LAYERS + 1];
    const double in = pow(10, model->gains[0] / 20), out = pow(10, model->gains[1] / 20);
    for (size_t t = 0; t < STEPS; t++)
        for (size_t u = 0; u < model->inputs; u++)
            values[0][t][u] = in * (double)model->x[t][u];
    for (size_t i = 0; i < model->count; i++) {
        const struct layer64 *l = &model->layers[i];
        if (l->kind <= RNN)
            run_recurrent(l, values[i], values[i + 1]);
        for (size_t t = 0; t < STEPS; t++) {
            for (size_t u = 0; l->kind > RNN && u < l->width; u++)
                values[i + 1][t][u] = apply(l, values[i], t, u);
            call(l->function, values[i + 1][t], l->width);
        }
    }
    for (size_t t = 0; t < STEPS; t++)
        for (size_t u = 0; u < model64_outputs(model); u++)
            model->y[t][u] =
                out * (values[model->count][t][u] + (model->has_skip ? values[0][t][u] : 0));
}
