/* SPDX-License-Identifier: MIT */
/* What a cell wants: its weights and states at given sizes, and which sizes it can have. All
 * kernels of a cell agree on this, so any of them is asked; no cell is known here by name. */
#include "libweir.h"

#include <string.h>

weir_status weir_cell_find(const char *cell, const struct weir_kernel **kernel, weir_error *error)
{
    if (!cell)
        return weir_fail(error, WEIR_INVALID, "No cell is named: give the name of one.");
    struct weir_list cells = {0};
    const char *last = "";
    for (size_t i = 0; (*kernel = weir_kernel_at(i)); i++) {
        if (strcmp((*kernel)->cell, cell) == 0)
            return WEIR_OK;
        /* The kernels of a cell stand together. */
        if (strcmp((*kernel)->cell, last) != 0)
            weir_list_add(&cells, (*kernel)->cell);
        last = (*kernel)->cell;
    }
    return weir_fail(error, WEIR_UNAVAILABLE,
                     "This build has no cell \"%.64s\", but these: %s; a cell of your own is added "
                     "with -DWEIR_CELLS=FILE when Weir is built.",
                     cell, weir_list_end(&cells));
}

static bool has_projection(const struct weir_kernel *kernel)
{
    for (size_t i = 0; i < kernel->param_count; i++)
        if (kernel->params[i].rows == WEIR_P || kernel->params[i].cols == WEIR_P)
            return true;
    for (size_t i = 0; i < kernel->state_count; i++)
        if (kernel->states[i].size == WEIR_P)
            return true;
    return false;
}

weir_status weir_cell_check_sizes(const struct weir_kernel *kernel, struct weir_sizes sizes,
                                  weir_error *error)
{
    if (!sizes.I || !sizes.H)
        return weir_fail(error, WEIR_INVALID,
                         "I=%zu and H=%zu: the input size and the hidden size must be at least 1.",
                         sizes.I, sizes.H);
    if (sizes.I > WEIR_SIZE_MAX || sizes.H > WEIR_SIZE_MAX || sizes.P > WEIR_SIZE_MAX)
        return weir_fail(error, WEIR_INVALID,
                         "%s: no size may be larger than %zu; check that none is negative.",
                         weir_sizes_in_words(sizes).text, WEIR_SIZE_MAX);
    if (has_projection(kernel) && !sizes.P)
        return weir_fail(error, WEIR_INVALID,
                         "%.64s has a projection, so its size P must be given and at least 1.",
                         kernel->cell);
    if (!has_projection(kernel) && sizes.P)
        return weir_fail(error, WEIR_INVALID,
                         "P=%zu, but %.64s has no projection: leave P at 0, or choose a cell that "
                         "has one.",
                         sizes.P, kernel->cell);
    return WEIR_OK;
}

/* The kernel to ask about a cell at these sizes. */
static weir_status find_at(const char *cell, struct weir_sizes sizes,
                           const struct weir_kernel **kernel, weir_error *error)
{
    const weir_status status = weir_cell_find(cell, kernel, error);
    return status ? status : weir_cell_check_sizes(*kernel, sizes, error);
}

/* The same, for who has a place for so many shapes. */
static weir_status find_for(const weir_shape *shapes, size_t capacity, const char *cell,
                            struct weir_sizes sizes, const struct weir_kernel **kernel,
                            weir_error *error)
{
    if (capacity && !shapes)
        return weir_fail(error, WEIR_INVALID,
                         "capacity is %zu, but shapes is NULL: give a place for them, or 0.",
                         capacity);
    return find_at(cell, sizes, kernel, error);
}

weir_status weir_cell_weights(const char *cell, size_t I, size_t H, size_t P, weir_shape *shapes,
                              size_t capacity, size_t *count, weir_error *error)
{
    const struct weir_sizes sizes = {I, H, P};
    const struct weir_kernel *kernel;
    const weir_status status = find_for(shapes, capacity, cell, sizes, &kernel, error);
    if (status)
        return status;
    for (size_t i = 0; i < kernel->param_count && i < capacity; i++)
        shapes[i] =
            (weir_shape){kernel->params[i].name, weir_extent_of(kernel->params[i].rows, sizes),
                         weir_extent_of(kernel->params[i].cols, sizes)};
    if (count)
        *count = kernel->param_count;
    return WEIR_OK;
}

weir_status weir_cell_states(const char *cell, size_t I, size_t H, size_t P, weir_shape *shapes,
                             size_t capacity, size_t *count, weir_error *error)
{
    const struct weir_sizes sizes = {I, H, P};
    const struct weir_kernel *kernel;
    const weir_status status = find_for(shapes, capacity, cell, sizes, &kernel, error);
    if (status)
        return status;
    for (size_t i = 0; i < kernel->state_count && i < capacity; i++)
        shapes[i] =
            (weir_shape){kernel->states[i].name, weir_extent_of(kernel->states[i].size, sizes), 1};
    if (count)
        *count = kernel->state_count;
    return WEIR_OK;
}

weir_status weir_weights_size(const char *cell, size_t I, size_t H, size_t P, size_t *count,
                              size_t *floats, weir_error *error)
{
    const struct weir_sizes sizes = {I, H, P};
    const struct weir_kernel *kernel;
    const weir_status status = find_at(cell, sizes, &kernel, error);
    size_t sum = 0;
    if (status)
        return status;
    for (size_t i = 0; i < kernel->param_count; i++)
        sum = weir_plus(sum, weir_times(weir_extent_of(kernel->params[i].rows, sizes),
                                        weir_extent_of(kernel->params[i].cols, sizes)));
    if (count)
        *count = kernel->param_count;
    if (floats)
        *floats = sum;
    return WEIR_OK;
}
