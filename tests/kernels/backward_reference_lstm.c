/* SPDX-License-Identifier: MIT */
/* The long short-term memory of the backward reference, a step of one row. */
#include <math.h>

#include "kernels/backward_step.h"

/* h' = o tanh(c'), c' = f c + i g: by h' and c', then by the gates' sums, as Graves, "Supervised
 * sequence labelling with recurrent neural networks" (2012), section 4.6, has them. */
static void lstm(const struct backward_step *s)
{
    double d_i[BACKWARD_SIZE_MAX], d_f[BACKWARD_SIZE_MAX];
    double d_g[BACKWARD_SIZE_MAX], d_o[BACKWARD_SIZE_MAX];
    const struct reference_step *at = s->forward;
    for (size_t n = 0; n < at->H; ++n) {
        const double i = reference_sigmoid(reference_gate(at, "Wi", "Ui", "bi", n));
        const double f = reference_sigmoid(reference_gate(at, "Wf", "Uf", "bf", n));
        const double g = tanh(reference_gate(at, "Wg", "Ug", "bg", n));
        const double o = reference_sigmoid(reference_gate(at, "Wo", "Uo", "bo", n));
        const double tanh_c = tanh(f * at->c[n] + i * g);
        const double d_c = s->d_c_next[n] + s->d_h_next[n] * o * (1 - tanh_c * tanh_c);
        d_o[n] = s->d_h_next[n] * tanh_c * o * (1 - o);
        d_i[n] = d_c * g * i * (1 - i);
        d_f[n] = d_c * at->c[n] * f * (1 - f);
        d_g[n] = d_c * i * (1 - g * g);
        s->d_c[n] += d_c * f;
    }
    backward_gate(s, "Wi", "Ui", "bi", d_i);
    backward_gate(s, "Wf", "Uf", "bf", d_f);
    backward_gate(s, "Wg", "Ug", "bg", d_g);
    backward_gate(s, "Wo", "Uo", "bo", d_o);
}

const struct backward_cell backward_lstm_cells[1] = {{"lstm", lstm}};
