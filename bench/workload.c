/* SPDX-License-Identifier: MIT */
/* Makes the weights and inputs of a shape and judges what came out; see workload.h. Nothing is run
 * here. */
#define _GNU_SOURCE
#include "workload.h"

#include "pages.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGN_FLOATS = 16 };

/* Two implementations of a recurrent layer drift apart over time steps. This is relative to outputs
 * of size 1 and to the largest gradient of an array, and far below what a wrong gate, weight or
 * step would show. */
static const double usual_tolerance = 1e-4;

/* splitmix64, for numbers that are the same everywhere. */
static double uniform(uint64_t *seed)
{
    uint64_t z = (*seed += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-52 - 1;
}

/* ---- Making ---- */

/* The next array in the memory of all, and how many floats came before it. Without memory, only the
 * floats are counted. */
struct cut {
    float *memory;
    size_t floats;
};

static float *cut_next(struct cut *cut, size_t floats)
{
    float *here = cut->memory ? cut->memory + cut->floats : NULL;
    cut->floats += (floats + ALIGN_FLOATS - 1) / ALIGN_FLOATS * ALIGN_FLOATS;
    return here;
}

static size_t weight_floats(const struct workload *workload, size_t w)
{
    return workload->extent[w].rows * workload->extent[w].cols;
}

static void outcome_place(struct outcome *outcome, const struct workload *workload, struct cut *cut)
{
    const struct shape *shape = workload->shape;
    outcome->y = cut_next(cut, shape->T * shape->B * shape->output);
    if (!shape->train)
        return;
    outcome->d_x = cut_next(cut, shape->T * shape->B * shape->I);
    for (size_t w = 0; w < workload->weight_count; w++)
        outcome->d_weight[w] = cut_next(cut, weight_floats(workload, w));
}

static void workload_place(struct workload *workload, struct cut *cut)
{
    const struct shape *shape = workload->shape;
    workload->x = cut_next(cut, shape->T * shape->B * shape->I);
    if (shape->train)
        workload->d_y = cut_next(cut, shape->T * shape->B * shape->output);
    outcome_place(&workload->got, workload, cut);
    outcome_place(&workload->reference, workload, cut);
    for (size_t w = 0; w < workload->weight_count; w++)
        workload->weight[w] = (weir_weight){.name = workload->extent[w].name,
                                            .data = cut_next(cut, weight_floats(workload, w)),
                                            .rows = workload->extent[w].rows,
                                            .cols = workload->extent[w].cols};
}

static void fill(float *array, size_t floats, double bound, uint64_t *seed)
{
    for (size_t i = 0; i < floats; i++)
        array[i] = (float)(bound * uniform(seed));
}

/* Weights as frameworks initialise them, inputs and gradients by outputs of size 1. */
static void workload_fill(struct workload *workload)
{
    const struct shape *shape = workload->shape;
    uint64_t seed = 42;
    for (size_t w = 0; w < workload->weight_count; w++)
        fill((float *)workload->weight[w].data, weight_floats(workload, w),
             1 / sqrt((double)shape->H), &seed);
    if (shape->prices.days)
        prices_fill(&shape->prices, shape->T, shape->B, workload->x);
    else
        fill(workload->x, shape->T * shape->B * shape->I, 1, &seed);
    if (shape->train)
        fill(workload->d_y, shape->T * shape->B * shape->output, 1, &seed);
}

static bool workload_allocate(struct workload *workload, struct failure *failure)
{
    struct cut cut = {0};
    workload_place(workload, &cut);
    cut.memory = workload->memory = pages_create(cut.floats * sizeof(float));
    if (!cut.memory)
        return fail(failure, "%s: not enough memory (%zu bytes); use a smaller shape",
                    workload->shape->name, cut.floats * sizeof(float));
    cut.floats = 0;
    workload_place(workload, &cut);
    return true;
}

bool workload_create(struct workload *workload, const struct shape *shape, struct failure *failure)
{
    *workload = (struct workload){.shape = shape, .T = shape->T, .B = shape->B};
    workload->extent = calloc(WEIGHTS_MAX, sizeof *workload->extent);
    workload->weight = calloc(WEIGHTS_MAX, sizeof *workload->weight);
    workload->got.d_weight = calloc(WEIGHTS_MAX, sizeof *workload->got.d_weight);
    workload->reference.d_weight = calloc(WEIGHTS_MAX, sizeof *workload->reference.d_weight);
    bool good = workload->extent && workload->weight && workload->got.d_weight &&
                workload->reference.d_weight;
    weir_error error = {0};
    if (!good)
        fail(failure, "%s: not enough memory", shape->name);
    else if (weir_cell_weights(shape->cell, shape->I, shape->H, shape->P, workload->extent,
                               WEIGHTS_MAX, &workload->weight_count, &error))
        good = fail(failure, "%s: %s", shape->name, error.message);
    good = good && workload_allocate(workload, failure);
    if (good)
        workload_fill(workload);
    else
        workload_destroy(workload);
    return good;
}

void workload_destroy(struct workload *workload)
{
    free(workload->memory);
    free(workload->reference.d_weight);
    free(workload->got.d_weight);
    free(workload->weight);
    free(workload->extent);
    *workload = (struct workload){0};
}

/* ---- Judging ---- */

/* One array that was got, [planes][rows][width], and what it has to be. */
struct judged {
    const char *prefix, *name;
    const float *got, *want;
    size_t planes, rows, width;
    double scale; /* what the tolerance is relative to, at least */
};

static double largest(const float *array, size_t floats)
{
    double most = 0;
    for (size_t i = 0; i < floats; i++)
        most = fmax(most, fabs((double)array[i]));
    return most;
}

static bool array_check(const struct judged *array, bool to_the_bit, double tolerance,
                        struct failure *failure)
{
    const size_t width = array->width, rows = array->rows, floats = array->planes * rows * width;
    if (memcmp(array->got, array->want, floats * sizeof *array->got) == 0)
        return true;
    for (size_t i = 0; i < floats; i++) {
        const double want = array->want[i], got = array->got[i];
        /* Written so that a NaN fails. */
        const bool is_close = fabs(got - want) <= tolerance * fmax(array->scale, fabs(want));
        if (is_close && (!to_the_bit || array->got[i] == array->want[i]))
            continue;
        char plane[32] = "";
        if (array->planes > 1)
            snprintf(plane, sizeof plane, "[%zu]", i / width / rows);
        return fail(failure, "gives %.9g for %.9g as %s%s%s[%zu][%zu]", got, want, array->prefix,
                    array->name, plane, i / width % rows, i % width);
    }
    return !to_the_bit ||
           fail(failure, "differs in a sign of zero or a NaN of %s%s", array->prefix, array->name);
}

void workload_spoil(struct workload *workload)
{
    const struct shape *shape = workload->shape;
    const size_t rows = shape->T * shape->B;
    const int all_nan = 0xff;
    memset(workload->got.y, all_nan, rows * shape->output * sizeof(float));
    if (!shape->train)
        return;
    memset(workload->got.d_x, all_nan, rows * shape->I * sizeof(float));
    for (size_t w = 0; w < workload->weight_count; w++)
        memset(workload->got.d_weight[w], all_nan, weight_floats(workload, w) * sizeof(float));
}

static bool gradients_check(const struct workload *workload, bool to_the_bit,
                            struct failure *failure)
{
    const struct shape *shape = workload->shape;
    const struct outcome *got = &workload->got, *want = &workload->reference;
    struct judged array = {.prefix = "d_",
                           .name = "x",
                           .got = got->d_x,
                           .want = want->d_x,
                           .planes = workload->T,
                           .rows = workload->B,
                           .width = shape->I,
                           .scale = largest(want->d_x, workload->T * workload->B * shape->I)};
    bool good = array_check(&array, to_the_bit, usual_tolerance, failure);
    for (size_t w = 0; good && w < workload->weight_count; w++) {
        array = (struct judged){.prefix = "d_",
                                .name = workload->extent[w].name,
                                .got = got->d_weight[w],
                                .want = want->d_weight[w],
                                .planes = 1,
                                .rows = workload->extent[w].rows,
                                .width = workload->extent[w].cols,
                                .scale = largest(want->d_weight[w], weight_floats(workload, w))};
        good = array_check(&array, to_the_bit, usual_tolerance, failure);
    }
    return good;
}

bool workload_check(const struct workload *workload, bool to_the_bit, double tolerance,
                    struct failure *failure)
{
    const struct shape *shape = workload->shape;
    const bool has_gradients = shape->train && workload->T == shape->T;
    const struct judged y = {.prefix = "",
                             .name = "y",
                             .got = workload->got.y,
                             .want = workload->reference.y,
                             .planes = workload->T,
                             .rows = workload->B,
                             .width = shape->output,
                             .scale = 1};
    return array_check(&y, to_the_bit, tolerance > 0 ? tolerance : usual_tolerance, failure) &&
           (!has_gradients || gradients_check(workload, to_the_bit, failure));
}
