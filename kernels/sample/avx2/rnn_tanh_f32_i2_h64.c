/* SPDX-License-Identifier: MIT */
/* Generated: weir-gen --cell rnn_tanh --input 2 --hidden 64 --isa avx2 --train. Do not edit.
 * Plan: vectors=8 rows=3 batch_vectors=4 sums=0 hoist=0 hoist_batch=4 blend=0 fused=1 abreast=4
 * tails=1 prefetch=0 fetch_rows=0 serpentine=1. Per step and row: 8448 FLOP in products, 17152
 * bytes of weights. Per unit: 5 elementwise operations. */
#include "kernel.h"
#include "math_avx2.h"

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
};

WEIR_TILE tile_1x8(const struct step *s, size_t block, size_t row)
{
    const float *bias0 = s->bias + block * 8;
    const float *bias1 = s->bias + (block + 1) * 8;
    const float *bias2 = s->bias + (block + 2) * 8;
    const float *bias3 = s->bias + (block + 3) * 8;
    const float *bias4 = s->bias + (block + 4) * 8;
    const float *bias5 = s->bias + (block + 5) * 8;
    const float *bias6 = s->bias + (block + 6) * 8;
    const float *bias7 = s->bias + (block + 7) * 8;
    __m256 h0_ = _mm256_load_ps(bias0 + 0);
    __m256 h1_ = _mm256_load_ps(bias1 + 0);
    __m256 h2_ = _mm256_load_ps(bias2 + 0);
    __m256 h3_ = _mm256_load_ps(bias3 + 0);
    __m256 h4_ = _mm256_load_ps(bias4 + 0);
    __m256 h5_ = _mm256_load_ps(bias5 + 0);
    __m256 h6_ = _mm256_load_ps(bias6 + 0);
    __m256 h7_ = _mm256_load_ps(bias7 + 0);
    const float *w_x0 = s->w_x + block * 16;
    const float *w_x1 = s->w_x + (block + 1) * 16;
    const float *w_x2 = s->w_x + (block + 2) * 16;
    const float *w_x3 = s->w_x + (block + 3) * 16;
    const float *w_x4 = s->w_x + (block + 4) * 16;
    const float *w_x5 = s->w_x + (block + 5) * 16;
    const float *w_x6 = s->w_x + (block + 6) * 16;
    const float *w_x7 = s->w_x + (block + 7) * 16;
    const float *x_row0_ = s->x + (ptrdiff_t)row * s->x_row;
    for (size_t k = 0; k < 2; k++) {
        const __m256 in0 = _mm256_set1_ps(x_row0_[k]);
        h0_ = _mm256_fmadd_ps(_mm256_load_ps(w_x0 + k * 8 + 0), in0, h0_);
        h1_ = _mm256_fmadd_ps(_mm256_load_ps(w_x1 + k * 8 + 0), in0, h1_);
        h2_ = _mm256_fmadd_ps(_mm256_load_ps(w_x2 + k * 8 + 0), in0, h2_);
        h3_ = _mm256_fmadd_ps(_mm256_load_ps(w_x3 + k * 8 + 0), in0, h3_);
        h4_ = _mm256_fmadd_ps(_mm256_load_ps(w_x4 + k * 8 + 0), in0, h4_);
        h5_ = _mm256_fmadd_ps(_mm256_load_ps(w_x5 + k * 8 + 0), in0, h5_);
        h6_ = _mm256_fmadd_ps(_mm256_load_ps(w_x6 + k * 8 + 0), in0, h6_);
        h7_ = _mm256_fmadd_ps(_mm256_load_ps(w_x7 + k * 8 + 0), in0, h7_);
    }
    const float *w_h0 = s->w_h + block * 512;
    const float *w_h1 = s->w_h + (block + 1) * 512;
    const float *w_h2 = s->w_h + (block + 2) * 512;
    const float *w_h3 = s->w_h + (block + 3) * 512;
    const float *w_h4 = s->w_h + (block + 4) * 512;
    const float *w_h5 = s->w_h + (block + 5) * 512;
    const float *w_h6 = s->w_h + (block + 6) * 512;
    const float *w_h7 = s->w_h + (block + 7) * 512;
    const float *h_row0_ = s->h_prev_ + row * 64;
    for (size_t k = 0; k < 64; k++) {
        const __m256 in0 = _mm256_set1_ps(h_row0_[k]);
        h0_ = _mm256_fmadd_ps(_mm256_load_ps(w_h0 + k * 8 + 0), in0, h0_);
        h1_ = _mm256_fmadd_ps(_mm256_load_ps(w_h1 + k * 8 + 0), in0, h1_);
        h2_ = _mm256_fmadd_ps(_mm256_load_ps(w_h2 + k * 8 + 0), in0, h2_);
        h3_ = _mm256_fmadd_ps(_mm256_load_ps(w_h3 + k * 8 + 0), in0, h3_);
        h4_ = _mm256_fmadd_ps(_mm256_load_ps(w_h4 + k * 8 + 0), in0, h4_);
        h5_ = _mm256_fmadd_ps(_mm256_load_ps(w_h5 + k * 8 + 0), in0, h5_);
        h6_ = _mm256_fmadd_ps(_mm256_load_ps(w_h6 + k * 8 + 0), in0, h6_);
        h7_ = _mm256_fmadd_ps(_mm256_load_ps(w_h7 + k * 8 + 0), in0, h7_);
    }
    {
        const size_t unit = block * 8;
        const size_t at = row * 64 + unit;
        const size_t unit2 = (block + 1) * 8;
        const size_t at2 = row * 64 + unit2;
        const __m256 h_sum_ = h0_;
        const __m256 h_sum_2_ = h1_;
        const __m256 h_arg_ = v_clamp(h_sum_, _mm256_set1_ps(78.0f));
        const __m256 h_arg_2_ = v_clamp(h_sum_2_, _mm256_set1_ps(78.0f));
        const __m256 h_exp_ = v_exp2(h_arg_);
        const __m256 h_exp_2_ = v_exp2(h_arg_2_);
        const __m256 h_den_ = _mm256_add_ps(_mm256_set1_ps(1.0f), h_exp_);
        const __m256 h_den_2_ = _mm256_add_ps(_mm256_set1_ps(1.0f), h_exp_2_);
        const __m256 h_num_ = _mm256_sub_ps(_mm256_set1_ps(1.0f), h_exp_);
        const __m256 h_num_2_ = _mm256_sub_ps(_mm256_set1_ps(1.0f), h_exp_2_);
        const __m256 h_ = _mm256_div_ps(h_num_, h_den_); /* h' */
        _mm256_store_ps(s->h_next_ + at, h_);
        float *y = s->y + (ptrdiff_t)row * s->y_row + unit;
        _mm256_storeu_ps(y, v_canonical(h_));
        const __m256 h_2_ = _mm256_div_ps(h_num_2_, h_den_2_); /* h' */
        _mm256_store_ps(s->h_next_ + at2, h_2_);
        float *y2 = s->y + (ptrdiff_t)row * s->y_row + unit2;
        _mm256_storeu_ps(y2, v_canonical(h_2_));
    }
    {
        const size_t unit = (block + 2) * 8;
        const size_t at = row * 64 + unit;
        const size_t unit2 = (block + 3) * 8;
        const size_t at2 = row * 64 + unit2;
        const __m256 h_sum_ = h2_;
        const __m256 h_sum_2_ = h3_;
        const __m256 h_arg_ = v_clamp(h_sum_, _mm256_set1_ps(78.0f));
        const __m256 h_arg_2_ = v_clamp(h_sum_2_, _mm256_set1_ps(78.0f));
        const __m256 h_exp_ = v_exp2(h_arg_);
        const __m256 h_exp_2_ = v_exp2(h_arg_2_);
        const __m256 h_den_ = _mm256_add_ps(_mm256_set1_ps(1.0f), h_exp_);
        const __m256 h_den_2_ = _mm256_add_ps(_mm256_set1_ps(1.0f), h_exp_2_);
        const __m256 h_num_ = _mm256_sub_ps(_mm256_set1_ps(1.0f), h_exp_);
        const __m256 h_num_2_ = _mm256_sub_ps(_mm256_set1_ps(1.0f), h_exp_2_);
        const __m256 h_ = _mm256_div_ps(h_num_, h_den_); /* h' */
        _mm256_store_ps(s->h_next_ + at, h_);
        float *y = s->y + (ptrdiff_t)row * s->y_row + unit;
        _mm256_storeu_ps(y, v_canonical(h_));
        const __m256 h_2_ = _mm256_div_ps(h_num_2_, h_den_2_); /* h' */
        _mm256_store_ps(s->h_next_ + at2, h_2_);
        float *y2 = s->y + (ptrdiff_t)row * s->y_row + unit2;
        _mm256_storeu_ps(y2, v_canonical(h_2_));
    }
    {
        const size_t unit = (block + 4) * 8;
        const size_t at = row * 64 + unit;
        const size_t unit2 = (block + 5) * 8;
        const size_t at2 = row * 64 + unit2;
        const __m256 h_sum_ = h4_;
        const __m256 h_sum_2_ = h5_;
        const __m256 h_arg_ = v_clamp(h_sum_, _mm256_set1_ps(78.0f));
        const __m256 h_arg_2_ = v_clamp(h_sum_2_, _mm256_set1_ps(78.0f));
        const __m256 h_exp_ = v_exp2(h_arg_);
        const __m256 h_exp_2_ = v_exp2(h_arg_2_);
        const __m256 h_den_ = _mm256_add_ps(_mm256_set1_ps(1.0f), h_exp_);
        const __m256 h_den_2_ = _mm256_add_ps(_mm256_set1_ps(1.0f), h_exp_2_);
        const __m256 h_num_ = _mm256_sub_ps(_mm256_set1_ps(1.0f), h_exp_);
        const __m256 h_num_2_ = _mm256_sub_ps(_mm256_set1_ps(1.0f), h_exp_2_);
        const __m256 h_ = _mm256_div_ps(h_num_, h_den_); /* h' */
        _mm256_store_ps(s->h_next_ + at, h_);
        float *y = s->y + (ptrdiff_t)row * s->y_row + unit;
        _mm256_storeu_ps(y, v_canonical(h_));
        const __m256 h_2_ = _mm256_div_ps(h_num_2_, h_den_2_); /* h' */
        _mm256_store_ps(s->h_next_ + at2, h_2_);
        float *y2 = s->y + (ptrdiff_t)row * s->y_row + unit2;
        _mm256_storeu_ps(y2, v_canonical(h_2_));
    }
    {
        const size_t unit = (block + 6) * 8;
        const size_t at = row * 64 + unit;
        const size_t unit2 = (block + 7) * 8;
        const size_t at2 = row * 64 + unit2;
        const __m256 h_sum_ = h6_;
        const __m256 h_sum_2_ = h7_;
        const __m256 h_arg_ = v_clamp(h_sum_, _mm256_set1_ps(78.0f));
        const __m256 h_arg_2_ = v_clamp(h_sum_2_, _mm256_set1_ps(78.0f));
        const __m256 h_exp_ = v_exp2(h_arg_);
        const __m256 h_exp_2_ = v_exp2(h_arg_2_);
        const __m256 h_den_ = _mm256_add_ps(_mm256_set1_ps(1.0f), h_exp_);
        const __m256 h_den_2_ = _mm256_add_ps(_mm256_set1_ps(1.0f), h_exp_2_);
        const __m256 h_num_ = _mm256_sub_ps(_mm256_set1_ps(1.0f), h_exp_);
        const __m256 h_num_2_ = _mm256_sub_ps(_mm256_set1_ps(1.0f), h_exp_2_);
        const __m256 h_ = _mm256_div_ps(h_num_, h_den_); /* h' */
        _mm256_store_ps(s->h_next_ + at, h_);
        float *y = s->y + (ptrdiff_t)row * s->y_row + unit;
        _mm256_storeu_ps(y, v_canonical(h_));
        const __m256 h_2_ = _mm256_div_ps(h_num_2_, h_den_2_); /* h' */
        _mm256_store_ps(s->h_next_ + at2, h_2_);
        float *y2 = s->y + (ptrdiff_t)row * s->y_row + unit2;
        _mm256_storeu_ps(y2, v_canonical(h_2_));
    }
}

