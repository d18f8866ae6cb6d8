/* SPDX-License-Identifier: MIT */
/* The modes of floating point that a caller may have set: every way of rounding, with denormals
 * kept, flushed and taken for zero. What is promised to be done in the default mode is done in each
 * of them here. */
#ifndef WEIR_TESTS_MODES_H
#define WEIR_TESTS_MODES_H

#include "float_mode.h"
#include "support/expect.h"

#if defined(__x86_64__)
enum { MODE_COUNT = 16 };
#elif defined(__aarch64__)
enum { MODE_COUNT = 8 };
#else
enum { MODE_COUNT = 0 }; /* how to set them is not known */
#endif

/* The first is the default one. */
static inline weir_mode mode_at(size_t index)
{
#if defined(__x86_64__)
    return 0x1f80 | (index & 3) << 13 | (index >> 2 & 1) << 15 | (index >> 3 & 1) << 6;
#elif defined(__aarch64__)
    return (index & 3) << 22 | (index >> 2 & 1) << 24;
#else
    (void)index;
    return weir_mode_get();
#endif
}

static inline void mode_set(weir_mode mode)
{
#if defined(__x86_64__)
    __builtin_ia32_ldmxcsr((unsigned)mode);
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, %0" : : "r"(mode) : "memory");
#else
    (void)mode;
#endif
}

/* Does something in mode `index`, which has to be set after it too; the test itself goes on in the
 * default mode. */
#define IN_MODE(index, ...)                                                                        \
    do {                                                                                           \
        mode_set(mode_at(index));                                                                  \
        __VA_ARGS__;                                                                               \
        const weir_mode left = weir_mode_get();                                                    \
        mode_set(mode_at(0));                                                                      \
        EXPECT(left == mode_at(index), "mode %zu became %#lx", (size_t)(index),                    \
               (unsigned long)left);                                                               \
    } while (0)

#endif
