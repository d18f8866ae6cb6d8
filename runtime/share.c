/* SPDX-License-Identifier: MIT */
/* Whether a run is worth sharing. Parts meet at a barrier after every stage, and read what the
 * others wrote: what that takes is measured when a pool is made, and put beside the time that one
 * thread needs for the products of a step. Where sharing gains nothing, the calling thread computes
 * alone: with the same bits, as the number of parts changes none. */
#define _POSIX_C_SOURCE 200809L
#include "libweir.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

/* ---- What sharing takes ---- */

enum { STEPS = 64, SERIES = 8, LINE_FLOATS = 16 };

/* Steps that do nothing but meet and, where there are lines, exchange: each part writes a line, and
 * reads that of the next part when all have met. */
struct exchange {
    size_t parts;
    bool lines;
    float *memory; /* [2][parts][LINE_FLOATS] */
    void (*wait)(void *barrier);
};

static void exchange_part(const void *job, size_t part, void *barrier)
{
    const struct exchange exchange = *(const struct exchange *)job;
    for (size_t step = 0; step < STEPS; step++) {
        volatile float *lines = exchange.memory + step % 2 * exchange.parts * LINE_FLOATS;
        if (exchange.lines)
            lines[part * LINE_FLOATS] = (float)step;
        exchange.wait(barrier);
        if (exchange.lines)
            (void)lines[(part + 1) % exchange.parts * LINE_FLOATS];
    }
    exchange.wait(barrier); /* what was read is the caller's again */
}

static double nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return 1e9 * (double)now.tv_sec + (double)now.tv_nsec;
}

/* Nanoseconds a step, the least of a few series: what disturbs only adds. Where threads wait for
 * their cores there are fewer, so that making a pool never takes long. */
static double exchange_time(weir_pool *pool, struct exchange *exchange, bool lines)
{
    const double long_enough = 1e6, begin = nanoseconds();
    double least = INFINITY;
    exchange->lines = lines;
    for (size_t series = 0; series < SERIES; series++) {
        const double start = nanoseconds();
        if (series > 0 && start - begin > long_enough)
            break;
        weir_pool_run(pool, exchange_part, exchange, exchange->parts);
        least = fmin(least, (nanoseconds() - start) / STEPS);
    }
    return least;
}

bool weir_share_measure(weir_pool *pool, struct weir_share_cost *cost)
{
    struct weir_run run = {.parts = 0};
    weir_pool_share(pool, &run, SIZE_MAX);
    struct exchange exchange = {.parts = run.parts, .wait = run.wait};
    *cost = (struct weir_share_cost){0};
    if (exchange.parts == 1)
        return true;
    exchange.memory = weir_allocate(2 * exchange.parts * LINE_FLOATS);
    if (!exchange.memory)
        return false;
    cost->barrier = exchange_time(pool, &exchange, false);
    cost->line = fmax(0, exchange_time(pool, &exchange, true) - cost->barrier);
    free(exchange.memory);
    return true;
}

/* ---- What it gains ---- */

/* The floating-point operations of a step's products, for one row. */
static double row_work(const weir_layer *layer)
{
    const struct weir_kernel *kernel = layer->kernel;
    double products = 0;
    for (size_t p = 0; p < kernel->param_count; p++)
        if (kernel->params[p].cols != WEIR_ONE)
            products += (double)weir_extent_of(kernel->params[p].rows, layer->sizes) *
                        (double)weir_extent_of(kernel->params[p].cols, layer->sizes);
    return 2 * products;
}

/* The lines that a step writes for other parts to read, for one row: of the output, which is what
 * next steps multiply, and of what is kept between stages. */
static double row_lines(const weir_layer *layer)
{
    const struct weir_kernel *kernel = layer->kernel;
    size_t floats = weir_extent_of(kernel->states[0].size, layer->sizes);
    for (size_t v = 0; v < kernel->value_count; v++)
        floats += weir_extent_of(kernel->values[v], layer->sizes);
    return (double)floats / LINE_FLOATS;
}

size_t weir_share_least(const weir_layer *layer, size_t parts, const struct weir_share_cost *cost)
{
    /* What a core computes in a nanosecond, for a lane and at most: rather too much, so that
     * sharing seems to gain less than it does. And by how much it has to seem to gain. */
    enum { LANE_RATE = 10, MOST_RATE = 120 };
    const double margin = 1.2, others = 1 - 1 / (double)parts;
    const double rate = fmin((double)layer->kernel->lanes * LANE_RATE, MOST_RATE);
    const double barriers = 1 + (double)layer->kernel->value_count;
    const double gain = others * (row_work(layer) / rate - margin * row_lines(layer) * cost->line);
    const double least = margin * barriers * cost->barrier / gain;
    return gain > 0 && least < WEIR_SIZE_MAX ? (size_t)least + 1 : SIZE_MAX;
}
