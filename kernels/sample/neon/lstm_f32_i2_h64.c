/* SPDX-License-Identifier: MIT */
/* Generated: weir-gen --cell lstm --input 2 --hidden 64 --isa neon. Do not edit. Plan: vectors=2
 * rows=6 batch_vectors=1 sums=0 hoist=0 hoist_batch=4 fused=1 tails=1 prefetch=0 fetch_rows=0
 * serpentine=1. Per step and row: 33792 FLOP in products, 68608 bytes of weights. Per unit: 22
 * elementwise operations. */
#include "kernel.h"
#include "math_neon.h"

/* One time step: packed weights, what is read and what is written. */
struct step {
    const float *bias;
    const float *w_x;
    const float *w_h;
    const float *x;
    float *y;
    ptrdiff_t x_row, y_row;
    const float *h_prev;
    float *h_next;
    const float *c_prev;
    float *c_next;
};

WEIR_TILE tile_1x2(const struct step *s, size_t block, size_t row)
{
    const float *bias0 = s->bias + block * 16;
    const float *bias1 = s->bias + (block + 1) * 16;
    float32x4_t i0 = vld1q_f32(bias0 + 0);
    float32x4_t i1 = vld1q_f32(bias1 + 0);
    float32x4_t f0 = vld1q_f32(bias0 + 4);
    float32x4_t f1 = vld1q_f32(bias1 + 4);
    float32x4_t g0 = vld1q_f32(bias0 + 8);
    float32x4_t g1 = vld1q_f32(bias1 + 8);
    float32x4_t o0 = vld1q_f32(bias0 + 12);
    float32x4_t o1 = vld1q_f32(bias1 + 12);
    const float *w_x0 = s->w_x + block * 32;
    const float *w_x1 = s->w_x + (block + 1) * 32;
    const float *x_row0 = s->x + (ptrdiff_t)row * s->x_row;
    for (size_t k = 0; k < 2; k++) {
        const float32x4_t in0 = vdupq_n_f32(x_row0[k]);
        i0 = vfmaq_f32(i0, vld1q_f32(w_x0 + k * 16 + 0), in0);
        f0 = vfmaq_f32(f0, vld1q_f32(w_x0 + k * 16 + 4), in0);
        g0 = vfmaq_f32(g0, vld1q_f32(w_x0 + k * 16 + 8), in0);
        o0 = vfmaq_f32(o0, vld1q_f32(w_x0 + k * 16 + 12), in0);
        i1 = vfmaq_f32(i1, vld1q_f32(w_x1 + k * 16 + 0), in0);
        f1 = vfmaq_f32(f1, vld1q_f32(w_x1 + k * 16 + 4), in0);
        g1 = vfmaq_f32(g1, vld1q_f32(w_x1 + k * 16 + 8), in0);
        o1 = vfmaq_f32(o1, vld1q_f32(w_x1 + k * 16 + 12), in0);
    }
    const float *w_h0 = s->w_h + block * 1024;
    const float *w_h1 = s->w_h + (block + 1) * 1024;
    const float *h_row0 = s->h_prev + row * 64;
    for (size_t k = 0; k < 64; k++) {
        const float32x4_t in0 = vdupq_n_f32(h_row0[k]);
        i0 = vfmaq_f32(i0, vld1q_f32(w_h0 + k * 16 + 0), in0);
        f0 = vfmaq_f32(f0, vld1q_f32(w_h0 + k * 16 + 4), in0);
        g0 = vfmaq_f32(g0, vld1q_f32(w_h0 + k * 16 + 8), in0);
        o0 = vfmaq_f32(o0, vld1q_f32(w_h0 + k * 16 + 12), in0);
        i1 = vfmaq_f32(i1, vld1q_f32(w_h1 + k * 16 + 0), in0);
        f1 = vfmaq_f32(f1, vld1q_f32(w_h1 + k * 16 + 4), in0);
        g1 = vfmaq_f32(g1, vld1q_f32(w_h1 + k * 16 + 8), in0);
        o1 = vfmaq_f32(o1, vld1q_f32(w_h1 + k * 16 + 12), in0);
    }
    {
        const size_t unit = block * 4;
        const size_t at = row * 64 + unit;
        const float32x4_t c_prev = vld1q_f32(s->c_prev + at);
        const float32x4_t i_sum = i0;
        const float32x4_t f_sum = f0;
        const float32x4_t g_sum = g0;
        const float32x4_t o_sum = o0;
        const float32x4_t i_arg = v_clamp(i_sum, vdupq_n_f32(26.0f));
        const float32x4_t i_exp = v_exp2(i_arg);
        const float32x4_t i_den = vaddq_f32(vdupq_n_f32(1.0f), i_exp);
        const float32x4_t f_arg = v_clamp(f_sum, vdupq_n_f32(26.0f));
        const float32x4_t f_exp = v_exp2(f_arg);
        const float32x4_t f_den = vaddq_f32(vdupq_n_f32(1.0f), f_exp);
        const float32x4_t g_arg = v_clamp(g_sum, vdupq_n_f32(26.0f));
        const float32x4_t g_exp = v_exp2(g_arg);
        const float32x4_t o_arg = v_clamp(o_sum, vdupq_n_f32(39.0f));
        const float32x4_t o_exp = v_exp2(o_arg);
        const float32x4_t o_den = vaddq_f32(vdupq_n_f32(1.0f), o_exp);
        const float32x4_t c_part = vfmaq_f32(i_den, i_den, g_exp);
        const float32x4_t c_part_2 = vfmsq_f32(f_den, f_den, g_exp);
        const float32x4_t c_num = vfmaq_f32(c_part_2, c_prev, c_part);
        const float32x4_t c_den = vfmaq_f32(c_part, c_part, f_exp);
        const float32x4_t c = vdivq_f32(c_num, c_den); /* c' */
        vst1q_f32(s->c_next + at, c);
        const float32x4_t h_part = vmulq_f32(vdupq_n_f32(-2.88539004f), c);
        const float32x4_t h_arg = v_clamp(h_part, vdupq_n_f32(39.0f));
        const float32x4_t h_exp = v_exp2(h_arg);
        const float32x4_t h_num = vsubq_f32(vdupq_n_f32(1.0f), h_exp);
        const float32x4_t h_den = vfmaq_f32(o_den, o_den, h_exp);
        const float32x4_t h = vdivq_f32(h_num, h_den); /* h' */
        vst1q_f32(s->h_next + at, h);
        vst1q_f32(s->y + (ptrdiff_t)row * s->y_row + unit, v_canonical(h));
    }
    {
        const size_t unit = (block + 1) * 4;
        const size_t at = row * 64 + unit;
        const float32x4_t c_prev = vld1q_f32(s->c_prev + at);
        const float32x4_t i_sum = i1;
        const float32x4_t f_sum = f1;
        const float32x4_t g_sum = g1;
        const float32x4_t o_sum = o1;
        const float32x4_t i_arg = v_clamp(i_sum, vdupq_n_f32(26.0f));
        const float32x4_t i_exp = v_exp2(i_arg);
        const float32x4_t i_den = vaddq_f32(vdupq_n_f32(1.0f), i_exp);
        const float32x4_t f_arg = v_clamp(f_sum, vdupq_n_f32(26.0f));
        const float32x4_t f_exp = v_exp2(f_arg);
        const float32x4_t f_den = vaddq_f32(vdupq_n_f32(1.0f), f_exp);
        const float32x4_t g_arg = v_clamp(g_sum, vdupq_n_f32(26.0f));
        const float32x4_t g_exp = v_exp2(g_arg);
        const float32x4_t o_arg = v_clamp(o_sum, vdupq_n_f32(39.0f));
        const float32x4_t o_exp = v_exp2(o_arg);
        const float32x4_t o_den = vaddq_f32(vdupq_n_f32(1.0f), o_exp);
        const float32x4_t c_part = vfmaq_f32(i_den, i_den, g_exp);
        const float32x4_t c_part_2 = vfmsq_f32(f_den, f_den, g_exp);
        const float32x4_t c_num = vfmaq_f32(c_part_2, c_prev, c_part);
        const float32x4_t c_den = vfmaq_f32(c_part, c_part, f_exp);
        const float32x4_t c = vdivq_f32(c_num, c_den); /* c' */
        vst1q_f32(s->c_next + at, c);
        const float32x4_t h_part = vmulq_f32(vdupq_n_f32(-2.88539004f), c);
        const float32x4_t h_arg = v_clamp(h_part, vdupq_n_f32(39.0f));
        const float32x4_t h_exp = v_exp2(h_arg);
        const float32x4_t h_num = vsubq_f32(vdupq_n_f32(1.0f), h_exp);
        const float32x4_t h_den = vfmaq_f32(o_den, o_den, h_exp);
        const float32x4_t h = vdivq_f32(h_num, h_den); /* h' */
        vst1q_f32(s->h_next + at, h);
        vst1q_f32(s->y + (ptrdiff_t)row * s->y_row + unit, v_canonical(h));
    }
}

