/* SPDX-License-Identifier: MIT */
/* The kernels of this build, as the generated lists kernels.inc and products.inc name them, and
 * what each says of itself. Which of them a layer runs is decided in select.c. */
#include "libweir.h"

#include <string.h>

/* Hidden here, a kernel is hidden in the shared library, however it was compiled. */
#define WEIR_KERNEL(stem)                                                                          \
    extern const struct weir_kernel weir_##stem __attribute__((visibility("hidden")));
#include "kernels.inc"
#undef WEIR_KERNEL

static const struct weir_kernel *const kernels[] = {
#define WEIR_KERNEL(stem) &weir_##stem,
#include "kernels.inc"
#undef WEIR_KERNEL
    NULL};

#define WEIR_PRODUCT(stem)                                                                         \
    extern const struct weir_product_kernel weir_##stem __attribute__((visibility("hidden")));
#include "products.inc"
#undef WEIR_PRODUCT

static const struct weir_product_kernel *const products[] = {
#define WEIR_PRODUCT(stem) &weir_##stem,
#include "products.inc"
#undef WEIR_PRODUCT
    NULL};

const struct weir_product_kernel *weir_registry_product(enum weir_isa isa)
{
    size_t i = 0;
    while (products[i] && products[i]->isa != isa)
        i++;
    return products[i];
}

size_t weir_kernel_count(void)
{
    return sizeof kernels / sizeof *kernels - 1;
}

const struct weir_kernel *weir_kernel_at(size_t index)
{
    return index < weir_kernel_count() ? kernels[index] : NULL;
}

const struct weir_kernel *weir_registry_find(const char *name)
{
    for (size_t i = 0; i < weir_kernel_count(); i++)
        if (strcmp(kernels[i]->name, name) == 0)
            return kernels[i];
    return NULL;
}

bool weir_kernel_runs_here(const struct weir_kernel *kernel)
{
    if (!kernel)
        return false;
#if defined(__x86_64__)
    /* SLEEF's scalar functions with a fused multiply-add are compiled for a CPU that has one. */
    if (kernel->isa == WEIR_SCALAR && kernel->math == WEIR_SLEEF)
        return weir_cpu_features() & WEIR_HAS_FMA;
#endif
    return weir_cpu_has_isa(kernel->isa);
}

weir_kernel_info weir_kernel_describe(const struct weir_kernel *kernel)
{
    if (!kernel)
        return (weir_kernel_info){0};
    return (weir_kernel_info){.name = kernel->name,
                              .cell = kernel->cell,
                              .isa = weir_isas[kernel->isa].name,
                              .math = kernel->math == WEIR_SLEEF ? "sleef" : "inline",
                              .plan = kernel->plan,
                              .I = kernel->I,
                              .H = kernel->H,
                              .P = kernel->P};
}
