/* SPDX-License-Identifier: MIT */
/* Generated: weir-gen --cell lstm --input 2 --hidden 64 --isa neon. Do not edit. Plan: vectors=2
 * rows=6 batch_vectors=1 sums=0 hoist=0 hoist_batch=4 blend=0 fused=1 abreast=1 tails=1
 * prefetch=0 fetch_rows=0 serpentine=1. Per step and row: 33792 FLOP in products, 68608 bytes of
 * weights. Per unit: 22 elementwise operations. */
#include "kernel.h"
#include "math_neon.h"

WEIR_ISA_BEGIN

/* One time step: packed weights, what is read and what is written. */
struct step {
    const float *bias;
    const float *w_x;
    const float *w_h;
    const float *x;
    float *y;
    ptrdiff_t x_row, y_row;
    const float *h_prev_;
    float *h_next_;
    const float *c_prev_;
    float *c_next_;
};

WEIR_TILE tile_1x2(const struct step *s, size_t block, size_t row)
{
    const float *bias0 = s->bias + block * 16;
    const float *bias1 = s->bias + (block + 1) * 16;
    float32x4_t i0_ = vld1q_f32(bias0 + 0);
    float32x4_t i1_ = vld1q_f32(bias1 + 0);
    float32x4_t f0_ = vld1q_f32(bias0 + 4);
    float32x4_t f1_ = vld1q_f32(bias1 + 4);
    float32x4_t g0_ = vld1q_f32(bias0 + 8);
    float32x4_t g1_ = vld1q_f32(bias1 + 8);
    float32x4_t o0_ = vld1q_f32(bias0 + 12);
    float32x4_t o1_ = vld1q_f32(bias1 + 12);
    const float *w_x0 = s->w_x + block * 32;
    const float *w_x1 = s->w_x + (block + 1) * 32;
    const float *x_row0_ = s->x + (ptrdiff_t)row * s->x_row;
    for (size_t k = 0; k < 2; k++) {
        const float32x4_t in0 = vdupq_n_f32(x_row0_[k]);
        i0_ = vfmaq_f32(i0_, vld1q_f32(w_x0 + k * 16 + 0), in0);
        f0_ = vfmaq_f32(f0_, vld1q_f32(w_x0 + k * 16 + 4), in0);
        g0_ = vfmaq_f32(g0_, vld1q_f32(w_x0 + k * 16 + 8), in0);
        o0_ = vfmaq_f32(o0_, vld1q_f32(w_x0 + k * 16 + 12), in0);
        i1_ = vfmaq_f32(i1_, vld1q_f32(w_x1 + k * 16 + 0), in0);
        f1_ = vfmaq_f32(f1_, vld1q_f32(w_x1 + k * 16 + 4), in0);
        g1_ = vfmaq_f32(g1_, vld1q_f32(w_x1 + k * 16 + 8), in0);
        o1_ = vfmaq_f32(o1_, vld1q_f32(w_x1 + k * 16 + 12), in0);
    }
    const float *w_h0 = s->w_h + block * 1024;
    const float *w_h1 = s->w_h + (block + 1) * 1024;
    const float *h_row0_ = s->h_prev_ + row * 64;
    for (size_t k = 0; k < 64; k++) {
        const float32x4_t in0 = vdupq_n_f32(h_row0_[k]);
        i0_ = vfmaq_f32(i0_, vld1q_f32(w_h0 + k * 16 + 0), in0);
        f0_ = vfmaq_f32(f0_, vld1q_f32(w_h0 + k * 16 + 4), in0);
        g0_ = vfmaq_f32(g0_, vld1q_f32(w_h0 + k * 16 + 8), in0);
        o0_ = vfmaq_f32(o0_, vld1q_f32(w_h0 + k * 16 + 12), in0);
        i1_ = vfmaq_f32(i1_, vld1q_f32(w_h1 + k * 16 + 0), in0);
        f1_ = vfmaq_f32(f1_, vld1q_f32(w_h1 + k * 16 + 4), in0);
        g1_ = vfmaq_f32(g1_, vld1q_f32(w_h1 + k * 16 + 8), in0);
        o1_ = vfmaq_f32(o1_, vld1q_f32(w_h1 + k * 16 + 12), in0);
    }
    {
        const size_t unit = block * 4;
        const size_t at = row * 64 + unit;
        const size_t unit2 = (block + 1) * 4;
        const size_t at2 = row * 64 + unit2;
        const float32x4_t c_prev_ = vld1q_f32(s->c_prev_ + at);
        const float32x4_t c_prev_2_ = vld1q_f32(s->c_prev_ + at2);
        const float32x4_t i_sum_ = i0_;
        const float32x4_t i_sum_2_ = i1_;
        const float32x4_t f_sum_ = f0_;
        const float32x4_t f_sum_2_ = f1_;
        const float32x4_t g_sum_ = g0_;
        const float32x4_t g_sum_2_ = g1_;
        const float32x4_t o_sum_ = o0_;
        const float32x4_t o_sum_2_ = o1_;
        const float32x4_t i_arg_ = v_clamp(i_sum_, vdupq_n_f32(26.0f));
        const float32x4_t i_arg_2_ = v_clamp(i_sum_2_, vdupq_n_f32(26.0f));
        const float32x4_t i_exp_ = v_exp2(i_arg_);
        const float32x4_t i_exp_2_ = v_exp2(i_arg_2_);
        const float32x4_t i_den_ = vaddq_f32(vdupq_n_f32(1.0f), i_exp_);
        const float32x4_t i_den_2_ = vaddq_f32(vdupq_n_f32(1.0f), i_exp_2_);
        const float32x4_t f_arg_ = v_clamp(f_sum_, vdupq_n_f32(26.0f));
        const float32x4_t f_arg_2_ = v_clamp(f_sum_2_, vdupq_n_f32(26.0f));
        const float32x4_t f_exp_ = v_exp2(f_arg_);
        const float32x4_t f_exp_2_ = v_exp2(f_arg_2_);
        const float32x4_t f_den_ = vaddq_f32(vdupq_n_f32(1.0f), f_exp_);
        const float32x4_t f_den_2_ = vaddq_f32(vdupq_n_f32(1.0f), f_exp_2_);
        const float32x4_t g_arg_ = v_clamp(g_sum_, vdupq_n_f32(26.0f));
        const float32x4_t g_arg_2_ = v_clamp(g_sum_2_, vdupq_n_f32(26.0f));
        const float32x4_t g_exp_ = v_exp2(g_arg_);
        const float32x4_t g_exp_2_ = v_exp2(g_arg_2_);
        const float32x4_t o_arg_ = v_clamp(o_sum_, vdupq_n_f32(39.0f));
        const float32x4_t o_arg_2_ = v_clamp(o_sum_2_, vdupq_n_f32(39.0f));
        const float32x4_t o_exp_ = v_exp2(o_arg_);
        const float32x4_t o_exp_2_ = v_exp2(o_arg_2_);
        const float32x4_t o_den_ = vaddq_f32(vdupq_n_f32(1.0f), o_exp_);
        const float32x4_t o_den_2_ = vaddq_f32(vdupq_n_f32(1.0f), o_exp_2_);
        const float32x4_t c_part_ = vfmaq_f32(i_den_, i_den_, g_exp_);
        const float32x4_t c_part_2_ = vfmaq_f32(i_den_2_, i_den_2_, g_exp_2_);
        const float32x4_t c_part_3_ = vfmsq_f32(f_den_, f_den_, g_exp_);
        const float32x4_t c_part_4_ = vfmsq_f32(f_den_2_, f_den_2_, g_exp_2_);
        const float32x4_t c_num_ = vfmaq_f32(c_part_3_, c_prev_, c_part_);
        const float32x4_t c_num_2_ = vfmaq_f32(c_part_4_, c_prev_2_, c_part_2_);
        const float32x4_t c_den_ = vfmaq_f32(c_part_, c_part_, f_exp_);
        const float32x4_t c_den_2_ = vfmaq_f32(c_part_2_, c_part_2_, f_exp_2_);
        const float32x4_t c_ = vdivq_f32(c_num_, c_den_); /* c' */
        vst1q_f32(s->c_next_ + at, c_);
        const float32x4_t c_2_ = vdivq_f32(c_num_2_, c_den_2_); /* c' */
        vst1q_f32(s->c_next_ + at2, c_2_);
        const float32x4_t h_part_ = v_mul(vdupq_n_f32(-2.88539004f), c_);
        const float32x4_t h_part_2_ = v_mul(vdupq_n_f32(-2.88539004f), c_2_);
        const float32x4_t h_arg_ = v_clamp(h_part_, vdupq_n_f32(39.0f));
        const float32x4_t h_arg_2_ = v_clamp(h_part_2_, vdupq_n_f32(39.0f));
        const float32x4_t h_exp_ = v_exp2(h_arg_);
        const float32x4_t h_exp_2_ = v_exp2(h_arg_2_);
        const float32x4_t h_num_ = vsubq_f32(vdupq_n_f32(1.0f), h_exp_);
        const float32x4_t h_num_2_ = vsubq_f32(vdupq_n_f32(1.0f), h_exp_2_);
        const float32x4_t h_den_ = vfmaq_f32(o_den_, o_den_, h_exp_);
        const float32x4_t h_den_2_ = vfmaq_f32(o_den_2_, o_den_2_, h_exp_2_);
        const float32x4_t h_ = vdivq_f32(h_num_, h_den_); /* h' */
        vst1q_f32(s->h_next_ + at, h_);
        float *y = s->y + (ptrdiff_t)row * s->y_row + unit;
        vst1q_f32(y, v_canonical(h_));
        const float32x4_t h_2_ = vdivq_f32(h_num_2_, h_den_2_); /* h' */
        vst1q_f32(s->h_next_ + at2, h_2_);
        float *y2 = s->y + (ptrdiff_t)row * s->y_row + unit2;
        vst1q_f32(y2, v_canonical(h_2_));
    }
}

