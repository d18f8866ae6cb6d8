/* SPDX-License-Identifier: MIT */
/* Makes the weights and inputs of a shape and judges outputs; see workload.h. Nothing is timed
 * here. */
#define _GNU_SOURCE
#include "workload.h"

#include "pages.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGN_FLOATS = 16 };

/* Two implementations of a recurrent layer drift apart over time steps. This is relative to outputs
 * of size 1, and far below what a wrong gate, weight or step would show. */
static const double tolerance = 1e-4;

/* splitmix64, for numbers that are the same everywhere. */
static double uniform(uint64_t *seed)
{
    uint64_t z = (*seed += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-52 - 1;
}

static size_t padded(size_t floats)
{
    return (floats + ALIGN_FLOATS - 1) / ALIGN_FLOATS * ALIGN_FLOATS;
}

/* Where the weights lie in memory, and how large they and the arrays are; the values come after. */
static bool workload_place(struct workload *workload, struct failure *failure)
{
    const struct shape *shape = workload->shape;
    const size_t x_floats = padded(shape->T * shape->B * shape->I);
    const size_t y_floats = padded(shape->T * shape->B * shape->output);
    size_t floats = x_floats + 2 * y_floats;
    for (size_t w = 0; w < workload->weight_count; w++)
        floats += padded(workload->extent[w].rows * workload->extent[w].cols);
    workload->memory = pages_create(floats * sizeof(float));
    if (!workload->memory)
        return fail(failure, "%s: not enough memory (%zu bytes); use a smaller shape", shape->name,
                    floats * sizeof(float));
    workload->x = workload->memory;
    workload->y = workload->x + x_floats;
    workload->reference = workload->y + y_floats;
    float *next = workload->reference + y_floats;
    for (size_t w = 0; w < workload->weight_count; w++) {
        workload->weight[w] = (weir_weight){workload->extent[w].name, next};
        next += padded(workload->extent[w].rows * workload->extent[w].cols);
    }
    return true;
}

/* Weights as frameworks initialise them, inputs of size 1. */
static void workload_fill(struct workload *workload)
{
    const struct shape *shape = workload->shape;
    const double bound = 1 / sqrt((double)shape->H);
    uint64_t seed = 42;
    for (size_t w = 0; w < workload->weight_count; w++) {
        float *weight = (float *)workload->weight[w].data;
        const size_t count = workload->extent[w].rows * workload->extent[w].cols;
        for (size_t i = 0; i < count; i++)
            weight[i] = (float)(bound * uniform(&seed));
    }
    if (shape->prices.days) {
        prices_fill(&shape->prices, shape->T, shape->B, workload->x);
        return;
    }
    for (size_t i = 0; i < shape->T * shape->B * shape->I; i++)
        workload->x[i] = (float)uniform(&seed);
}

static bool workload_reference(struct workload *workload, struct failure *failure)
{
    const struct shape *shape = workload->shape;
    const weir_layer_config config = {.cell = shape->cell,
                                      .I = shape->I,
                                      .H = shape->H,
                                      .P = shape->P,
                                      .weights = workload->weight,
                                      .weight_count = workload->weight_count};
    weir_layer *layer;
    weir_error error = {0};
    if (weir_layer_create(&layer, &config, &error))
        return fail(failure, "%s: %s", shape->name, error.message);
    weir_layer_forward(
        layer,
        &(weir_sequence){.T = shape->T, .B = shape->B, .x = workload->x, .y = workload->reference});
    weir_layer_destroy(layer);
    return true;
}

bool workload_create(struct workload *workload, const struct shape *shape, struct failure *failure)
{
    *workload = (struct workload){.shape = shape, .T = shape->T, .B = shape->B};
    workload->extent = calloc(WEIGHTS_MAX, sizeof *workload->extent);
    workload->weight = calloc(WEIGHTS_MAX, sizeof *workload->weight);
    bool good = workload->extent && workload->weight;
    weir_error error = {0};
    if (!good)
        fail(failure, "%s: not enough memory", shape->name);
    else if (weir_cell_weights(shape->cell, shape->I, shape->H, shape->P, workload->extent,
                               WEIGHTS_MAX, &workload->weight_count, &error))
        good = fail(failure, "%s: %s", shape->name, error.message);
    good = good && workload_place(workload, failure);
    if (good) {
        workload_fill(workload);
        good = workload_reference(workload, failure);
    }
    if (!good)
        workload_destroy(workload);
    return good;
}

void workload_destroy(struct workload *workload)
{
    free(workload->memory);
    free(workload->weight);
    free(workload->extent);
    *workload = (struct workload){0};
}

bool workload_check(const struct workload *workload, bool to_the_bit, struct failure *failure)
{
    const size_t row = workload->shape->output, rows = workload->T * workload->B;
    if (memcmp(workload->y, workload->reference, rows * row * sizeof *workload->y) == 0)
        return true;
    for (size_t i = 0; i < rows * row; i++) {
        const double want = workload->reference[i], got = workload->y[i];
        /* Written so that a NaN fails. */
        const bool is_close = fabs(got - want) <= tolerance * fmax(1, fabs(want));
        if (!is_close || (to_the_bit && workload->y[i] != workload->reference[i]))
            return fail(failure, "gives %.9g for %.9g at t = %zu, row %zu, unit %zu", got, want,
                        i / row / workload->B, i / row % workload->B, i % row);
    }
    return to_the_bit ? fail(failure, "differs in a sign of zero or a NaN") : true;
}
