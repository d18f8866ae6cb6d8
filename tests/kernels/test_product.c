/* SPDX-License-Identifier: MIT */
/* test_product: the kernels of gradients of weights give each sum as one chain of fused
 * multiply-adds, time steps and rows ascending, to the bit: on every ISA that runs here, at sizes
 * around those of tiles, panels and blocks of steps, with and without copies of the deltas, for all
 * rows or some, from nothing or from what is there. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cpu.h"
#include "libweir.h"
#include "support/expect.h"
#include "support/inputs.h"

struct size {
    size_t rows, cols, T, B;
};

static const struct size sizes[] = {
    {1, 1, 1, 1},    {5, 3, 2, 2},      {16, 16, 3, 1},   {17, 70, 7, 5},   {33, 8, 129, 1},
    {20, 64, 16, 8}, {12, 100, 257, 1}, {266, 19, 60, 5}, {530, 33, 30, 9},
};

static float *floats_create(struct random *random, size_t count)
{
    const size_t bytes = (count * sizeof(float) + WEIR_ALIGN - 1) / WEIR_ALIGN * WEIR_ALIGN;
    float *floats = aligned_alloc(WEIR_ALIGN, bytes);
    if (!floats)
        abort();
    for (size_t i = 0; i < count; i++)
        floats[i] = (float)random_below(random, 2001) / 1000 - 1;
    return floats;
}

static float wanted(const struct weir_product *p, size_t r, size_t c, float before)
{
    float sum = p->accumulate ? before : 0;
    for (size_t t = 0; t < p->T; t++)
        for (size_t b = 0; b < p->B; b++)
            sum = fmaf(p->operand[(ptrdiff_t)t * p->step + (ptrdiff_t)b * p->row + (ptrdiff_t)c],
                       p->delta[(t * p->B + b) * p->delta_row + r], sum);
    const uint32_t nan_bits = 0x7fc00000;
    if (isnan(sum))
        memcpy(&sum, &nan_bits, sizeof sum);
    return sum;
}

/* How many of the floats are not as they should be; rows that were not asked for stay. */
static size_t wrong(const struct weir_product *p, const float *before, const float *right)
{
    size_t count = 0;
    for (size_t r = 0; r < p->rows; r++)
        for (size_t c = 0; c < p->cols; c++) {
            const size_t at = r * p->cols + c;
            const bool asked = r >= p->first && r < p->last;
            count += memcmp(p->gradient + at, (asked ? right : before) + at, sizeof(float)) != 0;
        }
    return count;
}

static void check(const struct weir_product_kernel *kernel, struct weir_product *p,
                  const float *before, const float *right, float *deltas)
{
    const size_t middle = p->rows / 2 / WEIR_ROW * WEIR_ROW;
    const size_t parts[][2] = {{0, p->rows}, {0, middle}, {middle, p->rows}};
    for (size_t part = 0; part < sizeof parts / sizeof *parts; part++)
        for (int copies = 0; copies < 2; copies++) {
            p->first = parts[part][0];
            p->last = parts[part][1];
            p->deltas = copies ? deltas : NULL;
            memcpy(p->gradient, before, p->rows * p->cols * sizeof *before);
            if (p->first < p->last)
                kernel->run(p);
            EXPECT(wrong(p, before, right) == 0,
                   "%zu sums by %s for rows %zu to %zu of %zu x %zu, T %zu, B %zu, %s, %s",
                   wrong(p, before, right), kernel->name, p->first, p->last, p->rows, p->cols, p->T,
                   p->B, p->accumulate ? "accumulated" : "fresh", copies ? "copies" : "no copies");
        }
}

/* Operands with gaps between rows and steps, or, where they could be, without any. */
static void check_size(const struct size *size, bool gaps, int accumulate, struct random *random)
{
    const size_t delta_row = (size->rows + WEIR_ROW - 1) / WEIR_ROW * WEIR_ROW;
    const size_t row = size->cols + gaps, step = size->B * row + 2 * gaps;
    const size_t count = size->rows * size->cols;
    float *delta = floats_create(random, size->T * size->B * delta_row);
    float *operand = floats_create(random, size->T * step);
    float *before = floats_create(random, count), *right = floats_create(random, count);
    float *gradient = floats_create(random, count), *panel = floats_create(random, WEIR_PANEL);
    float *deltas = floats_create(random, WEIR_DELTAS);
    struct weir_product p = {.T = size->T,
                             .B = size->B,
                             .delta = delta,
                             .delta_row = delta_row,
                             .operand = operand,
                             .step = (ptrdiff_t)step,
                             .row = (ptrdiff_t)row,
                             .rows = size->rows,
                             .cols = size->cols,
                             .gradient = gradient,
                             .accumulate = accumulate,
                             .panel = panel};
    operand[random_below(random, size->T * step)] = -NAN;
    for (size_t i = 0; i < count; i++)
        right[i] = wanted(&p, i / size->cols, i % size->cols, before[i]);
    for (int isa = 0; isa < WEIR_ISA_COUNT; isa++) {
        const struct weir_product_kernel *kernel = weir_registry_product((enum weir_isa)isa);
        if (kernel && weir_cpu_has_isa((enum weir_isa)isa))
            check(kernel, &p, before, right, deltas);
    }
    float *all[] = {delta, operand, before, right, gradient, panel, deltas};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

int main(void)
{
    struct random random = {1};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int way = 0; way < 4; way++)
            check_size(&sizes[i], way & 1, way >> 1, &random);
    return expect_verdict("test_product");
}
