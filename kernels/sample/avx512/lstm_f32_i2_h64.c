/* SPDX-License-Identifier: MIT */
/* Generated: weir-gen --cell lstm --input 2 --hidden 64 --isa avx512. Do not edit. Plan:
 * vectors=2 rows=6 batch_vectors=1 sums=0 hoist=0 hoist_batch=4 blend=0 fused=1 abreast=4
 * tails=1 prefetch=0 fetch_rows=0 serpentine=1. Per step and row: 33792 FLOP in products, 68608
 * bytes of weights. Per unit: 22 elementwise operations. */
#include "kernel.h"
#include "math_avx512.h"

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
    const float *bias0 = s->bias + block * 64;
    const float *bias1 = s->bias + (block + 1) * 64;
    __m512 i0_ = _mm512_load_ps(bias0 + 0);
    __m512 i1_ = _mm512_load_ps(bias1 + 0);
    __m512 f0_ = _mm512_load_ps(bias0 + 16);
    __m512 f1_ = _mm512_load_ps(bias1 + 16);
    __m512 g0_ = _mm512_load_ps(bias0 + 32);
    __m512 g1_ = _mm512_load_ps(bias1 + 32);
    __m512 o0_ = _mm512_load_ps(bias0 + 48);
    __m512 o1_ = _mm512_load_ps(bias1 + 48);
    const float *w_x0 = s->w_x + block * 128;
    const float *w_x1 = s->w_x + (block + 1) * 128;
    const float *x_row0_ = s->x + (ptrdiff_t)row * s->x_row;
    for (size_t k = 0; k < 2; k++) {
        const __m512 in0 = _mm512_set1_ps(x_row0_[k]);
        i0_ = _mm512_fmadd_ps(_mm512_load_ps(w_x0 + k * 64 + 0), in0, i0_);
        f0_ = _mm512_fmadd_ps(_mm512_load_ps(w_x0 + k * 64 + 16), in0, f0_);
        g0_ = _mm512_fmadd_ps(_mm512_load_ps(w_x0 + k * 64 + 32), in0, g0_);
        o0_ = _mm512_fmadd_ps(_mm512_load_ps(w_x0 + k * 64 + 48), in0, o0_);
        i1_ = _mm512_fmadd_ps(_mm512_load_ps(w_x1 + k * 64 + 0), in0, i1_);
        f1_ = _mm512_fmadd_ps(_mm512_load_ps(w_x1 + k * 64 + 16), in0, f1_);
        g1_ = _mm512_fmadd_ps(_mm512_load_ps(w_x1 + k * 64 + 32), in0, g1_);
        o1_ = _mm512_fmadd_ps(_mm512_load_ps(w_x1 + k * 64 + 48), in0, o1_);
    }
    const float *w_h0 = s->w_h + block * 4096;
    const float *w_h1 = s->w_h + (block + 1) * 4096;
    const float *h_row0_ = s->h_prev_ + row * 64;
    for (size_t k = 0; k < 64; k++) {
        const __m512 in0 = _mm512_set1_ps(h_row0_[k]);
        i0_ = _mm512_fmadd_ps(_mm512_load_ps(w_h0 + k * 64 + 0), in0, i0_);
        f0_ = _mm512_fmadd_ps(_mm512_load_ps(w_h0 + k * 64 + 16), in0, f0_);
        g0_ = _mm512_fmadd_ps(_mm512_load_ps(w_h0 + k * 64 + 32), in0, g0_);
        o0_ = _mm512_fmadd_ps(_mm512_load_ps(w_h0 + k * 64 + 48), in0, o0_);
        i1_ = _mm512_fmadd_ps(_mm512_load_ps(w_h1 + k * 64 + 0), in0, i1_);
        f1_ = _mm512_fmadd_ps(_mm512_load_ps(w_h1 + k * 64 + 16), in0, f1_);
        g1_ = _mm512_fmadd_ps(_mm512_load_ps(w_h1 + k * 64 + 32), in0, g1_);
        o1_ = _mm512_fmadd_ps(_mm512_load_ps(w_h1 + k * 64 + 48), in0, o1_);
    }
    {
        const size_t unit = block * 16;
        const size_t at = row * 64 + unit;
        const size_t unit2 = (block + 1) * 16;
        const size_t at2 = row * 64 + unit2;
        const __m512 c_prev_ = _mm512_load_ps(s->c_prev_ + at);
        const __m512 c_prev_2_ = _mm512_load_ps(s->c_prev_ + at2);
        const __m512 i_sum_ = i0_;
        const __m512 i_sum_2_ = i1_;
        const __m512 f_sum_ = f0_;
        const __m512 f_sum_2_ = f1_;
        const __m512 g_sum_ = g0_;
        const __m512 g_sum_2_ = g1_;
        const __m512 o_sum_ = o0_;
        const __m512 o_sum_2_ = o1_;
        const __m512 i_arg_ = v_clamp(i_sum_, _mm512_set1_ps(26.0f));
        const __m512 i_arg_2_ = v_clamp(i_sum_2_, _mm512_set1_ps(26.0f));
        const __m512 i_exp_ = v_exp2(i_arg_);
        const __m512 i_exp_2_ = v_exp2(i_arg_2_);
        const __m512 i_den_ = _mm512_add_ps(_mm512_set1_ps(1.0f), i_exp_);
        const __m512 i_den_2_ = _mm512_add_ps(_mm512_set1_ps(1.0f), i_exp_2_);
        const __m512 f_arg_ = v_clamp(f_sum_, _mm512_set1_ps(26.0f));
        const __m512 f_arg_2_ = v_clamp(f_sum_2_, _mm512_set1_ps(26.0f));
        const __m512 f_exp_ = v_exp2(f_arg_);
        const __m512 f_exp_2_ = v_exp2(f_arg_2_);
        const __m512 f_den_ = _mm512_add_ps(_mm512_set1_ps(1.0f), f_exp_);
        const __m512 f_den_2_ = _mm512_add_ps(_mm512_set1_ps(1.0f), f_exp_2_);
        const __m512 g_arg_ = v_clamp(g_sum_, _mm512_set1_ps(26.0f));
        const __m512 g_arg_2_ = v_clamp(g_sum_2_, _mm512_set1_ps(26.0f));
        const __m512 g_exp_ = v_exp2(g_arg_);
        const __m512 g_exp_2_ = v_exp2(g_arg_2_);
        const __m512 o_arg_ = v_clamp(o_sum_, _mm512_set1_ps(39.0f));
        const __m512 o_arg_2_ = v_clamp(o_sum_2_, _mm512_set1_ps(39.0f));
        const __m512 o_exp_ = v_exp2(o_arg_);
        const __m512 o_exp_2_ = v_exp2(o_arg_2_);
        const __m512 o_den_ = _mm512_add_ps(_mm512_set1_ps(1.0f), o_exp_);
        const __m512 o_den_2_ = _mm512_add_ps(_mm512_set1_ps(1.0f), o_exp_2_);
        const __m512 c_part_ = _mm512_fmadd_ps(i_den_, g_exp_, i_den_);
        const __m512 c_part_2_ = _mm512_fmadd_ps(i_den_2_, g_exp_2_, i_den_2_);
        const __m512 c_part_3_ = _mm512_fnmadd_ps(f_den_, g_exp_, f_den_);
        const __m512 c_part_4_ = _mm512_fnmadd_ps(f_den_2_, g_exp_2_, f_den_2_);
        const __m512 c_num_ = _mm512_fmadd_ps(c_prev_, c_part_, c_part_3_);
        const __m512 c_num_2_ = _mm512_fmadd_ps(c_prev_2_, c_part_2_, c_part_4_);
        const __m512 c_den_ = _mm512_fmadd_ps(c_part_, f_exp_, c_part_);
        const __m512 c_den_2_ = _mm512_fmadd_ps(c_part_2_, f_exp_2_, c_part_2_);
        const __m512 c_ = _mm512_div_ps(c_num_, c_den_); /* c' */
        _mm512_store_ps(s->c_next_ + at, c_);
        const __m512 c_2_ = _mm512_div_ps(c_num_2_, c_den_2_); /* c' */
        _mm512_store_ps(s->c_next_ + at2, c_2_);
        const __m512 h_part_ = v_mul(_mm512_set1_ps(-2.88539004f), c_);
        const __m512 h_part_2_ = v_mul(_mm512_set1_ps(-2.88539004f), c_2_);
        const __m512 h_arg_ = v_clamp(h_part_, _mm512_set1_ps(39.0f));
        const __m512 h_arg_2_ = v_clamp(h_part_2_, _mm512_set1_ps(39.0f));
        const __m512 h_exp_ = v_exp2(h_arg_);
        const __m512 h_exp_2_ = v_exp2(h_arg_2_);
        const __m512 h_num_ = _mm512_sub_ps(_mm512_set1_ps(1.0f), h_exp_);
        const __m512 h_num_2_ = _mm512_sub_ps(_mm512_set1_ps(1.0f), h_exp_2_);
        const __m512 h_den_ = _mm512_fmadd_ps(o_den_, h_exp_, o_den_);
        const __m512 h_den_2_ = _mm512_fmadd_ps(o_den_2_, h_exp_2_, o_den_2_);
        const __m512 h_ = _mm512_div_ps(h_num_, h_den_); /* h' */
        _mm512_store_ps(s->h_next_ + at, h_);
        float *y = s->y + (ptrdiff_t)row * s->y_row + unit;
        _mm512_storeu_ps(y, v_canonical(h_));
        const __m512 h_2_ = _mm512_div_ps(h_num_2_, h_den_2_); /* h' */
        _mm512_store_ps(s->h_next_ + at2, h_2_);
        float *y2 = s->y + (ptrdiff_t)row * s->y_row + unit2;
        _mm512_storeu_ps(y2, v_canonical(h_2_));
    }
}

