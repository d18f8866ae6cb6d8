/* SPDX-License-Identifier: MIT */
/* The formulas of ONNX's operator specification; see reference64.h. */
#include "runner/reference64.h"

#include <math.h>
#include <string.h>

enum { H_MAX = 64 };

static double apply(struct case64 *c, size_t d, size_t which, double x)
{
    const struct function *f = &c->functions[d][which];
    const double a = f->alpha, b = f->beta;
    if (c->clip > 0)
        x = x > c->clip ? c->clip : x < -c->clip ? -c->clip : x;
    switch (f->activation) {
    case RELU:
        return x > 0 ? x : 0;
    case TANH:
        return tanh(x);
    case SIGMOID:
        return 1 / (1 + exp(-x));
    case AFFINE:
        return a * x + b;
    case LEAKY_RELU:
        return x < 0 ? a * x : x;
    case THRESHOLDED_RELU:
        c->margin = fmin(c->margin, fabs(x - a));
        return x > a ? x : 0;
    case SCALED_TANH:
        return a * tanh(b * x);
    case HARD_SIGMOID:
        return fmax(0, fmin(1, a * x + b));
    case ELU:
        return x < 0 ? a * (exp(x) - 1) : x;
    case SOFTSIGN:
        return x / (1 + fabs(x));
    default:
        return log(1 + exp(x));
    }
}

/* Row r of a matrix of direction d, times a vector. */
static double dot(const float *matrix, size_t row, size_t columns, const double *vector)
{
    double sum = 0;
    for (size_t k = 0; k < columns; k++)
        sum += (double)matrix[row * columns + k] * vector[k];
    return sum;
}

/* The same with both as whole numbers. */
static double dot_whole(const float *matrix, float scale, size_t row, size_t columns,
                        const double *vector)
{
    float most = 0;
    double sum = 0;
    for (size_t k = 0; k < columns; k++)
        most = fmaxf(most, fabsf((float)vector[k]));
    if (most < ldexpf(1, -96))
        return 0;
    for (size_t k = 0; k < columns; k++) {
        const float exact = (float)vector[k] * (127 / most);
        sum += (double)matrix[row * columns + k] * rint((double)exact);
    }
    return sum * ((double)(most / 127) * (double)scale);
}

/* What a step works with: one row, one direction. */
struct step {
    size_t d, gates;
    double x[H_MAX], h[H_MAX], c[H_MAX];
};

/* The parts of a gate's sum, from x and from the state (through `by`), each with its bias. */
static double from_x(const struct case64 *c, const struct step *s, size_t gate, size_t unit)
{
    const size_t row = (s->d * s->gates + gate) * c->H + unit;
    const double bias = c->Bias ? (double)c->Bias[(s->d * 2 * s->gates + gate) * c->H + unit] : 0;
    return bias + (c->scales[0] ? dot_whole(c->W, c->scales[0][row], row, c->I, s->x)
                                : dot(c->W, row, c->I, s->x));
}

static double from_state(const struct case64 *c, const struct step *s, size_t gate, size_t unit,
                         const double *by)
{
    const size_t row = (s->d * s->gates + gate) * c->H + unit;
    const double bias =
        c->Bias ? (double)c->Bias[(s->d * 2 * s->gates + s->gates + gate) * c->H + unit] : 0;
    return bias + (c->scales[1] ? dot_whole(c->R, c->scales[1][row], row, c->H, by)
                                : dot(c->R, row, c->H, by));
}

static void step_rnn(struct case64 *c, struct step *s)
{
    double next[H_MAX];
    for (size_t u = 0; u < c->H; u++)
        next[u] = apply(c, s->d, 0, from_x(c, s, 0, u) + from_state(c, s, 0, u, s->h));
    memcpy(s->h, next, sizeof next);
}

/* ONNX's order of gates: i o f c; of peepholes: i o f. */
static void step_lstm(struct case64 *c, struct step *s)
{
    double next[H_MAX];
    for (size_t u = 0; u < c->H; u++) {
        double p[3] = {0}, sum[4];
        for (size_t g = 0; g < 3; g++)
            p[g] = c->P ? (double)c->P[(s->d * 3 + g) * c->H + u] : 0;
        for (size_t g = 0; g < 4; g++)
            sum[g] = from_x(c, s, g, u) + from_state(c, s, g, u, s->h);
        const double i = apply(c, s->d, 0, sum[0] + p[0] * s->c[u]);
        const double f = c->coupled ? 1 - i : apply(c, s->d, 0, sum[2] + p[2] * s->c[u]);
        s->c[u] = f * s->c[u] + i * apply(c, s->d, 1, sum[3]);
        next[u] = apply(c, s->d, 0, sum[1] + p[1] * s->c[u]) * apply(c, s->d, 2, s->c[u]);
    }
    memcpy(s->h, next, sizeof next);
}

/* ONNX's order of gates: z r h. */
static void step_gru(struct case64 *c, struct step *s)
{
    double z[H_MAX], r[H_MAX], reset[H_MAX], next[H_MAX];
    for (size_t u = 0; u < c->H; u++) {
        z[u] = apply(c, s->d, 0, from_x(c, s, 0, u) + from_state(c, s, 0, u, s->h));
        r[u] = apply(c, s->d, 0, from_x(c, s, 1, u) + from_state(c, s, 1, u, s->h));
        reset[u] = r[u] * s->h[u];
    }
    for (size_t u = 0; u < c->H; u++) {
        const double by =
            c->reset_after ? r[u] * from_state(c, s, 2, u, s->h) : from_state(c, s, 2, u, reset);
        next[u] = (1 - z[u]) * apply(c, s->d, 1, from_x(c, s, 2, u) + by) + z[u] * s->h[u];
    }
    memcpy(s->h, next, sizeof next);
}

static void run_row(struct case64 *c, size_t d, size_t b)
{
    void (*const steps[])(struct case64 *, struct step *) = {step_rnn, step_lstm, step_gru};
    const size_t gates[] = {1, 4, 3}, length = c->lens ? (size_t)c->lens[b] : c->T;
    const bool back = d == 1 || c->back;
    const size_t row = (d * c->B + b) * c->H;
    struct step s = {.d = d, .gates = gates[c->kind]};
    for (size_t u = 0; u < c->H; u++) {
        s.h[u] = c->initial[0] ? (double)c->initial[0][row + u] : 0;
        s.c[u] = c->initial[1] ? (double)c->initial[1][row + u] : 0;
    }
    for (size_t k = 0; k < length; k++) {
        const size_t t = back ? length - 1 - k : k;
        for (size_t i = 0; i < c->I; i++)
            s.x[i] = (double)c->X[(t * c->B + b) * c->I + i];
        steps[c->kind](c, &s);
        memcpy(c->Y + ((t * c->D + d) * c->B + b) * c->H, s.h, c->H * sizeof *s.h);
    }
    memcpy(c->final[0] + row, s.h, c->H * sizeof *s.h);
    memcpy(c->final[1] + row, s.c, c->H * sizeof *s.c);
}

void reference64(struct case64 *c)
{
    c->margin = INFINITY;
    memset(c->Y, 0, c->T * c->D * c->B * c->H * sizeof *c->Y);
    for (size_t d = 0; d < c->D; d++)
        for (size_t b = 0; b < c->B; b++)
            run_row(c, d, b);
}