WEIR_TILE tile_1x1(const struct step *s, size_t block, size_t row)
{
    const float *bias0 = s->bias + block * 8;
    __m256 h0_ = _mm256_load_ps(bias0 + 0);
    const float *w_x0 = s->w_x + block * 16;
    const float *x_row0_ = s->x + (ptrdiff_t)row * s->x_row;
    for (size_t k = 0; k < 2; k++) {
        const __m256 in0 = _mm256_set1_ps(x_row0_[k]);
        h0_ = _mm256_fmadd_ps(_mm256_load_ps(w_x0 + k * 8 + 0), in0, h0_);
    }
    const float *w_h0 = s->w_h + block * 512;
    const float *h_row0_ = s->h_prev_ + row * 64;
    for (size_t k = 0; k < 64; k++) {
        const __m256 in0 = _mm256_set1_ps(h_row0_[k]);
        h0_ = _mm256_fmadd_ps(_mm256_load_ps(w_h0 + k * 8 + 0), in0, h0_);
    }
    {
        const size_t unit = block * 8;
        const size_t at = row * 64 + unit;
        const __m256 h_sum_ = h0_;
        const __m256 h_arg_ = v_clamp(h_sum_, _mm256_set1_ps(78.0f));
        const __m256 h_exp_ = v_exp2(h_arg_);
        const __m256 h_den_ = _mm256_add_ps(_mm256_set1_ps(1.0f), h_exp_);
        const __m256 h_num_ = _mm256_sub_ps(_mm256_set1_ps(1.0f), h_exp_);
        const __m256 h_ = _mm256_div_ps(h_num_, h_den_); /* h' */
        _mm256_store_ps(s->h_next_ + at, h_);
        float *y = s->y + (ptrdiff_t)row * s->y_row + unit;
        _mm256_storeu_ps(y, v_canonical(h_));
    }
}

WEIR_TILE tile_2x4(const struct step *s, size_t block, size_t row, float *sums)
{
    const float *bias0 = s->bias + block * 8;
    const float *bias1 = s->bias + (block + 1) * 8;
    const float *bias2 = s->bias + (block + 2) * 8;
    const float *bias3 = s->bias + (block + 3) * 8;
    __m256 h0_0_ = _mm256_load_ps(bias0 + 0);
    __m256 h0_1_ = h0_0_;
    __m256 h1_0_ = _mm256_load_ps(bias1 + 0);
    __m256 h1_1_ = h1_0_;
    __m256 h2_0_ = _mm256_load_ps(bias2 + 0);
    __m256 h2_1_ = h2_0_;
    __m256 h3_0_ = _mm256_load_ps(bias3 + 0);
    __m256 h3_1_ = h3_0_;
    const float *w_x0 = s->w_x + block * 16;
    const float *x_row0_ = s->x + (ptrdiff_t)row * s->x_row;
    const float *x_row1_ = s->x + (ptrdiff_t)(row + 1) * s->x_row;
    for (size_t k = 0; k < 2; k++) {
        const __m256 in0 = _mm256_set1_ps(x_row0_[k]);
        const __m256 in1 = _mm256_set1_ps(x_row1_[k]);
        const __m256 w0 = _mm256_load_ps(w_x0 + k * 8 + 0);
        h0_0_ = _mm256_fmadd_ps(w0, in0, h0_0_);
        h0_1_ = _mm256_fmadd_ps(w0, in1, h0_1_);
        const __m256 w1 = _mm256_load_ps(w_x0 + k * 8 + 16);
        h1_0_ = _mm256_fmadd_ps(w1, in0, h1_0_);
        h1_1_ = _mm256_fmadd_ps(w1, in1, h1_1_);
        const __m256 w2 = _mm256_load_ps(w_x0 + k * 8 + 32);
        h2_0_ = _mm256_fmadd_ps(w2, in0, h2_0_);
        h2_1_ = _mm256_fmadd_ps(w2, in1, h2_1_);
        const __m256 w3 = _mm256_load_ps(w_x0 + k * 8 + 48);
        h3_0_ = _mm256_fmadd_ps(w3, in0, h3_0_);
        h3_1_ = _mm256_fmadd_ps(w3, in1, h3_1_);
    }
    const float *w_h0 = s->w_h + block * 512;
    const float *h_row0_ = s->h_prev_ + row * 64;
    const float *h_row1_ = s->h_prev_ + (row + 1) * 64;
    for (size_t k = 0; k < 64; k++) {
        const __m256 in0 = _mm256_set1_ps(h_row0_[k]);
        const __m256 in1 = _mm256_set1_ps(h_row1_[k]);
        const __m256 w0 = _mm256_load_ps(w_h0 + k * 8 + 0);
        h0_0_ = _mm256_fmadd_ps(w0, in0, h0_0_);
        h0_1_ = _mm256_fmadd_ps(w0, in1, h0_1_);
        const __m256 w1 = _mm256_load_ps(w_h0 + k * 8 + 512);
        h1_0_ = _mm256_fmadd_ps(w1, in0, h1_0_);
        h1_1_ = _mm256_fmadd_ps(w1, in1, h1_1_);
        const __m256 w2 = _mm256_load_ps(w_h0 + k * 8 + 1024);
        h2_0_ = _mm256_fmadd_ps(w2, in0, h2_0_);
        h2_1_ = _mm256_fmadd_ps(w2, in1, h2_1_);
        const __m256 w3 = _mm256_load_ps(w_h0 + k * 8 + 1536);
        h3_0_ = _mm256_fmadd_ps(w3, in0, h3_0_);
        h3_1_ = _mm256_fmadd_ps(w3, in1, h3_1_);
    }
    _mm256_store_ps(sums + 0, h0_0_);
    _mm256_store_ps(sums + 32, h0_1_);
    _mm256_store_ps(sums + 8, h1_0_);
    _mm256_store_ps(sums + 40, h1_1_);
    _mm256_store_ps(sums + 16, h2_0_);
    _mm256_store_ps(sums + 48, h2_1_);
    _mm256_store_ps(sums + 24, h3_0_);
    _mm256_store_ps(sums + 56, h3_1_);
}

WEIR_TILE tile_2x1(const struct step *s, size_t block, size_t row, float *sums)
{
    const float *bias0 = s->bias + block * 8;
    __m256 h0_0_ = _mm256_load_ps(bias0 + 0);
    __m256 h0_1_ = h0_0_;
    const float *w_x0 = s->w_x + block * 16;
    const float *x_row0_ = s->x + (ptrdiff_t)row * s->x_row;
    const float *x_row1_ = s->x + (ptrdiff_t)(row + 1) * s->x_row;
    for (size_t k = 0; k < 2; k++) {
        const __m256 w0 = _mm256_load_ps(w_x0 + k * 8 + 0);
        const __m256 in0 = _mm256_set1_ps(x_row0_[k]);
        h0_0_ = _mm256_fmadd_ps(w0, in0, h0_0_);
        const __m256 in1 = _mm256_set1_ps(x_row1_[k]);
        h0_1_ = _mm256_fmadd_ps(w0, in1, h0_1_);
    }
    const float *w_h0 = s->w_h + block * 512;
    const float *h_row0_ = s->h_prev_ + row * 64;
    const float *h_row1_ = s->h_prev_ + (row + 1) * 64;
    for (size_t k = 0; k < 64; k++) {
        const __m256 w0 = _mm256_load_ps(w_h0 + k * 8 + 0);
        const __m256 in0 = _mm256_set1_ps(h_row0_[k]);
        h0_0_ = _mm256_fmadd_ps(w0, in0, h0_0_);
        const __m256 in1 = _mm256_set1_ps(h_row1_[k]);
        h0_1_ = _mm256_fmadd_ps(w0, in1, h0_1_);
    }
    _mm256_store_ps(sums + 0, h0_0_);
    _mm256_store_ps(sums + 8, h0_1_);
}

