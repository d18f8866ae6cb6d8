/* SPDX-License-Identifier: MIT */
/* Kernels that the caller brings: whether one describes itself as kernel.h demands. A mistake in a
 * hand-written table becomes a sentence here, instead of a crash later. */
#include "internal.h"

static bool is_extent(enum weir_extent extent)
{
    return (unsigned)extent <= WEIR_P;
}

static const char *fault_of_identity(const struct weir_kernel *kernel)
{
    if (!kernel->name || !kernel->cell || !kernel->plan)
        return "name, cell and plan must not be NULL";
    if ((unsigned)kernel->isa >= WEIR_ISA_COUNT || (unsigned)kernel->math > WEIR_SLEEF)
        return "isa or math is out of range";
    if (!kernel->I != !kernel->H || (kernel->P && !kernel->H))
        return "I, H and P must be the sizes it serves, or all be 0";
    if (!kernel->scales || !kernel->hoist_floats || !kernel->forward)
        return "scales, hoist_floats and forward must be functions";
    return NULL;
}

static const char *fault_of_states(const struct weir_kernel *kernel)
{
    if (!kernel->states || kernel->state_count < 1 || kernel->state_count > WEIR_STATES_MAX)
        return "it must have between 1 and WEIR_STATES_MAX states";
    if (kernel->value_count > WEIR_VALUES_MAX || (kernel->value_count && !kernel->values))
        return "it must have at most WEIR_VALUES_MAX values";
    for (size_t i = 0; i < kernel->state_count; i++)
        if (!kernel->states[i].name || !is_extent(kernel->states[i].size))
            return "a state has no name, or its size is no extent";
    for (size_t i = 0; i < kernel->value_count; i++)
        if (!is_extent(kernel->values[i]))
            return "the size of a value is no extent";
    return NULL;
}

/* The tail of a region has room for the rows that are left after whole vectors. */
static const char *fault_of_tail(const struct weir_kernel *kernel, const struct weir_region *region)
{
    const struct weir_sizes sizes = {kernel->I, kernel->H, kernel->P};
    const size_t left = weir_extent_of(region->rows, sizes) % kernel->lanes;
    if (!kernel->H)
        return "a kernel that serves every size cannot have a tail";
    for (size_t k = 0; k < region->count; k++)
        if (region->tail[k] + left > region->tail_width)
            return "the tail of a region is narrower than what is in it";
    return NULL;
}

static const char *fault_of_weights(const struct weir_kernel *kernel)
{
    if (!kernel->lanes)
        return "lanes must be at least 1";
    if (!kernel->params || !kernel->param_count || !kernel->regions || !kernel->region_count)
        return "params and regions must not be empty";
    for (size_t i = 0; i < kernel->param_count; i++)
        if (!kernel->params[i].name || !is_extent(kernel->params[i].rows) ||
            !is_extent(kernel->params[i].cols))
            return "a param has no name, or its rows or cols are no extent";
    for (size_t i = 0; i < kernel->region_count; i++) {
        const struct weir_region *region = &kernel->regions[i];
        if (!region->params)
            return "a region has no params";
        for (size_t k = 0; k < region->count; k++) {
            if (region->params[k] >= kernel->param_count)
                return "a region names a param that is not there";
            const struct weir_param *param = &kernel->params[region->params[k]];
            if (param->rows != region->rows || param->cols != region->cols)
                return "the params of a region must have its rows and cols";
        }
        const char *fault = region->tail ? fault_of_tail(kernel, region) : NULL;
        if (fault)
            return fault;
    }
    return NULL;
}

weir_status weir_own_check(const struct weir_kernel *kernel, weir_error *error)
{
    const char *fault = fault_of_identity(kernel);
    if (!fault)
        fault = fault_of_states(kernel);
    if (!fault)
        fault = fault_of_weights(kernel);
    return fault ? weir_fail(error, WEIR_INVALID,
                             "config.own is not a kernel as kernel.h describes one: %s.", fault)
                 : WEIR_OK;
}