WEIR_TILE tile_1x1(const struct step *s, size_t block, size_t row)
{
    const float *bias0 = s->bias + block * 16;
    float32x4_t i0 = vld1q_f32(bias0 + 0);
    float32x4_t f0 = vld1q_f32(bias0 + 4);
    float32x4_t g0 = vld1q_f32(bias0 + 8);
    float32x4_t o0 = vld1q_f32(bias0 + 12);
    const float *w_x0 = s->w_x + block * 32;
    const float *x_row0 = s->x + (ptrdiff_t)row * s->x_row;
    for (size_t k = 0; k < 2; k++) {
        const float32x4_t in0 = vdupq_n_f32(x_row0[k]);
        i0 = vfmaq_f32(i0, vld1q_f32(w_x0 + k * 16 + 0), in0);
        f0 = vfmaq_f32(f0, vld1q_f32(w_x0 + k * 16 + 4), in0);
        g0 = vfmaq_f32(g0, vld1q_f32(w_x0 + k * 16 + 8), in0);
        o0 = vfmaq_f32(o0, vld1q_f32(w_x0 + k * 16 + 12), in0);
    }
    const float *w_h0 = s->w_h + block * 1024;
    const float *h_row0 = s->h_prev + row * 64;
    for (size_t k = 0; k < 64; k++) {
        const float32x4_t in0 = vdupq_n_f32(h_row0[k]);
        i0 = vfmaq_f32(i0, vld1q_f32(w_h0 + k * 16 + 0), in0);
        f0 = vfmaq_f32(f0, vld1q_f32(w_h0 + k * 16 + 4), in0);
        g0 = vfmaq_f32(g0, vld1q_f32(w_h0 + k * 16 + 8), in0);
        o0 = vfmaq_f32(o0, vld1q_f32(w_h0 + k * 16 + 12), in0);
    }
    {
        const size_t unit = block * 4;
        const size_t at = row * 64 + unit;
        const float32x4_t c_prev = vld1q_f32(s->c_prev + at);
        const float32x4_t i_sum = i0;
        const float32x4_t f_sum = f0;
        const float32x4_t g_sum = g0;
        const float32x4_t o_sum = o0;
        const float32x4_t i_arg = v_clamp(i_sum, vdupq_n_f32(26.0f));
        const float32x4_t i_exp = v_exp2(i_arg);
        const float32x4_t i_den = vaddq_f32(vdupq_n_f32(1.0f), i_exp);
        const float32x4_t f_arg = v_clamp(f_sum, vdupq_n_f32(26.0f));
        const float32x4_t f_exp = v_exp2(f_arg);
        const float32x4_t f_den = vaddq_f32(vdupq_n_f32(1.0f), f_exp);
        const float32x4_t g_arg = v_clamp(g_sum, vdupq_n_f32(26.0f));
        const float32x4_t g_exp = v_exp2(g_arg);
        const float32x4_t o_arg = v_clamp(o_sum, vdupq_n_f32(39.0f));
        const float32x4_t o_exp = v_exp2(o_arg);
        const float32x4_t o_den = vaddq_f32(vdupq_n_f32(1.0f), o_exp);
        const float32x4_t c_part = vfmaq_f32(i_den, i_den, g_exp);
        const float32x4_t c_part_2 = vfmsq_f32(f_den, f_den, g_exp);
        const float32x4_t c_num = vfmaq_f32(c_part_2, c_prev, c_part);
        const float32x4_t c_den = vfmaq_f32(c_part, c_part, f_exp);
        const float32x4_t c = vdivq_f32(c_num, c_den); /* c' */
        vst1q_f32(s->c_next + at, c);
        const float32x4_t h_part = vmulq_f32(vdupq_n_f32(-2.88539004f), c);
        const float32x4_t h_arg = v_clamp(h_part, vdupq_n_f32(39.0f));
        const float32x4_t h_exp = v_exp2(h_arg);
        const float32x4_t h_num = vsubq_f32(vdupq_n_f32(1.0f), h_exp);
        const float32x4_t h_den = vfmaq_f32(o_den, o_den, h_exp);
        const float32x4_t h = vdivq_f32(h_num, h_den); /* h' */
        vst1q_f32(s->h_next + at, h);
        vst1q_f32(s->y + (ptrdiff_t)row * s->y_row + unit, v_canonical(h));
    }
}

