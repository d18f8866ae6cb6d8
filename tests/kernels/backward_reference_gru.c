/* SPDX-License-Identifier: MIT */
/* The gated recurrent units of the backward reference, a step of one row each. */
#include <math.h>

#include "kernels/backward_step.h"

/* h' = (1 - z) n + z h, n = tanh(Wn x + bn + r q), q = Un h + un. */
static void gru(const struct backward_step *s)
{
    double d_z[BACKWARD_SIZE_MAX], d_r[BACKWARD_SIZE_MAX];
    double d_n[BACKWARD_SIZE_MAX], d_q[BACKWARD_SIZE_MAX];
    const struct reference_step *at = s->forward;
    for (size_t k = 0; k < at->H; ++k) {
        const double z = reference_sigmoid(reference_gate(at, "Wz", "Uz", "bz", k));
        const double r = reference_sigmoid(reference_gate(at, "Wr", "Ur", "br", k));
        const double q =
            reference_product(at, "Un", at->h, at->H, k) + reference_vector(at, "un", k);
        const double n = tanh(reference_product(at, "Wn", at->x, at->I, k) +
                              reference_vector(at, "bn", k) + r * q);
        d_z[k] = s->d_h_next[k] * (at->h[k] - n) * z * (1 - z);
        d_n[k] = s->d_h_next[k] * (1 - z) * (1 - n * n);
        d_q[k] = d_n[k] * r;
        d_r[k] = d_n[k] * q * r * (1 - r);
        s->d_h[k] += s->d_h_next[k] * z;
    }
    backward_gate(s, "Wz", "Uz", "bz", d_z);
    backward_gate(s, "Wr", "Ur", "br", d_r);
    backward_product(s, "Wn", d_n, at->x, s->d_x);
    backward_vector(s, "bn", d_n);
    backward_product(s, "Un", d_q, at->h, s->d_h);
    backward_vector(s, "un", d_q);
}

/* h' = (1 - z) n + z h, n = tanh(Wn x + Un v + bn), v = r h. */
static void gru_before(const struct backward_step *s)
{
    double d_z[BACKWARD_SIZE_MAX], d_r[BACKWARD_SIZE_MAX], d_n[BACKWARD_SIZE_MAX];
    double r[BACKWARD_SIZE_MAX], v[BACKWARD_SIZE_MAX], d_v[BACKWARD_SIZE_MAX] = {0};
    const struct reference_step *at = s->forward;
    for (size_t k = 0; k < at->H; ++k) {
        r[k] = reference_sigmoid(reference_gate(at, "Wr", "Ur", "br", k));
        v[k] = r[k] * at->h[k];
    }
    for (size_t k = 0; k < at->H; ++k) {
        const double z = reference_sigmoid(reference_gate(at, "Wz", "Uz", "bz", k));
        const double n =
            tanh(reference_product(at, "Wn", at->x, at->I, k) +
                 reference_product(at, "Un", v, at->H, k) + reference_vector(at, "bn", k));
        d_z[k] = s->d_h_next[k] * (at->h[k] - n) * z * (1 - z);
        d_n[k] = s->d_h_next[k] * (1 - z) * (1 - n * n);
        s->d_h[k] += s->d_h_next[k] * z;
    }
    backward_product(s, "Wn", d_n, at->x, s->d_x);
    backward_vector(s, "bn", d_n);
    backward_product(s, "Un", d_n, v, d_v);
    for (size_t k = 0; k < at->H; ++k) {
        s->d_h[k] += d_v[k] * r[k];
        d_r[k] = d_v[k] * at->h[k] * r[k] * (1 - r[k]);
    }
    backward_gate(s, "Wz", "Uz", "bz", d_z);
    backward_gate(s, "Wr", "Ur", "br", d_r);
}

const struct backward_cell backward_gru_cells[2] = {{"gru", gru}, {"gru_before", gru_before}};
