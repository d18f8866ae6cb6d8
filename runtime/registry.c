/* SPDX-License-Identifier: MIT */
/* The kernels of this build, as the generated lists kernels.inc, variants.inc and products.inc name
 * them, and what each says of itself. Which of them a layer runs is decided in select.c. */
#include "libweir.h"
#include "packing.h"

#include <string.h>

/* Hidden here, a kernel is hidden in the shared library, however it was compiled. */
#define WEIR_KERNEL(stem)                                                                          \
    extern const struct weir_kernel weir_##stem __attribute__((visibility("hidden")));
#include "kernels.inc"
#include "variants.inc"
#undef WEIR_KERNEL

static const struct weir_kernel *const kernels[] = {
#define WEIR_KERNEL(stem) &weir_##stem,
#include "kernels.inc"
    NULL};

/* What is listed here may be no kernel: a measured plan that fits no more, which weir-gen finds out
 * when the list is made already. */
static const struct weir_kernel *const variants[] = {
#include "variants.inc"
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

enum { KERNELS = sizeof kernels / sizeof *kernels - 1 };

size_t weir_kernel_count(void)
{
    size_t count = KERNELS;
    for (size_t i = 0; variants[i]; i++)
        count += variants[i]->contract == WEIR_CONTRACT;
    return count;
}

const struct weir_kernel *weir_kernel_at(size_t index)
{
    if (index < KERNELS)
        return kernels[index];
    size_t i = 0;
    for (size_t before = index - KERNELS; variants[i]; i++)
        if (variants[i]->contract == WEIR_CONTRACT && before-- == 0)
            break;
    return variants[i];
}

const struct weir_kernel *weir_registry_find(const char *name)
{
    const struct weir_kernel *kernel;
    size_t i = 0;
    while ((kernel = weir_kernel_at(i)) && strcmp(kernel->name, name) != 0)
        i++;
    return kernel;
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
                              .type = weir_type_name(kernel->type),
                              .plan = kernel->plan,
                              .tuned_for = kernel->tuned_for,
                              .I = kernel->I,
                              .H = kernel->H,
                              .P = kernel->P};
}
