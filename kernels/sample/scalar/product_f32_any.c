/* SPDX-License-Identifier: MIT */
/* Generated: weir-gen --product --isa scalar. Do not edit. Gradients of weights: tiles of 6
 * rows x 1 vectors of columns, and of 1 vectors of rows x 6 columns. */
#include "kernel.h"
#include "math_scalar.h"

WEIR_ISA_BEGIN

WEIR_TILE fill_1(const float *delta, size_t step, size_t steps, float *to)
{
    for (size_t i = 0; i < steps; i++, delta += step, to += 1)
        __builtin_memcpy(to, delta, 1 * sizeof *to);
}

WEIR_TILE fill_2(const float *delta, size_t step, size_t steps, float *to)
{
    for (size_t i = 0; i < steps; i++, delta += step, to += 2)
        __builtin_memcpy(to, delta, 2 * sizeof *to);
}

WEIR_TILE fill_3(const float *delta, size_t step, size_t steps, float *to)
{
    for (size_t i = 0; i < steps; i++, delta += step, to += 3)
        __builtin_memcpy(to, delta, 3 * sizeof *to);
}

WEIR_TILE fill_4(const float *delta, size_t step, size_t steps, float *to)
{
    for (size_t i = 0; i < steps; i++, delta += step, to += 4)
        __builtin_memcpy(to, delta, 4 * sizeof *to);
}

WEIR_TILE fill_5(const float *delta, size_t step, size_t steps, float *to)
{
    for (size_t i = 0; i < steps; i++, delta += step, to += 5)
        __builtin_memcpy(to, delta, 5 * sizeof *to);
}

WEIR_TILE fill_6(const float *delta, size_t step, size_t steps, float *to)
{
    for (size_t i = 0; i < steps; i++, delta += step, to += 6)
        __builtin_memcpy(to, delta, 6 * sizeof *to);
}

WEIR_TILE wide_1x1(const struct weir_product *p, const float *panel, const float *delta,
                   size_t step, size_t steps, size_t r, size_t c, int fresh)
{
    float *gradient = p->gradient + r * p->cols + c;
    float s0_0 = fresh ? 0.0f : gradient[0];
    for (size_t i = 0; i < steps; i++) {
        const float in0 = panel[0];
        const float d0 = delta[0];
        s0_0 = v_fma(in0, d0, s0_0);
        panel += 1;
        delta += step;
    }
    *(gradient + 0) = v_canonical(s0_0);
}

WEIR_TILE wide_2x1(const struct weir_product *p, const float *panel, const float *delta,
                   size_t step, size_t steps, size_t r, size_t c, int fresh)
{
    float *gradient = p->gradient + r * p->cols + c;
    float s0_0 = fresh ? 0.0f : gradient[0];
    float s1_0 = fresh ? 0.0f : gradient[1 * p->cols + 0];
    for (size_t i = 0; i < steps; i++) {
        const float in0 = panel[0];
        const float d0 = delta[0];
        s0_0 = v_fma(in0, d0, s0_0);
        const float d1 = delta[1];
        s1_0 = v_fma(in0, d1, s1_0);
        panel += 1;
        delta += step;
    }
    *(gradient + 0) = v_canonical(s0_0);
    *(gradient + 1 * p->cols + 0) = v_canonical(s1_0);
}

WEIR_TILE wide_3x1(const struct weir_product *p, const float *panel, const float *delta,
                   size_t step, size_t steps, size_t r, size_t c, int fresh)
{
    float *gradient = p->gradient + r * p->cols + c;
    float s0_0 = fresh ? 0.0f : gradient[0];
    float s1_0 = fresh ? 0.0f : gradient[1 * p->cols + 0];
    float s2_0 = fresh ? 0.0f : gradient[2 * p->cols + 0];
    for (size_t i = 0; i < steps; i++) {
        const float in0 = panel[0];
        const float d0 = delta[0];
        s0_0 = v_fma(in0, d0, s0_0);
        const float d1 = delta[1];
        s1_0 = v_fma(in0, d1, s1_0);
        const float d2 = delta[2];
        s2_0 = v_fma(in0, d2, s2_0);
        panel += 1;
        delta += step;
    }
    *(gradient + 0) = v_canonical(s0_0);
    *(gradient + 1 * p->cols + 0) = v_canonical(s1_0);
    *(gradient + 2 * p->cols + 0) = v_canonical(s2_0);
}