WEIR_TILE tile_2x1(const struct step *s, size_t block, size_t row, float *sums)
{
    const float *bias0 = s->bias + block * 16;
    float32x4_t i0_0 = vld1q_f32(bias0 + 0);
    float32x4_t i0_1 = i0_0;
    float32x4_t f0_0 = vld1q_f32(bias0 + 4);
    float32x4_t f0_1 = f0_0;
    float32x4_t g0_0 = vld1q_f32(bias0 + 8);
    float32x4_t g0_1 = g0_0;
    float32x4_t o0_0 = vld1q_f32(bias0 + 12);
    float32x4_t o0_1 = o0_0;
    const float *w_x0 = s->w_x + block * 32;
    const float *x_row0 = s->x + (ptrdiff_t)row * s->x_row;
    const float *x_row1 = s->x + (ptrdiff_t)(row + 1) * s->x_row;
    for (size_t k = 0; k < 2; k++) {
        const float32x4_t in0 = vdupq_n_f32(x_row0[k]);
        const float32x4_t in1 = vdupq_n_f32(x_row1[k]);
        const float32x4_t w0 = vld1q_f32(w_x0 + k * 16 + 0);
        i0_0 = vfmaq_f32(i0_0, w0, in0);
        i0_1 = vfmaq_f32(i0_1, w0, in1);
        const float32x4_t w1 = vld1q_f32(w_x0 + k * 16 + 4);
        f0_0 = vfmaq_f32(f0_0, w1, in0);
        f0_1 = vfmaq_f32(f0_1, w1, in1);
        const float32x4_t w2 = vld1q_f32(w_x0 + k * 16 + 8);
        g0_0 = vfmaq_f32(g0_0, w2, in0);
        g0_1 = vfmaq_f32(g0_1, w2, in1);
        const float32x4_t w3 = vld1q_f32(w_x0 + k * 16 + 12);
        o0_0 = vfmaq_f32(o0_0, w3, in0);
        o0_1 = vfmaq_f32(o0_1, w3, in1);
    }
    const float *w_h0 = s->w_h + block * 1024;
    const float *h_row0 = s->h_prev + row * 64;
    const float *h_row1 = s->h_prev + (row + 1) * 64;
    for (size_t k = 0; k < 64; k++) {
        const float32x4_t in0 = vdupq_n_f32(h_row0[k]);
        const float32x4_t in1 = vdupq_n_f32(h_row1[k]);
        const float32x4_t w0 = vld1q_f32(w_h0 + k * 16 + 0);
        i0_0 = vfmaq_f32(i0_0, w0, in0);
        i0_1 = vfmaq_f32(i0_1, w0, in1);
        const float32x4_t w1 = vld1q_f32(w_h0 + k * 16 + 4);
        f0_0 = vfmaq_f32(f0_0, w1, in0);
        f0_1 = vfmaq_f32(f0_1, w1, in1);
        const float32x4_t w2 = vld1q_f32(w_h0 + k * 16 + 8);
        g0_0 = vfmaq_f32(g0_0, w2, in0);
        g0_1 = vfmaq_f32(g0_1, w2, in1);
        const float32x4_t w3 = vld1q_f32(w_h0 + k * 16 + 12);
        o0_0 = vfmaq_f32(o0_0, w3, in0);
        o0_1 = vfmaq_f32(o0_1, w3, in1);
    }
    vst1q_f32(sums + 0, i0_0);
    vst1q_f32(sums + 16, i0_1);
    vst1q_f32(sums + 4, f0_0);
    vst1q_f32(sums + 20, f0_1);
    vst1q_f32(sums + 8, g0_0);
    vst1q_f32(sums + 24, g0_1);
    vst1q_f32(sums + 12, o0_0);
    vst1q_f32(sums + 28, o0_1);
}

WEIR_TILE tile_3x1(const struct step *s, size_t block, size_t row, float *sums)
{
    const float *bias0 = s->bias + block * 16;
    float32x4_t i0_0 = vld1q_f32(bias0 + 0);
    float32x4_t i0_1 = i0_0;
    float32x4_t i0_2 = i0_0;
    float32x4_t f0_0 = vld1q_f32(bias0 + 4);
    float32x4_t f0_1 = f0_0;
    float32x4_t f0_2 = f0_0;
    float32x4_t g0_0 = vld1q_f32(bias0 + 8);
    float32x4_t g0_1 = g0_0;
    float32x4_t g0_2 = g0_0;
    float32x4_t o0_0 = vld1q_f32(bias0 + 12);
    float32x4_t o0_1 = o0_0;
    float32x4_t o0_2 = o0_0;
    const float *w_x0 = s->w_x + block * 32;
    const float *x_row0 = s->x + (ptrdiff_t)row * s->x_row;
    const float *x_row1 = s->x + (ptrdiff_t)(row + 1) * s->x_row;
    const float *x_row2 = s->x + (ptrdiff_t)(row + 2) * s->x_row;
    for (size_t k = 0; k < 2; k++) {
        const float32x4_t in0 = vdupq_n_f32(x_row0[k]);
        const float32x4_t in1 = vdupq_n_f32(x_row1[k]);
        const float32x4_t in2 = vdupq_n_f32(x_row2[k]);
        const float32x4_t w0 = vld1q_f32(w_x0 + k * 16 + 0);
        i0_0 = vfmaq_f32(i0_0, w0, in0);
        i0_1 = vfmaq_f32(i0_1, w0, in1);
        i0_2 = vfmaq_f32(i0_2, w0, in2);
        const float32x4_t w1 = vld1q_f32(w_x0 + k * 16 + 4);
        f0_0 = vfmaq_f32(f0_0, w1, in0);
        f0_1 = vfmaq_f32(f0_1, w1, in1);
        f0_2 = vfmaq_f32(f0_2, w1, in2);
        const float32x4_t w2 = vld1q_f32(w_x0 + k * 16 + 8);
        g0_0 = vfmaq_f32(g0_0, w2, in0);
        g0_1 = vfmaq_f32(g0_1, w2, in1);
        g0_2 = vfmaq_f32(g0_2, w2, in2);
        const float32x4_t w3 = vld1q_f32(w_x0 + k * 16 + 12);
        o0_0 = vfmaq_f32(o0_0, w3, in0);
        o0_1 = vfmaq_f32(o0_1, w3, in1);
        o0_2 = vfmaq_f32(o0_2, w3, in2);
    }
    const float *w_h0 = s->w_h + block * 1024;
    const float *h_row0 = s->h_prev + row * 64;
    const float *h_row1 = s->h_prev + (row + 1) * 64;
    const float *h_row2 = s->h_prev + (row + 2) * 64;
    for (size_t k = 0; k < 64; k++) {
        const float32x4_t in0 = vdupq_n_f32(h_row0[k]);
        const float32x4_t in1 = vdupq_n_f32(h_row1[k]);
        const float32x4_t in2 = vdupq_n_f32(h_row2[k]);
        const float32x4_t w0 = vld1q_f32(w_h0 + k * 16 + 0);
        i0_0 = vfmaq_f32(i0_0, w0, in0);
        i0_1 = vfmaq_f32(i0_1, w0, in1);
        i0_2 = vfmaq_f32(i0_2, w0, in2);
        const float32x4_t w1 = vld1q_f32(w_h0 + k * 16 + 4);
        f0_0 = vfmaq_f32(f0_0, w1, in0);
        f0_1 = vfmaq_f32(f0_1, w1, in1);
        f0_2 = vfmaq_f32(f0_2, w1, in2);
        const float32x4_t w2 = vld1q_f32(w_h0 + k * 16 + 8);
        g0_0 = vfmaq_f32(g0_0, w2, in0);
        g0_1 = vfmaq_f32(g0_1, w2, in1);
        g0_2 = vfmaq_f32(g0_2, w2, in2);
        const float32x4_t w3 = vld1q_f32(w_h0 + k * 16 + 12);
        o0_0 = vfmaq_f32(o0_0, w3, in0);
        o0_1 = vfmaq_f32(o0_1, w3, in1);
        o0_2 = vfmaq_f32(o0_2, w3, in2);
    }
    vst1q_f32(sums + 0, i0_0);
    vst1q_f32(sums + 16, i0_1);
    vst1q_f32(sums + 32, i0_2);
    vst1q_f32(sums + 4, f0_0);
    vst1q_f32(sums + 20, f0_1);
    vst1q_f32(sums + 36, f0_2);
    vst1q_f32(sums + 8, g0_0);
    vst1q_f32(sums + 24, g0_1);
    vst1q_f32(sums + 40, g0_2);
    vst1q_f32(sums + 12, o0_0);
    vst1q_f32(sums + 28, o0_1);
    vst1q_f32(sums + 44, o0_2);
}

