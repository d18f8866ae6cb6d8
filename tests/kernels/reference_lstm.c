/* SPDX-License-Identifier: MIT */
/* The long short-term memories of the float64 reference, a step of one row each. */
#include <math.h>

#include "kernels/reference_step.h"

/* Hochreiter & Schmidhuber 1997; Gers, Schmidhuber & Cummins 2000. */
static void lstm(const struct reference_step *s)
{
    for (size_t n = 0; n < s->H; ++n) {
        const double i = reference_sigmoid(reference_gate(s, "Wi", "Ui", "bi", n));
        const double f = reference_sigmoid(reference_gate(s, "Wf", "Uf", "bf", n));
        const double g = tanh(reference_gate(s, "Wg", "Ug", "bg", n));
        const double o = reference_sigmoid(reference_gate(s, "Wo", "Uo", "bo", n));
        s->c_next[n] = f * s->c[n] + i * g;
        s->h_next[n] = o * tanh(s->c_next[n]);
    }
}

/* Gers, Schraudolph & Schmidhuber 2002: i and f look at c, o looks at the next c. */
static void lstm_peephole(const struct reference_step *s)
{
    for (size_t n = 0; n < s->H; ++n) {
        const double pi = reference_vector(s, "pi", n);
        const double pf = reference_vector(s, "pf", n);
        const double po = reference_vector(s, "po", n);
        const double i = reference_sigmoid(reference_gate(s, "Wi", "Ui", "bi", n) + pi * s->c[n]);
        const double f = reference_sigmoid(reference_gate(s, "Wf", "Uf", "bf", n) + pf * s->c[n]);
        const double g = tanh(reference_gate(s, "Wg", "Ug", "bg", n));
        const double c = f * s->c[n] + i * g;
        const double o = reference_sigmoid(reference_gate(s, "Wo", "Uo", "bo", n) + po * c);
        s->c_next[n] = c;
        s->h_next[n] = o * tanh(c);
    }
}

/* Greff et al. 2017, CIFG: the input gate is what the forget gate leaves. */
static void lstm_cifg(const struct reference_step *s)
{
    for (size_t n = 0; n < s->H; ++n) {
        const double f = reference_sigmoid(reference_gate(s, "Wf", "Uf", "bf", n));
        const double g = tanh(reference_gate(s, "Wg", "Ug", "bg", n));
        const double o = reference_sigmoid(reference_gate(s, "Wo", "Uo", "bo", n));
        s->c_next[n] = f * s->c[n] + (1 - f) * g;
        s->h_next[n] = o * tanh(s->c_next[n]);
    }
}

/* Sak, Senior & Beaufays 2014: the output is a matrix times the units' values. */
static void lstm_projected(const struct reference_step *s)
{
    double *m = s->scratch;
    for (size_t n = 0; n < s->H; ++n) {
        const double i = reference_sigmoid(reference_gate(s, "Wi", "Ui", "bi", n));
        const double f = reference_sigmoid(reference_gate(s, "Wf", "Uf", "bf", n));
        const double g = tanh(reference_gate(s, "Wg", "Ug", "bg", n));
        const double o = reference_sigmoid(reference_gate(s, "Wo", "Uo", "bo", n));
        s->c_next[n] = f * s->c[n] + i * g;
        m[n] = o * tanh(s->c_next[n]);
    }
    for (size_t p = 0; p < s->P; ++p)
        s->h_next[p] = reference_product(s, "R", m, s->H, p);
}

/* A tutorial's variant: a scaled sigmoid as candidate, and an output mixed with the last one. */
static void lstm_gated_output(const struct reference_step *s)
{
    const double root = sqrt((double)s->H);
    for (size_t n = 0; n < s->H; ++n) {
        const double a = reference_sigmoid(reference_gate(s, "Wa", "Ua", "ba", n) / root);
        const double i = reference_sigmoid(reference_gate(s, "Wi", "Ui", "bi", n));
        const double f = reference_sigmoid(reference_gate(s, "Wf", "Uf", "bf", n));
        const double o = reference_sigmoid(reference_gate(s, "Wo", "Uo", "bo", n));
        s->c_next[n] = f * s->c[n] + i * a;
        s->h_next[n] = o * tanh(s->c_next[n]) + (1 - o) * s->h[n];
    }
}

const struct reference_cell reference_lstm_cells[5] = {
    {"lstm", 2, false, lstm},
    {"lstm_peephole", 2, false, lstm_peephole},
    {"lstm_cifg", 2, false, lstm_cifg},
    {"lstm_projected", 2, true, lstm_projected},
    {"lstm_gated_output", 2, false, lstm_gated_output},
};
