/* SPDX-License-Identifier: MIT */
/* Runs the loops of ceiling_loops.c on working sets of each cache's size, and keeps the best; and
 * the bound that follows. See calibrate.h.
 *
 * The bound of a call is the larger of two times. One is its matrix work at FMA peak. The other is
 * the time to read its weights: the recurrent ones once a step, for a step needs the step before;
 * those that multiply x once a call, for all steps can share them; and backward all of it once
 * more, but for the recurrent ones at the first step, whose gradient by the initial states nobody
 * asks for. Weights that a pass reads again and again can stay in the fastest caches as far as they
 * fit, and only the rest has to come from the next level (a kernel that walks them to and fro comes
 * near that): so the first part of a pass counts at L1's speed, the next at L2's, and so on.
 * Nothing counts for the elementwise part, for latency, for x, y and gradients, and batches are
 * taken to read the weights once for all rows: a ceiling, that kernels may come near, and not a
 * forecast. */
#define _GNU_SOURCE
#include "calibrate.h"

#include "ceiling_loops.h"
#include "clock.h"
#include "packing.h"
#include "pages.h"
#include "weir.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const memory_level_name[MEMORY_LEVELS] = {"L1", "L2", "L3", "memory"};

/* A scalar loop is measured with and without FMA instructions, where there are any: the better one
 * is the ceiling. */
static const struct ceiling_loops *const loops[] = {
    &ceiling_loops_scalar,
#if defined(__x86_64__)
    &ceiling_loops_scalar_fma,
    &ceiling_loops_avx2,
    &ceiling_loops_avx512,
#elif defined(__aarch64__)
    &ceiling_loops_neon,
#endif
};

/* Many short trials, for the best of them is to be one that nothing interrupted. */
enum { TRIALS = 20 };
static const double trial_seconds = 1e-3;
static const size_t memory_limit = (size_t)1 << 28;

static volatile float sink;

/* What one trial runs: `times` rounds of fma where data is NULL, else passes over it. */
static double trial(const struct ceiling_loops *loop, const float *data, size_t floats,
                    size_t times)
{
    const double start = clock_seconds();
    sink = data ? loop->load(data, floats, times) : loop->fma(times);
    return clock_seconds() - start;
}

/* Rounds or passes a second, the best of several trials. */
static double best_rate(const struct ceiling_loops *loop, const float *data, size_t floats)
{
    size_t times = 1;
    double took = 0, best = 0;
    while ((took = trial(loop, data, floats, times)) < trial_seconds && times < (size_t)1 << 40)
        times *= took < trial_seconds / 8 ? 4 : 2;
    for (int i = 0; i < TRIALS; i++)
        best = fmax(best, (double)times / trial(loop, data, floats, times));
    return best;
}

/* Working sets that lie in a level and not in the one before it; 0: none. L1 and L2 are this core's
 * alone. L3 and memory are shared, so the sets stay small enough to leave others room. */
static void level_sets(const struct calibration *calibration, size_t level, size_t bytes[2])
{
    const size_t size = level < CACHE_LEVELS ? calibration->cache[level] : 0;
    const size_t below = level > 0 ? calibration->cache[level - 1] : 0;
    bytes[0] = bytes[1] = 0;
    if (level == CACHE_LEVELS) {
        size_t largest = 0;
        for (size_t i = 0; i < CACHE_LEVELS; i++)
            largest = calibration->cache[i] > largest ? calibration->cache[i] : largest;
        bytes[0] = 4 * largest < memory_limit ? 4 * largest : memory_limit;
    } else if (size) {
        bytes[0] = size / 2;
        bytes[1] = size / 4 > 2 * below ? size / 4 : 2 * below;
    }
}

static void measure(struct ceilings *ceilings, const struct ceiling_loops *loop,
                    const struct calibration *calibration, const float *data)
{
    ceilings->fma = fmax(ceilings->fma, loop->flop * best_rate(loop, NULL, 0));
    for (size_t level = 0; level < MEMORY_LEVELS; level++) {
        size_t bytes[2];
        level_sets(calibration, level, bytes);
        for (int set = 0; set < 2; set++) {
            const size_t floats = bytes[set] / sizeof(float) / loop->stride * loop->stride;
            if (floats == 0)
                continue;
            const double rate =
                best_rate(loop, data, floats) * (double)floats * (double)sizeof(float);
            ceilings->load[level] = fmax(ceilings->load[level], rate);
        }
    }
}

static struct ceilings *ceilings_of(struct calibration *calibration, const char *isa)
{
    for (size_t i = 0; i < calibration->count; i++)
        if (strcmp(calibration->at[i].isa, isa) == 0)
            return &calibration->at[i];
    struct ceilings *added = &calibration->at[calibration->count++];
    *added = (struct ceilings){.isa = isa};
    return added;
}

bool calibrate(struct calibration *calibration, const struct machine *machine,
               struct failure *failure)
{
    *calibration = (struct calibration){0};
    memcpy(calibration->cache, machine->cache, sizeof calibration->cache);
    size_t bytes[2];
    level_sets(calibration, CACHE_LEVELS, bytes);
    float *data = pages_create(bytes[0]);
    if (!data)
        return fail(failure, "not enough memory to calibrate (%zu bytes)", bytes[0]);
    for (size_t i = 0; i < sizeof loops / sizeof *loops; i++)
        if (weir_isa_runs_here(loops[i]->needs))
            measure(ceilings_of(calibration, loops[i]->isa), loops[i], calibration, data);
    free(data);
    return true;
}

const struct ceilings *calibration_find(const struct calibration *calibration, const char *isa)
{
    const struct ceilings *best = &calibration->at[0];
    isa = isa ? weir_isa_base(isa) : NULL;
    for (size_t i = 0; i < calibration->count; i++) {
        const struct ceilings *here = &calibration->at[i];
        if (isa && strcmp(here->isa, isa) == 0)
            return here;
        if (here->fma > best->fma)
            best = here;
    }
    return best;
}

double calibration_pass(const struct calibration *calibration, const struct ceilings *ceilings,
                        double bytes)
{
    double time = 0;
    for (size_t level = 0; level < MEMORY_LEVELS && bytes > 0; level++) {
        if (!ceilings->load[level])
            continue;
        const double room = level < CACHE_LEVELS ? (double)calibration->cache[level] : INFINITY;
        const double here = fmin(bytes, room);
        time += here / ceilings->load[level];
        bytes -= here;
    }
    return time;
}

double calibration_arithmetic(const struct ceilings *ceilings, double flop, const char *type)
{
    return type && weir_is_bytes(weir_type_named(type)) ? 0 : flop / ceilings->fma;
}

double calibration_bound(const struct calibration *calibration, const char *isa,
                         const struct shape *shape, const char *type)
{
    const struct ceilings *ceilings = calibration_find(calibration, isa);
    const double recurrent_bytes = shape_recurrent_bytes(shape, type);
    const double input_bytes = shape_input_bytes(shape, type);
    const double again = calibration_pass(calibration, ceilings, recurrent_bytes);
    const double all = calibration_pass(calibration, ceilings, recurrent_bytes + input_bytes);
    const double input = calibration_pass(calibration, ceilings, input_bytes);
    const double reading = (double)(shape->recurrent_passes - 1) * again + all +
                           (double)(shape->input_passes - 1) * input;
    return fmax(calibration_arithmetic(ceilings, shape->flop, type), reading);
}