WEIR_TILE tile_1x1(const struct step *s, size_t block, size_t row)
{
    const float *bias0 = s->bias + block * 64;
    __m512 i0_ = _mm512_load_ps(bias0 + 0);
    __m512 f0_ = _mm512_load_ps(bias0 + 16);
    __m512 g0_ = _mm512_load_ps(bias0 + 32);
    __m512 o0_ = _mm512_load_ps(bias0 + 48);
    const float *w_x0 = s->w_x + block * 128;
    const float *x_row0_ = s->x + (ptrdiff_t)row * s->x_row;
    for (size_t k = 0; k < 2; k++) {
        const __m512 in0 = _mm512_set1_ps(x_row0_[k]);
        i0_ = _mm512_fmadd_ps(_mm512_load_ps(w_x0 + k * 64 + 0), in0, i0_);
        f0_ = _mm512_fmadd_ps(_mm512_load_ps(w_x0 + k * 64 + 16), in0, f0_);
        g0_ = _mm512_fmadd_ps(_mm512_load_ps(w_x0 + k * 64 + 32), in0, g0_);
        o0_ = _mm512_fmadd_ps(_mm512_load_ps(w_x0 + k * 64 + 48), in0, o0_);
    }
    const float *w_h0 = s->w_h + block * 4096;
    const float *h_row0_ = s->h_prev_ + row * 64;
    for (size_t k = 0; k < 64; k++) {
        const __m512 in0 = _mm512_set1_ps(h_row0_[k]);
        i0_ = _mm512_fmadd_ps(_mm512_load_ps(w_h0 + k * 64 + 0), in0, i0_);
        f0_ = _mm512_fmadd_ps(_mm512_load_ps(w_h0 + k * 64 + 16), in0, f0_);
        g0_ = _mm512_fmadd_ps(_mm512_load_ps(w_h0 + k * 64 + 32), in0, g0_);
        o0_ = _mm512_fmadd_ps(_mm512_load_ps(w_h0 + k * 64 + 48), in0, o0_);
    }
    {
        const size_t unit = block * 16;
        const size_t at = row * 64 + unit;
        const __m512 c_prev_ = _mm512_load_ps(s->c_prev_ + at);
        const __m512 i_sum_ = i0_;
        const __m512 f_sum_ = f0_;
        const __m512 g_sum_ = g0_;
        const __m512 o_sum_ = o0_;
        const __m512 i_arg_ = v_clamp(i_sum_, _mm512_set1_ps(26.0f));
        const __m512 i_exp_ = v_exp2(i_arg_);
        const __m512 i_den_ = _mm512_add_ps(_mm512_set1_ps(1.0f), i_exp_);
        const __m512 f_arg_ = v_clamp(f_sum_, _mm512_set1_ps(26.0f));
        const __m512 f_exp_ = v_exp2(f_arg_);
        const __m512 f_den_ = _mm512_add_ps(_mm512_set1_ps(1.0f), f_exp_);
        const __m512 g_arg_ = v_clamp(g_sum_, _mm512_set1_ps(26.0f));
        const __m512 g_exp_ = v_exp2(g_arg_);
        const __m512 o_arg_ = v_clamp(o_sum_, _mm512_set1_ps(39.0f));
        const __m512 o_exp_ = v_exp2(o_arg_);
        const __m512 o_den_ = _mm512_add_ps(_mm512_set1_ps(1.0f), o_exp_);
        const __m512 c_part_ = _mm512_fmadd_ps(i_den_, g_exp_, i_den_);
        const __m512 c_part_2_ = _mm512_fnmadd_ps(f_den_, g_exp_, f_den_);
        const __m512 c_num_ = _mm512_fmadd_ps(c_prev_, c_part_, c_part_2_);
        const __m512 c_den_ = _mm512_fmadd_ps(c_part_, f_exp_, c_part_);
        const __m512 c_ = _mm512_div_ps(c_num_, c_den_); /* c' */
        _mm512_store_ps(s->c_next_ + at, c_);
        const __m512 h_part_ = v_mul(_mm512_set1_ps(-2.88539004f), c_);
        const __m512 h_arg_ = v_clamp(h_part_, _mm512_set1_ps(39.0f));
        const __m512 h_exp_ = v_exp2(h_arg_);
        const __m512 h_num_ = _mm512_sub_ps(_mm512_set1_ps(1.0f), h_exp_);
        const __m512 h_den_ = _mm512_fmadd_ps(o_den_, h_exp_, o_den_);
        const __m512 h_ = _mm512_div_ps(h_num_, h_den_); /* h' */
        _mm512_store_ps(s->h_next_ + at, h_);
        float *y = s->y + (ptrdiff_t)row * s->y_row + unit;
        _mm512_storeu_ps(y, v_canonical(h_));
    }
}

WEIR_TILE tile_2x1(const struct step *s, size_t block, size_t row, float *sums)
{
    const float *bias0 = s->bias + block * 64;
    __m512 i0_0_ = _mm512_load_ps(bias0 + 0);
    __m512 i0_1_ = i0_0_;
    __m512 f0_0_ = _mm512_load_ps(bias0 + 16);
    __m512 f0_1_ = f0_0_;
    __m512 g0_0_ = _mm512_load_ps(bias0 + 32);
    __m512 g0_1_ = g0_0_;
    __m512 o0_0_ = _mm512_load_ps(bias0 + 48);
    __m512 o0_1_ = o0_0_;
    const float *w_x0 = s->w_x + block * 128;
    const float *x_row0_ = s->x + (ptrdiff_t)row * s->x_row;
    const float *x_row1_ = s->x + (ptrdiff_t)(row + 1) * s->x_row;
    for (size_t k = 0; k < 2; k++) {
        const __m512 in0 = _mm512_set1_ps(x_row0_[k]);
        const __m512 in1 = _mm512_set1_ps(x_row1_[k]);
        const __m512 w0 = _mm512_load_ps(w_x0 + k * 64 + 0);
        i0_0_ = _mm512_fmadd_ps(w0, in0, i0_0_);
        i0_1_ = _mm512_fmadd_ps(w0, in1, i0_1_);
        const __m512 w1 = _mm512_load_ps(w_x0 + k * 64 + 16);
        f0_0_ = _mm512_fmadd_ps(w1, in0, f0_0_);
        f0_1_ = _mm512_fmadd_ps(w1, in1, f0_1_);
        const __m512 w2 = _mm512_load_ps(w_x0 + k * 64 + 32);
        g0_0_ = _mm512_fmadd_ps(w2, in0, g0_0_);
        g0_1_ = _mm512_fmadd_ps(w2, in1, g0_1_);
        const __m512 w3 = _mm512_load_ps(w_x0 + k * 64 + 48);
        o0_0_ = _mm512_fmadd_ps(w3, in0, o0_0_);
        o0_1_ = _mm512_fmadd_ps(w3, in1, o0_1_);
    }
    const float *w_h0 = s->w_h + block * 4096;
    const float *h_row0_ = s->h_prev_ + row * 64;
    const float *h_row1_ = s->h_prev_ + (row + 1) * 64;
    for (size_t k = 0; k < 64; k++) {
        const __m512 in0 = _mm512_set1_ps(h_row0_[k]);
        const __m512 in1 = _mm512_set1_ps(h_row1_[k]);
        const __m512 w0 = _mm512_load_ps(w_h0 + k * 64 + 0);
        i0_0_ = _mm512_fmadd_ps(w0, in0, i0_0_);
        i0_1_ = _mm512_fmadd_ps(w0, in1, i0_1_);
        const __m512 w1 = _mm512_load_ps(w_h0 + k * 64 + 16);
        f0_0_ = _mm512_fmadd_ps(w1, in0, f0_0_);
        f0_1_ = _mm512_fmadd_ps(w1, in1, f0_1_);
        const __m512 w2 = _mm512_load_ps(w_h0 + k * 64 + 32);
        g0_0_ = _mm512_fmadd_ps(w2, in0, g0_0_);
        g0_1_ = _mm512_fmadd_ps(w2, in1, g0_1_);
        const __m512 w3 = _mm512_load_ps(w_h0 + k * 64 + 48);
        o0_0_ = _mm512_fmadd_ps(w3, in0, o0_0_);
        o0_1_ = _mm512_fmadd_ps(w3, in1, o0_1_);
    }
    _mm512_store_ps(sums + 0, i0_0_);
    _mm512_store_ps(sums + 64, i0_1_);
    _mm512_store_ps(sums + 16, f0_0_);
    _mm512_store_ps(sums + 80, f0_1_);
    _mm512_store_ps(sums + 32, g0_0_);
    _mm512_store_ps(sums + 96, g0_1_);
    _mm512_store_ps(sums + 48, o0_0_);
    _mm512_store_ps(sums + 112, o0_1_);
}

