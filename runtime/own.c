/* SPDX-License-Identifier: MIT */
/* Kernels that the caller brings: whether one describes itself as kernel.h demands. A mistake in a
 * hand-written table becomes a sentence here, instead of a crash later. */
#include "libweir.h"

static bool is_extent(enum weir_extent extent)
{
    return (unsigned)extent <= WEIR_P;
}

static const char *fault_of_identity(const struct weir_kernel *kernel)
{
    if (!kernel->name || !kernel->cell || !kernel->plan)
        return "name, cell and plan must not be NULL";
    if ((unsigned)kernel->isa >= WEIR_ISA_COUNT || (unsigned)kernel->math > WEIR_SLEEF ||
        (unsigned)kernel->type >= WEIR_TYPE_COUNT)
        return "isa, math or type is out of range";
    if (!kernel->I != !kernel->H || (kernel->P && !kernel->H))
        return "I, H and P must be the sizes it serves, or all be 0";
    if (!kernel->scales || !kernel->hoist_floats || !kernel->forward)
        return "scales, hoist_floats and forward must be functions";
    if (!kernel->byte_floats != !weir_is_bytes(kernel->type))
        return "byte_floats must be a function where type is WEIR_TYPE_I8 or WEIR_TYPE_U8, and "
               "NULL elsewhere";
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

/* `transposed`: as those of a pass of training. */
static const char *fault_of_regions(const struct weir_kernel *kernel,
                                    const struct weir_region *regions, size_t count,
                                    bool transposed)
{
    for (size_t i = 0; i < count; i++) {
        const struct weir_region *region = &regions[i];
        const bool swaps = transposed && region->cols != WEIR_ONE;
        if (!region->params)
            return "a region has no params";
        if (region->type != (region->cols == WEIR_ONE ? WEIR_TYPE_F32 : kernel->type))
            return "a region of matrices must have the kernel's type, and one of vectors "
                   "WEIR_TYPE_F32";
        for (size_t k = 0; k < region->count; k++) {
            if (region->params[k] >= kernel->param_count)
                return "a region names a param that is not there";
            const struct weir_param *param = &kernel->params[region->params[k]];
            if ((swaps ? param->cols : param->rows) != region->rows ||
                (swaps ? param->rows : param->cols) != region->cols)
                return "the params of a region must have its rows and cols";
        }
        const char *fault = region->tail ? fault_of_tail(kernel, region) : NULL;
        if (fault)
            return fault;
    }
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
    return fault_of_regions(kernel, kernel->regions, kernel->region_count, false);
}

static bool is_given(const struct weir_kernel *kernel, const struct weir_given *given)
{
    const struct weir_training *training = kernel->training;
    const size_t counts[] = {[WEIR_PREV] = kernel->state_count,
                             [WEIR_NEXT] = kernel->state_count,
                             [WEIR_VALUE] = kernel->value_count + training->saved_count,
                             [WEIR_X] = 1,
                             [WEIR_DELTA] = training->delta_count};
    return (unsigned)given->source <= WEIR_DELTA && given->index < counts[given->source] &&
           is_extent(given->size);
}

static const char *fault_of_pass(const struct weir_kernel *kernel, const struct weir_pass *pass)
{
    if (!pass)
        return NULL;
    if (!pass->run || !pass->scales || (pass->region_count && !pass->regions))
        return "a pass of training lacks run, scales or regions";
    if (pass->value_count > WEIR_VALUES_MAX || (pass->value_count && !pass->values) ||
        pass->given_count > WEIR_GIVEN_MAX || (pass->given_count && !pass->givens))
        return "a pass of training has too many values, or no list of them";
    for (size_t i = 0; i < pass->value_count; i++)
        if (!is_extent(pass->values[i]))
            return "the size of a value of training is no extent";
    for (size_t i = 0; i < pass->given_count; i++)
        if (!is_given(kernel, &pass->givens[i]))
            return "a pass of training is given what is not there";
    return fault_of_regions(kernel, pass->regions, pass->region_count, true);
}

static const char *fault_of_training(const struct weir_kernel *kernel)
{
    const struct weir_training *training = kernel->training;
    if (!training)
        return NULL;
    if (kernel->value_count + training->saved_count > WEIR_VALUES_MAX ||
        (training->saved_count && !training->saved))
        return "it must save at most WEIR_VALUES_MAX values";
    for (size_t i = 0; i < training->saved_count; i++)
        if (!is_extent(training->saved[i]))
            return "the size of a saved value is no extent";
    if (!training->backward || training->delta_count > training->backward->value_count)
        return "it must have a backward pass that stores all deltas";
    for (size_t i = 0; i < training->outer_count; i++) {
        const struct weir_outer *outer = &training->outers[i];
        if (outer->param >= kernel->param_count || outer->delta >= training->delta_count ||
            !is_given(kernel, &outer->operand))
            return "a gradient is of what is not there";
    }
    const char *fault = fault_of_pass(kernel, training->backward);
    return fault ? fault : fault_of_pass(kernel, training->input);
}

weir_status weir_own_check(const struct weir_kernel *kernel, weir_error *error)
{
    /* First: of another contract, nothing else can be read. */
    if (kernel->contract != WEIR_CONTRACT)
        return weir_fail(
            error, WEIR_INVALID,
            "config.own was not generated for contract %d of kernel.h, which this library (%s) "
            "keeps: generate and compile it again with this version's weir-gen and kernel.h.",
            WEIR_CONTRACT, weir_version());
    const char *fault = fault_of_identity(kernel);
    if (!fault)
        fault = fault_of_states(kernel);
    if (!fault)
        fault = fault_of_weights(kernel);
    if (!fault)
        fault = fault_of_training(kernel);
    return fault ? weir_fail(error, WEIR_INVALID,
                             "config.own is not a kernel as kernel.h describes one: %s.", fault)
                 : WEIR_OK;
}