WEIR_TILE tile_3x4(const struct step *s, size_t block, size_t row, float *sums)
{
    const float *bias0 = s->bias + block * 8;
    const float *bias1 = s->bias + (block + 1) * 8;
    const float *bias2 = s->bias + (block + 2) * 8;
    const float *bias3 = s->bias + (block + 3) * 8;
    __m256 h0_0_ = _mm256_load_ps(bias0 + 0);
    __m256 h0_1_ = h0_0_;
    __m256 h0_2_ = h0_0_;
    __m256 h1_0_ = _mm256_load_ps(bias1 + 0);
    __m256 h1_1_ = h1_0_;
    __m256 h1_2_ = h1_0_;
    __m256 h2_0_ = _mm256_load_ps(bias2 + 0);
    __m256 h2_1_ = h2_0_;
    __m256 h2_2_ = h2_0_;
    __m256 h3_0_ = _mm256_load_ps(bias3 + 0);
    __m256 h3_1_ = h3_0_;
    __m256 h3_2_ = h3_0_;
    const float *w_x0 = s->w_x + block * 16;
    const float *x_row0_ = s->x + (ptrdiff_t)row * s->x_row;
    const float *x_row1_ = s->x + (ptrdiff_t)(row + 1) * s->x_row;
    const float *x_row2_ = s->x + (ptrdiff_t)(row + 2) * s->x_row;
    for (size_t k = 0; k < 2; k++) {
        const __m256 in0 = _mm256_set1_ps(x_row0_[k]);
        const __m256 in1 = _mm256_set1_ps(x_row1_[k]);
        const __m256 in2 = _mm256_set1_ps(x_row2_[k]);
        const __m256 w0 = _mm256_load_ps(w_x0 + k * 8 + 0);
        h0_0_ = _mm256_fmadd_ps(w0, in0, h0_0_);
        h0_1_ = _mm256_fmadd_ps(w0, in1, h0_1_);
        h0_2_ = _mm256_fmadd_ps(w0, in2, h0_2_);
        const __m256 w1 = _mm256_load_ps(w_x0 + k * 8 + 16);
        h1_0_ = _mm256_fmadd_ps(w1, in0, h1_0_);
        h1_1_ = _mm256_fmadd_ps(w1, in1, h1_1_);
        h1_2_ = _mm256_fmadd_ps(w1, in2, h1_2_);
        const __m256 w2 = _mm256_load_ps(w_x0 + k * 8 + 32);
        h2_0_ = _mm256_fmadd_ps(w2, in0, h2_0_);
        h2_1_ = _mm256_fmadd_ps(w2, in1, h2_1_);
        h2_2_ = _mm256_fmadd_ps(w2, in2, h2_2_);
        const __m256 w3 = _mm256_load_ps(w_x0 + k * 8 + 48);
        h3_0_ = _mm256_fmadd_ps(w3, in0, h3_0_);
        h3_1_ = _mm256_fmadd_ps(w3, in1, h3_1_);
        h3_2_ = _mm256_fmadd_ps(w3, in2, h3_2_);
    }
    const float *w_h0 = s->w_h + block * 512;
    const float *h_row0_ = s->h_prev_ + row * 64;
    const float *h_row1_ = s->h_prev_ + (row + 1) * 64;
    const float *h_row2_ = s->h_prev_ + (row + 2) * 64;
    for (size_t k = 0; k < 64; k++) {
        const __m256 in0 = _mm256_set1_ps(h_row0_[k]);
        const __m256 in1 = _mm256_set1_ps(h_row1_[k]);
        const __m256 in2 = _mm256_set1_ps(h_row2_[k]);
        const __m256 w0 = _mm256_load_ps(w_h0 + k * 8 + 0);
        h0_0_ = _mm256_fmadd_ps(w0, in0, h0_0_);
        h0_1_ = _mm256_fmadd_ps(w0, in1, h0_1_);
        h0_2_ = _mm256_fmadd_ps(w0, in2, h0_2_);
        const __m256 w1 = _mm256_load_ps(w_h0 + k * 8 + 512);
        h1_0_ = _mm256_fmadd_ps(w1, in0, h1_0_);
        h1_1_ = _mm256_fmadd_ps(w1, in1, h1_1_);
        h1_2_ = _mm256_fmadd_ps(w1, in2, h1_2_);
        const __m256 w2 = _mm256_load_ps(w_h0 + k * 8 + 1024);
        h2_0_ = _mm256_fmadd_ps(w2, in0, h2_0_);
        h2_1_ = _mm256_fmadd_ps(w2, in1, h2_1_);
        h2_2_ = _mm256_fmadd_ps(w2, in2, h2_2_);
        const __m256 w3 = _mm256_load_ps(w_h0 + k * 8 + 1536);
        h3_0_ = _mm256_fmadd_ps(w3, in0, h3_0_);
        h3_1_ = _mm256_fmadd_ps(w3, in1, h3_1_);
        h3_2_ = _mm256_fmadd_ps(w3, in2, h3_2_);
    }
    _mm256_store_ps(sums + 0, h0_0_);
    _mm256_store_ps(sums + 32, h0_1_);
    _mm256_store_ps(sums + 64, h0_2_);
    _mm256_store_ps(sums + 8, h1_0_);
    _mm256_store_ps(sums + 40, h1_1_);
    _mm256_store_ps(sums + 72, h1_2_);
    _mm256_store_ps(sums + 16, h2_0_);
    _mm256_store_ps(sums + 48, h2_1_);
    _mm256_store_ps(sums + 80, h2_2_);
    _mm256_store_ps(sums + 24, h3_0_);
    _mm256_store_ps(sums + 56, h3_1_);
    _mm256_store_ps(sums + 88, h3_2_);
}

WEIR_TILE tile_3x1(const struct step *s, size_t block, size_t row, float *sums)
{
    const float *bias0 = s->bias + block * 8;
    __m256 h0_0_ = _mm256_load_ps(bias0 + 0);
    __m256 h0_1_ = h0_0_;
    __m256 h0_2_ = h0_0_;
    const float *w_x0 = s->w_x + block * 16;
    const float *x_row0_ = s->x + (ptrdiff_t)row * s->x_row;
    const float *x_row1_ = s->x + (ptrdiff_t)(row + 1) * s->x_row;
    const float *x_row2_ = s->x + (ptrdiff_t)(row + 2) * s->x_row;
    for (size_t k = 0; k < 2; k++) {
        const __m256 w0 = _mm256_load_ps(w_x0 + k * 8 + 0);
        const __m256 in0 = _mm256_set1_ps(x_row0_[k]);
        h0_0_ = _mm256_fmadd_ps(w0, in0, h0_0_);
        const __m256 in1 = _mm256_set1_ps(x_row1_[k]);
        h0_1_ = _mm256_fmadd_ps(w0, in1, h0_1_);
        const __m256 in2 = _mm256_set1_ps(x_row2_[k]);
        h0_2_ = _mm256_fmadd_ps(w0, in2, h0_2_);
    }
    const float *w_h0 = s->w_h + block * 512;
    const float *h_row0_ = s->h_prev_ + row * 64;
    const float *h_row1_ = s->h_prev_ + (row + 1) * 64;
    const float *h_row2_ = s->h_prev_ + (row + 2) * 64;
    for (size_t k = 0; k < 64; k++) {
        const __m256 w0 = _mm256_load_ps(w_h0 + k * 8 + 0);
        const __m256 in0 = _mm256_set1_ps(h_row0_[k]);
        h0_0_ = _mm256_fmadd_ps(w0, in0, h0_0_);
        const __m256 in1 = _mm256_set1_ps(h_row1_[k]);
        h0_1_ = _mm256_fmadd_ps(w0, in1, h0_1_);
        const __m256 in2 = _mm256_set1_ps(h_row2_[k]);
        h0_2_ = _mm256_fmadd_ps(w0, in2, h0_2_);
    }
    _mm256_store_ps(sums + 0, h0_0_);
    _mm256_store_ps(sums + 8, h0_1_);
    _mm256_store_ps(sums + 16, h0_2_);
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
        case 8:
            tile_1x8(s, block, row);
            break;
        }
        break;
    case 2:
        switch (vectors) {
        case 1:
            tile_2x1(s, block, row, sums);
            break;
        case 4:
            tile_2x4(s, block, row, sums);
            break;
        }
        break;
    case 3:
        switch (vectors) {
        case 1:
            tile_3x1(s, block, row, sums);
            break;
        case 4:
            tile_3x4(s, block, row, sums);
            break;
        }
        break;
    }
}

WEIR_TILE units_2(const struct step *s, size_t block, size_t vectors, size_t row, const float *sums)
{
    const float *sums1 = sums + 8 * vectors;
    for (size_t v = 0; v < vectors; v++) {
        const size_t unit = (block + v) * 8;
        const size_t at = row * 64 + unit;
        const size_t at1 = (row + 1) * 64 + unit;
        const __m256 h_sum_ = _mm256_load_ps(sums + v * 8);
        const __m256 h_sum_row1_ = _mm256_load_ps(sums1 + v * 8);
        const __m256 h_arg_ = v_clamp(h_sum_, _mm256_set1_ps(78.0f));
        const __m256 h_arg_row1_ = v_clamp(h_sum_row1_, _mm256_set1_ps(78.0f));
        const __m256 h_exp_ = v_exp2(h_arg_);
        const __m256 h_exp_row1_ = v_exp2(h_arg_row1_);
        const __m256 h_den_ = _mm256_add_ps(_mm256_set1_ps(1.0f), h_exp_);
        const __m256 h_den_row1_ = _mm256_add_ps(_mm256_set1_ps(1.0f), h_exp_row1_);
        const __m256 h_num_ = _mm256_sub_ps(_mm256_set1_ps(1.0f), h_exp_);
        const __m256 h_num_row1_ = _mm256_sub_ps(_mm256_set1_ps(1.0f), h_exp_row1_);
        const __m256 h_ = _mm256_div_ps(h_num_, h_den_); /* h' */
        _mm256_store_ps(s->h_next_ + at, h_);
        float *y = s->y + (ptrdiff_t)row * s->y_row + unit;
        _mm256_storeu_ps(y, v_canonical(h_));
        const __m256 h_row1_ = _mm256_div_ps(h_num_row1_, h_den_row1_); /* h' */
        _mm256_store_ps(s->h_next_ + at1, h_row1_);
        float *y1 = s->y + (ptrdiff_t)(row + 1) * s->y_row + unit;
        _mm256_storeu_ps(y1, v_canonical(h_row1_));
    }
}

WEIR_TILE units_3(const struct step *s, size_t block, size_t vectors, size_t row, const float *sums)
{
    const float *sums1 = sums + 8 * vectors;
    const float *sums2 = sums + 16 * vectors;
    for (size_t v = 0; v < vectors; v++) {
        const size_t unit = (block + v) * 8;
        const size_t at = row * 64 + unit;
        const size_t at1 = (row + 1) * 64 + unit;
        const size_t at2 = (row + 2) * 64 + unit;
        const __m256 h_sum_ = _mm256_load_ps(sums + v * 8);
        const __m256 h_sum_row1_ = _mm256_load_ps(sums1 + v * 8);
        const __m256 h_sum_row2_ = _mm256_load_ps(sums2 + v * 8);
        const __m256 h_arg_ = v_clamp(h_sum_, _mm256_set1_ps(78.0f));
        const __m256 h_arg_row1_ = v_clamp(h_sum_row1_, _mm256_set1_ps(78.0f));
        const __m256 h_arg_row2_ = v_clamp(h_sum_row2_, _mm256_set1_ps(78.0f));
        const __m256 h_exp_ = v_exp2(h_arg_);
        const __m256 h_exp_row1_ = v_exp2(h_arg_row1_);
        const __m256 h_exp_row2_ = v_exp2(h_arg_row2_);
        const __m256 h_den_ = _mm256_add_ps(_mm256_set1_ps(1.0f), h_exp_);
        const __m256 h_den_row1_ = _mm256_add_ps(_mm256_set1_ps(1.0f), h_exp_row1_);
        const __m256 h_den_row2_ = _mm256_add_ps(_mm256_set1_ps(1.0f), h_exp_row2_);
        const __m256 h_num_ = _mm256_sub_ps(_mm256_set1_ps(1.0f), h_exp_);
        const __m256 h_num_row1_ = _mm256_sub_ps(_mm256_set1_ps(1.0f), h_exp_row1_);
        const __m256 h_num_row2_ = _mm256_sub_ps(_mm256_set1_ps(1.0f), h_exp_row2_);
        const __m256 h_ = _mm256_div_ps(h_num_, h_den_); /* h' */
        _mm256_store_ps(s->h_next_ + at, h_);
        float *y = s->y + (ptrdiff_t)row * s->y_row + unit;
        _mm256_storeu_ps(y, v_canonical(h_));
        const __m256 h_row1_ = _mm256_div_ps(h_num_row1_, h_den_row1_); /* h' */
        _mm256_store_ps(s->h_next_ + at1, h_row1_);
        float *y1 = s->y + (ptrdiff_t)(row + 1) * s->y_row + unit;
        _mm256_storeu_ps(y1, v_canonical(h_row1_));
        const __m256 h_row2_ = _mm256_div_ps(h_num_row2_, h_den_row2_); /* h' */
        _mm256_store_ps(s->h_next_ + at2, h_row2_);
        float *y2 = s->y + (ptrdiff_t)(row + 2) * s->y_row + unit;
        _mm256_storeu_ps(y2, v_canonical(h_row2_));
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
    }
}

