/* SPDX-License-Identifier: MIT */
/* In place of runtime/cpu.c: a CPU with AVX2 runs kernels of ISAs that it lacks, because here they
 * are compiled through SIMDe, for AVX2. */
#include "cpu.h"
#include "weir.h"

static const struct {
    enum weir_isa played, needed;
} rows[] = {
    {WEIR_AVX2VNNI, WEIR_AVX2},
    {WEIR_AVX512, WEIR_AVX2},
    {WEIR_AVX512VNNI, WEIR_AVX2},
};

static bool has(unsigned features, enum weir_isa isa)
{
    return (features & weir_isas[isa].features) == weir_isas[isa].features;
}

unsigned weir_cpu_features(void)
{
    unsigned features = weir_cpu_detect();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (has(features, rows[i].needed))
            features |= weir_isas[rows[i].played].features;
    return features;
}

bool weir_cpu_has_isa(enum weir_isa isa)
{
    return has(weir_cpu_features(), isa);
}

const char *weir_microarchitecture(void)
{
    return NULL;
}
