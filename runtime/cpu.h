/* SPDX-License-Identifier: MIT */
/* What this CPU can run: features by CPUID and XGETBV, and the ISAs that are bundles of them. Which
 * ISA is used in the end is decided in select.c. */
#ifndef WEIR_CPU_H
#define WEIR_CPU_H

#include "kernel.h"

#include <stdbool.h>

/* FMA alone is of interest too: SLEEF's scalar functions are made of it. A feature counts only if
 * the operating system saves the registers it uses. */
enum weir_feature {
    WEIR_HAS_FMA = 1 << 0,
    WEIR_HAS_AVX2 = 1 << 1,
    WEIR_HAS_AVX512F = 1 << 2,
    WEIR_HAS_AVX512BW = 1 << 3,
    WEIR_HAS_AVX512DQ = 1 << 4,
    WEIR_HAS_AVX512VL = 1 << 5,
    WEIR_HAS_NEON = 1 << 6
};

/* The features of this CPU, as a set of enum weir_feature. Asked once; any thread may ask first. */
unsigned weir_cpu_features(void);

/* One row an ISA, indexed by enum weir_isa: its name, and the features it is a bundle of. */
struct weir_isa_row {
    const char *name;
    unsigned features;
};
extern const struct weir_isa_row weir_isas[WEIR_ISA_COUNT];

bool weir_cpu_has_isa(enum weir_isa isa);

#endif