WEIR_CHOOSER walk_stage(const struct weir_run *run, const struct step *s, int backwards, size_t B,
                        int shared)
{
    const size_t first = shared ? 8 * run->part / run->parts : 0;
    const size_t last = shared ? 8 * (run->part + 1) / run->parts : 8;
    const size_t wide = B == 1 ? 8 : 4;
    const size_t parts = (B + 2) / 3;
    WEIR_ALIGNED float sums[96];
    const size_t whole = last - first;
    const size_t groups = B == 1 ? whole / 8 : whole / 4;
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
                units(s, block, vectors, row + r, count, sums + r * vectors * 8);
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
    s->w_x = weights + 64;
    s->w_h = weights + 192;
    s->x_row = run->x_row;
    s->y_row = run->y_row;
}

static void wind(const struct weir_run *run, struct step *s, size_t t)
{
    const struct weir_tape *tape = run->tape;
    const ptrdiff_t step = (ptrdiff_t)t;
    s->h_prev_ += step / 2 * tape->state_step[0];
    s->h_next_ += (step + 1) / 2 * tape->state_step[0];
}

static void begin(const struct weir_run *run, struct step *s, size_t t)
{
    s->x = run->x + (ptrdiff_t)t * run->x_step;
    s->y = run->y + (ptrdiff_t)t * run->y_step;
    s->h_prev_ = run->state[t % 2][0];
    s->h_next_ = run->state[(t + 1) % 2][0];
    if (run->tape)
        wind(run, s, t);
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
    2, /* b */
};

static const unsigned char slots_1[] = {
    0, /* W */
};

static const unsigned char slots_2[] = {
    1, /* U */
};

static const struct weir_region regions[] = {
    {WEIR_H, WEIR_ONE, 1, slots_0, NULL, 0, 0, WEIR_TYPE_F32}, /* bias */
    {WEIR_H, WEIR_I, 1, slots_1, NULL, 0, 0, WEIR_TYPE_F32}, /* w_x */
    {WEIR_H, WEIR_H, 1, slots_2, NULL, 0, 0, WEIR_TYPE_F32}, /* w_h */
};

static void scales(size_t I, size_t H, size_t P, float *scale)
{
    (void)I, (void)H, (void)P, (void)scale;
    scale[0] = (float)-2.8853900817779268; /* b */
    scale[1] = (float)-2.8853900817779268; /* W */
    scale[2] = (float)-2.8853900817779268; /* U */
}

/* One time step: packed weights, what is read and what is written. */
struct step_back {
    const float *w_back_1_delta_h;
    int ends; /* the next states are not wanted */
    const float *x;
    float *y;
    ptrdiff_t x_row, y_row;
    const float *d_h_prev_;
    float *d_h_next_;
    float *delta_h_value_;
    const float *h_given_;
};

WEIR_TILE units_back_0(const struct step_back *s, size_t block, size_t vectors, size_t row)
{
    for (size_t v = 0; v < vectors; v++) {
        const size_t unit = (block + v) * 8;
        const size_t at = row * 64 + unit;
        const size_t count = 64 - unit < 8 ? 64 - unit : 8;
        const __m256 d_h_prev_ = _mm256_load_ps(s->d_h_prev_ + at);
        const __m256 input_ = v_load_first(s->x + (ptrdiff_t)row * s->x_row + unit, count);
        const __m256 d_h_ = _mm256_add_ps(d_h_prev_, input_);
        const __m256 h_ = _mm256_load_ps(s->h_given_ + at);
        const __m256 delta_h_part_ = _mm256_fnmadd_ps(h_, h_, _mm256_set1_ps(1.0f));
        const __m256 delta_h_ = v_mul(d_h_, delta_h_part_);
        _mm256_store_ps(s->delta_h_value_ + at, delta_h_);
    }
}

WEIR_CHOOSER walk_stage_back_0(const struct weir_run *run, const struct step_back *s, int backwards,
                               size_t B, int shared)
{
    const size_t first = shared ? 8 * run->part / run->parts : 0;
    const size_t last = shared ? 8 * (run->part + 1) / run->parts : 8;
    const size_t wide = B == 1 ? 8 : 2;
    const size_t parts = (B + 5) / 6;
    const size_t whole = last - first;
    const size_t groups = B == 1 ? whole / 8 : whole / 2;
    const size_t total = whole - groups * wide + groups;
    for (size_t n = 0; n < total; n++) {
        const size_t g = backwards ? total - 1 - n : n;
        const size_t block = first + (g < groups ? g * wide : groups * wide + g - groups);
        const size_t vectors = (g < groups ? wide : 1);
        for (size_t part = 0; part < parts; part++) {
            const size_t row = parts > 1 ? B * part / parts : 0;
            const size_t rows = parts > 1 ? B * (part + 1) / parts - row : B;
            for (size_t r = 0; r < rows; r++)
                units_back_0(s, block, vectors, row + r);
        }
    }
}

static void stage_back_0(const struct weir_run *run, const struct step_back *s, int backwards)
{
    if (run->B == 1 && run->parts == 1) /* a stream: choices cost as much as its maths */
        walk_stage_back_0(run, s, backwards, 1, 0);
    else
        walk_stage_back_0(run, s, backwards, run->B, run->parts > 1);
}

WEIR_TILE tile_back_1_1x8(const struct step_back *s, size_t block, size_t row)
{
    __m256 d_h0_ = _mm256_setzero_ps();
    __m256 d_h1_ = _mm256_setzero_ps();
    __m256 d_h2_ = _mm256_setzero_ps();
    __m256 d_h3_ = _mm256_setzero_ps();
    __m256 d_h4_ = _mm256_setzero_ps();
    __m256 d_h5_ = _mm256_setzero_ps();
    __m256 d_h6_ = _mm256_setzero_ps();
    __m256 d_h7_ = _mm256_setzero_ps();
    const float *w_back_1_delta_h0 = s->w_back_1_delta_h + block * 512;
    const float *w_back_1_delta_h1 = s->w_back_1_delta_h + (block + 1) * 512;
    const float *w_back_1_delta_h2 = s->w_back_1_delta_h + (block + 2) * 512;
    const float *w_back_1_delta_h3 = s->w_back_1_delta_h + (block + 3) * 512;
    const float *w_back_1_delta_h4 = s->w_back_1_delta_h + (block + 4) * 512;
    const float *w_back_1_delta_h5 = s->w_back_1_delta_h + (block + 5) * 512;
    const float *w_back_1_delta_h6 = s->w_back_1_delta_h + (block + 6) * 512;
    const float *w_back_1_delta_h7 = s->w_back_1_delta_h + (block + 7) * 512;
    const float *delta_h_row0_ = s->delta_h_value_ + row * 64;
    for (size_t k = 0; k < 64; k++) {
        const __m256 in0 = _mm256_set1_ps(delta_h_row0_[k]);
        d_h0_ = _mm256_fmadd_ps(_mm256_load_ps(w_back_1_delta_h0 + k * 8 + 0), in0, d_h0_);
        d_h1_ = _mm256_fmadd_ps(_mm256_load_ps(w_back_1_delta_h1 + k * 8 + 0), in0, d_h1_);
        d_h2_ = _mm256_fmadd_ps(_mm256_load_ps(w_back_1_delta_h2 + k * 8 + 0), in0, d_h2_);
        d_h3_ = _mm256_fmadd_ps(_mm256_load_ps(w_back_1_delta_h3 + k * 8 + 0), in0, d_h3_);
        d_h4_ = _mm256_fmadd_ps(_mm256_load_ps(w_back_1_delta_h4 + k * 8 + 0), in0, d_h4_);
        d_h5_ = _mm256_fmadd_ps(_mm256_load_ps(w_back_1_delta_h5 + k * 8 + 0), in0, d_h5_);
        d_h6_ = _mm256_fmadd_ps(_mm256_load_ps(w_back_1_delta_h6 + k * 8 + 0), in0, d_h6_);
        d_h7_ = _mm256_fmadd_ps(_mm256_load_ps(w_back_1_delta_h7 + k * 8 + 0), in0, d_h7_);
    }
    {
        const size_t unit = block * 8;
        const size_t at = row * 64 + unit;
        const size_t unit2 = (block + 1) * 8;
        const size_t at2 = row * 64 + unit2;
        const __m256 d_h_ = d_h0_;
        _mm256_store_ps(s->d_h_next_ + at, d_h_);
        const __m256 d_h_2_ = d_h1_;
        _mm256_store_ps(s->d_h_next_ + at2, d_h_2_);
    }
    {
        const size_t unit = (block + 2) * 8;
        const size_t at = row * 64 + unit;
        const size_t unit2 = (block + 3) * 8;
        const size_t at2 = row * 64 + unit2;
        const __m256 d_h_ = d_h2_;
        _mm256_store_ps(s->d_h_next_ + at, d_h_);
        const __m256 d_h_2_ = d_h3_;
        _mm256_store_ps(s->d_h_next_ + at2, d_h_2_);
    }
    {
        const size_t unit = (block + 4) * 8;
        const size_t at = row * 64 + unit;
        const size_t unit2 = (block + 5) * 8;
        const size_t at2 = row * 64 + unit2;
        const __m256 d_h_ = d_h4_;
        _mm256_store_ps(s->d_h_next_ + at, d_h_);
        const __m256 d_h_2_ = d_h5_;
        _mm256_store_ps(s->d_h_next_ + at2, d_h_2_);
    }
    {
        const size_t unit = (block + 6) * 8;
        const size_t at = row * 64 + unit;
        const size_t unit2 = (block + 7) * 8;
        const size_t at2 = row * 64 + unit2;
        const __m256 d_h_ = d_h6_;
        _mm256_store_ps(s->d_h_next_ + at, d_h_);
        const __m256 d_h_2_ = d_h7_;
        _mm256_store_ps(s->d_h_next_ + at2, d_h_2_);
    }
}

WEIR_TILE tile_back_1_1x1(const struct step_back *s, size_t block, size_t row)
{
    __m256 d_h0_ = _mm256_setzero_ps();
    const float *w_back_1_delta_h0 = s->w_back_1_delta_h + block * 512;
    const float *delta_h_row0_ = s->delta_h_value_ + row * 64;
    for (size_t k = 0; k < 64; k++) {
        const __m256 in0 = _mm256_set1_ps(delta_h_row0_[k]);
        d_h0_ = _mm256_fmadd_ps(_mm256_load_ps(w_back_1_delta_h0 + k * 8 + 0), in0, d_h0_);
    }
    {
        const size_t unit = block * 8;
        const size_t at = row * 64 + unit;
        const __m256 d_h_ = d_h0_;
        _mm256_store_ps(s->d_h_next_ + at, d_h_);
    }
}

WEIR_TILE tile_back_1_2x2(const struct step_back *s, size_t block, size_t row, float *sums)
{
    __m256 d_h0_0_ = _mm256_setzero_ps();
    __m256 d_h0_1_ = d_h0_0_;
    __m256 d_h1_0_ = _mm256_setzero_ps();
    __m256 d_h1_1_ = d_h1_0_;
    const float *w_back_1_delta_h0 = s->w_back_1_delta_h + block * 512;
    const float *delta_h_row0_ = s->delta_h_value_ + row * 64;
    const float *delta_h_row1_ = s->delta_h_value_ + (row + 1) * 64;
    for (size_t k = 0; k < 64; k++) {
        const __m256 w0 = _mm256_load_ps(w_back_1_delta_h0 + k * 8 + 0);
        const __m256 w1 = _mm256_load_ps(w_back_1_delta_h0 + k * 8 + 512);
        const __m256 in0 = _mm256_set1_ps(delta_h_row0_[k]);
        d_h0_0_ = _mm256_fmadd_ps(w0, in0, d_h0_0_);
        d_h1_0_ = _mm256_fmadd_ps(w1, in0, d_h1_0_);
        const __m256 in1 = _mm256_set1_ps(delta_h_row1_[k]);
        d_h0_1_ = _mm256_fmadd_ps(w0, in1, d_h0_1_);
        d_h1_1_ = _mm256_fmadd_ps(w1, in1, d_h1_1_);
    }
    _mm256_store_ps(sums + 0, d_h0_0_);
    _mm256_store_ps(sums + 16, d_h0_1_);
    _mm256_store_ps(sums + 8, d_h1_0_);
    _mm256_store_ps(sums + 24, d_h1_1_);
}