WEIR_TILE tile_1x1(const struct step *s, size_t block, size_t row)
{
    const float *bias0 = s->bias + block * 16;
    float32x4_t i0_ = vld1q_f32(bias0 + 0);
    float32x4_t f0_ = vld1q_f32(bias0 + 4);
    float32x4_t g0_ = vld1q_f32(bias0 + 8);
    float32x4_t o0_ = vld1q_f32(bias0 + 12);
    const float *w_x0 = s->w_x + block * 32;
    const float *x_row0_ = s->x + (ptrdiff_t)row * s->x_row;
    for (size_t k = 0; k < 2; k++) {
        const float32x4_t in0 = vdupq_n_f32(x_row0_[k]);
        i0_ = vfmaq_f32(i0_, vld1q_f32(w_x0 + k * 16 + 0), in0);
        f0_ = vfmaq_f32(f0_, vld1q_f32(w_x0 + k * 16 + 4), in0);
        g0_ = vfmaq_f32(g0_, vld1q_f32(w_x0 + k * 16 + 8), in0);
        o0_ = vfmaq_f32(o0_, vld1q_f32(w_x0 + k * 16 + 12), in0);
    }
    const float *w_h0 = s->w_h + block * 1024;
    const float *h_row0_ = s->h_prev_ + row * 64;
    for (size_t k = 0; k < 64; k++) {
        const float32x4_t in0 = vdupq_n_f32(h_row0_[k]);
        i0_ = vfmaq_f32(i0_, vld1q_f32(w_h0 + k * 16 + 0), in0);
        f0_ = vfmaq_f32(f0_, vld1q_f32(w_h0 + k * 16 + 4), in0);
        g0_ = vfmaq_f32(g0_, vld1q_f32(w_h0 + k * 16 + 8), in0);
        o0_ = vfmaq_f32(o0_, vld1q_f32(w_h0 + k * 16 + 12), in0);
    }
    {
        const size_t unit = block * 4;
        const size_t at = row * 64 + unit;
        const float32x4_t c_prev_ = vld1q_f32(s->c_prev_ + at);
        const float32x4_t i_sum_ = i0_;
        const float32x4_t f_sum_ = f0_;
        const float32x4_t g_sum_ = g0_;
        const float32x4_t o_sum_ = o0_;
        const float32x4_t i_arg_ = v_clamp(i_sum_, vdupq_n_f32(26.0f));
        const float32x4_t i_exp_ = v_exp2(i_arg_);
        const float32x4_t i_den_ = vaddq_f32(vdupq_n_f32(1.0f), i_exp_);
        const float32x4_t f_arg_ = v_clamp(f_sum_, vdupq_n_f32(26.0f));
        const float32x4_t f_exp_ = v_exp2(f_arg_);
        const float32x4_t f_den_ = vaddq_f32(vdupq_n_f32(1.0f), f_exp_);
        const float32x4_t g_arg_ = v_clamp(g_sum_, vdupq_n_f32(26.0f));
        const float32x4_t g_exp_ = v_exp2(g_arg_);
        const float32x4_t o_arg_ = v_clamp(o_sum_, vdupq_n_f32(39.0f));
        const float32x4_t o_exp_ = v_exp2(o_arg_);
        const float32x4_t o_den_ = vaddq_f32(vdupq_n_f32(1.0f), o_exp_);
        const float32x4_t c_part_ = vfmaq_f32(i_den_, i_den_, g_exp_);
        const float32x4_t c_part_2_ = vfmsq_f32(f_den_, f_den_, g_exp_);
        const float32x4_t c_num_ = vfmaq_f32(c_part_2_, c_prev_, c_part_);
        const float32x4_t c_den_ = vfmaq_f32(c_part_, c_part_, f_exp_);
        const float32x4_t c_ = vdivq_f32(c_num_, c_den_); /* c' */
        vst1q_f32(s->c_next_ + at, c_);
        const float32x4_t h_part_ = v_mul(vdupq_n_f32(-2.88539004f), c_);
        const float32x4_t h_arg_ = v_clamp(h_part_, vdupq_n_f32(39.0f));
        const float32x4_t h_exp_ = v_exp2(h_arg_);
        const float32x4_t h_num_ = vsubq_f32(vdupq_n_f32(1.0f), h_exp_);
        const float32x4_t h_den_ = vfmaq_f32(o_den_, o_den_, h_exp_);
        const float32x4_t h_ = vdivq_f32(h_num_, h_den_); /* h' */
        vst1q_f32(s->h_next_ + at, h_);
        float *y = s->y + (ptrdiff_t)row * s->y_row + unit;
        vst1q_f32(y, v_canonical(h_));
    }
}

