/* SPDX-License-Identifier: MIT */
/* A layer: a kernel, its packed weights and the memory it works in. Everything is made and checked
 * at creation; what is left to running is in forward.c. */
#include "float_mode.h"
#include "libweir.h"

#include <limits.h>
#include <stdlib.h>

enum { DEFAULT_MAX_BATCH = 64 };

/* ---- Creation ---- */

/* Allocates what the kernel works in, for max_batch rows. */
static weir_status allocate_scratch(weir_layer *layer, weir_error *error)
{
    const struct weir_kernel *kernel = layer->kernel;
    const struct weir_sizes sizes = layer->sizes;
    struct weir_run *run = &layer->run;
    bool enough = true;
    for (size_t s = 0; s < kernel->state_count; s++) {
        layer->state_size[s] = weir_extent_of(kernel->states[s].size, sizes);
        layer->state_row[s] = weir_round_up(layer->state_size[s], WEIR_ROW);
        for (size_t k = 0; k < 2; k++) {
            run->state[k][s] = weir_allocate(weir_times(layer->max_batch, layer->state_row[s]));
            enough = enough && run->state[k][s];
        }
    }
    for (size_t v = 0; v < kernel->value_count; v++) {
        const size_t row = weir_round_up(weir_extent_of(kernel->values[v], sizes), WEIR_ROW);
        run->value[v] = weir_allocate(weir_times(layer->max_batch, row));
        enough = enough && run->value[v];
    }
    const size_t hoist = kernel->hoist_floats(layer->max_batch, sizes.I, sizes.H, sizes.P);
    const size_t part =
        kernel->byte_floats ? kernel->byte_floats(layer->max_batch, sizes.I, sizes.H, sizes.P) : 0;
    const size_t bytes = weir_times(layer->parts, part);
    if (hoist)
        run->products = weir_allocate(hoist);
    if (bytes)
        run->bytes = weir_allocate(bytes);
    layer->unwanted = weir_allocate(weir_times(layer->max_batch, layer->state_row[0]));
    layer->gathered = weir_allocate(weir_times(layer->max_batch, sizes.I));
    if (enough && layer->unwanted && layer->gathered && (run->products || !hoist) &&
        (run->bytes || !bytes))
        return WEIR_OK;
    return weir_fail(error, WEIR_NO_MEMORY,
                     "There is not the memory to run %zu rows of %.32s with %s together: lower "
                     "max_batch, or free memory.",
                     layer->max_batch, kernel->cell, weir_sizes_in_words(sizes).text);
}

/* How many parts can all have units to compute in every stage, which writes a state or a stored
 * value: of more, some would only wait. */
static size_t most_parts(const struct weir_layer *layer)
{
    const struct weir_kernel *kernel = layer->kernel;
    size_t fewest = SIZE_MAX;
    for (size_t i = 0; i < kernel->state_count + kernel->value_count; i++) {
        const enum weir_extent extent = i < kernel->state_count
                                            ? kernel->states[i].size
                                            : kernel->values[i - kernel->state_count];
        const size_t size = weir_extent_of(extent, layer->sizes);
        const size_t blocks = size / kernel->lanes + (size % kernel->lanes != 0);
        fewest = blocks < fewest ? blocks : fewest;
    }
    return fewest;
}

/* By how many threads of the pool runs are shared (0: as many as make it faster), and from how many
 * rows on. */
static void decide_sharing(weir_layer *layer, size_t threads)
{
    const size_t most = most_parts(layer);
    weir_pool_share(layer->pool, &layer->run, threads && threads < most ? threads : most);
    layer->parts = layer->run.parts;
    layer->share_least = 1;
    if (!threads && layer->parts > 1)
        layer->share_least = weir_share_least(layer, layer->parts, weir_pool_cost(layer->pool));
}

/* Everything in a configuration that can be judged before a kernel is chosen. */
static weir_status check_config(const weir_layer_config *config, weir_error *error)
{
    const struct weir_sizes sizes = {config->I, config->H, config->P};
    const struct weir_kernel *kernel = config->own;
    weir_status status = WEIR_OK;
    if (!config->cell)
        return weir_fail(error, WEIR_INVALID, "config.cell is NULL: name the cell to run.");
    if (config->max_batch > WEIR_SIZE_MAX)
        return weir_fail(error, WEIR_INVALID,
                         "max_batch=%zu: no more than %zu rows run together; a larger batch runs "
                         "in slices by itself.",
                         config->max_batch, WEIR_SIZE_MAX);
    if (config->weight_count && !config->weights)
        return weir_fail(error, WEIR_INVALID,
                         "config.weight_count is %zu, but config.weights is NULL: set both.",
                         config->weight_count);
    if (kernel)
        status = weir_own_check(kernel, error);
    else
        status = weir_cell_find(config->cell, &kernel, error);
    return status ? status : weir_cell_check_sizes(kernel, sizes, error);
}