WEIR_TILE tile_back_1_2x1(const struct step_back *s, size_t block, size_t row, float *sums)
{
    __m256 d_h0_0_ = _mm256_setzero_ps();
    __m256 d_h0_1_ = d_h0_0_;
    const float *w_back_1_delta_h0 = s->w_back_1_delta_h + block * 512;
    const float *delta_h_row0_ = s->delta_h_value_ + row * 64;
    const float *delta_h_row1_ = s->delta_h_value_ + (row + 1) * 64;
    for (size_t k = 0; k < 64; k++) {
        const __m256 w0 = _mm256_load_ps(w_back_1_delta_h0 + k * 8 + 0);
        const __m256 in0 = _mm256_set1_ps(delta_h_row0_[k]);
        d_h0_0_ = _mm256_fmadd_ps(w0, in0, d_h0_0_);
        const __m256 in1 = _mm256_set1_ps(delta_h_row1_[k]);
        d_h0_1_ = _mm256_fmadd_ps(w0, in1, d_h0_1_);
    }
    _mm256_store_ps(sums + 0, d_h0_0_);
    _mm256_store_ps(sums + 8, d_h0_1_);
}

WEIR_TILE tile_back_1_3x2(const struct step_back *s, size_t block, size_t row, float *sums)
{
    __m256 d_h0_0_ = _mm256_setzero_ps();
    __m256 d_h0_1_ = d_h0_0_;
    __m256 d_h0_2_ = d_h0_0_;
    __m256 d_h1_0_ = _mm256_setzero_ps();
    __m256 d_h1_1_ = d_h1_0_;
    __m256 d_h1_2_ = d_h1_0_;
    const float *w_back_1_delta_h0 = s->w_back_1_delta_h + block * 512;
    const float *delta_h_row0_ = s->delta_h_value_ + row * 64;
    const float *delta_h_row1_ = s->delta_h_value_ + (row + 1) * 64;
    const float *delta_h_row2_ = s->delta_h_value_ + (row + 2) * 64;
    for (size_t k = 0; k < 64; k++) {
        const __m256 w0 = _mm256_load_ps(w_back_1_delta_h0 + k * 8 + 0);
        const __m256 w1 = _mm256_load_ps(w_back_1_delta_h0 + k * 8 + 512);
        const __m256 in0 = _mm256_set1_ps(delta_h_row0_[k]);
        d_h0_0_ = _mm256_fmadd_ps(w0, in0, d_h0_0_);
        d_h1_0_ = _mm256_fmadd_ps(w1, in0, d_h1_0_);
        const __m256 in1 = _mm256_set1_ps(delta_h_row1_[k]);
        d_h0_1_ = _mm256_fmadd_ps(w0, in1, d_h0_1_);
        d_h1_1_ = _mm256_fmadd_ps(w1, in1, d_h1_1_);
        const __m256 in2 = _mm256_set1_ps(delta_h_row2_[k]);
        d_h0_2_ = _mm256_fmadd_ps(w0, in2, d_h0_2_);
        d_h1_2_ = _mm256_fmadd_ps(w1, in2, d_h1_2_);
    }
    _mm256_store_ps(sums + 0, d_h0_0_);
    _mm256_store_ps(sums + 16, d_h0_1_);
    _mm256_store_ps(sums + 32, d_h0_2_);
    _mm256_store_ps(sums + 8, d_h1_0_);
    _mm256_store_ps(sums + 24, d_h1_1_);
    _mm256_store_ps(sums + 40, d_h1_2_);
}

WEIR_TILE tile_back_1_3x1(const struct step_back *s, size_t block, size_t row, float *sums)
{
    __m256 d_h0_0_ = _mm256_setzero_ps();
    __m256 d_h0_1_ = d_h0_0_;
    __m256 d_h0_2_ = d_h0_0_;
    const float *w_back_1_delta_h0 = s->w_back_1_delta_h + block * 512;
    const float *delta_h_row0_ = s->delta_h_value_ + row * 64;
    const float *delta_h_row1_ = s->delta_h_value_ + (row + 1) * 64;
    const float *delta_h_row2_ = s->delta_h_value_ + (row + 2) * 64;
    for (size_t k = 0; k < 64; k++) {
        const __m256 w0 = _mm256_load_ps(w_back_1_delta_h0 + k * 8 + 0);
        const __m256 in0 = _mm256_set1_ps(delta_h_row0_[k]);
        d_h0_0_ = _mm256_fmadd_ps(w0, in0, d_h0_0_);
        const __m256 in1 = _mm256_set1_ps(delta_h_row1_[k]);
        d_h0_1_ = _mm256_fmadd_ps(w0, in1, d_h0_1_);
        const __m256 in2 = _mm256_set1_ps(delta_h_row2_[k]);
        d_h0_2_ = _mm256_fmadd_ps(w0, in2, d_h0_2_);
    }
    _mm256_store_ps(sums + 0, d_h0_0_);
    _mm256_store_ps(sums + 8, d_h0_1_);
    _mm256_store_ps(sums + 16, d_h0_2_);
}

WEIR_TILE tile_back_1_4x2(const struct step_back *s, size_t block, size_t row, float *sums)
{
    __m256 d_h0_0_ = _mm256_setzero_ps();
    __m256 d_h0_1_ = d_h0_0_;
    __m256 d_h0_2_ = d_h0_0_;
    __m256 d_h0_3_ = d_h0_0_;
    __m256 d_h1_0_ = _mm256_setzero_ps();
    __m256 d_h1_1_ = d_h1_0_;
    __m256 d_h1_2_ = d_h1_0_;
    __m256 d_h1_3_ = d_h1_0_;
    const float *w_back_1_delta_h0 = s->w_back_1_delta_h + block * 512;
    const float *delta_h_row0_ = s->delta_h_value_ + row * 64;
    const float *delta_h_row1_ = s->delta_h_value_ + (row + 1) * 64;
    const float *delta_h_row2_ = s->delta_h_value_ + (row + 2) * 64;
    const float *delta_h_row3_ = s->delta_h_value_ + (row + 3) * 64;
    for (size_t k = 0; k < 64; k++) {
        const __m256 w0 = _mm256_load_ps(w_back_1_delta_h0 + k * 8 + 0);
        const __m256 w1 = _mm256_load_ps(w_back_1_delta_h0 + k * 8 + 512);
        const __m256 in0 = _mm256_set1_ps(delta_h_row0_[k]);
        d_h0_0_ = _mm256_fmadd_ps(w0, in0, d_h0_0_);
        d_h1_0_ = _mm256_fmadd_ps(w1, in0, d_h1_0_);
        const __m256 in1 = _mm256_set1_ps(delta_h_row1_[k]);
        d_h0_1_ = _mm256_fmadd_ps(w0, in1, d_h0_1_);
        d_h1_1_ = _mm256_fmadd_ps(w1, in1, d_h1_1_);
        const __m256 in2 = _mm256_set1_ps(delta_h_row2_[k]);
        d_h0_2_ = _mm256_fmadd_ps(w0, in2, d_h0_2_);
        d_h1_2_ = _mm256_fmadd_ps(w1, in2, d_h1_2_);
        const __m256 in3 = _mm256_set1_ps(delta_h_row3_[k]);
        d_h0_3_ = _mm256_fmadd_ps(w0, in3, d_h0_3_);
        d_h1_3_ = _mm256_fmadd_ps(w1, in3, d_h1_3_);
    }
    _mm256_store_ps(sums + 0, d_h0_0_);
    _mm256_store_ps(sums + 16, d_h0_1_);
    _mm256_store_ps(sums + 32, d_h0_2_);
    _mm256_store_ps(sums + 48, d_h0_3_);
    _mm256_store_ps(sums + 8, d_h1_0_);
    _mm256_store_ps(sums + 24, d_h1_1_);
    _mm256_store_ps(sums + 40, d_h1_2_);
    _mm256_store_ps(sums + 56, d_h1_3_);
}

WEIR_TILE tile_back_1_4x1(const struct step_back *s, size_t block, size_t row, float *sums)
{
    __m256 d_h0_0_ = _mm256_setzero_ps();
    __m256 d_h0_1_ = d_h0_0_;
    __m256 d_h0_2_ = d_h0_0_;
    __m256 d_h0_3_ = d_h0_0_;
    const float *w_back_1_delta_h0 = s->w_back_1_delta_h + block * 512;
    const float *delta_h_row0_ = s->delta_h_value_ + row * 64;
    const float *delta_h_row1_ = s->delta_h_value_ + (row + 1) * 64;
    const float *delta_h_row2_ = s->delta_h_value_ + (row + 2) * 64;
    const float *delta_h_row3_ = s->delta_h_value_ + (row + 3) * 64;
    for (size_t k = 0; k < 64; k++) {
        const __m256 w0 = _mm256_load_ps(w_back_1_delta_h0 + k * 8 + 0);
        const __m256 in0 = _mm256_set1_ps(delta_h_row0_[k]);
        d_h0_0_ = _mm256_fmadd_ps(w0, in0, d_h0_0_);
        const __m256 in1 = _mm256_set1_ps(delta_h_row1_[k]);
        d_h0_1_ = _mm256_fmadd_ps(w0, in1, d_h0_1_);
        const __m256 in2 = _mm256_set1_ps(delta_h_row2_[k]);
        d_h0_2_ = _mm256_fmadd_ps(w0, in2, d_h0_2_);
        const __m256 in3 = _mm256_set1_ps(delta_h_row3_[k]);
        d_h0_3_ = _mm256_fmadd_ps(w0, in3, d_h0_3_);
    }
    _mm256_store_ps(sums + 0, d_h0_0_);
    _mm256_store_ps(sums + 8, d_h0_1_);
    _mm256_store_ps(sums + 16, d_h0_2_);
    _mm256_store_ps(sums + 24, d_h0_3_);
}

