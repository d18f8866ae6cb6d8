/* SPDX-License-Identifier: MIT */
/* The stand-in for a kernel that lends it guarded buffers, and looks at the guards afterwards. */
#include "kernels/guarded_kernel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/inputs.h"

/* A signalling NaN with a payload: no kernel stores it. */
enum { GUARD_BITS = 0x7fa5b00b, GUARD_FLOATS = 64 };

/* kernel.h hands a forward function nothing of its own: hence one kernel at a time. */
static const struct weir_kernel *inner;
static bool lending;
static char violation[128];

static size_t padded(size_t size)
{
    return (size + WEIR_ROW - 1) / WEIR_ROW * WEIR_ROW;
}

static size_t extent(const struct weir_run *run, enum weir_extent which)
{
    const bool any = inner->I == 0;
    const size_t sizes[] = {[WEIR_ONE] = 1,
                            [WEIR_I] = any ? run->I : inner->I,
                            [WEIR_H] = any ? run->H : inner->H,
                            [WEIR_P] = any ? run->P : inner->P};
    return sizes[which];
}

static float *guarded_buffer(size_t floats)
{
    const size_t all = GUARD_FLOATS + padded(floats) + GUARD_FLOATS;
    float *memory = aligned_alloc(WEIR_ALIGN, all * sizeof *memory);
    if (memory == NULL) {
        fprintf(stderr, "no memory for %zu floats of test data: free some and run again\n", all);
        exit(1);
    }
    for (size_t n = 0; n < all; ++n)
        memory[n] = float_from_bits(GUARD_BITS);
    return memory + GUARD_FLOATS;
}

/* Frees a buffer after a look at its guards; the first violation is kept. */
static void release(float *buffer, size_t floats, const char *kind, size_t number)
{
    const float *before = buffer - GUARD_FLOATS, *after = buffer + floats;
    const size_t after_floats = padded(floats) - floats + GUARD_FLOATS;
    bool intact = true;
    for (size_t n = 0; n < GUARD_FLOATS; ++n)
        intact = intact && float_bits(before[n]) == GUARD_BITS;
    for (size_t n = 0; n < after_floats; ++n)
        intact = intact && float_bits(after[n]) == GUARD_BITS;
    if (!intact && violation[0] == '\0')
        snprintf(violation, sizeof violation, "memory beside the kernel's %s %zu was overwritten",
                 kind, number);
    free(buffer - GUARD_FLOATS);
}

static size_t state_row(const struct weir_run *run, size_t s)
{
    return padded(extent(run, inner->states[s].size));
}

/* What the kernel itself says that it needs for the run. */
static size_t product_floats(const struct weir_run *run)
{
    return inner->hoist_floats(run->B, extent(run, WEIR_I), extent(run, WEIR_H),
                               extent(run, WEIR_P));
}

static size_t byte_floats(const struct weir_run *run)
{
    return inner->byte_floats == NULL
               ? 0
               : inner->byte_floats(run->B, extent(run, WEIR_I), extent(run, WEIR_H),
                                    extent(run, WEIR_P));
}

static void lend(const struct weir_run *run, struct weir_run *lent)
{
    for (size_t s = 0; s < inner->state_count; ++s) {
        const size_t row = state_row(run, s), size = extent(run, inner->states[s].size);
        for (size_t side = 0; side < 2; ++side)
            lent->state[side][s] = guarded_buffer(run->B * row);
        for (size_t b = 0; b < run->B; ++b)
            memcpy(lent->state[0][s] + b * row, run->state[0][s] + b * row, size * sizeof(float));
    }
    for (size_t v = 0; v < inner->value_count; ++v)
        lent->value[v] = guarded_buffer(run->B * padded(extent(run, inner->values[v])));
    lent->products = guarded_buffer(product_floats(run));
    lent->bytes = guarded_buffer(byte_floats(run));
}

static void take_back(const struct weir_run *run, struct weir_run *lent)
{
    for (size_t s = 0; s < inner->state_count; ++s) {
        const size_t floats = run->B * state_row(run, s);
        memcpy(run->state[run->T % 2][s], lent->state[run->T % 2][s], floats * sizeof(float));
        for (size_t side = 0; side < 2; ++side)
            release(lent->state[side][s], floats, "state", s);
    }
    for (size_t v = 0; v < inner->value_count; ++v)
        release(lent->value[v], run->B * padded(extent(run, inner->values[v])), "stored value", v);
    release(lent->products, product_floats(run), "hoisted products", 0);
    release(lent->bytes, byte_floats(run), "operands as bytes", 0);
}

static void guarded_forward(const struct weir_run *run)
{
    struct weir_run lent = *run;
    lend(run, &lent);
    lending = true;
    inner->forward(&lent);
    lending = false;
    take_back(run, &lent);
}

void guarded_kernel_make(struct weir_kernel *guarded, const struct weir_kernel *kernel)
{
    inner = kernel;
    violation[0] = '\0';
    *guarded = *kernel;
    guarded->forward = guarded_forward;
}

bool guarded_kernel_lends(void)
{
    return lending;
}

const char *guarded_kernel_violation(void)
{
    return violation[0] == '\0' ? NULL : violation;
}
