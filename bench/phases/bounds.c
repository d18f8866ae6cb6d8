/* SPDX-License-Identifier: MIT */
/* Least times; see bounds.h. Arithmetic is at the peak of fused multiply-adds, of
 * elementwise work only multiplications count. A pass over weights reads each once from where it
 * lies: the first part of them stays in L1, the next in L2, and so on (calibrate.h). Tiles of other
 * rows that read the same block after that, and all that is not weights, have it from L1. */
#include "phases/bounds.h"

#include "kernel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The value of a field of a plan; 0 where it has none. */
static double plan_field(const char *plan, const char *name)
{
    const char *at = strstr(plan, name);
    return at ? strtod(at + strlen(name), NULL) : 0;
}

static double per_call(const struct measured *measured, const struct weir_phase *phase, double each)
{
    return each * (double)phase->amount / (double)measured->calls;
}

struct bounds bounds_create(const struct calibration *calibration, const struct shape *shape,
                            const struct measured *measured, const struct contender *kernel)
{
    const char *plan = ((const struct weir_kernel *)kernel->choice)->plan;
    struct bounds bounds = {.calibration = calibration,
                            .ceilings = calibration_find(calibration, kernel->isa),
                            .shape = shape,
                            .type = kernel->type};
    for (size_t i = 0; i < measured->count; i++)
        bounds.read[measured->phase[i].kind] +=
            per_call(measured, &measured->phase[i], measured->phase[i].weights);
    if (bounds.read[WEIR_PHASE_AHEAD] > 0) {
        const double rows = fmax(plan_field(plan, "hoist="), plan_field(plan, "hoist_batch="));
        bounds.passes = ceil((double)shape->T / fmax(1, floor(rows / (double)shape->B)));
    }
    return bounds;
}

static const char *level_of(const struct calibration *calibration, double bytes)
{
    size_t level = 0;
    for (; level < CACHE_LEVELS && bytes > (double)calibration->cache[level]; level++)
        bytes -= (double)calibration->cache[level];
    return memory_level_name[level];
}

struct bound bounds_phase(const struct bounds *bounds, const struct measured *measured,
                          const struct weir_phase *phase)
{
    const struct ceilings *ceilings = bounds->ceilings;
    const bool is_ahead = phase->kind == WEIR_PHASE_AHEAD;
    struct bound bound = {.flop = per_call(measured, phase, phase->flop),
                          .weights = per_call(measured, phase, phase->weights),
                          .others = per_call(measured, phase, phase->others)};
    const bool is_product = is_ahead || phase->kind == WEIR_PHASE_SUMS;
    bound.arithmetic =
        calibration_arithmetic(ceilings, bound.flop, is_product ? bounds->type : NULL);
    bound.reading = bound.others / ceilings->load[0];
    if (!(bound.weights > 0))
        return bound;
    const double step = shape_recurrent_bytes(bounds->shape, bounds->type) +
                        (bounds->passes > 0 ? 0 : shape_input_bytes(bounds->shape, bounds->type));
    const double set = is_ahead ? shape_input_bytes(bounds->shape, bounds->type) : step;
    const double passes = is_ahead ? bounds->passes : (double)bounds->shape->T;
    const double read = bounds->read[phase->kind];
    const double seconds =
        fmin(passes, read / set) * calibration_pass(bounds->calibration, ceilings, set) +
        fmax(0, read - passes * set) / ceilings->load[0];
    bound.reading += seconds * bound.weights / read;
    bound.level = level_of(bounds->calibration, set);
    return bound;
}

double bound_seconds(const struct bound *bound)
{
    return fmax(bound->arithmetic, bound->reading);
}
