/* SPDX-License-Identifier: MIT */
/* The baseline's way back: the derivatives of each cell as one works them out on paper. See
 * baseline.h. Flags and ambition as in baseline.c. */
#include "baseline.h"

#include <math.h>
#include <string.h>

/* Of z = M v, by its weight's number: adds to d_v and to the gradient by M, row by row. */
static void product_backward(const struct plain *p, size_t weight, const float *d_z, const float *v,
                             size_t columns, float *d_v)
{
    for (size_t j = 0; j < p->H; j++) {
        const float *M = p->weight[weight] + j * columns;
        float *d_M = p->d_weight[weight] + j * columns;
        for (size_t k = 0; k < columns; k++) {
            d_v[k] += M[k] * d_z[j];
            d_M[k] += d_z[j] * v[k];
        }
    }
}

static void bias_backward(const struct plain *p, size_t weight, const float *d_z)
{
    for (size_t j = 0; j < p->H; j++)
        p->d_weight[weight][j] += d_z[j];
}

/* Of a gate whose weights are W, U, b in that order. */
static void gate_backward(const struct plain *p, size_t first, const float *d_z,
                          const struct step *step)
{
    product_backward(p, first, d_z, step->x, p->I, step->d_x);
    product_backward(p, first + 1, d_z, step->h_prev, p->H, p->d_h);
    bias_backward(p, first + 2, d_z);
}

void lstm_backward(const struct plain *p, const struct step *step)
{
    const size_t H = p->H;
    for (size_t j = 0; j < H; j++) {
        const float i = step->kept[KEPT_I * H + j], f = step->kept[KEPT_F * H + j];
        const float g = step->kept[KEPT_G * H + j], o = step->kept[KEPT_O * H + j];
        const float t = tanhf(step->kept[KEPT_C * H + j]), d_h = p->d_h[j];
        const float d_c = p->d_c[j] + d_h * o * (1 - t * t);
        p->d_z[j] = d_c * g * i * (1 - i);
        p->d_z[H + j] = d_c * step->kept_prev[KEPT_C * H + j] * f * (1 - f);
        p->d_z[2 * H + j] = d_c * i * (1 - g * g);
        p->d_z[3 * H + j] = d_h * t * o * (1 - o);
        p->d_c[j] = d_c * f;
        p->d_h[j] = 0;
    }
    for (size_t gate = 0; gate < 4; gate++)
        gate_backward(p, 3 * gate, p->d_z + gate * H, step);
}

void gru_backward(const struct plain *p, const struct step *step)
{
    const size_t H = p->H;
    float *by_z = p->d_z, *by_r = by_z + H, *by_n = by_r + H, *by_recurrent = by_n + H;
    for (size_t j = 0; j < H; j++) {
        const float z = step->kept[KEPT_Z * H + j], r = step->kept[KEPT_R * H + j];
        const float n = step->kept[KEPT_N * H + j], d_h = p->d_h[j];
        by_z[j] = d_h * (step->h_prev[j] - n) * z * (1 - z);
        by_n[j] = d_h * (1 - z) * (1 - n * n);
        by_r[j] = by_n[j] * step->kept[KEPT_RECURRENT * H + j] * r * (1 - r);
        by_recurrent[j] = by_n[j] * r;
        p->d_h[j] = d_h * z;
    }
    gate_backward(p, 0, by_z, step);
    gate_backward(p, 3, by_r, step);
    product_backward(p, 6, by_n, step->x, p->I, step->d_x);
    product_backward(p, 7, by_recurrent, step->h_prev, H, p->d_h);
    bias_backward(p, 8, by_n);
    bias_backward(p, 9, by_recurrent);
}

void rnn_backward(const struct plain *p, const struct step *step)
{
    for (size_t j = 0; j < p->H; j++) {
        p->d_z[j] = p->d_h[j] * (1 - step->h[j] * step->h[j]);
        p->d_h[j] = 0;
    }
    gate_backward(p, 0, p->d_z, step);
}