WEIR_TILE wide_4x1(const struct weir_product *p, const float *panel, const float *delta,
                   size_t step, size_t steps, size_t r, size_t c, int fresh)
{
    float *gradient = p->gradient + r * p->cols + c;
    float s0_0 = fresh ? 0.0f : gradient[0];
    float s1_0 = fresh ? 0.0f : gradient[1 * p->cols + 0];
    float s2_0 = fresh ? 0.0f : gradient[2 * p->cols + 0];
    float s3_0 = fresh ? 0.0f : gradient[3 * p->cols + 0];
    for (size_t i = 0; i < steps; i++) {
        const float in0 = panel[0];
        const float d0 = delta[0];
        s0_0 = v_fma(in0, d0, s0_0);
        const float d1 = delta[1];
        s1_0 = v_fma(in0, d1, s1_0);
        const float d2 = delta[2];
        s2_0 = v_fma(in0, d2, s2_0);
        const float d3 = delta[3];
        s3_0 = v_fma(in0, d3, s3_0);
        panel += 1;
        delta += step;
    }
    *(gradient + 0) = v_canonical(s0_0);
    *(gradient + 1 * p->cols + 0) = v_canonical(s1_0);
    *(gradient + 2 * p->cols + 0) = v_canonical(s2_0);
    *(gradient + 3 * p->cols + 0) = v_canonical(s3_0);
}

WEIR_TILE wide_5x1(const struct weir_product *p, const float *panel, const float *delta,
                   size_t step, size_t steps, size_t r, size_t c, int fresh)
{
    float *gradient = p->gradient + r * p->cols + c;
    float s0_0 = fresh ? 0.0f : gradient[0];
    float s1_0 = fresh ? 0.0f : gradient[1 * p->cols + 0];
    float s2_0 = fresh ? 0.0f : gradient[2 * p->cols + 0];
    float s3_0 = fresh ? 0.0f : gradient[3 * p->cols + 0];
    float s4_0 = fresh ? 0.0f : gradient[4 * p->cols + 0];
    for (size_t i = 0; i < steps; i++) {
        const float in0 = panel[0];
        const float d0 = delta[0];
        s0_0 = v_fma(in0, d0, s0_0);
        const float d1 = delta[1];
        s1_0 = v_fma(in0, d1, s1_0);
        const float d2 = delta[2];
        s2_0 = v_fma(in0, d2, s2_0);
        const float d3 = delta[3];
        s3_0 = v_fma(in0, d3, s3_0);
        const float d4 = delta[4];
        s4_0 = v_fma(in0, d4, s4_0);
        panel += 1;
        delta += step;
    }
    *(gradient + 0) = v_canonical(s0_0);
    *(gradient + 1 * p->cols + 0) = v_canonical(s1_0);
    *(gradient + 2 * p->cols + 0) = v_canonical(s2_0);
    *(gradient + 3 * p->cols + 0) = v_canonical(s3_0);
    *(gradient + 4 * p->cols + 0) = v_canonical(s4_0);
}