WEIR_TILE tile_4x1(const struct step *s, size_t block, size_t row, float *sums)
{
    const float *bias0 = s->bias + block * 16;
    float32x4_t i0_0 = vld1q_f32(bias0 + 0);
    float32x4_t i0_1 = i0_0;
    float32x4_t i0_2 = i0_0;
    float32x4_t i0_3 = i0_0;
    float32x4_t f0_0 = vld1q_f32(bias0 + 4);
    float32x4_t f0_1 = f0_0;
    float32x4_t f0_2 = f0_0;
    float32x4_t f0_3 = f0_0;
    float32x4_t g0_0 = vld1q_f32(bias0 + 8);
    float32x4_t g0_1 = g0_0;
    float32x4_t g0_2 = g0_0;
    float32x4_t g0_3 = g0_0;
    float32x4_t o0_0 = vld1q_f32(bias0 + 12);
    float32x4_t o0_1 = o0_0;
    float32x4_t o0_2 = o0_0;
    float32x4_t o0_3 = o0_0;
    const float *w_x0 = s->w_x + block * 32;
    const float *x_row0 = s->x + (ptrdiff_t)row * s->x_row;
    const float *x_row1 = s->x + (ptrdiff_t)(row + 1) * s->x_row;
    const float *x_row2 = s->x + (ptrdiff_t)(row + 2) * s->x_row;
    const float *x_row3 = s->x + (ptrdiff_t)(row + 3) * s->x_row;
    for (size_t k = 0; k < 2; k++) {
        const float32x4_t w0 = vld1q_f32(w_x0 + k * 16 + 0);
        const float32x4_t w1 = vld1q_f32(w_x0 + k * 16 + 4);
        const float32x4_t w2 = vld1q_f32(w_x0 + k * 16 + 8);
        const float32x4_t w3 = vld1q_f32(w_x0 + k * 16 + 12);
        const float32x4_t in0 = vdupq_n_f32(x_row0[k]);
        i0_0 = vfmaq_f32(i0_0, w0, in0);
        f0_0 = vfmaq_f32(f0_0, w1, in0);
        g0_0 = vfmaq_f32(g0_0, w2, in0);
        o0_0 = vfmaq_f32(o0_0, w3, in0);
        const float32x4_t in1 = vdupq_n_f32(x_row1[k]);
        i0_1 = vfmaq_f32(i0_1, w0, in1);
        f0_1 = vfmaq_f32(f0_1, w1, in1);
        g0_1 = vfmaq_f32(g0_1, w2, in1);
        o0_1 = vfmaq_f32(o0_1, w3, in1);
        const float32x4_t in2 = vdupq_n_f32(x_row2[k]);
        i0_2 = vfmaq_f32(i0_2, w0, in2);
        f0_2 = vfmaq_f32(f0_2, w1, in2);
        g0_2 = vfmaq_f32(g0_2, w2, in2);
        o0_2 = vfmaq_f32(o0_2, w3, in2);
        const float32x4_t in3 = vdupq_n_f32(x_row3[k]);
        i0_3 = vfmaq_f32(i0_3, w0, in3);
        f0_3 = vfmaq_f32(f0_3, w1, in3);
        g0_3 = vfmaq_f32(g0_3, w2, in3);
        o0_3 = vfmaq_f32(o0_3, w3, in3);
    }
    const float *w_h0 = s->w_h + block * 1024;
    const float *h_row0 = s->h_prev + row * 64;
    const float *h_row1 = s->h_prev + (row + 1) * 64;
    const float *h_row2 = s->h_prev + (row + 2) * 64;
    const float *h_row3 = s->h_prev + (row + 3) * 64;
    for (size_t k = 0; k < 64; k++) {
        const float32x4_t w0 = vld1q_f32(w_h0 + k * 16 + 0);
        const float32x4_t w1 = vld1q_f32(w_h0 + k * 16 + 4);
        const float32x4_t w2 = vld1q_f32(w_h0 + k * 16 + 8);
        const float32x4_t w3 = vld1q_f32(w_h0 + k * 16 + 12);
        const float32x4_t in0 = vdupq_n_f32(h_row0[k]);
        i0_0 = vfmaq_f32(i0_0, w0, in0);
        f0_0 = vfmaq_f32(f0_0, w1, in0);
        g0_0 = vfmaq_f32(g0_0, w2, in0);
        o0_0 = vfmaq_f32(o0_0, w3, in0);
        const float32x4_t in1 = vdupq_n_f32(h_row1[k]);
        i0_1 = vfmaq_f32(i0_1, w0, in1);
        f0_1 = vfmaq_f32(f0_1, w1, in1);
        g0_1 = vfmaq_f32(g0_1, w2, in1);
        o0_1 = vfmaq_f32(o0_1, w3, in1);
        const float32x4_t in2 = vdupq_n_f32(h_row2[k]);
        i0_2 = vfmaq_f32(i0_2, w0, in2);
        f0_2 = vfmaq_f32(f0_2, w1, in2);
        g0_2 = vfmaq_f32(g0_2, w2, in2);
        o0_2 = vfmaq_f32(o0_2, w3, in2);
        const float32x4_t in3 = vdupq_n_f32(h_row3[k]);
        i0_3 = vfmaq_f32(i0_3, w0, in3);
        f0_3 = vfmaq_f32(f0_3, w1, in3);
        g0_3 = vfmaq_f32(g0_3, w2, in3);
        o0_3 = vfmaq_f32(o0_3, w3, in3);
    }
    vst1q_f32(sums + 0, i0_0);
    vst1q_f32(sums + 16, i0_1);
    vst1q_f32(sums + 32, i0_2);
    vst1q_f32(sums + 48, i0_3);
    vst1q_f32(sums + 4, f0_0);
    vst1q_f32(sums + 20, f0_1);
    vst1q_f32(sums + 36, f0_2);
    vst1q_f32(sums + 52, f0_3);
    vst1q_f32(sums + 8, g0_0);
    vst1q_f32(sums + 24, g0_1);
    vst1q_f32(sums + 40, g0_2);
    vst1q_f32(sums + 56, g0_3);
    vst1q_f32(sums + 12, o0_0);
    vst1q_f32(sums + 28, o0_1);
    vst1q_f32(sums + 44, o0_2);
    vst1q_f32(sums + 60, o0_3);
}

