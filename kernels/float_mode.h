/* SPDX-License-Identifier: MIT */
/* How the calling thread rounds, and whether it takes denormals for zero (FTZ and DAZ, which audio
 * programs set, and every program that gcc links with -ffast-math): results are what is promised
 * in the mode that C starts in. What makes something to be kept, packed weights, trained ones, a
 * file, sets that mode and gives the caller's back; a step does neither. */
#ifndef WEIR_FLOAT_MODE_H
#define WEIR_FLOAT_MODE_H

#include "strict.h"

#if defined(__x86_64__) || defined(__aarch64__)

typedef unsigned long weir_mode;

/* Without the bits that tell what has happened, which is nobody's choice. */
static inline weir_mode weir_mode_get(void)
{
#if defined(__x86_64__)
    unsigned mode;
    __asm__ volatile("stmxcsr %0" : "=m"(mode) : : "memory");
    return mode & ~0x3fu;
#else
    weir_mode mode;
    __asm__ volatile("mrs %0, fpcr" : "=r"(mode) : : "memory");
    return mode;
#endif
}

/* Nothing that is in memory is read or written across this, but compilers do move arithmetic: what
 * has numbers for arguments or gives one stands in a function that is not inlined. */
static inline void weir_mode_set(weir_mode mode)
{
    if (mode == weir_mode_get())
        return;
#if defined(__x86_64__)
    const unsigned word = (unsigned)mode;
    __asm__ volatile("ldmxcsr %0" : : "m"(word) : "memory");
#else
    __asm__ volatile("msr fpcr, %0" : : "r"(mode) : "memory");
#endif
}

/* The default mode; what it replaces. */
static inline weir_mode weir_mode_begin(void)
{
    const weir_mode mode = weir_mode_get();
#if defined(__x86_64__)
    weir_mode_set(0x1f80);
#else
    weir_mode_set(0);
#endif
    return mode;
}

#else

#include <fenv.h>

typedef fenv_t weir_mode;

static inline weir_mode weir_mode_get(void)
{
    weir_mode mode;
    (void)fegetenv(&mode);
    return mode;
}

static inline void weir_mode_set(weir_mode mode)
{
    (void)fesetenv(&mode);
}

static inline weir_mode weir_mode_begin(void)
{
    const weir_mode mode = weir_mode_get();
    (void)fesetenv(FE_DFL_ENV);
    return mode;
}

#endif
#endif