WEIR_TILE tile_3x1(const struct step *s, size_t block, size_t row, float *sums)
{
    const float *bias0 = s->bias + block * 64;
    __m512 i0_0_ = _mm512_load_ps(bias0 + 0);
    __m512 i0_1_ = i0_0_;
    __m512 i0_2_ = i0_0_;
    __m512 f0_0_ = _mm512_load_ps(bias0 + 16);
    __m512 f0_1_ = f0_0_;
    __m512 f0_2_ = f0_0_;
    __m512 g0_0_ = _mm512_load_ps(bias0 + 32);
    __m512 g0_1_ = g0_0_;
    __m512 g0_2_ = g0_0_;
    __m512 o0_0_ = _mm512_load_ps(bias0 + 48);
    __m512 o0_1_ = o0_0_;
    __m512 o0_2_ = o0_0_;
    const float *w_x0 = s->w_x + block * 128;
    const float *x_row0_ = s->x + (ptrdiff_t)row * s->x_row;
    const float *x_row1_ = s->x + (ptrdiff_t)(row + 1) * s->x_row;
    const float *x_row2_ = s->x + (ptrdiff_t)(row + 2) * s->x_row;
    for (size_t k = 0; k < 2; k++) {
        const __m512 in0 = _mm512_set1_ps(x_row0_[k]);
        const __m512 in1 = _mm512_set1_ps(x_row1_[k]);
        const __m512 in2 = _mm512_set1_ps(x_row2_[k]);
        const __m512 w0 = _mm512_load_ps(w_x0 + k * 64 + 0);
        i0_0_ = _mm512_fmadd_ps(w0, in0, i0_0_);
        i0_1_ = _mm512_fmadd_ps(w0, in1, i0_1_);
        i0_2_ = _mm512_fmadd_ps(w0, in2, i0_2_);
        const __m512 w1 = _mm512_load_ps(w_x0 + k * 64 + 16);
        f0_0_ = _mm512_fmadd_ps(w1, in0, f0_0_);
        f0_1_ = _mm512_fmadd_ps(w1, in1, f0_1_);
        f0_2_ = _mm512_fmadd_ps(w1, in2, f0_2_);
        const __m512 w2 = _mm512_load_ps(w_x0 + k * 64 + 32);
        g0_0_ = _mm512_fmadd_ps(w2, in0, g0_0_);
        g0_1_ = _mm512_fmadd_ps(w2, in1, g0_1_);
        g0_2_ = _mm512_fmadd_ps(w2, in2, g0_2_);
        const __m512 w3 = _mm512_load_ps(w_x0 + k * 64 + 48);
        o0_0_ = _mm512_fmadd_ps(w3, in0, o0_0_);
        o0_1_ = _mm512_fmadd_ps(w3, in1, o0_1_);
        o0_2_ = _mm512_fmadd_ps(w3, in2, o0_2_);
    }
    const float *w_h0 = s->w_h + block * 4096;
    const float *h_row0_ = s->h_prev_ + row * 64;
    const float *h_row1_ = s->h_prev_ + (row + 1) * 64;
    const float *h_row2_ = s->h_prev_ + (row + 2) * 64;
    for (size_t k = 0; k < 64; k++) {
        const __m512 in0 = _mm512_set1_ps(h_row0_[k]);
        const __m512 in1 = _mm512_set1_ps(h_row1_[k]);
        const __m512 in2 = _mm512_set1_ps(h_row2_[k]);
        const __m512 w0 = _mm512_load_ps(w_h0 + k * 64 + 0);
        i0_0_ = _mm512_fmadd_ps(w0, in0, i0_0_);
        i0_1_ = _mm512_fmadd_ps(w0, in1, i0_1_);
        i0_2_ = _mm512_fmadd_ps(w0, in2, i0_2_);
        const __m512 w1 = _mm512_load_ps(w_h0 + k * 64 + 16);
        f0_0_ = _mm512_fmadd_ps(w1, in0, f0_0_);
        f0_1_ = _mm512_fmadd_ps(w1, in1, f0_1_);
        f0_2_ = _mm512_fmadd_ps(w1, in2, f0_2_);
        const __m512 w2 = _mm512_load_ps(w_h0 + k * 64 + 32);
        g0_0_ = _mm512_fmadd_ps(w2, in0, g0_0_);
        g0_1_ = _mm512_fmadd_ps(w2, in1, g0_1_);
        g0_2_ = _mm512_fmadd_ps(w2, in2, g0_2_);
        const __m512 w3 = _mm512_load_ps(w_h0 + k * 64 + 48);
        o0_0_ = _mm512_fmadd_ps(w3, in0, o0_0_);
        o0_1_ = _mm512_fmadd_ps(w3, in1, o0_1_);
        o0_2_ = _mm512_fmadd_ps(w3, in2, o0_2_);
    }
    _mm512_store_ps(sums + 0, i0_0_);
    _mm512_store_ps(sums + 64, i0_1_);
    _mm512_store_ps(sums + 128, i0_2_);
    _mm512_store_ps(sums + 16, f0_0_);
    _mm512_store_ps(sums + 80, f0_1_);
    _mm512_store_ps(sums + 144, f0_2_);
    _mm512_store_ps(sums + 32, g0_0_);
    _mm512_store_ps(sums + 96, g0_1_);
    _mm512_store_ps(sums + 160, g0_2_);
    _mm512_store_ps(sums + 48, o0_0_);
    _mm512_store_ps(sums + 112, o0_1_);
    _mm512_store_ps(sums + 176, o0_2_);
}

WEIR_TILE tile_4x1(const struct step *s, size_t block, size_t row, float *sums)
{
    const float *bias0 = s->bias + block * 64;
    __m512 i0_0_ = _mm512_load_ps(bias0 + 0);
    __m512 i0_1_ = i0_0_;
    __m512 i0_2_ = i0_0_;
    __m512 i0_3_ = i0_0_;
    __m512 f0_0_ = _mm512_load_ps(bias0 + 16);
    __m512 f0_1_ = f0_0_;
    __m512 f0_2_ = f0_0_;
    __m512 f0_3_ = f0_0_;
    __m512 g0_0_ = _mm512_load_ps(bias0 + 32);
    __m512 g0_1_ = g0_0_;
    __m512 g0_2_ = g0_0_;
    __m512 g0_3_ = g0_0_;
    __m512 o0_0_ = _mm512_load_ps(bias0 + 48);
    __m512 o0_1_ = o0_0_;
    __m512 o0_2_ = o0_0_;
    __m512 o0_3_ = o0_0_;
    const float *w_x0 = s->w_x + block * 128;
    const float *x_row0_ = s->x + (ptrdiff_t)row * s->x_row;
    const float *x_row1_ = s->x + (ptrdiff_t)(row + 1) * s->x_row;
    const float *x_row2_ = s->x + (ptrdiff_t)(row + 2) * s->x_row;
    const float *x_row3_ = s->x + (ptrdiff_t)(row + 3) * s->x_row;
    for (size_t k = 0; k < 2; k++) {
        const __m512 w0 = _mm512_load_ps(w_x0 + k * 64 + 0);
        const __m512 w1 = _mm512_load_ps(w_x0 + k * 64 + 16);
        const __m512 w2 = _mm512_load_ps(w_x0 + k * 64 + 32);
        const __m512 w3 = _mm512_load_ps(w_x0 + k * 64 + 48);
        const __m512 in0 = _mm512_set1_ps(x_row0_[k]);
        i0_0_ = _mm512_fmadd_ps(w0, in0, i0_0_);
        f0_0_ = _mm512_fmadd_ps(w1, in0, f0_0_);
        g0_0_ = _mm512_fmadd_ps(w2, in0, g0_0_);
        o0_0_ = _mm512_fmadd_ps(w3, in0, o0_0_);
        const __m512 in1 = _mm512_set1_ps(x_row1_[k]);
        i0_1_ = _mm512_fmadd_ps(w0, in1, i0_1_);
        f0_1_ = _mm512_fmadd_ps(w1, in1, f0_1_);
        g0_1_ = _mm512_fmadd_ps(w2, in1, g0_1_);
        o0_1_ = _mm512_fmadd_ps(w3, in1, o0_1_);
        const __m512 in2 = _mm512_set1_ps(x_row2_[k]);
        i0_2_ = _mm512_fmadd_ps(w0, in2, i0_2_);
        f0_2_ = _mm512_fmadd_ps(w1, in2, f0_2_);
        g0_2_ = _mm512_fmadd_ps(w2, in2, g0_2_);
        o0_2_ = _mm512_fmadd_ps(w3, in2, o0_2_);
        const __m512 in3 = _mm512_set1_ps(x_row3_[k]);
        i0_3_ = _mm512_fmadd_ps(w0, in3, i0_3_);
        f0_3_ = _mm512_fmadd_ps(w1, in3, f0_3_);
        g0_3_ = _mm512_fmadd_ps(w2, in3, g0_3_);
        o0_3_ = _mm512_fmadd_ps(w3, in3, o0_3_);
    }
    const float *w_h0 = s->w_h + block * 4096;
    const float *h_row0_ = s->h_prev_ + row * 64;
    const float *h_row1_ = s->h_prev_ + (row + 1) * 64;
    const float *h_row2_ = s->h_prev_ + (row + 2) * 64;
    const float *h_row3_ = s->h_prev_ + (row + 3) * 64;
    for (size_t k = 0; k < 64; k++) {
        const __m512 w0 = _mm512_load_ps(w_h0 + k * 64 + 0);
        const __m512 w1 = _mm512_load_ps(w_h0 + k * 64 + 16);
        const __m512 w2 = _mm512_load_ps(w_h0 + k * 64 + 32);
        const __m512 w3 = _mm512_load_ps(w_h0 + k * 64 + 48);
        const __m512 in0 = _mm512_set1_ps(h_row0_[k]);
        i0_0_ = _mm512_fmadd_ps(w0, in0, i0_0_);
        f0_0_ = _mm512_fmadd_ps(w1, in0, f0_0_);
        g0_0_ = _mm512_fmadd_ps(w2, in0, g0_0_);
        o0_0_ = _mm512_fmadd_ps(w3, in0, o0_0_);
        const __m512 in1 = _mm512_set1_ps(h_row1_[k]);
        i0_1_ = _mm512_fmadd_ps(w0, in1, i0_1_);
        f0_1_ = _mm512_fmadd_ps(w1, in1, f0_1_);
        g0_1_ = _mm512_fmadd_ps(w2, in1, g0_1_);
        o0_1_ = _mm512_fmadd_ps(w3, in1, o0_1_);
        const __m512 in2 = _mm512_set1_ps(h_row2_[k]);
        i0_2_ = _mm512_fmadd_ps(w0, in2, i0_2_);
        f0_2_ = _mm512_fmadd_ps(w1, in2, f0_2_);
        g0_2_ = _mm512_fmadd_ps(w2, in2, g0_2_);
        o0_2_ = _mm512_fmadd_ps(w3, in2, o0_2_);
        const __m512 in3 = _mm512_set1_ps(h_row3_[k]);
        i0_3_ = _mm512_fmadd_ps(w0, in3, i0_3_);
        f0_3_ = _mm512_fmadd_ps(w1, in3, f0_3_);
        g0_3_ = _mm512_fmadd_ps(w2, in3, g0_3_);
        o0_3_ = _mm512_fmadd_ps(w3, in3, o0_3_);
    }
    _mm512_store_ps(sums + 0, i0_0_);
    _mm512_store_ps(sums + 64, i0_1_);
    _mm512_store_ps(sums + 128, i0_2_);
    _mm512_store_ps(sums + 192, i0_3_);
    _mm512_store_ps(sums + 16, f0_0_);
    _mm512_store_ps(sums + 80, f0_1_);
    _mm512_store_ps(sums + 144, f0_2_);
    _mm512_store_ps(sums + 208, f0_3_);
    _mm512_store_ps(sums + 32, g0_0_);
    _mm512_store_ps(sums + 96, g0_1_);
    _mm512_store_ps(sums + 160, g0_2_);
    _mm512_store_ps(sums + 224, g0_3_);
    _mm512_store_ps(sums + 48, o0_0_);
    _mm512_store_ps(sums + 112, o0_1_);
    _mm512_store_ps(sums + 176, o0_2_);
    _mm512_store_ps(sums + 240, o0_3_);
}

