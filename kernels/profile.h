/* SPDX-License-Identifier: MIT */
/* What a kernel of weir-gen --profile counts: how long it was in each of its phases. A mark ends
 * one phase and begins another, so that all of the time is in one of them. Before it reads the
 * clock, it waits for what came before: what would have overlapped follows one another. No other
 * kernel includes this. */
#ifndef WEIR_PROFILE_H
#define WEIR_PROFILE_H

#include <stddef.h>
#include <stdint.h>

enum weir_phase_kind {
    WEIR_PHASE_OUTSIDE, /* of the kernel */
    WEIR_PHASE_WALK, /* over steps, stages, blocks and rows */
    WEIR_PHASE_AHEAD, /* a tile of products of the input, computed ahead */
    WEIR_PHASE_SUMS, /* a tile of sums */
    WEIR_PHASE_UNITS /* elementwise work */
};

struct weir_phase {
    const char *name; /* of the function that the phase is, where it is one */
    enum weir_phase_kind kind;
    /* Of one run of the tile, or of one vector of units: */
    double flop, weights, others; /* bytes of weights, bytes of all else */
    double columns; /* of all loops of a tile; of units: vectors that one goes through in step */
    double fmas; /* vectors of fused multiply-adds, of all columns */
    uint64_t ticks, entries, amount; /* amount: of runs, or of vectors of units */
};

struct weir_profile {
    struct weir_phase *phase;
    size_t count;
    size_t current; /* phase */
    uint64_t last; /* mark */
};

/* The phases that every kernel has. */
enum { WEIR_OUTSIDE, WEIR_WALK };

#if defined(__x86_64__)
static inline uint64_t weir_ticks(void)
{
    uint32_t low, high;
    __asm__ volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}
#elif defined(__aarch64__)
static inline uint64_t weir_ticks(void)
{
    uint64_t ticks;
    __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(ticks) : : "memory");
    return ticks;
}
#else
#error "a kernel with time stamps needs the clock of x86-64 or of AArch64"
#endif

/* From here on it is another phase. */
static inline void weir_mark(struct weir_profile *profile, size_t phase, uint64_t amount)
{
    const uint64_t now = weir_ticks();
    profile->phase[profile->current].ticks += now - profile->last;
    profile->phase[phase].entries++;
    profile->phase[phase].amount += amount;
    profile->current = phase;
    profile->last = now;
}

#endif