WEIR_TILE tile_2x1(const struct step *s, size_t block, size_t row, float *sums)
{
    const float *bias0 = s->bias + block * 16;
    float32x4_t i0_0_ = vld1q_f32(bias0 + 0);
    float32x4_t i0_1_ = i0_0_;
    float32x4_t f0_0_ = vld1q_f32(bias0 + 4);
    float32x4_t f0_1_ = f0_0_;
    float32x4_t g0_0_ = vld1q_f32(bias0 + 8);
    float32x4_t g0_1_ = g0_0_;
    float32x4_t o0_0_ = vld1q_f32(bias0 + 12);
    float32x4_t o0_1_ = o0_0_;
    const float *w_x0 = s->w_x + block * 32;
    const float *x_row0_ = s->x + (ptrdiff_t)row * s->x_row;
    const float *x_row1_ = s->x + (ptrdiff_t)(row + 1) * s->x_row;
    for (size_t k = 0; k < 2; k++) {
        const float32x4_t in0 = vdupq_n_f32(x_row0_[k]);
        const float32x4_t in1 = vdupq_n_f32(x_row1_[k]);
        const float32x4_t w0 = vld1q_f32(w_x0 + k * 16 + 0);
        i0_0_ = vfmaq_f32(i0_0_, w0, in0);
        i0_1_ = vfmaq_f32(i0_1_, w0, in1);
        const float32x4_t w1 = vld1q_f32(w_x0 + k * 16 + 4);
        f0_0_ = vfmaq_f32(f0_0_, w1, in0);
        f0_1_ = vfmaq_f32(f0_1_, w1, in1);
        const float32x4_t w2 = vld1q_f32(w_x0 + k * 16 + 8);
        g0_0_ = vfmaq_f32(g0_0_, w2, in0);
        g0_1_ = vfmaq_f32(g0_1_, w2, in1);
        const float32x4_t w3 = vld1q_f32(w_x0 + k * 16 + 12);
        o0_0_ = vfmaq_f32(o0_0_, w3, in0);
        o0_1_ = vfmaq_f32(o0_1_, w3, in1);
    }
    const float *w_h0 = s->w_h + block * 1024;
    const float *h_row0_ = s->h_prev_ + row * 64;
    const float *h_row1_ = s->h_prev_ + (row + 1) * 64;
    for (size_t k = 0; k < 64; k++) {
        const float32x4_t in0 = vdupq_n_f32(h_row0_[k]);
        const float32x4_t in1 = vdupq_n_f32(h_row1_[k]);
        const float32x4_t w0 = vld1q_f32(w_h0 + k * 16 + 0);
        i0_0_ = vfmaq_f32(i0_0_, w0, in0);
        i0_1_ = vfmaq_f32(i0_1_, w0, in1);
        const float32x4_t w1 = vld1q_f32(w_h0 + k * 16 + 4);
        f0_0_ = vfmaq_f32(f0_0_, w1, in0);
        f0_1_ = vfmaq_f32(f0_1_, w1, in1);
        const float32x4_t w2 = vld1q_f32(w_h0 + k * 16 + 8);
        g0_0_ = vfmaq_f32(g0_0_, w2, in0);
        g0_1_ = vfmaq_f32(g0_1_, w2, in1);
        const float32x4_t w3 = vld1q_f32(w_h0 + k * 16 + 12);
        o0_0_ = vfmaq_f32(o0_0_, w3, in0);
        o0_1_ = vfmaq_f32(o0_1_, w3, in1);
    }
    vst1q_f32(sums + 0, i0_0_);
    vst1q_f32(sums + 16, i0_1_);
    vst1q_f32(sums + 4, f0_0_);
    vst1q_f32(sums + 20, f0_1_);
    vst1q_f32(sums + 8, g0_0_);
    vst1q_f32(sums + 24, g0_1_);
    vst1q_f32(sums + 12, o0_0_);
    vst1q_f32(sums + 28, o0_1_);
}

