/* SPDX-License-Identifier: MIT */
/* Which microarchitecture a CPU is of: what a kernel may be tuned for. Unlike an ISA it says
 * nothing of what can run, only of what is fast: a CPU that is not listed here gets what is for
 * all. */
#ifndef WEIR_MICROARCHITECTURE_H
#define WEIR_MICROARCHITECTURE_H

#include <stddef.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

/* One row a range of models, by the numbers that CPUID gives. Linux has the same ones in
 * arch/x86/kernel/cpu/amd.c and arch/x86/include/asm/intel-family.h. */
static const struct weir_models {
    const char *name, *vendor;
    unsigned family, first, last;
} weir_models[] = {
    {"zen2", "AuthenticAMD", 23, 0x30, 0x4f},          {"zen2", "AuthenticAMD", 23, 0x60, 0x7f},
    {"zen2", "AuthenticAMD", 23, 0x90, 0x91},          {"zen2", "AuthenticAMD", 23, 0xa0, 0xaf},
    {"zen3", "AuthenticAMD", 25, 0x00, 0x0f},          {"zen3", "AuthenticAMD", 25, 0x20, 0x5f},
    {"zen4", "AuthenticAMD", 25, 0x10, 0x1f},          {"zen4", "AuthenticAMD", 25, 0x60, 0x7f},
    {"zen4", "AuthenticAMD", 25, 0xa0, 0xaf},          {"zen5", "AuthenticAMD", 26, 0x00, 0x2f},
    {"zen5", "AuthenticAMD", 26, 0x40, 0x4f},          {"zen5", "AuthenticAMD", 26, 0x60, 0x7f},
    {"haswell", "GenuineIntel", 6, 0x3c, 0x3c},        {"haswell", "GenuineIntel", 6, 0x3f, 0x3f},
    {"haswell", "GenuineIntel", 6, 0x45, 0x46},        {"broadwell", "GenuineIntel", 6, 0x3d, 0x3d},
    {"broadwell", "GenuineIntel", 6, 0x47, 0x47},      {"broadwell", "GenuineIntel", 6, 0x4f, 0x4f},
    {"broadwell", "GenuineIntel", 6, 0x56, 0x56},      {"skylake", "GenuineIntel", 6, 0x4e, 0x4e},
    {"skylake", "GenuineIntel", 6, 0x5e, 0x5e},        {"skylakex", "GenuineIntel", 6, 0x55, 0x55},
    {"icelakex", "GenuineIntel", 6, 0x6a, 0x6a},       {"icelakex", "GenuineIntel", 6, 0x6c, 0x6c},
    {"sapphirerapids", "GenuineIntel", 6, 0x8f, 0x8f},
};

/* NULL: it is not known. */
static inline const char *weir_microarchitecture_of(const char *vendor, unsigned family,
                                                    unsigned model)
{
    for (size_t i = 0; i < sizeof weir_models / sizeof *weir_models; i++) {
        const struct weir_models *models = &weir_models[i];
        if (models->family == family && models->first <= model && model <= models->last &&
            !strcmp(models->vendor, vendor))
            return models->name;
    }
    return NULL;
}

/* The one of this CPU, by CPUID. */
static inline const char *weir_cpu_microarchitecture(void)
{
#if defined(__x86_64__)
    enum {
        EXTENDED = 15,
        MODELS_EXTENDED = 6
    }; /* families from which on numbers go on elsewhere */
    unsigned a, b, c, d;
    char vendor[13];
    if (!__get_cpuid(0, &a, &b, &c, &d))
        return NULL;
    memcpy(vendor, &b, 4);
    memcpy(vendor + 4, &d, 4);
    memcpy(vendor + 8, &c, 4);
    vendor[12] = 0;
    if (!__get_cpuid(1, &a, &b, &c, &d))
        return NULL;
    const unsigned family = a >> 8 & 15, model = a >> 4 & 15, model_high = a >> 16 & 15;
    return weir_microarchitecture_of(
        vendor, family == EXTENDED ? EXTENDED + (a >> 20 & 255) : family,
        family == EXTENDED || family == MODELS_EXTENDED ? model | model_high << 4 : model);
#else
    return NULL;
#endif
}

#endif
