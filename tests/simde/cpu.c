/* SPDX-License-Identifier: MIT */
/* In place of runtime/cpu.c: a CPU with AVX2 runs AVX-512 kernels too, because here they
 * are compiled through SIMDe, for AVX2. A bundle that follows is one more row. */
#include "cpu.h"
#include "weir.h"

static const struct {
    enum weir_isa played, needed;
} bundles[] = {
    {WEIR_AVX512, WEIR_AVX2},
};

static bool has(unsigned features, enum weir_isa isa)
{
    return (features & weir_isas[isa].features) == weir_isas[isa].features;
}

unsigned weir_cpu_features(void)
{
    unsigned features = weir_cpu_detect();
    for (size_t i = 0; i < sizeof bundles / sizeof *bundles; i++)
        if (has(features, bundles[i].needed))
            features |= weir_isas[bundles[i].played].features;
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