WEIR_TILE tile_5x1(const struct step *s, size_t block, size_t row, float *sums)
{
    const float *bias0 = s->bias + block * 16;
    float32x4_t i0_0 = vld1q_f32(bias0 + 0);
    float32x4_t i0_1 = i0_0;
    float32x4_t i0_2 = i0_0;
    float32x4_t i0_3 = i0_0;
    float32x4_t i0_4 = i0_0;
    float32x4_t f0_0 = vld1q_f32(bias0 + 4);
    float32x4_t f0_1 = f0_0;
    float32x4_t f0_2 = f0_0;
    float32x4_t f0_3 = f0_0;
    float32x4_t f0_4 = f0_0;
    float32x4_t g0_0 = vld1q_f32(bias0 + 8);
    float32x4_t g0_1 = g0_0;
    float32x4_t g0_2 = g0_0;
    float32x4_t g0_3 = g0_0;
    float32x4_t g0_4 = g0_0;
    float32x4_t o0_0 = vld1q_f32(bias0 + 12);
    float32x4_t o0_1 = o0_0;
    float32x4_t o0_2 = o0_0;
    float32x4_t o0_3 = o0_0;
    float32x4_t o0_4 = o0_0;
    const float *w_x0 = s->w_x + block * 32;
    const float *x_row0 = s->x + (ptrdiff_t)row * s->x_row;
    const float *x_row1 = s->x + (ptrdiff_t)(row + 1) * s->x_row;
    const float *x_row2 = s->x + (ptrdiff_t)(row + 2) * s->x_row;
    const float *x_row3 = s->x + (ptrdiff_t)(row + 3) * s->x_row;
    const float *x_row4 = s->x + (ptrdiff_t)(row + 4) * s->x_row;
    for (size_t k = 0; k < 2; k++) {
        const float32x4_t w0 = vld1q_f32(w_x0 + k * 16 + 0);
        const float32x4_t w1 = vld1q_f32(w_x0 + k * 16 + 4);
        const float32x4_t w2 = vld1q_f32(w_x0 + k * 16 + 8);
        const float32x4_t w3 = vld1q_f32(w_x0 + k * 16 + 12);
        const float32x4_t in0 = vdupq_n_f32(x_row0[k]);
        i0_0 = vfmaq_f32(i0_0, w0, in0);
        f0_0 = vfmaq_f32(f0_0, w1, in0);
        g0_0 = vfmaq_f32(g0_0, w2, in0);
        o0_0 = vfmaq_f32(o0_0, w3, in0);
        const float32x4_t in1 = vdupq_n_f32(x_row1[k]);
        i0_1 = vfmaq_f32(i0_1, w0, in1);
        f0_1 = vfmaq_f32(f0_1, w1, in1);
        g0_1 = vfmaq_f32(g0_1, w2, in1);
        o0_1 = vfmaq_f32(o0_1, w3, in1);
        const float32x4_t in2 = vdupq_n_f32(x_row2[k]);
        i0_2 = vfmaq_f32(i0_2, w0, in2);
        f0_2 = vfmaq_f32(f0_2, w1, in2);
        g0_2 = vfmaq_f32(g0_2, w2, in2);
        o0_2 = vfmaq_f32(o0_2, w3, in2);
        const float32x4_t in3 = vdupq_n_f32(x_row3[k]);
        i0_3 = vfmaq_f32(i0_3, w0, in3);
        f0_3 = vfmaq_f32(f0_3, w1, in3);
        g0_3 = vfmaq_f32(g0_3, w2, in3);
        o0_3 = vfmaq_f32(o0_3, w3, in3);
        const float32x4_t in4 = vdupq_n_f32(x_row4[k]);
        i0_4 = vfmaq_f32(i0_4, w0, in4);
        f0_4 = vfmaq_f32(f0_4, w1, in4);
        g0_4 = vfmaq_f32(g0_4, w2, in4);
        o0_4 = vfmaq_f32(o0_4, w3, in4);
    }
    const float *w_h0 = s->w_h + block * 1024;
    const float *h_row0 = s->h_prev + row * 64;
    const float *h_row1 = s->h_prev + (row + 1) * 64;
    const float *h_row2 = s->h_prev + (row + 2) * 64;
    const float *h_row3 = s->h_prev + (row + 3) * 64;
    const float *h_row4 = s->h_prev + (row + 4) * 64;
    for (size_t k = 0; k < 64; k++) {
        const float32x4_t w0 = vld1q_f32(w_h0 + k * 16 + 0);
        const float32x4_t w1 = vld1q_f32(w_h0 + k * 16 + 4);
        const float32x4_t w2 = vld1q_f32(w_h0 + k * 16 + 8);
        const float32x4_t w3 = vld1q_f32(w_h0 + k * 16 + 12);
        const float32x4_t in0 = vdupq_n_f32(h_row0[k]);
        i0_0 = vfmaq_f32(i0_0, w0, in0);
        f0_0 = vfmaq_f32(f0_0, w1, in0);
        g0_0 = vfmaq_f32(g0_0, w2, in0);
        o0_0 = vfmaq_f32(o0_0, w3, in0);
        const float32x4_t in1 = vdupq_n_f32(h_row1[k]);
        i0_1 = vfmaq_f32(i0_1, w0, in1);
        f0_1 = vfmaq_f32(f0_1, w1, in1);
        g0_1 = vfmaq_f32(g0_1, w2, in1);
        o0_1 = vfmaq_f32(o0_1, w3, in1);
        const float32x4_t in2 = vdupq_n_f32(h_row2[k]);
        i0_2 = vfmaq_f32(i0_2, w0, in2);
        f0_2 = vfmaq_f32(f0_2, w1, in2);
        g0_2 = vfmaq_f32(g0_2, w2, in2);
        o0_2 = vfmaq_f32(o0_2, w3, in2);
        const float32x4_t in3 = vdupq_n_f32(h_row3[k]);
        i0_3 = vfmaq_f32(i0_3, w0, in3);
        f0_3 = vfmaq_f32(f0_3, w1, in3);
        g0_3 = vfmaq_f32(g0_3, w2, in3);
        o0_3 = vfmaq_f32(o0_3, w3, in3);
        const float32x4_t in4 = vdupq_n_f32(h_row4[k]);
        i0_4 = vfmaq_f32(i0_4, w0, in4);
        f0_4 = vfmaq_f32(f0_4, w1, in4);
        g0_4 = vfmaq_f32(g0_4, w2, in4);
        o0_4 = vfmaq_f32(o0_4, w3, in4);
    }
    vst1q_f32(sums + 0, i0_0);
    vst1q_f32(sums + 16, i0_1);
    vst1q_f32(sums + 32, i0_2);
    vst1q_f32(sums + 48, i0_3);
    vst1q_f32(sums + 64, i0_4);
    vst1q_f32(sums + 4, f0_0);
    vst1q_f32(sums + 20, f0_1);
    vst1q_f32(sums + 36, f0_2);
    vst1q_f32(sums + 52, f0_3);
    vst1q_f32(sums + 68, f0_4);
    vst1q_f32(sums + 8, g0_0);
    vst1q_f32(sums + 24, g0_1);
    vst1q_f32(sums + 40, g0_2);
    vst1q_f32(sums + 56, g0_3);
    vst1q_f32(sums + 72, g0_4);
    vst1q_f32(sums + 12, o0_0);
    vst1q_f32(sums + 28, o0_1);
    vst1q_f32(sums + 44, o0_2);
    vst1q_f32(sums + 60, o0_3);
    vst1q_f32(sums + 76, o0_4);
}