WEIR_TILE tile_3x1(const struct step *s, size_t block, size_t row, float *sums)
{
    const float *bias0 = s->bias + block * 16;
    float32x4_t i0_0_ = vld1q_f32(bias0 + 0);
    float32x4_t i0_1_ = i0_0_;
    float32x4_t i0_2_ = i0_0_;
    float32x4_t f0_0_ = vld1q_f32(bias0 + 4);
    float32x4_t f0_1_ = f0_0_;
    float32x4_t f0_2_ = f0_0_;
    float32x4_t g0_0_ = vld1q_f32(bias0 + 8);
    float32x4_t g0_1_ = g0_0_;
    float32x4_t g0_2_ = g0_0_;
    float32x4_t o0_0_ = vld1q_f32(bias0 + 12);
    float32x4_t o0_1_ = o0_0_;
    float32x4_t o0_2_ = o0_0_;
    const float *w_x0 = s->w_x + block * 32;
    const float *x_row0_ = s->x + (ptrdiff_t)row * s->x_row;
    const float *x_row1_ = s->x + (ptrdiff_t)(row + 1) * s->x_row;
    const float *x_row2_ = s->x + (ptrdiff_t)(row + 2) * s->x_row;
    for (size_t k = 0; k < 2; k++) {
        const float32x4_t in0 = vdupq_n_f32(x_row0_[k]);
        const float32x4_t in1 = vdupq_n_f32(x_row1_[k]);
        const float32x4_t in2 = vdupq_n_f32(x_row2_[k]);
        const float32x4_t w0 = vld1q_f32(w_x0 + k * 16 + 0);
        i0_0_ = vfmaq_f32(i0_0_, w0, in0);
        i0_1_ = vfmaq_f32(i0_1_, w0, in1);
        i0_2_ = vfmaq_f32(i0_2_, w0, in2);
        const float32x4_t w1 = vld1q_f32(w_x0 + k * 16 + 4);
        f0_0_ = vfmaq_f32(f0_0_, w1, in0);
        f0_1_ = vfmaq_f32(f0_1_, w1, in1);
        f0_2_ = vfmaq_f32(f0_2_, w1, in2);
        const float32x4_t w2 = vld1q_f32(w_x0 + k * 16 + 8);
        g0_0_ = vfmaq_f32(g0_0_, w2, in0);
        g0_1_ = vfmaq_f32(g0_1_, w2, in1);
        g0_2_ = vfmaq_f32(g0_2_, w2, in2);
        const float32x4_t w3 = vld1q_f32(w_x0 + k * 16 + 12);
        o0_0_ = vfmaq_f32(o0_0_, w3, in0);
        o0_1_ = vfmaq_f32(o0_1_, w3, in1);
        o0_2_ = vfmaq_f32(o0_2_, w3, in2);
    }
    const float *w_h0 = s->w_h + block * 1024;
    const float *h_row0_ = s->h_prev_ + row * 64;
    const float *h_row1_ = s->h_prev_ + (row + 1) * 64;
    const float *h_row2_ = s->h_prev_ + (row + 2) * 64;
    for (size_t k = 0; k < 64; k++) {
        const float32x4_t in0 = vdupq_n_f32(h_row0_[k]);
        const float32x4_t in1 = vdupq_n_f32(h_row1_[k]);
        const float32x4_t in2 = vdupq_n_f32(h_row2_[k]);
        const float32x4_t w0 = vld1q_f32(w_h0 + k * 16 + 0);
        i0_0_ = vfmaq_f32(i0_0_, w0, in0);
        i0_1_ = vfmaq_f32(i0_1_, w0, in1);
        i0_2_ = vfmaq_f32(i0_2_, w0, in2);
        const float32x4_t w1 = vld1q_f32(w_h0 + k * 16 + 4);
        f0_0_ = vfmaq_f32(f0_0_, w1, in0);
        f0_1_ = vfmaq_f32(f0_1_, w1, in1);
        f0_2_ = vfmaq_f32(f0_2_, w1, in2);
        const float32x4_t w2 = vld1q_f32(w_h0 + k * 16 + 8);
        g0_0_ = vfmaq_f32(g0_0_, w2, in0);
        g0_1_ = vfmaq_f32(g0_1_, w2, in1);
        g0_2_ = vfmaq_f32(g0_2_, w2, in2);
        const float32x4_t w3 = vld1q_f32(w_h0 + k * 16 + 12);
        o0_0_ = vfmaq_f32(o0_0_, w3, in0);
        o0_1_ = vfmaq_f32(o0_1_, w3, in1);
        o0_2_ = vfmaq_f32(o0_2_, w3, in2);
    }
    vst1q_f32(sums + 0, i0_0_);
    vst1q_f32(sums + 16, i0_1_);
    vst1q_f32(sums + 32, i0_2_);
    vst1q_f32(sums + 4, f0_0_);
    vst1q_f32(sums + 20, f0_1_);
    vst1q_f32(sums + 36, f0_2_);
    vst1q_f32(sums + 8, g0_0_);
    vst1q_f32(sums + 24, g0_1_);
    vst1q_f32(sums + 40, g0_2_);
    vst1q_f32(sums + 12, o0_0_);
    vst1q_f32(sums + 28, o0_1_);
    vst1q_f32(sums + 44, o0_2_);
}

