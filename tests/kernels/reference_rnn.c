/* SPDX-License-Identifier: MIT */
/* The simple recurrent networks of the float64 reference, and the layer that is none, a step of one
 * row each. */
#include <math.h>

#include "kernels/reference_step.h"

/* Elman 1990. */
static void rnn_tanh(const struct reference_step *s)
{
    for (size_t n = 0; n < s->H; ++n)
        s->h_next[n] = tanh(reference_gate(s, "W", "U", "b", n));
}

/* Le, Jaitly & Hinton 2015. What is not a number stays so. */
static void rnn_relu(const struct reference_step *s)
{
    for (size_t n = 0; n < s->H; ++n) {
        const double z = reference_gate(s, "W", "U", "b", n);
        s->h_next[n] = z < 0 ? 0 : z;
    }
}

/* A matrix and a bias at every step; the previous output does not matter. */
static void dense(const struct reference_step *s)
{
    for (size_t n = 0; n < s->H; ++n)
        s->h_next[n] = reference_product(s, "W", s->x, s->I, n) + reference_vector(s, "b", n);
}

const struct reference_cell reference_rnn_cells[3] = {
    {"rnn_tanh", 1, false, rnn_tanh},
    {"rnn_relu", 1, false, rnn_relu},
    {"dense", 1, false, dense},
};