WEIR_TILE tile_5x1(const struct step *s, size_t block, size_t row, float *sums)
{
    const float *bias0 = s->bias + block * 64;
    __m512 i0_0_ = _mm512_load_ps(bias0 + 0);
    __m512 i0_1_ = i0_0_;
    __m512 i0_2_ = i0_0_;
    __m512 i0_3_ = i0_0_;
    __m512 i0_4_ = i0_0_;
    __m512 f0_0_ = _mm512_load_ps(bias0 + 16);
    __m512 f0_1_ = f0_0_;
    __m512 f0_2_ = f0_0_;
    __m512 f0_3_ = f0_0_;
    __m512 f0_4_ = f0_0_;
    __m512 g0_0_ = _mm512_load_ps(bias0 + 32);
    __m512 g0_1_ = g0_0_;
    __m512 g0_2_ = g0_0_;
    __m512 g0_3_ = g0_0_;
    __m512 g0_4_ = g0_0_;
    __m512 o0_0_ = _mm512_load_ps(bias0 + 48);
    __m512 o0_1_ = o0_0_;
    __m512 o0_2_ = o0_0_;
    __m512 o0_3_ = o0_0_;
    __m512 o0_4_ = o0_0_;
    const float *w_x0 = s->w_x + block * 128;
    const float *x_row0_ = s->x + (ptrdiff_t)row * s->x_row;
    const float *x_row1_ = s->x + (ptrdiff_t)(row + 1) * s->x_row;
    const float *x_row2_ = s->x + (ptrdiff_t)(row + 2) * s->x_row;
    const float *x_row3_ = s->x + (ptrdiff_t)(row + 3) * s->x_row;
    const float *x_row4_ = s->x + (ptrdiff_t)(row + 4) * s->x_row;
    for (size_t k = 0; k < 2; k++) {
        const __m512 w0 = _mm512_load_ps(w_x0 + k * 64 + 0);
        const __m512 w1 = _mm512_load_ps(w_x0 + k * 64 + 16);
        const __m512 w2 = _mm512_load_ps(w_x0 + k * 64 + 32);
        const __m512 w3 = _mm512_load_ps(w_x0 + k * 64 + 48);
        const __m512 in0 = _mm512_set1_ps(x_row0_[k]);
        i0_0_ = _mm512_fmadd_ps(w0, in0, i0_0_);
        f0_0_ = _mm512_fmadd_ps(w1, in0, f0_0_);
        g0_0_ = _mm512_fmadd_ps(w2, in0, g0_0_);
        o0_0_ = _mm512_fmadd_ps(w3, in0, o0_0_);
        const __m512 in1 = _mm512_set1_ps(x_row1_[k]);
        i0_1_ = _mm512_fmadd_ps(w0, in1, i0_1_);
        f0_1_ = _mm512_fmadd_ps(w1, in1, f0_1_);
        g0_1_ = _mm512_fmadd_ps(w2, in1, g0_1_);
        o0_1_ = _mm512_fmadd_ps(w3, in1, o0_1_);
        const __m512 in2 = _mm512_set1_ps(x_row2_[k]);
        i0_2_ = _mm512_fmadd_ps(w0, in2, i0_2_);
        f0_2_ = _mm512_fmadd_ps(w1, in2, f0_2_);
        g0_2_ = _mm512_fmadd_ps(w2, in2, g0_2_);
        o0_2_ = _mm512_fmadd_ps(w3, in2, o0_2_);
        const __m512 in3 = _mm512_set1_ps(x_row3_[k]);
        i0_3_ = _mm512_fmadd_ps(w0, in3, i0_3_);
        f0_3_ = _mm512_fmadd_ps(w1, in3, f0_3_);
        g0_3_ = _mm512_fmadd_ps(w2, in3, g0_3_);
        o0_3_ = _mm512_fmadd_ps(w3, in3, o0_3_);
        const __m512 in4 = _mm512_set1_ps(x_row4_[k]);
        i0_4_ = _mm512_fmadd_ps(w0, in4, i0_4_);
        f0_4_ = _mm512_fmadd_ps(w1, in4, f0_4_);
        g0_4_ = _mm512_fmadd_ps(w2, in4, g0_4_);
        o0_4_ = _mm512_fmadd_ps(w3, in4, o0_4_);
    }
    const float *w_h0 = s->w_h + block * 4096;
    const float *h_row0_ = s->h_prev_ + row * 64;
    const float *h_row1_ = s->h_prev_ + (row + 1) * 64;
    const float *h_row2_ = s->h_prev_ + (row + 2) * 64;
    const float *h_row3_ = s->h_prev_ + (row + 3) * 64;
    const float *h_row4_ = s->h_prev_ + (row + 4) * 64;
    for (size_t k = 0; k < 64; k++) {
        const __m512 w0 = _mm512_load_ps(w_h0 + k * 64 + 0);
        const __m512 w1 = _mm512_load_ps(w_h0 + k * 64 + 16);
        const __m512 w2 = _mm512_load_ps(w_h0 + k * 64 + 32);
        const __m512 w3 = _mm512_load_ps(w_h0 + k * 64 + 48);
        const __m512 in0 = _mm512_set1_ps(h_row0_[k]);
        i0_0_ = _mm512_fmadd_ps(w0, in0, i0_0_);
        f0_0_ = _mm512_fmadd_ps(w1, in0, f0_0_);
        g0_0_ = _mm512_fmadd_ps(w2, in0, g0_0_);
        o0_0_ = _mm512_fmadd_ps(w3, in0, o0_0_);
        const __m512 in1 = _mm512_set1_ps(h_row1_[k]);
        i0_1_ = _mm512_fmadd_ps(w0, in1, i0_1_);
        f0_1_ = _mm512_fmadd_ps(w1, in1, f0_1_);
        g0_1_ = _mm512_fmadd_ps(w2, in1, g0_1_);
        o0_1_ = _mm512_fmadd_ps(w3, in1, o0_1_);
        const __m512 in2 = _mm512_set1_ps(h_row2_[k]);
        i0_2_ = _mm512_fmadd_ps(w0, in2, i0_2_);
        f0_2_ = _mm512_fmadd_ps(w1, in2, f0_2_);
        g0_2_ = _mm512_fmadd_ps(w2, in2, g0_2_);
        o0_2_ = _mm512_fmadd_ps(w3, in2, o0_2_);
        const __m512 in3 = _mm512_set1_ps(h_row3_[k]);
        i0_3_ = _mm512_fmadd_ps(w0, in3, i0_3_);
        f0_3_ = _mm512_fmadd_ps(w1, in3, f0_3_);
        g0_3_ = _mm512_fmadd_ps(w2, in3, g0_3_);
        o0_3_ = _mm512_fmadd_ps(w3, in3, o0_3_);
        const __m512 in4 = _mm512_set1_ps(h_row4_[k]);
        i0_4_ = _mm512_fmadd_ps(w0, in4, i0_4_);
        f0_4_ = _mm512_fmadd_ps(w1, in4, f0_4_);
        g0_4_ = _mm512_fmadd_ps(w2, in4, g0_4_);
        o0_4_ = _mm512_fmadd_ps(w3, in4, o0_4_);
    }
    _mm512_store_ps(sums + 0, i0_0_);
    _mm512_store_ps(sums + 64, i0_1_);
    _mm512_store_ps(sums + 128, i0_2_);
    _mm512_store_ps(sums + 192, i0_3_);
    _mm512_store_ps(sums + 256, i0_4_);
    _mm512_store_ps(sums + 16, f0_0_);
    _mm512_store_ps(sums + 80, f0_1_);
    _mm512_store_ps(sums + 144, f0_2_);
    _mm512_store_ps(sums + 208, f0_3_);
    _mm512_store_ps(sums + 272, f0_4_);
    _mm512_store_ps(sums + 32, g0_0_);
    _mm512_store_ps(sums + 96, g0_1_);
    _mm512_store_ps(sums + 160, g0_2_);
    _mm512_store_ps(sums + 224, g0_3_);
    _mm512_store_ps(sums + 288, g0_4_);
    _mm512_store_ps(sums + 48, o0_0_);
    _mm512_store_ps(sums + 112, o0_1_);
    _mm512_store_ps(sums + 176, o0_2_);
    _mm512_store_ps(sums + 240, o0_3_);
    _mm512_store_ps(sums + 304, o0_4_);
}