WEIR_TILE tile_6x1(const struct step *s, size_t block, size_t row, float *sums)
{
    const float *bias0 = s->bias + block * 16;
    float32x4_t i0_0 = vld1q_f32(bias0 + 0);
    float32x4_t i0_1 = i0_0;
    float32x4_t i0_2 = i0_0;
    float32x4_t i0_3 = i0_0;
    float32x4_t i0_4 = i0_0;
    float32x4_t i0_5 = i0_0;
    float32x4_t f0_0 = vld1q_f32(bias0 + 4);
    float32x4_t f0_1 = f0_0;
    float32x4_t f0_2 = f0_0;
    float32x4_t f0_3 = f0_0;
    float32x4_t f0_4 = f0_0;
    float32x4_t f0_5 = f0_0;
    float32x4_t g0_0 = vld1q_f32(bias0 + 8);
    float32x4_t g0_1 = g0_0;
    float32x4_t g0_2 = g0_0;
    float32x4_t g0_3 = g0_0;
    float32x4_t g0_4 = g0_0;
    float32x4_t g0_5 = g0_0;
    float32x4_t o0_0 = vld1q_f32(bias0 + 12);
    float32x4_t o0_1 = o0_0;
    float32x4_t o0_2 = o0_0;
    float32x4_t o0_3 = o0_0;
    float32x4_t o0_4 = o0_0;
    float32x4_t o0_5 = o0_0;
    const float *w_x0 = s->w_x + block * 32;
    const float *x_row0 = s->x + (ptrdiff_t)row * s->x_row;
    const float *x_row1 = s->x + (ptrdiff_t)(row + 1) * s->x_row;
    const float *x_row2 = s->x + (ptrdiff_t)(row + 2) * s->x_row;
    const float *x_row3 = s->x + (ptrdiff_t)(row + 3) * s->x_row;
    const float *x_row4 = s->x + (ptrdiff_t)(row + 4) * s->x_row;
    const float *x_row5 = s->x + (ptrdiff_t)(row + 5) * s->x_row;
    for (size_t k = 0; k < 2; k++) {
        const float32x4_t w0 = vld1q_f32(w_x0 + k * 16 + 0);
        const float32x4_t w1 = vld1q_f32(w_x0 + k * 16 + 4);
        const float32x4_t w2 = vld1q_f32(w_x0 + k * 16 + 8);
        const float32x4_t w3 = vld1q_f32(w_x0 + k * 16 + 12);
        const float32x4_t in0 = vdupq_n_f32(x_row0[k]);
        i0_0 = vfmaq_f32(i0_0, w0, in0);
        f0_0 = vfmaq_f32(f0_0, w1, in0);
        g0_0 = vfmaq_f32(g0_0, w2, in0);
        o0_0 = vfmaq_f32(o0_0, w3, in0);
        const float32x4_t in1 = vdupq_n_f32(x_row1[k]);
        i0_1 = vfmaq_f32(i0_1, w0, in1);
        f0_1 = vfmaq_f32(f0_1, w1, in1);
        g0_1 = vfmaq_f32(g0_1, w2, in1);
        o0_1 = vfmaq_f32(o0_1, w3, in1);
        const float32x4_t in2 = vdupq_n_f32(x_row2[k]);
        i0_2 = vfmaq_f32(i0_2, w0, in2);
        f0_2 = vfmaq_f32(f0_2, w1, in2);
        g0_2 = vfmaq_f32(g0_2, w2, in2);
        o0_2 = vfmaq_f32(o0_2, w3, in2);
        const float32x4_t in3 = vdupq_n_f32(x_row3[k]);
        i0_3 = vfmaq_f32(i0_3, w0, in3);
        f0_3 = vfmaq_f32(f0_3, w1, in3);
        g0_3 = vfmaq_f32(g0_3, w2, in3);
        o0_3 = vfmaq_f32(o0_3, w3, in3);
        const float32x4_t in4 = vdupq_n_f32(x_row4[k]);
        i0_4 = vfmaq_f32(i0_4, w0, in4);
        f0_4 = vfmaq_f32(f0_4, w1, in4);
        g0_4 = vfmaq_f32(g0_4, w2, in4);
        o0_4 = vfmaq_f32(o0_4, w3, in4);
        const float32x4_t in5 = vdupq_n_f32(x_row5[k]);
        i0_5 = vfmaq_f32(i0_5, w0, in5);
        f0_5 = vfmaq_f32(f0_5, w1, in5);
        g0_5 = vfmaq_f32(g0_5, w2, in5);
        o0_5 = vfmaq_f32(o0_5, w3, in5);
    }
    const float *w_h0 = s->w_h + block * 1024;
    const float *h_row0 = s->h_prev + row * 64;
    const float *h_row1 = s->h_prev + (row + 1) * 64;
    const float *h_row2 = s->h_prev + (row + 2) * 64;
    const float *h_row3 = s->h_prev + (row + 3) * 64;
    const float *h_row4 = s->h_prev + (row + 4) * 64;
    const float *h_row5 = s->h_prev + (row + 5) * 64;
    for (size_t k = 0; k < 64; k++) {
        const float32x4_t w0 = vld1q_f32(w_h0 + k * 16 + 0);
        const float32x4_t w1 = vld1q_f32(w_h0 + k * 16 + 4);
        const float32x4_t w2 = vld1q_f32(w_h0 + k * 16 + 8);
        const float32x4_t w3 = vld1q_f32(w_h0 + k * 16 + 12);
        const float32x4_t in0 = vdupq_n_f32(h_row0[k]);
        i0_0 = vfmaq_f32(i0_0, w0, in0);
        f0_0 = vfmaq_f32(f0_0, w1, in0);
        g0_0 = vfmaq_f32(g0_0, w2, in0);
        o0_0 = vfmaq_f32(o0_0, w3, in0);
        const float32x4_t in1 = vdupq_n_f32(h_row1[k]);
        i0_1 = vfmaq_f32(i0_1, w0, in1);
        f0_1 = vfmaq_f32(f0_1, w1, in1);
        g0_1 = vfmaq_f32(g0_1, w2, in1);
        o0_1 = vfmaq_f32(o0_1, w3, in1);
        const float32x4_t in2 = vdupq_n_f32(h_row2[k]);
        i0_2 = vfmaq_f32(i0_2, w0, in2);
        f0_2 = vfmaq_f32(f0_2, w1, in2);
        g0_2 = vfmaq_f32(g0_2, w2, in2);
        o0_2 = vfmaq_f32(o0_2, w3, in2);
        const float32x4_t in3 = vdupq_n_f32(h_row3[k]);
        i0_3 = vfmaq_f32(i0_3, w0, in3);
        f0_3 = vfmaq_f32(f0_3, w1, in3);
        g0_3 = vfmaq_f32(g0_3, w2, in3);
        o0_3 = vfmaq_f32(o0_3, w3, in3);
        const float32x4_t in4 = vdupq_n_f32(h_row4[k]);
        i0_4 = vfmaq_f32(i0_4, w0, in4);
        f0_4 = vfmaq_f32(f0_4, w1, in4);
        g0_4 = vfmaq_f32(g0_4, w2, in4);
        o0_4 = vfmaq_f32(o0_4, w3, in4);
        const float32x4_t in5 = vdupq_n_f32(h_row5[k]);
        i0_5 = vfmaq_f32(i0_5, w0, in5);
        f0_5 = vfmaq_f32(f0_5, w1, in5);
        g0_5 = vfmaq_f32(g0_5, w2, in5);
        o0_5 = vfmaq_f32(o0_5, w3, in5);
    }
    vst1q_f32(sums + 0, i0_0);
    vst1q_f32(sums + 16, i0_1);
    vst1q_f32(sums + 32, i0_2);
    vst1q_f32(sums + 48, i0_3);
    vst1q_f32(sums + 64, i0_4);
    vst1q_f32(sums + 80, i0_5);
    vst1q_f32(sums + 4, f0_0);
    vst1q_f32(sums + 20, f0_1);
    vst1q_f32(sums + 36, f0_2);
    vst1q_f32(sums + 52, f0_3);
    vst1q_f32(sums + 68, f0_4);
    vst1q_f32(sums + 84, f0_5);
    vst1q_f32(sums + 8, g0_0);
    vst1q_f32(sums + 24, g0_1);
    vst1q_f32(sums + 40, g0_2);
    vst1q_f32(sums + 56, g0_3);
    vst1q_f32(sums + 72, g0_4);
    vst1q_f32(sums + 88, g0_5);
    vst1q_f32(sums + 12, o0_0);
    vst1q_f32(sums + 28, o0_1);
    vst1q_f32(sums + 44, o0_2);
    vst1q_f32(sums + 60, o0_3);
    vst1q_f32(sums + 76, o0_4);
    vst1q_f32(sums + 92, o0_5);
}