WEIR_TILE wide_6x1(const struct weir_product *p, const float *panel, const float *delta,
                   size_t step, size_t steps, size_t r, size_t c, int fresh)
{
    float *gradient = p->gradient + r * p->cols + c;
    float s0_0 = fresh ? 0.0f : gradient[0];
    float s1_0 = fresh ? 0.0f : gradient[1 * p->cols + 0];
    float s2_0 = fresh ? 0.0f : gradient[2 * p->cols + 0];
    float s3_0 = fresh ? 0.0f : gradient[3 * p->cols + 0];
    float s4_0 = fresh ? 0.0f : gradient[4 * p->cols + 0];
    float s5_0 = fresh ? 0.0f : gradient[5 * p->cols + 0];
    for (size_t i = 0; i < steps; i++) {
        const float in0 = panel[0];
        const float d0 = delta[0];
        s0_0 = v_fma(in0, d0, s0_0);
        const float d1 = delta[1];
        s1_0 = v_fma(in0, d1, s1_0);
        const float d2 = delta[2];
        s2_0 = v_fma(in0, d2, s2_0);
        const float d3 = delta[3];
        s3_0 = v_fma(in0, d3, s3_0);
        const float d4 = delta[4];
        s4_0 = v_fma(in0, d4, s4_0);
        const float d5 = delta[5];
        s5_0 = v_fma(in0, d5, s5_0);
        panel += 1;
        delta += step;
    }
    *(gradient + 0) = v_canonical(s0_0);
    *(gradient + 1 * p->cols + 0) = v_canonical(s1_0);
    *(gradient + 2 * p->cols + 0) = v_canonical(s2_0);
    *(gradient + 3 * p->cols + 0) = v_canonical(s3_0);
    *(gradient + 4 * p->cols + 0) = v_canonical(s4_0);
    *(gradient + 5 * p->cols + 0) = v_canonical(s5_0);
}

/* Copies some steps of `width` columns, from k on, to the panel. */
static void fill_panel(const struct weir_product *p, size_t k, size_t steps, size_t c, size_t width)
{
    float *to = p->panel;
    for (size_t i = k; i < k + steps; i++, to += width) {
        const ptrdiff_t t = (ptrdiff_t)(i / p->B), b = (ptrdiff_t)(i % p->B);
        const float *from = p->operand + t * p->step + b * p->row + c;
        WEIR_PREFETCH(from, width);
        for (size_t j = 0; j < width; j += 1)
            *(to + j) = from[j];
    }
}

/* Whether the operand lies as a panel of all its columns would. */
static int is_panel(const struct weir_product *p, size_t width)
{
    return p->cols == width && p->row == (ptrdiff_t)width && p->step == (ptrdiff_t)(p->B * width) &&
           (uintptr_t)p->operand % WEIR_ALIGN == 0;
}

/* Copies the deltas of some steps from k on, so that those of a tile lie together. */
static void fill_deltas(const struct weir_product *p, size_t k, size_t steps, size_t r, size_t rows)
{
    const size_t parts = (rows + 5) / 6;
    for (size_t part = 0; part < parts; part++) {
        const size_t first = rows * part / parts, height = rows * (part + 1) / parts - first;
        const float *delta = p->delta + k * p->delta_row + r + first;
        float *to = p->deltas + first * steps;
        switch (height) {
        case 1:
            fill_1(delta, p->delta_row, steps, to);
            break;
        case 2:
            fill_2(delta, p->delta_row, steps, to);
            break;
        case 3:
            fill_3(delta, p->delta_row, steps, to);
            break;
        case 4:
            fill_4(delta, p->delta_row, steps, to);
            break;
        case 5:
            fill_5(delta, p->delta_row, steps, to);
            break;
        case 6:
            fill_6(delta, p->delta_row, steps, to);
            break;
        }
    }
}

/* Some steps of some rows of `vectors` vectors of columns. */
static void wide(const struct weir_product *p, size_t k, size_t steps, size_t from, size_t rows,
                 size_t c, size_t vectors)
{
    const size_t parts = (rows + 5) / 6, width = vectors * 1;
    const int fresh = k == 0 && !p->accumulate;
    const float *panel = p->panel;
    if (is_panel(p, width))
        panel = p->operand + k * width;
    else
        fill_panel(p, k, steps, c, width);
    for (size_t part = 0; part < parts; part++) {
        const size_t first = rows * part / parts, height = rows * (part + 1) / parts - first;
        const size_t r = from + first, step = p->deltas ? height : p->delta_row;
        const float *delta = p->deltas ? p->deltas + first * steps : p->delta + k * step + r;
        switch (height) {
        case 1:
            wide_1x1(p, panel, delta, step, steps, r, c, fresh);
            break;
        case 2:
            wide_2x1(p, panel, delta, step, steps, r, c, fresh);
            break;
        case 3:
            wide_3x1(p, panel, delta, step, steps, r, c, fresh);
            break;
        case 4:
            wide_4x1(p, panel, delta, step, steps, r, c, fresh);
            break;
        case 5:
            wide_5x1(p, panel, delta, step, steps, r, c, fresh);
            break;
        case 6:
            wide_6x1(p, panel, delta, step, steps, r, c, fresh);
            break;
        }
    }
}