WEIR_TILE tile_4x1(const struct step *s, size_t block, size_t row, float *sums)
{
    const float *bias0 = s->bias + block * 16;
    float32x4_t i0_0_ = vld1q_f32(bias0 + 0);
    float32x4_t i0_1_ = i0_0_;
    float32x4_t i0_2_ = i0_0_;
    float32x4_t i0_3_ = i0_0_;
    float32x4_t f0_0_ = vld1q_f32(bias0 + 4);
    float32x4_t f0_1_ = f0_0_;
    float32x4_t f0_2_ = f0_0_;
    float32x4_t f0_3_ = f0_0_;
    float32x4_t g0_0_ = vld1q_f32(bias0 + 8);
    float32x4_t g0_1_ = g0_0_;
    float32x4_t g0_2_ = g0_0_;
    float32x4_t g0_3_ = g0_0_;
    float32x4_t o0_0_ = vld1q_f32(bias0 + 12);
    float32x4_t o0_1_ = o0_0_;
    float32x4_t o0_2_ = o0_0_;
    float32x4_t o0_3_ = o0_0_;
    const float *w_x0 = s->w_x + block * 32;
    const float *x_row0_ = s->x + (ptrdiff_t)row * s->x_row;
    const float *x_row1_ = s->x + (ptrdiff_t)(row + 1) * s->x_row;
    const float *x_row2_ = s->x + (ptrdiff_t)(row + 2) * s->x_row;
    const float *x_row3_ = s->x + (ptrdiff_t)(row + 3) * s->x_row;
    for (size_t k = 0; k < 2; k++) {
        const float32x4_t w0 = vld1q_f32(w_x0 + k * 16 + 0);
        const float32x4_t w1 = vld1q_f32(w_x0 + k * 16 + 4);
        const float32x4_t w2 = vld1q_f32(w_x0 + k * 16 + 8);
        const float32x4_t w3 = vld1q_f32(w_x0 + k * 16 + 12);
        const float32x4_t in0 = vdupq_n_f32(x_row0_[k]);
        i0_0_ = vfmaq_f32(i0_0_, w0, in0);
        f0_0_ = vfmaq_f32(f0_0_, w1, in0);
        g0_0_ = vfmaq_f32(g0_0_, w2, in0);
        o0_0_ = vfmaq_f32(o0_0_, w3, in0);
        const float32x4_t in1 = vdupq_n_f32(x_row1_[k]);
        i0_1_ = vfmaq_f32(i0_1_, w0, in1);
        f0_1_ = vfmaq_f32(f0_1_, w1, in1);
        g0_1_ = vfmaq_f32(g0_1_, w2, in1);
        o0_1_ = vfmaq_f32(o0_1_, w3, in1);
        const float32x4_t in2 = vdupq_n_f32(x_row2_[k]);
        i0_2_ = vfmaq_f32(i0_2_, w0, in2);
        f0_2_ = vfmaq_f32(f0_2_, w1, in2);
        g0_2_ = vfmaq_f32(g0_2_, w2, in2);
        o0_2_ = vfmaq_f32(o0_2_, w3, in2);
        const float32x4_t in3 = vdupq_n_f32(x_row3_[k]);
        i0_3_ = vfmaq_f32(i0_3_, w0, in3);
        f0_3_ = vfmaq_f32(f0_3_, w1, in3);
        g0_3_ = vfmaq_f32(g0_3_, w2, in3);
        o0_3_ = vfmaq_f32(o0_3_, w3, in3);
    }
    const float *w_h0 = s->w_h + block * 1024;
    const float *h_row0_ = s->h_prev_ + row * 64;
    const float *h_row1_ = s->h_prev_ + (row + 1) * 64;
    const float *h_row2_ = s->h_prev_ + (row + 2) * 64;
    const float *h_row3_ = s->h_prev_ + (row + 3) * 64;
    for (size_t k = 0; k < 64; k++) {
        const float32x4_t w0 = vld1q_f32(w_h0 + k * 16 + 0);
        const float32x4_t w1 = vld1q_f32(w_h0 + k * 16 + 4);
        const float32x4_t w2 = vld1q_f32(w_h0 + k * 16 + 8);
        const float32x4_t w3 = vld1q_f32(w_h0 + k * 16 + 12);
        const float32x4_t in0 = vdupq_n_f32(h_row0_[k]);
        i0_0_ = vfmaq_f32(i0_0_, w0, in0);
        f0_0_ = vfmaq_f32(f0_0_, w1, in0);
        g0_0_ = vfmaq_f32(g0_0_, w2, in0);
        o0_0_ = vfmaq_f32(o0_0_, w3, in0);
        const float32x4_t in1 = vdupq_n_f32(h_row1_[k]);
        i0_1_ = vfmaq_f32(i0_1_, w0, in1);
        f0_1_ = vfmaq_f32(f0_1_, w1, in1);
        g0_1_ = vfmaq_f32(g0_1_, w2, in1);
        o0_1_ = vfmaq_f32(o0_1_, w3, in1);
        const float32x4_t in2 = vdupq_n_f32(h_row2_[k]);
        i0_2_ = vfmaq_f32(i0_2_, w0, in2);
        f0_2_ = vfmaq_f32(f0_2_, w1, in2);
        g0_2_ = vfmaq_f32(g0_2_, w2, in2);
        o0_2_ = vfmaq_f32(o0_2_, w3, in2);
        const float32x4_t in3 = vdupq_n_f32(h_row3_[k]);
        i0_3_ = vfmaq_f32(i0_3_, w0, in3);
        f0_3_ = vfmaq_f32(f0_3_, w1, in3);
        g0_3_ = vfmaq_f32(g0_3_, w2, in3);
        o0_3_ = vfmaq_f32(o0_3_, w3, in3);
    }
    vst1q_f32(sums + 0, i0_0_);
    vst1q_f32(sums + 16, i0_1_);
    vst1q_f32(sums + 32, i0_2_);
    vst1q_f32(sums + 48, i0_3_);
    vst1q_f32(sums + 4, f0_0_);
    vst1q_f32(sums + 20, f0_1_);
    vst1q_f32(sums + 36, f0_2_);
    vst1q_f32(sums + 52, f0_3_);
    vst1q_f32(sums + 8, g0_0_);
    vst1q_f32(sums + 24, g0_1_);
    vst1q_f32(sums + 40, g0_2_);
    vst1q_f32(sums + 56, g0_3_);
    vst1q_f32(sums + 12, o0_0_);
    vst1q_f32(sums + 28, o0_1_);
    vst1q_f32(sums + 44, o0_2_);
    vst1q_f32(sums + 60, o0_3_);
}