static void tile(const struct step *s, size_t block, size_t vectors, size_t row, size_t rows,
                 float *sums)
{
    switch (rows) {
    case 1:
        switch (vectors) {
        case 1:
            tile_1x1(s, block, row);
            break;
        case 2:
            tile_1x2(s, block, row);
            break;
        }
        break;
    case 2:
        tile_2x1(s, block, row, sums);
        break;
    case 3:
        tile_3x1(s, block, row, sums);
        break;
    case 4:
        tile_4x1(s, block, row, sums);
        break;
    case 5:
        tile_5x1(s, block, row, sums);
        break;
    case 6:
        tile_6x1(s, block, row, sums);
        break;
    }
}

WEIR_TILE units(const struct step *s, size_t block, size_t vectors, size_t row, const float *sums)
{
    for (size_t v = 0; v < vectors; v++) {
        const size_t unit = (block + v) * 4;
        const size_t at = row * 64 + unit;
        const float32x4_t c_prev = vld1q_f32(s->c_prev + at);
        const float32x4_t i_sum = vld1q_f32(sums + v * 4);
        const float32x4_t f_sum = vld1q_f32(sums + (1 * vectors + v) * 4);
        const float32x4_t g_sum = vld1q_f32(sums + (2 * vectors + v) * 4);
        const float32x4_t o_sum = vld1q_f32(sums + (3 * vectors + v) * 4);
        const float32x4_t i_arg = v_clamp(i_sum, vdupq_n_f32(26.0f));
        const float32x4_t i_exp = v_exp2(i_arg);
        const float32x4_t i_den = vaddq_f32(vdupq_n_f32(1.0f), i_exp);
        const float32x4_t f_arg = v_clamp(f_sum, vdupq_n_f32(26.0f));
        const float32x4_t f_exp = v_exp2(f_arg);
        const float32x4_t f_den = vaddq_f32(vdupq_n_f32(1.0f), f_exp);
        const float32x4_t g_arg = v_clamp(g_sum, vdupq_n_f32(26.0f));
        const float32x4_t g_exp = v_exp2(g_arg);
        const float32x4_t o_arg = v_clamp(o_sum, vdupq_n_f32(39.0f));
        const float32x4_t o_exp = v_exp2(o_arg);
        const float32x4_t o_den = vaddq_f32(vdupq_n_f32(1.0f), o_exp);
        const float32x4_t c_part = vfmaq_f32(i_den, i_den, g_exp);
        const float32x4_t c_part_2 = vfmsq_f32(f_den, f_den, g_exp);
        const float32x4_t c_num = vfmaq_f32(c_part_2, c_prev, c_part);
        const float32x4_t c_den = vfmaq_f32(c_part, c_part, f_exp);
        const float32x4_t c = vdivq_f32(c_num, c_den); /* c' */
        vst1q_f32(s->c_next + at, c);
        const float32x4_t h_part = vmulq_f32(vdupq_n_f32(-2.88539004f), c);
        const float32x4_t h_arg = v_clamp(h_part, vdupq_n_f32(39.0f));
        const float32x4_t h_exp = v_exp2(h_arg);
        const float32x4_t h_num = vsubq_f32(vdupq_n_f32(1.0f), h_exp);
        const float32x4_t h_den = vfmaq_f32(o_den, o_den, h_exp);
        const float32x4_t h = vdivq_f32(h_num, h_den); /* h' */
        vst1q_f32(s->h_next + at, h);
        vst1q_f32(s->y + (ptrdiff_t)row * s->y_row + unit, v_canonical(h));
    }
}