/* All rows of whole vectors of columns. */
static void wides(const struct weir_product *p)
{
    const size_t K = p->T * p->B, steps_most = p->deltas ? 256 : 128;
    const size_t blocks = (K + steps_most - 1) / steps_most, vectors = p->cols / 1;
    const size_t rows = p->last - p->first, rows_most = p->deltas ? 256 : rows;
    const size_t chunks = (rows + rows_most - 1) / rows_most;
    for (size_t block = 0; block < blocks; block++) {
        const size_t k = K * block / blocks, steps = K * (block + 1) / blocks - k;
        for (size_t chunk = 0; chunk < chunks; chunk++) {
            const size_t from = rows * chunk / chunks, to = rows * (chunk + 1) / chunks;
            if (p->deltas)
                fill_deltas(p, k, steps, p->first + from, to - from);
            for (size_t v = 0; v < vectors; v += 1)
                wide(p, k, steps, p->first + from, to - from, v * 1,
                     vectors - v < 1 ? vectors - v : 1);
        }
    }
}

WEIR_TILE narrow_1x1(const struct weir_product *p, size_t r, size_t c)
{
    const size_t left = p->last - r, rows = left < 1 ? left : 1;
    WEIR_ALIGNED float column[1][1] = {{0}};
    const float *delta = p->delta + r;
    float *gradient = p->gradient + r * p->cols + c;
    for (size_t i = 0; i < rows && p->accumulate; i++)
        for (size_t j = 0; j < 1; j++)
            column[j][i] = gradient[i * p->cols + j];
    float s0_0 = column[0][0];
    for (size_t t = 0; t < p->T; t++) {
        const float *from = p->operand + (ptrdiff_t)t * p->step + c;
        for (size_t b = 0; b < p->B; b++) {
            const float d0 = delta[0];
            const float in0 = from[0];
            s0_0 = v_fma(d0, in0, s0_0);
            delta += p->delta_row;
            from += p->row;
        }
    }
    *(column[0] + 0) = v_canonical(s0_0);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < 1; j++)
            gradient[i * p->cols + j] = column[j][i];
}

WEIR_TILE narrow_1x2(const struct weir_product *p, size_t r, size_t c)
{
    const size_t left = p->last - r, rows = left < 1 ? left : 1;
    WEIR_ALIGNED float column[2][1] = {{0}};
    const float *delta = p->delta + r;
    float *gradient = p->gradient + r * p->cols + c;
    for (size_t i = 0; i < rows && p->accumulate; i++)
        for (size_t j = 0; j < 2; j++)
            column[j][i] = gradient[i * p->cols + j];
    float s0_0 = column[0][0];
    float s1_0 = column[1][0];
    for (size_t t = 0; t < p->T; t++) {
        const float *from = p->operand + (ptrdiff_t)t * p->step + c;
        for (size_t b = 0; b < p->B; b++) {
            const float d0 = delta[0];
            const float in0 = from[0];
            s0_0 = v_fma(d0, in0, s0_0);
            const float in1 = from[1];
            s1_0 = v_fma(d0, in1, s1_0);
            delta += p->delta_row;
            from += p->row;
        }
    }
    *(column[0] + 0) = v_canonical(s0_0);
    *(column[1] + 0) = v_canonical(s1_0);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < 2; j++)
            gradient[i * p->cols + j] = column[j][i];
}