WEIR_TILE tile_back_1_5x2(const struct step_back *s, size_t block, size_t row, float *sums)
{
    __m256 d_h0_0_ = _mm256_setzero_ps();
    __m256 d_h0_1_ = d_h0_0_;
    __m256 d_h0_2_ = d_h0_0_;
    __m256 d_h0_3_ = d_h0_0_;
    __m256 d_h0_4_ = d_h0_0_;
    __m256 d_h1_0_ = _mm256_setzero_ps();
    __m256 d_h1_1_ = d_h1_0_;
    __m256 d_h1_2_ = d_h1_0_;
    __m256 d_h1_3_ = d_h1_0_;
    __m256 d_h1_4_ = d_h1_0_;
    const float *w_back_1_delta_h0 = s->w_back_1_delta_h + block * 512;
    const float *delta_h_row0_ = s->delta_h_value_ + row * 64;
    const float *delta_h_row1_ = s->delta_h_value_ + (row + 1) * 64;
    const float *delta_h_row2_ = s->delta_h_value_ + (row + 2) * 64;
    const float *delta_h_row3_ = s->delta_h_value_ + (row + 3) * 64;
    const float *delta_h_row4_ = s->delta_h_value_ + (row + 4) * 64;
    for (size_t k = 0; k < 64; k++) {
        const __m256 w0 = _mm256_load_ps(w_back_1_delta_h0 + k * 8 + 0);
        const __m256 w1 = _mm256_load_ps(w_back_1_delta_h0 + k * 8 + 512);
        const __m256 in0 = _mm256_set1_ps(delta_h_row0_[k]);
        d_h0_0_ = _mm256_fmadd_ps(w0, in0, d_h0_0_);
        d_h1_0_ = _mm256_fmadd_ps(w1, in0, d_h1_0_);
        const __m256 in1 = _mm256_set1_ps(delta_h_row1_[k]);
        d_h0_1_ = _mm256_fmadd_ps(w0, in1, d_h0_1_);
        d_h1_1_ = _mm256_fmadd_ps(w1, in1, d_h1_1_);
        const __m256 in2 = _mm256_set1_ps(delta_h_row2_[k]);
        d_h0_2_ = _mm256_fmadd_ps(w0, in2, d_h0_2_);
        d_h1_2_ = _mm256_fmadd_ps(w1, in2, d_h1_2_);
        const __m256 in3 = _mm256_set1_ps(delta_h_row3_[k]);
        d_h0_3_ = _mm256_fmadd_ps(w0, in3, d_h0_3_);
        d_h1_3_ = _mm256_fmadd_ps(w1, in3, d_h1_3_);
        const __m256 in4 = _mm256_set1_ps(delta_h_row4_[k]);
        d_h0_4_ = _mm256_fmadd_ps(w0, in4, d_h0_4_);
        d_h1_4_ = _mm256_fmadd_ps(w1, in4, d_h1_4_);
    }
    _mm256_store_ps(sums + 0, d_h0_0_);
    _mm256_store_ps(sums + 16, d_h0_1_);
    _mm256_store_ps(sums + 32, d_h0_2_);
    _mm256_store_ps(sums + 48, d_h0_3_);
    _mm256_store_ps(sums + 64, d_h0_4_);
    _mm256_store_ps(sums + 8, d_h1_0_);
    _mm256_store_ps(sums + 24, d_h1_1_);
    _mm256_store_ps(sums + 40, d_h1_2_);
    _mm256_store_ps(sums + 56, d_h1_3_);
    _mm256_store_ps(sums + 72, d_h1_4_);
}

WEIR_TILE tile_back_1_5x1(const struct step_back *s, size_t block, size_t row, float *sums)
{
    __m256 d_h0_0_ = _mm256_setzero_ps();
    __m256 d_h0_1_ = d_h0_0_;
    __m256 d_h0_2_ = d_h0_0_;
    __m256 d_h0_3_ = d_h0_0_;
    __m256 d_h0_4_ = d_h0_0_;
    const float *w_back_1_delta_h0 = s->w_back_1_delta_h + block * 512;
    const float *delta_h_row0_ = s->delta_h_value_ + row * 64;
    const float *delta_h_row1_ = s->delta_h_value_ + (row + 1) * 64;
    const float *delta_h_row2_ = s->delta_h_value_ + (row + 2) * 64;
    const float *delta_h_row3_ = s->delta_h_value_ + (row + 3) * 64;
    const float *delta_h_row4_ = s->delta_h_value_ + (row + 4) * 64;
    for (size_t k = 0; k < 64; k++) {
        const __m256 w0 = _mm256_load_ps(w_back_1_delta_h0 + k * 8 + 0);
        const __m256 in0 = _mm256_set1_ps(delta_h_row0_[k]);
        d_h0_0_ = _mm256_fmadd_ps(w0, in0, d_h0_0_);
        const __m256 in1 = _mm256_set1_ps(delta_h_row1_[k]);
        d_h0_1_ = _mm256_fmadd_ps(w0, in1, d_h0_1_);
        const __m256 in2 = _mm256_set1_ps(delta_h_row2_[k]);
        d_h0_2_ = _mm256_fmadd_ps(w0, in2, d_h0_2_);
        const __m256 in3 = _mm256_set1_ps(delta_h_row3_[k]);
        d_h0_3_ = _mm256_fmadd_ps(w0, in3, d_h0_3_);
        const __m256 in4 = _mm256_set1_ps(delta_h_row4_[k]);
        d_h0_4_ = _mm256_fmadd_ps(w0, in4, d_h0_4_);
    }
    _mm256_store_ps(sums + 0, d_h0_0_);
    _mm256_store_ps(sums + 8, d_h0_1_);
    _mm256_store_ps(sums + 16, d_h0_2_);
    _mm256_store_ps(sums + 24, d_h0_3_);
    _mm256_store_ps(sums + 32, d_h0_4_);
}

WEIR_TILE tile_back_1_6x2(const struct step_back *s, size_t block, size_t row, float *sums)
{
    __m256 d_h0_0_ = _mm256_setzero_ps();
    __m256 d_h0_1_ = d_h0_0_;
    __m256 d_h0_2_ = d_h0_0_;
    __m256 d_h0_3_ = d_h0_0_;
    __m256 d_h0_4_ = d_h0_0_;
    __m256 d_h0_5_ = d_h0_0_;
    __m256 d_h1_0_ = _mm256_setzero_ps();
    __m256 d_h1_1_ = d_h1_0_;
    __m256 d_h1_2_ = d_h1_0_;
    __m256 d_h1_3_ = d_h1_0_;
    __m256 d_h1_4_ = d_h1_0_;
    __m256 d_h1_5_ = d_h1_0_;
    const float *w_back_1_delta_h0 = s->w_back_1_delta_h + block * 512;
    const float *delta_h_row0_ = s->delta_h_value_ + row * 64;
    const float *delta_h_row1_ = s->delta_h_value_ + (row + 1) * 64;
    const float *delta_h_row2_ = s->delta_h_value_ + (row + 2) * 64;
    const float *delta_h_row3_ = s->delta_h_value_ + (row + 3) * 64;
    const float *delta_h_row4_ = s->delta_h_value_ + (row + 4) * 64;
    const float *delta_h_row5_ = s->delta_h_value_ + (row + 5) * 64;
    for (size_t k = 0; k < 64; k++) {
        const __m256 w0 = _mm256_load_ps(w_back_1_delta_h0 + k * 8 + 0);
        const __m256 w1 = _mm256_load_ps(w_back_1_delta_h0 + k * 8 + 512);
        const __m256 in0 = _mm256_set1_ps(delta_h_row0_[k]);
        d_h0_0_ = _mm256_fmadd_ps(w0, in0, d_h0_0_);
        d_h1_0_ = _mm256_fmadd_ps(w1, in0, d_h1_0_);
        const __m256 in1 = _mm256_set1_ps(delta_h_row1_[k]);
        d_h0_1_ = _mm256_fmadd_ps(w0, in1, d_h0_1_);
        d_h1_1_ = _mm256_fmadd_ps(w1, in1, d_h1_1_);
        const __m256 in2 = _mm256_set1_ps(delta_h_row2_[k]);
        d_h0_2_ = _mm256_fmadd_ps(w0, in2, d_h0_2_);
        d_h1_2_ = _mm256_fmadd_ps(w1, in2, d_h1_2_);
        const __m256 in3 = _mm256_set1_ps(delta_h_row3_[k]);
        d_h0_3_ = _mm256_fmadd_ps(w0, in3, d_h0_3_);
        d_h1_3_ = _mm256_fmadd_ps(w1, in3, d_h1_3_);
        const __m256 in4 = _mm256_set1_ps(delta_h_row4_[k]);
        d_h0_4_ = _mm256_fmadd_ps(w0, in4, d_h0_4_);
        d_h1_4_ = _mm256_fmadd_ps(w1, in4, d_h1_4_);
        const __m256 in5 = _mm256_set1_ps(delta_h_row5_[k]);
        d_h0_5_ = _mm256_fmadd_ps(w0, in5, d_h0_5_);
        d_h1_5_ = _mm256_fmadd_ps(w1, in5, d_h1_5_);
    }
    _mm256_store_ps(sums + 0, d_h0_0_);
    _mm256_store_ps(sums + 16, d_h0_1_);
    _mm256_store_ps(sums + 32, d_h0_2_);
    _mm256_store_ps(sums + 48, d_h0_3_);
    _mm256_store_ps(sums + 64, d_h0_4_);
    _mm256_store_ps(sums + 80, d_h0_5_);
    _mm256_store_ps(sums + 8, d_h1_0_);
    _mm256_store_ps(sums + 24, d_h1_1_);
    _mm256_store_ps(sums + 40, d_h1_2_);
    _mm256_store_ps(sums + 56, d_h1_3_);
    _mm256_store_ps(sums + 72, d_h1_4_);
    _mm256_store_ps(sums + 88, d_h1_5_);
}

WEIR_TILE tile_back_1_6x1(const struct step_back *s, size_t block, size_t row, float *sums)
{
    __m256 d_h0_0_ = _mm256_setzero_ps();
    __m256 d_h0_1_ = d_h0_0_;
    __m256 d_h0_2_ = d_h0_0_;
    __m256 d_h0_3_ = d_h0_0_;
    __m256 d_h0_4_ = d_h0_0_;
    __m256 d_h0_5_ = d_h0_0_;
    const float *w_back_1_delta_h0 = s->w_back_1_delta_h + block * 512;
    const float *delta_h_row0_ = s->delta_h_value_ + row * 64;
    const float *delta_h_row1_ = s->delta_h_value_ + (row + 1) * 64;
    const float *delta_h_row2_ = s->delta_h_value_ + (row + 2) * 64;
    const float *delta_h_row3_ = s->delta_h_value_ + (row + 3) * 64;
    const float *delta_h_row4_ = s->delta_h_value_ + (row + 4) * 64;
    const float *delta_h_row5_ = s->delta_h_value_ + (row + 5) * 64;
    for (size_t k = 0; k < 64; k++) {
        const __m256 w0 = _mm256_load_ps(w_back_1_delta_h0 + k * 8 + 0);
        const __m256 in0 = _mm256_set1_ps(delta_h_row0_[k]);
        d_h0_0_ = _mm256_fmadd_ps(w0, in0, d_h0_0_);
        const __m256 in1 = _mm256_set1_ps(delta_h_row1_[k]);
        d_h0_1_ = _mm256_fmadd_ps(w0, in1, d_h0_1_);
        const __m256 in2 = _mm256_set1_ps(delta_h_row2_[k]);
        d_h0_2_ = _mm256_fmadd_ps(w0, in2, d_h0_2_);
        const __m256 in3 = _mm256_set1_ps(delta_h_row3_[k]);
        d_h0_3_ = _mm256_fmadd_ps(w0, in3, d_h0_3_);
        const __m256 in4 = _mm256_set1_ps(delta_h_row4_[k]);
        d_h0_4_ = _mm256_fmadd_ps(w0, in4, d_h0_4_);
        const __m256 in5 = _mm256_set1_ps(delta_h_row5_[k]);
        d_h0_5_ = _mm256_fmadd_ps(w0, in5, d_h0_5_);
    }
    _mm256_store_ps(sums + 0, d_h0_0_);
    _mm256_store_ps(sums + 8, d_h0_1_);
    _mm256_store_ps(sums + 16, d_h0_2_);
    _mm256_store_ps(sums + 24, d_h0_3_);
    _mm256_store_ps(sums + 32, d_h0_4_);
    _mm256_store_ps(sums + 40, d_h0_5_);
}

