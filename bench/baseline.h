/* SPDX-License-Identifier: MIT */
/* What the forward and the backward half of the baseline share. */
#ifndef BENCH_BASELINE_H
#define BENCH_BASELINE_H

#include "contender.h"

enum { BASELINE_WEIGHTS = 12, BASELINE_GATES = 4 };

struct plain {
    size_t T, B, I, H;
    const float *x, *d_y; /* [T][B][I], [T][B][H] */
    float *y, *d_x;
    const float *weight[BASELINE_WEIGHTS]; /* in the order of the cell's list of names */
    float *d_weight[BASELINE_WEIGHTS];
    const float *zero; /* [H]: the first state */
    float *d_h, *d_c; /* [H]: by the states between two steps */
    float *d_z; /* [BASELINE_GATES][H]: by what the gates' functions are given */
    /* What a step keeps: rows of as many [H] as the cell says, one for every step and row of the
     * batch where backward comes after, else one that is used again and again. */
    float *kept;
};

/* One time step of one row of the batch. */
struct step {
    const float *x, *h_prev, *kept_prev; /* zeroes before the first step */
    const float *d_y;
    float *h, *kept;
    float *d_x;
};

/* Adds to p->d_weight and step->d_x. p->d_h and, where there is a c, p->d_c are by the states after
 * the step, and become those by the states before it. */
typedef void baseline_backward(const struct plain *p, const struct step *step);
baseline_backward lstm_backward, gru_backward, rnn_backward;

/* What a step of the LSTM keeps, and one of the GRU, in this order. */
enum { KEPT_C, KEPT_I, KEPT_F, KEPT_G, KEPT_O, LSTM_KEEPS };
enum { KEPT_Z, KEPT_R, KEPT_N, KEPT_RECURRENT, GRU_KEEPS };

#endif