WEIR_TILE tile_6x1(const struct step *s, size_t block, size_t row, float *sums)
{
    const float *bias0 = s->bias + block * 64;
    __m512 i0_0_ = _mm512_load_ps(bias0 + 0);
    __m512 i0_1_ = i0_0_;
    __m512 i0_2_ = i0_0_;
    __m512 i0_3_ = i0_0_;
    __m512 i0_4_ = i0_0_;
    __m512 i0_5_ = i0_0_;
    __m512 f0_0_ = _mm512_load_ps(bias0 + 16);
    __m512 f0_1_ = f0_0_;
    __m512 f0_2_ = f0_0_;
    __m512 f0_3_ = f0_0_;
    __m512 f0_4_ = f0_0_;
    __m512 f0_5_ = f0_0_;
    __m512 g0_0_ = _mm512_load_ps(bias0 + 32);
    __m512 g0_1_ = g0_0_;
    __m512 g0_2_ = g0_0_;
    __m512 g0_3_ = g0_0_;
    __m512 g0_4_ = g0_0_;
    __m512 g0_5_ = g0_0_;
    __m512 o0_0_ = _mm512_load_ps(bias0 + 48);
    __m512 o0_1_ = o0_0_;
    __m512 o0_2_ = o0_0_;
    __m512 o0_3_ = o0_0_;
    __m512 o0_4_ = o0_0_;
    __m512 o0_5_ = o0_0_;
    const float *w_x0 = s->w_x + block * 128;
    const float *x_row0_ = s->x + (ptrdiff_t)row * s->x_row;
    const float *x_row1_ = s->x + (ptrdiff_t)(row + 1) * s->x_row;
    const float *x_row2_ = s->x + (ptrdiff_t)(row + 2) * s->x_row;
    const float *x_row3_ = s->x + (ptrdiff_t)(row + 3) * s->x_row;
    const float *x_row4_ = s->x + (ptrdiff_t)(row + 4) * s->x_row;
    const float *x_row5_ = s->x + (ptrdiff_t)(row + 5) * s->x_row;
    for (size_t k = 0; k < 2; k++) {
        const __m512 w0 = _mm512_load_ps(w_x0 + k * 64 + 0);
        const __m512 w1 = _mm512_load_ps(w_x0 + k * 64 + 16);
        const __m512 w2 = _mm512_load_ps(w_x0 + k * 64 + 32);
        const __m512 w3 = _mm512_load_ps(w_x0 + k * 64 + 48);
        const __m512 in0 = _mm512_set1_ps(x_row0_[k]);
        i0_0_ = _mm512_fmadd_ps(w0, in0, i0_0_);
        f0_0_ = _mm512_fmadd_ps(w1, in0, f0_0_);
        g0_0_ = _mm512_fmadd_ps(w2, in0, g0_0_);
        o0_0_ = _mm512_fmadd_ps(w3, in0, o0_0_);
        const __m512 in1 = _mm512_set1_ps(x_row1_[k]);
        i0_1_ = _mm512_fmadd_ps(w0, in1, i0_1_);
        f0_1_ = _mm512_fmadd_ps(w1, in1, f0_1_);
        g0_1_ = _mm512_fmadd_ps(w2, in1, g0_1_);
        o0_1_ = _mm512_fmadd_ps(w3, in1, o0_1_);
        const __m512 in2 = _mm512_set1_ps(x_row2_[k]);
        i0_2_ = _mm512_fmadd_ps(w0, in2, i0_2_);
        f0_2_ = _mm512_fmadd_ps(w1, in2, f0_2_);
        g0_2_ = _mm512_fmadd_ps(w2, in2, g0_2_);
        o0_2_ = _mm512_fmadd_ps(w3, in2, o0_2_);
        const __m512 in3 = _mm512_set1_ps(x_row3_[k]);
        i0_3_ = _mm512_fmadd_ps(w0, in3, i0_3_);
        f0_3_ = _mm512_fmadd_ps(w1, in3, f0_3_);
        g0_3_ = _mm512_fmadd_ps(w2, in3, g0_3_);
        o0_3_ = _mm512_fmadd_ps(w3, in3, o0_3_);
        const __m512 in4 = _mm512_set1_ps(x_row4_[k]);
        i0_4_ = _mm512_fmadd_ps(w0, in4, i0_4_);
        f0_4_ = _mm512_fmadd_ps(w1, in4, f0_4_);
        g0_4_ = _mm512_fmadd_ps(w2, in4, g0_4_);
        o0_4_ = _mm512_fmadd_ps(w3, in4, o0_4_);
        const __m512 in5 = _mm512_set1_ps(x_row5_[k]);
        i0_5_ = _mm512_fmadd_ps(w0, in5, i0_5_);
        f0_5_ = _mm512_fmadd_ps(w1, in5, f0_5_);
        g0_5_ = _mm512_fmadd_ps(w2, in5, g0_5_);
        o0_5_ = _mm512_fmadd_ps(w3, in5, o0_5_);
    }
    const float *w_h0 = s->w_h + block * 4096;
    const float *h_row0_ = s->h_prev_ + row * 64;
    const float *h_row1_ = s->h_prev_ + (row + 1) * 64;
    const float *h_row2_ = s->h_prev_ + (row + 2) * 64;
    const float *h_row3_ = s->h_prev_ + (row + 3) * 64;
    const float *h_row4_ = s->h_prev_ + (row + 4) * 64;
    const float *h_row5_ = s->h_prev_ + (row + 5) * 64;
    for (size_t k = 0; k < 64; k++) {
        const __m512 w0 = _mm512_load_ps(w_h0 + k * 64 + 0);
        const __m512 w1 = _mm512_load_ps(w_h0 + k * 64 + 16);
        const __m512 w2 = _mm512_load_ps(w_h0 + k * 64 + 32);
        const __m512 w3 = _mm512_load_ps(w_h0 + k * 64 + 48);
        const __m512 in0 = _mm512_set1_ps(h_row0_[k]);
        i0_0_ = _mm512_fmadd_ps(w0, in0, i0_0_);
        f0_0_ = _mm512_fmadd_ps(w1, in0, f0_0_);
        g0_0_ = _mm512_fmadd_ps(w2, in0, g0_0_);
        o0_0_ = _mm512_fmadd_ps(w3, in0, o0_0_);
        const __m512 in1 = _mm512_set1_ps(h_row1_[k]);
        i0_1_ = _mm512_fmadd_ps(w0, in1, i0_1_);
        f0_1_ = _mm512_fmadd_ps(w1, in1, f0_1_);
        g0_1_ = _mm512_fmadd_ps(w2, in1, g0_1_);
        o0_1_ = _mm512_fmadd_ps(w3, in1, o0_1_);
        const __m512 in2 = _mm512_set1_ps(h_row2_[k]);
        i0_2_ = _mm512_fmadd_ps(w0, in2, i0_2_);
        f0_2_ = _mm512_fmadd_ps(w1, in2, f0_2_);
        g0_2_ = _mm512_fmadd_ps(w2, in2, g0_2_);
        o0_2_ = _mm512_fmadd_ps(w3, in2, o0_2_);
        const __m512 in3 = _mm512_set1_ps(h_row3_[k]);
        i0_3_ = _mm512_fmadd_ps(w0, in3, i0_3_);
        f0_3_ = _mm512_fmadd_ps(w1, in3, f0_3_);
        g0_3_ = _mm512_fmadd_ps(w2, in3, g0_3_);
        o0_3_ = _mm512_fmadd_ps(w3, in3, o0_3_);
        const __m512 in4 = _mm512_set1_ps(h_row4_[k]);
        i0_4_ = _mm512_fmadd_ps(w0, in4, i0_4_);
        f0_4_ = _mm512_fmadd_ps(w1, in4, f0_4_);
        g0_4_ = _mm512_fmadd_ps(w2, in4, g0_4_);
        o0_4_ = _mm512_fmadd_ps(w3, in4, o0_4_);
        const __m512 in5 = _mm512_set1_ps(h_row5_[k]);
        i0_5_ = _mm512_fmadd_ps(w0, in5, i0_5_);
        f0_5_ = _mm512_fmadd_ps(w1, in5, f0_5_);
        g0_5_ = _mm512_fmadd_ps(w2, in5, g0_5_);
        o0_5_ = _mm512_fmadd_ps(w3, in5, o0_5_);
    }
    _mm512_store_ps(sums + 0, i0_0_);
    _mm512_store_ps(sums + 64, i0_1_);
    _mm512_store_ps(sums + 128, i0_2_);
    _mm512_store_ps(sums + 192, i0_3_);
    _mm512_store_ps(sums + 256, i0_4_);
    _mm512_store_ps(sums + 320, i0_5_);
    _mm512_store_ps(sums + 16, f0_0_);
    _mm512_store_ps(sums + 80, f0_1_);
    _mm512_store_ps(sums + 144, f0_2_);
    _mm512_store_ps(sums + 208, f0_3_);
    _mm512_store_ps(sums + 272, f0_4_);
    _mm512_store_ps(sums + 336, f0_5_);
    _mm512_store_ps(sums + 32, g0_0_);
    _mm512_store_ps(sums + 96, g0_1_);
    _mm512_store_ps(sums + 160, g0_2_);
    _mm512_store_ps(sums + 224, g0_3_);
    _mm512_store_ps(sums + 288, g0_4_);
    _mm512_store_ps(sums + 352, g0_5_);
    _mm512_store_ps(sums + 48, o0_0_);
    _mm512_store_ps(sums + 112, o0_1_);
    _mm512_store_ps(sums + 176, o0_2_);
    _mm512_store_ps(sums + 240, o0_3_);
    _mm512_store_ps(sums + 304, o0_4_);
    _mm512_store_ps(sums + 368, o0_5_);
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

WEIR_TILE units_2(const struct step *s, size_t block, size_t vectors, size_t row, const float *sums)
{
    const float *sums1 = sums + 64 * vectors;
    for (size_t v = 0; v < vectors; v++) {
        const size_t unit = (block + v) * 16;
        const size_t at = row * 64 + unit;
        const size_t at1 = (row + 1) * 64 + unit;
        const __m512 c_prev_ = _mm512_load_ps(s->c_prev_ + at);
        const __m512 c_prev_row1_ = _mm512_load_ps(s->c_prev_ + at1);
        const __m512 i_sum_ = _mm512_load_ps(sums + v * 16);
        const __m512 i_sum_row1_ = _mm512_load_ps(sums1 + v * 16);
        const __m512 f_sum_ = _mm512_load_ps(sums + (1 * vectors + v) * 16);
        const __m512 f_sum_row1_ = _mm512_load_ps(sums1 + (1 * vectors + v) * 16);
        const __m512 g_sum_ = _mm512_load_ps(sums + (2 * vectors + v) * 16);
        const __m512 g_sum_row1_ = _mm512_load_ps(sums1 + (2 * vectors + v) * 16);
        const __m512 o_sum_ = _mm512_load_ps(sums + (3 * vectors + v) * 16);
        const __m512 o_sum_row1_ = _mm512_load_ps(sums1 + (3 * vectors + v) * 16);
        const __m512 i_arg_ = v_clamp(i_sum_, _mm512_set1_ps(26.0f));
        const __m512 i_arg_row1_ = v_clamp(i_sum_row1_, _mm512_set1_ps(26.0f));
        const __m512 i_exp_ = v_exp2(i_arg_);
        const __m512 i_exp_row1_ = v_exp2(i_arg_row1_);
        const __m512 i_den_ = _mm512_add_ps(_mm512_set1_ps(1.0f), i_exp_);
        const __m512 i_den_row1_ = _mm512_add_ps(_mm512_set1_ps(1.0f), i_exp_row1_);
        const __m512 f_arg_ = v_clamp(f_sum_, _mm512_set1_ps(26.0f));
        const __m512 f_arg_row1_ = v_clamp(f_sum_row1_, _mm512_set1_ps(26.0f));
        const __m512 f_exp_ = v_exp2(f_arg_);
        const __m512 f_exp_row1_ = v_exp2(f_arg_row1_);
        const __m512 f_den_ = _mm512_add_ps(_mm512_set1_ps(1.0f), f_exp_);
        const __m512 f_den_row1_ = _mm512_add_ps(_mm512_set1_ps(1.0f), f_exp_row1_);
        const __m512 g_arg_ = v_clamp(g_sum_, _mm512_set1_ps(26.0f));
        const __m512 g_arg_row1_ = v_clamp(g_sum_row1_, _mm512_set1_ps(26.0f));
        const __m512 g_exp_ = v_exp2(g_arg_);
        const __m512 g_exp_row1_ = v_exp2(g_arg_row1_);
        const __m512 o_arg_ = v_clamp(o_sum_, _mm512_set1_ps(39.0f));
        const __m512 o_arg_row1_ = v_clamp(o_sum_row1_, _mm512_set1_ps(39.0f));
        const __m512 o_exp_ = v_exp2(o_arg_);
        const __m512 o_exp_row1_ = v_exp2(o_arg_row1_);
        const __m512 o_den_ = _mm512_add_ps(_mm512_set1_ps(1.0f), o_exp_);
        const __m512 o_den_row1_ = _mm512_add_ps(_mm512_set1_ps(1.0f), o_exp_row1_);
        const __m512 c_part_ = _mm512_fmadd_ps(i_den_, g_exp_, i_den_);
        const __m512 c_part_row1_ = _mm512_fmadd_ps(i_den_row1_, g_exp_row1_, i_den_row1_);
        const __m512 c_part_2_ = _mm512_fnmadd_ps(f_den_, g_exp_, f_den_);
        const __m512 c_part_row1_2_ = _mm512_fnmadd_ps(f_den_row1_, g_exp_row1_, f_den_row1_);
        const __m512 c_num_ = _mm512_fmadd_ps(c_prev_, c_part_, c_part_2_);
        const __m512 c_num_row1_ = _mm512_fmadd_ps(c_prev_row1_, c_part_row1_, c_part_row1_2_);
        const __m512 c_den_ = _mm512_fmadd_ps(c_part_, f_exp_, c_part_);
        const __m512 c_den_row1_ = _mm512_fmadd_ps(c_part_row1_, f_exp_row1_, c_part_row1_);
        const __m512 c_ = _mm512_div_ps(c_num_, c_den_); /* c' */
        _mm512_store_ps(s->c_next_ + at, c_);
        const __m512 c_row1_ = _mm512_div_ps(c_num_row1_, c_den_row1_); /* c' */
        _mm512_store_ps(s->c_next_ + at1, c_row1_);
        const __m512 h_part_ = v_mul(_mm512_set1_ps(-2.88539004f), c_);
        const __m512 h_part_row1_ = v_mul(_mm512_set1_ps(-2.88539004f), c_row1_);
        const __m512 h_arg_ = v_clamp(h_part_, _mm512_set1_ps(39.0f));
        const __m512 h_arg_row1_ = v_clamp(h_part_row1_, _mm512_set1_ps(39.0f));
        const __m512 h_exp_ = v_exp2(h_arg_);
        const __m512 h_exp_row1_ = v_exp2(h_arg_row1_);
        const __m512 h_num_ = _mm512_sub_ps(_mm512_set1_ps(1.0f), h_exp_);
        const __m512 h_num_row1_ = _mm512_sub_ps(_mm512_set1_ps(1.0f), h_exp_row1_);
        const __m512 h_den_ = _mm512_fmadd_ps(o_den_, h_exp_, o_den_);
        const __m512 h_den_row1_ = _mm512_fmadd_ps(o_den_row1_, h_exp_row1_, o_den_row1_);
        const __m512 h_ = _mm512_div_ps(h_num_, h_den_); /* h' */
        _mm512_store_ps(s->h_next_ + at, h_);
        float *y = s->y + (ptrdiff_t)row * s->y_row + unit;
        _mm512_storeu_ps(y, v_canonical(h_));
        const __m512 h_row1_ = _mm512_div_ps(h_num_row1_, h_den_row1_); /* h' */
        _mm512_store_ps(s->h_next_ + at1, h_row1_);
        float *y1 = s->y + (ptrdiff_t)(row + 1) * s->y_row + unit;
        _mm512_storeu_ps(y1, v_canonical(h_row1_));
    }
}

WEIR_TILE units_3(const struct step *s, size_t block, size_t vectors, size_t row, const float *sums)
{
    const float *sums1 = sums + 64 * vectors;
    const float *sums2 = sums + 128 * vectors;
    for (size_t v = 0; v < vectors; v++) {
        const size_t unit = (block + v) * 16;
        const size_t at = row * 64 + unit;
        const size_t at1 = (row + 1) * 64 + unit;
        const size_t at2 = (row + 2) * 64 + unit;
        const __m512 c_prev_ = _mm512_load_ps(s->c_prev_ + at);
        const __m512 c_prev_row1_ = _mm512_load_ps(s->c_prev_ + at1);
        const __m512 c_prev_row2_ = _mm512_load_ps(s->c_prev_ + at2);
        const __m512 i_sum_ = _mm512_load_ps(sums + v * 16);
        const __m512 i_sum_row1_ = _mm512_load_ps(sums1 + v * 16);
        const __m512 i_sum_row2_ = _mm512_load_ps(sums2 + v * 16);
        const __m512 f_sum_ = _mm512_load_ps(sums + (1 * vectors + v) * 16);
        const __m512 f_sum_row1_ = _mm512_load_ps(sums1 + (1 * vectors + v) * 16);
        const __m512 f_sum_row2_ = _mm512_load_ps(sums2 + (1 * vectors + v) * 16);
        const __m512 g_sum_ = _mm512_load_ps(sums + (2 * vectors + v) * 16);
        const __m512 g_sum_row1_ = _mm512_load_ps(sums1 + (2 * vectors + v) * 16);
        const __m512 g_sum_row2_ = _mm512_load_ps(sums2 + (2 * vectors + v) * 16);
        const __m512 o_sum_ = _mm512_load_ps(sums + (3 * vectors + v) * 16);
        const __m512 o_sum_row1_ = _mm512_load_ps(sums1 + (3 * vectors + v) * 16);
        const __m512 o_sum_row2_ = _mm512_load_ps(sums2 + (3 * vectors + v) * 16);
        const __m512 i_arg_ = v_clamp(i_sum_, _mm512_set1_ps(26.0f));
        const __m512 i_arg_row1_ = v_clamp(i_sum_row1_, _mm512_set1_ps(26.0f));
        const __m512 i_arg_row2_ = v_clamp(i_sum_row2_, _mm512_set1_ps(26.0f));
        const __m512 i_exp_ = v_exp2(i_arg_);
        const __m512 i_exp_row1_ = v_exp2(i_arg_row1_);
        const __m512 i_exp_row2_ = v_exp2(i_arg_row2_);
        const __m512 i_den_ = _mm512_add_ps(_mm512_set1_ps(1.0f), i_exp_);
        const __m512 i_den_row1_ = _mm512_add_ps(_mm512_set1_ps(1.0f), i_exp_row1_);
        const __m512 i_den_row2_ = _mm512_add_ps(_mm512_set1_ps(1.0f), i_exp_row2_);
        const __m512 f_arg_ = v_clamp(f_sum_, _mm512_set1_ps(26.0f));
        const __m512 f_arg_row1_ = v_clamp(f_sum_row1_, _mm512_set1_ps(26.0f));
        const __m512 f_arg_row2_ = v_clamp(f_sum_row2_, _mm512_set1_ps(26.0f));
        const __m512 f_exp_ = v_exp2(f_arg_);
        const __m512 f_exp_row1_ = v_exp2(f_arg_row1_);
        const __m512 f_exp_row2_ = v_exp2(f_arg_row2_);
        const __m512 f_den_ = _mm512_add_ps(_mm512_set1_ps(1.0f), f_exp_);
        const __m512 f_den_row1_ = _mm512_add_ps(_mm512_set1_ps(1.0f), f_exp_row1_);
        const __m512 f_den_row2_ = _mm512_add_ps(_mm512_set1_ps(1.0f), f_exp_row2_);
        const __m512 g_arg_ = v_clamp(g_sum_, _mm512_set1_ps(26.0f));
        const __m512 g_arg_row1_ = v_clamp(g_sum_row1_, _mm512_set1_ps(26.0f));
        const __m512 g_arg_row2_ = v_clamp(g_sum_row2_, _mm512_set1_ps(26.0f));
        const __m512 g_exp_ = v_exp2(g_arg_);
        const __m512 g_exp_row1_ = v_exp2(g_arg_row1_);
        const __m512 g_exp_row2_ = v_exp2(g_arg_row2_);
        const __m512 o_arg_ = v_clamp(o_sum_, _mm512_set1_ps(39.0f));
        const __m512 o_arg_row1_ = v_clamp(o_sum_row1_, _mm512_set1_ps(39.0f));
        const __m512 o_arg_row2_ = v_clamp(o_sum_row2_, _mm512_set1_ps(39.0f));
        const __m512 o_exp_ = v_exp2(o_arg_);
        const __m512 o_exp_row1_ = v_exp2(o_arg_row1_);
        const __m512 o_exp_row2_ = v_exp2(o_arg_row2_);
        const __m512 o_den_ = _mm512_add_ps(_mm512_set1_ps(1.0f), o_exp_);
        const __m512 o_den_row1_ = _mm512_add_ps(_mm512_set1_ps(1.0f), o_exp_row1_);
        const __m512 o_den_row2_ = _mm512_add_ps(_mm512_set1_ps(1.0f), o_exp_row2_);
        const __m512 c_part_ = _mm512_fmadd_ps(i_den_, g_exp_, i_den_);
        const __m512 c_part_row1_ = _mm512_fmadd_ps(i_den_row1_, g_exp_row1_, i_den_row1_);
        const __m512 c_part_row2_ = _mm512_fmadd_ps(i_den_row2_, g_exp_row2_, i_den_row2_);
        const __m512 c_part_2_ = _mm512_fnmadd_ps(f_den_, g_exp_, f_den_);
        const __m512 c_part_row1_2_ = _mm512_fnmadd_ps(f_den_row1_, g_exp_row1_, f_den_row1_);
        const __m512 c_part_row2_2_ = _mm512_fnmadd_ps(f_den_row2_, g_exp_row2_, f_den_row2_);
        const __m512 c_num_ = _mm512_fmadd_ps(c_prev_, c_part_, c_part_2_);
        const __m512 c_num_row1_ = _mm512_fmadd_ps(c_prev_row1_, c_part_row1_, c_part_row1_2_);
        const __m512 c_num_row2_ = _mm512_fmadd_ps(c_prev_row2_, c_part_row2_, c_part_row2_2_);
        const __m512 c_den_ = _mm512_fmadd_ps(c_part_, f_exp_, c_part_);
        const __m512 c_den_row1_ = _mm512_fmadd_ps(c_part_row1_, f_exp_row1_, c_part_row1_);
        const __m512 c_den_row2_ = _mm512_fmadd_ps(c_part_row2_, f_exp_row2_, c_part_row2_);
        const __m512 c_ = _mm512_div_ps(c_num_, c_den_); /* c' */
        _mm512_store_ps(s->c_next_ + at, c_);
        const __m512 c_row1_ = _mm512_div_ps(c_num_row1_, c_den_row1_); /* c' */
        _mm512_store_ps(s->c_next_ + at1, c_row1_);
        const __m512 c_row2_ = _mm512_div_ps(c_num_row2_, c_den_row2_); /* c' */
        _mm512_store_ps(s->c_next_ + at2, c_row2_);
        const __m512 h_part_ = v_mul(_mm512_set1_ps(-2.88539004f), c_);
        const __m512 h_part_row1_ = v_mul(_mm512_set1_ps(-2.88539004f), c_row1_);
        const __m512 h_part_row2_ = v_mul(_mm512_set1_ps(-2.88539004f), c_row2_);
        const __m512 h_arg_ = v_clamp(h_part_, _mm512_set1_ps(39.0f));
        const __m512 h_arg_row1_ = v_clamp(h_part_row1_, _mm512_set1_ps(39.0f));
        const __m512 h_arg_row2_ = v_clamp(h_part_row2_, _mm512_set1_ps(39.0f));
        const __m512 h_exp_ = v_exp2(h_arg_);
        const __m512 h_exp_row1_ = v_exp2(h_arg_row1_);
        const __m512 h_exp_row2_ = v_exp2(h_arg_row2_);
        const __m512 h_num_ = _mm512_sub_ps(_mm512_set1_ps(1.0f), h_exp_);
        const __m512 h_num_row1_ = _mm512_sub_ps(_mm512_set1_ps(1.0f), h_exp_row1_);
        const __m512 h_num_row2_ = _mm512_sub_ps(_mm512_set1_ps(1.0f), h_exp_row2_);
        const __m512 h_den_ = _mm512_fmadd_ps(o_den_, h_exp_, o_den_);
        const __m512 h_den_row1_ = _mm512_fmadd_ps(o_den_row1_, h_exp_row1_, o_den_row1_);
        const __m512 h_den_row2_ = _mm512_fmadd_ps(o_den_row2_, h_exp_row2_, o_den_row2_);
        const __m512 h_ = _mm512_div_ps(h_num_, h_den_); /* h' */
        _mm512_store_ps(s->h_next_ + at, h_);
        float *y = s->y + (ptrdiff_t)row * s->y_row + unit;
        _mm512_storeu_ps(y, v_canonical(h_));
        const __m512 h_row1_ = _mm512_div_ps(h_num_row1_, h_den_row1_); /* h' */
        _mm512_store_ps(s->h_next_ + at1, h_row1_);
        float *y1 = s->y + (ptrdiff_t)(row + 1) * s->y_row + unit;
        _mm512_storeu_ps(y1, v_canonical(h_row1_));
        const __m512 h_row2_ = _mm512_div_ps(h_num_row2_, h_den_row2_); /* h' */
        _mm512_store_ps(s->h_next_ + at2, h_row2_);
        float *y2 = s->y + (ptrdiff_t)(row + 2) * s->y_row + unit;
        _mm512_storeu_ps(y2, v_canonical(h_row2_));
    }
}

WEIR_TILE units_4(const struct step *s, size_t block, size_t vectors, size_t row, const float *sums)
{
    const float *sums1 = sums + 64 * vectors;
    const float *sums2 = sums + 128 * vectors;
    const float *sums3 = sums + 192 * vectors;
    for (size_t v = 0; v < vectors; v++) {
        const size_t unit = (block + v) * 16;
        const size_t at = row * 64 + unit;
        const size_t at1 = (row + 1) * 64 + unit;
        const size_t at2 = (row + 2) * 64 + unit;
        const size_t at3 = (row + 3) * 64 + unit;
        const __m512 c_prev_ = _mm512_load_ps(s->c_prev_ + at);
        const __m512 c_prev_row1_ = _mm512_load_ps(s->c_prev_ + at1);
        const __m512 c_prev_row2_ = _mm512_load_ps(s->c_prev_ + at2);
        const __m512 c_prev_row3_ = _mm512_load_ps(s->c_prev_ + at3);
        const __m512 i_sum_ = _mm512_load_ps(sums + v * 16);
        const __m512 i_sum_row1_ = _mm512_load_ps(sums1 + v * 16);
        const __m512 i_sum_row2_ = _mm512_load_ps(sums2 + v * 16);
        const __m512 i_sum_row3_ = _mm512_load_ps(sums3 + v * 16);
        const __m512 f_sum_ = _mm512_load_ps(sums + (1 * vectors + v) * 16);
        const __m512 f_sum_row1_ = _mm512_load_ps(sums1 + (1 * vectors + v) * 16);
        const __m512 f_sum_row2_ = _mm512_load_ps(sums2 + (1 * vectors + v) * 16);
        const __m512 f_sum_row3_ = _mm512_load_ps(sums3 + (1 * vectors + v) * 16);
        const __m512 g_sum_ = _mm512_load_ps(sums + (2 * vectors + v) * 16);
        const __m512 g_sum_row1_ = _mm512_load_ps(sums1 + (2 * vectors + v) * 16);
        const __m512 g_sum_row2_ = _mm512_load_ps(sums2 + (2 * vectors + v) * 16);
        const __m512 g_sum_row3_ = _mm512_load_ps(sums3 + (2 * vectors + v) * 16);
        const __m512 o_sum_ = _mm512_load_ps(sums + (3 * vectors + v) * 16);
        const __m512 o_sum_row1_ = _mm512_load_ps(sums1 + (3 * vectors + v) * 16);
        const __m512 o_sum_row2_ = _mm512_load_ps(sums2 + (3 * vectors + v) * 16);
        const __m512 o_sum_row3_ = _mm512_load_ps(sums3 + (3 * vectors + v) * 16);
        const __m512 i_arg_ = v_clamp(i_sum_, _mm512_set1_ps(26.0f));
        const __m512 i_arg_row1_ = v_clamp(i_sum_row1_, _mm512_set1_ps(26.0f));
        const __m512 i_arg_row2_ = v_clamp(i_sum_row2_, _mm512_set1_ps(26.0f));
        const __m512 i_arg_row3_ = v_clamp(i_sum_row3_, _mm512_set1_ps(26.0f));
        const __m512 i_exp_ = v_exp2(i_arg_);
        const __m512 i_exp_row1_ = v_exp2(i_arg_row1_);
        const __m512 i_exp_row2_ = v_exp2(i_arg_row2_);
        const __m512 i_exp_row3_ = v_exp2(i_arg_row3_);
        const __m512 i_den_ = _mm512_add_ps(_mm512_set1_ps(1.0f), i_exp_);
        const __m512 i_den_row1_ = _mm512_add_ps(_mm512_set1_ps(1.0f), i_exp_row1_);
        const __m512 i_den_row2_ = _mm512_add_ps(_mm512_set1_ps(1.0f), i_exp_row2_);
        const __m512 i_den_row3_ = _mm512_add_ps(_mm512_set1_ps(1.0f), i_exp_row3_);
        const __m512 f_arg_ = v_clamp(f_sum_, _mm512_set1_ps(26.0f));
        const __m512 f_arg_row1_ = v_clamp(f_sum_row1_, _mm512_set1_ps(26.0f));
        const __m512 f_arg_row2_ = v_clamp(f_sum_row2_, _mm512_set1_ps(26.0f));
        const __m512 f_arg_row3_ = v_clamp(f_sum_row3_, _mm512_set1_ps(26.0f));
        const __m512 f_exp_ = v_exp2(f_arg_);
        const __m512 f_exp_row1_ = v_exp2(f_arg_row1_);
        const __m512 f_exp_row2_ = v_exp2(f_arg_row2_);
        const __m512 f_exp_row3_ = v_exp2(f_arg_row3_);
        const __m512 f_den_ = _mm512_add_ps(_mm512_set1_ps(1.0f), f_exp_);
        const __m512 f_den_row1_ = _mm512_add_ps(_mm512_set1_ps(1.0f), f_exp_row1_);
        const __m512 f_den_row2_ = _mm512_add_ps(_mm512_set1_ps(1.0f), f_exp_row2_);
        const __m512 f_den_row3_ = _mm512_add_ps(_mm512_set1_ps(1.0f), f_exp_row3_);
        const __m512 g_arg_ = v_clamp(g_sum_, _mm512_set1_ps(26.0f));
        const __m512 g_arg_row1_ = v_clamp(g_sum_row1_, _mm512_set1_ps(26.0f));
        const __m512 g_arg_row2_ = v_clamp(g_sum_row2_, _mm512_set1_ps(26.0f));
        const __m512 g_arg_row3_ = v_clamp(g_sum_row3_, _mm512_set1_ps(26.0f));
        const __m512 g_exp_ = v_exp2(g_arg_);
        const __m512 g_exp_row1_ = v_exp2(g_arg_row1_);
        const __m512 g_exp_row2_ = v_exp2(g_arg_row2_);
        const __m512 g_exp_row3_ = v_exp2(g_arg_row3_);
        const __m512 o_arg_ = v_clamp(o_sum_, _mm512_set1_ps(39.0f));
        const __m512 o_arg_row1_ = v_clamp(o_sum_row1_, _mm512_set1_ps(39.0f));
        const __m512 o_arg_row2_ = v_clamp(o_sum_row2_, _mm512_set1_ps(39.0f));
        const __m512 o_arg_row3_ = v_clamp(o_sum_row3_, _mm512_set1_ps(39.0f));
        const __m512 o_exp_ = v_exp2(o_arg_);
        const __m512 o_exp_row1_ = v_exp2(o_arg_row1_);
        const __m512 o_exp_row2_ = v_exp2(o_arg_row2_);
        const __m512 o_exp_row3_ = v_exp2(o_arg_row3_);
        const __m512 o_den_ = _mm512_add_ps(_mm512_set1_ps(1.0f), o_exp_);
        const __m512 o_den_row1_ = _mm512_add_ps(_mm512_set1_ps(1.0f), o_exp_row1_);
        const __m512 o_den_row2_ = _mm512_add_ps(_mm512_set1_ps(1.0f), o_exp_row2_);
        const __m512 o_den_row3_ = _mm512_add_ps(_mm512_set1_ps(1.0f), o_exp_row3_);
        const __m512 c_part_ = _mm512_fmadd_ps(i_den_, g_exp_, i_den_);
        const __m512 c_part_row1_ = _mm512_fmadd_ps(i_den_row1_, g_exp_row1_, i_den_row1_);
        const __m512 c_part_row2_ = _mm512_fmadd_ps(i_den_row2_, g_exp_row2_, i_den_row2_);
        const __m512 c_part_row3_ = _mm512_fmadd_ps(i_den_row3_, g_exp_row3_, i_den_row3_);
        const __m512 c_part_2_ = _mm512_fnmadd_ps(f_den_, g_exp_, f_den_);
        const __m512 c_part_row1_2_ = _mm512_fnmadd_ps(f_den_row1_, g_exp_row1_, f_den_row1_);
        const __m512 c_part_row2_2_ = _mm512_fnmadd_ps(f_den_row2_, g_exp_row2_, f_den_row2_);
        const __m512 c_part_row3_2_ = _mm512_fnmadd_ps(f_den_row3_, g_exp_row3_, f_den_row3_);
        const __m512 c_num_ = _mm512_fmadd_ps(c_prev_, c_part_, c_part_2_);
        const __m512 c_num_row1_ = _mm512_fmadd_ps(c_prev_row1_, c_part_row1_, c_part_row1_2_);
        const __m512 c_num_row2_ = _mm512_fmadd_ps(c_prev_row2_, c_part_row2_, c_part_row2_2_);
        const __m512 c_num_row3_ = _mm512_fmadd_ps(c_prev_row3_, c_part_row3_, c_part_row3_2_);
        const __m512 c_den_ = _mm512_fmadd_ps(c_part_, f_exp_, c_part_);
        const __m512 c_den_row1_ = _mm512_fmadd_ps(c_part_row1_, f_exp_row1_, c_part_row1_);
        const __m512 c_den_row2_ = _mm512_fmadd_ps(c_part_row2_, f_exp_row2_, c_part_row2_);
        const __m512 c_den_row3_ = _mm512_fmadd_ps(c_part_row3_, f_exp_row3_, c_part_row3_);
        const __m512 c_ = _mm512_div_ps(c_num_, c_den_); /* c' */
        _mm512_store_ps(s->c_next_ + at, c_);
        const __m512 c_row1_ = _mm512_div_ps(c_num_row1_, c_den_row1_); /* c' */
        _mm512_store_ps(s->c_next_ + at1, c_row1_);
        const __m512 c_row2_ = _mm512_div_ps(c_num_row2_, c_den_row2_); /* c' */
        _mm512_store_ps(s->c_next_ + at2, c_row2_);
        const __m512 c_row3_ = _mm512_div_ps(c_num_row3_, c_den_row3_); /* c' */
        _mm512_store_ps(s->c_next_ + at3, c_row3_);
        const __m512 h_part_ = v_mul(_mm512_set1_ps(-2.88539004f), c_);
        const __m512 h_part_row1_ = v_mul(_mm512_set1_ps(-2.88539004f), c_row1_);
        const __m512 h_part_row2_ = v_mul(_mm512_set1_ps(-2.88539004f), c_row2_);
        const __m512 h_part_row3_ = v_mul(_mm512_set1_ps(-2.88539004f), c_row3_);
        const __m512 h_arg_ = v_clamp(h_part_, _mm512_set1_ps(39.0f));
        const __m512 h_arg_row1_ = v_clamp(h_part_row1_, _mm512_set1_ps(39.0f));
        const __m512 h_arg_row2_ = v_clamp(h_part_row2_, _mm512_set1_ps(39.0f));
        const __m512 h_arg_row3_ = v_clamp(h_part_row3_, _mm512_set1_ps(39.0f));
        const __m512 h_exp_ = v_exp2(h_arg_);
        const __m512 h_exp_row1_ = v_exp2(h_arg_row1_);
        const __m512 h_exp_row2_ = v_exp2(h_arg_row2_);
        const __m512 h_exp_row3_ = v_exp2(h_arg_row3_);
        const __m512 h_num_ = _mm512_sub_ps(_mm512_set1_ps(1.0f), h_exp_);
        const __m512 h_num_row1_ = _mm512_sub_ps(_mm512_set1_ps(1.0f), h_exp_row1_);
        const __m512 h_num_row2_ = _mm512_sub_ps(_mm512_set1_ps(1.0f), h_exp_row2_);
        const __m512 h_num_row3_ = _mm512_sub_ps(_mm512_set1_ps(1.0f), h_exp_row3_);
        const __m512 h_den_ = _mm512_fmadd_ps(o_den_, h_exp_, o_den_);
        const __m512 h_den_row1_ = _mm512_fmadd_ps(o_den_row1_, h_exp_row1_, o_den_row1_);
        const __m512 h_den_row2_ = _mm512_fmadd_ps(o_den_row2_, h_exp_row2_, o_den_row2_);
        const __m512 h_den_row3_ = _mm512_fmadd_ps(o_den_row3_, h_exp_row3_, o_den_row3_);
        const __m512 h_ = _mm512_div_ps(h_num_, h_den_); /* h' */
        _mm512_store_ps(s->h_next_ + at, h_);
        float *y = s->y + (ptrdiff_t)row * s->y_row + unit;
        _mm512_storeu_ps(y, v_canonical(h_));
        const __m512 h_row1_ = _mm512_div_ps(h_num_row1_, h_den_row1_); /* h' */
        _mm512_store_ps(s->h_next_ + at1, h_row1_);
        float *y1 = s->y + (ptrdiff_t)(row + 1) * s->y_row + unit;
        _mm512_storeu_ps(y1, v_canonical(h_row1_));
        const __m512 h_row2_ = _mm512_div_ps(h_num_row2_, h_den_row2_); /* h' */
        _mm512_store_ps(s->h_next_ + at2, h_row2_);
        float *y2 = s->y + (ptrdiff_t)(row + 2) * s->y_row + unit;
        _mm512_storeu_ps(y2, v_canonical(h_row2_));
        const __m512 h_row3_ = _mm512_div_ps(h_num_row3_, h_den_row3_); /* h' */
        _mm512_store_ps(s->h_next_ + at3, h_row3_);
        float *y3 = s->y + (ptrdiff_t)(row + 3) * s->y_row + unit;
        _mm512_storeu_ps(y3, v_canonical(h_row3_));
    }
}

WEIR_CHOOSER units(const struct step *s, size_t block, size_t vectors, size_t row, size_t rows,
                   const float *sums)
{
    switch (rows) {
    case 2:
        units_2(s, block, vectors, row, sums);
        break;
    case 3:
        units_3(s, block, vectors, row, sums);
        break;
    case 4:
        units_4(s, block, vectors, row, sums);
        break;
    }
}

WEIR_CHOOSER walk_stage(const struct weir_run *run, const struct step *s, int backwards, size_t B,
                        int shared)
{
    const size_t first = shared ? 4 * run->part / run->parts : 0;
    const size_t last = shared ? 4 * (run->part + 1) / run->parts : 4;
    const size_t wide = B == 1 ? 2 : 1;
    const size_t parts = (B + 5) / 6;
    WEIR_ALIGNED float sums[384];
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
            size_t left = rows == 1 ? 0 : (rows + 3) / 4;
            for (size_t r = 0, count; left; r += count, left--) {
                count = (rows - r) / left;
                units(s, block, vectors, row + r, count, sums + r * vectors * 64);
            }
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

extern const struct weir_kernel weir_lstm_f32_i2_h64__avx512;

const struct weir_kernel weir_lstm_f32_i2_h64__avx512 = {
    .contract = WEIR_CONTRACT,
    .name = "lstm_f32_i2_h64__avx512",
    .cell = "lstm",
    .plan = "vectors=2,rows=6,batch_vectors=1,sums=0,hoist=0,hoist_batch=4,blend=0,fused=1,"
            "abreast=4,tails=1,prefetch=0,fetch_rows=0,serpentine=1",
    .isa = WEIR_AVX512,
    .math = WEIR_INLINE,
    .type = WEIR_TYPE_F32,
    .I = 2,
    .H = 64,
    .P = 0,
    .lanes = 16,
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