WEIR_CHOOSER tile_back_1(const struct step_back *s, size_t block, size_t vectors, size_t row,
                         size_t rows, float *sums)
{
    switch (rows) {
    case 1:
        switch (vectors) {
        case 1:
            tile_back_1_1x1(s, block, row);
            break;
        case 8:
            tile_back_1_1x8(s, block, row);
            break;
        }
        break;
    case 2:
        switch (vectors) {
        case 1:
            tile_back_1_2x1(s, block, row, sums);
            break;
        case 2:
            tile_back_1_2x2(s, block, row, sums);
            break;
        }
        break;
    case 3:
        switch (vectors) {
        case 1:
            tile_back_1_3x1(s, block, row, sums);
            break;
        case 2:
            tile_back_1_3x2(s, block, row, sums);
            break;
        }
        break;
    case 4:
        switch (vectors) {
        case 1:
            tile_back_1_4x1(s, block, row, sums);
            break;
        case 2:
            tile_back_1_4x2(s, block, row, sums);
            break;
        }
        break;
    case 5:
        switch (vectors) {
        case 1:
            tile_back_1_5x1(s, block, row, sums);
            break;
        case 2:
            tile_back_1_5x2(s, block, row, sums);
            break;
        }
        break;
    case 6:
        switch (vectors) {
        case 1:
            tile_back_1_6x1(s, block, row, sums);
            break;
        case 2:
            tile_back_1_6x2(s, block, row, sums);
            break;
        }
        break;
    }
}

WEIR_TILE units_back_1(const struct step_back *s, size_t block, size_t vectors, size_t row,
                       const float *sums)
{
    for (size_t v = 0; v < vectors; v++) {
        const size_t unit = (block + v) * 8;
        const size_t at = row * 64 + unit;
        const __m256 d_h_ = _mm256_load_ps(sums + v * 8);
        _mm256_store_ps(s->d_h_next_ + at, d_h_);
    }
}

WEIR_CHOOSER walk_stage_back_1(const struct weir_run *run, const struct step_back *s, int backwards,
                               size_t B, int shared)
{
    const size_t first = shared ? 8 * run->part / run->parts : 0;
    const size_t last = shared ? 8 * (run->part + 1) / run->parts : 8;
    const size_t wide = B == 1 ? 8 : 2;
    const size_t parts = (B + 5) / 6;
    WEIR_ALIGNED float sums[96];
    const size_t whole = last - first;
    const size_t groups = B == 1 ? whole / 8 : whole / 2;
    const size_t total = whole - groups * wide + groups;
    for (size_t n = 0; n < total; n++) {
        const size_t g = backwards ? total - 1 - n : n;
        const size_t block = first + (g < groups ? g * wide : groups * wide + g - groups);
        const size_t vectors = (g < groups ? wide : 1);
        for (size_t part = 0; part < parts; part++) {
            const size_t row = parts > 1 ? B * part / parts : 0;
            const size_t rows = parts > 1 ? B * (part + 1) / parts - row : B;
            tile_back_1(s, block, vectors, row, rows, sums);
            for (size_t r = 0; r < rows && rows > 1; r++)
                units_back_1(s, block, vectors, row + r, sums + r * vectors * 8);
        }
    }
}

static void stage_back_1(const struct weir_run *run, const struct step_back *s, int backwards)
{
    if (run->B == 1 && run->parts == 1) /* a stream: choices cost as much as its maths */
        walk_stage_back_1(run, s, backwards, 1, 0);
    else
        walk_stage_back_1(run, s, backwards, run->B, run->parts > 1);
}

/* What is the same in every step. */
static void prepare_back(const struct weir_run *run, struct step_back *s)
{
    const float *weights = run->weights;
    s->w_back_1_delta_h = weights + 0;
    s->x_row = run->x_row;
    s->y_row = run->y_row;
    s->delta_h_value_ = run->value[0];
}

static void wind_back(const struct weir_run *run, struct step_back *s, size_t t)
{
    const struct weir_tape *tape = run->tape;
    const ptrdiff_t step = (ptrdiff_t)t;
    s->delta_h_value_ = run->value[0] + step * tape->value_step[0];
    s->h_given_ = tape->given[0] + step * tape->given_step[0];
    s->ends = tape->ends && t + 1 == run->T;
}

static void begin_back(const struct weir_run *run, struct step_back *s, size_t t)
{
    s->x = run->x + (ptrdiff_t)t * run->x_step;
    s->y = run->y + (ptrdiff_t)t * run->y_step;
    s->d_h_prev_ = run->state[t % 2][0];
    s->d_h_next_ = run->state[(t + 1) % 2][0];
    if (run->tape)
        wind_back(run, s, t);
}

static void step_back(const struct weir_run *run, const struct step_back *s, int backwards)
{
    stage_back_0(run, s, backwards);
    if (run->parts > 1)
        run->wait(run->barrier);
    if (s->ends)
        return;
    stage_back_1(run, s, backwards);
    if (run->parts > 1)
        run->wait(run->barrier);
}

static void backward(const struct weir_run *run)
{
    struct step_back storage = WEIR_ZEROED, *s = &storage;
    prepare_back(run, s);
    for (size_t t = 0; t < run->T; t++) {
        begin_back(run, s, t);
        step_back(run, s, t % 2);
    }
}

static const unsigned char slots_back_0[] = {
    1, /* U */
};

static const struct weir_region regions_back[] = {
    {WEIR_H, WEIR_H, 1, slots_back_0, NULL, 0, 0, WEIR_TYPE_F32}, /* w_back_1_delta_h */
};

static void scales_back(size_t I, size_t H, size_t P, float *scale)
{
    (void)I, (void)H, (void)P, (void)scale;
    scale[0] = 1.0f; /* U */
}

static const enum weir_extent values_back[] = {
    WEIR_H, /* delta_h */
};

static const struct weir_given givens_back[] = {
    {WEIR_NEXT, 0, WEIR_H}, /* h */
};

/* One time step: packed weights, what is read and what is written. */
struct step_input {
    const float *w_input_delta_h;
    const float *x;
    float *y;
    ptrdiff_t x_row, y_row;
    const float *delta_h_given_;
};

WEIR_TILE tile_input_1x1(const struct step_input *s, size_t block, size_t row)
{
    __m256 d_x0_ = _mm256_setzero_ps();
    const float *w_input_delta_h0 = s->w_input_delta_h + block * 512;
    const float *delta_h_row0_ = s->delta_h_given_ + row * 64;
    for (size_t k = 0; k < 64; k++) {
        const __m256 in0 = _mm256_set1_ps(delta_h_row0_[k]);
        d_x0_ = _mm256_fmadd_ps(_mm256_load_ps(w_input_delta_h0 + k * 8 + 0), in0, d_x0_);
    }
    {
        const size_t unit = block * 8;
        const size_t count = 2 - unit < 8 ? 2 - unit : 8;
        const __m256 d_x_ = d_x0_;
        float *y = s->y + (ptrdiff_t)row * s->y_row + unit;
        v_store_first(y, v_canonical(d_x_), count);
    }
}

WEIR_TILE tile_input_2x1(const struct step_input *s, size_t block, size_t row, float *sums)
{
    __m256 d_x0_0_ = _mm256_setzero_ps();
    __m256 d_x0_1_ = d_x0_0_;
    const float *w_input_delta_h0 = s->w_input_delta_h + block * 512;
    const float *delta_h_row0_ = s->delta_h_given_ + row * 64;
    const float *delta_h_row1_ = s->delta_h_given_ + (row + 1) * 64;
    for (size_t k = 0; k < 64; k++) {
        if (k % 16 == 0) {
            WEIR_PREFETCH(delta_h_row0_, k + 2 * 64);
            WEIR_PREFETCH(delta_h_row1_, k + 2 * 64);
        }
        const __m256 w0 = _mm256_load_ps(w_input_delta_h0 + k * 8 + 0);
        const __m256 in0 = _mm256_set1_ps(delta_h_row0_[k]);
        d_x0_0_ = _mm256_fmadd_ps(w0, in0, d_x0_0_);
        const __m256 in1 = _mm256_set1_ps(delta_h_row1_[k]);
        d_x0_1_ = _mm256_fmadd_ps(w0, in1, d_x0_1_);
    }
    _mm256_store_ps(sums + 0, d_x0_0_);
    _mm256_store_ps(sums + 8, d_x0_1_);
}

WEIR_TILE tile_input_4x1(const struct step_input *s, size_t block, size_t row, float *sums)
{
    __m256 d_x0_0_ = _mm256_setzero_ps();
    __m256 d_x0_1_ = d_x0_0_;
    __m256 d_x0_2_ = d_x0_0_;
    __m256 d_x0_3_ = d_x0_0_;
    const float *w_input_delta_h0 = s->w_input_delta_h + block * 512;
    const float *delta_h_row0_ = s->delta_h_given_ + row * 64;
    const float *delta_h_row1_ = s->delta_h_given_ + (row + 1) * 64;
    const float *delta_h_row2_ = s->delta_h_given_ + (row + 2) * 64;
    const float *delta_h_row3_ = s->delta_h_given_ + (row + 3) * 64;
    for (size_t k = 0; k < 64; k++) {
        if (k % 16 == 0) {
            WEIR_PREFETCH(delta_h_row0_, k + 4 * 64);
            WEIR_PREFETCH(delta_h_row1_, k + 4 * 64);
            WEIR_PREFETCH(delta_h_row2_, k + 4 * 64);
            WEIR_PREFETCH(delta_h_row3_, k + 4 * 64);
        }
        const __m256 w0 = _mm256_load_ps(w_input_delta_h0 + k * 8 + 0);
        const __m256 in0 = _mm256_set1_ps(delta_h_row0_[k]);
        d_x0_0_ = _mm256_fmadd_ps(w0, in0, d_x0_0_);
        const __m256 in1 = _mm256_set1_ps(delta_h_row1_[k]);
        d_x0_1_ = _mm256_fmadd_ps(w0, in1, d_x0_1_);
        const __m256 in2 = _mm256_set1_ps(delta_h_row2_[k]);
        d_x0_2_ = _mm256_fmadd_ps(w0, in2, d_x0_2_);
        const __m256 in3 = _mm256_set1_ps(delta_h_row3_[k]);
        d_x0_3_ = _mm256_fmadd_ps(w0, in3, d_x0_3_);
    }
    _mm256_store_ps(sums + 0, d_x0_0_);
    _mm256_store_ps(sums + 8, d_x0_1_);
    _mm256_store_ps(sums + 16, d_x0_2_);
    _mm256_store_ps(sums + 24, d_x0_3_);
}

