/* SPDX-License-Identifier: MIT */
/* From weights as their owner has them, one row-major array a name, to what a kernel walks through:
 * regions of interleaved blocks, as kernel.h describes them. Checks that each weight of the cell is
 * given once. */
#include "internal.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Which weights are given ---- */

static size_t find_param(const struct weir_kernel *kernel, const char *name)
{
    size_t i = 0;
    while (i < kernel->param_count && strcmp(kernel->params[i].name, name) != 0)
        i++;
    return i;
}

/* Sets data[i] to what is given for kernel.params[i]; all faults are told in one sentence. */
static weir_status match_weights(const struct weir_kernel *kernel, const weir_layer_config *config,
                                 const float **data, weir_error *error)
{
    struct weir_list unknown = {0}, repeated = {0}, empty = {0}, missing = {0};
    for (size_t k = 0; k < config->weight_count; k++) {
        const weir_weight *weight = &config->weights[k];
        const size_t i = weight->name ? find_param(kernel, weight->name) : kernel->param_count;
        if (i == kernel->param_count)
            weir_list_add(&unknown, weight->name ? weight->name : "NULL");
        else if (!weight->data)
            weir_list_add(&empty, weight->name);
        else if (data[i])
            weir_list_add(&repeated, weight->name);
        else
            data[i] = weight->data;
    }
    for (size_t i = 0; i < kernel->param_count; i++)
        if (!data[i])
            weir_list_add(&missing, kernel->params[i].name);
    if (!unknown.length && !unknown.left_out && !repeated.length && !missing.length)
        return WEIR_OK;
    return weir_fail(error, WEIR_INVALID,
                     "Give each weight of %.32s once: unknown: %.90s; given twice: %.90s; without "
                     "data: %.90s; missing: %.90s.",
                     kernel->cell, weir_list_end(&unknown), weir_list_end(&repeated),
                     weir_list_end(&empty), weir_list_end(&missing));
}

/* ---- Packing ---- */

/* A product that leaves the range of floats stays in it, so that infinity, where the weights have
 * none, cannot become a NaN in a sum. */
static float scaled(float weight, float scale)
{
    const float product = weight * scale;
    return isinf(product) && isfinite(weight) ? copysignf(FLT_MAX, product) : product;
}

static size_t region_floats(const struct weir_kernel *kernel, const struct weir_region *region,
                            struct weir_sizes sizes)
{
    const size_t rows = weir_extent_of(region->rows, sizes), left = rows % kernel->lanes;
    const size_t lanes = left && !region->tail ? rows - left + kernel->lanes : rows - left;
    const size_t column =
        weir_plus(weir_times(lanes, region->count), left ? region->tail_width : 0);
    return weir_times(column, weir_extent_of(region->cols, sizes));
}

/* Packs one region; what lies past the last row is zero already. */
static void pack_region(const struct weir_kernel *kernel, const struct weir_region *region,
                        struct weir_sizes sizes, const float *const *data, const float *scale,
                        float *packed)
{
    const size_t rows = weir_extent_of(region->rows, sizes);
    const size_t cols = weir_extent_of(region->cols, sizes);
    for (size_t first = 0; first < rows; first += kernel->lanes) {
        const size_t lanes = rows - first < kernel->lanes ? rows - first : kernel->lanes;
        const bool tail = region->tail && lanes < kernel->lanes;
        const size_t width = tail ? region->tail_width : region->count * kernel->lanes;
        for (size_t col = 0; col < cols; col++, packed += width)
            for (size_t k = 0; k < region->count; k++) {
                float *to = packed + (tail ? region->tail[k] : k * kernel->lanes);
                for (size_t lane = 0; lane < lanes; lane++)
                    to[lane] =
                        scaled(data[region->params[k]][(first + lane) * cols + col], scale[k]);
            }
    }
}

static void pack_regions(const struct weir_kernel *kernel, struct weir_sizes sizes,
                         const float *const *data, const float *scale, float *packed)
{
    for (size_t i = 0; i < kernel->region_count; i++) {
        const struct weir_region *region = &kernel->regions[i];
        pack_region(kernel, region, sizes, data, scale, packed);
        packed += weir_round_up(region_floats(kernel, region, sizes), WEIR_ROW);
        scale += region->count;
    }
}

weir_status weir_pack(const struct weir_kernel *kernel, const weir_layer_config *config,
                      float **packed, weir_error *error)
{
    const struct weir_sizes sizes = {config->I, config->H, config->P};
    size_t floats = 0, slots = 0;
    for (size_t i = 0; i < kernel->region_count; i++) {
        const size_t region = region_floats(kernel, &kernel->regions[i], sizes);
        floats = weir_plus(floats, weir_round_up(region, WEIR_ROW));
        slots = weir_plus(slots, kernel->regions[i].count);
    }
    weir_status status = WEIR_OK;
    const float **data = calloc(kernel->param_count, sizeof *data);
    float *scale = weir_allocate(slots);
    *packed = NULL;
    if (data)
        status = match_weights(kernel, config, data, error);
    if (!status && data && scale)
        *packed = weir_allocate(floats);
    if (!status && !*packed)
        status = weir_fail(error, WEIR_NO_MEMORY,
                           "The weights of %.32s with %s take %zu bytes when packed, which this "
                           "machine does not give: free memory, or choose smaller sizes.",
                           kernel->cell, weir_sizes_in_words(sizes).text,
                           weir_times(floats, sizeof **packed));
    if (*packed) {
        kernel->scales(sizes.I, sizes.H, sizes.P, scale);
        pack_regions(kernel, sizes, data, scale, *packed);
    }
    free(data);
    free(scale);
    return status;
}