static void stage(const struct weir_run *run, const struct step *s, int backwards)
{
    const size_t first = 16 * run->part / run->parts;
    const size_t last = 16 * (run->part + 1) / run->parts;
    const size_t wide = run->B == 1 ? 2 : 1;
    const size_t parts = (run->B + 5) / 6;
    WEIR_ALIGNED float sums[96];
    const size_t whole = last - first;
    const size_t groups = whole / wide;
    const size_t total = groups + whole % wide;
    for (size_t n = 0; n < total; n++) {
        const size_t g = backwards ? total - 1 - n : n;
        const size_t block = first + (g < groups ? g * wide : whole - whole % wide + g - groups);
        const size_t vectors = (g < groups ? wide : 1);
        for (size_t part = 0; part < parts; part++) {
            const size_t row = run->B * part / parts;
            const size_t rows = run->B * (part + 1) / parts - row;
            tile(s, block, vectors, row, rows, sums);
            for (size_t r = 0; r < rows && rows > 1; r++)
                units(s, block, vectors, row + r, sums + r * vectors * 16);
        }
    }
}

/* What is the same in every step. */
static void prepare(const struct weir_run *run, struct step *s)
{
    const float *weights = run->weights;
    s->bias = weights + 0;
    s->w_x = weights + 256;
    s->w_h = weights + 768;
    s->x_row = run->x_row;
    s->y_row = run->y_row;
}

static void begin(const struct weir_run *run, struct step *s, size_t t)
{
    s->x = run->x + (ptrdiff_t)t * run->x_step;
    s->y = run->y + (ptrdiff_t)t * run->y_step;
    s->h_prev = run->state[t % 2][0];
    s->h_next = run->state[(t + 1) % 2][0];
    s->c_prev = run->state[t % 2][1];
    s->c_next = run->state[(t + 1) % 2][1];
}

static void step(const struct weir_run *run, const struct step *s, int backwards)
{
    stage(run, s, backwards);
    if (run->parts > 1)
        run->wait(run->barrier);
}

static void forward(const struct weir_run *run)
{
    struct step storage = WEIR_ZEROED, *s = &storage;
    prepare(run, s);
    for (size_t t = 0; t < run->T; t++) {
        begin(run, s, t);
        step(run, s, t % 2);
    }
}

static const unsigned char slots_0[] = {
    2, /* bi */
    5, /* bf */
    8, /* bg */
    11, /* bo */
};

static const unsigned char slots_1[] = {
    0, /* Wi */
    3, /* Wf */
    6, /* Wg */
    9, /* Wo */
};

static const unsigned char slots_2[] = {
    1, /* Ui */
    4, /* Uf */
    7, /* Ug */
    10, /* Uo */
};

static const struct weir_region regions[] = {
    {WEIR_H, WEIR_ONE, 4, slots_0, NULL, 0}, /* bias */
    {WEIR_H, WEIR_I, 4, slots_1, NULL, 0}, /* w_x */
    {WEIR_H, WEIR_H, 4, slots_2, NULL, 0}, /* w_h */
};

static void scales(size_t I, size_t H, size_t P, float *scale)
{
    (void)I, (void)H, (void)P, (void)scale;
    scale[0] = (float)-1.4426950408889634; /* bi */
    scale[1] = (float)-1.4426950408889634; /* bf */
    scale[2] = (float)-2.8853900817779268; /* bg */
    scale[3] = (float)-1.4426950408889634; /* bo */
    scale[4] = (float)-1.4426950408889634; /* Wi */
    scale[5] = (float)-1.4426950408889634; /* Wf */
    scale[6] = (float)-2.8853900817779268; /* Wg */
    scale[7] = (float)-1.4426950408889634; /* Wo */
    scale[8] = (float)-1.4426950408889634; /* Ui */
    scale[9] = (float)-1.4426950408889634; /* Uf */
    scale[10] = (float)-2.8853900817779268; /* Ug */
    scale[11] = (float)-1.4426950408889634; /* Uo */
}

static const struct weir_param params[] = {
    {"Wi", WEIR_H, WEIR_I}, /* [H][I] */
    {"Ui", WEIR_H, WEIR_H}, /* [H][H] */
    {"bi", WEIR_H, WEIR_ONE}, /* [H][1] */
    {"Wf", WEIR_H, WEIR_I}, /* [H][I] */
    {"Uf", WEIR_H, WEIR_H}, /* [H][H] */
    {"bf", WEIR_H, WEIR_ONE}, /* [H][1] */
    {"Wg", WEIR_H, WEIR_I}, /* [H][I] */
    {"Ug", WEIR_H, WEIR_H}, /* [H][H] */
    {"bg", WEIR_H, WEIR_ONE}, /* [H][1] */
    {"Wo", WEIR_H, WEIR_I}, /* [H][I] */
    {"Uo", WEIR_H, WEIR_H}, /* [H][H] */
    {"bo", WEIR_H, WEIR_ONE}, /* [H][1] */
};

static const struct weir_state states[] = {
    {"h", WEIR_H}, /* [H] */
    {"c", WEIR_H}, /* [H] */
};

static size_t hoist_floats(size_t B, size_t I, size_t H, size_t P)
{
    (void)B, (void)I, (void)H, (void)P;
    return 0;
}

extern const struct weir_kernel lstm_f32_i2_h64__neon;

const struct weir_kernel lstm_f32_i2_h64__neon = {
    .contract = WEIR_CONTRACT,
    .name = "lstm_f32_i2_h64__neon",
    .cell = "lstm",
    .plan = "vectors=2,rows=6,batch_vectors=1,sums=0,hoist=0,hoist_batch=4,fused=1,tails=1,"
            "prefetch=0,fetch_rows=0,serpentine=1",
    .isa = WEIR_NEON,
    .math = WEIR_INLINE,
    .I = 2,
    .H = 64,
    .P = 0,
    .lanes = 4,
    .params = params,
    .param_count = 12,
    .states = states,
    .state_count = 2,
    .values = NULL,
    .value_count = 0,
    .regions = regions,
    .region_count = 3,
    .scales = scales,
    .hoist_floats = hoist_floats,
    .forward = forward,
};