WEIR_TILE narrow_1x3(const struct weir_product *p, size_t r, size_t c)
{
    const size_t left = p->last - r, rows = left < 1 ? left : 1;
    WEIR_ALIGNED float column[3][1] = {{0}};
    const float *delta = p->delta + r;
    float *gradient = p->gradient + r * p->cols + c;
    for (size_t i = 0; i < rows && p->accumulate; i++)
        for (size_t j = 0; j < 3; j++)
            column[j][i] = gradient[i * p->cols + j];
    float s0_0 = column[0][0];
    float s1_0 = column[1][0];
    float s2_0 = column[2][0];
    for (size_t t = 0; t < p->T; t++) {
        const float *from = p->operand + (ptrdiff_t)t * p->step + c;
        for (size_t b = 0; b < p->B; b++) {
            const float d0 = delta[0];
            const float in0 = from[0];
            s0_0 = v_fma(d0, in0, s0_0);
            const float in1 = from[1];
            s1_0 = v_fma(d0, in1, s1_0);
            const float in2 = from[2];
            s2_0 = v_fma(d0, in2, s2_0);
            delta += p->delta_row;
            from += p->row;
        }
    }
    *(column[0] + 0) = v_canonical(s0_0);
    *(column[1] + 0) = v_canonical(s1_0);
    *(column[2] + 0) = v_canonical(s2_0);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < 3; j++)
            gradient[i * p->cols + j] = column[j][i];
}

WEIR_TILE narrow_1x4(const struct weir_product *p, size_t r, size_t c)
{
    const size_t left = p->last - r, rows = left < 1 ? left : 1;
    WEIR_ALIGNED float column[4][1] = {{0}};
    const float *delta = p->delta + r;
    float *gradient = p->gradient + r * p->cols + c;
    for (size_t i = 0; i < rows && p->accumulate; i++)
        for (size_t j = 0; j < 4; j++)
            column[j][i] = gradient[i * p->cols + j];
    float s0_0 = column[0][0];
    float s1_0 = column[1][0];
    float s2_0 = column[2][0];
    float s3_0 = column[3][0];
    for (size_t t = 0; t < p->T; t++) {
        const float *from = p->operand + (ptrdiff_t)t * p->step + c;
        for (size_t b = 0; b < p->B; b++) {
            const float d0 = delta[0];
            const float in0 = from[0];
            s0_0 = v_fma(d0, in0, s0_0);
            const float in1 = from[1];
            s1_0 = v_fma(d0, in1, s1_0);
            const float in2 = from[2];
            s2_0 = v_fma(d0, in2, s2_0);
            const float in3 = from[3];
            s3_0 = v_fma(d0, in3, s3_0);
            delta += p->delta_row;
            from += p->row;
        }
    }
    *(column[0] + 0) = v_canonical(s0_0);
    *(column[1] + 0) = v_canonical(s1_0);
    *(column[2] + 0) = v_canonical(s2_0);
    *(column[3] + 0) = v_canonical(s3_0);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < 4; j++)
            gradient[i * p->cols + j] = column[j][i];
}

WEIR_TILE narrow_1x5(const struct weir_product *p, size_t r, size_t c)
{
    const size_t left = p->last - r, rows = left < 1 ? left : 1;
    WEIR_ALIGNED float column[5][1] = {{0}};
    const float *delta = p->delta + r;
    float *gradient = p->gradient + r * p->cols + c;
    for (size_t i = 0; i < rows && p->accumulate; i++)
        for (size_t j = 0; j < 5; j++)
            column[j][i] = gradient[i * p->cols + j];
    float s0_0 = column[0][0];
    float s1_0 = column[1][0];
    float s2_0 = column[2][0];
    float s3_0 = column[3][0];
    float s4_0 = column[4][0];
    for (size_t t = 0; t < p->T; t++) {
        const float *from = p->operand + (ptrdiff_t)t * p->step + c;
        for (size_t b = 0; b < p->B; b++) {
            const float d0 = delta[0];
            const float in0 = from[0];
            s0_0 = v_fma(d0, in0, s0_0);
            const float in1 = from[1];
            s1_0 = v_fma(d0, in1, s1_0);
            const float in2 = from[2];
            s2_0 = v_fma(d0, in2, s2_0);
            const float in3 = from[3];
            s3_0 = v_fma(d0, in3, s3_0);
            const float in4 = from[4];
            s4_0 = v_fma(d0, in4, s4_0);
            delta += p->delta_row;
            from += p->row;
        }
    }
    *(column[0] + 0) = v_canonical(s0_0);
    *(column[1] + 0) = v_canonical(s1_0);
    *(column[2] + 0) = v_canonical(s2_0);
    *(column[3] + 0) = v_canonical(s3_0);
    *(column[4] + 0) = v_canonical(s4_0);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < 5; j++)
            gradient[i * p->cols + j] = column[j][i];
}