WEIR_TILE tile_input_8x1(const struct step_input *s, size_t block, size_t row, float *sums)
{
    __m256 d_x0_0_ = _mm256_setzero_ps();
    __m256 d_x0_1_ = d_x0_0_;
    __m256 d_x0_2_ = d_x0_0_;
    __m256 d_x0_3_ = d_x0_0_;
    __m256 d_x0_4_ = d_x0_0_;
    __m256 d_x0_5_ = d_x0_0_;
    __m256 d_x0_6_ = d_x0_0_;
    __m256 d_x0_7_ = d_x0_0_;
    const float *w_input_delta_h0 = s->w_input_delta_h + block * 512;
    const float *delta_h_row0_ = s->delta_h_given_ + row * 64;
    const float *delta_h_row1_ = s->delta_h_given_ + (row + 1) * 64;
    const float *delta_h_row2_ = s->delta_h_given_ + (row + 2) * 64;
    const float *delta_h_row3_ = s->delta_h_given_ + (row + 3) * 64;
    const float *delta_h_row4_ = s->delta_h_given_ + (row + 4) * 64;
    const float *delta_h_row5_ = s->delta_h_given_ + (row + 5) * 64;
    const float *delta_h_row6_ = s->delta_h_given_ + (row + 6) * 64;
    const float *delta_h_row7_ = s->delta_h_given_ + (row + 7) * 64;
    for (size_t k = 0; k < 64; k++) {
        if (k % 16 == 0) {
            WEIR_PREFETCH(delta_h_row0_, k + 8 * 64);
            WEIR_PREFETCH(delta_h_row1_, k + 8 * 64);
            WEIR_PREFETCH(delta_h_row2_, k + 8 * 64);
            WEIR_PREFETCH(delta_h_row3_, k + 8 * 64);
            WEIR_PREFETCH(delta_h_row4_, k + 8 * 64);
            WEIR_PREFETCH(delta_h_row5_, k + 8 * 64);
            WEIR_PREFETCH(delta_h_row6_, k + 8 * 64);
            WEIR_PREFETCH(delta_h_row7_, k + 8 * 64);
        }
        const __m256 w0 = _mm256_load_ps(w_input_delta_h0 + k * 8 + 0);
        const __m256 in0 = _mm256_set1_ps(delta_h_row0_[k]);
        d_x0_0_ = _mm256_fmadd_ps(w0, in0, d_x0_0_);
        const __m256 in1 = _mm256_set1_ps(delta_h_row1_[k]);
        d_x0_1_ = _mm256_fmadd_ps(w0, in1, d_x0_1_);
        const __m256 in2 = _mm256_set1_ps(delta_h_row2_[k]);
        d_x0_2_ = _mm256_fmadd_ps(w0, in2, d_x0_2_);
        const __m256 in3 = _mm256_set1_ps(delta_h_row3_[k]);
        d_x0_3_ = _mm256_fmadd_ps(w0, in3, d_x0_3_);
        const __m256 in4 = _mm256_set1_ps(delta_h_row4_[k]);
        d_x0_4_ = _mm256_fmadd_ps(w0, in4, d_x0_4_);
        const __m256 in5 = _mm256_set1_ps(delta_h_row5_[k]);
        d_x0_5_ = _mm256_fmadd_ps(w0, in5, d_x0_5_);
        const __m256 in6 = _mm256_set1_ps(delta_h_row6_[k]);
        d_x0_6_ = _mm256_fmadd_ps(w0, in6, d_x0_6_);
        const __m256 in7 = _mm256_set1_ps(delta_h_row7_[k]);
        d_x0_7_ = _mm256_fmadd_ps(w0, in7, d_x0_7_);
    }
    _mm256_store_ps(sums + 0, d_x0_0_);
    _mm256_store_ps(sums + 8, d_x0_1_);
    _mm256_store_ps(sums + 16, d_x0_2_);
    _mm256_store_ps(sums + 24, d_x0_3_);
    _mm256_store_ps(sums + 32, d_x0_4_);
    _mm256_store_ps(sums + 40, d_x0_5_);
    _mm256_store_ps(sums + 48, d_x0_6_);
    _mm256_store_ps(sums + 56, d_x0_7_);
}

WEIR_CHOOSER tile_input(const struct step_input *s, size_t block, size_t vectors, size_t row,
                        size_t rows, float *sums)
{
    (void)vectors;
    switch (rows) {
    case 1:
        tile_input_1x1(s, block, row);
        break;
    case 2:
        tile_input_2x1(s, block, row, sums);
        break;
    case 4:
        tile_input_4x1(s, block, row, sums);
        break;
    case 8:
        tile_input_8x1(s, block, row, sums);
        break;
    }
}

WEIR_TILE units_input(const struct step_input *s, size_t block, size_t vectors, size_t row,
                      const float *sums)
{
    for (size_t v = 0; v < vectors; v++) {
        const size_t unit = (block + v) * 8;
        const size_t count = 2 - unit < 8 ? 2 - unit : 8;
        const __m256 d_x_ = _mm256_load_ps(sums + v * 8);
        float *y = s->y + (ptrdiff_t)row * s->y_row + unit;
        v_store_first(y, v_canonical(d_x_), count);
    }
}

WEIR_CHOOSER walk_stage_input(const struct weir_run *run, const struct step_input *s, int backwards,
                              size_t B, int shared)
{
    const size_t first = shared ? 1 * run->part / run->parts : 0;
    const size_t last = shared ? 1 * (run->part + 1) / run->parts : 1;
    const size_t wide = B == 1 ? 8 : 1;
    WEIR_ALIGNED float sums[64];
    const size_t whole = last - first;
    const size_t groups = B == 1 ? whole / 8 : whole / 1;
    const size_t total = whole - groups * wide + groups;
    for (size_t n = 0; n < total; n++) {
        const size_t g = backwards ? total - 1 - n : n;
        const size_t block = first + (g < groups ? g * wide : groups * wide + g - groups);
        const size_t vectors = (g < groups ? wide : 1);
        for (size_t row = 0, rows; row < B; row += rows) {
            const size_t rest = B - row;
            rows = rest >= 8 ? 8 : rest >= 4 ? 4 : rest >= 2 ? 2 : 1;
            tile_input(s, block, vectors, row, rows, sums);
            for (size_t r = 0; r < rows && rows > 1; r++)
                units_input(s, block, vectors, row + r, sums + r * vectors * 8);
        }
    }
}

static void stage_input(const struct weir_run *run, const struct step_input *s, int backwards)
{
    if (run->B == 1 && run->parts == 1) /* a stream: choices cost as much as its maths */
        walk_stage_input(run, s, backwards, 1, 0);
    else
        walk_stage_input(run, s, backwards, run->B, run->parts > 1);
}

/* What is the same in every step. */
static void prepare_input(const struct weir_run *run, struct step_input *s)
{
    const float *weights = run->weights;
    s->w_input_delta_h = weights + 0;
    s->x_row = run->x_row;
    s->y_row = run->y_row;
}

static void wind_input(const struct weir_run *run, struct step_input *s, size_t t)
{
    const struct weir_tape *tape = run->tape;
    const ptrdiff_t step = (ptrdiff_t)t;
    s->delta_h_given_ = tape->given[0] + step * tape->given_step[0];
}

static void begin_input(const struct weir_run *run, struct step_input *s, size_t t)
{
    s->x = run->x + (ptrdiff_t)t * run->x_step;
    s->y = run->y + (ptrdiff_t)t * run->y_step;
    if (run->tape)
        wind_input(run, s, t);
}

static void step_input(const struct weir_run *run, const struct step_input *s, int backwards)
{
    stage_input(run, s, backwards);
    if (run->parts > 1)
        run->wait(run->barrier);
}

static void input(const struct weir_run *run)
{
    struct step_input storage = WEIR_ZEROED, *s = &storage;
    prepare_input(run, s);
    for (size_t t = 0; t < run->T; t++) {
        begin_input(run, s, t);
        step_input(run, s, t % 2);
    }
}

static const unsigned char slots_input_0[] = {
    0, /* W */
};

static const struct weir_region regions_input[] = {
    {WEIR_I, WEIR_H, 1, slots_input_0, NULL, 0, 0, WEIR_TYPE_F32}, /* w_input_delta_h */
};

static void scales_input(size_t I, size_t H, size_t P, float *scale)
{
    (void)I, (void)H, (void)P, (void)scale;
    scale[0] = 1.0f; /* W */
}

static const struct weir_given givens_input[] = {
    {WEIR_DELTA, 0, WEIR_H}, /* delta_h */
};

static const struct weir_param params[] = {
    {"W", WEIR_H, WEIR_I}, /* [H][I] */
    {"U", WEIR_H, WEIR_H}, /* [H][H] */
    {"b", WEIR_H, WEIR_ONE}, /* [H][1] */
};

static const struct weir_state states[] = {
    {"h", WEIR_H}, /* [H] */
};

static size_t hoist_floats(size_t B, size_t I, size_t H, size_t P)
{
    (void)B, (void)I, (void)H, (void)P;
    return 0;
}

static const struct weir_outer outers[] = {
    {2, 0, {WEIR_DELTA, 0, WEIR_ONE}}, /* b */
    {0, 0, {WEIR_X, 0, WEIR_I}}, /* W */
    {1, 0, {WEIR_PREV, 0, WEIR_H}}, /* U */
};

static const struct weir_pass pass_back = {
    .plan = "vectors=8,rows=6,batch_vectors=2,sums=0,hoist=0,hoist_batch=4,blend=0,fused=1,"
            "abreast=1,tails=1,prefetch=0,fetch_rows=0,serpentine=1",
    .regions = regions_back,
    .region_count = 1,
    .scales = scales_back,
    .values = values_back,
    .value_count = 1,
    .givens = givens_back,
    .given_count = 1,
    .run = backward,
};

static const struct weir_pass pass_input = {
    .plan = "vectors=8,rows=8,batch_vectors=1,sums=0,hoist=0,hoist_batch=4,blend=0,fused=1,"
            "abreast=1,tails=1,prefetch=0,fetch_rows=1,serpentine=1",
    .regions = regions_input,
    .region_count = 1,
    .scales = scales_input,
    .givens = givens_input,
    .given_count = 1,
    .run = input,
};

static const struct weir_training training = {
    .backward = &pass_back,
    .delta_count = 1,
    .input = &pass_input,
    .outers = outers,
    .outer_count = 3,
};

extern const struct weir_kernel weir_rnn_tanh_f32_i2_h64__avx2;

const struct weir_kernel weir_rnn_tanh_f32_i2_h64__avx2 = {
    .contract = WEIR_CONTRACT,
    .name = "rnn_tanh_f32_i2_h64__avx2",
    .cell = "rnn_tanh",
    .plan = "vectors=8,rows=3,batch_vectors=4,sums=0,hoist=0,hoist_batch=4,blend=0,fused=1,"
            "abreast=4,tails=1,prefetch=0,fetch_rows=0,serpentine=1",
    .isa = WEIR_AVX2,
    .math = WEIR_INLINE,
    .type = WEIR_TYPE_F32,
    .I = 2,
    .H = 64,
    .P = 0,
    .lanes = 8,
    .params = params,
    .param_count = 3,
    .states = states,
    .state_count = 1,
    .values = NULL,
    .value_count = 0,
    .regions = regions,
    .region_count = 3,
    .scales = scales,
    .hoist_floats = hoist_floats,
    .byte_floats = NULL,
    .forward = forward,
    .training = &training,
};

WEIR_ISA_END
