/* SPDX-License-Identifier: MIT */
/* Generated: weir-gen --cell lstm --input 2 --hidden 64 --isa scalar. Do not edit. Plan:
 * vectors=2 rows=2 batch_vectors=1 sums=0 hoist=0 hoist_batch=4 blend=0 fused=0 abreast=1
 * tails=1 prefetch=0 fetch_rows=0 serpentine=1. Per step and row: 33792 FLOP in products, 68608
 * bytes of weights. Per unit: 22 elementwise operations. */
#include "kernel.h"
#include "math_scalar.h"

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

WEIR_TILE tile_1x2(const struct step *s, size_t block, size_t row, float *sums)
{
    const float *bias0 = s->bias + block * 4;
    const float *bias1 = s->bias + (block + 1) * 4;
    float i0_ = bias0[0];
    float i1_ = bias1[0];
    float f0_ = bias0[1];
    float f1_ = bias1[1];
    float g0_ = bias0[2];
    float g1_ = bias1[2];
    float o0_ = bias0[3];
    float o1_ = bias1[3];
    const float *w_x0 = s->w_x + block * 8;
    const float *w_x1 = s->w_x + (block + 1) * 8;
    const float *x_row0_ = s->x + (ptrdiff_t)row * s->x_row;
    for (size_t k = 0; k < 2; k++) {
        const float in0 = x_row0_[k];
        i0_ = v_fma(w_x0[k * 4 + 0], in0, i0_);
        f0_ = v_fma(w_x0[k * 4 + 1], in0, f0_);
        g0_ = v_fma(w_x0[k * 4 + 2], in0, g0_);
        o0_ = v_fma(w_x0[k * 4 + 3], in0, o0_);
        i1_ = v_fma(w_x1[k * 4 + 0], in0, i1_);
        f1_ = v_fma(w_x1[k * 4 + 1], in0, f1_);
        g1_ = v_fma(w_x1[k * 4 + 2], in0, g1_);
        o1_ = v_fma(w_x1[k * 4 + 3], in0, o1_);
    }
    const float *w_h0 = s->w_h + block * 256;
    const float *w_h1 = s->w_h + (block + 1) * 256;
    const float *h_row0_ = s->h_prev_ + row * 64;
    for (size_t k = 0; k < 64; k++) {
        const float in0 = h_row0_[k];
        i0_ = v_fma(w_h0[k * 4 + 0], in0, i0_);
        f0_ = v_fma(w_h0[k * 4 + 1], in0, f0_);
        g0_ = v_fma(w_h0[k * 4 + 2], in0, g0_);
        o0_ = v_fma(w_h0[k * 4 + 3], in0, o0_);
        i1_ = v_fma(w_h1[k * 4 + 0], in0, i1_);
        f1_ = v_fma(w_h1[k * 4 + 1], in0, f1_);
        g1_ = v_fma(w_h1[k * 4 + 2], in0, g1_);
        o1_ = v_fma(w_h1[k * 4 + 3], in0, o1_);
    }
    *(sums + 0) = i0_;
    *(sums + 1) = i1_;
    *(sums + 2) = f0_;
    *(sums + 3) = f1_;
    *(sums + 4) = g0_;
    *(sums + 5) = g1_;
    *(sums + 6) = o0_;
    *(sums + 7) = o1_;
}