WEIR_TILE tile_5x1(const struct step *s, size_t block, size_t row, float *sums)
{
    const float *bias0 = s->bias + block * 16;
    float32x4_t i0_0_ = vld1q_f32(bias0 + 0);
    float32x4_t i0_1_ = i0_0_;
    float32x4_t i0_2_ = i0_0_;
    float32x4_t i0_3_ = i0_0_;
    float32x4_t i0_4_ = i0_0_;
    float32x4_t f0_0_ = vld1q_f32(bias0 + 4);
    float32x4_t f0_1_ = f0_0_;
    float32x4_t f0_2_ = f0_0_;
    float32x4_t f0_3_ = f0_0_;
    float32x4_t f0_4_ = f0_0_;
    float32x4_t g0_0_ = vld1q_f32(bias0 + 8);
    float32x4_t g0_1_ = g0_0_;
    float32x4_t g0_2_ = g0_0_;
    float32x4_t g0_3_ = g0_0_;
    float32x4_t g0_4_ = g0_0_;
    float32x4_t o0_0_ = vld1q_f32(bias0 + 12);
    float32x4_t o0_1_ = o0_0_;
    float32x4_t o0_2_ = o0_0_;
    float32x4_t o0_3_ = o0_0_;
    float32x4_t o0_4_ = o0_0_;
    const float *w_x0 = s->w_x + block * 32;
    const float *x_row0_ = s->x + (ptrdiff_t)row * s->x_row;
    const float *x_row1_ = s->x + (ptrdiff_t)(row + 1) * s->x_row;
    const float *x_row2_ = s->x + (ptrdiff_t)(row + 2) * s->x_row;
    const float *x_row3_ = s->x + (ptrdiff_t)(row + 3) * s->x_row;
    const float *x_row4_ = s->x + (ptrdiff_t)(row + 4) * s->x_row;
    for (size_t k = 0; k < 2; k++) {
        const float32x4_t w0 = vld1q_f32(w_x0 + k * 16 + 0);
        const float32x4_t w1 = vld1q_f32(w_x0 + k * 16 + 4);
        const float32x4_t w2 = vld1q_f32(w_x0 + k * 16 + 8);
        const float32x4_t w3 = vld1q_f32(w_x0 + k * 16 + 12);
        const float32x4_t in0 = vdupq_n_f32(x_row0_[k]);
        i0_0_ = vfmaq_f32(i0_0_, w0, in0);
        f0_0_ = vfmaq_f32(f0_0_, w1, in0);
        g0_0_ = vfmaq_f32(g0_0_, w2, in0);
        o0_0_ = vfmaq_f32(o0_0_, w3, in0);
        const float32x4_t in1 = vdupq_n_f32(x_row1_[k]);
        i0_1_ = vfmaq_f32(i0_1_, w0, in1);
        f0_1_ = vfmaq_f32(f0_1_, w1, in1);
        g0_1_ = vfmaq_f32(g0_1_, w2, in1);
        o0_1_ = vfmaq_f32(o0_1_, w3, in1);
        const float32x4_t in2 = vdupq_n_f32(x_row2_[k]);
        i0_2_ = vfmaq_f32(i0_2_, w0, in2);
        f0_2_ = vfmaq_f32(f0_2_, w1, in2);
        g0_2_ = vfmaq_f32(g0_2_, w2, in2);
        o0_2_ = vfmaq_f32(o0_2_, w3, in2);
        const float32x4_t in3 = vdupq_n_f32(x_row3_[k]);
        i0_3_ = vfmaq_f32(i0_3_, w0, in3);
        f0_3_ = vfmaq_f32(f0_3_, w1, in3);
        g0_3_ = vfmaq_f32(g0_3_, w2, in3);
        o0_3_ = vfmaq_f32(o0_3_, w3, in3);
        const float32x4_t in4 = vdupq_n_f32(x_row4_[k]);
        i0_4_ = vfmaq_f32(i0_4_, w0, in4);
        f0_4_ = vfmaq_f32(f0_4_, w1, in4);
        g0_4_ = vfmaq_f32(g0_4_, w2, in4);
        o0_4_ = vfmaq_f32(o0_4_, w3, in4);
    }
    const float *w_h0 = s->w_h + block * 1024;
    const float *h_row0_ = s->h_prev_ + row * 64;
    const float *h_row1_ = s->h_prev_ + (row + 1) * 64;
    const float *h_row2_ = s->h_prev_ + (row + 2) * 64;
    const float *h_row3_ = s->h_prev_ + (row + 3) * 64;
    const float *h_row4_ = s->h_prev_ + (row + 4) * 64;
    for (size_t k = 0; k < 64; k++) {
        const float32x4_t w0 = vld1q_f32(w_h0 + k * 16 + 0);
        const float32x4_t w1 = vld1q_f32(w_h0 + k * 16 + 4);
        const float32x4_t w2 = vld1q_f32(w_h0 + k * 16 + 8);
        const float32x4_t w3 = vld1q_f32(w_h0 + k * 16 + 12);
        const float32x4_t in0 = vdupq_n_f32(h_row0_[k]);
        i0_0_ = vfmaq_f32(i0_0_, w0, in0);
        f0_0_ = vfmaq_f32(f0_0_, w1, in0);
        g0_0_ = vfmaq_f32(g0_0_, w2, in0);
        o0_0_ = vfmaq_f32(o0_0_, w3, in0);
        const float32x4_t in1 = vdupq_n_f32(h_row1_[k]);
        i0_1_ = vfmaq_f32(i0_1_, w0, in1);
        f0_1_ = vfmaq_f32(f0_1_, w1, in1);
        g0_1_ = vfmaq_f32(g0_1_, w2, in1);
        o0_1_ = vfmaq_f32(o0_1_, w3, in1);
        const float32x4_t in2 = vdupq_n_f32(h_row2_[k]);
        i0_2_ = vfmaq_f32(i0_2_, w0, in2);
        f0_2_ = vfmaq_f32(f0_2_, w1, in2);
        g0_2_ = vfmaq_f32(g0_2_, w2, in2);
        o0_2_ = vfmaq_f32(o0_2_, w3, in2);
        const float32x4_t in3 = vdupq_n_f32(h_row3_[k]);
        i0_3_ = vfmaq_f32(i0_3_, w0, in3);
        f0_3_ = vfmaq_f32(f0_3_, w1, in3);
        g0_3_ = vfmaq_f32(g0_3_, w2, in3);
        o0_3_ = vfmaq_f32(o0_3_, w3, in3);
        const float32x4_t in4 = vdupq_n_f32(h_row4_[k]);
        i0_4_ = vfmaq_f32(i0_4_, w0, in4);
        f0_4_ = vfmaq_f32(f0_4_, w1, in4);
        g0_4_ = vfmaq_f32(g0_4_, w2, in4);
        o0_4_ = vfmaq_f32(o0_4_, w3, in4);
    }
    vst1q_f32(sums + 0, i0_0_);
    vst1q_f32(sums + 16, i0_1_);
    vst1q_f32(sums + 32, i0_2_);
    vst1q_f32(sums + 48, i0_3_);
    vst1q_f32(sums + 64, i0_4_);
    vst1q_f32(sums + 4, f0_0_);
    vst1q_f32(sums + 20, f0_1_);
    vst1q_f32(sums + 36, f0_2_);
    vst1q_f32(sums + 52, f0_3_);
    vst1q_f32(sums + 68, f0_4_);
    vst1q_f32(sums + 8, g0_0_);
    vst1q_f32(sums + 24, g0_1_);
    vst1q_f32(sums + 40, g0_2_);
    vst1q_f32(sums + 56, g0_3_);
    vst1q_f32(sums + 72, g0_4_);
    vst1q_f32(sums + 12, o0_0_);
    vst1q_f32(sums + 28, o0_1_);
    vst1q_f32(sums + 44, o0_2_);
    vst1q_f32(sums + 60, o0_3_);
    vst1q_f32(sums + 76, o0_4_);
}

