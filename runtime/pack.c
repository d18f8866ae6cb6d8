/* SPDX-License-Identifier: MIT */
/* Weights as their owner has them, one row-major array a name, packed as kernels/packing.h does it.
 * Checks that each weight of the cell is given once; whether it can be what it is, given.c. */
#include "libweir.h"

#include <stdlib.h>
#include <string.h>

/* ---- Which weights are given ---- */

size_t weir_param_find(const struct weir_kernel *kernel, const char *name)
{
    size_t i = 0;
    while (i < kernel->param_count && strcmp(kernel->params[i].name, name) != 0)
        i++;
    return i;
}

/* Where the owner of a weight says what shape it has, it is that of the parameter. */
static weir_status check_shapes(const struct weir_kernel *kernel, const weir_layer_config *config,
                                weir_error *error)
{
    const struct weir_sizes sizes = {config->I, config->H, config->P};
    for (size_t k = 0; k < config->weight_count; k++) {
        const weir_weight *weight = &config->weights[k];
        const struct weir_param *param = &kernel->params[weir_param_find(kernel, weight->name)];
        const size_t rows = weir_extent_of(param->rows, sizes);
        const size_t cols = weir_extent_of(param->cols, sizes);
        if ((weight->rows || weight->cols) && (weight->rows != rows || weight->cols != cols))
            return weir_fail(error, WEIR_INVALID,
                             "The weight %.32s of %.32s with %s is [%zu][%zu], but its rows and "
                             "cols say [%zu][%zu]: give it as the cell wants it, row-major.",
                             weight->name, kernel->cell, weir_sizes_in_words(sizes).text, rows,
                             cols, weight->rows, weight->cols);
    }
    return WEIR_OK;
}

/* All faults of names are told in one sentence. */
weir_status weir_match_weights(const struct weir_kernel *kernel, const weir_layer_config *config,
                               struct weir_numbers *data, weir_error *error)
{
    struct weir_list unknown = {0}, repeated = {0}, empty = {0}, missing = {0};
    for (size_t k = 0; k < config->weight_count; k++) {
        const weir_weight *weight = &config->weights[k];
        const size_t i = weight->name ? weir_param_find(kernel, weight->name) : kernel->param_count;
        if (i == kernel->param_count)
            weir_list_add(&unknown, weight->name ? weight->name : "NULL");
        else if (!weir_numbers_of(weight).data)
            weir_list_add(&empty, weight->name);
        else if (data[i].data)
            weir_list_add(&repeated, weight->name);
        else
            data[i] = weir_numbers_of(weight);
    }
    for (size_t i = 0; i < kernel->param_count; i++)
        if (!data[i].data)
            weir_list_add(&missing, kernel->params[i].name);
    const struct weir_list *const faults[] = {&unknown, &repeated, &empty, &missing};
    bool good = true;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        good = good && !faults[i]->length && !faults[i]->left_out;
    if (good)
        return check_shapes(kernel, config, error);
    return weir_fail(error, WEIR_INVALID,
                     "Give each weight of %.32s once: unknown: %.90s; given twice: %.90s; without "
                     "data: %.90s; missing: %.90s.",
                     kernel->cell, weir_list_end(&unknown), weir_list_end(&repeated),
                     weir_list_end(&empty), weir_list_end(&missing));
}

/* ---- Packing ---- */

/* The rows and columns of a region. */
static size_t rows_of(const struct weir_packing *packing, const struct weir_region *region)
{
    return weir_extent_of(region->rows, packing->sizes);
}

static size_t cols_of(const struct weir_packing *packing, const struct weir_region *region)
{
    return weir_extent_of(region->cols, packing->sizes);
}

static size_t region_floats(const struct weir_packing *packing, const struct weir_region *region)
{
    return weir_round_up(weir_region_floats(region, packing->kernel->lanes,
                                            rows_of(packing, region), cols_of(packing, region)),
                         WEIR_ROW);
}

void weir_pack(const struct weir_packing *packing, const struct weir_numbers *data)
{
    float *packed = packing->packed;
    const float *scale = packing->scale;
    for (size_t i = 0; i < packing->region_count; i++) {
        const struct weir_region *region = &packing->regions[i];
        weir_pack_region(region, packing->kernel->lanes, rows_of(packing, region),
                         cols_of(packing, region), packing->transposed, data, scale, packed);
        packed += region_floats(packing, region);
        scale += region->count;
    }
}

weir_status weir_packing_create(struct weir_packing *packing,
                                void (*scales)(size_t, size_t, size_t, float *), weir_error *error)
{
    const struct weir_sizes sizes = packing->sizes;
    size_t floats = 0, slots = 0;
    for (size_t i = 0; i < packing->region_count; i++) {
        floats = weir_plus(floats, region_floats(packing, &packing->regions[i]));
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
