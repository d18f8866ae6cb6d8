/* SPDX-License-Identifier: MIT */
/* The gated recurrent units of the float64 reference, a step of one row each. */
#include <math.h>

#include "kernels/reference_step.h"

/* Version 1 of arXiv:1406.1078: the reset gate after the product, which has its own bias. */
static void gru(const struct reference_step *s)
{
    for (size_t k = 0; k < s->H; ++k) {
        const double z = reference_sigmoid(reference_gate(s, "Wz", "Uz", "bz", k));
        const double r = reference_sigmoid(reference_gate(s, "Wr", "Ur", "br", k));
        const double from_x =
            reference_product(s, "Wn", s->x, s->I, k) + reference_vector(s, "bn", k);
        const double from_h =
            reference_product(s, "Un", s->h, s->H, k) + reference_vector(s, "un", k);
        const double n = tanh(from_x + r * from_h);
        s->h_next[k] = (1 - z) * n + z * s->h[k];
    }
}

/* Cho et al., EMNLP 2014: the reset gate before the product. */
static void gru_before(const struct reference_step *s)
{
    double *reset = s->scratch;
    for (size_t k = 0; k < s->H; ++k)
        reset[k] = reference_sigmoid(reference_gate(s, "Wr", "Ur", "br", k)) * s->h[k];
    for (size_t k = 0; k < s->H; ++k) {
        const double z = reference_sigmoid(reference_gate(s, "Wz", "Uz", "bz", k));
        const double n =
            tanh(reference_product(s, "Wn", s->x, s->I, k) +
                 reference_product(s, "Un", reset, s->H, k) + reference_vector(s, "bn", k));
        s->h_next[k] = (1 - z) * n + z * s->h[k];
    }
}

/* A tutorial's variant: gates not tied to one another, and an output computed of both states. */
static void gru_uncoupled(const struct reference_step *s)
{
    for (size_t k = 0; k < s->H; ++k) {
        const double r = reference_sigmoid(reference_gate(s, "Wr", "Ur", "br", k));
        const double u = reference_sigmoid(reference_gate(s, "Wu", "Uu", "bu", k));
        const double from_x =
            reference_product(s, "Wa", s->x, s->I, k) + reference_vector(s, "ba", k);
        const double from_h =
            reference_product(s, "Ua", s->h, s->H, k) + reference_vector(s, "ua", k);
        s->c_next[k] = r * s->c[k] + u * tanh(from_x + r * from_h);
    }
    for (size_t k = 0; k < s->H; ++k)
        s->h_next[k] =
            tanh(reference_product(s, "Rc", s->c_next, s->H, k) +
                 reference_product(s, "Rh", s->h, s->H, k) + reference_vector(s, "bh", k));
}

const struct reference_cell reference_gru_cells[3] = {
    {"gru", 1, false, gru},
    {"gru_before", 1, false, gru_before},
    {"gru_uncoupled", 2, false, gru_uncoupled},
};
