/* SPDX-License-Identifier: MIT */
/* CPU detection: one idempotent question (kernels/cpu_features.h), asked once. Environment
 * variables are not read here. */
#include "cpu.h"
#include "microarchitecture.h"
#include "weir.h"

#include <stdatomic.h>
#include <string.h>

unsigned weir_cpu_features(void)
{
    /* Threads that ask at the same time all find the same answer, so nothing need be ordered. */
    static atomic_uint answer;
    const unsigned asked = 1u << 31;
    unsigned features = atomic_load_explicit(&answer, memory_order_relaxed);
    if (!features) {
        features = weir_cpu_detect() | asked;
        atomic_store_explicit(&answer, features, memory_order_relaxed);
    }
    return features & ~asked;
}

bool weir_cpu_has_isa(enum weir_isa isa)
{
    return (weir_cpu_features() & weir_isas[isa].features) == weir_isas[isa].features;
}

const char *weir_microarchitecture(void)
{
    static const char unknown[] = "";
    static _Atomic(const char *) answer;
    const char *name = atomic_load_explicit(&answer, memory_order_relaxed);
    if (!name) {
        name = weir_cpu_microarchitecture();
        name = name ? name : unknown;
        atomic_store_explicit(&answer, name, memory_order_relaxed);
    }
    return name == unknown ? NULL : name;
}

const char *weir_isa_name(size_t index)
{
    return index < WEIR_ISA_COUNT ? weir_isas[index].name : NULL;
}

static size_t find_isa(const char *name)
{
    size_t isa = 0;
    while (name && isa < WEIR_ISA_COUNT && strcmp(name, weir_isas[isa].name) != 0)
        isa++;
    return name ? isa : WEIR_ISA_COUNT;
}

bool weir_isa_runs_here(const char *name)
{
    const size_t isa = find_isa(name);
    return isa < WEIR_ISA_COUNT && weir_cpu_has_isa((enum weir_isa)isa);
}

const char *weir_isa_base(const char *name)
{
    const size_t isa = find_isa(name);
    return isa < WEIR_ISA_COUNT ? weir_isas[weir_isas[isa].base].name : NULL;
}
