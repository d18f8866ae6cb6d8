/* SPDX-License-Identifier: MIT */
/* Arithmetic as it is written, and the instructions of an ISA, whatever flags a file is compiled
 * with: Weir's bits depend on the order of operations, on what is fused, and on NaN. So what
 * -ffast-math and contraction allow a compiler is taken back here; and code says by itself which
 * features of a CPU it is for. This comes before every other header, as what is inlined must be
 * compiled like that which it is inlined into. */
#ifndef WEIR_STRICT_H
#define WEIR_STRICT_H

#define WEIR_PRAGMA(words) WEIR_PRAGMA_OF(words)
#define WEIR_PRAGMA_OF(words) _Pragma(#words)

/* Functions between these are for a CPU with these features, "avx2,fma". */
#if defined(__clang__)
#define WEIR_TARGET_BEGIN(features)                                                                \
    WEIR_PRAGMA(clang attribute push(__attribute__((target(features))), apply_to = function))
#define WEIR_TARGET_END WEIR_PRAGMA(clang attribute pop)
#elif defined(__GNUC__)
#define WEIR_TARGET_BEGIN(features) WEIR_PRAGMA(GCC push_options) WEIR_PRAGMA(GCC target(features))
#define WEIR_TARGET_END WEIR_PRAGMA(GCC pop_options)
#endif

/* clang by itself leaves what intrinsics are made of to the flags, unless it may not assume how
 * floats are rounded; that costs loops some of their unrolling, so it is asked only where it is
 * needed. Which versions can do it depends on the architecture. */
#if defined(__FAST_MATH__) || __FINITE_MATH_ONLY__ > 0
#define WEIR_FAST_MATH 1
#else
#define WEIR_FAST_MATH 0
#endif
#if defined(__clang__)
#if __clang_major__ >= 15 || (__clang_major__ >= 13 && defined(__x86_64__))
#pragma float_control(precise, on)
#if WEIR_FAST_MATH
#pragma STDC FENV_ACCESS ON
#endif
#elif WEIR_FAST_MATH
#error "this version of clang cannot take -ffast-math back: compile with -fno-fast-math"
#endif
#pragma clang fp reassociate(off) contract(off)
#elif defined(__GNUC__)
/* Without errno square roots and rounding become instructions. */
#pragma GCC optimize("no-fast-math", "no-unsafe-math-optimizations", "no-associative-math",        \
                     "no-reciprocal-math", "no-finite-math-only", "signed-zeros", "trapping-math", \
                     "fp-contract=off", "no-math-errno")
#elif WEIR_FAST_MATH
#error "this compiler cannot take -ffast-math back: compile without it"
#endif

#if defined(__FLT_EVAL_METHOD__) && __FLT_EVAL_METHOD__ != 0 && __FLT_EVAL_METHOD__ != 16
#error "floats are computed with more than 32 bits here: on x86 compile with -msse2 -mfpmath=sse"
#endif

/* A product is rounded before anything is added to it. clang, told -ffast-math or
 * -ffp-contract=fast, fuses them late, when it has forgotten what the source said: it may not see
 * where the product comes from. This is no instruction. */
#if !defined(__clang__)
#define WEIR_ROUNDED(product) ((void)0)
#elif defined(__x86_64__)
#define WEIR_ROUNDED(product) __asm__("" : "+v"(product))
#elif defined(__aarch64__)
#define WEIR_ROUNDED(product) __asm__("" : "+w"(product))
#else
#define WEIR_ROUNDED(product) __asm__("" : "+m"(product))
#endif

#endif
