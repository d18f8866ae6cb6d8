/* SPDX-License-Identifier: MIT */
/* The baseline: LSTM, GRU (reset after) and the simple recurrent network as any C programmer would
 * write them from the formulas, one unit after another, with expf and tanhf of the C library.
 * Compiled with -O3 for this very machine; nothing here is meant to be clever. The way back is in
 * baseline_backward.c. */
#include "baseline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

static void lstm_step(const struct plain *p, const struct step *step)
{
    const size_t H = p->H;
    for (size_t j = 0; j < H; j++) {
        const float i = sigmoid(gate(p, 0, j, step->x, step->h_prev));
        const float f = sigmoid(gate(p, 3, j, step->x, step->h_prev));
        const float g = tanhf(gate(p, 6, j, step->x, step->h_prev));
        const float o = sigmoid(gate(p, 9, j, step->x, step->h_prev));
        const float c = f * step->kept_prev[KEPT_C * H + j] + i * g;
        step->h[j] = o * tanhf(c);
        step->kept[KEPT_C * H + j] = c;
        step->kept[KEPT_I * H + j] = i;
        step->kept[KEPT_F * H + j] = f;
        step->kept[KEPT_G * H + j] = g;
        step->kept[KEPT_O * H + j] = o;
    }
}

static const char *const gru_weights[] = {"Wz", "Uz", "bz", "Wr", "Ur", "br",
                                          "Wn", "Un", "bn", "un", NULL};

static void gru_step(const struct plain *p, const struct step *step)
{
    const float *Wn = p->weight[6], *Un = p->weight[7], *bn = p->weight[8], *un = p->weight[9];
    const size_t H = p->H;
    for (size_t j = 0; j < H; j++) {
        const float z = sigmoid(gate(p, 0, j, step->x, step->h_prev));
        const float r = sigmoid(gate(p, 3, j, step->x, step->h_prev));
        const float recurrent = dot(Un + j * H, step->h_prev, H) + un[j];
        const float n = tanhf(dot(Wn + j * p->I, step->x, p->I) + bn[j] + r * recurrent);
        step->h[j] = (1 - z) * n + z * step->h_prev[j];
        step->kept[KEPT_Z * H + j] = z;
        step->kept[KEPT_R * H + j] = r;
        step->kept[KEPT_N * H + j] = n;
        step->kept[KEPT_RECURRENT * H + j] = recurrent;
    }
}

static const char *const rnn_weights[] = {"W", "U", "b", NULL};

static void rnn_step(const struct plain *p, const struct step *step)
{
    for (size_t j = 0; j < p->H; j++)
        step->h[j] = tanhf(gate(p, 0, j, step->x, step->h_prev));
}

struct plain_cell {
    const char *name;
    const char *const *weights;
    size_t keeps;
    void (*step)(const struct plain *p, const struct step *step);
    baseline_backward *backward;
};

static const struct plain_cell cells[] = {
    {"lstm", lstm_weights, LSTM_KEEPS, lstm_step, lstm_backward},
    {"gru", gru_weights, GRU_KEEPS, gru_step, gru_backward},
    {"rnn_tanh", rnn_weights, 0, rnn_step, rnn_backward},
};

struct running {
    struct plain plain;
    const struct plain_cell *cell;
    bool keeps_all;
    size_t weight_floats[BASELINE_WEIGHTS];
    float memory[]; /* zero, d_h, d_c, d_z, kept */
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
    const struct plain_cell *cell = self->choice;
    const size_t T = workload->T, B = workload->B, I = workload->shape->I, H = workload->shape->H;
    const size_t kept = cell->keeps * (workload->shape->train ? T * B : 1);
    struct running *running =
        calloc(1, sizeof *running + (3 + BASELINE_GATES + kept) * H * sizeof(float));
    if (!running)
        return fail(failure, "finds not enough memory");
    float *memory = running->memory;
    running->cell = cell;
    running->keeps_all = workload->shape->train;
    running->plain = (struct plain){.T = T,
                                    .B = B,
                                    .I = I,
                                    .H = H,
                                    .x = workload->x,
                                    .d_y = workload->d_y,
                                    .y = workload->got.y,
                                    .d_x = workload->got.d_x,
                                    .zero = memory,
                                    .d_h = memory + H,
                                    .d_c = memory + 2 * H,
                                    .d_z = memory + 3 * H,
                                    .kept = memory + (3 + BASELINE_GATES) * H};
    for (size_t w = 0; cell->weights[w]; w++) {
        const size_t at = workload_find(workload, cell->weights[w]);
        running->plain.weight[w] = workload->weight[at].data;
        running->plain.d_weight[w] = workload->got.d_weight[at];
        running->weight_floats[w] = workload->extent[at].rows * workload->extent[at].cols;
    }
    self->state = running;
    return true;
}

/* The step before is read where it was written, in y and in what was kept. */
static struct step step_at(const struct running *running, size_t t, size_t b)
{
    const struct plain *p = &running->plain;
    const size_t at = t * p->B + b, row = running->cell->keeps * p->H;
    float *kept = p->kept + (running->keeps_all ? at * row : 0);
    return (struct step){.x = p->x + at * p->I,
                         .h_prev = t > 0 ? p->y + (at - p->B) * p->H : p->zero,
                         .kept_prev = t == 0               ? p->zero
                                      : running->keeps_all ? kept - p->B * row
                                                           : kept,
                         .h = p->y + at * p->H,
                         .kept = kept,
                         .d_y = p->d_y ? p->d_y + at * p->H : NULL,
                         .d_x = p->d_x ? p->d_x + at * p->I : NULL};
}

/* Row by row of the batch through the whole sequence. */
static void run(struct contender *self)
{
    const struct running *running = self->state;
    const struct plain *p = &running->plain;
    for (size_t b = 0; b < p->B; b++)
        for (size_t t = 0; t < p->T; t++) {
            const struct step step = step_at(running, t, b);
            running->cell->step(p, &step);
        }
}

static void backward(struct contender *self)
{
    const struct running *running = self->state;
    const struct plain *p = &running->plain;
    memset(p->d_x, 0, p->T * p->B * p->I * sizeof *p->d_x);
    for (size_t w = 0; running->cell->weights[w]; w++)
        memset(p->d_weight[w], 0, running->weight_floats[w] * sizeof(float));
    for (size_t b = 0; b < p->B; b++) {
        memset(p->d_h, 0, p->H * sizeof *p->d_h);
        memset(p->d_c, 0, p->H * sizeof *p->d_c);
        for (size_t t = p->T; t-- > 0;) {
            const struct step step = step_at(running, t, b);
            for (size_t j = 0; j < p->H; j++)
                p->d_h[j] += step.d_y[j];
            running->cell->backward(p, &step);
        }
    }
}

static void release(struct contender *self)
{
    free(self->state);
    self->state = NULL;
}

const struct contender_kind contender_baseline = {.name = "baseline",
                                                  .list = list,
                                                  .prepare = prepare,
                                                  .run = run,
                                                  .backward = backward,
                                                  .release = release};