WEIR_TILE narrow_1x6(const struct weir_product *p, size_t r, size_t c)
{
    const size_t left = p->last - r, rows = left < 1 ? left : 1;
    WEIR_ALIGNED float column[6][1] = {{0}};
    const float *delta = p->delta + r;
    float *gradient = p->gradient + r * p->cols + c;
    for (size_t i = 0; i < rows && p->accumulate; i++)
        for (size_t j = 0; j < 6; j++)
            column[j][i] = gradient[i * p->cols + j];
    float s0_0 = column[0][0];
    float s1_0 = column[1][0];
    float s2_0 = column[2][0];
    float s3_0 = column[3][0];
    float s4_0 = column[4][0];
    float s5_0 = column[5][0];
    for (size_t t = 0; t < p->T; t++) {
        const float *from = p->operand + (ptrdiff_t)t * p->step + c;
        for (size_t b = 0; b < p->B; b++) {
            const float d0 = delta[0];
            const float in0 = from[0];
            s0_0 = v_fma(d0, in0, s0_0);
            const float in1 = from[1];
            s1_0 = v_fma(d0, in1, s1_0);
            const float in2 = from[2];
            s2_0 = v_fma(d0, in2, s2_0);
            const float in3 = from[3];
            s3_0 = v_fma(d0, in3, s3_0);
            const float in4 = from[4];
            s4_0 = v_fma(d0, in4, s4_0);
            const float in5 = from[5];
            s5_0 = v_fma(d0, in5, s5_0);
            delta += p->delta_row;
            from += p->row;
        }
    }
    *(column[0] + 0) = v_canonical(s0_0);
    *(column[1] + 0) = v_canonical(s1_0);
    *(column[2] + 0) = v_canonical(s2_0);
    *(column[3] + 0) = v_canonical(s3_0);
    *(column[4] + 0) = v_canonical(s4_0);
    *(column[5] + 0) = v_canonical(s5_0);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < 6; j++)
            gradient[i * p->cols + j] = column[j][i];
}

/* The columns from c to the last, in even parts. */
static void narrow(const struct weir_product *p, size_t c)
{
    const size_t left = p->cols - c, parts = (left + 5) / 6;
    for (size_t r = p->first; r < p->last;) {
        const size_t vectors = p->last - r > 0 ? 1 : 1;
        for (size_t part = 0; part < parts; part++) {
            const size_t from = c + left * part / parts;
            const size_t columns = c + left * (part + 1) / parts - from;
            switch (vectors) {
            case 1:
                switch (columns) {
                case 1:
                    narrow_1x1(p, r, from);
                    break;
                case 2:
                    narrow_1x2(p, r, from);
                    break;
                case 3:
                    narrow_1x3(p, r, from);
                    break;
                case 4:
                    narrow_1x4(p, r, from);
                    break;
                case 5:
                    narrow_1x5(p, r, from);
                    break;
                case 6:
                    narrow_1x6(p, r, from);
                    break;
                }
                break;
            }
        }
        r += vectors * 1;
    }
}

static void product(const struct weir_product *p)
{
    const size_t whole = p->cols / 1;
    if (whole)
        wides(p);
    if (whole * 1 < p->cols)
        narrow(p, whole * 1);
}

extern const struct weir_product_kernel weir_product_f32_any__scalar;

const struct weir_product_kernel weir_product_f32_any__scalar = {
    .name = "product_f32_any__scalar",
    .isa = WEIR_SCALAR,
    .run = product,
};

WEIR_ISA_END