WEIR_TILE tile_1x1(const struct step *s, size_t block, size_t row, float *sums)
{
    const float *bias0 = s->bias + block * 4;
    float i0_ = bias0[0];
    float f0_ = bias0[1];
    float g0_ = bias0[2];
    float o0_ = bias0[3];
    const float *w_x0 = s->w_x + block * 8;
    const float *x_row0_ = s->x + (ptrdiff_t)row * s->x_row;
    for (size_t k = 0; k < 2; k++) {
        const float in0 = x_row0_[k];
        i0_ = v_fma(w_x0[k * 4 + 0], in0, i0_);
        f0_ = v_fma(w_x0[k * 4 + 1], in0, f0_);
        g0_ = v_fma(w_x0[k * 4 + 2], in0, g0_);
        o0_ = v_fma(w_x0[k * 4 + 3], in0, o0_);
    }
    const float *w_h0 = s->w_h + block * 256;
    const float *h_row0_ = s->h_prev_ + row * 64;
    for (size_t k = 0; k < 64; k++) {
        const float in0 = h_row0_[k];
        i0_ = v_fma(w_h0[k * 4 + 0], in0, i0_);
        f0_ = v_fma(w_h0[k * 4 + 1], in0, f0_);
        g0_ = v_fma(w_h0[k * 4 + 2], in0, g0_);
        o0_ = v_fma(w_h0[k * 4 + 3], in0, o0_);
    }
    *(sums + 0) = i0_;
    *(sums + 1) = f0_;
    *(sums + 2) = g0_;
    *(sums + 3) = o0_;
}

WEIR_TILE tile_2x1(const struct step *s, size_t block, size_t row, float *sums)
{
    const float *bias0 = s->bias + block * 4;
    float i0_0_ = bias0[0];
    float i0_1_ = i0_0_;
    float f0_0_ = bias0[1];
    float f0_1_ = f0_0_;
    float g0_0_ = bias0[2];
    float g0_1_ = g0_0_;
    float o0_0_ = bias0[3];
    float o0_1_ = o0_0_;
    const float *w_x0 = s->w_x + block * 8;
    const float *x_row0_ = s->x + (ptrdiff_t)row * s->x_row;
    const float *x_row1_ = s->x + (ptrdiff_t)(row + 1) * s->x_row;
    for (size_t k = 0; k < 2; k++) {
        const float in0 = x_row0_[k];
        const float in1 = x_row1_[k];
        const float w0 = w_x0[k * 4 + 0];
        i0_0_ = v_fma(w0, in0, i0_0_);
        i0_1_ = v_fma(w0, in1, i0_1_);
        const float w1 = w_x0[k * 4 + 1];
        f0_0_ = v_fma(w1, in0, f0_0_);
        f0_1_ = v_fma(w1, in1, f0_1_);
        const float w2 = w_x0[k * 4 + 2];
        g0_0_ = v_fma(w2, in0, g0_0_);
        g0_1_ = v_fma(w2, in1, g0_1_);
        const float w3 = w_x0[k * 4 + 3];
        o0_0_ = v_fma(w3, in0, o0_0_);
        o0_1_ = v_fma(w3, in1, o0_1_);
    }
    const float *w_h0 = s->w_h + block * 256;
    const float *h_row0_ = s->h_prev_ + row * 64;
    const float *h_row1_ = s->h_prev_ + (row + 1) * 64;
    for (size_t k = 0; k < 64; k++) {
        const float in0 = h_row0_[k];
        const float in1 = h_row1_[k];
        const float w0 = w_h0[k * 4 + 0];
        i0_0_ = v_fma(w0, in0, i0_0_);
        i0_1_ = v_fma(w0, in1, i0_1_);
        const float w1 = w_h0[k * 4 + 1];
        f0_0_ = v_fma(w1, in0, f0_0_);
        f0_1_ = v_fma(w1, in1, f0_1_);
        const float w2 = w_h0[k * 4 + 2];
        g0_0_ = v_fma(w2, in0, g0_0_);
        g0_1_ = v_fma(w2, in1, g0_1_);
        const float w3 = w_h0[k * 4 + 3];
        o0_0_ = v_fma(w3, in0, o0_0_);
        o0_1_ = v_fma(w3, in1, o0_1_);
    }
    *(sums + 0) = i0_0_;
    *(sums + 4) = i0_1_;
    *(sums + 1) = f0_0_;
    *(sums + 5) = f0_1_;
    *(sums + 2) = g0_0_;
    *(sums + 6) = g0_1_;
    *(sums + 3) = o0_0_;
    *(sums + 7) = o0_1_;
}