static void pack_all(weir_layer *layer, const struct weir_numbers *data)
{
    weir_pack(&layer->forward, data);
    if (layer->product) {
        weir_pack(&layer->backward, data);
        weir_pack(&layer->input, data);
    }
}

static weir_status create_packings(weir_layer *layer, const weir_layer_config *config,
                                   weir_error *error)
{
    const struct weir_kernel *kernel = layer->kernel;
    struct weir_numbers *data = calloc(kernel->param_count, sizeof *data);
    weir_status status = WEIR_OK;
    if (!data)
        return weir_fail(error, WEIR_NO_MEMORY, "There is no memory for a layer: free some.");
    layer->forward = (struct weir_packing){.kernel = kernel,
                                           .sizes = layer->sizes,
                                           .regions = kernel->regions,
                                           .region_count = kernel->region_count};
    status = weir_match_weights(kernel, config, data, error);
    if (!status)
        status = weir_check_given(kernel, config, error);
    if (!status)
        status = weir_check_numbers(kernel, layer->sizes, data, error);
    if (!status)
        status = weir_packing_create(&layer->forward, kernel->scales, error);
    if (!status && config->train)
        status = weir_training_create(layer, error);
    if (!status)
        pack_all(layer, data);
    free(data);
    return status;
}

void weir_layer_set_weights(weir_layer *layer, const float *const *weights)
{
    struct weir_numbers data[UCHAR_MAX + 1]; /* regions number them by such */
    const weir_mode mode = weir_mode_begin();
    for (size_t i = 0; i < layer->kernel->param_count && i <= UCHAR_MAX; i++)
        data[i] = (struct weir_numbers){.data = weights[i]};
    pack_all(layer, data);
    weir_mode_set(mode);
}

weir_status weir_layer_create(weir_layer **layer, const weir_layer_config *config,
                              weir_error *error)
{
    if (layer)
        *layer = NULL;
    if (!layer || !config)
        return weir_fail(error, WEIR_INVALID,
                         "weir_layer_create needs a place for the layer and a configuration: "
                         "neither may be NULL.");
    struct weir_choice choice;
    weir_status status = check_config(config, error);
    if (!status)
        status = weir_select(config, &choice, error);
    if (status)
        return status;

    weir_layer *made = calloc(1, sizeof *made);
    if (!made)
        return weir_fail(error, WEIR_NO_MEMORY, "There is no memory for a layer: free some.");
    made->kernel = choice.kernel;
    made->sizes = (struct weir_sizes){config->I, config->H, config->P};
    made->max_batch = config->max_batch ? config->max_batch : DEFAULT_MAX_BATCH;
    made->pool = config->pool;
    made->run = (struct weir_run){.I = config->I, .H = config->H, .P = config->P};
    decide_sharing(made, config->threads);
    const weir_mode mode = weir_mode_begin();
    status = create_packings(made, config, error);
    weir_mode_set(mode);
    if (!status)
        status = allocate_scratch(made, error);
    if (status) {
        weir_layer_destroy(made);
        return status;
    }
    made->run.weights = made->forward.packed;
    *layer = made;
    return WEIR_OK;
}

void weir_layer_destroy(weir_layer *layer)
{
    if (!layer)
        return;
    for (size_t s = 0; s < WEIR_STATES_MAX; s++) {
        free(layer->run.state[0][s]);
        free(layer->run.state[1][s]);
    }
    for (size_t v = 0; v < WEIR_VALUES_MAX; v++)
        free(layer->run.value[v]);
    free(layer->run.products);
    free(layer->run.bytes);
    free(layer->gathered);
    free(layer->unwanted);
    weir_packing_free(&layer->forward);
    weir_packing_free(&layer->backward);
    weir_packing_free(&layer->input);
    free(layer);
}

const struct weir_kernel *weir_layer_kernel(const weir_layer *layer)
{
    return layer ? layer->kernel : NULL;
}
