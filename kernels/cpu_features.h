/* SPDX-License-Identifier: MIT */
/* What a CPU can run: its features, and the ISAs that are bundles of them. CPUID says what the CPU
 * can do, XGETBV whether the operating system saves the registers for it: both must agree, or a
 * kernel would die of an illegal instruction. On AArch64 Linux, HWCAP says both. */
#ifndef WEIR_CPU_FEATURES_H
#define WEIR_CPU_FEATURES_H

#include "kernel.h"

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

/* FMA by itself is of interest too: SLEEF's scalar functions are made of it. */
enum weir_feature {
    WEIR_HAS_FMA = 1 << 0,
    WEIR_HAS_AVX2 = 1 << 1,
    WEIR_HAS_AVX512F = 1 << 2,
    WEIR_HAS_AVX512BW = 1 << 3,
    WEIR_HAS_AVX512DQ = 1 << 4,
    WEIR_HAS_AVX512VL = 1 << 5,
    WEIR_HAS_NEON = 1 << 6,
    WEIR_HAS_F16C = 1 << 7,
    WEIR_HAS_AVXVNNI = 1 << 8,
    WEIR_HAS_AVX512VNNI = 1 << 9,
    WEIR_HAS_DOTPROD = 1 << 10
};

/* A compiler told to use AVX-512 also uses AVX2 and FMA. CPUs with both convert halves, too (F16C);
 * one that did not would count as having neither. */
enum weir_bundle {
    WEIR_OF_AVX2 = WEIR_HAS_AVX2 | WEIR_HAS_FMA | WEIR_HAS_F16C,
    WEIR_OF_AVX512 =
        WEIR_OF_AVX2 | WEIR_HAS_AVX512F | WEIR_HAS_AVX512BW | WEIR_HAS_AVX512DQ | WEIR_HAS_AVX512VL
};

/* One row an ISA, in the order of enum weir_isa: its name, the features it is a bundle of, and its
 * base, which is itself, or the ISA that it goes beyond by an instruction for weights of few bits:
 * whatever gains nothing by that runs on the base, with the same vectors. */
static const struct weir_isa_row {
    const char *name;
    unsigned features;
    enum weir_isa base;
} weir_isas[WEIR_ISA_COUNT] = {
    {"scalar", 0, WEIR_SCALAR},
    {"avx2", WEIR_OF_AVX2, WEIR_AVX2},
    {"avx2vnni", WEIR_OF_AVX2 | WEIR_HAS_AVXVNNI, WEIR_AVX2},
    {"avx512", WEIR_OF_AVX512, WEIR_AVX512},
    {"avx512vnni", WEIR_OF_AVX512 | WEIR_HAS_AVX512VNNI, WEIR_AVX512},
    {"neon", WEIR_HAS_NEON, WEIR_NEON},
    {"neondot", WEIR_HAS_NEON | WEIR_HAS_DOTPROD, WEIR_NEON},
};

#if defined(__x86_64__)

/* The features of this CPU, as a set of enum weir_feature. */
static inline unsigned weir_cpu_detect(void)
{
    /* Bits of XCR0: SSE and AVX state; and with them opmask, upper ZMM and ZMM16-31 state. */
    enum { YMM_STATE = 0x06, ZMM_STATE = 0xe6 };
    enum { LEAF1_ECX, LEAF7_EBX, LEAF7_ECX, LEAF7_1_EAX, WORD_COUNT };
    static const struct {
        unsigned feature, word, bit, state;
    } probes[] = {
        {WEIR_HAS_FMA, LEAF1_ECX, 12, YMM_STATE},
        {WEIR_HAS_F16C, LEAF1_ECX, 29, YMM_STATE},
        {WEIR_HAS_AVX2, LEAF7_EBX, 5, YMM_STATE},
        {WEIR_HAS_AVX512F, LEAF7_EBX, 16, ZMM_STATE},
        {WEIR_HAS_AVX512DQ, LEAF7_EBX, 17, ZMM_STATE},
        {WEIR_HAS_AVX512BW, LEAF7_EBX, 30, ZMM_STATE},
        {WEIR_HAS_AVX512VL, LEAF7_EBX, 31, ZMM_STATE},
        {WEIR_HAS_AVX512VNNI, LEAF7_ECX, 11, ZMM_STATE},
        {WEIR_HAS_AVXVNNI, LEAF7_1_EAX, 4, YMM_STATE},
    };
    const unsigned osxsave = 1u << 27;
    unsigned a, b, c, d, words[WORD_COUNT] = {0, 0, 0, 0}, state = 0, features = 0;
    if (__get_cpuid(1, &a, &b, &c, &d)) {
        words[LEAF1_ECX] = c;
        if (c & osxsave) /* the intrinsic would need the whole file to be compiled for XSAVE */
            __asm__ volatile("xgetbv" : "=a"(state), "=d"(d) : "c"(0));
    }
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
        words[LEAF7_EBX] = b;
        words[LEAF7_ECX] = c;
        if (a >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d)) /* a: the last part of leaf 7 */
            words[LEAF7_1_EAX] = a;
    }
    for (size_t i = 0; i < sizeof probes / sizeof *probes; i++)
        if ((words[probes[i].word] >> probes[i].bit & 1) &&
            (state & probes[i].state) == probes[i].state)
            features |= probes[i].feature;
    return features;
}

#elif defined(__aarch64__) && defined(__linux__)

static inline unsigned weir_cpu_detect(void)
{
    const unsigned long asimd = 1ul << 1, asimddp = 1ul << 20; /* HWCAP_ASIMD, HWCAP_ASIMDDP */
    const unsigned long has = getauxval(AT_HWCAP);
    return (has & asimd ? (unsigned)WEIR_HAS_NEON : 0u) |
           (has & asimddp ? (unsigned)WEIR_HAS_DOTPROD : 0u);
}

#elif defined(__aarch64__)

/* Part of the base architecture. */
static inline unsigned weir_cpu_detect(void)
{
    return WEIR_HAS_NEON;
}

#else

static inline unsigned weir_cpu_detect(void)
{
    return 0;
}

#endif
#endif