WEIR_CHOOSER tile(const struct step *s, size_t block, size_t vectors, size_t row, size_t rows,
                  float *sums)
{
    switch (rows) {
    case 1:
        switch (vectors) {
        case 1:
            tile_1x1(s, block, row, sums);
            break;
        case 2:
            tile_1x2(s, block, row, sums);
            break;
        }
        break;
    case 2:
        tile_2x1(s, block, row, sums);
        break;
    }
}

WEIR_TILE units(const struct step *s, size_t block, size_t vectors, size_t row, const float *sums)
{
    for (size_t v = 0; v < vectors; v++) {
        const size_t unit = (block + v) * 1;
        const size_t at = row * 64 + unit;
        const float c_prev_ = s->c_prev_[at];
        const float i_sum_ = sums[v * 1];
        const float f_sum_ = sums[(1 * vectors + v) * 1];
        const float g_sum_ = sums[(2 * vectors + v) * 1];
        const float o_sum_ = sums[(3 * vectors + v) * 1];
        const float i_arg_ = v_clamp(i_sum_, 26.0f);
        const float i_exp_ = v_exp2(i_arg_);
        const float i_den_ = 1.0f + i_exp_;
        const float f_arg_ = v_clamp(f_sum_, 26.0f);
        const float f_exp_ = v_exp2(f_arg_);
        const float f_den_ = 1.0f + f_exp_;
        const float g_arg_ = v_clamp(g_sum_, 26.0f);
        const float g_exp_ = v_exp2(g_arg_);
        const float o_arg_ = v_clamp(o_sum_, 39.0f);
        const float o_exp_ = v_exp2(o_arg_);
        const float o_den_ = 1.0f + o_exp_;
        const float c_part_ = v_fma(i_den_, g_exp_, i_den_);
        const float c_part_2_ = v_fma(-f_den_, g_exp_, f_den_);
        const float c_num_ = v_fma(c_prev_, c_part_, c_part_2_);
        const float c_den_ = v_fma(c_part_, f_exp_, c_part_);
        const float c_ = c_num_ / c_den_; /* c' */
        *(s->c_next_ + at) = c_;
        const float h_part_ = v_mul(-2.88539004f, c_);
        const float h_arg_ = v_clamp(h_part_, 39.0f);
        const float h_exp_ = v_exp2(h_arg_);
        const float h_num_ = 1.0f - h_exp_;
        const float h_den_ = v_fma(o_den_, h_exp_, o_den_);
        const float h_ = h_num_ / h_den_; /* h' */
        *(s->h_next_ + at) = h_;
        float *y = s->y + (ptrdiff_t)row * s->y_row + unit;
        *(y) = v_canonical(h_);
    }
}

WEIR_CHOOSER walk_stage(const struct weir_run *run, const struct step *s, int backwards, size_t B,
                        int shared)
{
    const size_t first = shared ? 64 * run->part / run->parts : 0;
    const size_t last = shared ? 64 * (run->part + 1) / run->parts : 64;
    const size_t wide = B == 1 ? 2 : 1;
    const size_t parts = (B + 1) / 2;
    WEIR_ALIGNED float sums[8];
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
            for (size_t r = 0; r < rows; r++)
                units(s, block, vectors, row + r, sums + r * vectors * 4);
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

extern const struct weir_kernel weir_lstm_f32_i2_h64__scalar;

const struct weir_kernel weir_lstm_f32_i2_h64__scalar = {
    .contract = WEIR_CONTRACT,
    .name = "lstm_f32_i2_h64__scalar",
    .cell = "lstm",
    .plan = "vectors=2,rows=2,batch_vectors=1,sums=0,hoist=0,hoist_batch=4,blend=0,fused=0,"
            "abreast=1,tails=1,prefetch=0,fetch_rows=0,serpentine=1",
    .isa = WEIR_SCALAR,
    .math = WEIR_INLINE,
    .type = WEIR_TYPE_F32,
    .I = 2,
    .H = 64,
    .P = 0,
    .lanes = 1,
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
