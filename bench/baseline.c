/* SPDX-License-Identifier: MIT */
/* The baseline: LSTM, GRU (reset after) and the simple recurrent network as any C programmer would
 * write them from the formulas, one unit after another, with expf and tanhf of the C library.
 * Compiled with -O3 for this very machine; nothing here is meant to be clever. */
#include "contender.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct plain {
    size_t T, B, I, H;
    const float *x;
    float *y;
    const float *const *weight; /* in the order of the cell's list of names */
    const float *zero; /* [H]: the first state */
    float *c; /* [H] */
};

static float dot(const float *a, const float *b, size_t n)
{
    float sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static float sigmoid(float x)
{
    return 1 / (1 + expf(-x));
}

/* W[j] x + U[j] h + b[j], the weights of one gate being W, U, b in that order. */
static float gate(const struct plain *p, size_t first, size_t j, const float *x, const float *h)
{
    const float *W = p->weight[first], *U = p->weight[first + 1], *b = p->weight[first + 2];
    return dot(W + j * p->I, x, p->I) + dot(U + j * p->H, h, p->H) + b[j];
}

static const char *const lstm_weights[] = {"Wi", "Ui", "bi", "Wf", "Uf", "bf", "Wg",
                                           "Ug", "bg", "Wo", "Uo", "bo", NULL};

static void lstm_step(const struct plain *p, const float *x, const float *h, float *y)
{
    for (size_t j = 0; j < p->H; j++) {
        const float i = sigmoid(gate(p, 0, j, x, h));
        const float f = sigmoid(gate(p, 3, j, x, h));
        const float g = tanhf(gate(p, 6, j, x, h));
        const float o = sigmoid(gate(p, 9, j, x, h));
        p->c[j] = f * p->c[j] + i * g;
        y[j] = o * tanhf(p->c[j]);
    }
}

static const char *const gru_weights[] = {"Wz", "Uz", "bz", "Wr", "Ur", "br",
                                          "Wn", "Un", "bn", "un", NULL};

static void gru_step(const struct plain *p, const float *x, const float *h, float *y)
{
    const float *Wn = p->weight[6], *Un = p->weight[7], *bn = p->weight[8], *un = p->weight[9];
    for (size_t j = 0; j < p->H; j++) {
        const float z = sigmoid(gate(p, 0, j, x, h));
        const float r = sigmoid(gate(p, 3, j, x, h));
        const float recurrent = dot(Un + j * p->H, h, p->H) + un[j];
        const float n = tanhf(dot(Wn + j * p->I, x, p->I) + bn[j] + r * recurrent);
        y[j] = (1 - z) * n + z * h[j];
    }
}

static const char *const rnn_weights[] = {"W", "U", "b", NULL};

static void rnn_step(const struct plain *p, const float *x, const float *h, float *y)
{
    for (size_t j = 0; j < p->H; j++)
        y[j] = tanhf(gate(p, 0, j, x, h));
}

struct plain_cell {
    const char *name;
    const char *const *weights;
    void (*step)(const struct plain *plain, const float *x, const float *h, float *y);
};

static const struct plain_cell cells[] = {
    {"lstm", lstm_weights, lstm_step},
    {"gru", gru_weights, gru_step},
    {"rnn_tanh", rnn_weights, rnn_step},
};

struct running {
    struct plain plain;
    const struct plain_cell *cell;
    const float *weight[16];
    float memory[]; /* zero, c */
};

static void list(const struct shape *shape, contender_add *add, void *to)
{
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        if (strcmp(cells[i].name, shape->cell) == 0)
            add(to, &(struct contender){
                        .kind = &contender_baseline, .name = "baseline", .choice = &cells[i]});
}

static bool prepare(struct contender *self, const struct workload *workload,
                    struct failure *failure)
{
    const size_t H = workload->shape->H;
    struct running *running = calloc(1, sizeof *running + 2 * H * sizeof(float));
    if (!running)
        return fail(failure, "finds not enough memory");
    running->cell = self->choice;
    for (size_t w = 0; running->cell->weights[w]; w++)
        running->weight[w] = workload_weight(workload, running->cell->weights[w]);
    running->plain = (struct plain){.T = workload->T,
                                    .B = workload->B,
                                    .I = workload->shape->I,
                                    .H = H,
                                    .x = workload->x,
                                    .y = workload->got.y,
                                    .weight = running->weight,
                                    .zero = running->memory,
                                    .c = running->memory + H};
    self->state = running;
    return true;
}

/* Row by row through the whole sequence: the step before is read where it was written, in y. */
static void run(struct contender *self)
{
    struct running *running = self->state;
    const struct plain *p = &running->plain;
    for (size_t b = 0; b < p->B; b++) {
        const float *h = p->zero;
        memset(p->c, 0, p->H * sizeof *p->c);
        for (size_t t = 0; t < p->T; t++) {
            float *y = p->y + (t * p->B + b) * p->H;
            running->cell->step(p, p->x + (t * p->B + b) * p->I, h, y);
            h = y;
        }
    }
}

static void release(struct contender *self)
{
    free(self->state);
    self->state = NULL;
}

const struct contender_kind contender_baseline = {
    .name = "baseline", .list = list, .prepare = prepare, .run = run, .release = release};
