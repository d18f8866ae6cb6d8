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

/* All faults are told in one sentence. */
weir_status weir_match_weights(const struct weir_kernel *kernel, const weir_layer_config *config,
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

static size_t region_floats(const struct weir_packing *packing, const struct weir_region *region)
{
    const size_t lanes = packing->kernel->lanes;
    const size_t rows = weir_extent_of(region->rows, packing->sizes), left = rows % lanes;
    const size_t whole = left && !region->tail ? rows - left + lanes : rows - left;
    const size_t column =
        weir_plus(weir_times(whole, region->count), left ? region->tail_width : 0);
    return weir_times(column, weir_extent_of(region->cols, packing->sizes));
}

/* Packs one region; what lies past the last row is zero already. */
static void pack_region(const struct weir_packing *packing, const struct weir_region *region,
                        const float *const *data, const float *scale, float *packed)
{
    const size_t rows = weir_extent_of(region->rows, packing->sizes);
    const size_t cols = weir_extent_of(region->cols, packing->sizes);
    const size_t row_step = packing->transposed ? 1 : cols;
    const size_t col_step = packing->transposed ? rows : 1, lanes_most = packing->kernel->lanes;
    for (size_t first = 0; first < rows; first += lanes_most) {
        const size_t lanes = rows - first < lanes_most ? rows - first : lanes_most;
        const bool tail = region->tail && lanes < lanes_most;
        const size_t width = tail ? region->tail_width : region->count * lanes_most;
        for (size_t col = 0; col < cols; col++, packed += width)
            for (size_t k = 0; k < region->count; k++) {
                float *to = packed + (tail ? region->tail[k] : k * lanes_most);
                const float *from = data[region->params[k]] + first * row_step + col * col_step;
                for (size_t lane = 0; lane < lanes; lane++)
                    to[lane] = scaled(from[lane * row_step], scale[k]);
            }
    }
}

void weir_pack(const struct weir_packing *packing, const float *const *data)
{
    float *packed = packing->packed;
    const float *scale = packing->scale;
    for (size_t i = 0; i < packing->region_count; i++) {
        const struct weir_region *region = &packing->regions[i];
        pack_region(packing, region, data, scale, packed);
        packed += weir_round_up(region_floats(packing, region), WEIR_ROW);
        scale += region->count;
    }
}

weir_status weir_packing_create(struct weir_packing *packing,
                                void (*scales)(size_t, size_t, size_t, float *), weir_error *error)
{
    const struct weir_sizes sizes = packing->sizes;
    size_t floats = 0, slots = 0;
    for (size_t i = 0; i < packing->region_count; i++) {
        const size_t region = region_floats(packing, &packing->regions[i]);
        floats = weir_plus(floats, weir_round_up(region, WEIR_ROW));
        slots = weir_plus(slots, packing->regions[i].count);
    }
    packing->scale = weir_allocate(slots);
    packing->packed = weir_allocate(floats);
    if (!packing->scale || !packing->packed)
        return weir_fail(error, WEIR_NO_MEMORY,
                         "The weights of %.32s with %s take %zu bytes when packed, which this "
                         "machine does not give: free memory, or choose smaller sizes.",
                         packing->kernel->cell, weir_sizes_in_words(sizes).text,
                         weir_times(floats, sizeof *packing->packed));
    scales(sizes.I, sizes.H, sizes.P, packing->scale);
    return WEIR_OK;
}

void weir_packing_free(struct weir_packing *packing)
{
    free(packing->scale);
    free(packing->packed);
}