WEIR_TILE tile_6x1(const struct step *s, size_t block, size_t row, float *sums)
{
    const float *bias0 = s->bias + block * 16;
    float32x4_t i0_0_ = vld1q_f32(bias0 + 0);
    float32x4_t i0_1_ = i0_0_;
    float32x4_t i0_2_ = i0_0_;
    float32x4_t i0_3_ = i0_0_;
    float32x4_t i0_4_ = i0_0_;
    float32x4_t i0_5_ = i0_0_;
    float32x4_t f0_0_ = vld1q_f32(bias0 + 4);
    float32x4_t f0_1_ = f0_0_;
    float32x4_t f0_2_ = f0_0_;
    float32x4_t f0_3_ = f0_0_;
    float32x4_t f0_4_ = f0_0_;
    float32x4_t f0_5_ = f0_0_;
    float32x4_t g0_0_ = vld1q_f32(bias0 + 8);
    float32x4_t g0_1_ = g0_0_;
    float32x4_t g0_2_ = g0_0_;
    float32x4_t g0_3_ = g0_0_;
    float32x4_t g0_4_ = g0_0_;
    float32x4_t g0_5_ = g0_0_;
    float32x4_t o0_0_ = vld1q_f32(bias0 + 12);
    float32x4_t o0_1_ = o0_0_;
    float32x4_t o0_2_ = o0_0_;
    float32x4_t o0_3_ = o0_0_;
    float32x4_t o0_4_ = o0_0_;
    float32x4_t o0_5_ = o0_0_;
    const float *w_x0 = s->w_x + block * 32;
    const float *x_row0_ = s->x + (ptrdiff_t)row * s->x_row;
    const float *x_row1_ = s->x + (ptrdiff_t)(row + 1) * s->x_row;
    const float *x_row2_ = s->x + (ptrdiff_t)(row + 2) * s->x_row;
    const float *x_row3_ = s->x + (ptrdiff_t)(row + 3) * s->x_row;
    const float *x_row4_ = s->x + (ptrdiff_t)(row + 4) * s->x_row;
    const float *x_row5_ = s->x + (ptrdiff_t)(row + 5) * s->x_row;
    for (size_t k = 0; k < 2; k++) {
        const float32x4_t w0 = vld1q_f32(w_x0 + k * 16 + 0);
        const float32x4_t w1 = vld1q_f32(w_x0 + k * 16 + 4);
        const float32x4_t w2 = vld1q_f32(w_x0 + k * 16 + 8);
        const float32x4_t w3 = vld1q_f32(w_x0 + k * 16 + 12);
        const float32x4_t in0 = vdupq_n_f32(x_row0_[k]);
        i0_0_ = vfmaq_f32(i0_0_, w0, in0);
        f0_0_ = vfmaq_f32(f0_0_, w1, in0);
        g0_0_ = vfmaq_f32(g0_0_, w2, in0);
        o0_0_ = vfmaq_f32(o0_0_, w3, in0);
        const float32x4_t in1 = vdupq_n_f32(x_row1_[k]);
        i0_1_ = vfmaq_f32(i0_1_, w0, in1);
        f0_1_ = vfmaq_f32(f0_1_, w1, in1);
        g0_1_ = vfmaq_f32(g0_1_, w2, in1);
        o0_1_ = vfmaq_f32(o0_1_, w3, in1);
        const float32x4_t in2 = vdupq_n_f32(x_row2_[k]);
        i0_2_ = vfmaq_f32(i0_2_, w0, in2);
        f0_2_ = vfmaq_f32(f0_2_, w1, in2);
        g0_2_ = vfmaq_f32(g0_2_, w2, in2);
        o0_2_ = vfmaq_f32(o0_2_, w3, in2);
        const float32x4_t in3 = vdupq_n_f32(x_row3_[k]);
        i0_3_ = vfmaq_f32(i0_3_, w0, in3);
        f0_3_ = vfmaq_f32(f0_3_, w1, in3);
        g0_3_ = vfmaq_f32(g0_3_, w2, in3);
        o0_3_ = vfmaq_f32(o0_3_, w3, in3);
        const float32x4_t in4 = vdupq_n_f32(x_row4_[k]);
        i0_4_ = vfmaq_f32(i0_4_, w0, in4);
        f0_4_ = vfmaq_f32(f0_4_, w1, in4);
        g0_4_ = vfmaq_f32(g0_4_, w2, in4);
        o0_4_ = vfmaq_f32(o0_4_, w3, in4);
        const float32x4_t in5 = vdupq_n_f32(x_row5_[k]);
        i0_5_ = vfmaq_f32(i0_5_, w0, in5);
        f0_5_ = vfmaq_f32(f0_5_, w1, in5);
        g0_5_ = vfmaq_f32(g0_5_, w2, in5);
        o0_5_ = vfmaq_f32(o0_5_, w3, in5);
    }
    const float *w_h0 = s->w_h + block * 1024;
    const float *h_row0_ = s->h_prev_ + row * 64;
    const float *h_row1_ = s->h_prev_ + (row + 1) * 64;
    const float *h_row2_ = s->h_prev_ + (row + 2) * 64;
    const float *h_row3_ = s->h_prev_ + (row + 3) * 64;
    const float *h_row4_ = s->h_prev_ + (row + 4) * 64;
    const float *h_row5_ = s->h_prev_ + (row + 5) * 64;
    for (size_t k = 0; k < 64; k++) {
        const float32x4_t w0 = vld1q_f32(w_h0 + k * 16 + 0);
        const float32x4_t w1 = vld1q_f32(w_h0 + k * 16 + 4);
        const float32x4_t w2 = vld1q_f32(w_h0 + k * 16 + 8);
        const float32x4_t w3 = vld1q_f32(w_h0 + k * 16 + 12);
        const float32x4_t in0 = vdupq_n_f32(h_row0_[k]);
        i0_0_ = vfmaq_f32(i0_0_, w0, in0);
        f0_0_ = vfmaq_f32(f0_0_, w1, in0);
        g0_0_ = vfmaq_f32(g0_0_, w2, in0);
        o0_0_ = vfmaq_f32(o0_0_, w3, in0);
        const float32x4_t in1 = vdupq_n_f32(h_row1_[k]);
        i0_1_ = vfmaq_f32(i0_1_, w0, in1);
        f0_1_ = vfmaq_f32(f0_1_, w1, in1);
        g0_1_ = vfmaq_f32(g0_1_, w2, in1);
        o0_1_ = vfmaq_f32(o0_1_, w3, in1);
        const float32x4_t in2 = vdupq_n_f32(h_row2_[k]);
        i0_2_ = vfmaq_f32(i0_2_, w0, in2);
        f0_2_ = vfmaq_f32(f0_2_, w1, in2);
        g0_2_ = vfmaq_f32(g0_2_, w2, in2);
        o0_2_ = vfmaq_f32(o0_2_, w3, in2);
        const float32x4_t in3 = vdupq_n_f32(h_row3_[k]);
        i0_3_ = vfmaq_f32(i0_3_, w0, in3);
        f0_3_ = vfmaq_f32(f0_3_, w1, in3);
        g0_3_ = vfmaq_f32(g0_3_, w2, in3);
        o0_3_ = vfmaq_f32(o0_3_, w3, in3);
        const float32x4_t in4 = vdupq_n_f32(h_row4_[k]);
        i0_4_ = vfmaq_f32(i0_4_, w0, in4);
        f0_4_ = vfmaq_f32(f0_4_, w1, in4);
        g0_4_ = vfmaq_f32(g0_4_, w2, in4);
        o0_4_ = vfmaq_f32(o0_4_, w3, in4);
        const float32x4_t in5 = vdupq_n_f32(h_row5_[k]);
        i0_5_ = vfmaq_f32(i0_5_, w0, in5);
        f0_5_ = vfmaq_f32(f0_5_, w1, in5);
        g0_5_ = vfmaq_f32(g0_5_, w2, in5);
        o0_5_ = vfmaq_f32(o0_5_, w3, in5);
    }
    vst1q_f32(sums + 0, i0_0_);
    vst1q_f32(sums + 16, i0_1_);
    vst1q_f32(sums + 32, i0_2_);
    vst1q_f32(sums + 48, i0_3_);
    vst1q_f32(sums + 64, i0_4_);
    vst1q_f32(sums + 80, i0_5_);
    vst1q_f32(sums + 4, f0_0_);
    vst1q_f32(sums + 20, f0_1_);
    vst1q_f32(sums + 36, f0_2_);
    vst1q_f32(sums + 52, f0_3_);
    vst1q_f32(sums + 68, f0_4_);
    vst1q_f32(sums + 84, f0_5_);
    vst1q_f32(sums + 8, g0_0_);
    vst1q_f32(sums + 24, g0_1_);
    vst1q_f32(sums + 40, g0_2_);
    vst1q_f32(sums + 56, g0_3_);
    vst1q_f32(sums + 72, g0_4_);
    vst1q_f32(sums + 88, g0_5_);
    vst1q_f32(sums + 12, o0_0_);
    vst1q_f32(sums + 28, o0_1_);
    vst1q_f32(sums + 44, o0_2_);
    vst1q_f32(sums + 60, o0_3_);
    vst1q_f32(sums + 76, o0_4_);
    vst1q_f32(sums + 92, o0_5_);
}

