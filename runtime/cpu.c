/* SPDX-License-Identifier: MIT */
/* CPU detection: a table of CPUID bits, a table of ISAs, and one idempotent question. CPUID says
 * what the CPU can do, XGETBV whether the operating system saves the registers for it: both must
 * agree, or a kernel would die of an illegal instruction. Environment variables are not read here.
 */
#include "cpu.h"
#include "weir.h"

#include <stdatomic.h>
#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

const struct weir_isa_row weir_isas[WEIR_ISA_COUNT] = {
    [WEIR_SCALAR] = {"scalar", 0},
    [WEIR_AVX2] = {"avx2", WEIR_HAS_AVX2 | WEIR_HAS_FMA},
    /* A compiler told to use AVX-512 also uses AVX2 and FMA. */
    [WEIR_AVX512] = {"avx512", WEIR_HAS_AVX2 | WEIR_HAS_FMA | WEIR_HAS_AVX512F | WEIR_HAS_AVX512BW |
                                   WEIR_HAS_AVX512DQ | WEIR_HAS_AVX512VL},
    [WEIR_NEON] = {"neon", WEIR_HAS_NEON},
};

#if defined(__x86_64__)

/* Bits of XCR0: SSE and AVX state; and with them opmask, upper ZMM and ZMM16-31 state. */
enum { YMM_STATE = 0x06, ZMM_STATE = 0xe6 };

enum word { LEAF1_ECX, LEAF7_EBX, WORD_COUNT };

static const struct {
    unsigned feature;
    enum word word;
    unsigned bit;
    unsigned state;
} probes[] = {
    {WEIR_HAS_FMA, LEAF1_ECX, 12, YMM_STATE},      {WEIR_HAS_AVX2, LEAF7_EBX, 5, YMM_STATE},
    {WEIR_HAS_AVX512F, LEAF7_EBX, 16, ZMM_STATE},  {WEIR_HAS_AVX512DQ, LEAF7_EBX, 17, ZMM_STATE},
    {WEIR_HAS_AVX512BW, LEAF7_EBX, 30, ZMM_STATE}, {WEIR_HAS_AVX512VL, LEAF7_EBX, 31, ZMM_STATE},
};

/* The intrinsic would need the whole file to be compiled for XSAVE. */
static unsigned read_xcr0(void)
{
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

static unsigned detect(void)
{
    const unsigned osxsave = 1u << 27;
    unsigned a, b, c, d, words[WORD_COUNT] = {0}, state = 0, features = 0;
    if (__get_cpuid(1, &a, &b, &c, &d)) {
        words[LEAF1_ECX] = c;
        if (c & osxsave)
            state = read_xcr0();
    }
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d))
        words[LEAF7_EBX] = b;
    for (size_t i = 0; i < sizeof probes / sizeof *probes; i++)
        if ((words[probes[i].word] >> probes[i].bit & 1) &&
            (state & probes[i].state) == probes[i].state)
            features |= probes[i].feature;
    return features;
}

#elif defined(__aarch64__)

/* Part of the base architecture. */
static unsigned detect(void)
{
    return WEIR_HAS_NEON;
}

#else

static unsigned detect(void)
{
    return 0;
}

#endif

unsigned weir_cpu_features(void)
{
    /* Threads that ask at the same time all find the same answer, so nothing need be ordered. */
    static atomic_uint answer;
    const unsigned asked = 1u << 31;
    unsigned features = atomic_load_explicit(&answer, memory_order_relaxed);
    if (!features) {
        features = detect() | asked;
        atomic_store_explicit(&answer, features, memory_order_relaxed);
    }
    return features & ~asked;
}

bool weir_cpu_has_isa(enum weir_isa isa)
{
    return (weir_cpu_features() & weir_isas[isa].features) == weir_isas[isa].features;
}

const char *weir_isa_name(size_t index)
{
    return index < WEIR_ISA_COUNT ? weir_isas[index].name : NULL;
}

bool weir_isa_runs_here(const char *name)
{
    for (size_t isa = 0; name && isa < WEIR_ISA_COUNT; isa++)
        if (strcmp(name, weir_isas[isa].name) == 0)
            return weir_cpu_has_isa((enum weir_isa)isa);
    return false;
}