WEIR_CHOOSER tile(const struct step *s, size_t block, size_t vectors, size_t row, size_t rows,
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
        const float32x4_t c_prev_ = vld1q_f32(s->c_prev_ + at);
        const float32x4_t i_sum_ = vld1q_f32(sums + v * 4);
        const float32x4_t f_sum_ = vld1q_f32(sums + (1 * vectors + v) * 4);
        const float32x4_t g_sum_ = vld1q_f32(sums + (2 * vectors + v) * 4);
        const float32x4_t o_sum_ = vld1q_f32(sums + (3 * vectors + v) * 4);
        const float32x4_t i_arg_ = v_clamp(i_sum_, vdupq_n_f32(26.0f));
        const float32x4_t i_exp_ = v_exp2(i_arg_);
        const float32x4_t i_den_ = vaddq_f32(vdupq_n_f32(1.0f), i_exp_);
        const float32x4_t f_arg_ = v_clamp(f_sum_, vdupq_n_f32(26.0f));
        const float32x4_t f_exp_ = v_exp2(f_arg_);
        const float32x4_t f_den_ = vaddq_f32(vdupq_n_f32(1.0f), f_exp_);
        const float32x4_t g_arg_ = v_clamp(g_sum_, vdupq_n_f32(26.0f));
        const float32x4_t g_exp_ = v_exp2(g_arg_);
        const float32x4_t o_arg_ = v_clamp(o_sum_, vdupq_n_f32(39.0f));
        const float32x4_t o_exp_ = v_exp2(o_arg_);
        const float32x4_t o_den_ = vaddq_f32(vdupq_n_f32(1.0f), o_exp_);
        const float32x4_t c_part_ = vfmaq_f32(i_den_, i_den_, g_exp_);
        const float32x4_t c_part_2_ = vfmsq_f32(f_den_, f_den_, g_exp_);
        const float32x4_t c_num_ = vfmaq_f32(c_part_2_, c_prev_, c_part_);
        const float32x4_t c_den_ = vfmaq_f32(c_part_, c_part_, f_exp_);
        const float32x4_t c_ = vdivq_f32(c_num_, c_den_); /* c' */
        vst1q_f32(s->c_next_ + at, c_);
        const float32x4_t h_part_ = v_mul(vdupq_n_f32(-2.88539004f), c_);
        const float32x4_t h_arg_ = v_clamp(h_part_, vdupq_n_f32(39.0f));
        const float32x4_t h_exp_ = v_exp2(h_arg_);
        const float32x4_t h_num_ = vsubq_f32(vdupq_n_f32(1.0f), h_exp_);
        const float32x4_t h_den_ = vfmaq_f32(o_den_, o_den_, h_exp_);
        const float32x4_t h_ = vdivq_f32(h_num_, h_den_); /* h' */
        vst1q_f32(s->h_next_ + at, h_);
        float *y = s->y + (ptrdiff_t)row * s->y_row + unit;
        vst1q_f32(y, v_canonical(h_));
    }
}

WEIR_CHOOSER walk_stage(const struct weir_run *run, const struct step *s, int backwards, size_t B,
                        int shared)
{
    const size_t first = shared ? 16 * run->part / run->parts : 0;
    const size_t last = shared ? 16 * (run->part + 1) / run->parts : 16;
    const size_t wide = B == 1 ? 2 : 1;
    const size_t parts = (B + 5) / 6;
    WEIR_ALIGNED float sums[96];
    const size_t whole = last - first;
    const size_t groups = B == 1 ? whole / 2 : whole / 1;
    const size_t total = whole - groups * wide + groups;
    for (size_t n = 0; n < total; n++) {
        const size_t g = backwards ? total - 1 - n : n;
        const size_t block = first + (g < groups ? g * wide : groups * wide + g - groups);
        const size_t vectors = (g < groups ? wide : 1);
        for (size_t part = 0; part < parts; part++) {
            const size_t row = parts > 1 ? B * part / parts : 0;
            const size_t rows = parts > 1 ? B * (part + 1) / parts - row : B;
            tile(s, block, vectors, row, rows, sums);
            for (size_t r = 0; r < rows && rows > 1; r++)
                units(s, block, vectors, row + r, sums + r * vectors * 16);
        }
    }
}

static void stage(const struct weir_run *run, const struct step *s, int backwards)
{
    if (run->B == 1 && run->parts == 1) /* a stream: choices cost as much as its maths */
        walk_stage(run, s, backwards, 1, 0);
    else
        walk_stage(run, s, backwards, run->B, run->parts > 1);
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
    s->h_prev_ = run->state[t % 2][0];
    s->h_next_ = run->state[(t + 1) % 2][0];
    s->c_prev_ = run->state[t % 2][1];
    s->c_next_ = run->state[(t + 1) % 2][1];
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
    {WEIR_H, WEIR_ONE, 4, slots_0, NULL, 0, 0, WEIR_TYPE_F32}, /* bias */
    {WEIR_H, WEIR_I, 4, slots_1, NULL, 0, 0, WEIR_TYPE_F32}, /* w_x */
    {WEIR_H, WEIR_H, 4, slots_2, NULL, 0, 0, WEIR_TYPE_F32}, /* w_h */
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

extern const struct weir_kernel weir_lstm_f32_i2_h64__neon;

const struct weir_kernel weir_lstm_f32_i2_h64__neon = {
    .contract = WEIR_CONTRACT,
    .name = "lstm_f32_i2_h64__neon",
    .cell = "lstm",
    .plan = "vectors=2,rows=6,batch_vectors=1,sums=0,hoist=0,hoist_batch=4,blend=0,fused=1,"
            "abreast=1,tails=1,prefetch=0,fetch_rows=0,serpentine=1",
    .isa = WEIR_NEON,
    .math = WEIR_INLINE,
    .type = WEIR_TYPE_F32,
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
    .byte_floats = NULL,
    .forward = forward,
};

WEIR_ISA_END
